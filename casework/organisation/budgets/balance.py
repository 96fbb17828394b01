"""The arithmetic of a line: what it has is summed from its movements.

Whole đồng in, whole đồng out; nothing here asks a database.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import astuple, dataclass, replace
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l

from casework.organisation.budgets.models import Movement, MovementKind


@dataclass(frozen=True, slots=True)
class Entry:
    """A movement that stands (not taken back), or several of a kind summed, the last of them `on`.

    `waits`: a settlement that nobody approved yet.
    """

    kind: str
    amount: int
    on: date
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Balance:
    """What became of a line's money, in whole đồng.

    * A movement that was taken back counts nowhere, and neither does what took it back.
    * A settlement counts when it is approved; until then it stands in `waiting` alone.
    * advanced ≤ allotted; spent ≤ allotted; settled + refunded ≤ advanced; settled ≤ spent.
    * in hand = advanced - spent - refunded. Below zero people paid out of their own pocket: that
      much is `paid_ahead`.
    * outstanding = advanced - settled - refunded: what must still be settled or paid back.
    * So nothing is made or lost: advanced = settled + refunded + outstanding, and
      advanced + paid ahead = spent + refunded + what is in hand above zero.
    * Settled completely when something was advanced and nothing is outstanding: on the day of the
      last settlement or refund.
    * Late by the days from the due day until then; until today while something is outstanding.
    """

    allotted: int = 0
    advanced: int = 0
    spent: int = 0
    settled: int = 0
    refunded: int = 0
    waiting: int = 0
    allotted_on: date | None = None
    cleared_on: date | None = None

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Balance":
        """The balance of the movements that stand."""
        sums: dict[str, int] = defaultdict(int)
        allotted_on = cleared_on = None
        for entry in entries:
            sums["waiting" if entry.waits else SUM_OF[MovementKind(entry.kind)]] += entry.amount
            if entry.kind == MovementKind.ALLOTMENT:
                allotted_on = max(allotted_on or entry.on, entry.on)
            elif entry.kind in _CLEARING and not entry.waits:
                cleared_on = max(cleared_on or entry.on, entry.on)
        return cls(**sums, allotted_on=allotted_on, cleared_on=cleared_on)

    @classmethod
    def total(cls, balances: Iterable["Balance"]) -> "Balance":
        """The sums of several lines; days have no sum."""
        listed = list(balances)
        return cls(**{name: sum(getattr(each, name) for each in listed) for name in _SUMS})

    @property
    def in_hand(self) -> int:
        """What should lie in the till of this line; below zero when people paid ahead."""
        return self.advanced - self.spent - self.refunded

    @property
    def paid_ahead(self) -> int:
        """What people laid out beyond the advances."""
        return max(0, -self.in_hand)

    @property
    def outstanding(self) -> int:
        """What was advanced and is neither settled nor paid back."""
        return self.advanced - self.settled - self.refunded

    @property
    def settled_on(self) -> date | None:
        """The day on which the line was settled completely."""
        return self.cleared_on if self.advanced > 0 and self.outstanding == 0 else None

    def days_late(self, due_on: date, on: date) -> int:
        """Days after the due day on which it was settled, or that have passed until `on`."""
        until = on if self.outstanding > 0 else self.settled_on
        return max(0, (until - due_on).days) if until else 0

    @property
    def bar(self) -> "Bar":
        """The allotment cut into parts."""
        untouched = self.allotted - self.spent - max(0, self.in_hand)
        not_advanced = min(untouched, max(0, self.allotted - self.advanced - self.paid_ahead))
        return Bar(
            settled=self.settled,
            spent=self.spent - self.settled,
            in_hand=max(0, self.in_hand),
            refunded=untouched - not_advanced,
            not_advanced=not_advanced,
            paid_ahead=self.paid_ahead,
        )


@dataclass(frozen=True, slots=True)
class Bar:
    """The allotment cut into parts, none below zero, together exactly the allotment, whatever
    overlaps: settled, spent and not settled yet, in hand, paid back, not advanced yet. What people
    paid ahead is spent money that was not advanced; it is said beside the bar.
    """

    settled: int
    spent: int
    in_hand: int
    refunded: int
    not_advanced: int
    paid_ahead: int

    @classmethod
    def total(cls, bars: Iterable["Bar"]) -> "Bar":
        """Part by part: money in hand on one line hides nothing that was paid ahead on another."""
        parts = zip(*map(astuple, [Balance().bar, *bars]), strict=True)
        return cls(*map(sum, parts))

    @property
    def parts(self) -> list[tuple[str, Any, int]]:
        """Code, word and amount of each part, in the order of the bar."""
        return [(code, word, getattr(self, code)) for code, word in _PARTS]

    @property
    def whole(self) -> int:
        """The allotment."""
        return sum(amount for _, _, amount in self.parts)


_PARTS = (
    ("settled", _l("settled")),
    ("spent", _l("spent, not settled yet")),
    ("in_hand", _l("in hand")),
    ("refunded", _l("paid back")),
    ("not_advanced", _l("not advanced yet")),
)
SUM_OF = {
    MovementKind.ALLOTMENT: "allotted",
    MovementKind.ADVANCE: "advanced",
    MovementKind.EXPENSE: "spent",
    MovementKind.SETTLEMENT: "settled",
    MovementKind.REFUND: "refunded",
}
_SUMS = (*SUM_OF.values(), "waiting")
_CLEARING = (MovementKind.SETTLEMENT, MovementKind.REFUND)


@dataclass(frozen=True, slots=True)
class Rule:
    """One sum may not pass another. `message` is said with both."""

    part: tuple[str, ...]
    whole: str
    message: Any


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a balance breaks, with the two sums."""

    rule: Rule
    part: int
    whole: int


RULES = (
    Rule(
        ("advanced",),
        "allotted",
        _l("Advances of %(part)s would be more than the %(whole)s allotted."),
    ),
    Rule(
        ("spent",),
        "allotted",
        _l("Vouchers of %(part)s would be more than the %(whole)s allotted."),
    ),
    Rule(
        ("settled", "refunded"),
        "advanced",
        _l("Settled and paid back %(part)s together would be more than the %(whole)s advanced."),
    ),
    Rule(
        ("settled",),
        "spent",
        _l("Settlements of %(part)s would be more than the vouchers of %(whole)s."),
    ),
)


def find_broken_rule(balance: Balance) -> Broken | None:
    """The first rule that a balance breaks."""
    for rule in RULES:
        part = sum(getattr(balance, name) for name in rule.part)
        whole = getattr(balance, rule.whole)
        if part > whole:
            return Broken(rule, part, whole)
    return None


def is_waiting(movement: Movement) -> bool:
    """A settlement that nobody approved yet (whether it was taken back is another question). What
    takes one back never waits.
    """
    is_settlement = movement.kind == MovementKind.SETTLEMENT and movement.corrects_id is None
    return is_settlement and movement.approved_at is None


def is_approved_settlement(movement: Movement) -> bool:
    """A settlement that counts, unless it was taken back."""
    return movement.kind == MovementKind.SETTLEMENT and movement.approved_at is not None


@dataclass(frozen=True, slots=True)
class Told:
    """A movement in the ledger: what took it back, if something did, and the line's money in hand
    after it. What was taken back never moved any.
    """

    movement: Movement
    taken_back_by: Movement | None
    in_hand: int

    @property
    def stands(self) -> bool:
        """Whether it counts (or, waiting, may come to count)."""
        return self.taken_back_by is None and self.movement.corrects_id is None

    @property
    def waits(self) -> bool:
        """A settlement that nobody approved yet."""
        return self.stands and is_waiting(self.movement)

    @property
    def entry(self) -> Entry:
        """The movement as it counts, when it stands."""
        return Entry(self.movement.kind, self.movement.amount, self.movement.on, self.waits)


def tell(movements: Iterable[Movement]) -> list[Told]:
    """The ledger of a line, out of all its movements: by day and then as they were entered."""
    listed = sorted(movements, key=lambda each: (each.on, each.recorded_at, each.amount < 0))
    taken_back = {each.corrects_id: each for each in listed if each.corrects_id}
    told, in_hand = [], 0
    for movement in listed:
        this = Told(movement, taken_back.get(movement.id), in_hand)
        if this.stands:
            in_hand += _TO_HAND.get(MovementKind(movement.kind), 0) * movement.amount
        told.append(replace(this, in_hand=in_hand))
    return told


_TO_HAND = {MovementKind.ADVANCE: 1, MovementKind.EXPENSE: -1, MovementKind.REFUND: -1}
