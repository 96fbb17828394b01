"""A case opened out of turn: two people, one compartment, one hour, to read only, told and
reviewed; and what somebody gets who tries more.
"""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from click.testing import Result
from sqlalchemy import delete, select, update

from casework.authz.permissions import Role
from casework.confidential.break_glass.models import EmergencyOpening
from casework.confidential.break_glass.operations import tidy_code
from casework.confidential.cases.models import Case
from casework.core.audit import SYSTEM, AuditEntry
from casework.core.clock import now, today
from casework.core.database import db
from casework.organisation.accounts.models import Account, AccountRole
from casework.organisation.accounts.operations import (
    create_account,
    disable_account,
    end_role,
    give_role,
)
from casework.organisation.accounts.queries import list_roles
from casework.vault import locks
from casework.vault.grants import Grant, Keyring, NoKey, Use
from casework.vault.recovery import entrust_recovery, list_entrusted
from tests.cast import PASSWORD
from tests.confidential.test_cases import open_case

NOTE = "Đã nói chuyện về chỗ ở"
WHY = "Người nhà báo tư vấn viên đi công tác, cần số điện thoại"


@pytest.fixture
def case(client_as):
    """A case of unit a's first counselor, with a contact."""
    counselor = client_as("counselor")
    address = open_case(counselor)
    new = address + "/contacts/new"
    assert counselor.submit(new, new, note=NOTE).status == 303
    return address


@pytest.fixture
def officer(client_as, cast, app):
    """The data-protection officer, entrusted with the organisation's key."""
    entrust(app, cast, "dpo")
    return client_as("dpo")


def entrust(app, cast, username):
    with app.test_request_context():
        assert entrust_recovery(cast.organisation_secret, cast.accounts[username], by=None)
        db.session.commit()


def code_of(app, address):
    with app.app_context():
        return db.session.get_one(Case, UUID(address.split("/")[2])).reference


def ask(visitor, app, address, **changes):
    values = {
        "reference": code_of(app, address),
        "compartment": "identity",
        "reason": "counselor_away",
        "explanation": WHY,
    }
    return visitor.submit("/emergency/new", "/emergency/new", **{**values, **changes})


def newest(app):
    with app.app_context():
        query = select(EmergencyOpening.id).order_by(EmergencyOpening.asked_at.desc())
        return f"/emergency/{db.session.scalars(query).first()}"


def approve(officer, app):
    page = newest(app)
    return officer.submit(page, page + "/approve", note="Đã gọi lại, đúng người")


def decline(officer, page, note):
    """The same form has a button that declines."""
    shown = officer.get(page) if isinstance(page, str) else page
    address = newest(officer.client.application)
    return officer.post(address + "/decline", {**shown.form(address + "/approve"), "note": note})


def actions_about(app, address):
    with app.app_context():
        query = select(AuditEntry.action).where(AuditEntry.subject_id == UUID(address[7:]))
        return list(db.session.scalars(query.order_by(AuditEntry.position)))


def test_one_compartment_of_one_case_is_open_for_one_hour(client_as, app, case, officer):
    helper = client_as("counselor2")
    assert helper.get(case).status == 404
    assert (
        ask(helper, app, case, reference=code_of(app, case).lower().replace("-", " ")).status == 303
    )
    assert helper.get(case).status == 404, "asking opens nothing"
    assert WHY in officer.get(newest(app)).words
    with time_machine.travel(now(), tick=False) as clock:
        # Sessions idle out after a quarter of an hour: each look is from a fresh sign-in.
        assert approve(client_as("dpo"), app).status == 303
        page = client_as("counselor2").get(case)
        assert "Đào Thị Ngọc Ánh" in page.words
        assert "Opened out of turn until" in page.words
        contacts = client_as("counselor2").get(case + "/contacts")
        assert contacts.status == 200
        assert NOTE not in contacts.text
        assert "cannot be opened" in contacts.words
        assert case not in client_as("counselor2").get("/cases").text, "only its door opens"
        clock.shift(timedelta(minutes=59))
        assert client_as("counselor2").get(case).status == 200
        clock.shift(timedelta(minutes=1, seconds=1))
        assert client_as("counselor2").get(case).status == 404
        assert client_as("counselor2").get(case + "/contacts").status == 404


def test_today_tells_of_openings_of_the_own_cases_above_all_until_they_are_reviewed(
    client_as, app, case, officer
):
    panel = {"HX-Request": "true", "HX-Target": "x"}
    counselor, own = client_as("counselor"), "/emergency/own-cases"
    loaded = [each.get("hx-get") for each in counselor.get("/").one("main").iter("p")]
    assert [each for each in loaded if each] == [own, "/notices/inspections", "/looks"], (
        "this one stands first"
    )
    assert counselor.get(own, headers=panel).words == ""
    assert "Nothing is going on" in counselor.get(own).words
    assert ask(client_as("counselor2"), app, case).status == 303
    waiting = counselor.get(own, headers=panel)
    assert waiting.one("a", href=case + "/looks").text == code_of(app, case)
    for told in ("Trần Văn Đức", "waiting for a decision", "the counselor can't be reached"):
        assert told in waiting.words
    assert WHY not in waiting.text, "it stands with the officers"
    assert "Đào" not in waiting.text
    with time_machine.travel(now(), tick=False) as clock:
        approve(officer, app)
        running = client_as("counselor").get(own)
        assert "open until" in running.words
        for somebody in ("counselor2", "counselor-b", "coordinator"):
            answer = client_as(somebody).get(own)
            assert answer.status in (200, 403)
            assert code_of(app, case) not in answer.text
        clock.shift(timedelta(hours=1, seconds=1))
        assert "over, to be reviewed" in client_as("counselor").get(own).words
        reviewed = newest(app)
        answer = client_as("dpo").submit(reviewed, reviewed + "/review", verdict="in_order")
        assert answer.status == 303
        assert client_as("counselor").get(own, headers=panel).words == ""


def test_what_an_officer_types_is_kept_for_the_review_too(client_as, app, case, officer):
    ask(client_as("counselor2"), app, case)
    approve(officer, app)
    with time_machine.travel(now() + timedelta(minutes=61)):
        reviewing, page = client_as("dpo"), newest(app)
        form = reviewing.get(page).form(page + "/review")
        reviewing.post("/drafts", {**form, "note": "đã hỏi cả hai"})
        (link,) = [a for a in reviewing.get(page).all("a") if "kept=" in (a.get("href") or "")]
        used = reviewing.get(link.get("href"))
        assert used.form(page + "/review")["note"] == "đã hỏi cả hai"


def test_the_other_compartment_opens_the_talks_and_no_name(client_as, app, case, officer):
    helper = client_as("coordinator")
    assert ask(helper, app, case, compartment="notes").status == 303
    approve(officer, app)
    assert NOTE in helper.get(case + "/contacts").words
    page = helper.get(case)
    assert "Đào" not in page.text
    assert "0900" not in page.told
    assert "cannot be opened" in page.words


def test_the_first_page_of_an_officer_is_what_waits_with_a_count(client_as, app, case, officer):
    assert officer.get("/").location == "/emergency/decisions"
    assert "Nothing waits for you" in officer.get("/emergency/decisions").words
    ask(client_as("counselor2"), app, case)
    page = officer.get("/emergency/decisions")
    assert "waiting for a decision" in page.words
    assert "Openings out of turn 1" in page.words
    assert code_of(app, case) in page.words
    assert WHY not in page.text, "the list tells no reasons"


def test_the_counselor_is_told_at_once_and_sees_what_was_opened(client_as, app, case, officer):
    helper = client_as("counselor2")
    ask(helper, app, case)
    assert "asked to open it out of turn" in client_as("counselor").get("/looks").words
    approve(officer, app)
    helper.get(case)
    note = client_as("counselor").get("/looks").words
    assert "Dương Thị Chín approved an opening out of turn, for one hour" in note
    assert "Trần Văn Đức opened the case not entrusted with the case" in note
    assert WHY not in note
    assert "Đào" not in note
    assert "out of turn" in client_as("counselor").get(case + "/looks").words


@pytest.mark.parametrize("foreign", [True, False])
def test_a_foreign_code_and_one_that_nobody_has_are_refused_alike(client_as, app, case, foreign):
    helper = client_as("counselor-b" if foreign else "counselor2")
    code = code_of(app, case) if foreign else "222-222"
    page = ask(helper, app, case, reference=code)
    assert page.status == 422
    assert "No case of your unit has this code." in page.words
    assert page.form("/emergency/new")["explanation"] == WHY
    with app.app_context():
        assert db.session.scalars(select(EmergencyOpening)).all() == []
        refused = select(AuditEntry.subject_id).where(AuditEntry.action == "emergency.ask")
        expected = UUID(case[7:]) if foreign else None
        assert db.session.scalars(refused).all() == [expected]


@pytest.mark.parametrize("typed", ["k7m-4qx", " K7M4QX ", "k7m 4qx", "K7M–4QX", "K7M.4QX"])
def test_a_code_copied_from_paper_is_understood(typed):
    assert tidy_code(typed) == "K7M-4QX"


@pytest.mark.parametrize("typed", ["", "?", "\u0000", "K7M-4QX-ABC", "x" * 300, "';--", "Ơ" * 6])
def test_what_is_no_code_is_refused(client_as, app, case, typed):
    page = ask(client_as("counselor2"), app, case, reference=typed)
    assert page.status == 422


def test_an_own_case_and_a_second_time_are_refused(client_as, app, case):
    assert "entrusted to you" in ask(client_as("counselor"), app, case).words
    helper = client_as("counselor2")
    assert ask(helper, app, case).status == 303
    again = ask(helper, app, case)
    assert (again.status, "asked for this already" in again.words) == (422, True)
    assert ask(helper, app, case, compartment="notes").status == 303


@pytest.mark.parametrize("left_out", ["compartment", "reason", "explanation"])
def test_nothing_is_chosen_for_whoever_asks(client_as, app, case, left_out):
    page = ask(client_as("counselor2"), app, case, **{left_out: ""})
    assert (page.status, "Fill this in." in page.words) == (422, True)


@pytest.mark.parametrize("who", ["volunteer", "unithead", "inspector", "manager", "admin", "dpo"])
def test_others_can_not_ask(client_as, who):
    assert client_as(who).get("/emergency/new").status == 403


@pytest.mark.parametrize("who", ["counselor", "coordinator", "unithead", "manager", "admin"])
def test_others_can_not_decide(client_as, app, case, who):
    ask(client_as("counselor2"), app, case)
    page = newest(app)
    for path in ("", "/approve", "/decline", "/review"):
        visitor = client_as(who)
        token = visitor.get("/account").form("/sign-out")["csrf_token"]
        answer = visitor.post(page + path, {"csrf_token": token}) if path else visitor.get(page)
        assert answer.status == 403, path


def test_an_officer_without_the_key_is_told_what_to_ask_for(client_as, app, case):
    helper, officer = client_as("counselor2"), client_as("dpo")
    ask(helper, app, case)
    assert "keys entrust-recovery dpo" in officer.get("/emergency/decisions").words
    page = approve(officer, app)
    assert page.status == 422
    assert "flask --app app keys entrust-recovery" in page.words
    assert page.form(newest(app) + "/approve")["note"] == "Đã gọi lại, đúng người"
    assert helper.get(case).status == 404
    unsaid = decline(officer, page, "")
    assert (unsaid.status, "Say why, for whoever asked." in unsaid.words) == (422, True)
    assert decline(officer, page, "Hãy gọi số trực").status == 303
    assert "Hãy gọi số trực" in helper.get("/emergency").words


def test_nobody_decides_about_or_reviews_what_they_asked_for(client_as, app, cast, case):
    """Counselor and data-protection officer in one person, entrusted with the key besides."""
    with app.test_request_context():
        account = db.session.get_one(Account, cast.accounts["counselor2"])
        give_role(account, Role.DPO, None, by=SYSTEM, on=today())
        db.session.commit()
    entrust(app, cast, "counselor2")
    both = client_as("counselor2")
    ask(both, app, case)
    page = newest(app)
    shown = both.get(page)
    assert "You asked for this yourself" in shown.words
    token = both.get("/account").form("/sign-out")["csrf_token"]
    sent = {"csrf_token": token, "version": "1", "note": "x", "verdict": "in_order"}
    for path in ("/approve", "/decline", "/review"):
        assert "Somebody else has to" in both.post(page + path, sent).words, path
    assert both.get(case).status == 404
    with app.app_context():
        assert db.session.scalars(select(Grant).where(Grant.use == Use.EMERGENCY)).all() == []


def test_decided_once_and_reviewed_once_after_the_hour(client_as, app, case, officer):
    with time_machine.travel(now(), tick=False) as clock:
        ask(client_as("counselor2"), app, case)
        page = newest(app)
        slow = client_as("dpo")
        early = slow.get(page)
        assert approve(client_as("dpo"), app).status == 303
        late = decline(slow, early, "x")
        assert (late.status, "Somebody saved this record" in late.words) == (409, True)
        assert "was decided already" in decline(slow, late, "x").words
        visitor = client_as("dpo")
        reviewing = {"version": "2", "verdict": "in_order", "note": ""}
        reviewing["csrf_token"] = visitor.get(page).form("/sign-out")["csrf_token"]
        assert "when its hour is over" in visitor.post(page + "/review", reviewing).words
        client_as("counselor2").get(case)
        clock.shift(timedelta(hours=1, seconds=1))
        dpo = client_as("dpo")
        assert "over, to be reviewed" in dpo.get("/emergency/decisions").words
        shown = dpo.get(page)
        assert "opened the case" in shown.words, "the officer sees what was done"
        unsaid = dpo.submit(shown, page + "/review", verdict="not_in_order")
        assert (unsaid.status, "what was not in order" in unsaid.words) == (422, True)
        assert dpo.submit(unsaid, page + "/review", note="Không gọi trước").status == 303
        listed = dpo.get("/emergency/decisions").words
        assert "Nothing waits for you" in listed
        assert "over and reviewed" in listed
        assert "not in order" in dpo.get(page).words
        clock.shift(timedelta(days=40))
        assert "over and reviewed" in client_as("dpo").get("/emergency/decisions").words
    assert actions_about(app, case).count("emergency.review") == 1


def test_an_opening_that_nobody_reviewed_stays_listed(client_as, app, case, officer):
    with time_machine.travel(now(), tick=False) as clock:
        ask(client_as("counselor2"), app, case)
        approve(client_as("dpo"), app)
        clock.shift(timedelta(days=90))
        assert "over, to be reviewed" in client_as("dpo").get("/emergency/decisions").words


def test_what_nobody_decides_for_a_day_lapses(client_as, app, case, officer):
    with time_machine.travel(now(), tick=False) as clock:
        ask(client_as("counselor2"), app, case)
        clock.shift(timedelta(hours=25))
        dpo, page = client_as("dpo"), newest(app)
        assert "lapsed" in dpo.get(page).words
        token = dpo.get("/account").form("/sign-out")["csrf_token"]
        sent = {"csrf_token": token, "version": "1", "note": ""}
        assert "this has lapsed" in dpo.post(page + "/approve", sent).words
        assert client_as("counselor2").get(case).status == 404
        assert ask(client_as("counselor2"), app, case).status == 303


def test_while_open_no_write_is_taken(client_as, app, case, officer, monkeypatch):
    """Every address that changes something, taken from the program itself, and everything that
    leaves it as a file.
    """
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    helper = client_as("counselor2")
    for part in ("identity", "notes"):
        ask(helper, app, case, compartment=part)
        approve(officer, app)
    assert helper.get(case + "/contacts").status == 200
    tried = set()
    for rule in app.url_map.iter_rules():
        if "case_id" not in rule.arguments:
            continue
        values = {name: uuid4() for name in rule.arguments} | {"case_id": case[7:]}
        with app.test_request_context():
            address = app.url_map.bind("localhost").build(rule.endpoint, values)
        if (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}:
            assert helper.client.post(address).status_code in (403, 404), address
            tried.add(rule.endpoint)
        elif len(rule.arguments) == 1:
            answer = helper.client.get(address)
            assert answer.status_code in (403, 404) or answer.mimetype == "text/html", address
    assert {"contacts.log", "cases.correct", "closures.close", "rights.ask"} <= tried
    for path in ("/looks", "/rights", "/identity", "/closure", "/contacts/new", "/assignment"):
        assert helper.get(case + path).status in (403, 404), path
    with app.app_context():
        case_row = db.session.get_one(Case, UUID(case[7:]))
        assert case_row.is_open


def test_no_link_to_write_is_shown_while_it_is_open(client_as, app, case, officer):
    helper = client_as("counselor2")
    for part in ("identity", "notes"):
        ask(helper, app, case, compartment=part)
        approve(officer, app)
    opened = set()
    for rule in app.url_map.iter_rules():
        if rule.arguments != {"case_id"} or "GET" not in (rule.methods or set()):
            continue
        path = rule.rule.partition("<uuid:case_id>")[2]
        answer = helper.client.get(case + path)
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        opened.add(path)
        page = helper.get(case + path)
        links = {(a.get("href") or "").partition("#")[0] for a in page.all("a")}
        for link in links:
            if link.startswith(case + "/"):
                assert helper.client.get(link).status_code == 200, f"{path} leads to {link}"
        panels = {(e.get("hx-get") or "") for e in page.all("section")} - {""}
        assert {helper.client.get(panel).status_code for panel in panels} <= {200}, path
        actions = {form.get("action") or "" for form in page.all("form")}
        assert not [action for action in actions if action.startswith(case)], path
    assert {"", "/contacts", "/consents", "/assessments"} <= opened


def test_the_keys_of_an_opening_seal_and_hand_on_nothing(client_as, app, cast, case, officer):
    ask(client_as("counselor2"), app, case)
    approve(officer, app)
    subject = UUID(case[7:])
    with app.test_request_context():
        ring = Keyring(cast.accounts["counselor2"], cast.secrets["counselor2"])
        ring.load([subject])
        with pytest.raises(NoKey):
            ring.sealing_key(subject, "identity")
        row = db.session.scalars(select(Grant).where(Grant.use == Use.EMERGENCY)).one()
        assert ring.opening_key(subject, row.data_key_id.bytes)


@pytest.mark.parametrize("change", ["later", "never", "relabelled"])
def test_whoever_prolongs_it_in_the_database_opens_nothing(
    client_as, app, cast, case, officer, change
):
    """The end is bound to the wrapped key."""
    ask(client_as("counselor2"), app, case)
    approve(officer, app)
    client_as("counselor2")  # signing in wraps the key anew, with its end
    with app.app_context():
        values = {
            "later": {"expires_at": now() + timedelta(days=300)},
            "never": {"expires_at": None},
            "relabelled": {"use": Use.READ, "expires_at": None},
        }[change]
        db.session.execute(update(Grant).where(Grant.use == Use.EMERGENCY).values(**values))
        db.session.commit()
        subject = UUID(case[7:])
        key_id = db.session.scalars(
            select(Grant.data_key_id).where(
                Grant.holder_id == cast.accounts["counselor2"], Grant.subject_id == subject
            )
        ).one()
        ring = Keyring(cast.accounts["counselor2"], cast.secrets["counselor2"])
        with pytest.raises(NoKey):
            ring.opening_key(subject, key_id.bytes)
    assert "Đào" not in client_as("counselor2").get(case).text


def emergency_grants(app):
    with app.app_context():
        return db.session.scalars(select(Grant.id).where(Grant.use == Use.EMERGENCY)).all()


def test_signing_out_ends_it(client_as, app, case, officer):
    helper = client_as("counselor2")
    ask(helper, app, case)
    approve(officer, app)
    page = helper.get(case)
    assert page.status == 200
    assert helper.submit(page, "/sign-out").status == 303
    assert emergency_grants(app) == []
    assert client_as("counselor2").get(case).status == 404
    again = client_as("counselor2")
    assert "closed when you signed out" in again.get("/emergency").words
    assert ask(again, app, case).status == 303, "it may be asked for again at once"


def test_disabling_the_asker_ends_it(client_as, app, cast, case, officer):
    helper = client_as("counselor2")
    ask(helper, app, case)
    approve(officer, app)
    with app.test_request_context():
        disable_account(db.session.get_one(Account, cast.accounts["counselor2"]), by=SYSTEM)
        db.session.commit()
    assert emergency_grants(app) == []
    assert helper.get(case).status == 303, "signed out"


def test_who_lost_their_keys_may_ask_for_their_own_case(client_as, app, cast, case, officer):
    """A reset of access takes the keys, not the assignment."""
    with app.app_context():
        mine = delete(Grant).where(Grant.holder_id == cast.accounts["counselor"])
        db.session.execute(mine)
        db.session.commit()
    counselor = client_as("counselor")
    assert "Đào" not in counselor.get(case).text
    assert ask(counselor, app, case).status == 303
    assert approve(officer, app).status == 303
    assert "Đào Thị Ngọc Ánh" in counselor.get(case).words


def test_the_role_that_ends_closes_the_door_and_stops_an_approval(
    client_as, app, cast, case, officer
):
    helper = client_as("counselor2")
    ask(helper, app, case)
    ask(helper, app, case, compartment="notes")
    approve(officer, app)
    assert helper.get(case).status == 200
    with app.test_request_context():
        (role, _unit) = list_roles([cast.accounts["counselor2"]])[0]
        end_role(role, by=SYSTEM, on=today() - timedelta(days=1))
        account = db.session.get_one(Account, cast.accounts["counselor2"])
        give_role(account, Role.COUNSELOR, cast.units["b"], by=SYSTEM, on=today())
        db.session.commit()
    assert helper.get(case).status == 404
    with app.app_context():
        waiting = select(EmergencyOpening.id).where(EmergencyOpening.status == "asked")
        page = f"/emergency/{db.session.scalars(waiting).one()}"
    answer = officer.submit(page, page + "/approve")
    assert (answer.status, "no longer works in the unit" in answer.words) == (422, True)


def test_a_case_that_moves_to_another_unit_closes(client_as, app, cast, case, officer):
    helper = client_as("counselor2")
    ask(helper, app, case)
    approve(officer, app)
    with app.app_context():
        moved = update(Case).where(Case.id == UUID(case[7:]))
        db.session.execute(moved.values(unit_id=cast.units["b"]))
        db.session.commit()
    assert helper.get(case).status == 404


def test_keys_that_are_over_are_deleted_by_whoever_comes_next(client_as, app, case, officer):
    with time_machine.travel(now(), tick=False) as clock:
        ask(client_as("counselor2"), app, case)
        approve(client_as("dpo"), app)
        assert len(emergency_grants(app)) == 1
        clock.shift(timedelta(hours=2))
        ask(client_as("coordinator"), app, case)
        assert emergency_grants(app) == []
        approve(client_as("dpo"), app)
        clock.shift(timedelta(hours=2))
        client_as("coordinator")
        assert emergency_grants(app) == [], "signing in forgets too"
        ask(client_as("counselor2"), app, case)
        approve(client_as("dpo"), app)
        clock.shift(timedelta(hours=2))
        result = app.test_cli_runner().invoke(args=["keys", "forget-expired"])
        assert "1 grants deleted" in result.output
        assert emergency_grants(app) == []


def test_an_officer_of_another_province_sees_nothing(client_as, app, cast, case):
    with app.test_request_context():
        account = create_account("dpo-elsewhere", "Mã Thị Xa", PASSWORD, by=SYSTEM, temporary=False)
        db.session.flush()
        give_role(account, Role.DPO, cast.units["elsewhere"], by=SYSTEM, on=today())
        secret = locks.open_with_organisation_key(account.id, cast.organisation_secret)
        cast.accounts["dpo-elsewhere"], cast.secrets["dpo-elsewhere"] = account.id, secret
        db.session.commit()
    ask(client_as("counselor2"), app, case)
    stranger = client_as("dpo-elsewhere")
    assert "Nothing waits" in stranger.get("/emergency/decisions").words
    assert stranger.get(newest(app)).status == 404
    assert stranger.get(f"/emergency/{uuid4()}").status == 404


def test_what_is_asked_is_ciphertext_in_the_database(client_as, app, case, officer):
    ask(client_as("counselor2"), app, case)
    approve(officer, app)
    with app.app_context():
        row = db.session.scalars(select(EmergencyOpening)).one()
        assert row.explanation == WHY
        assert WHY.encode() not in row.explanation_sealed
        assert row.decision_note == "Đã gọi lại, đúng người"
        assert row.decision_note.encode() not in row.decision_note_sealed


def run(app, *arguments) -> Result:
    return app.test_cli_runner().invoke(args=["keys", *arguments])


@pytest.fixture
def key_file(cast, tmp_path):
    path = tmp_path / "key"
    path.write_text(f"casework\n{cast.organisation_secret.hex()}\n")
    return str(path)


def test_the_key_is_entrusted_and_withdrawn_by_command(app, cast, client_as, case, key_file):
    done = run(app, "entrust-recovery", "dpo", "--file", key_file)
    assert done.exit_code == 0, done.output
    officer = client_as("dpo")
    assert "Dương Thị Chín" in officer.get("/emergency/decisions").words
    with app.app_context():
        row = db.session.scalars(select(Grant).where(Grant.compartment == "recovery")).one()
        assert not row.is_hpke, "wrapped anew at the first sign-in"
        assert cast.organisation_secret not in row.wrapped
    helper = client_as("counselor2")
    ask(helper, app, case)
    assert approve(officer, app).status == 303
    assert run(app, "entrust-recovery", "dpo", "--file", key_file).exit_code == 0
    assert run(app, "withdraw-recovery", "dpo").exit_code == 0
    with app.app_context():
        assert list_entrusted() == []
        logged = select(AuditEntry.action).where(AuditEntry.action.startswith("keys."))
        assert db.session.scalars(logged.order_by(AuditEntry.position)).all()[-3:] == [
            "keys.entrust",
            "keys.entrust",
            "keys.withdraw",
        ]
    ask(helper, app, case, compartment="notes")
    assert approve(officer, app).status == 422
    assert "holds nothing" in run(app, "withdraw-recovery", "dpo").output


def test_the_key_goes_to_officers_alone_and_only_this_organisations(app, tmp_path, key_file):
    for username in ("admin", "counselor", "nobody-here"):
        assert run(app, "entrust-recovery", username, "--file", key_file).exit_code == 1
    wrong = tmp_path / "wrong"
    wrong.write_text(bytes(range(32)).hex())
    assert (
        "not the recovery key" in run(app, "entrust-recovery", "dpo", "--file", str(wrong)).output
    )
    wrong.write_text("no key")
    assert (
        "holds no recovery key" in run(app, "entrust-recovery", "dpo", "--file", str(wrong)).output
    )
    with app.app_context():
        assert list_entrusted() == []


def test_a_leaver_who_still_holds_the_key_is_pointed_out(app, cast, client_as):
    entrust(app, cast, "dpo")
    with app.test_request_context():
        account = create_account("dpo-2", "Cao Thị Hai", PASSWORD, by=SYSTEM, temporary=False)
        db.session.flush()
        give_role(account, Role.DPO, None, by=SYSTEM, on=today())
        ended = update(AccountRole).where(AccountRole.account_id == cast.accounts["dpo"])
        db.session.execute(ended.values(until_on=today() - timedelta(days=1)))
        secret = locks.open_with_organisation_key(account.id, cast.organisation_secret)
        cast.accounts["dpo-2"], cast.secrets["dpo-2"] = account.id, secret
        db.session.commit()
    assert "have it withdrawn" in client_as("dpo-2").get("/emergency/decisions").words


def test_the_organisations_key_of_another_time_opens_nothing_of_the_case(
    client_as, app, cast, case
):
    """An officer entrusted with a newer key alone can't open an older case."""
    with app.test_request_context():
        _holder, secret = locks.make_organisation_key()
        db.session.flush()
        assert entrust_recovery(secret, cast.accounts["dpo"], by=None)
        db.session.commit()
    ask(client_as("counselor2"), app, case)
    answer = approve(client_as("dpo"), app)
    assert (answer.status, "opens nothing of this case" in answer.words) == (422, True)
