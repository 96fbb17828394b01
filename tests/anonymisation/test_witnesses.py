"""The moves that proved an edition serve the next one: checked like any other, no loss if lost."""

import zlib

import pytest

from casework.anonymisation.categories import ALL, Proved
from casework.anonymisation.measures import last_month
from casework.anonymisation.plan import CATEGORY_PLANS, PLAN, Cell, months_between
from casework.anonymisation.protection import decide
from casework.anonymisation.sequence import MONTHS, Past
from casework.anonymisation.witnesses import moves_in, pack, unpack
from tests.anonymisation.test_categories import Records

PLANS = {MONTHS: PLAN, "group": CATEGORY_PLANS[0], "sex": CATEGORY_PLANS[1]}


@pytest.fixture(scope="module")
def published() -> tuple[Records, Proved]:
    """An edition in the middle of a quarter."""
    months = months_between("2024-12", "2025-06")
    records = Records(9, months, 2)
    return records, records.publish(Past(), months[:-2])


def test_they_come_back_as_they_were_kept(published):
    witnesses = published[1].past.witnesses
    assert {*PLANS, "age+reason"} <= set(witnesses)
    assert ALL not in witnesses
    assert all(moves for name, moves in witnesses.items() if name in PLANS)
    kept = pack(witnesses)
    assert unpack(kept) == witnesses
    assert isinstance(next(iter(unpack(kept)[MONTHS][0])), Cell)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b"not json",
        b"\xff",
        b'{"cells": [], "proofs": []}',
        b'{"cells": [], "proofs": {"months": [[[7, 1]]]}}',
        b'{"cells": [["unit"]], "proofs": {}}',
        b'{"cells": [["unit", "1", "open", "2025-01"]], "proofs": {"months": [[[0, "x"]]]}}',
        b'{"cells": [["unit", "1", "open", "2025-01"]], "proofs": {"months": [[0, 1]]}}',
    ],
)
def test_what_cannot_be_read_is_lost(text):
    assert unpack(zlib.compress(text)) == {}
    assert unpack(text) == {}


@pytest.mark.parametrize("name", PLANS)
def test_their_beginnings_keep_every_relation_up_to_then(published, name):
    """What comes after is left open; the next month's proof finds how they go on."""
    records, proved = published
    past, last = proved.past, proved.past.months[-1]
    assert last == "2025-04"
    frame = past.frame(records.units, months_between("2024-12", "2025-06"), PLANS[name])
    moves = list(moves_in(frame, past.witnesses[name], last))
    assert len(moves) == len(past.witnesses[name])
    for move in moves:
        steps = {frame.cells[cell]: step for cell, step in zip(move.cells, move.steps, strict=True)}
        assert all(last_month(cell.period) <= last for cell in steps)
        for row in frame.rows:
            if all(last_month(cell.period) <= last for cell, _ in row):
                assert sum(sign * steps.get(cell, 0) for cell, sign in row) == 0


def test_a_beginning_ends_where_it_is_said(published):
    records, proved = published
    past = proved.past
    frame = past.frame(records.units, past.months)
    earlier = [
        last_month(frame.cells[cell].period)
        for move in moves_in(frame, past.witnesses[MONTHS], "2025-02")
        for cell in move.cells
    ]
    assert max(earlier) == "2025-02"


def test_a_move_of_a_cell_that_is_gone_is_left_out(published):
    records, proved = published
    past = proved.past
    frame = past.frame(records.units, past.months)
    stranger = Cell("unit", "99999", "open", "2025-04")
    assert list(moves_in(frame, [{stranger: 1}], "2025-04")) == []


def test_the_month_after_searches_for_little(published, monkeypatch):
    """What is as small as a month ago is not searched for again."""
    records, proved = published
    left: list[tuple[int, int]] = []
    take = decide._Search.take

    def watched(search, known):
        take(search, known)
        left.append((int(search.ledger.unproved().sum()), len(search.ledger.cells)))

    monkeypatch.setattr(decide._Search, "take", watched)
    records.publish(proved.past.copy(), ["2025-05"])
    unproved, small = (sum(each) for each in zip(*left, strict=True))
    assert small > 200
    assert unproved < small / 5


def test_a_false_move_proves_nothing(published):
    """Kept moves are hints: one that breaks a relation or a print is not taken."""
    records, proved = published
    past = proved.past.copy()
    past.witnesses = {
        name: [{cell: 7 * step for cell, step in move.items()} for move in moves]
        + [{cell: 1} for move in moves for cell in move]
        for name, moves in past.witnesses.items()
    }
    again = records.publish(past, ["2025-05"])
    assert again.batch.result.verify() == ()
