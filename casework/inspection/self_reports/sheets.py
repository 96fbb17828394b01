"""A unit's report on itself as an official paper (Decree 30/2020), Vietnamese whatever the language
of the screen.
"""

from flask_babel import force_locale

from casework.core.papers import END, Writing
from casework.inspection.indicators.rules import tell_checklist
from casework.inspection.inspections.sheets import KINDS
from casework.inspection.self_reports.queries import Reported
from casework.organisation.units.models import Unit

NOTHING = "Không có."
NO_FIGURES = "Chưa có số liệu được công bố cho đơn vị."


def write_report_paper(kind: str, told: Reported, province: Unit, *, sees_money: bool) -> bytes:
    """The report as it is printed and signed, `docx` or `pdf`, dated the day it was submitted;
    before that it says that it is a draft, and is dated by hand.
    """
    report, plan = told.report, told.found.plan
    paper = KINDS[kind](
        agency=told.found.unit.label,
        parent=f"UBND {province.label}",
        place=told.found.unit.name,
        on=report.submitted_on if report else None,
        title="Báo cáo tự kiểm tra",
    )
    paper.subtitle(plan.title if told.is_submitted else f"{plan.title} (DỰ THẢO)")
    if plan.number:
        paper.body(f"Thực hiện Kế hoạch số {plan.number}/KH-SYT, đơn vị báo cáo như sau:")
    paper.section("I. KẾT QUẢ THEO BỘ TIÊU CHÍ")
    _write_criteria(paper, told, sees_money=sees_money)
    texts = {
        "II. KẾT QUẢ ĐẠT ĐƯỢC": report.achieved if report else "",
        "III. KHÓ KHĂN, VƯỚNG MẮC": report.difficulties if report else "",
        "IV. NGUYÊN NHÂN": report.causes if report else "",
        "V. ĐỀ XUẤT, KIẾN NGHỊ": report.proposals if report else "",
    }
    *_before, last = texts
    for heading, text in texts.items():
        paper.section(heading)
        said = text or NOTHING
        paper.body(said.rstrip(". ") + END if heading == last else said)
    paper.signatures(("Người lập báo cáo", ""), ("Trưởng đơn vị", ""))
    paper.receivers("Đoàn kiểm tra;", "Lưu: VT.")
    return paper.content()


def _write_criteria(paper: Writing, told: Reported, *, sees_money: bool) -> None:
    with force_locale("vi"):
        checklist = tell_checklist(told.figures, sees_money=sees_money)
        if checklist is None:
            paper.body(NO_FIGURES)
            return
        rows = [
            (said.code, said.text, said.figure, said.rating.label, told.remarks.get(said.code, ""))
            for said in checklist.said
        ]
    paper.body(f"Số liệu đã công bố, {checklist.days}.")
    paper.table(
        ("Mã", "Tiêu chí", "Số liệu", "Đánh giá", "Ý kiến của đơn vị"),
        rows,
        widths=(12, 48, 38, 22, 45),
    )
