"""A unit's report on itself: drafted, submitted once, then frozen with the figures of that day."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete
from sqlalchemy.orm.attributes import flag_modified

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import now
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.inspection.inspections.models import InspectionStatus
from casework.inspection.inspections.operations import advance
from casework.inspection.inspections.queries import BEFORE_THE_VISIT
from casework.inspection.self_reports.models import SelfReport, SelfReportRemark
from casework.inspection.self_reports.queries import Reported, freeze

TEXTS = ("achieved", "difficulties", "causes", "proposals")


def save_report(
    told: Reported, answer: dict[str, Any], remarks: Mapping[str, str], *, by: Actor
) -> SelfReport:
    """Keep what was written so far; `remarks` by criterion. Until the visit, and until it is
    submitted.
    """
    inspection = told.found.inspection
    if told.is_submitted:
        raise RuleBroken(_l("This report was submitted and is frozen."))
    if inspection.status not in BEFORE_THE_VISIT:
        raise RuleBroken(_l("The unit was visited already: the report is not needed any more."))
    report = told.report
    if report is None:
        report = SelfReport(id=uuid4(), inspection_id=inspection.id, recorded_by=by.id)
        db.session.add(report)
        db.session.flush()
    for name in TEXTS:
        setattr(report, name, answer[name] or "")
    db.session.execute(delete(SelfReportRemark).where(SelfReportRemark.report_id == report.id))
    db.session.add_all(
        SelfReportRemark(id=uuid4(), report_id=report.id, code=code, text=text)
        for code, text in remarks.items()
        if text
    )
    # A remark alone changes the report too: the second of two is told.
    flag_modified(report, "achieved")
    audit.record("self_report.save", "self_report", report.id, by=by, unit_id=inspection.unit_id)
    return report


def submit_report(
    told: Reported, answer: dict[str, Any], remarks: Mapping[str, str], *, by: Actor
) -> None:
    """Hand the report in with its figures, as the writer saw them; none of it changes any more."""
    if not answer["achieved"]:
        message = _l("Say what was achieved before you submit the report.")
        raise RuleBroken(message, field="achieved")
    if answer["period"] != told.period:
        raise RuleBroken(
            _l("Newer figures were published since you opened the report. Look at them once more.")
        )
    report = save_report(told, answer, remarks, by=by)
    report.period, report.figures = told.period, freeze(told.figures)
    report.submitted_by, report.submitted_at = by.id, now()
    inspection = told.found.inspection
    audit.record(
        "self_report.submit", "self_report", report.id, by=by, unit_id=inspection.unit_id,
        days_late=told.days_late,
    )  # fmt: skip
    advance(inspection, InspectionStatus.SELF_REPORT, by=by)
