"""The plan of a round as an official paper (Decree 30/2020), Vietnamese whatever the language of
the screen.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from docx.enum.text import WD_ALIGN_PARAGRAPH
from flask_babel import force_locale

from casework.core.clock import VIETNAM
from casework.core.papers import END, Paper
from casework.inspection.inspections.models import (
    InspectionPlan,
    PlanStatus,
    Scope,
    TeamMember,
    TeamRole,
)
from casework.inspection.inspections.queries import Visited
from casework.organisation.units.models import Unit

AGENCY = "Sở Y tế"
NOT_SAID = "Không có."
CENTRE = WD_ALIGN_PARAGRAPH.CENTER
ROLES = {
    TeamRole.HEAD: "Trưởng đoàn",
    TeamRole.DEPUTY: "Phó Trưởng đoàn",
    TeamRole.SECRETARY: "Thư ký",
    TeamRole.MEMBER: "Thành viên",
}


def write_plan_paper(
    plan: InspectionPlan,
    province: Unit,
    visited: Sequence[Visited],
    team: Sequence[TeamMember],
    goers: Mapping[UUID, Sequence[UUID]],
) -> bytes:
    """The plan as it is sent out: legal basis, purpose, content, team, calendar. Until it is
    approved it says that it is a draft, and is dated by hand.
    """
    is_approved = plan.status == PlanStatus.APPROVED and plan.decided_at is not None
    paper = Paper(
        agency=AGENCY,
        parent=f"UBND {province.label}",
        number=f"{plan.number}/KH-SYT" if plan.number else "",
        place=province.name,
        on=plan.decided_at.astimezone(VIETNAM).date() if is_approved and plan.decided_at else None,
        title="Kế hoạch",
    )
    paper.line(plan.title, bold=True, align=CENTRE)
    if not is_approved:
        paper.line("DỰ THẢO", bold=True, align=CENTRE)
    for basis in plan.legal_basis.splitlines():
        paper.line(basis, italic=True)
    paper.section("I. MỤC ĐÍCH, YÊU CẦU")
    _write(paper, plan.purpose)
    paper.section("II. NỘI DUNG, PHẠM VI KIỂM TRA")
    paper.line(f"1. Thời kỳ kiểm tra: từ ngày {_on(plan.from_on)} đến ngày {_on(plan.until_on)}.")
    paper.line(f"2. Đơn vị được kiểm tra: {len(visited)} đơn vị ({tell_scope(plan)}).")
    paper.line("3. Đề cương báo cáo của đơn vị:")
    _write(paper, plan.outline)
    if plan.report_due_on:
        paper.line(f"Đơn vị gửi báo cáo tự kiểm tra trước hết ngày {_on(plan.report_due_on)}.")
    paper.section("III. THÀNH PHẦN ĐOÀN KIỂM TRA")
    for number, member in enumerate(team, start=1):
        office = f", {member.office}" if member.office else ""
        paper.line(f"{number}. {member.name}{office} – {ROLES[TeamRole(member.role)]}.")
    paper.section("IV. LỊCH KIỂM TRA")
    names = {member.id: member.name for member in team}
    paper.table(
        ("STT", "Ngày", "Giờ", "Đơn vị", "Địa điểm", "Thành viên"),
        [
            (
                str(number),
                each.inspection.visit_on,
                each.inspection.starts_at,
                each.unit.label,
                each.inspection.place,
                ", ".join(names[who] for who in goers.get(each.inspection.id, ())) or "Cả đoàn",
            )
            for number, each in enumerate(visited, start=1)
        ],
    )
    paper.line(
        "Đề nghị các đơn vị được kiểm tra chuẩn bị báo cáo, hồ sơ, sổ sách và phối hợp với đoàn"
        f" kiểm tra thực hiện Kế hoạch này{END}",
        before=8,
    )
    paper.line("Nơi nhận:", bold=True, italic=True, size=12, before=8)
    for receiver in ("- Các đơn vị được kiểm tra;", "- Thành viên đoàn kiểm tra;", "- Lưu: VT."):
        paper.line(receiver, size=11)
    paper.signatures(("Người lập kế hoạch", ""), ("Giám đốc", ""))
    return paper.content()


def tell_scope(plan: InspectionPlan) -> str:
    """How the units were chosen, in Vietnamese."""
    with force_locale("vi"):
        told = plan.scope_label.lower()
    note = {
        Scope.CLUSTER: plan.scope_note,
        Scope.NOT_MET: f"số liệu tháng {plan.scope_note[5:]}/{plan.scope_note[:4]}",
        Scope.RANDOM: plan.scope_note,
    }.get(Scope(plan.scope), "")
    return ", ".join(part for part in (told, note) if part)


def _write(paper: Paper, text: str) -> None:
    for line in (text or NOT_SAID).splitlines():
        paper.line(line)


def _on(day: date) -> str:
    return f"{day:%d/%m/%Y}"
