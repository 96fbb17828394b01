"""Three rounds of inspections: one over the eight pilot units before the mergers, closed; one of
this year over the units that followed them, half of it visited; one that waits for approval.

Rows are written as they would stand, with the times they would have: nothing here asks the clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select

from casework.core.clock import VIETNAM
from casework.core.database import db
from casework.demonstration.horizon import Horizon
from casework.demonstration.places import choose_units
from casework.inspection.inspections.models import (
    Inspection,
    InspectionPlan,
    InspectionStatus,
    PlanStatus,
    Scope,
    TeamMember,
    TeamRole,
)
from casework.inspection.inspections.operations import AFTERNOON, MORNING
from casework.inspection.inspections.rules import draw_units, suggest_days, working_days
from casework.inspection.readmodel.models import CriterionFigure, Edition, Rating
from casework.inspection.self_reports.models import SelfReport, SelfReportRemark
from casework.inspection.self_reports.queries import freeze, period_of
from casework.organisation.accounts.models import Account
from casework.organisation.clusters.queries import list_units_of
from casework.organisation.units.models import Succession, Unit

PAST_FIRST, PAST_LAST = date(2025, 4, 7), date(2025, 4, 25)
"""The units of that round are those that merged on 1 July 2025."""
UNITS, VISITED, DRAWN, HALF = 8, 4, 5, timedelta(days=16)
GUESTS = (
    ("Trịnh Thị Mai", "Chi cục Dân số và Phòng, chống tệ nạn xã hội", TeamRole.SECRETARY),
    ("Lâm Văn Phúc", "Hội Liên hiệp Phụ nữ tỉnh", TeamRole.MEMBER),
)
BASIS = """\
Căn cứ Thông tư liên tịch số 24/2012/TTLT-BLĐTBXH-BNV-BTC về Đội công tác xã hội tình nguyện tại \
xã, phường, thị trấn;
Căn cứ Kế hoạch công tác năm {year} của Sở Y tế."""
PURPOSE = """\
Đánh giá hoạt động của Câu lạc bộ, Đội công tác xã hội tình nguyện và việc hỗ trợ người trở về hòa \
nhập cộng đồng.
Ghi nhận cách làm hay; phát hiện, hướng dẫn khắc phục tồn tại, hạn chế.
Kiểm tra đúng nội dung, không gây phiền hà; không xem hồ sơ có danh tính người được hỗ trợ."""
OUTLINE = """\
1. Tổ chức: quyết định thành lập, quy chế hoạt động, nhân sự, các nhóm chuyên sâu.
2. Sinh hoạt: định kỳ của Câu lạc bộ, Đội và nhóm; biên bản các buổi sinh hoạt.
3. Truyền thông: số cuộc, lượt người dự, ấp, khóm đã đến.
4. Tư vấn, hỗ trợ, chuyển gửi; nguồn lực huy động được (chỉ nêu số liệu, không nêu tên).
5. Kinh phí: dự toán, tạm ứng, thanh quyết toán, thù lao đội viên.
6. Tập huấn kỹ năng; phối hợp với các ngành, đoàn thể.
7. Thuận lợi, khó khăn, nguyên nhân; đề xuất, kiến nghị."""
ACHIEVED = (
    """\
Câu lạc bộ, Đội được kiện toàn, có quy chế và phân công từng thành viên.
Sinh hoạt được duy trì, nội dung gắn với kỹ năng sống và việc làm.""",
    """\
Duy trì sinh hoạt Câu lạc bộ; truyền thông lồng ghép tại các ấp, khóm.
Phối hợp với trạm y tế và trung tâm dịch vụ việc làm khi có nhu cầu.""",
    """\
Đội viên bám địa bàn, tư vấn thường xuyên tại nhà.
Vận động thêm nguồn lực từ Hội Chữ thập đỏ và nhà hảo tâm.""",
)
DIFFICULTIES = (
    "Kinh phí cấp chậm trong quý đầu năm; một số đội viên mới chưa qua tập huấn kỹ năng tư vấn.",
    "Địa bàn rộng, mùa mưa đi lại khó; thành viên làm kiêm nhiệm nên khó giữ đúng ngày sinh hoạt.",
    "Nguồn lực hỗ trợ chưa đa dạng, chủ yếu từ ngân sách.",
)
CAUSES = (
    "Phân bổ dự toán muộn; nhân sự thay đổi sau sắp xếp.",
    "Kiêm nhiệm nhiều việc; chưa chủ động lập lịch sinh hoạt cả năm.",
    "Chưa ký kết phối hợp với các tổ chức trên địa bàn.",
)
PROPOSALS = (
    "Đề nghị cấp kinh phí từ đầu quý và mở lớp kỹ năng tư vấn cho đội viên mới.",
    "Đề nghị hướng dẫn mẫu sổ sách thống nhất sau sắp xếp đơn vị.",
    "Đề nghị giới thiệu thêm đơn vị tiếp nhận chuyển gửi về việc làm, học nghề.",
)
REMARKS = {
    "B1": "Có kỳ hoãn do mưa bão, đã báo cáo bằng văn bản.",
    "B2": "Nhóm mới thành lập, đang ổn định lịch sinh hoạt.",
    "D6": "Đã vận động thêm hai nguồn, đang chờ tiếp nhận.",
    "E2": "Chứng từ đã nộp, đang chờ phòng chuyên môn duyệt.",
    "F1": "Đã đăng ký lớp tập huấn quý tới.",
}


@dataclass(frozen=True, slots=True)
class Held:
    """A round of the demonstration: its inspections in the order of their days, with their units
    and the units whose figures are told of them (those that followed).
    """

    plan: InspectionPlan
    team: Sequence[TeamMember]
    inspections: Sequence[tuple[Inspection, Unit, Unit]]


@dataclass(frozen=True, slots=True)
class _People:
    """Who prepares and who approves."""

    inspector: Account
    manager: Account


def hold_rounds(province: Unit, told: Horizon) -> list[Held]:
    """Write the rounds of a province whose figures are out, and answer those that are approved; the
    caller commits. Done already, nothing is changed.
    """
    if db.session.scalar(select(InspectionPlan.id).limit(1)) is not None:
        return []
    people = _People(_account("inspector"), _account("manager"))
    units = choose_units([province.code], UNITS)
    held = [_hold_past(units, people), _hold_current(province, units, told, people)]
    _prepare_next(province, told, people)
    db.session.flush()
    return held


def figures_of(unit: Unit, until: date) -> Sequence[CriterionFigure]:
    """The criteria of a unit as last judged before a day."""
    newest = (
        select(CriterionFigure.edition_id)
        .join(Edition, Edition.id == CriterionFigure.edition_id)
        .where(CriterionFigure.unit_id == unit.id, Edition.until_on < until)
        .order_by(Edition.period.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(CriterionFigure).where(
        CriterionFigure.unit_id == unit.id, CriterionFigure.edition_id == newest
    )
    return db.session.scalars(query.order_by(CriterionFigure.position)).all()


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    """A time of a day in Vietnam, in UTC."""
    return datetime.combine(day, time(hour, minute, tzinfo=VIETNAM)).astimezone(UTC)


def _hold_past(units: Sequence[Unit], people: _People) -> Held:
    query = (
        select(Unit, Succession.successor_id)
        .join(Succession, Succession.predecessor_id == Unit.id)
        .where(Succession.successor_id.in_([unit.id for unit in units]), ~Unit.is_province)
        .order_by(Unit.code)
    )
    today = {unit.id: unit for unit in units}
    pairs = [(unit, today[successor]) for unit, successor in db.session.execute(query)]
    province_id = pairs[0][0].province_id if pairs else units[0].province_id
    plan = _plan(province_id, "18", PAST_FIRST, PAST_LAST, people)
    held = _held(plan, pairs, suggest_days(len(pairs), PAST_FIRST, PAST_LAST), people)
    for number, (inspection, _unit, source) in enumerate(held.inspections):
        inspection.status = InspectionStatus.CLOSED
        _report(held, number, inspection, source, late=2 if number == 2 else 0)
    return held


def _hold_current(province: Unit, units: Sequence[Unit], told: Horizon, people: _People) -> Held:
    """The first unit, left to whoever tries the program, is still to come and has not reported."""
    before = working_days(told.today - HALF, told.today - timedelta(days=1))
    after = working_days(told.today + timedelta(days=1), told.today + HALF)
    plan = _plan(province.id, "45", before[-VISITED], after[-1], people)
    first, *others = units
    ordered = [*others[:VISITED], *others[VISITED : VISITED + 1], first, *others[VISITED + 1 :]]
    days = [*before[-VISITED:], *after][: len(ordered)]
    held = _held(plan, [(unit, unit) for unit in ordered], days, people)
    for number, (inspection, unit, source) in enumerate(held.inspections):
        if unit is first:
            continue
        inspection.status = (
            InspectionStatus.VISITED if number < VISITED else InspectionStatus.SELF_REPORT
        )
        _report(held, number, inspection, source, late=1 if number == VISITED else 0)
    return held


def _prepare_next(province: Unit, told: Horizon, people: _People) -> None:
    """A plan that waits for the department manager, over units that were drawn."""
    first = told.today + timedelta(days=60)
    last = first + timedelta(days=18)
    plan = _plan(province.id, "", first, last, people)
    plan.status, plan.decided_by, plan.decided_at = PlanStatus.SUBMITTED, None, None
    plan.submitted_at = at(told.today - timedelta(days=1), 16)
    plan.recorded_at = at(told.today - timedelta(days=3))
    candidates = list_units_of(province.id)
    drawn = draw_units(plan.id, [unit.id for unit in candidates], DRAWN)
    plan.scope, plan.scope_note = Scope.RANDOM, f"{len(drawn)}/{len(candidates)}"
    units = [(unit, unit) for unit in candidates if unit.id in drawn]
    _held(plan, units, suggest_days(len(units), first, last), people)


def _plan(
    province_id: UUID | None, number: str, first: date, last: date, people: _People
) -> InspectionPlan:
    year = first.year
    assert province_id is not None  # nosec B101
    written, due = first - timedelta(days=28), first - timedelta(days=5)
    plan = InspectionPlan(
        province_id=province_id,
        number=number,
        title=f"Kiểm tra hoạt động mô hình hỗ trợ hòa nhập cộng đồng năm {year}",
        legal_basis=BASIS.format(year=year),
        purpose=PURPOSE,
        from_on=date(year - 1, first.month, 1),
        until_on=first.replace(day=1) - timedelta(days=1),
        visits_from_on=first,
        visits_until_on=last,
        outline=OUTLINE,
        report_due_on=due,
        scope=Scope.CHOSEN,
        status=PlanStatus.APPROVED,
        recorded_by=people.inspector.id,
        recorded_at=at(written),
        submitted_by=people.inspector.id,
        submitted_at=at(written + timedelta(days=3), 15),
        decided_by=people.manager.id,
        decided_at=at(written + timedelta(days=6), 10),
    )
    db.session.add(plan)
    db.session.flush()
    return plan


def _held(
    plan: InspectionPlan,
    units: Sequence[tuple[Unit, Unit]],
    days: Sequence[date],
    people: _People,
) -> Held:
    lead = people.inspector
    team = [
        TeamMember(
            plan_id=plan.id, account_id=lead.id, name=lead.display_name, office="Sở Y tế",
            role=TeamRole.HEAD,
        ),
        *(
            TeamMember(plan_id=plan.id, name=name, office=office, role=role)
            for name, office, role in GUESTS
        ),
    ]  # fmt: skip
    inspections = [
        (
            Inspection(
                plan_id=plan.id,
                unit_id=unit.id,
                visit_on=on,
                starts_at=AFTERNOON if on in days[:number] else MORNING,
                place=f"UBND {unit.label_inside}",
                status=InspectionStatus.PLANNED,
            ),
            unit,
            source,
        )
        for number, ((unit, source), on) in enumerate(zip(units, days, strict=True))
    ]
    db.session.add_all([*team, *(each[0] for each in inspections)])
    db.session.flush()
    return Held(plan, team, inspections)


def _report(held: Held, number: int, inspection: Inspection, source: Unit, *, late: int) -> None:
    """What a unit reported, with figures of before the day it was due."""
    due = held.plan.report_due_on
    assert due is not None  # nosec B101
    submitted = at(due + timedelta(days=late or -1 - number % 3), 14, 7 * number % 60)
    figures = figures_of(source, due)
    report = SelfReport(
        inspection_id=inspection.id,
        achieved=ACHIEVED[number % len(ACHIEVED)],
        difficulties=DIFFICULTIES[number % len(DIFFICULTIES)],
        causes=CAUSES[number % len(CAUSES)],
        proposals=PROPOSALS[number % len(PROPOSALS)],
        period=period_of(figures),
        figures=freeze(figures),
        recorded_at=submitted - timedelta(days=2),
        submitted_at=submitted,
    )
    db.session.add(report)
    db.session.flush()
    unmet = {each.code for each in figures if each.rating in (Rating.NOT_MET, Rating.PARTLY)}
    db.session.add_all(
        SelfReportRemark(report_id=report.id, code=code, text=text)
        for code, text in REMARKS.items()
        if code in unmet
    )


def _account(username: str) -> Account:
    return db.session.scalars(select(Account).where(Account.username == username)).one()
