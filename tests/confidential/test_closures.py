"""Support ends, begins again, and a record ends: by two people, for everybody, counts apart."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from sqlalchemy import Column, ForeignKey, LargeBinary, MetaData, Table, Uuid, func, select, update

from casework.anonymisation.measures import count
from casework.authz.permissions import Role
from casework.confidential.assessments.models import Assessment
from casework.confidential.attachments.models import Attachment
from casework.confidential.cases.models import Case, Episode, PersonIdentity
from casework.confidential.closures.models import Erasure
from casework.confidential.closures.operations import OF_GROUPS, sealed_parts
from casework.confidential.consent.models import Consent
from casework.confidential.contacts.models import Contact
from casework.confidential.groups.models import GroupMember
from casework.confidential.plans.models import Plan
from casework.confidential.referrals.models import Referral, ReferralStep
from casework.confidential.reminders.models import Reminder
from casework.core.audit import SYSTEM
from casework.core.clock import add_months, now, today
from casework.core.database import Base, db
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.operations import give_role
from casework.organisation.partners.models import Partner
from casework.vault.drafts import KeptForm
from casework.vault.grants import DataKey, Grant
from tests.confidential.test_assignments import stand_in
from tests.confidential.test_cases import open_case
from tests.page import words

NAME = "Đào Thị Ngọc Ánh"


@pytest.fixture
def counselor(client_as):
    return client_as("counselor")


def case_id_of(address):
    return UUID(address.split("/")[2])


def close(visitor, address, **values):
    path = address + "/closure"
    return visitor.submit(path, path, **{"reason": "goals_met", **values})


def reopen(visitor, address, **values):
    path = address + "/reopening"
    return visitor.submit(path, path, **{"reason": "needs_again", **values})


def closed_long_ago(visitor, app, *addresses):
    """Close cases, and have the calendar say that it was 25 months ago."""
    for address in addresses:
        assert close(visitor, address).status == 303
        then = add_months(today(), -25)
        with app.app_context():
            for kind, whose in ((Case, Case.id), (Episode, Episode.case_id)):
                days = {"opened_on": then, "closed_on": then}
                db.session.execute(update(kind).where(whose == case_id_of(address)).values(days))
            db.session.commit()


def proposed(client_as, app, address):
    """The page on which an officer decides about a case that its coordinator proposed."""
    coordinator = client_as("coordinator")
    page = coordinator.submit("/erasures", "/erasures", cases=[str(case_id_of(address))])
    assert page.status == 303, page.words
    with app.app_context():
        query = select(Erasure.id).where(Erasure.case_id == case_id_of(address))
        return f"/erasures/{db.session.scalars(query).one()}"


def reference_of(app, address):
    with app.app_context():
        return db.session.get_one(Case, case_id_of(address)).reference


def erase(client_as, app, address):
    page = proposed(client_as, app, address)
    code = reference_of(app, address)
    officer = client_as("dpo")
    answer = officer.submit(page, page + "/erase", code=code.lower().replace("-", " "))
    assert answer.status == 303, answer.words
    return officer.follow(answer)


def episodes_of(app, address):
    with app.app_context():
        query = select(Episode).where(Episode.case_id == case_id_of(address))
        rows = db.session.scalars(query.order_by(Episode.closed_on.is_(None), Episode.opened_on))
        return [(e.opened_on, e.closed_on, e.ended_by, e.reopened_because) for e in rows]


def test_a_closing_note_is_sealed_and_shown_when_the_person_comes_again(counselor, app):
    address = open_case(counselor)
    close(counselor, address, note="đã có việc làm ổn định")
    with app.app_context():
        assert b"vi" not in db.session.scalars(select(Episode.closing_note_sealed)).one()
    page = counselor.get(address + "/reopening")
    assert "đã có việc làm ổn định" in page.words
    assert "goals met" in page.words


def test_what_ends_with_the_support_is_said_and_ends(counselor, app, cast, client_as):
    """One of each kind, and beside it one that is over already and is not told of."""
    address = open_case(counselor)
    assert "With it end" not in counselor.get(address + "/closure").words
    plan, row = address + "/plans/new", "goals-0-actions-"
    written = {"goals-0-area": "job", "goals-0-goal": "có việc làm", row + "0-what": "hỏi việc"}
    written |= {row + "0-responsible": "person", row + "1-what": "nộp đơn"}
    counselor.submit(plan, plan, **written, **{row + "1-responsible": "counselor"})
    links = [a.get("href") or "" for a in counselor.get(address + "/plans").all("a")]
    action = next(link for link in links if "/plans/actions/" in link)
    assert counselor.submit(action, action, status="done").status == 303
    for area in ("job", "legal"):
        refer(counselor, app, cast, address, "Trung tâm Dịch vụ việc làm", area)
    taken_back = refer(counselor, app, cast, address, "Trạm y tế") + "/take-back"
    assert counselor.submit(taken_back, taken_back, reason="nhầm").status == 303
    contact = address + "/contacts/new"
    counselor.submit(contact, contact, again="day", next_on=str(today() + timedelta(days=5)))
    remind = address + "/reminders/new"
    counselor.submit(remind, remind, text="gọi lại", due_on=str(today()))
    stand_in(counselor, address, cast.accounts["counselor2"])

    told = [words(item) for item in counselor.get(address + "/closure").one("main").iter("li")]
    day = f"{today():%d/%m/%Y}"
    referral = f"Trung tâm Dịch vụ việc làm: the referral of {day}, without an answer."
    assert told == [
        "the support plan; actions not done yet: 1. They stay readable as they are.",
        *[f"{referral} It is noted as not answered."] * 2,
        f"the appointment of {today() + timedelta(days=5):%d/%m/%Y}",
        "reminders: 1. They are dropped.",
        "standing in, by Trần Văn Đức",
    ]
    assert close(counselor, address).status == 303
    assert client_as("counselor2").get(address).status == 404
    with app.app_context():
        assert db.session.scalars(select(Plan.ended_on)).one() == today()
        assert db.session.scalars(select(Case.next_on)).one() is None
        assert db.session.scalars(select(Reminder.dropped_on)).one() == today()
        statuses = select(Referral.status).order_by(Referral.status)
        assert db.session.scalars(statuses).all() == ["sent", "unknown", "unknown"]


def refer(counselor, app, cast, address, name, area="job"):
    """Refer the person to a partner with this name, with their consent. The referral's address."""
    with app.app_context():
        since = today() - timedelta(days=9)
        values = {"name": name, "kind": "other", "active_from": since}
        partner = Partner(unit_id=cast.units["a"], **values)
        db.session.add(partner)
        db.session.flush()
        about = {"partner_id": partner.id, "purpose": "referral", "is_given": True}
        told = {"method": "signed", "on": today(), "recorded_by": uuid4()}
        db.session.add(Consent(case_id=case_id_of(address), **about, **told))
        partner_id = str(partner.id)
        db.session.commit()
    send = address + "/referrals/new"
    page = counselor.submit(send, send, partner=partner_id, area=area, reason="cần giúp")
    assert page.status == 303, page.words
    return page.location


@pytest.mark.parametrize(
    ("record", "of_day"),
    [(Contact, "on"), (Assessment, "on")],
)
def test_nothing_is_recorded_after_the_closure(counselor, app, record, of_day):
    address = open_case(counselor, opened_on=str(today() - timedelta(days=9)))
    with app.app_context():
        case = db.session.get_one(Case, case_id_of(address))
        more = {"kind": "office"} if record is Contact else {}
        row = record(case_id=case.id, unit_id=case.unit_id, recorded_by=uuid4(), **more)
        setattr(row, of_day, today())
        db.session.add(row)
        db.session.commit()
    page = close(counselor, address, on=str(today() - timedelta(days=1)))
    assert page.status == 422
    assert "Something was recorded" in page.words
    assert page.form(address + "/closure")["reason"] == "goals_met"


@pytest.mark.parametrize(
    "values",
    [{"on": "1900-01-01"}, {"on": "2126-01-01"}, {"on": ""}, {"reason": ""}, {"reason": "x"},
     {"note": "a\x00b"}, {"note": "x" * 20_001}],
)  # fmt: skip
def test_a_closure_is_refused_beside_its_field(counselor, values):
    page = close(counselor, open_case(counselor), **values)
    assert page.status == 422
    assert "is-invalid" in page.text


def test_reopening_begins_a_new_episode(counselor, app):
    before, first = today() - timedelta(days=30), today() - timedelta(days=90)
    address = open_case(counselor, opened_on=str(first))
    close(counselor, address, on=str(before))
    early = reopen(counselor, address, on=str(before - timedelta(days=1)))
    assert early.status == 422
    assert reopen(counselor, address).status == 303
    assert reopen(counselor, address).status == 422, "it is open"
    assert episodes_of(app, address) == [
        (first, before, "closure", None),
        (today(), None, None, "needs_again"),
    ]
    with app.app_context():
        case = db.session.get_one(Case, case_id_of(address))
        assert (case.opened_on, case.closed_on, case.closure_reason) == (today(), None, None)
        assert case.status == "intake"
    new = address + "/contacts/new"
    assert counselor.submit(new, new).status == 303
    assert NAME in counselor.get("/cases").text


def test_consent_to_the_record_is_asked_again_before_reopening(counselor):
    address = open_case(counselor)
    close(counselor, address)
    new, answer = address + "/consents/new", {"purpose": "record", "method": "signed"}
    assert counselor.submit(new, new, **answer, answer_given="no").status == 303
    page = reopen(counselor, address)
    assert page.status == 422
    assert "withdr" in page.words
    assert counselor.submit(new, new, **answer, answer_given="yes").status == 303
    assert reopen(counselor, address).status == 303


def test_reopened_by_whoever_it_was_handed_to(counselor, client_as, cast):
    address = open_case(counselor)
    close(counselor, address)
    path = address + "/assignment"
    receiver = str(cast.accounts["counselor2"])
    assert client_as("coordinator").submit(path, path, counselor=receiver).status == 303
    assert counselor.get(address + "/reopening").status == 404
    assert reopen(client_as("counselor2"), address).status == 303


def test_a_case_is_due_when_its_retention_is_over(counselor, client_as, app):
    with time_machine.travel("2026-10-15 03:00+00:00", tick=False) as clock:
        address = open_case(counselor, opened_on="2026-10-01")
        close(counselor, address)
        clock.move_to("2028-10-14 03:00+00:00")
        assert reference_of(app, address) not in client_as("coordinator").get("/erasures").text
        clock.move_to("2028-10-15 03:00+00:00")
        page = client_as("coordinator").get("/erasures")
        assert reference_of(app, address) in page.text
        assert "due since 15/10/2028" in page.words
        assert "Đào" not in page.text
        assert reference_of(app, address) not in client_as("coordinator-b").get("/erasures").text


def test_two_people_erase_a_record_for_everybody(counselor, client_as, app, cast):
    address = open_case(counselor)
    new = address + "/contacts/new"
    assert counselor.submit(new, new, note="chuyện kín").status == 303
    closed_long_ago(counselor, app, address)
    page = erase(client_as, app, address)
    until = today() + timedelta(days=90)
    assert f"Earlier backups can still hold it until {until:%d/%m/%Y}" in page.words
    with app.app_context():
        for kind in (Grant, DataKey):
            query = select(func.count()).where(kind.subject_id == case_id_of(address))
            assert db.session.scalar(query) == 0
        case = db.session.get_one(Case, case_id_of(address))
        assert case.erased_at is not None
        assert (case.target_group, case.sex, case.birth_year) == ("A", "female", 1990)
        assert db.session.scalars(select(Contact.note_sealed)).one() is None
        person = db.session.get_one(PersonIdentity, case.id)
        assert all(
            getattr(person, column.name) is None
            for column in PersonIdentity.__table__.columns
            if column.name.endswith("_sealed")
        )


def test_pages_of_an_erased_case_say_so(counselor, client_as, app):
    address = open_case(counselor)
    closed_long_ago(counselor, app, address)
    erase(client_as, app, address)
    for who in ("counselor", "coordinator"):
        page = client_as(who).get(address)
        assert "This case was erased on" in page.words
        assert not [link for link in page.all("a") if f"{address}/" in (link.get("href") or "")], (
            "no page of it is offered"
        )
        assert reference_of(app, address) in client_as(who).get("/cases?show=closed").text
    for path in ("/contacts", "/consents", "/identity", "/closure", "/reopening", "/looks",
                 "/contacts/new", "/cover"):  # fmt: skip
        assert client_as("counselor").get(address + path).status == 404, path
    for path in ("/assignment", "/erasure", "/cover"):
        assert client_as("coordinator").get(address + path).status == 404, path


def test_no_sealed_column_of_any_table_outlives_an_erasure(counselor, client_as, app, cast):
    """Every table that holds texts of a case gets a row with something in each of them."""
    address, other = open_case(counselor), open_case(counselor)
    counselor.submit("/groups/new", "/groups/new", name="Hoa Sen")
    closed_long_ago(counselor, app, address)
    page = proposed(client_as, app, address)
    with app.app_context():
        db.session.add(partner_of(cast))
        for case in (case_id_of(address), case_id_of(other)):
            _fill_every_table(case)
        db.session.commit()
        filled = _count_sealed(case_id_of(other))
        assert set(filled.values()) == {True}, filled
    code = reference_of(app, address)
    assert client_as("dpo").submit(page, page + "/erase", code=code).status == 303
    with app.app_context():
        left = _count_sealed(case_id_of(address))
        assert len(left) > 40
        assert set(left.values()) == {False}, [name for name, there in left.items() if there]
        assert _count_sealed(case_id_of(other)) == filled, "another case keeps everything"


def _tables_with_texts():
    return [
        table
        for table in Base.metadata.sorted_tables
        if table.schema == "confidential"
        and table.name not in OF_GROUPS
        and any(c.name.endswith("_sealed") for c in table.columns)
    ]


def _fill_every_table(case_id):
    """A row of the case in each table, with something in every column of texts."""
    made = {}
    for table in _tables_with_texts():
        values = {}
        for column in table.columns:
            if column.name.endswith("_sealed"):
                values[column.name] = b"x"
            elif column.foreign_keys and (not column.nullable or column.name == "case_id"):
                values[column.name] = _row_of(column, made, case_id)
            elif not column.nullable:
                values[column.name] = _something(column)
        if table.name == "identities":
            texts = {name: value for name, value in values.items() if name.endswith("_sealed")}
            db.session.execute(update(table).where(table.c.id == case_id).values(texts))
        else:
            db.session.execute(table.insert().values(values))
            made[table.name] = values["id"]


def _row_of(column, made, case_id):
    """A row that a key may point to: one of the case, else any."""
    (key,) = column.foreign_keys
    table = key.column.table
    if table is Case.__table__:
        return case_id
    return made.get(table.name) or db.session.scalar(select(table.c.id).limit(1))


def _something(column):
    kind = column.type.python_type
    return {
        UUID: uuid4,
        str: lambda: "x",
        int: lambda: uuid4().int % 10_000,
        bool: lambda: False,
        date: today,
    }.get(kind, now)()


def _count_sealed(case_id):
    """For each column with texts of a case: whether any row of it holds something."""
    found = {}
    for table in _tables_with_texts():
        whose = table.c.id if table.name == "identities" else table.c.case_id
        for column in table.columns:
            if column.name.endswith("_sealed"):
                query = select(func.count()).where(whose == case_id, column.is_not(None))
                found[f"{table.name}.{column.name}"] = bool(db.session.scalar(query))
    return found


def test_a_table_that_does_not_say_whose_its_texts_are_stops_every_erasure(monkeypatch):
    metadata = MetaData()
    sealed = {"info": {"classed": "sensitive"}}
    planted = Table("planted", metadata, Column("id", Uuid()), Column("a", LargeBinary(), **sealed))
    known = Table(
        "known",
        metadata,
        Column("whoever", Uuid(), ForeignKey(Case.__table__.c.id)),
        Column("b", LargeBinary(), **sealed),
    )
    monkeypatch.setattr(Base.metadata.__class__, "sorted_tables", [known])
    (part,) = sealed_parts()
    assert (part.case_column.name, [c.name for c in part.columns]) == ("whoever", ["b"])
    monkeypatch.setattr(Base.metadata.__class__, "sorted_tables", [planted])
    with pytest.raises(LookupError, match="planted"):
        list(sealed_parts())


def test_a_linked_member_loses_the_name_and_stays_in_the_counts(counselor, client_as, app):
    address = open_case(counselor)
    members = counselor.submit("/groups/new", "/groups/new", name="Hoa Sen").location
    counselor.submit(members, members, names="Chị Bảy\nAnh Tư")
    with app.app_context():
        member = db.session.scalars(select(GroupMember)).first()
        member.case_id = case_id_of(address)
        db.session.commit()
    closed_long_ago(counselor, app, address)
    erase(client_as, app, address)
    with app.app_context():
        names = db.session.scalars(select(GroupMember.name_sealed)).all()
        assert len([name for name in names if name is None]) == 1
    assert counselor.get(members.removesuffix("/members")).status == 200
    assert counselor.get(members).status == 200


def test_attachments_and_kept_forms_are_gone(counselor, client_as, app, cast):
    address = open_case(counselor)
    other = open_case(counselor)
    closed_long_ago(counselor, app, address)
    with app.app_context():
        case_id = case_id_of(address)
        db.session.add(
            Attachment(
                case_id=case_id,
                kind="other",
                on=today(),
                media_type="application/pdf",
                size=3,
                content_sealed=b"abc",
                added_by=uuid4(),
            )
        )
        for where in (address, other):
            db.session.add(
                KeptForm(
                    holder_id=cast.accounts["counselor"],
                    address=f"{where}/contacts/new",
                    sealed=b"x",
                    at=now(),
                )
            )
        db.session.commit()
    erase(client_as, app, address)
    with app.app_context():
        assert db.session.scalars(select(Attachment.content_sealed)).one() is None
        assert db.session.scalars(select(KeptForm.address)).all() == [f"{other}/contacts/new"]


def test_sqlites_files_hold_no_wrapped_key_afterwards(counselor, client_as, app):
    if app.config["SETTINGS"].database_url.startswith("postgresql"):
        pytest.skip("PostgreSQL's own files are vacuumed by the server")
    address = open_case(counselor)
    new = address + "/contacts/new"
    assert counselor.submit(new, new, note="chuyện kín " * 400).status == 303
    closed_long_ago(counselor, app, address)
    with app.app_context():
        query = select(Grant.wrapped).where(Grant.subject_id == case_id_of(address))
        secrets = [
            *db.session.scalars(query),
            db.session.scalars(select(Contact.note_sealed)).one(),
        ]
    folder = app.config["SETTINGS"].instance
    assert any(_found(folder, secret) for secret in secrets)
    erase(client_as, app, address)
    assert [secret for secret in secrets if _found(folder, secret)] == []


def _found(folder, secret):
    """Whether a part of some bytes stands in the database or in its log."""
    piece = secret[30:60]
    return any(piece in file.read_bytes() for file in folder.glob("casework.sqlite3*"))


def test_nobody_decides_about_their_own_proposal(counselor, client_as, app, cast):
    address = open_case(counselor)
    closed_long_ago(counselor, app, address)
    with app.test_request_context():
        both = db.session.get_one(Account, cast.accounts["coordinator"])
        give_role(both, Role.DPO, None, by=SYSTEM, on=today())
        db.session.commit()
    page, code = proposed(client_as, app, address), reference_of(app, address)
    coordinator = client_as("coordinator")
    assert "Somebody else has to decide" in coordinator.get(page).words
    token = coordinator.get("/erasures").form("/sign-out")["csrf_token"]
    sent = {"csrf_token": token, "code": code, "reason": "law", "until": str(today())}
    for way in ("/erase", "/keep"):
        assert coordinator.post(page + way, sent).status == 422
    with app.app_context():
        assert db.session.scalars(select(Case.erased_at)).one() is None


def test_the_code_is_typed_again(counselor, client_as, app):
    address = open_case(counselor)
    closed_long_ago(counselor, app, address)
    page, officer = proposed(client_as, app, address), client_as("dpo")
    for typed in ("", "AAA-AAA", "x" * 30, "a\x00b"):
        answer = officer.submit(page, page + "/erase", code=typed)
        assert answer.status == 422
    assert NAME in counselor.get(address).text


def test_a_record_is_kept_with_a_reason_until_a_day(counselor, client_as, app):
    address = open_case(counselor)
    closed_long_ago(counselor, app, address)
    page, officer = proposed(client_as, app, address), client_as("dpo")
    until = today() + timedelta(days=60)
    for wrong in ({"until": ""}, {"until": str(today())}, {"reason": ""}, {"until": "2099-01-01"}):
        sent = {"reason": "law", "until": str(until), **wrong}
        assert officer.submit(page, page + "/keep", **sent).status == 422, wrong
    kept = officer.submit(page, page + "/keep", reason="law", until=str(until))
    assert kept.status == 303
    assert "a law or an authority requires it" in officer.follow(kept).words
    again = officer.get(page)
    assert "decided already" in again.words
    coordinator = client_as("coordinator")
    assert "No record is due" in coordinator.get("/erasures").words
    assert f"until {until:%d/%m/%Y}" in coordinator.get("/erasures").words
    with time_machine.travel(until + timedelta(days=1)):
        assert reference_of(app, address) in client_as("coordinator").get("/erasures").words


def test_a_decision_is_made_once(counselor, client_as, app):
    address = open_case(counselor)
    closed_long_ago(counselor, app, address)
    page, officer = proposed(client_as, app, address), client_as("dpo")
    shown = officer.get(page)
    until = str(today() + timedelta(days=60))
    assert officer.submit(page, page + "/keep", reason="law", until=until).status == 303
    late = officer.submit(shown, page + "/erase", code=reference_of(app, address))
    assert late.status == 422
    assert NAME in counselor.get(address).text


def test_a_person_asks_to_be_erased_before_the_time(counselor, client_as, app):
    address, coordinator = open_case(counselor), client_as("coordinator")
    path = address + "/erasure"
    assert coordinator.get(path).status == 404, "support goes on"
    close(counselor, address, reason="withdrew")
    early = coordinator.submit(path, path, cause="retention")
    assert early.status == 422
    assert "has not ended" in early.words
    assert coordinator.submit(path, path, cause="request").status == 303
    again = coordinator.get(path)
    assert "waits for the decision" in again.words


def test_reopening_takes_a_proposal_off(counselor, client_as, app):
    address = open_case(counselor)
    closed_long_ago(counselor, app, address)
    page = proposed(client_as, app, address)
    assert reopen(counselor, address).status == 303
    assert "decided already" in client_as("dpo").get(page).words


def test_only_due_records_of_ones_own_unit_can_be_proposed(counselor, client_as, app):
    due, early = open_case(counselor), open_case(counselor)
    foreign = open_case(client_as("counselor-b"))
    closed_long_ago(counselor, app, due)
    closed_long_ago(client_as("counselor-b"), app, foreign)
    close(counselor, early)
    coordinator = client_as("coordinator")
    for chosen in ([str(case_id_of(early))], [str(case_id_of(foreign))], ["x"], []):
        page = coordinator.submit("/erasures", "/erasures", cases=chosen)
        assert page.status == 422, chosen
    with app.app_context():
        assert db.session.scalars(select(Erasure)).all() == []
    assert coordinator.get(f"{foreign}/erasure").status == 404


def test_published_counts_stay_when_a_record_is_erased(counselor, client_as, app, cast):
    address = open_case(counselor, consent_anonymous_statistics="yes")
    new = address + "/contacts/new"
    assert counselor.submit(new, new).status == 303
    open_case(counselor, consent_anonymous_statistics="yes")
    closed_long_ago(counselor, app, address)
    months = [f"{add_months(today(), back):%Y-%m}" for back in range(-26, 1)]

    def counted():
        with app.app_context(), db.engine.connect() as connection:
            return count(connection, cast.units["province"], months)

    before = counted()
    assert sum(before.closed.values()) > 0
    erase(client_as, app, address)
    assert counted() == before


def test_erasing_at_the_server(counselor, app):
    address, runner = open_case(counselor), app.test_cli_runner()
    code = reference_of(app, address)
    refused = runner.invoke(args=["cases", "erase", code, "--yes"])
    assert refused.exit_code == 1
    assert "has to be closed first" in refused.output
    close(counselor, address)
    other = runner.invoke(args=["cases", "erase", code], input="AAA-AAA\n")
    assert other.exit_code == 1
    assert "Nothing was erased" in other.output
    unknown = runner.invoke(args=["cases", "erase", "ZZZ-ZZZ", "--yes"])
    assert unknown.exit_code == 1
    done = runner.invoke(args=["cases", "erase", code.lower()], input=f"{code}\n")
    assert done.exit_code == 0, done.output
    assert f"until {today() + timedelta(days=90):%Y-%m-%d}" in done.output
    assert NAME not in done.output
    again = runner.invoke(args=["cases", "erase", code, "--yes"])
    assert "erased already" in again.output
    with app.app_context():
        assert db.session.scalars(select(Erasure.status)).all() == ["done"]


def test_a_referral_without_an_answer_is_noted_as_such(counselor, app, cast):
    address = open_case(counselor)
    with app.app_context():
        case_id, partner = case_id_of(address), partner_of(cast)
        db.session.add(partner)
        db.session.flush()
        consent = db.session.scalars(select(Consent.id)).first()
        for status in ("sent", "accepted", "waitlisted"):
            referral = Referral(
                case_id=case_id,
                unit_id=cast.units["a"],
                partner_id=partner.id,
                consent_id=consent,
                area="job",
                sent_on=today(),
                feedback_due_on=today(),
                status=status,
                recorded_by=uuid4(),
            )
            db.session.add(referral)
        db.session.commit()
    assert counselor.get(address + "/closure").words.count("without an answer") == 2
    assert close(counselor, address).status == 303
    with app.app_context():
        found = sorted(db.session.scalars(select(Referral.status)))
        assert found == ["accepted", "unknown", "unknown"]
        assert len(db.session.scalars(select(ReferralStep)).all()) == 2


def partner_of(cast):
    return Partner(
        id=uuid4(),
        unit_id=cast.units["a"],
        kind="health_station",
        name="Trạm y tế",
        active_from=today(),
    )
