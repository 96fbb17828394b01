"""What was loaded is told right, opens for those entrusted with it, and for nobody else."""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
import time_machine
from flask import g
from flask_migrate import upgrade
from sqlalchemy import func, or_, select

from casework.authz.permissions import Role
from casework.confidential.break_glass.models import EmergencyOpening, State
from casework.confidential.break_glass.operations import approve
from casework.confidential.cases.models import Assignment, Case, Episode, PersonIdentity
from casework.confidential.closures.models import Erasure
from casework.confidential.consent.models import Consent, Purpose
from casework.confidential.contacts.models import Contact, ContactKind
from casework.confidential.groups.models import Attendance, Facilitator, GroupMember, GroupSession
from casework.confidential.referrals.models import Referral, ReferralStatus, ReferralStep
from casework.confidential.referrals.rules import FOLLOWING, is_answer
from casework.confidential.rights.models import Disclosure, RightsRequest
from casework.confidential.services.models import Service, ServiceKind
from casework.confidential.services.operations import _VOUCHER
from casework.confidential.transfers.models import Transfer
from casework.core import audit
from casework.core.audit import Actor, AuditEntry
from casework.core.database import Base, db
from casework.demonstration.loading import Wish, _how_many
from casework.demonstration.staff import PLAYERS
from casework.organisation.accounts.models import Account, AccountRole
from casework.organisation.bodies.models import Body, Decision, Group
from casework.organisation.budgets.balance import find_broken_rule
from casework.organisation.budgets.models import BudgetLine
from casework.organisation.budgets.queries import balances
from casework.organisation.meetings.models import Meeting
from casework.organisation.remuneration.models import Payment
from casework.organisation.units.models import Unit
from casework.vault import locks
from casework.vault.grants import Compartment, Grant, Keyring, Use
from casework.vault.sealed import Sealed, Unreadable
from tests.conftest import MIGRATIONS, Program
from tests.demonstration.conftest import (
    PASSWORD,
    TOLD,
    Demonstration,
    dispose,
    load_small,
    sqlite_app,
)
from tests.page import Visitor

# Units and rates come from official lists, keys from the system's chance, the others from use.
NOT_SEEDED = {
    "units", "successions", "clusters", "cluster_memberships", "holders", "key_locks",
    "audit_entries", "account_sessions", "sign_in_attempts", "operations",
    "kept_forms", "base_salaries", "coefficients", "agencies", "criteria_sets", "criteria",
}  # fmt: skip
KEPT = (
    PersonIdentity,
    Consent,
    Contact,
    GroupMember,
    GroupSession,
    Service,
    Referral,
    ReferralStep,
    RightsRequest,
    Disclosure,
)


def test_as_many_as_wished(demonstration: Demonstration) -> None:
    with demonstration.app.app_context():
        by_unit = db.session.execute(
            select(Unit.name, func.count()).join(Case, Case.unit_id == Unit.id).group_by(Unit.name)
        ).all()
        assert {name for name, _ in by_unit} == {"Bạc Liêu", "Vĩnh Trạch"}
        assert sum(count for _, count in by_unit) == 60
        assert set(db.session.scalars(select(Account.username))) == {p.username for p in PLAYERS}


def test_the_counselor_signs_in_and_finds_the_cases_readable(demonstration: Demonstration) -> None:
    visitor = Visitor(demonstration.app.test_client())
    page = visitor.submit("/sign-in", "/sign-in", username="counselor", password=PASSWORD)
    assert page.status == 303
    with demonstration.app.test_request_context():
        account = _account("counselor")
        pepper = demonstration.app.config["SETTINGS"].pepper
        secret = locks.open_with_password(account.id, PASSWORD, pepper)
        assert secret is not None
        g.keyring = Keyring(account.id, secret)
        mine = select(Assignment.case_id).where(
            Assignment.account_id == account.id, Assignment.until_on.is_(None)
        )
        persons = db.session.scalars(
            select(PersonIdentity).where(PersonIdentity.id.in_(mine))
        ).all()
        contacts = db.session.scalars(select(Contact).where(Contact.case_id.in_(mine))).all()
        members = db.session.scalars(
            select(GroupMember)
            .join(Facilitator, Facilitator.group_id == GroupMember.group_id)
            .where(Facilitator.account_id == account.id)
        ).all()
        assert len(persons) >= 12 and len(contacts) > 20 and len(members) >= 21
        read = [told for row in (*persons, *contacts, *members) for told in _texts(row)]
        assert not [told for told in read if isinstance(told, Unreadable)]
        assert all(person.name or person.alias for person in persons)
        assert all(contact.note for contact in contacts)
        assert all(unicodedata.is_normalized("NFC", told) for told in read)


def test_every_text_opens_with_the_organisations_key(demonstration: Demonstration) -> None:
    """Nothing was written that can't be recovered: no row at a wrong place or under a wrong key."""
    with demonstration.app.test_request_context():
        organisation = locks.find_organisation()
        assert organisation is not None
        secret = bytes.fromhex((demonstration.folder / "organisation_recovery_key").read_text())
        g.keyring = Keyring(organisation.id, secret)
        texts = Counter(
            "unreadable" if isinstance(told, Unreadable) else "read"
            for model in KEPT
            for row in db.session.scalars(select(model))
            for told in _texts(row)
        )
        assert texts["read"] > 500 and texts["unreadable"] == 0


def test_only_counselors_read_and_only_coordinators_keep(demonstration: Demonstration) -> None:
    with demonstration.app.app_context():
        held = select(AccountRole.role, Grant.use).join(
            Grant, Grant.holder_id == AccountRole.account_id
        )
        assert set(map(tuple, db.session.execute(held.distinct()))) == {
            (Role.COUNSELOR, Use.READ),
            (Role.COORDINATOR, Use.CUSTODY),
            (Role.DPO, Use.READ),
        }
        officer = select(Grant.compartment).where(Grant.holder_id == _account("dpo").id)
        assert db.session.scalars(officer).all() == [Compartment.RECOVERY]
        kept = select(Grant.subject_id).where(Grant.use == Use.CUSTODY)
        assert set(db.session.scalars(select(Case.id))) <= set(db.session.scalars(kept))
        others = select(Grant.id).where(Grant.holder_id == _account("unithead").id)
        assert db.session.scalar(others) is None


def test_a_case_is_read_by_whom_it_is_assigned_to(demonstration: Demonstration) -> None:
    with demonstration.app.app_context():
        assigned = select(Assignment.case_id, Assignment.account_id).where(
            or_(Assignment.until_on.is_(None), Assignment.is_cover)
        )
        organisation = locks.find_organisation()
        assert organisation is not None
        granted = select(Grant.subject_id, Grant.holder_id).where(
            Grant.use == Use.READ,
            Grant.holder_id != organisation.id,
            Grant.subject_id.in_(select(Case.id)),
        )
        pairs = set(map(tuple, db.session.execute(assigned)))
        # Two cases are read by a colleague who stands in, too.
        assert len(pairs) == 62 and set(map(tuple, db.session.execute(granted))) == pairs


def test_courses_are_told(demonstration: Demonstration) -> None:
    """Reopened, transferred, offered, noted: with episodes that do not overlap."""
    with demonstration.app.app_context():
        query = select(Episode).order_by(Episode.case_id, Episode.opened_on)
        episodes = db.session.scalars(query).all()
        for earlier, later in pairwise(episodes):
            if earlier.case_id == later.case_id:
                assert earlier.closed_on is not None
                assert earlier.closed_on <= later.opened_on
        newest = {episode.case_id: episode for episode in episodes}
        for case in db.session.scalars(select(Case)):
            said = (case.unit_id, case.opened_on, case.closed_on)
            last = newest[case.id]
            assert said == (last.unit_id, last.opened_on, last.closed_on)
        assert set(db.session.scalars(select(Transfer.status))) == {"offered", "accepted"}
        assert db.session.scalars(select(Erasure.status)).all() == ["proposed"]
        assert any(episode.closing_note_sealed for episode in episodes)


def test_the_counselors_day(demonstration: Demonstration) -> None:
    """Contacts due and overdue, two self-help groups, a full roster that meets today."""
    day = demonstration.told.today
    with demonstration.app.app_context():
        account = _account("counselor")
        dues = db.session.scalars(
            select(Case.next_on)
            .join(Assignment, Assignment.case_id == Case.id)
            .where(Assignment.account_id == account.id, Assignment.until_on.is_(None))
            .where(Case.closed_on.is_(None))
        ).all()
        assert len(dues) == 12 and dues.count(day) >= 3
        assert sum(due < day for due in dues if due) >= 3
        led = select(Facilitator.group_id).where(Facilitator.account_id == account.id)
        rosters = db.session.execute(
            select(GroupMember.group_id, func.count())
            .where(GroupMember.group_id.in_(led), GroupMember.left_on.is_(None))
            .group_by(GroupMember.group_id)
        ).all()
        assert sorted(count for _, count in rosters) == [9, 12]
        full = next(group_id for group_id, count in rosters if count == 12)
        meeting = db.session.scalars(
            select(Meeting).where(Meeting.group_id == full, Meeting.due_on == day)
        ).one()
        assert meeting.held_on is None and meeting.excuse is None


def test_the_rules_of_the_work_hold(demonstration: Demonstration) -> None:
    told = demonstration.told
    with demonstration.app.app_context():
        for case in db.session.scalars(select(Case)):
            assert (case.closed_on is None) == (case.closure_reason is None)
            assert case.is_open or case.next_on is None
        records = select(Consent.case_id).where(Consent.purpose == Purpose.RECORD, Consent.is_given)
        assert set(db.session.scalars(records)) == set(db.session.scalars(select(Case.id)))
        phoned = select(Contact.case_id).where(Contact.kind == ContactKind.PHONE)
        refused = select(Consent.case_id).where(
            Consent.purpose == Purpose.PHONE_CONTACT, ~Consent.is_given
        )
        assert not set(db.session.scalars(phoned)) & set(db.session.scalars(refused))
        outside = select(func.count()).select_from(Contact).join(Case, Case.id == Contact.case_id)
        assert db.session.scalar(outside.where(Contact.on < Case.opened_on)) == 0
        assert db.session.scalar(outside.where(Contact.on > Case.closed_on)) == 0
        assert db.session.scalar(outside.where(Contact.on > told.last_day)) == 0
        held = db.session.execute(
            select(GroupSession.held_on, Meeting.held_on).join(
                Meeting, Meeting.id == GroupSession.meeting_id
            )
        ).all()
        assert held and all(session == meeting for session, meeting in held)
        strays = (
            select(func.count())
            .select_from(Attendance)
            .join(GroupMember, GroupMember.id == Attendance.member_id)
            .join(GroupSession, GroupSession.id == Attendance.session_id)
            .where(GroupMember.joined_on > GroupSession.held_on)
        )
        assert db.session.scalar(strays) == 0


def test_support_keeps_its_rules(demonstration: Demonstration) -> None:
    with demonstration.app.app_context():
        told = select(Service, Case).join(Case, Case.id == Service.case_id)
        rows = db.session.execute(told).all()
        assert len(rows) >= 10
        for service, case in rows:
            assert case.opened_on <= service.on <= (case.closed_on or service.on)
            assert service.amount or not service.is_money
            assert service.is_money or service.kind != ServiceKind.LOAN
            assert not service.voucher or _VOUCHER.fullmatch(service.voucher)
        used = [(s.unit_id, s.on.year, s.voucher) for s, _case in rows if s.voucher]
        assert used and len(used) == len(set(used))


def test_referrals_keep_their_rules(demonstration: Demonstration) -> None:
    with demonstration.app.app_context():
        told = select(Referral, Consent).join(Consent, Consent.id == Referral.consent_id)
        rows = db.session.execute(told).all()
        assert len(rows) > 5
        for referral, consent in rows:
            assert consent.partner_id == referral.partner_id
            assert consent.on <= referral.sent_on and consent.holds(referral.sent_on)
            status, on, answered_on = ReferralStatus.SENT, referral.sent_on, None
            steps = select(ReferralStep).where(ReferralStep.referral_id == referral.id)
            for step in db.session.scalars(steps.order_by(ReferralStep.on)):
                assert step.status in FOLLOWING[status] and on <= step.on
                status, on = ReferralStatus(step.status), step.on
                answered_on = answered_on or (on if is_answer(status) else None)
            assert (status, answered_on) == (referral.status, referral.answered_on)
        assert len({referral.status for referral, _consent in rows}) > 1


def test_an_opening_out_of_turn_waits_that_the_officer_can_approve(
    demonstration: Demonstration,
) -> None:
    pepper = demonstration.app.config["SETTINGS"].pepper
    story_ends = datetime.combine(demonstration.told.today, time(2), UTC)
    with time_machine.travel(story_ends), demonstration.app.test_request_context():
        openings = db.session.scalars(select(EmergencyOpening)).all()
        assert {opening.status for opening in openings} == {"approved", "asked"}
        assert all(opening.explanation for opening in openings)
        waiting = next(opening for opening in openings if opening.status == "asked")
        officer = _account("dpo")
        secret = locks.open_with_password(officer.id, PASSWORD, pepper)
        assert secret is not None
        g.keyring = Keyring(officer.id, secret)
        waiting = db.session.get_one(EmergencyOpening, waiting.id)
        approve(waiting, "", by=Actor(officer.id))
        assert waiting.state is State.RUNNING
        db.session.rollback()


def test_requests_keep_their_rules(demonstration: Demonstration) -> None:
    with demonstration.app.app_context():
        requests = db.session.scalars(select(RightsRequest)).all()
        disclosures = db.session.scalars(select(Disclosure)).all()
        assert requests or disclosures
        for asked in (*requests, *disclosures):
            assert asked.answered_on is None or asked.answered_on >= asked.received_on
        assert all((row.outcome is None) == (row.answered_on is None) for row in requests)
        assert all((row.decision is None) == (row.answered_on is None) for row in disclosures)
        assert all(row.agency and row.number and row.ground for row in disclosures)


def test_groups_have_neutral_names(demonstration: Demonstration) -> None:
    with demonstration.app.app_context():
        named = db.session.execute(select(Group.unit_id, Group.name)).all()
        assert len(set(named)) == len(named) and all(name.startswith("Nhóm ") for _, name in named)


def test_one_row_in_the_log_and_the_chain_holds(demonstration: Demonstration) -> None:
    with demonstration.app.app_context():
        assert audit.verify(db.session()).broken_at is None
        loads = select(func.count()).where(AuditEntry.action == "demo.load")
        assert db.session.scalar(loads) == 1
        assert audit.head(db.session())[0] < 20


def test_the_organisation_is_told_with_its_work(demonstration: Demonstration) -> None:
    """Clubs with decisions, members, minutes, money that adds up, remuneration by the rates."""
    with demonstration.app.app_context():
        units = set(db.session.scalars(select(Case.unit_id)))
        assert set(db.session.scalars(select(Body.unit_id))) >= units
        decided = set(db.session.scalars(select(Decision.body_id)))
        assert set(db.session.scalars(select(Body.id))) == decided
        held = db.session.scalar(
            select(func.count()).where(Meeting.body_id.is_not(None), Meeting.held_on.is_not(None))
        )
        assert held
        lines = db.session.scalars(select(BudgetLine)).all()
        assert lines and {line.unit_id for line in lines} == units
        for balance in balances(lines).values():
            assert find_broken_rule(balance) is None
        payments = db.session.scalars(select(Payment)).all()
        assert {payment.amount for payment in payments} <= {1_404_000, 1_170_000, 936_000}
        assert payments


def test_nothing_in_clear_names_anybody(demonstration: Demonstration) -> None:
    """A person's name, number and note stand nowhere but in ciphertext."""
    with demonstration.app.test_request_context():
        account = _account("counselor")
        secret = locks.open_with_password(
            account.id, PASSWORD, demonstration.app.config["SETTINGS"].pepper
        )
        assert secret is not None
        g.keyring = Keyring(account.id, secret)
        person = db.session.scalars(
            select(PersonIdentity)
            .join(Assignment, Assignment.case_id == PersonIdentity.id)
            .where(Assignment.account_id == account.id, PersonIdentity.phone_sealed.is_not(None))
            .where(PersonIdentity.name_sealed.is_not(None), Assignment.until_on.is_(None))
        ).first()
        assert person is not None
        sentinels = {person.name, person.phone}
        found = [
            (table.name, column.name)
            for table in Base.metadata.sorted_tables
            for column in table.columns
            for value in db.session.scalars(select(column))
            if any(str(value).find(sentinel) >= 0 for sentinel in sentinels)
            or (isinstance(value, bytes) and any(s.encode() in value for s in sentinels))
        ]
        assert found == []


def test_the_same_seed_tells_the_same(sqlite_demonstration: Demonstration, tmp_path: Path) -> None:
    again, other = sqlite_app(_folder(tmp_path, "again")), sqlite_app(_folder(tmp_path, "other"))
    load_small(again, tmp_path / "again")
    load_small(other, tmp_path / "other", seed=2)
    first = _digest(sqlite_demonstration)
    assert _digest(Demonstration(again, sqlite_demonstration.told, tmp_path)) == first
    assert _digest(Demonstration(other, sqlite_demonstration.told, tmp_path)) != first
    dispose(again)
    dispose(other)


@pytest.mark.parametrize("command", [["demo", "load"], ["demo", "load", "--province", "91"]])
def test_it_is_loaded_once(sqlite_demonstration: Demonstration, command: list[str]) -> None:
    before = _digest(sqlite_demonstration)
    result = sqlite_demonstration.app.test_cli_runner().invoke(args=command)
    assert result.exit_code == 1 and "already loaded" in result.output
    assert _digest(sqlite_demonstration) == before


def test_a_program_in_use_is_left_alone(program: Program) -> None:
    result = program.app.test_cli_runner().invoke(args=["demo", "load"])
    assert result.exit_code == 1 and "accounts already" in result.output
    with program.app.app_context():
        assert db.session.scalar(select(Case.id)) is None


def test_an_unknown_province_and_an_open_month_are_refused(tmp_path: Path) -> None:
    app = sqlite_app(tmp_path)
    with app.app_context():
        upgrade(directory=MIGRATIONS)
    runner = app.test_cli_runner()
    assert "no province" in runner.invoke(args=["demo", "load", "--province", "00"]).output
    assert "no closed month" in runner.invoke(args=["demo", "load", "--until", "2190-01"]).output
    assert "not loaded" in runner.invoke(args=["demo", "status"]).output
    dispose(app)


@pytest.mark.parametrize(
    ("cases", "own", "expected"),
    [
        (None, None, (42, 21)),
        (None, 300, (342, 300)),
        (500, 300, (500, 300)),
        (20, None, (20, 10)),
        (20, 300, (20, 20)),
    ],
)
def test_the_counselors_own_cases(
    cases: int | None, own: int | None, expected: tuple[int, int]
) -> None:
    assert _how_many(Wish(TOLD, cases=cases, own_cases=own), 2) == expected


def test_status_counts(sqlite_demonstration: Demonstration) -> None:
    output = sqlite_demonstration.app.test_cli_runner().invoke(args=["demo", "status"]).output
    assert "is loaded" in output and "60 cases" in output and "2 units" in output


def _account(username: str) -> Account:
    return db.session.scalars(select(Account).where(Account.username == username)).one()


def _texts(row: object) -> Iterator[str]:
    for name, attribute in vars(type(row)).items():
        if isinstance(attribute, Sealed):
            yield getattr(row, name)


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder


def _digest(demonstration: Demonstration) -> str:
    """Of everything in clear, units by their codes: some ids are drawn by chance."""
    digest = hashlib.sha256()
    with demonstration.app.app_context():
        codes = {unit.id: f"unit {unit.code}" for unit in db.session.scalars(select(Unit))}
        organisation = locks.find_organisation()
        assert organisation is not None
        codes[organisation.id] = "organisation"
        for table in Base.metadata.sorted_tables:
            if table.name not in NOT_SEEDED:
                columns = [column for column in table.columns if column.name != "made_at"]
                rows = db.session.execute(select(*columns)).all()
                lines = sorted(str([_clear(value, codes) for value in row]) for row in rows)
                digest.update("\n".join((table.name, *lines)).encode())
    return digest.hexdigest()


def _clear(value: object, codes: dict[UUID, str]) -> object:
    if isinstance(value, bytes):
        return "sealed"
    return codes.get(value, value) if isinstance(value, UUID) else value
