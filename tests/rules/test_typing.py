"""Whatever is typed about a person survives a sign-in that ran out: every form of the confidential
side with room for a text saves drafts, offers them once, and never lays one over newer text.

A new form joins by being shown: it stands in `TYPED`, or the first test says so.
"""

from collections.abc import Iterator
from datetime import timedelta
from xml.etree.ElementTree import Element

import pytest
import time_machine

from casework.core.clock import now
from tests.page import Page
from tests.rules.sweep import part_of
from tests.rules.world import World

# Where a text is typed, and by whom.
TYPED = {
    "assessments.correct": "counselor",
    "assessments.new": "counselor",
    "break_glass.new": "counselor",
    "break_glass.show": "dpo",
    "cases.identity": "counselor",
    "closures.closure": "counselor",
    "contacts.correct": "counselor",
    "contacts.log": "counselor",
    "contacts.take_back": "counselor",
    "group_sessions.correction": "counselor",
    "group_sessions.new": "counselor",
    "intake.new": "counselor",
    "referrals.answer": "counselor",
    "referrals.correct": "counselor",
    "referrals.send": "counselor",
    "referrals.take_back": "counselor",
    "reminders.edit": "counselor",
    "reminders.new": "counselor",
    "rights.disclose": "counselor",
    "rights.ask": "counselor",
    "rights.decide": "counselor",
    "rights.answer": "counselor",
    "rosters.index": "counselor",
    "services.correct": "counselor",
    "services.give": "counselor",
    "services.take_back": "counselor",
    "support_plans.agree": "counselor",
    "support_plans.follow": "counselor",
    "support_plans.review": "counselor",
    "transfers.transfer": "counselor",
}
# A line that is hard to type again; much is chosen around it.
LINES = {"consent.new": "counselor"}
# Those that change a record which somebody else may save meanwhile; the others add one.
CHANGING = {
    "assessments.correct",
    "break_glass.show",
    "cases.identity",
    "contacts.correct",
    "contacts.take_back",
    "group_sessions.correction",
    "referrals.answer",
    "referrals.correct",
    "referrals.take_back",
    "reminders.edit",
    "rights.decide",
    "rights.answer",
    "services.correct",
    "services.take_back",
    "support_plans.agree",
    "support_plans.follow",
    "support_plans.review",
}
TEXT = "chưa kịp lưu 🌻"


def with_texts(page: Page) -> Iterator[Element]:
    """The forms of a page in which more than a line is typed."""
    for form in page.all("form", method="post") if page.root is not None else []:
        if any(area.get("name") for area in form.iter("textarea")):
            yield form


def test_every_form_for_texts_saves_drafts(world: World):
    found, without, changing = set(), set(), set()
    for who in ("counselor", "coordinator", "dpo"):
        visitor = world.sign_in(who)
        for rule in world.app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or part_of(world.app, rule.endpoint) != (
                "confidential"
            ):
                continue
            address = world.address(rule)
            if visitor.client.get(address).mimetype != "text/html":
                continue
            for form in with_texts(visitor.get(address, budget=40)):
                found.add(rule.endpoint)
                if not form.get("data-draft"):
                    without.add(rule.endpoint)
                if any(e.get("name") == "version" and e.get("value") for e in form.iter("input")):
                    changing.add(rule.endpoint)
    assert without == set()
    assert (found, changing) == (set(TYPED), CHANGING)


@pytest.mark.parametrize("endpoint", sorted({*TYPED, *LINES}))
def test_a_text_survives_a_sign_in_that_ran_out(world: World, endpoint: str):
    who = (TYPED | LINES)[endpoint]
    visitor, address = world.sign_in(who), address_of(world, endpoint)
    action, area, fields = shown(visitor.get(address))
    typed = {**fields, area: TEXT}
    assert visitor.post("/drafts", typed).text.startswith("Draft saved")
    with time_machine.travel(now() + timedelta(minutes=16)):
        assert "/sign-in" in visitor.post(action, typed).location
        again = world.sign_in(who)
        page = again.get(address)
        assert shown(page)[2][area] == fields[area], "laid over what is saved, unasked"
        (offer,) = offers(page)
        used = again.get(offer)
        assert shown(used)[2][area] == TEXT
        assert offers(used) == []
        assert "It is not saved yet" in used.words


@pytest.mark.parametrize("endpoint", sorted(CHANGING))
def test_a_text_is_never_laid_over_a_newer_one(world: World, endpoint: str):
    visitor, address = world.sign_in(TYPED[endpoint]), address_of(world, endpoint)
    _, area, fields = shown(visitor.get(address))
    visitor.post("/drafts", {**fields, area: TEXT, "version": "4711"})
    (offer,) = offers(visitor.get(address))
    used = visitor.get(offer)
    assert "Your draft is older than the record" in used.words
    assert f"Saved now: {fields[area].strip() or 'Empty'}" in used.words
    assert shown(used)[2]["version"] == fields["version"]


def address_of(world: World, endpoint: str) -> str:
    (rule,) = [
        rule
        for rule in world.app.url_map.iter_rules()
        if rule.endpoint == endpoint and "GET" in (rule.methods or ())
    ]
    return world.address(rule)


def shown(page: Page) -> tuple[str, str, dict[str, str]]:
    """Where the form of a page posts to, its first text (or line) and all its fields."""
    (form,) = [form for form in page.all("form", method="post") if form.get("data-draft")]
    area = next((each.get("name") for each in form.iter("textarea")), "witness")
    action = (form.get("action") or "").split("?")[0]
    return action, str(area), page.form(action)


def offers(page: Page) -> list[str]:
    """Where the offers of drafts lead."""
    return [link for a in page.all("a") if "kept=" in (link := a.get("href") or "")]
