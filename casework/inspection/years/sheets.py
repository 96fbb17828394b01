"""A year as a table for a spreadsheet: what is printed, and nothing that is not."""

from collections.abc import Iterable

from flask_babel import gettext as _

from casework.core.workbooks import write_sheet
from casework.inspection.categories.rules import BY, LETTERS, VALUES, apart
from casework.inspection.readmodel.models import Figure, Measure, measure_of
from casework.inspection.years.rules import KINDS
from casework.organisation.units.models import Unit

Row = tuple[object, ...]
ORDER = {
    name: place
    for place, name in enumerate(
        [
            *(str(measure) for measure in Measure),
            *(f"{by}.{value}" for by, values in VALUES.items() for value in values),
        ]
    )
}


def write_year(unit: Unit, year: int, figures: Iterable[Figure]) -> bytes:
    """An XLSX with both ends of each range. One without an upper end has an empty cell there; what
    is not printed has two.
    """
    columns = (
        _("Figure"),
        _("Of which"),
        _("Counted in"),
        _("Printed"),
        _("At least"),
        _("At most"),
    )
    above = (
        _("Figures of %(unit)s", unit=unit.label),
        _("The year %(year)s", year=year),
    )
    ordered = sorted(figures, key=_place)
    has_groups = any(apart(figure.measure) for figure in ordered)
    below = [(), *LETTERS.items()] if has_groups else []
    return write_sheet(str(year), columns, map(_row, ordered), above=above, below=below)


def _place(figure: Figure) -> tuple[int, int, str]:
    measure, _point, kind = figure.measure.partition(".")
    return ORDER[measure], ORDER.get(kind, -1), kind


def _row(figure: Figure) -> Row:
    shown = {"exact": _("exactly"), "band": _("as a range"), "none": _("not shown")}
    measure, said = measure_of(figure.measure), apart(figure.measure)
    kind = figure.measure.partition(".")[2]
    if said:
        label, of_which = f"{measure.label} {BY[said.dimension]}", said.label
    else:
        label, of_which = str(measure.label), str(KINDS[measure][kind]) if kind else ""
    return (
        label,
        of_which,
        str(measure.unit_of_count.label),
        shown[figure.shown],
        *((None, None) if figure.shown == "none" else (figure.low, figure.high)),
    )
