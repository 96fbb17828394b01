"""What a visit asks, in which parts; what is missing; and whose words stand where two inspectors
fill in the same checklist. Nothing here asks a database.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Generic, TypeVar

from flask_babel import lazy_gettext as _l

from casework.core.clock import VIETNAM, now, today
from casework.inspection.indicators.rules import Said, tell_criterion
from casework.inspection.inspections.models import Inspection, InspectionStatus
from casework.inspection.readmodel.models import Rating
from casework.inspection.visits.models import Answer, Check, PaperQuestion, SampleTick, Visit

OWN_WORDS, SKILLS = "K1", "F2"
PARTS = {
    "A": _l("Organisation"),
    "B": _l("Meetings"),
    "C": _l("Communication"),
    "D": _l("Cases"),
    "E": _l("Money"),
    "F": _l("Skills"),
    "G": _l("Reports and confidentiality"),
    "H": _l("Coordination and remedies"),
    "K": _l("The unit's own words"),
}
JUDGEMENTS = (Rating.MET, Rating.PARTLY, Rating.NOT_MET)
_BEFORE_MINUTES = (
    InspectionStatus.PLANNED,
    InspectionStatus.SELF_REPORT,
    InspectionStatus.VISITED,
)
T = TypeVar("T")


def is_frozen(inspection: Inspection) -> bool:
    """Whether the minutes are frozen: from then on nothing of the visit changes."""
    return InspectionStatus(inspection.status) not in _BEFORE_MINUTES


def time_in_the_room(inspection: Inspection) -> str:
    """What a clock in the room shows, as it is written down; nothing on any day but the visit's."""
    if inspection.visit_on != today():
        return ""
    return f"{now().astimezone(VIETNAM):%H:%M}"


def fingerprint(*texts: str) -> str:
    """What a form showed, in short: enough to know whether it still says the same."""
    return sha256("\x1f".join(texts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """One of many answers in a form: the fingerprint of what it showed, what was sent, and what it
    would show now.
    """

    key: T
    seen: str
    sent: tuple[str, ...]
    stands: tuple[str, ...]

    @property
    def is_meant(self) -> bool:
        """Whether it is to be written. What somebody else answered while this form was open, and
        was not touched here, stays theirs.
        """
        return not self._is_overtaken or fingerprint(*self.sent) != self.seen

    @property
    def clashes(self) -> bool:
        """Whether two people answered the same thing differently."""
        return self._is_overtaken and self.is_meant and self.sent != self.stands

    @property
    def _is_overtaken(self) -> bool:
        return fingerprint(*self.stands) != self.seen


def shown(check: Check) -> tuple[str, str]:
    """Rating and remark as a form shows them: what an inspector said, else what the figure says."""
    return check.rating or check.computed, check.remark


def needs_remark(check: Check, rating: str) -> bool:
    """Whether an inspector who rates otherwise than the figure has to say why."""
    return check.computed in JUDGEMENTS and rating not in ("", check.computed)


@dataclass(frozen=True, slots=True)
class Part:
    """The criteria with one letter."""

    letter: str
    checks: Sequence[Check]
    missing: Sequence[Check]

    @property
    def title(self) -> str:
        """What they are about."""
        return str(PARTS.get(self.letter, self.letter))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a checklist is answered."""

    parts: Sequence[Part]

    @property
    def whole(self) -> int:
        """How many criteria there are."""
        return sum(len(part.checks) for part in self.parts)

    @property
    def missing(self) -> list[Check]:
        """Those without an answer."""
        return [check for part in self.parts for check in part.missing]

    @property
    def answered(self) -> int:
        """How many are answered."""
        return self.whole - len(self.missing)

    def part(self, letter: str) -> Part | None:
        """The part with a letter."""
        return next((part for part in self.parts if part.letter == letter), None)

    def next_part(self, letter: str) -> Part | None:
        """The part in which to go on after this one: the next one with something missing."""
        letters = [part.letter for part in self.parts]
        start = letters.index(letter) + 1 if letter in letters else 0
        following = [*self.parts[start:], *self.parts[:start]]
        return next((part for part in following if part.missing), None)


def count_progress(visit: Visit, checks: Iterable[Check]) -> Progress:
    """The checklist in its parts. What the unit says itself is answered by saying anything."""
    by_letter: dict[str, list[Check]] = {}
    for check in checks:
        by_letter.setdefault(check.code[:1], []).append(check)
    return Progress(
        [
            Part(letter, own, [check for check in own if not is_answered(visit, check)])
            for letter, own in by_letter.items()
        ]
    )


def is_answered(visit: Visit, check: Check) -> bool:
    """Whether an inspector rated it, or the unit said something."""
    if check.code == OWN_WORDS:
        return any(text.strip() for text in visit.unit_words)
    return bool(check.rating)


def tell_check(check: Check, *, sees_money: bool) -> Said | None:
    """The figure of a criterion in words; None where none was published for it."""
    if not check.computed:
        return None
    return tell_criterion(check, Rating(check.computed), sees_money=sees_money)


def mean_level(levels: Sequence[int]) -> str:
    """The mean of observed levels with one decimal, as people write it: 3,4."""
    if not levels:
        return ""
    tenths = (20 * sum(levels) + len(levels)) // (2 * len(levels))
    return f"{tenths // 10},{tenths % 10}"


def count_ticks(ticks: Iterable[SampleTick]) -> list[tuple[PaperQuestion, int, int]]:
    """Of each question: how often yes, of how often yes or no. What does not apply and what was
    left empty is in neither, so that no number of files is told.
    """
    answers = [(tick.question, tick.answer) for tick in ticks]
    found = []
    for question in PaperQuestion:
        yes, no = (answers.count((question, answer)) for answer in (Answer.YES, Answer.NO))
        if yes + no:
            found.append((question, yes, yes + no))
    return found
