"""Spreadsheets of meetings: the year that goes out, and the meetings that come in, all or none."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.core.audit import Actor
from casework.core.clock import add_months, today
from casework.core.forms import LONG, RuleBroken
from casework.core.sheets import Fault, SheetRefused, SheetRow, day_of
from casework.core.text import fold
from casework.core.workbooks import write_sheet
from casework.organisation.meetings.models import Circle, Meeting, MeetingStatus
from casework.organisation.meetings.operations import (
    MOST_PRESENT,
    OLDEST_MONTHS,
    Diary,
    Logged,
    keep_meeting,
)
from casework.organisation.meetings.queries import MeetingLine
from casework.organisation.meetings.schedules import make_due_ahead

COLUMNS = ("body_or_group", "held_on", "present", "content", "resolutions")
"""What a sheet of meetings must have."""
ALL_COLUMNS = (*COLUMNS, "extra")


def write_template() -> bytes:
    """An empty sheet with the columns the import reads."""
    return write_sheet("meetings", ALL_COLUMNS, [])


def write_year(year: int, lines: Sequence[MeetingLine]) -> bytes:
    """The meetings of a year as a workbook."""
    columns = [
        _("Body or group"),
        _("Kind"),
        _("Due"),
        _("Held"),
        _("Status"),
        _("Number present"),
        _("Minutes of the meeting"),
        _("Reason"),
    ]
    title = _("Meetings %(month)s", month=year)
    return write_sheet(title, columns, [_row(line) for line in lines], above=[title])


def import_meetings(
    rows: Sequence[SheetRow], circles: Sequence[Circle], *, by: Actor, dry_run: bool = False
) -> Sequence[tuple[Logged, bool]]:
    """Log the meetings of a sheet: all of them, or none when a row is wrong.

    Returns each with whether it answers a due one. A dry run checks everything and writes nothing.
    Raises SheetRefused.
    """
    names = defaultdict(list)
    for of in circles:
        names[fold(of.name)].append(of)
    logged, faults = _read_rows(rows, names)
    if not dry_run:
        make_due_ahead([each.of for _row, each in logged])
    answers = _take_all(logged, faults)
    if faults:
        raise SheetRefused(sorted(faults, key=lambda fault: fault.row))
    if not dry_run:
        for each, found in answers:
            keep_meeting(each, found, by=by)
    return [(each, found is not None) for each, found in answers]


def _row(line: MeetingLine) -> list[object]:
    meeting, minutes = line.meeting, line.minutes
    status = meeting.status(today())
    return [
        line.circle.name,
        line.circle.kind_label,
        meeting.due_on,
        meeting.held_on,
        status.label if meeting.due_on else _("extra, was not due"),
        minutes.present if minutes else None,
        _("yes") if minutes else (_("no") if line.lacks_minutes else ""),
        meeting.excuse if status is MeetingStatus.EXCUSED else "",
    ]


def _take_all(
    logged: Sequence[tuple[SheetRow, Logged]], faults: list[Fault]
) -> list[tuple[Logged, Meeting | None]]:
    days = [each.on for _row, each in logged]
    if not days:
        return []
    answers = []
    diary = Diary([each.of for _row, each in logged], min(days), max(days))
    for row, each in logged:
        try:
            answers.append((each, diary.take(each)))
        except RuleBroken as broken:
            faults.append(Fault(row.number, "held_on", str(broken.message)))
    return answers


def _read_rows(
    rows: Iterable[SheetRow], names: Mapping[str, list[Circle]]
) -> tuple[list[tuple[SheetRow, Logged]], list[Fault]]:
    logged, faults = [], []
    for row in rows:
        wrong = list(_faults_of(row, names))
        if wrong:
            faults += [Fault(row.number, column, str(reason)) for column, reason in wrong]
            continue
        told = Logged(
            names[fold(row["body_or_group"])][0],
            day_of(row["held_on"]),
            extra=bool(row["extra"]),
            present=int(row["present"]) if row["present"] else None,
            content=row["content"],
            resolutions=row["resolutions"],
        )
        logged.append((row, told))
    return logged, faults


def _faults_of(row: SheetRow, names: Mapping[str, list[Circle]]) -> Iterator[tuple[str, Any]]:
    found = names.get(fold(row["body_or_group"]), [])
    if len(found) != 1:
        yield (
            "body_or_group",
            _l("Two are called so: log this meeting by hand.")
            if found
            else _l("No body or open group of your unit is called so."),
        )
    try:
        if day_of(row["held_on"]) < add_months(today(), -OLDEST_MONTHS):
            yield "held_on", _l("This date is too long ago.")
    except ValueError:
        yield "held_on", _l("Not a date. Write day/month/year, such as 05/02/2026.")
    yield from _faults_of_minutes(row)


def _faults_of_minutes(row: SheetRow) -> Iterator[tuple[str, Any]]:
    present, content = row["present"], row["content"]
    if present and not (
        present.isdecimal() and len(present) < 9 and 0 < int(present) <= MOST_PRESENT
    ):
        yield "present", _l("A number from %(min)s to %(max)s.", min=1, max=MOST_PRESENT)
    if not present and (content or row["resolutions"]):
        yield "present", _l("Minutes need the number present and what was discussed.")
    if not content and (present or row["resolutions"]):
        yield "content", _l("Minutes need the number present and what was discussed.")
    for column in ("content", "resolutions"):
        if len(row[column]) > LONG:
            yield column, _l("At most %(max)d characters.", max=LONG)
