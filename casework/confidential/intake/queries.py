"""Whether somebody who is being taken in has a case already, as far as the account may see."""

from collections.abc import Sequence
from dataclasses import dataclass

from casework.authz.enforce import current_identity
from casework.authz.permissions import Permission
from casework.confidential.cases.queries import CaseLine, list_cases
from casework.confidential.cases.rules import Birth
from casework.confidential.intake.rules import Likeness, likeness
from casework.core import audit

MOST = 5


@dataclass(frozen=True, slots=True)
class LikelyCase:
    """A case that may be of the same person."""

    line: CaseLine
    likeness: Likeness

    @property
    def is_very_likely(self) -> bool:
        """Whether the year of birth is the same too."""
        return self.likeness is Likeness.VERY_LIKELY


def list_likely(name: str, alias: str, birth: Birth | None) -> Sequence[LikelyCase]:
    """The cases the signed-in account may list and read whose name or alias is like the one typed,
    the likeliest first. Leaves a row in the log about those it answers.

    Taking in reaches a whole unit; here only what the list of cases reaches is looked at.
    """
    access = current_identity().access(Permission.CASE_LIST)
    if access is None or not (name or alias):
        return []
    year, found = birth.year if birth else None, []
    for closed in (False, True):
        for line in list_cases(access, closed=closed, aliases=True):
            how = likeness((name, alias), year, (line.name, line.alias), line.birth_year)
            if how:
                found.append(LikelyCase(line, how))
    likely = sorted(found, key=lambda each: -each.likeness)[:MOST]
    audit.record_list("case.list", "case", [each.line.id for each in likely], by=access.actor)
    return likely
