"""Money is never made or lost: random sequences of allotting, advancing, spending, paying back,
settling, approving and correcting, against sums made in another way.
"""

from collections import Counter
from dataclasses import astuple
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from casework.core.audit import Actor
from casework.core.clock import today
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.bodies.models import Body
from casework.organisation.budgets.balance import Balance, Entry, find_broken_rule
from casework.organisation.budgets.models import (
    BudgetLine,
    FundingSource,
    MovementKind,
    Purpose,
)
from casework.organisation.budgets.operations import (
    Move,
    Plan,
    correct_movement,
    open_line,
    record_movement,
)
from casework.organisation.budgets.queries import (
    balances,
    get_movement,
    list_ledger,
    totals_by_source,
)
from casework.organisation.settlements.operations import (
    approve_settlement,
    take_back_settlement,
)
from casework.organisation.units.models import Unit
from tests.cast import Cast

KINDS = [kind.value for kind in MovementKind]
ENTERS, APPROVES = Actor(UUID(int=1), "enters"), Actor(UUID(int=2), "approves")
FIRST = date(today().year, 1, 1)
amounts = st.integers(1, 9)
days = st.integers(0, (today() - FIRST).days).map(lambda count: FIRST + timedelta(days=count))

entered = st.tuples(st.just("enter"), st.sampled_from(KINDS), amounts, days)
# Which movement, and by what it is replaced, if by anything.
corrected = st.tuples(
    st.just("correct"),
    st.integers(0, 30),
    st.none() | st.tuples(st.sampled_from(KINDS), amounts),
)
approved = st.tuples(st.just("approve"), st.integers(0, 30), st.sampled_from([ENTERS, APPROVES]))
# Most sequences begin with money, or every later step is refused.
steps = st.tuples(
    st.lists(st.tuples(st.just("enter"), st.just("allotment"), st.integers(5, 30), days)),
    st.lists(entered | corrected | approved, min_size=5, max_size=30),
).map(lambda parts: [*parts[0][:2], *parts[1]])
slow = settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Book:
    """The same movements kept by hand: plain dictionaries and sums of whole numbers."""

    def __init__(self) -> None:
        self.rows: list[dict] = []

    def allows(self, rows: list[dict], *, waiting_counts: bool) -> bool:
        sums = Counter()
        for row in rows:
            if row["kind"] != "settlement" or row["approved"] or waiting_counts:
                sums[row["kind"]] += row["amount"]
        allotted, advanced, spent = sums["allotment"], sums["advance"], sums["expense"]
        settled, refunded = sums["settlement"], sums["refund"]
        return (
            advanced <= allotted
            and spent <= allotted
            and settled <= advanced
            and settled <= spent
            and refunded <= advanced - settled
        )

    def standing(self) -> list[dict]:
        return [row for row in self.rows if row["stands"]]


def new_row(movement_id, kind, amount) -> dict:
    return {"id": movement_id, "kind": kind, "amount": amount, "approved": False, "stands": True}


def by_sql(line_id: UUID) -> list[tuple]:
    """The raw rows of a line, as the database holds them."""
    postgresql = db.engine.dialect.name == "postgresql"
    query = (
        "SELECT kind, amount, corrects_id, id, approved_at IS NOT NULL FROM"
        f" {'organisation.' if postgresql else ''}movements WHERE line_id = :line"
    )
    line = line_id if postgresql else line_id.hex
    return [tuple(row) for row in db.session.execute(text(query), {"line": line})]


def recomputed(rows: list[tuple]) -> dict[str, int]:
    """The sums as signed numbers, which the program never adds up this way."""
    approved = {row[3] for row in rows if row[4]}
    sums = dict.fromkeys([*KINDS, "waiting"], 0)
    for kind, amount, corrects, row_id, _ in rows:
        if kind != "settlement" or row_id in approved or corrects in approved:
            sums[kind] += amount
        else:
            sums["waiting"] += amount
    return sums


@pytest.fixture
def make_line(app: Flask, cast: Cast):
    """A new line, in the session that is open."""
    with app.app_context():
        body = Body(unit_id=cast.units["a"], kind="club", name="A", active_from=FIRST)
        db.session.add(body)
        db.session.commit()
        body_id = body.id

    def make() -> BudgetLine:
        plan = Plan(FIRST.year, FundingSource.NGO, Purpose.OTHER, str(uuid4()), 100, today())
        unit = db.session.get_one(Unit, cast.units["a"])
        return open_line(unit, db.session.get_one(Body, body_id), plan, by=ENTERS)

    return make


@slow
@given(steps=steps)
def test_no_sequence_makes_or_loses_money(app: Flask, cast: Cast, make_line, steps):
    with app.app_context():
        line, book = make_line(), Book()
        for number, step in enumerate(steps):
            before = sorted(map(str, by_sql(line.id)))
            expected, done = STEPS[step[0]](line, book, number, *step[1:])
            assert done == expected, (step, book.rows)
            if not done:
                assert sorted(map(str, by_sql(line.id))) == before, "a refusal changes nothing"
            check(line, book, cast)
        db.session.rollback()


def enter(line, book: Book, number: int, kind: str, amount: int, on: date) -> tuple[bool, bool]:
    row = new_row(None, kind, amount)
    allowed = book.allows([*book.standing(), row], waiting_counts=kind == "settlement")
    try:
        movement = record_movement(
            line, Move(MovementKind(kind), on, amount, f"N{number}"), by=ENTERS
        )
    except RuleBroken:
        return allowed, False
    book.rows.append({**row, "id": movement.id})
    return allowed, True


def correct(line, book: Book, number: int, which: int, right) -> tuple[bool, bool]:
    if not book.rows:
        return True, True
    row = book.rows[which % len(book.rows)]
    rest = [each for each in book.standing() if each is not row]
    added = [new_row(None, *right)] if right else []
    is_settlement = bool(right) and right[0] == "settlement"
    decided = row["kind"] == "settlement" and row["approved"]
    added = [] if decided else added  # the unit head only takes back
    allowed = row["stands"] and book.allows(
        [*rest, *added], waiting_counts=is_settlement and not decided
    )
    move = Move(MovementKind(right[0]), today(), right[1], f"N{number}") if right else None
    movement = get_movement(line, row["id"])
    try:
        if decided:
            with pytest.raises(RuleBroken):
                correct_movement(line, movement, today(), "sai", move, by=ENTERS)
            take_back_settlement(line, movement, today(), "sai", by=APPROVES)
        else:
            correct_movement(line, movement, today(), "sai", move, by=ENTERS)
    except RuleBroken:
        return allowed, False
    row["stands"] = False
    known = {each["id"] for each in book.rows}
    for told in list_ledger(line):
        if told.movement.id not in known and told.movement.corrects_id is None:
            book.rows.append({**added[0], "id": told.movement.id})
    return allowed, True


def approve(line, book: Book, number: int, which: int, by: Actor) -> tuple[bool, bool]:
    settlements = [row for row in book.rows if row["kind"] == "settlement"]
    if not settlements:
        return True, True
    row = settlements[which % len(settlements)]
    others = [each for each in book.standing() if each is not row]
    waits = row["stands"] and not row["approved"]
    ruled = book.allows([*others, {**row, "approved": True}], waiting_counts=False)
    allowed = waits and by is APPROVES and ruled
    try:
        approve_settlement(line, get_movement(line, row["id"]), by=by)
    except RuleBroken:
        return allowed, False
    row["approved"] = True
    return allowed, True


STEPS = {"enter": enter, "correct": correct, "approve": approve}


def check(line: BudgetLine, book: Book, cast: Cast) -> None:
    """Every equation, every bound, and the same sums from the raw rows."""
    balance = balances([line])[line.id]
    db.session.flush()
    sums = recomputed(by_sql(line.id))
    assert [sums[name] for name in (*KINDS, "waiting")] == [
        balance.allotted,
        balance.advanced,
        balance.spent,
        balance.refunded,
        balance.settled,
        balance.waiting,
    ]
    assert Counter(row["kind"] for row in book.rows) == Counter(
        told.movement.kind for told in list_ledger(line) if told.movement.corrects_id is None
    )
    hold_together(balance)
    standing = [told for told in list_ledger(line) if told.stands]
    assert astuple(Balance.of(told.entry for told in standing)) == astuple(balance)
    last = list_ledger(line)[-1].in_hand if list_ledger(line) else 0
    assert last == balance.in_hand, "the running balance ends where the line stands"
    total = totals_by_source([cast.units["a"]], FIRST, today()).get(FundingSource.NGO, Balance())
    assert (total.allotted, total.settled) == (balance.allotted, balance.settled)


def hold_together(balance: Balance) -> None:
    """What the docstring of Balance says."""
    assert find_broken_rule(balance) is None
    for name in ("allotted", "advanced", "spent", "settled", "refunded", "waiting"):
        assert getattr(balance, name) >= 0
        assert isinstance(getattr(balance, name), int)
    assert balance.advanced <= balance.allotted
    assert balance.spent <= balance.allotted
    assert balance.settled <= min(balance.advanced, balance.spent)
    assert 0 <= balance.outstanding <= balance.advanced
    assert balance.advanced == balance.settled + balance.refunded + balance.outstanding
    assert balance.allotted == (balance.allotted - balance.advanced) + balance.settled + (
        balance.refunded + balance.outstanding
    )
    assert balance.advanced + balance.paid_ahead == balance.spent + balance.refunded + max(
        0, balance.in_hand
    )
    bar = balance.bar
    assert bar.whole == balance.allotted
    assert min(amount for _, _, amount in bar.parts) >= 0
    assert (bar.settled, bar.settled + bar.spent) == (balance.settled, balance.spent)
    assert bar.in_hand - bar.paid_ahead == balance.in_hand
    assert min(bar.in_hand, bar.paid_ahead) == 0


whole = st.integers(0, 10**12)


@given(allotted=whole, parts=st.tuples(whole, whole, whole, whole))
@settings(max_examples=300)
def test_any_balance_within_its_bounds_holds_together(allotted, parts):
    advanced, spent = parts[0] % (allotted + 1), parts[1] % (allotted + 1)
    settled = parts[2] % (min(advanced, spent) + 1)
    refunded = parts[3] % (advanced - settled + 1)
    hold_together(Balance(allotted, advanced, spent, settled, refunded))


@given(st.lists(st.tuples(st.sampled_from(KINDS), amounts, days, st.booleans()), max_size=20))
def test_several_summed_say_what_each_says(found):
    """SQL hands sums over, the ledger single movements: both make the same balance."""
    entries = [Entry(k, a, on, waits and k == "settlement") for k, a, on, waits in found]
    summed: dict[tuple, Entry] = {}
    for entry in entries:
        key = (entry.kind, entry.waits)
        before = summed.get(key, Entry(entry.kind, 0, entry.on, entry.waits))
        amount, on = before.amount + entry.amount, max(before.on, entry.on)
        summed[key] = Entry(entry.kind, amount, on, entry.waits)
    assert Balance.of(summed.values()) == Balance.of(reversed(entries))


@pytest.mark.parametrize(
    ("balance", "late"),
    [
        (Balance(), 0),
        (Balance(9, 0, 5), 0),
        (Balance(9, 5), 10),
        (Balance(9, 5, 5, 4), 10),
        (Balance(9, 5, 5, 5, cleared_on=date(2026, 3, 8)), 7),
        (Balance(9, 5, 5, 5, cleared_on=date(2026, 2, 1)), 0),
        (Balance(9, 5, 0, 0, 5, cleared_on=date(2026, 3, 1)), 0),
    ],
)
def test_days_late(balance: Balance, late: int):
    assert balance.days_late(date(2026, 3, 1), date(2026, 3, 11)) == late
