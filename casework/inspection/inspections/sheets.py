"""The plan of a round as an official paper (Decree 30/2020), Vietnamese whatever the language of
the screen.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from uuid import UUID

from flask_babel import force_locale

from casework.core.clock import VIETNAM
from casework.core.papers import END, Paper, Writing
from casework.core.pdf import PdfPaper
from casework.core.uploads import DOCX, PDF
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
KINDS: dict[str, Callable[..., Writing]] = {"docx": Paper, "pdf": PdfPaper}
MEDIA = {"docx": DOCX, "pdf": PDF}
ROLES = {
    TeamRole.HEAD: "Trưởng đoàn",
    TeamRole.DEPUTY: "Phó Trưởng đoàn",
    TeamRole.SECRETARY: "Thư ký",
    TeamRole.MEMBER: "Thành viên",
}


def write_plan_paper(
    kind: str,
    plan: InspectionPlan,
    province: Unit,
    visited: Sequence[Visited],
    team: Sequence[TeamMember],
    goers: Mapping[UUID, Sequence[UUID]],
) -> bytes:
    """The plan as it is sent out, `docx` or `pdf`: legal basis, purpose, content, team, calendar.
    Until it is approved it says that it is a draft, and is dated by hand.
    """
    is_approved = plan.status == PlanStatus.APPROVED
    decided = plan.decided_at.astimezone(VIETNAM).date() if plan.decided_at else None
    paper: Writing = KINDS[kind](
        agency=AGENCY,
        parent=f"UBND {province.label}",
        number=f"{plan.number}/KH-SYT" if plan.number else "",
        place=province.name,
        on=decided if is_approved else None,
        title="Kế hoạch",
    )
    paper.subtitle(plan.title if is_approved else f"{plan.title} (DỰ THẢO)")
    paper.body(plan.legal_basis)
    paper.section("I. MỤC ĐÍCH, YÊU CẦU")
    paper.body(plan.purpose or NOT_SAID)
    paper.section("II. NỘI DUNG, PHẠM VI KIỂM TRA")
    paper.body(f"a) Thời kỳ kiểm tra: từ ngày {_on(plan.from_on)} đến ngày {_on(plan.until_on)}.")
    paper.body(f"b) Đơn vị được kiểm tra: {len(visited)} đơn vị ({tell_scope(plan)}).")
    paper.body("c) Đề cương báo cáo của đơn vị:")
    paper.body(plan.outline or NOT_SAID)
    if plan.report_due_on:
        paper.body(f"Đơn vị gửi báo cáo tự kiểm tra trước hết ngày {_on(plan.report_due_on)}.")
    paper.section("III. THÀNH PHẦN ĐOÀN KIỂM TRA")
    for number, member in enumerate(team, start=1):
        office = f", {member.office}" if member.office else ""
        paper.body(f"{number}. {member.name}{office} – {ROLES[TeamRole(member.role)]}.")
    paper.section("IV. LỊCH KIỂM TRA")
    _write_calendar(paper, visited, {member.id: member.name for member in team}, goers)
    paper.body(
        "Đề nghị các đơn vị được kiểm tra chuẩn bị báo cáo, hồ sơ, sổ sách và phối hợp với đoàn"
        f" kiểm tra thực hiện Kế hoạch này{END}"
    )
    paper.signatures(("Người lập kế hoạch", ""), ("Giám đốc", ""))
    paper.receivers("Các đơn vị được kiểm tra;", "Thành viên đoàn kiểm tra;", "Lưu: VT.")
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


def _write_calendar(
    paper: Writing,
    visited: Sequence[Visited],
    names: Mapping[UUID, str],
    goers: Mapping[UUID, Sequence[UUID]],
) -> None:
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
        widths=(14, 26, 16, 36, 40, 33),
    )


def _on(day: date) -> str:
    return f"{day:%d/%m/%Y}"
