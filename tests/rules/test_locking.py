"""Nobody is overruled silently, and nothing is done twice: every form of the confidential side that
changes a record knows the version it was opened on, and every form carries an operation.

A new route joins by being registered: it shows its form at its own address, or stands below with a
reason.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from werkzeug.routing import Rule

from casework.core.clock import today
from tests.page import Page, Visitor
from tests.rules.sweep import digest, part_of
from tests.rules.world import World

# Forms that change a record and are no longer right once it was changed: who saves second is told.
CHANGING = {
    "assessments.correct",
    "cases.correct",
    "contacts.correct",
    "contacts.take_back",
    "group_sessions.correct",
    "referrals.answer",
    "referrals.correct",
    "reminders.edit",
    "rosters.change",
    "services.correct",
    "statutory.correct",
    "support_plans.agree",
    "support_plans.follow",
    "support_plans.review",
    "support_plans.sign",
}
# After these there is no second time: the record does not go on.
ONCE = {"contacts.take_back"}
# Steps, which add a row of their own: what the first one added is told, and replaced by nobody.
TOLD = {
    "referrals.answer": "Somebody else recorded an answer meanwhile",
    "support_plans.review": "Somebody else saved something about this plan meanwhile",
}
# What the second of two wants otherwise than the first.
OTHERS = {
    "referrals.answer": {"status": "accepted", "note": "của tôi"},
    "support_plans.follow": {"progress": "của tôi"},
    "support_plans.review": {"note": "của tôi"},
    "cases.correct": {"alias": "của tôi"},
    "contacts.correct": {"note": "của tôi"},
}
# What an untouched form lacks to be sent.
VALUES: dict[str, dict[str, str]] = {
    "contacts.take_back": {"reason": "nhầm"},
    "support_plans.review": {"result": "continue", "note": "của người kia"},
    "support_plans.follow": {"status": "under_way", "progress": "của người kia"},
    "support_plans.sign": {"person_signed_on": str(today())},
    "statutory.correct": {"from_on": str(today() - timedelta(days=3))},
    "support_plans.agree": {
        "goals-0-area": "job",
        "goals-0-goal": "mới",
        "goals-0-actions-0-what": "mới",
        "goals-0-actions-0-responsible": "person",
    },
    "cases.correct": {"alias": "của người kia"},
    "contacts.correct": {"note": "của người kia"},
    "contacts.log": {"kind": "home"},
    "closures.close": {"reason": "moved"},
    "reminders.new": {"text": "nhắc", "due_on": str(today())},
    "referrals.answer": {"status": "waitlisted"},
}
# Forms that read only, or hand out a file: sent twice, they are answered twice.
READING = {
    "cases.search",
    "caseloads.export",
    "intake.likely",
    "rosters.search",
    "rosters.search_case",
    "services.export",
}


def forms(world: World) -> Iterator[tuple[Rule, str, Page, Visitor]]:
    """Every form of the confidential side that its own address shows to the counselor."""
    visitor = world.sign_in("counselor")
    for rule in world.app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or part_of(world.app, rule.endpoint) != (
            "confidential"
        ):
            continue
        address = world.address(rule)
        page = visitor.get(address, budget=40)
        posts = page.all("form", method="post") if page.root is not None else []
        if page.status == 200 and any(
            (form.get("action") or "").split("?")[0] == address for form in posts
        ):
            yield rule, address, page, visitor


@pytest.fixture
def shown(world: World) -> dict[str, tuple[str, dict[str, str]]]:
    """The fields of every form, by endpoint, as they stand when nobody touched them."""
    return {rule.endpoint: (address, page.form(address)) for rule, address, page, _ in forms(world)}


def test_every_form_carries_an_operation(shown: dict[str, tuple[str, dict[str, str]]]):
    assert len(shown) > 20
    lacking = {name for name, (_, fields) in shown.items() if not fields.get("operation")}
    assert lacking - READING == set()


def test_what_changes_a_record_knows_its_version(shown: dict[str, tuple[str, dict[str, str]]]):
    """And what knows a version is tried below."""
    assert {name for name, (_, fields) in shown.items() if "version" in fields} >= CHANGING
    edits = {name for name in shown if name.rpartition(".")[2] in ("correct", "edit", "change")}
    assert edits - CHANGING == set()


@pytest.mark.parametrize("endpoint", sorted(CHANGING - ONCE))
def test_the_second_of_two_is_told_with_both_texts(world: World, endpoint: str):
    """Two open the same form; the first one saves."""
    values = VALUES.get(endpoint, {})
    one, address, first = opened(world, endpoint)
    other, _, second = opened(world, endpoint)
    assert one.post(address, {**first, **values}).status == 303
    before = digest(world.app)
    page = other.post(address, {**second, **values, **OTHERS.get(endpoint, {})})
    assert page.status == 409, page.words[:400]
    assert TOLD[endpoint] in page.words if endpoint in TOLD else "both-texts" in page.text
    again, typed = page.form(address), {**values, **OTHERS.get(endpoint, {})}
    assert {name: again.get(name) for name in typed} == typed
    assert again["version"] != second["version"], "sent once more, it is meant"
    assert digest(world.app) == before


@pytest.mark.parametrize("endpoint", sorted(ONCE))
def test_what_is_done_once_is_not_done_on_an_old_page(world: World, endpoint: str):
    visitor, address, fields = opened(world, endpoint)
    before = digest(world.app)
    page = visitor.post(address, {**fields, **VALUES[endpoint], "version": "4711"})
    assert page.status == 409
    assert digest(world.app) == before


@pytest.mark.parametrize(
    "endpoint",
    sorted({*CHANGING, "contacts.log", "closures.close", "reminders.new", "rosters.link"}),
)
def test_a_form_sent_twice_is_carried_out_once(world: World, endpoint: str):
    visitor, address, fields = opened(world, endpoint)
    sent = {**fields, **VALUES.get(endpoint, {})}
    first = visitor.post(address, sent)
    assert first.status == 303, first.words[:400]
    after = digest(world.app)
    second = visitor.post(address, sent)
    assert (second.status, second.location) == (303, first.location)
    assert digest(world.app) == after


def opened(world: World, endpoint: str) -> tuple[Visitor, str, dict[str, str]]:
    """A form as the counselor finds it."""
    (rule,) = [
        rule
        for rule in world.app.url_map.iter_rules()
        if rule.endpoint == endpoint and "POST" in (rule.methods or ())
    ]
    visitor, address = world.sign_in("counselor"), world.address(rule)
    return visitor, address, visitor.get(address, budget=40).form(address)
