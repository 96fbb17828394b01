"""A case goes on in another unit: with consent, seen there only once it was accepted."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from casework.authz.permissions import Role
from casework.confidential.cases.models import Assignment, Case, Episode
from casework.confidential.consent.models import Consent, ConsentMethod, Purpose
from casework.confidential.transfers.models import Transfer
from casework.core.audit import SYSTEM, AuditEntry
from casework.core.clock import today
from casework.core.database import db
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.operations import end_role, give_role
from casework.organisation.accounts.queries import list_roles
from casework.organisation.territory.operations import create_unit, record_succession
from casework.organisation.units.models import SuccessionKind, Unit, UnitKind
from casework.vault.grants import Compartment, Grant, Keyring, NoKey
from tests.confidential.test_assignments import stand_in
from tests.confidential.test_cases import open_case

NAME = "Đào Thị Ngọc Ánh"


@pytest.fixture
def counselor(client_as):
    return client_as("counselor")


@pytest.fixture
def opens(app, cast):
    """Whether an account opens both compartments of a case, from its private key alone."""

    def try_to(username, address):
        with app.test_request_context():
            ring = Keyring(cast.accounts[username], cast.secrets[username])
            try:
                for compartment in (Compartment.IDENTITY, Compartment.NOTES):
                    ring.sealing_key(UUID(address.split("/")[2]), compartment)
            except NoKey:
                return False
            return True

    return try_to


def agree(app, cast, address, unit, answer=True):
    """The person's answer to a transfer to a unit."""
    with app.app_context():
        consent = Consent(
            case_id=UUID(address.split("/")[2]),
            purpose=Purpose.REFERRAL,
            to_unit_id=cast.units[unit],
            is_given=answer,
            method=ConsentMethod.SIGNED,
            on=today(),
            recorded_by=cast.accounts["counselor"],
        )
        db.session.add(consent)
        db.session.commit()


def offer(visitor, address, unit, **more):
    path = address + "/transfer"
    return visitor.submit(path, path, unit=str(unit), **more)


def offered(visitor, app, cast, **case):
    """A case with consent, offered to unit b: its address, and that of the offer."""
    address = open_case(visitor, **case)
    agree(app, cast, address, "b")
    page = offer(visitor, address, cast.units["b"], note="đang học nghề may")
    assert page.status == 303, page.words
    with app.app_context():
        case_id = UUID(address.split("/")[2])
        query = select(Transfer.id).where(Transfer.case_id == case_id)
        return address, f"/transfers/{db.session.scalars(query).one()}"


def custodians(app, address):
    with app.app_context():
        query = select(Account.username).join(Grant, Grant.holder_id == Account.id)
        query = query.where(Grant.subject_id == UUID(address.split("/")[2]), Grant.use == "custody")
        return set(db.session.scalars(query))


def reference_of(app, address):
    with app.app_context():
        return db.session.get_one(Case, UUID(address.split("/")[2])).reference


def test_a_case_goes_on_in_another_unit(counselor, client_as, cast, app, opens):
    began = today() - timedelta(days=40)
    address, page = offered(counselor, app, cast, opened_on=str(began))
    coordinator = client_as("coordinator-b")
    assert reference_of(app, address) in coordinator.get("/transfers").text
    shown = coordinator.get(page)
    assert "Phường Bạc Liêu" in shown.words
    chosen = str(cast.accounts["counselor-b"])
    assert coordinator.submit(shown, page + "/accept", counselor=chosen).status == 303
    assert counselor.get(address).status == 404
    assert client_as("coordinator").get(address).status == 404
    receiver = client_as("counselor-b")
    assert NAME in receiver.get(address).text
    course = receiver.get(address + "/course")
    assert "đang học nghề may" in course.words
    assert "Ended by transfer to another unit" in course.words
    assert {who for who in cast.accounts if opens(who, address)} == {"counselor-b"}
    assert custodians(app, address) == {"coordinator-b"}
    with app.app_context():
        case = db.session.get_one(Case, UUID(address.split("/")[2]))
        assert (case.unit_id, case.opened_on) == (cast.units["b"], today())
        assert case.is_open
        episodes = db.session.scalars(select(Episode).order_by(Episode.opened_on)).all()
        assert [(e.unit_id, e.opened_on, e.closed_on, e.ended_by) for e in episodes] == [
            (cast.units["a"], began, today(), "transfer"),
            (cast.units["b"], today(), None, None),
        ]
        held = select(Assignment.account_id).where(Assignment.until_on.is_(None))
        assert db.session.scalars(held).all() == [cast.accounts["counselor-b"]]


def test_before_it_accepts_a_unit_sees_a_code_and_no_more(counselor, client_as, cast, app, opens):
    address, page = offered(counselor, app, cast)
    coordinator = client_as("coordinator-b")
    for where in ("/transfers", page):
        text = coordinator.get(where).text
        assert "Đào" not in text
        assert "group-letter" not in text
        assert "học nghề" not in text
    for path in ("", "/course", "/contacts", "/assignment", "/transfer", "/erasure", "/cover"):
        assert coordinator.get(address + path).status in (403, 404), path
    assert reference_of(app, address) not in coordinator.get("/cases").text
    for who in ("counselor-b", "unithead-b", "dpo"):
        assert client_as(who).get(page).status == 403
    assert client_as("coordinator").get(page).status == 404, "the sender does not answer itself"
    assert {who for who in cast.accounts if opens(who, address)} == {"counselor"}
    assert custodians(app, address) == {"coordinator", "coordinator-b"}
    assert NAME in counselor.get(address).text, "it stays the sender's until then"


def test_a_unit_declines_with_a_reason(counselor, client_as, cast, app):
    address, page = offered(counselor, app, cast)
    coordinator = client_as("coordinator-b")
    assert coordinator.submit(page, page + "/decline").status == 422
    assert coordinator.submit(page, page + "/decline", reason="not_here").status == 303
    assert "the person does not live here" in counselor.get(address + "/course").words
    assert custodians(app, address) == {"coordinator"}
    assert "answered or taken back" in coordinator.get(page).words
    assert offer(counselor, address, cast.units["b"]).status == 303, "it may be offered again"


def test_an_offer_is_taken_back(counselor, client_as, cast, app):
    address, page = offered(counselor, app, cast)
    coordinator = client_as("coordinator-b")
    shown = coordinator.get(page)
    back = address + "/transfer/withdraw"
    assert counselor.submit(address + "/transfer", back).status == 303
    assert custodians(app, address) == {"coordinator"}
    chosen = str(cast.accounts["counselor-b"])
    late = coordinator.submit(shown, page + "/accept", counselor=chosen)
    assert late.status == 422
    assert "answered or taken back" in late.words
    assert counselor.get(address).status == 200


def test_without_consent_to_this_very_unit_nothing_is_offered(counselor, cast, app):
    address = open_case(counselor)
    page = offer(counselor, address, cast.units["b"], note="ghi chú dài")
    assert page.status == 422
    assert "Record the person" in page.words
    assert page.form(address + "/transfer")["note"] == "ghi chú dài"
    agree(app, cast, address, "c")
    assert offer(counselor, address, cast.units["b"]).status == 422
    with app.app_context():
        assert db.session.scalars(select(Transfer)).all() == []


def test_consent_withdrawn_before_the_answer_stops_it(counselor, client_as, cast, app, opens):
    address, page = offered(counselor, app, cast)
    agree(app, cast, address, "b", answer=False)
    chosen = str(cast.accounts["counselor-b"])
    coordinator = client_as("coordinator-b")
    answer = coordinator.submit(page, page + "/accept", counselor=chosen)
    assert answer.status == 422
    assert "was withdrawn or has expired" in answer.words
    assert not opens("counselor-b", address)
    assert opens("counselor", address)
    assert coordinator.submit(page, page + "/decline", reason="other").status == 303


def test_units_that_can_not_get_it_are_refused_in_words(counselor, cast, app):
    address = open_case(counselor)
    with app.test_request_context():
        province = db.session.get_one(Unit, cast.units["province"])
        old = Unit(
            code="32000",
            name="Hàng Vịnh",
            kind=UnitKind.COMMUNE,
            valid_from=today() - timedelta(days=300),
            parent_id=province.id,
            province_id=province.id,
            is_province=False,
            source="test",
        )
        db.session.add(old)
        db.session.flush()
        into = [db.session.get_one(Unit, cast.units["b"])]
        record_succession(old, SuccessionKind.MERGE, into, today(), "NQ 1", by=SYSTEM)
        old_id = old.id
        db.session.commit()
    wrong = {
        cast.units["a"]: "in this unit already",
        cast.units["province"]: "Choose a commune",
        old_id: "It was followed by: Xã Năm Căn",
        uuid4(): "Not a valid choice",
        "x": "Not a valid choice",
        "": "Fill this in",
    }
    for unit, said in wrong.items():
        page = offer(counselor, address, unit)
        assert page.status == 422, unit
        assert said in page.words, unit
    agree(app, cast, address, "c")
    page = offer(counselor, address, cast.units["c"])
    assert "Nobody coordinates cases in Phường Long Xuyên" in page.words


def test_only_a_counselor_of_the_receiving_unit_gets_it(counselor, client_as, cast, app):
    _address, page = offered(counselor, app, cast)
    coordinator = client_as("coordinator-b")
    for who in ("counselor", "counselor2", "coordinator-b", "unithead-b"):
        sent = {"counselor": str(cast.accounts[who])}
        assert coordinator.submit(page, page + "/accept", **sent).status == 422, who
    assert coordinator.submit(page, page + "/accept").status == 422


def test_who_stands_in_offers_nothing(counselor, client_as, cast):
    address = open_case(counselor)
    stand_in(counselor, address, cast.accounts["counselor2"])
    colleague = client_as("counselor2")
    assert colleague.get(address + "/transfer").status == 404
    assert address + "/transfer" not in colleague.get(address).text


def test_what_is_offered_is_not_closed_nor_offered_twice(counselor, cast, app):
    address, _page = offered(counselor, app, cast)
    path = address + "/closure"
    page = counselor.submit(path, path, reason="moved")
    assert page.status == 422
    assert "Take that back first" in page.words
    token = counselor.get(path).form(path)["csrf_token"]
    again = counselor.post(address + "/transfer", {"csrf_token": token, "unit": cast.units["b"]})
    assert again.status == 422


def test_a_closed_case_is_not_offered(counselor, cast, app):
    address = open_case(counselor)
    agree(app, cast, address, "b")
    path = address + "/closure"
    counselor.submit(path, path, reason="moved")
    assert offer(counselor, address, cast.units["b"]).status == 422


def test_those_who_stood_in_lose_the_keys_with_the_unit(counselor, client_as, cast, app, opens):
    address, page = offered(counselor, app, cast)
    stand_in(counselor, address, cast.accounts["counselor2"])
    chosen = str(cast.accounts["counselor-b"])
    client_as("coordinator-b").submit(page, page + "/accept", counselor=chosen)
    assert not opens("counselor2", address)
    assert client_as("counselor2").get(address).status == 404


def test_a_coordinator_of_both_units_keeps_custody_when_it_is_declined(
    counselor, client_as, cast, app
):
    with app.test_request_context():
        both = db.session.get_one(Account, cast.accounts["coordinator"])
        give_role(both, Role.COORDINATOR, cast.units["b"], by=SYSTEM, on=today())
        db.session.commit()
    address, page = offered(counselor, app, cast)
    decline = {"reason": "no_counselor"}
    assert client_as("coordinator").submit(page, page + "/decline", **decline).status == 303
    assert custodians(app, address) == {"coordinator"}


def test_every_step_leaves_a_row(counselor, client_as, cast, app):
    address, page = offered(counselor, app, cast)
    chosen = str(cast.accounts["counselor-b"])
    client_as("coordinator-b").submit(page, page + "/accept", counselor=chosen)
    with app.app_context():
        query = select(AuditEntry.action).where(
            AuditEntry.subject_id == UUID(address.split("/")[2]),
            AuditEntry.action.startswith("transfer."),
        )
        rows = db.session.scalars(query.order_by(AuditEntry.position)).all()
        assert rows == ["transfer.offer", "transfer.accept"]


def merge(app, cast, into="b", days_ago=0):
    """Unit a is merged into another."""
    with app.test_request_context():
        ended = db.session.get_one(Unit, cast.units["a"])
        successor = [db.session.get_one(Unit, cast.units[into])]
        on = today() - timedelta(days=days_ago)
        record_succession(ended, SuccessionKind.MERGE, successor, on, "NQ 2", by=SYSTEM)
        db.session.commit()


def test_cases_of_a_merged_unit_are_given_on_in_one_act(counselor, client_as, cast, app, opens):
    began = str(today() - timedelta(days=20))
    mine = open_case(counselor, opened_on=began)
    theirs = open_case(client_as("counselor2"), opened_on=began)
    closed = open_case(counselor, opened_on=began)
    path = closed + "/closure"
    counselor.submit(path, path, reason="moved")
    merge(app, cast)
    with app.test_request_context():
        account = db.session.get_one(Account, cast.accounts["counselor"])
        give_role(account, Role.COUNSELOR, cast.units["b"], by=SYSTEM, on=today())
        db.session.commit()
    assert NAME in counselor.get(mine).text, "it goes on where the roles are"
    assert client_as("coordinator-b").get(mine).status == 404, "and is not inherited silently"
    coordinator = client_as("coordinator")
    assert (
        "Phường Bạc Liêu has ended; cases still stand in it: 3"
        in coordinator.get("/transfers").words
    )
    ids = [address.split("/")[2] for address in (mine, theirs, closed)]
    where = {"unit": str(cast.units["b"])}
    for wrong in ({"unit": str(cast.units["c"])}, {"unit": ""}, {"cases": []}):
        sent = {"cases": ids, **where, **wrong}
        assert coordinator.submit("/transfers/ended", "/transfers/ended", **sent).status == 422
    sent = coordinator.submit("/transfers/ended", "/transfers/ended", cases=ids, **where)
    assert sent.status == 303
    assert NAME in counselor.get(mine).text, "a counselor of both goes on"
    assert opens("counselor", mine)
    assert not opens("counselor2", theirs)
    assert custodians(app, mine) == {"coordinator-b"}
    successor = client_as("coordinator-b")
    assert "Without a counselor: 1" in successor.get("/caseloads").words
    hand = theirs + "/assignment"
    chosen = str(cast.accounts["counselor-b"])
    assert successor.submit(hand, hand, counselor=chosen).status == 303
    assert opens("counselor-b", theirs)
    with app.app_context():
        cases = db.session.scalars(select(Case)).all()
        assert {case.unit_id for case in cases} == {cast.units["b"]}
        last = select(Episode.unit_id).where(Episode.case_id == UUID(closed.split("/")[2]))
        assert db.session.scalars(last).all() == [cast.units["a"]], "what ended stays where it was"
    reopening = closed + "/reopening"
    assert counselor.submit(reopening, reopening, reason="needs_again").status == 303


def test_records_of_an_ended_unit_come_due_for_its_successor(counselor, client_as, cast, app):
    address = open_case(counselor)
    path = address + "/closure"
    counselor.submit(path, path, reason="withdrew")
    merge(app, cast)
    with app.test_request_context():
        for who in ("counselor", "coordinator"):
            for role, _unit in list_roles([cast.accounts[who]]):
                end_role(role, by=SYSTEM, on=today() - timedelta(days=1))
        db.session.commit()
    path = address + "/erasure"
    assert client_as("coordinator-b").submit(path, path, cause="request").status == 303


def test_a_split_gives_some_cases_here_and_some_there(counselor, client_as, cast, app):
    first, second = open_case(counselor), open_case(counselor)
    with app.test_request_context():
        province = db.session.get_one(Unit, cast.units["province"])
        other = create_unit(
            "33333", "Tân Thành", UnitKind.WARD, province, today(), "NQ 3", by=SYSTEM
        )
        db.session.flush()
        give_role(
            db.session.get_one(Account, cast.accounts["coordinator-b"]),
            Role.COORDINATOR,
            other.id,
            by=SYSTEM,
            on=today(),
        )
        ended = db.session.get_one(Unit, cast.units["a"])
        into = [other, db.session.get_one(Unit, cast.units["b"])]
        record_succession(ended, SuccessionKind.SPLIT, into, today(), "NQ 3", by=SYSTEM)
        other_id = other.id
        db.session.commit()
    coordinator = client_as("coordinator")
    for address, unit in ((first, other_id), (second, cast.units["b"])):
        sent = {"unit": str(unit), "cases": [address.split("/")[2]]}
        page = coordinator.submit("/transfers/ended", "/transfers/ended", **sent)
        assert page.status == 303, page.words
    with app.app_context():
        units = {
            address: db.session.get_one(Case, UUID(address.split("/")[2])).unit_id
            for address in (first, second)
        }
    assert units == {first: other_id, second: cast.units["b"]}
