"""Every address × method × account, as a page and as a fragment, against the one table of authz."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from casework.authz.enforce import PUBLIC, HeldRole, Identity, permission_of
from casework.authz.permissions import Permission, Reach, Role
from casework.authz.policy import POLICY, reach_of
from casework.confidential.cases.models import Assignment, Case
from casework.core.audit import Outcome
from casework.core.database import db
from casework.organisation.bodies.models import Group
from tests.cast import PEOPLE, Cast
from tests.confidential.test_cases import INTAKE
from tests.rules.sweep import FRAGMENT, Answer, logged_since, position, text_of
from tests.rules.world import EVERYBODY, NOBODY, TEXTS, World, meant, undeclared, ways

# Whoever adds to these says that anybody in the world may open it.
OPEN_IN_CORE = frozenset({"static", "health.show", "language.switch"})
PUBLIC_ENDPOINTS = frozenset(
    {
        "accounts.sign_in",
        "accounts.start",
        "accounts.code",
        "accounts.check_code",
        "accounts.sign_out",
        "accounts.recover",
        "accounts.finish_recovery",
        "explanation.explain",
    }
)
# Units and settings are public knowledge; the pages of these are the same for everybody who may
# open them.
KNOWN_TO_ALL = frozenset({"units.show", "settings.agency", "settings.criteria_set"})

# Asks for the second factor of somebody who has just given the first.
OPENED_ON_THE_WAY_IN = {"accounts.code"}
# Where holding the permission is not enough, or what was changed is not there a second time.
MAY_BE_NOT_FOUND = {
    "documents.remove": "only by whoever put the file there, or may change its record; once",
    "approvals.approve": "a role that was decided on waits no more",
    "approvals.decline": "a role that was decided on waits no more",
    "comparison.cluster": "totals of a cluster are for whoever reaches its province",
    "inspections.show_plan": "a plan is the department's; units read their inspection",
    "inspections.paper": "a plan is the department's; units read their inspection",
    "self_reports.paper": "a draft is the unit's alone",
    "rosters.link": "the case is named in the form",
    "rosters.unlink": "a member who is linked to no case",
    "settings.take_value_back": "a row that was taken back is gone",
    "settings.take_rate_back": "a row that was taken back is gone",
    "settings.take_criteria_set_back": "a row that was taken back is gone",
}


def test_every_endpoint_names_its_permission(world: World):
    assert undeclared(world.app, OPEN_IN_CORE) == set()


def test_what_is_public_is_listed_here(world: World):
    public = {
        name for name, view in world.app.view_functions.items() if permission_of(view) == PUBLIC
    }
    assert public == PUBLIC_ENDPOINTS


def test_an_endpoint_without_a_permission_is_refused(world: World, planted: str):
    assert undeclared(world.app, OPEN_IN_CORE) == {"planted"}
    assert world.sign_in(NOBODY).client.get(planted).status_code == 303
    for who in ("admin", "counselor"):
        answer = world.sign_in(who).client.get(planted)
        assert (answer.status_code, b"in the open" in answer.data) == (403, False)


def test_every_permission_guards_an_endpoint(world: World):
    used = {permission_of(view) for view in world.app.view_functions.values()}
    assert set(Permission) - used == set()


def test_the_table_names_every_role():
    assert set(POLICY) == set(Role)


# What a data-protection officer decides or reads about cases shows codes and dates, no person.
OF_THE_OFFICER = {
    Permission.EMERGENCY_DECIDE,
    Permission.ERASURE_DECIDE,
    Permission.RIGHTS_REGISTER,
}


def test_no_role_of_inspection_or_administration_reaches_a_person():
    confidential = {p for p in Permission if p.startswith("confidential:")}
    for role in (Role.UNIT_HEAD, Role.ACCOUNTANT, Role.INSPECTOR, Role.MANAGER, Role.DPO,
                 Role.ADMINISTRATOR, Role.VOLUNTEER):  # fmt: skip
        held = {p for p in confidential if reach_of(role, p) is not Reach.NONE}
        assert held == (OF_THE_OFFICER if role is Role.DPO else set())


def test_identity_and_notes_reach_nobody_but_those_assigned():
    for role in Role:
        for permission in (Permission.CASE_READ, Permission.CASE_WRITE, Permission.GROUP_READ):
            assert reach_of(role, permission) in (Reach.NONE, Reach.ASSIGNED)


def test_reading_is_allowed_and_refused_as_the_table_says(answers: list[Answer], world: World):
    assert len(answers) > 500
    wrong = [
        (answer.who, answer.method, answer.address, answer.fragment, answer.status)
        for answer in answers
        if answer.status not in expected(world, answer.who, answer.endpoint, answer.fragment)
    ]
    assert wrong == []


def test_every_page_opens_for_somebody(answers: list[Answer]):
    """An address that nobody's ids open would prove nothing above."""
    asked = {answer.endpoint for answer in answers}
    opened = {answer.endpoint for answer in answers if answer.status == 200}
    assert asked - opened == OPENED_ON_THE_WAY_IN


def test_a_stranger_is_led_to_the_way_in(answers: list[Answer]):
    open_to_all = OPEN_IN_CORE | PUBLIC_ENDPOINTS
    led = [a for a in answers if a.who == NOBODY and a.endpoint not in open_to_all]
    assert len(led) > 40
    for answer in led:
        to = answer.headers["HX-Redirect" if answer.fragment else "Location"]
        assert to.startswith("/sign-in"), answer.address
        assert (answer.status == 401) == answer.fragment


def test_changing_is_allowed_and_refused_as_the_table_says(world: World, without_csrf: None):
    wrong = []
    for who in (*EVERYBODY, NOBODY):
        client = world.sign_in(who).client
        for rule, method in ways(world.app):
            if method in ("GET", "HEAD"):
                continue
            for fragment in (False, True):
                headers = FRAGMENT if fragment else None
                answer = client.open(world.address(rule), method=method, headers=headers)
                if answer.status_code < 400:
                    # Signing out and a new session may come with it: on to another computer.
                    client = world.sign_in(who).client
                if answer.status_code not in expected(world, who, rule.endpoint, fragment):
                    wrong.append((who, method, rule.rule, fragment, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("who", EVERYBODY)
def test_foreign_and_absent_look_alike(world: World, without_csrf: None, who: str):
    identity, seen, client = identity_of(world.cast, who), 0, world.sign_in(who).client
    for rule, method in ways(world.app):
        permission = permission_of(world.app.view_functions[rule.endpoint])
        if not rule.arguments or method == "HEAD" or rule.endpoint in KNOWN_TO_ALL:
            continue
        access = identity.access(permission) if isinstance(permission, Permission) else None
        if access is None or access.everywhere or access.provinces or reaches_b(access, world):
            continue
        foreign, absent = (world.address(rule, unit) for unit in ("b", "absent"))
        head = position(world.app)
        answers = [client.open(address, method=method) for address in (foreign, absent)]
        texts = [plain(text_of(a.get_data()), a.request.path) for a in answers]
        assert [a.status_code for a in answers] == [404, 404], foreign
        assert texts[0] == texts[1], foreign
        assert [row[1] for row in logged_since(world.app, head)] == [Outcome.REFUSED] * 2, foreign
        seen += 1
    least = {"counselor": 30, "coordinator": 10, "volunteer": 10, "unithead": 40, "accountant": 15}
    assert seen >= least.get(who, 0)


@pytest.mark.parametrize("who", ["counselor", "unithead", "accountant", "admin"])
def test_a_part_of_another_record_is_not_found(world: World, without_csrf: None, who: str):
    """An own case in the address does not open the contact of a foreign one, nor an own body the
    decision of another: not even for those who reach both.
    """
    client, tried = world.sign_in(who).client, 0
    for rule, method in ways(world.app):
        if len(rule.arguments) < 2 or method == "HEAD":
            continue
        for foreign in sorted(meant(rule, name) for name in rule.arguments - TEXTS.keys()):
            mixed = {**world.ids["a"], foreign: world.ids["b"][foreign]}
            address = World(world.app, world.cast, {"a": mixed}).address(rule)
            answer = client.open(address, method=method)
            assert answer.status_code in (403, 404), address
            tried += answer.status_code == 404
    assert tried >= 4


def test_ids_of_another_unit_in_a_form_are_refused(world: World):
    a, accounts = world.ids["a"], world.cast.accounts
    unit = {"unit": str(world.ids["b"]["unit_id"])}
    handover = f"/cases/{a['case_id']}/assignment"
    forms = [
        ("counselor", "/cases/new", {**INTAKE, **unit}),
        ("counselor", "/groups/new", {"name": "Sen", "active_from": "2026-01-05", **unit}),
        ("coordinator", handover, {"counselor": str(accounts["counselor-b"])}),
        ("coordinator", handover, {"counselor": str(accounts["unithead"])}),
    ]
    before = entrusted(world)
    answers = [world.sign_in(who).submit(at, at, **values).status for who, at, values in forms]
    # A group form of somebody with one unit goes to that unit, whatever the form says.
    assert answers == [422, 303, 422, 422]
    assert entrusted(world) == before


def entrusted(world: World) -> list[tuple[object, ...]]:
    """The cases and groups of unit b, and to whom everything is entrusted."""
    unit = world.cast.units["b"]
    with world.app.app_context():
        queries = (
            select(Case.id).where(Case.unit_id == unit),
            select(Group.id).where(Group.unit_id == unit),
            select(Assignment.case_id, Assignment.account_id, Assignment.until_on),
        )
        return [tuple(row) for query in queries for row in db.session.execute(query)]


def test_members_of_another_group_can_not_be_ticked(world: World):
    counselor, a, b = world.sign_in("counselor"), world.ids["a"], world.ids["b"]
    address = f"/groups/{a['group_id']}/sessions/{a['session_id']}/correct"
    foreign = str(b["member_id"])
    page = counselor.submit(address, address, present=[foreign], shown=foreign)
    if page.status == 303:
        page = counselor.get(f"/groups/{a['group_id']}/sessions/{a['session_id']}")
    assert foreign not in page.text


def test_every_change_needs_the_token_of_its_own_browser(world: World):
    other = world.sign_in("counselor").get("/account").form("/sign-out")["csrf_token"]
    refused = 0
    for rule, method in ways(world.app):
        if method in ("GET", "HEAD"):
            continue
        client = world.sign_in("counselor").client
        client.get("/account")  # so that the browser has a token of its own
        for sent in ({}, {"csrf_token": other}, {"csrf_token": "x"}):
            answer = client.open(world.address(rule), method=method, data=sent)
            assert answer.status_code == 400, (rule.rule, sent)
            refused += 1
    assert refused >= 40


def expected(world: World, who: str, endpoint: str, fragment: bool) -> set[int]:
    """The answers that the table allows."""
    permission = permission_of(world.app.view_functions[endpoint])
    if endpoint in OPEN_IN_CORE or permission == PUBLIC:
        return {200, 303, 422}
    if who == NOBODY:
        return {401} if fragment else {303}
    assert isinstance(permission, Permission), endpoint
    access = identity_of(world.cast, who).access(permission)
    if access is None:
        return {403}
    # The counselor made everything in unit a; others may hold the permission for other records.
    reached = who == "counselor" or access.everywhere or access.provinces
    sure = reached and endpoint not in MAY_BE_NOT_FOUND
    return {200, 303, 409, 422} if sure else {200, 303, 404, 409, 422}


def identity_of(cast: Cast, who: str) -> Identity:
    """An account with its roles as the cast gave them, without asking the database."""
    held = (
        [(Role.COORDINATOR, "b"), (Role.UNIT_HEAD, "a")]
        if who == "two-roles"
        else [PEOPLE[who][1:]]
    )
    roles = tuple(
        HeldRole(role, cast.units[unit] if unit else None, unit in ("province", "elsewhere"))
        for role, unit in held
    )
    return Identity(cast.accounts[who], who, who, roles)


def reaches_b(access: object, world: World) -> bool:
    return world.cast.units["b"] in getattr(access, "units", ())


def plain(text: str, address: str) -> str:
    """A page without what differs between two requests: its own address, its tokens."""
    return re.sub(r'value="[^"]*"', "", unescape(text)).replace(address, "")


@pytest.fixture
def without_csrf(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens have a test of their own."""
    monkeypatch.setitem(world.app.config, "WTF_CSRF_ENABLED", False)


@pytest.fixture
def planted(world: World) -> Iterator[str]:
    """A view that forgot to say who may open it."""
    app: Flask = world.app
    app.view_functions["planted"] = lambda: "in the open"
    rule = Rule("/planted", endpoint="planted", methods=["GET"])
    app.url_map.add(rule)
    yield "/planted"
    del app.view_functions["planted"]
    app.url_map._remap = True
    app.url_map._rules_by_endpoint.pop("planted")
    app.url_map._matcher._root.static.pop("planted", None)
