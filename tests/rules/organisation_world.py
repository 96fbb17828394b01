"""What the organisation records of one unit: a body with its decision, regulation and meeting,
staff, money, reports and settings. Made with the features' own operations, by the people of
the unit.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from casework.authz.permissions import Role
from casework.core.audit import Actor
from casework.core.clock import add_months, today
from casework.core.database import db
from casework.core.uploads import PDF, Upload
from casework.organisation.accounts.models import Account, AccountRole
from casework.organisation.accounts.operations import give_role
from casework.organisation.bodies.models import Body, BodyKind, Group
from casework.organisation.bodies.operations import Terms, add_hamlets, attach_group, open_body
from casework.organisation.bodies.queries import list_decisions
from casework.organisation.budgets.models import FundingSource, MovementKind, Purpose
from casework.organisation.budgets.operations import Move, Plan, open_line, record_movement
from casework.organisation.clusters.operations import create_cluster, put_in
from casework.organisation.communications.models import CommunicationForm
from casework.organisation.communications.operations import log_session
from casework.organisation.documents.operations import attach_file
from casework.organisation.meetings.models import PauseKind
from casework.organisation.meetings.operations import Logged, log_meeting
from casework.organisation.members.models import MemberRole, Skill
from casework.organisation.members.operations import add_member
from casework.organisation.partners.models import PartnerKind
from casework.organisation.partners.operations import enter_partner, log_activity
from casework.organisation.pauses.operations import declare_pause
from casework.organisation.posts import operations as posts
from casework.organisation.programmes.operations import add_phase, add_programme
from casework.organisation.proposals.models import ProposalKind
from casework.organisation.proposals.operations import propose
from casework.organisation.regulations import operations as regulations
from casework.organisation.remuneration.operations import Wanted, pay
from casework.organisation.remuneration.queries import months_due
from casework.organisation.reports.operations import add_period, hand_in
from casework.organisation.reports.queries import get_line
from casework.organisation.settings.models import PaidRole, Sector, Setting
from casework.organisation.settings.operations import (
    Change,
    Line,
    add_agency,
    follow_criteria_set,
    load_usual,
    set_coefficient,
    set_threshold,
)
from casework.organisation.settings.queries import find_criteria_set, list_criteria
from casework.organisation.trainings.operations import log_training
from casework.organisation.units.models import ClusterMembership, Unit
from tests.cast import Cast

SINCE = date(2025, 7, 1)
A_DAY = timedelta(days=1)
DOCUMENT = "QĐ 15/QĐ-UBND"


@dataclass(frozen=True)
class Hands:
    """A unit, the province that sets its rules, and those who write its records."""

    unit: Unit
    province: Unit
    worker: Actor
    head: Actor
    accountant: Actor
    admin: Actor


def record_everything(app: Flask, cast: Cast, unit: str, group_id: UUID) -> dict[str, UUID]:
    """The ids of one record of each kind. What belongs to provinces is the other province's for
    unit b, so that it is foreign to whoever works in unit a.
    """
    with app.app_context():
        load_usual()
        hands = _hands(cast, unit)
        body = _set_up(hands, db.session.get_one(Group, group_id))
        staff = _of_the_staff(hands, body)
        ids = {
            **staff,
            **_of_the_body(hands, body),
            **_of_the_work(hands, body, staff["staff_id"]),
            **_of_the_money(hands, body),
            **_of_the_reports(hands),
            **_of_the_settings(hands),
            **_of_the_administration(hands, cast),
        }
        db.session.commit()
    return ids


def _hands(cast: Cast, unit: str) -> Hands:
    def actor(username: str) -> Actor:
        account = db.session.get_one(Account, cast.accounts[username])
        return Actor(account.id, account.display_name)

    ending = "" if unit == "a" else f"-{unit}"
    province = "province" if unit == "a" else "elsewhere"
    head = actor(f"unithead{ending}")
    return Hands(
        unit=db.session.get_one(Unit, cast.units[unit]),
        province=db.session.get_one(Unit, cast.units[province]),
        worker=actor(f"counselor{ending}"),
        head=head,
        accountant=actor("accountant") if unit == "a" else head,
        admin=actor("admin"),
    )


def _set_up(hands: Hands, group: Group) -> Body:
    """A volunteer team: the one kind of body whose members are paid."""
    terms = Terms(DOCUMENT, SINCE, SINCE, "Chủ tịch UBND")
    name = f"Đội {hands.unit.name}"
    body = open_body(hands.unit.id, BodyKind.VOLUNTEER_TEAM, name, terms, by=hands.head)
    attach_group(body, group, by=hands.head)
    db.session.flush()
    return body


def _of_the_body(hands: Hands, body: Body) -> dict[str, UUID]:
    (decision,) = list_decisions(body)
    (hamlet,) = add_hamlets(hands.unit.id, ["Khóm 1"], by=hands.head, on=SINCE)
    regulation = regulations.issue_regulation(
        body,
        regulations.Terms(DOCUMENT, "Chủ tịch UBND", SINCE, SINCE),
        [regulations.Rule(body.id, 1, 4, 1)],
        by=hands.head,
    )
    paper = Upload("quyet-dinh.pdf", PDF, b"%PDF-1.7 ...")
    file = attach_file(paper, "decision", decision.id, hands.unit.id, by=hands.worker)
    held = Logged(body, today() - 3 * A_DAY, extra=True, present=9, content="Kế hoạch quý")
    meeting = log_meeting(held, by=hands.worker)
    db.session.flush()
    return {
        "body_id": body.id,
        "decision_id": decision.id,
        "hamlet_id": hamlet.id,
        "regulation_id": regulation.id,
        "file_id": file.id,
        "body_meeting_id": meeting.id,
    }


def _of_the_staff(hands: Hands, body: Body) -> dict[str, UUID]:
    member = add_member(
        hands.unit.id,
        {
            "name": f"Lâm Văn {hands.unit.code}",
            "birth_year": 1980,
            "phone": "",
            "occupation": "",
            "is_voluntary": True,
            "lives_here_since": SINCE,
            "works_here": True,
            "account_id": None,
            "skills": [Skill.OUTREACH],
        },
        by=hands.head,
    )
    post = posts.give_post(member, posts.Terms(body, MemberRole.TEAM_LEADER, SINCE), by=hands.head)
    db.session.flush()
    return {"staff_id": member.id, "post_id": post.id}


def _of_the_work(hands: Hands, body: Body, staff_id: UUID) -> dict[str, UUID]:
    unit_id, yesterday = hands.unit.id, today() - A_DAY
    flood = {"kind": PauseKind.FLOOD, "reason": "Mùa nước nổi"}
    flood |= {"from_on": today() + 30 * A_DAY, "until_on": today() + 40 * A_DAY}
    pause = declare_pause(hands.unit, **flood, by=hands.head)
    of_province = declare_pause(hands.province, **flood, by=hands.admin)
    talk = {
        "held_on": yesterday,
        "form": CommunicationForm.TALK,
        "attendances": 40,
        "materials": 0,
        "topic": "Tìm việc làm",
        "audience": "",
        "note": "",
        "body": body.id,
        "hamlets": [],
        "picture": None,
        "another": False,
    }
    course = {
        "from_on": yesterday,
        "until_on": yesterday,
        "days": 1,
        "title": "Kỹ năng lắng nghe",
        "organiser": "Sở Y tế",
        "note": "",
        "skills": [Skill.COUNSELLING],
        "members": [staff_id],
        "paper": None,
    }
    office = {"kind": PartnerKind.HEALTH_STATION, "contact": "", "agreement": ""}
    office |= {"active_from": SINCE, "active_until": None}
    name = f"Trạm Y tế {hands.unit.name}"
    partner = enter_partner(unit_id, {**office, "name": name}, by=hands.worker)
    name = f"Trung tâm tư vấn {hands.province.name}"
    shared = enter_partner(hands.province.id, {**office, "name": name}, by=hands.admin)
    joint = {"held_on": yesterday, "topic": "Khám sức khoẻ", "outcome": ""}
    return {
        "pause_id": pause.id,
        "province_pause_id": of_province.id,
        "communication_id": log_session(unit_id, [unit_id], talk, by=hands.worker).id,
        "training_id": log_training(unit_id, course, by=hands.worker).id,
        "partner_id": partner.id,
        "province_partner_id": shared.id,
        "activity_id": log_activity(unit_id, joint, [partner], by=hands.worker).id,
    }


def _of_the_money(hands: Hands, body: Body) -> dict[str, UUID]:
    programme = add_programme(hands.province.id, "Chương trình 2026", DOCUMENT, by=hands.admin)
    phase = add_phase(
        programme, "Giai đoạn 1", date(2025, 1, 1), date(2030, 12, 31), by=hands.admin
    )
    plan = Plan(
        today().year,
        FundingSource.PROGRAMME,
        Purpose.ACTIVITY,
        "Sinh hoạt định kỳ",
        20_000_000,
        date(today().year, 12, 31),
        phase,
    )
    line = open_line(hands.unit, body, plan, by=hands.accountant)
    allotted = Move(MovementKind.ALLOTMENT, today(), 10_000_000)
    movement = record_movement(line, allotted, by=hands.accountant)
    month = add_months(today().replace(day=1), -1)
    (owed,) = months_due([hands.unit.id], month, month)
    (payment,) = pay(
        [hands.unit.id],
        month,
        [Wanted(owed.key, owed.owed, "")],
        voucher="PC 1",
        on=today(),
        by=hands.accountant,
    )
    return {
        "programme_id": programme.id,
        "phase_id": phase.id,
        "line_id": line.id,
        "movement_id": movement.id,
        "payment_id": payment.id,
    }


def _of_the_reports(hands: Hands) -> dict[str, UUID]:
    """Two periods; for the one that has ended, the unit's report where it lies in the province."""
    days = {"from_on": today() - 90 * A_DAY, "due_on": today() + A_DAY, "source": DOCUMENT}
    period, current = (
        add_period(hands.province.id, {**days, "name": name, "until_on": until_on}, by=hands.admin)
        for name, until_on in (("Kỳ trước", today() - A_DAY), ("Kỳ này", today()))
    )
    db.session.flush()
    if hands.unit.province_id == hands.province.id:
        told = {"achieved": "Đã làm", "difficulties": "", "proposals": ""}
        line = get_line(hands.unit, [hands.unit.id], period.id)
        hand_in(line, told, {}, by=hands.head)
    return {"period_id": period.id, "current_period_id": current.id}


def _of_the_settings(hands: Hands) -> dict[str, UUID]:
    """Rows of the province whose day has not come, so that they may still be taken back."""
    province_id = hands.province.id
    change = Change(today() + A_DAY, DOCUMENT, hands.admin)
    usual = find_criteria_set(None, today())
    assert usual is not None
    lines = [Line(each.text, each.met, each.partly) for each in list_criteria(usual)]
    return {
        "value_id": set_threshold(Setting.LEAST_AGE, "20", province_id, change).id,
        "rate_id": set_coefficient(PaidRole.VOLUNTEER, 450, province_id, change).id,
        "set_id": follow_criteria_set(usual, lines, province_id, change).id,
        "agency_id": add_agency("Chi cục", Sector.HEALTH, province_id, None, change).id,
    }


def _of_the_administration(hands: Hands, cast: Cast) -> dict[str, UUID]:
    proposal = propose(hands.unit.id, ProposalKind.ACCOUNT, "Thêm tài khoản", by=hands.head)
    cluster = create_cluster(hands.province, f"Cụm {hands.unit.name}", by=hands.admin)
    db.session.flush()
    put_in(cluster, [hands.unit], SINCE, None, by=hands.admin)
    db.session.flush()
    member = select(ClusterMembership.id).where(ClusterMembership.cluster_id == cluster.id)
    account = db.session.get_one(Account, cast.accounts["counselor2"])
    give_role(account, Role.INSPECTOR, hands.province.id, by=hands.admin, on=today())
    db.session.flush()
    waiting = select(AccountRole.id).where(
        AccountRole.account_id == account.id,
        AccountRole.unit_id == hands.province.id,
        AccountRole.awaits_approval,
    )
    return {
        "proposal_id": proposal.id,
        "cluster_id": cluster.id,
        "membership_id": db.session.scalars(member).one(),
        "waiting_role_id": db.session.scalars(waiting).one(),
    }
