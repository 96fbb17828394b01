"""What unit a has when a journey of the organisation begins: a club and a team on their decisions,
members, hamlets, rates.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from casework.core.audit import SYSTEM
from casework.core.clock import today
from casework.core.database import db
from casework.organisation.bodies import operations as bodies
from casework.organisation.bodies.models import Body, BodyKind, GroupKind
from casework.organisation.meetings.models import Meeting, Minutes
from casework.organisation.members.models import Member, MemberRole, Post
from casework.organisation.proposals.models import ProposalKind
from casework.organisation.proposals.operations import propose
from casework.organisation.regulations import operations as regulations
from casework.organisation.reports.models import ReportPeriod
from casework.organisation.settings.operations import load_usual
from tests.cast import Cast

CLUB, TEAM = "Câu lạc bộ Hoa Sen", "Đội CTXH tình nguyện phường Bạc Liêu"
HAMLETS = ("Khóm Đầu Lộ", "Khóm Biển Đông", "Khóm Kinh Tế", "Khóm Nhà Mát")
PERIOD = "Báo cáo quý"
BEGIN = date(2025, 8, 1)
MONDAY = 0


@dataclass(frozen=True)
class Records:
    """Ids of what unit a has."""

    unit: UUID
    club: UUID
    team: UUID


def furnish(cast: Cast) -> Records:
    """A club and a team of unit a, with the volunteer and a leader among their members."""
    unit = cast.units["a"]
    load_usual()
    club, team = _bodies(unit)
    bodies.open_group(
        unit, GroupKind.COMMUNICATION, "Nhóm Bằng Lăng", by=SYSTEM, on=BEGIN, body_id=club.id
    )
    bodies.add_hamlets(unit, HAMLETS, by=SYSTEM, on=BEGIN)
    _member(team, "Phạm Văn Út", MemberRole.VOLUNTEER, cast.accounts["volunteer"])
    _member(team, "Trần Thị Kim Cương", MemberRole.TEAM_LEADER)
    _member(club, "Lâm Thị Hồng Nhung", MemberRole.CHAIR)
    return Records(unit, club.id, team.id)


def regulation_in_force(club_id: UUID) -> None:
    """The club meets on the second Monday of every month."""
    terms = regulations.Terms("01/QC-CLB", "Chủ nhiệm CLB", BEGIN, BEGIN)
    rules = [regulations.Rule(club_id, 2, MONDAY, 1)]
    regulations.issue_regulation(db.session.get_one(Body, club_id), terms, rules, by=SYSTEM)


def minuted_meeting(records: Records, by: UUID) -> None:
    """An extra meeting of the club with minutes that nobody has approved."""
    meeting = Meeting(unit_id=records.unit, body_id=records.club, held_on=today(), recorded_by=by)
    db.session.add(meeting)
    db.session.flush()
    told = {"present": 31, "content": "Bàn kế hoạch truyền thông.", "recorded_by": by}
    db.session.add(Minutes(id=meeting.id, meeting_id=meeting.id, unit_id=records.unit, **told))


def asked_report(province_id: UUID) -> None:
    """The province asks for a report on the three months until yesterday."""
    until = today() - timedelta(days=1)
    days = {"from_on": until - timedelta(days=90), "until_on": until}
    due_on = today() + timedelta(days=5)
    db.session.add(ReportPeriod(province_id=province_id, name=PERIOD, due_on=due_on, **days))


def proposal(unit_id: UUID) -> None:
    """The unit head wants an account for somebody."""
    propose(unit_id, ProposalKind.ACCOUNT, "Xin cấp tài khoản cho đội viên mới.", by=SYSTEM)


def _bodies(unit: UUID) -> tuple[Body, Body]:
    terms = [
        bodies.Terms(number, BEGIN, BEGIN, "Chủ tịch UBND phường")
        for number in ("12/QĐ-UBND", "13/QĐ-UBND")
    ]
    return (
        bodies.open_body(unit, BodyKind.CLUB, CLUB, terms[0], by=SYSTEM),
        bodies.open_body(unit, BodyKind.VOLUNTEER_TEAM, TEAM, terms[1], by=SYSTEM),
    )


def _member(body: Body, name: str, role: MemberRole, account_id: UUID | None = None) -> None:
    told = {"birth_year": 1980, "works_here": True, "account_id": account_id}
    member = Member(unit_id=body.unit_id, name=name, **told)
    db.session.add(member)
    db.session.flush()
    db.session.add(Post(member_id=member.id, body_id=body.id, role=role, from_on=BEGIN))
