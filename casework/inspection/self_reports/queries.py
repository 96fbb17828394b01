"""Reading what units report on themselves, and what was published of them to begin with.

A draft is the unit's own; whoever looks from above reads what was submitted.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import inspect, select

from casework.authz.enforce import Access
from casework.authz.permissions import Permission
from casework.core.clock import today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.inspection.inspections.queries import Visited, get_inspection
from casework.inspection.readmodel.models import CriterionColumns, CriterionFigure, Edition
from casework.inspection.self_reports.models import SelfReport, SelfReportRemark
from casework.organisation.units.models import Unit


@dataclass(frozen=True, slots=True)
class Reported:
    """The report of a unit for an inspection, if it began one, with the figures it stands on: those
    of the day it was submitted, or the newest published.
    """

    found: Visited
    report: SelfReport | None
    remarks: dict[str, str]
    figures: Sequence[CriterionFigure]

    @property
    def is_submitted(self) -> bool:
        """Whether it is frozen."""
        return self.report is not None and self.report.submitted_at is not None

    @property
    def days_late(self) -> int:
        """Days after the day it was due, to the day it was submitted or today."""
        due = self.found.plan.report_due_on
        ended = self.report.submitted_on if self.report and self.report.submitted_on else today()
        return max((ended - due).days, 0) if due else 0

    @property
    def period(self) -> str:
        """The period of the figures (YYYY-MM); empty where nothing is published."""
        return period_of(self.figures)

    @property
    def version(self) -> int:
        """What a form is opened on."""
        return self.report.version if self.report else 0


def get_report(found: Visited) -> Reported:
    """The report for an inspection."""
    report = db.session.scalar(
        select(SelfReport).where(SelfReport.inspection_id == found.inspection.id)
    )
    remarks = _remarks_of(report.id) if report else {}
    if report is not None and report.submitted_at is not None:
        return Reported(found, report, remarks, thaw(report.figures))
    return Reported(found, report, remarks, newest_figures(found.unit))


def may_respond(access: Access, inspection_id: UUID) -> bool:
    """Whether whoever reads an inspection also answers for its unit."""
    responding = access.identity.access(Permission.INSPECTION_RESPOND)
    if responding is None:
        return False
    try:
        get_inspection(responding, inspection_id)
    except OutOfReach:
        return False
    return True


def newest_figures(unit: Unit) -> Sequence[CriterionFigure]:
    """The criteria of a unit as judged by the newest edition that judges it. One that was merged
    since has those of its last month.
    """
    newest = (
        select(CriterionFigure.edition_id)
        .join(Edition, Edition.id == CriterionFigure.edition_id)
        .where(CriterionFigure.unit_id == unit.id)
        .order_by(Edition.period.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(CriterionFigure)
        .where(CriterionFigure.unit_id == unit.id, CriterionFigure.edition_id == newest)
        .order_by(CriterionFigure.position)
    )
    return db.session.scalars(query).all()


def period_of(figures: Sequence[CriterionFigure]) -> str:
    """The month an edition's figures end with (YYYY-MM); empty for none."""
    return f"{figures[0].until_on:%Y-%m}" if figures else ""


def freeze(figures: Sequence[CriterionFigure]) -> str:
    """Figures as JSON."""
    rows = [{name: getattr(figure, name) for name in _KEPT} for figure in figures]
    return json.dumps(rows, default=str, ensure_ascii=False)


def thaw(frozen: str) -> list[CriterionFigure]:
    """Figures out of JSON, as they were published; they belong to no database any more."""
    return [
        CriterionFigure(
            **{
                **row,
                "unit_id": UUID(row["unit_id"]),
                "set_id": UUID(row["set_id"]),
                "from_on": date.fromisoformat(row["from_on"]),
                "until_on": date.fromisoformat(row["until_on"]),
            }
        )
        for row in json.loads(frozen or "[]")
    ]


def _remarks_of(report_id: UUID) -> dict[str, str]:
    query = select(SelfReportRemark).where(SelfReportRemark.report_id == report_id)
    return {remark.code: remark.text for remark in db.session.scalars(query)}


_KEPT = [
    attribute.key
    for attribute in inspect(CriterionFigure).column_attrs
    if attribute.key in CriterionColumns.__annotations__
]
