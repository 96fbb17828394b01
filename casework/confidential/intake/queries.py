"""Whether somebody who is being taken in has a case already, as far as the account may see."""

from collections.abc import Sequence
from dataclasses import dataclass

from casework.authz.enforce import current_identity
from casework.authz.permissions import Permission
from casework.confidential.cases.queries import CaseLine, list_cases
from casework.confidential.cases.rules import Birth
from casework.confidential.intake.rules import Known, Likeness
from casework.core import audit

MOST = 5


@dataclass(frozen=True, slots=True)
class Named:
    """What somebody is called who is being taken in, and when they were born, if they say so."""

    name: str
    alias: str
    birth: Birth | None

    @property
    def names(self) -> tuple[str, str]:
        """What they are compared by."""
        return self.name, self.alias

    @property
    def year(self) -> int | None:
        """The year of birth."""
        return self.birth.year if self.birth else None


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
    """The cases that may be of the person named, the likeliest first."""
    return list_likely_of([Named(name, alias, birth)])[0] if name or alias else ()


def list_likely_of(people: Sequence[Named]) -> list[Sequence[LikelyCase]]:
    """For each person the cases the signed-in account may list and read whose name or alias is like
    theirs, the likeliest first. Leaves a row in the log about those it answers.

    Taking in reaches a whole unit; here only what the list of cases reaches is looked at.
    """
    access = current_identity().access(Permission.CASE_LIST)
    if access is None:
        return [() for _person in people]
    known = Known[CaseLine]()
    for closed in (False, True):
        for line in list_cases(access, closed=closed, aliases=True):
            known.add(line, (line.name, line.alias), line.birth_year)
    found = [
        [LikelyCase(line, how) for line, how in known.find(each.names, each.year)]
        for each in people
    ]
    likely = [each[:MOST] for each in found]
    shown = dict.fromkeys(each.line.id for cases in likely for each in cases)
    audit.record_list("case.list", "case", list(shown), by=access.actor)
    return [*likely]
