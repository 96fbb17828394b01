"""A unit's report on itself as an official paper (Decree 30/2020), Vietnamese whatever the language
of the screen.
"""

from flask_babel import force_locale

from casework.core.papers import END, Paper
from casework.inspection.indicators.rules import tell_checklist
from casework.inspection.self_reports.queries import Reported
from casework.organisation.units.models import Unit

NOTHING = "Không có."
NO_FIGURES = "Chưa có số liệu được công bố cho đơn vị."


def write_report_paper(told: Reported, province: Unit, *, sees_money: bool) -> bytes:
    """The report as it is printed and signed, dated the day it was submitted; before that it says
    that it is a draft, and is dated by hand.
    """
    report, plan = told.report, told.found.plan
    paper = Paper(
        agency=told.found.unit.label,
        parent=f"UBND {province.label}",
        place=told.found.unit.name,
        on=report.submitted_on if report else None,
        title="Báo cáo tự kiểm tra",
    )
    paper.line(f"({plan.title})", italic=True)
    if not told.is_submitted:
        paper.line("DỰ THẢO", bold=True)
    if plan.number:
        paper.line(f"Thực hiện Kế hoạch số {plan.number}/KH-SYT, đơn vị báo cáo như sau:")
    paper.section("I. KẾT QUẢ THEO BỘ TIÊU CHÍ")
    _write_criteria(paper, told, sees_money=sees_money)
    for heading, text in (
        ("II. KẾT QUẢ ĐẠT ĐƯỢC", report.achieved if report else ""),
        ("III. KHÓ KHĂN, VƯỚNG MẮC", report.difficulties if report else ""),
        ("IV. NGUYÊN NHÂN", report.causes if report else ""),
        ("V. ĐỀ XUẤT, KIẾN NGHỊ", report.proposals if report else ""),
    ):
        paper.section(heading)
        for line in (text or NOTHING).splitlines():
            paper.line(line)
    paper.line(END)
    paper.line("Nơi nhận:", bold=True, italic=True, size=12)
    for receiver in ("- Đoàn kiểm tra;", "- Lưu: VT."):
        paper.line(receiver, size=11)
    paper.signatures(("Người lập báo cáo", ""), ("Trưởng đơn vị", ""))
    return paper.content()


def _write_criteria(paper: Paper, told: Reported, *, sees_money: bool) -> None:
    with force_locale("vi"):
        checklist = tell_checklist(told.figures, sees_money=sees_money)
        if checklist is None:
            paper.line(NO_FIGURES)
            return
        rows = [
            (said.code, said.text, said.figure, said.rating.label, told.remarks.get(said.code, ""))
            for said in checklist.said
        ]
    paper.line(f"Số liệu đã công bố, {checklist.days}.")
    paper.table(("Mã", "Tiêu chí", "Số liệu", "Đánh giá", "Ý kiến của đơn vị"), rows)
