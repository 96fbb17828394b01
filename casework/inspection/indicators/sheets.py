"""The unit page as a table for a spreadsheet: what is printed, and nothing that is not."""

from collections.abc import Iterator, Mapping, Sequence

from flask_babel import gettext as _

from casework.core.workbooks import Sheet, write_sheets
from casework.inspection.categories.rules import BY, LETTERS, apart
from casework.inspection.indicators.queries import UnitFigures
from casework.inspection.indicators.rules import Checklist, name_kind
from casework.inspection.readmodel.models import ActivityFigure, ActivityMeasure, Figure

Row = tuple[object, ...]


def write_figures(
    view: UnitFigures,
    activity: Mapping[tuple[ActivityMeasure, str], ActivityFigure],
    checklist: Checklist | None,
    told_apart: Sequence[Figure],
    *,
    sees_money: bool,
) -> bytes:
    """An XLSX: figures with both ends of their ranges, then the checklist; of a province a second
    sheet with persons by group, sex, age and reason. A range without an upper end has an empty cell
    there; what is not printed has two.
    """
    period = f"{view.period[5:]}/{view.period[:4]}"
    columns = (
        _("Figure"),
        _("Of which"),
        _("Counted in"),
        _("From"),
        _("Until"),
        _("Printed"),
        _("At least"),
        _("At most"),
    )
    above = (_("Figures of %(unit)s", unit=view.unit.label), _("Period") + f" {period}")
    rows = [*_persons_and_sessions(view), *_activity(activity, sees_money=sees_money)]
    sheets = [Sheet(view.period, columns, rows, above, list(_criteria(checklist)))]
    parts = list(_told_apart(told_apart))
    if parts:
        letters = [(), *LETTERS.items()]
        sheets.append(Sheet(_("By group, sex and age"), columns, parts, above, letters))
    return write_sheets(*sheets)


def _persons_and_sessions(view: UnitFigures) -> Iterator[Row]:
    for measure, figures in view.figures.items():
        for figure in figures:
            unit = measure.unit_of_count.label
            yield _row(str(measure.label), "", str(unit), figure)


def _told_apart(figures: Sequence[Figure]) -> Iterator[Row]:
    for figure in figures:
        said = apart(figure.measure)
        if said:
            label = f"{said.measure.label} {BY[said.dimension]}"
            yield _row(label, said.label, str(said.measure.unit_of_count.label), figure)


def _activity(
    figures: Mapping[tuple[ActivityMeasure, str], ActivityFigure], *, sees_money: bool
) -> Iterator[Row]:
    for (measure, kind), figure in figures.items():
        if sees_money or not measure.is_money:
            unit = str(measure.unit_of_count.label)
            yield _row(str(measure.label), name_kind(measure, kind), unit, figure)


def _row(label: str, kind: str, unit: str, figure: Figure | ActivityFigure) -> Row:
    words = {"exact": _("exactly"), "band": _("as a range"), "none": _("not shown")}
    ends = (None, None) if figure.shown == "none" else (figure.low, figure.high)
    return (label, kind, unit, figure.from_on, figure.until_on, words[figure.shown], *ends)


def _criteria(checklist: Checklist | None) -> Iterator[Row]:
    if checklist is None:
        return
    yield ()
    yield (_("Criterion"), _("Rating"), _("Figure"), _("Rule"), _("Computed from"))
    for said in sorted(checklist.said, key=lambda one: one.code):
        text = f"{said.code} {said.text}"
        yield text, str(said.rating.label), said.figure, said.rule, said.basis
