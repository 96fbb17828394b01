"""What is shown of units side by side, as a table for a spreadsheet: the same units in the same
order, and of persons both ends of what is printed.
"""

from collections.abc import Iterator, Sequence

from flask_babel import gettext as _

from casework.core.i18n import day
from casework.core.workbooks import write_csv, write_sheet
from casework.inspection.comparison.rules import Comparison, Line, Mark, Range
from casework.organisation.units.models import Unit

Row = Sequence[object]


def write_workbook(shown: Comparison, province: Unit) -> bytes:
    """An XLSX: the table, and the criteria in full below it."""
    legend = [(), *((one.code, one.text) for one in shown.criteria)]
    above = [_("Units of %(province)s side by side", province=province.label)]
    above.append(_("Period") + f" {shown.edition.label}")
    if shown.other:
        above.append(_("Beside") + f" {shown.other.label}")
    return write_sheet(
        shown.edition.period, _columns(shown), _rows(shown), above=above, below=legend
    )


def write_lines(shown: Comparison) -> bytes:
    """The table as CSV."""
    return write_csv(_columns(shown), _rows(shown))


def _columns(shown: Comparison) -> list[str]:
    columns = [_("Code"), _("Unit"), _("Criteria not met")]
    for told in shown.people:
        about = f"{told.measure.label} ({day(told.from_on)} – {day(told.until_on)})"
        columns += [f"{about}: {_('at least')}", f"{about}: {_('at most')}"]
    for criterion in shown.criteria:
        columns.append(criterion.code)
        if shown.other:
            columns += [f"{criterion.code} {shown.other.label}", f"{criterion.code} {_('change')}"]
    return columns


def _rows(shown: Comparison) -> Iterator[Row]:
    for line in shown.lines:
        yield _row(line, shown)
    blanks = [None] * (1 + 2 * len(shown.people))
    for rating, counts in shown.totals:
        yield "", rating.label, *blanks, *_spread(counts, shown, place=0)
    for change, counts in shown.changes if shown.other else ():
        yield "", change.label, *blanks, *_spread(counts, shown, place=2)


def _row(line: Line, shown: Comparison) -> Row:
    people = [end for told in shown.people for end in _ends(line.people.get(told.measure))]
    marks = [
        word for mark in line.marks for word in (_words(mark) if shown.other else _words(mark)[:1])
    ]
    return line.code, line.label, line.not_met, *people, *marks


def _words(mark: Mark) -> list[str]:
    return [word.label if word else "" for word in (mark.rating, mark.before, mark.change)]


def _ends(printed: Range | None) -> tuple[int | None, int | None]:
    """Both ends; none of what is not printed."""
    if printed is None or printed.shown == "none":
        return None, None
    return printed.low, printed.high


def _spread(counts: Sequence[int], shown: Comparison, place: int) -> Iterator[int | None]:
    """Counts beneath the column of each criterion that they are of."""
    for count in counts:
        if shown.other:
            yield from (count if place == column else None for column in range(3))
        else:
            yield count
