"""The same form sent many times, one after the other or at once, is carried out once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from casework.confidential.contacts.models import Contact
from casework.core.database import db
from casework.core.operations import Operation
from tests.page import Visitor


def another_tab(app, visitor) -> Visitor:
    """The same browser once more: a thread may not share a client."""
    client = app.test_client()
    for name in ("casework", "casework_form"):
        client.set_cookie(name, visitor.client.get_cookie(name).value)
    return Visitor(client)


def at_once(app, visitor, posts, address) -> list:
    """Send forms at the same time from as many tabs."""
    tabs = [another_tab(app, visitor) for _ in posts]
    with ThreadPoolExecutor(len(posts)) as threads:
        answers = threads.map(lambda t, f: t.post(address, f), tabs, posts)
        return list(answers)


def count(app, model) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_fifty_times_at_once_is_one_record(app, counselor, case):
    address = case + "/contacts/new"
    form = {**counselor.get(address).form(address), "note": "một lần"}
    answers = [a for _ in range(5) for a in at_once(app, counselor, [form] * 10, address)]
    assert {(a.status, a.location) for a in answers} == {(303, case)}
    assert count(app, Contact) == 1


def test_a_double_click_on_a_correction_is_no_conflict(app, counselor, case):
    """The second click finds the version changed by the first, and is answered like it."""
    address = case + "/identity"
    form = {**counselor.get(address).form(address), "address": "nhà mới"}
    answers = at_once(app, counselor, [form] * 6, address)
    assert [a.status for a in answers] == [303] * 6
    assert "nhà mới" in counselor.get(case).words


def test_a_double_click_on_a_closure_is_closed_once(app, counselor, case):
    address = case + "/closure"
    form = {**counselor.get(address).form(address), "reason": "moved"}
    assert {a.status for a in at_once(app, counselor, [form] * 4, address)} == {303}


def test_a_refused_form_can_be_sent_again_with_its_id(app, counselor, case):
    address = case + "/contacts/new"
    refused = counselor.submit(address, address, minutes="x", note="giữ lại")
    assert (refused.status, count(app, Operation)) == (422, 1)
    assert counselor.submit(refused, address, minutes="5").status == 303
    assert count(app, Operation) == 2


def test_an_id_belongs_to_its_account(app, counselor, case, client_as):
    """Another account that sends the same id is not answered with this one's address."""
    address = case + "/contacts/new"
    form = counselor.get(address).form(address)
    assert counselor.post(address, {**form, "note": "x"}).status == 303
    other = client_as("counselor2")
    sent = {**other.get("/cases/new").form("/cases/new"), "operation": form["operation"]}
    assert other.post("/cases/new", sent).status == 422


@pytest.mark.parametrize("operation", ["", "x", "0" * 5000])
def test_an_id_that_is_none_is_ignored(counselor, case, operation):
    address = case + "/contacts/new"
    assert counselor.submit(address, address, operation=operation, note="x").status == 303


def test_eight_writers_lose_nothing_silently(app, counselor, case):
    """Each version is changed once; who comes second is told. 8 writers, twenty times each."""
    address = case + "/identity"

    def write(number: int) -> list[tuple[str, str, int]]:
        tab, answers = another_tab(app, counselor), []
        for turn in range(20):
            shown, text = tab.get(address), f"nhà {number}-{turn}"
            page = tab.submit(shown, address, address=text)
            answers.append((shown.form(address)["version"], text, page.status))
        return answers

    with ThreadPoolExecutor(8) as threads:
        answers = [answer for found in threads.map(write, range(8)) for answer in found]
    assert {status for _, _, status in answers} <= {303, 409}
    changed = [version for version, _, status in answers if status == 303]
    assert sorted(map(int, changed)) == list(range(1, len(changed) + 1))
    last = counselor.get(address).form(address)
    assert int(last["version"]) == len(changed) + 1
    assert last["address"] in {text for _, text, status in answers if status == 303}
