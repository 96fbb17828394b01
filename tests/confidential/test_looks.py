"""Who looked: every deed in words, what stands out, and the weekly note."""

import ast
import fnmatch
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from casework.confidential.looks.models import Deed, Oddity
from casework.confidential.looks.rules import Trust, oddity_of
from casework.core.audit import AuditEntry, Outcome
from casework.core.clock import VIETNAM, now
from casework.core.database import db
from tests.confidential.test_cases import open_case

ROOT = Path(__file__).parents[2] / "casework" / "confidential"
WRITERS = {"record", "record_read", "record_list", "record_refusal"}
# Rows that are not about a case stand in the officer's log alone.
OF_A_CASE = "case"


def actions_in(tree: ast.AST) -> set[str]:
    """The actions that code writes into the log about a case. What a helper is called with counts
    too; "consent.*" stands for an action of which a part is computed.
    """
    found, helpers = set(), {}
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        for call in ast.walk(function):
            if not _writes_about_a_case(call):
                continue
            action = call.args[0]
            if isinstance(action, ast.Constant):
                found.add(str(action.value))
            else:
                parts = action.values if isinstance(action, ast.JoinedStr) else [action]
                helpers[function.name] = "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "*" for part in parts
                )
    for name, pattern in helpers.items():
        called = _first_words(tree, name)
        found |= {pattern.replace("*", word) for word in called} or {pattern}
    return found


def _writes_about_a_case(call: ast.AST) -> bool:
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
        return False
    if call.func.attr not in WRITERS or getattr(call.func.value, "id", "") != "audit":
        return False
    kind = call.args[1]
    return not isinstance(kind, ast.Constant) or kind.value == OF_A_CASE


def _first_words(tree: ast.AST, function: str) -> set[str]:
    return {
        str(call.args[0].value)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") == function
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


def actions_written() -> set[str]:
    """The actions of the whole confidential side."""
    trees = [ast.parse(path.read_text()) for path in ROOT.rglob("*.py")]
    return set().union(*map(actions_in, trees))


def test_every_deed_about_a_case_has_words():
    written = actions_written()
    assert {"case.read", "contact.log", "emergency.approve", "rights.answer"} <= written
    unsaid = {action for action in written if not fnmatch.filter(Deed, action)}
    assert unsaid == set()


def test_every_deed_and_oddity_has_a_label(app):
    with app.test_request_context():
        assert all(each.label and each.label != str(each) for each in Deed)
        assert all(each.label for each in Oddity)


def test_a_deed_without_words_is_found():
    planted = """
def deed(case):
    audit.record("case.planted", "case", case.id)
    audit.record("group.planted", "group", case.id)
def note(action, case):
    audit.record_read(f"x.{action}", "case", [case.id])
def caller(case):
    note("y", case)
def alone(case):
    audit.record(f"z.{case.word}", "case", case.id)
"""
    assert actions_in(ast.parse(planted)) == {"case.planted", "x.y", "z.*"}


ME, OTHER = uuid4(), uuid4()
DAY = date(2026, 10, 14)
MINE = [Trust(ME, date(2026, 1, 5), None)]


def at(hour: int, day: date = DAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, 30, tzinfo=VIETNAM).astimezone(UTC)


def judge(
    action="case.read", outcome=Outcome.READ, actor=ME, when=None, closed_on=None, trusts=MINE
):
    return oddity_of(action, outcome, actor, when or at(10), trusts=trusts, closed_on=closed_on)


def test_what_is_usual_and_what_stands_out():
    assert judge() is None
    assert judge("case.overview", actor=OTHER) is None, "a coordinator's look at code and dates"
    assert judge(actor=OTHER) is Oddity.STRANGER
    assert judge(actor=None) is Oddity.STRANGER
    assert judge("rights.print", actor=OTHER) is Oddity.TAKEN_OUT
    assert judge("case.export", actor=OTHER) is Oddity.TAKEN_OUT
    assert judge("rights.print") is None
    assert judge(outcome=Outcome.REFUSED) is Oddity.REFUSED
    assert judge("emergency.approve", Outcome.DONE, OTHER) is Oddity.EMERGENCY


@pytest.mark.parametrize(
    ("hour", "odd"), [(21, False), (22, True), (23, True), (0, True), (4, True), (5, False)]
)
def test_night_is_from_ten_to_five_in_vietnam(hour, odd):
    assert (judge(when=at(hour)) is Oddity.NIGHT) == odd


def test_a_case_closed_for_more_than_a_week_is_not_opened_usually():
    assert judge(closed_on=DAY) is None
    assert judge(closed_on=DAY - timedelta(days=7)) is None
    assert judge(closed_on=DAY - timedelta(days=8)) is Oddity.LONG_CLOSED


def test_the_day_of_a_handover_is_usual_for_both():
    trusts = [Trust(ME, date(2026, 1, 5), DAY), Trust(OTHER, DAY, None)]
    assert judge(trusts=trusts) is None
    assert judge(actor=OTHER, trusts=trusts) is None
    day_after = at(10, DAY + timedelta(days=1))
    assert judge(trusts=trusts, when=day_after) is Oddity.STRANGER
    day_before = at(10, DAY - timedelta(days=1))
    assert judge(actor=OTHER, trusts=trusts, when=day_before) is Oddity.STRANGER


@given(
    action=st.sampled_from(list(Deed)),
    outcome=st.sampled_from(list(Outcome)),
    hour=st.integers(0, 23),
    since=st.none() | st.integers(-30, 30),
)
def test_nobody_who_is_not_entrusted_reads_unseen(action, outcome, hour, since):
    """Whatever else holds: a stranger's deed stands out, but for the look at code and dates."""
    closed_on = None if since is None else DAY - timedelta(days=since)
    odd = oddity_of(action, outcome, OTHER, at(hour), trusts=MINE, closed_on=closed_on)
    assert odd is not None or action is Deed.CASE_OVERVIEW


@pytest.fixture(autouse=True)
def by_day():
    """Whenever the tests run, it is morning in Vietnam."""
    morning = datetime.combine(now().date() + timedelta(days=1), datetime.min.time(), UTC)
    with time_machine.travel(morning + timedelta(hours=3)):
        yield


@pytest.fixture
def case(client_as):
    return open_case(client_as("counselor"))


def test_the_panel_tells_who_did_what_and_marks_what_stands_out(client_as, case):
    client_as("coordinator").get(case)
    client_as("counselor2").get(case)
    page = client_as("counselor").get(case + "/looks")
    assert "you took the person in" in page.words
    assert "Lê Thị Ánh saw the code and dates" in page.words
    assert "Trần Văn Đức was refused Case codes, status and due dates" in page.words
    assert "case." not in page.words, "every deed in words"


def test_one_visit_is_one_line(client_as, case):
    counselor = client_as("counselor")
    for _ in range(4):
        counselor.get(case)
    assert counselor.get(case + "/looks").words.count("you opened the case") == 1


def test_the_note_tells_of_others_and_of_refusals_until_it_is_put_away(client_as, case, app):
    counselor = client_as("counselor")
    assert "Nothing in your cases" in counselor.get("/looks").words
    client_as("counselor2").get(case)
    client_as("coordinator").get(case)
    shown = counselor.get("/looks")
    assert "Trần Văn Đức was refused" in shown.words
    assert "Lê Thị Ánh" not in shown.words
    assert "Đào" not in shown.text
    client_as("counselor-b").get(case)
    assert counselor.submit(shown, "/looks").location == "/"
    later = counselor.get("/looks").words
    assert "Trần Văn Đức" not in later
    assert "Lý Thị Tư was refused" in later, "what came after the page was opened is told"
    with app.app_context():
        seen = select(AuditEntry.subject_kind).where(AuditEntry.action == "looks.seen")
        assert db.session.scalars(seen).all() == ["account"]
    assert "Trần Văn Đức" in counselor.get(case + "/looks").words, "the case's own page keeps it"


def test_the_note_is_of_this_week_and_the_one_before(client_as, case):
    monday = datetime(2027, 3, 1, 3, 0, tzinfo=UTC)
    with time_machine.travel(monday - timedelta(hours=12), tick=False):
        client_as("counselor2").get(case)
    with time_machine.travel(monday, tick=False):
        assert "Trần Văn Đức" in client_as("counselor").get("/looks").words
    with time_machine.travel(monday + timedelta(days=6), tick=False):
        assert "Trần Văn Đức" in client_as("counselor").get("/looks").words
    with time_machine.travel(monday + timedelta(days=7), tick=False):
        assert "Trần Văn Đức" not in client_as("counselor").get("/looks").words


def test_at_night_one_is_told_of_oneself(client_as, case):
    night = datetime.combine(now().date() + timedelta(days=2), datetime.min.time(), UTC)
    with time_machine.travel(night + timedelta(hours=17), tick=False):
        client_as("counselor").get(case)
        assert "you opened the case at night" in client_as("counselor").get("/looks").words


def test_the_note_is_of_ones_own_cases_alone(client_as, case):
    client_as("counselor-b").get(case)
    for who in ("counselor2", "counselor-b"):
        assert "Nothing in your cases" in client_as(who).get("/looks").words
    for who in ("coordinator", "unithead", "dpo", "admin"):
        assert client_as(who).get("/looks").status == 403


@pytest.mark.parametrize("position", ["", "x", "-1", "9" * 40, "1e3", "\u0000"])
def test_a_forged_position_is_refused(client_as, case, position):
    client_as("counselor2").get(case)
    counselor = client_as("counselor")
    page = counselor.submit("/looks", "/looks", position=position)
    assert page.status == 422
    assert "Trần Văn Đức" in counselor.get("/looks").words


def test_the_note_as_a_part_of_today_has_no_heading_of_a_page(client_as, case):
    headers = {"HX-Request": "true", "HX-Target": "panel"}
    quiet = client_as("counselor").get("/looks", headers=headers)
    assert (quiet.status, quiet.text.strip()) == (200, ""), "nothing to tell takes no room"
    for who in ("counselor2", "counselor-b", "coordinator-b", "counselor2"):
        client_as(who).get(f"{case}/contacts")
        client_as(who).get(case)
    part = client_as("counselor").get("/looks", headers=headers)
    assert "<h2>" in part.text
    assert "<html" not in part.text
    assert "3 of " in part.words
    assert "All of them" in part.words
    today = client_as("counselor").get("/").text
    assert today.index('hx-get="/looks"') < today.index("Log a contact"), "above all work"


def test_the_looks_of_a_case_are_for_those_it_is_entrusted_to(client_as, case):
    for who in ("counselor2", "counselor-b", "coordinator", "dpo", "unithead"):
        assert client_as(who).get(case + "/looks").status in (403, 404), who
    assert client_as("counselor").get(f"/cases/{UUID(int=1)}/looks").status == 404
