"""Periods, and a unit's report on itself: drafted, handed in once, then frozen with its figures."""

import json
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import VIETNAM, now, today
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.i18n import day
from casework.core.papers import END, Paper
from casework.organisation.documents.operations import keep_with
from casework.organisation.history.operations import keep_revision
from casework.organisation.reports.models import Figure, ReportPeriod, UnitReport
from casework.organisation.reports.queries import (
    Figures,
    ReportLine,
    find_same_name,
    is_answered,
)
from casework.organisation.units.models import Unit

_DAYS = ("name", "from_on", "until_on", "due_on", "source")
_TEXTS = ("achieved", "difficulties", "proposals")


def add_period(province_id: UUID, answer: dict[str, Any], *, by: Actor) -> ReportPeriod:
    """Ask the units of a province for a report. Periods may overlap; names may not repeat."""
    _check_period(province_id, answer, but=None)
    period = ReportPeriod(id=uuid4(), province_id=province_id, **{n: answer[n] for n in _DAYS})
    db.session.add(period)
    audit.record("period.add", "report_period", period.id, by=by, unit_id=province_id)
    return period


def correct_period(period: ReportPeriod, answer: dict[str, Any], *, by: Actor) -> None:
    """Correct a period nobody answered yet: a report handed in keeps its days."""
    if is_answered(period):
        raise RuleBroken(
            _l("A unit handed in its report for this period: its days can't change any more.")
        )
    _check_period(period.province_id, answer, but=period.id)
    keep_revision(period, "report_period", by=by)
    for name in _DAYS:
        setattr(period, name, answer[name])
    audit.record("period.correct", "report_period", period.id, by=by, unit_id=period.province_id)


def save_draft(line: ReportLine, answer: dict[str, Any], *, by: Actor) -> UnitReport:
    """Keep what was written so far; what a draft said before stays readable."""
    report = line.report
    if report is not None and report.submitted_at:
        raise RuleBroken(_l("This report was handed in and is frozen. Add a supplement to it."))
    values = {name: answer[name] or "" for name in _TEXTS}
    if report is None:
        report = UnitReport(
            id=uuid4(),
            unit_id=line.unit.id,
            period_id=line.period.id,
            recorded_by=by.id,
            **values,
        )
        db.session.add(report)
    else:
        keep_revision(report, "unit_report", by=by)
        for name, value in values.items():
            setattr(report, name, value)
    audit.record("report.save", "unit_report", report.id, by=by, unit_id=report.unit_id)
    return report


def hand_in(line: ReportLine, answer: dict[str, Any], figures: Figures, *, by: Actor) -> UnitReport:
    """Hand the report in once its period has ended. Its text and figures never change again."""
    if today() <= line.period.until_on:
        message = _l(
            "This period ends on %(day)s: the report can be handed in from the day after.",
            day=day(line.period.until_on),
        )
        raise RuleBroken(message)
    if not answer["achieved"]:
        message = _l("Say what was achieved before you hand the report in.")
        raise RuleBroken(message, field="achieved")
    report = save_draft(line, answer, by=by)
    report.figures = json.dumps({figure.value: value for figure, value in figures.items()})
    report.submitted_by, report.submitted_at = by.id, now()
    audit.record("report.submit", "unit_report", report.id, by=by, unit_id=report.unit_id)
    return report


def add_supplement(report: UnitReport, text: str, *, by: Actor) -> None:
    """Add the one text that may follow a report handed in, with its own day."""
    if not report.submitted_at:
        raise RuleBroken(_l("Only a report that was handed in gets a supplement."))
    if report.supplemented_at:
        message = _l("There is a supplement already; a report gets one.")
        raise RuleBroken(message, field="supplement")
    report.supplement, report.supplemented_at = text, now()
    audit.record("report.supplement", "unit_report", report.id, by=by, unit_id=report.unit_id)


def frozen_figures(report: UnitReport) -> Figures:
    """The figures of the day on which the report was handed in."""
    kept = json.loads(report.figures)
    return {figure: kept[figure.value] for figure in Figure if figure.value in kept}


def write_paper(line: ReportLine, province: Unit, figures: Figures, on: date) -> bytes:
    """The report as an official paper (Decree 30/2020), dated the day it was handed in."""
    period, report = line.period, line.report
    paper = Paper(
        agency=line.unit.label,
        parent=province.label,
        place=province.name,
        on=on,
        title=f"Báo cáo {period.name}",
    )
    paper.line(f"(Từ ngày {period.from_on:%d/%m/%Y} đến ngày {period.until_on:%d/%m/%Y})")
    if report is None or not report.submitted_at:
        paper.line("DỰ THẢO", bold=True)
    paper.section("I. KẾT QUẢ")
    _write(paper, report.achieved if report else "")
    rows = [
        (number, *_ON_PAPER[figure], _told(value))
        for number, (figure, value) in enumerate(figures.items(), start=1)
    ]
    paper.table(["STT", "Nội dung", "Đơn vị tính", "Số liệu"], rows, right=(3,))
    paper.section("II. KHÓ KHĂN, VƯỚNG MẮC")
    _write(paper, report.difficulties if report else "")
    paper.section("III. ĐỀ XUẤT")
    _write(paper, report.proposals if report else "")
    if report and report.supplemented_at:
        paper.section(f"BỔ SUNG NGÀY {report.supplemented_at.astimezone(VIETNAM):%d/%m/%Y}")
        _write(paper, report.supplement)
    paper.line(END)
    paper.signatures(("Người lập báo cáo", ""), ("Trưởng đơn vị", ""))
    return paper.content()


@keep_with("report")
def _is_handed_in(report_id: UUID) -> bool:
    return db.session.get_one(UnitReport, report_id).submitted_at is not None


def _check_period(province_id: UUID, answer: dict[str, Any], *, but: UUID | None) -> None:
    if answer["until_on"] < answer["from_on"]:
        raise RuleBroken(_l("The last day lies before the first."), field="until_on")
    if answer["due_on"] < answer["until_on"]:
        message = _l("Nothing can be due before its period has ended.")
        raise RuleBroken(message, field="due_on")
    if find_same_name(province_id, answer["name"], but):
        message = _l("Another period of this province has this name.")
        raise RuleBroken(message, field="name")


def _write(paper: Paper, text: str) -> None:
    """What people typed, a paragraph a line."""
    for line in (text or "Không có.").splitlines():
        paper.line(line)


def _told(value: int | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}".replace(",", ".")


_MEETINGS, _SESSIONS = "sinh hoạt CLB, Đội", "sinh hoạt nhóm"
_ON_PAPER = {
    Figure.BODIES: ("CLB, Đội, điểm tư vấn đang hoạt động", "tổ chức"),
    Figure.GROUPS: ("Nhóm chuyên sâu đang hoạt động", "nhóm"),
    Figure.REGULATIONS: ("CLB, Đội, điểm tư vấn có quy chế hoạt động còn hiệu lực", "tổ chức"),
    Figure.MEMBERS: ("Thành viên", "người"),
    Figure.VACANCIES: ("Chức danh chủ chốt còn trống", "vị trí"),
    Figure.MEETINGS_DUE: (f"Số kỳ {_MEETINGS} phải tổ chức", "buổi"),
    Figure.MEETINGS_HELD: (f"Số buổi {_MEETINGS} đã tổ chức", "buổi"),
    Figure.MEETINGS_ON_TIME: (f"Số buổi {_MEETINGS} đúng định kỳ", "buổi"),
    Figure.MEETINGS_EXCUSED: (f"Số kỳ {_MEETINGS} hoãn có lý do", "buổi"),
    Figure.MEETINGS_GAP: (f"Khoảng cách dài nhất giữa hai kỳ {_MEETINGS}", "ngày"),
    Figure.SESSIONS_DUE: (f"Số kỳ {_SESSIONS} phải tổ chức", "buổi"),
    Figure.SESSIONS_HELD: (f"Số buổi {_SESSIONS} đã tổ chức", "buổi"),
    Figure.SESSIONS_ON_TIME: (f"Số buổi {_SESSIONS} đúng định kỳ", "buổi"),
    Figure.SESSIONS_EXCUSED: (f"Số kỳ {_SESSIONS} hoãn có lý do", "buổi"),
    Figure.SESSIONS_GAP: (f"Khoảng cách dài nhất giữa hai kỳ {_SESSIONS}", "ngày"),
    Figure.MISSING_MINUTES: ("Buổi sinh hoạt chưa có biên bản", "buổi"),
    Figure.COMMUNICATION: ("Buổi truyền thông", "cuộc"),
    Figure.ATTENDANCES: ("Lượt người dự truyền thông", "lượt người"),
    Figure.MATERIALS: ("Tài liệu, vật phẩm truyền thông đã phát", "tài liệu"),
    Figure.HAMLETS_COVERED: ("Ấp, khóm được truyền thông", "ấp, khóm"),
    Figure.HAMLETS: ("Tổng số ấp, khóm", "ấp, khóm"),
    Figure.TRAININGS: ("Tập huấn", "lớp"),
    Figure.JOINT_ACTIVITIES: ("Hoạt động phối hợp", "hoạt động"),
    Figure.PARTNERS: ("Đối tác có hoạt động phối hợp", "đơn vị"),
    Figure.PLANNED: ("Hoạt động theo kế hoạch của các tháng trong kỳ", "hoạt động"),
    Figure.DONE: ("Hoạt động đã thực hiện", "hoạt động"),
    Figure.ALLOTTED: ("Kinh phí được cấp", "đồng"),
    Figure.ADVANCED: ("Kinh phí tạm ứng", "đồng"),
    Figure.SPENT: ("Kinh phí đã chi", "đồng"),
    Figure.SETTLED: ("Kinh phí đã quyết toán", "đồng"),
    Figure.SOURCES: ("Nguồn kinh phí", "nguồn"),
    Figure.MONTHS_DUE: ("Tháng thù lao phải trả", "tháng"),
    Figure.MONTHS_PAID: ("Tháng thù lao đã trả đủ", "tháng"),
}
