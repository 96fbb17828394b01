"""Preparing review conferences, and closing them: from then on their report never changes."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm.attributes import flag_modified

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import add_months, now, today
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.inspection.conferences.models import BestPractice, ReviewConference
from casework.inspection.conferences.queries import usual_phase
from casework.inspection.conferences.rules import Report, digest_of, write
from casework.organisation.units.models import Unit

LONGEST_YEARS = 20
_KIND = "conference"


def usual_title(province: Unit, from_on: date, until_on: date) -> str:
    """What the report of a phase is called on paper, unless somebody calls it otherwise."""
    first, last = from_on.year, until_on.year
    years = str(first) if first == last else f"{first}–{last}"
    return f"Tổng kết công tác hỗ trợ hòa nhập cộng đồng tỉnh {province.name} giai đoạn {years}"


def open_conference(province: Unit, answer: dict[str, Any], *, by: Actor) -> ReviewConference:
    """A conference of a province over a phase. Raises RuleBroken."""
    _check_phase(answer["from_on"], answer["until_on"])
    _follow_phase(province, answer, *usual_phase(today()))
    conference = ReviewConference(
        id=uuid4(), province_id=province.id, recorded_by=by.id, **_values(answer)
    )
    db.session.add(conference)
    db.session.flush()
    _note("opened", conference, by)
    return conference


def change_conference(
    conference: ReviewConference, province: Unit, answer: dict[str, Any], *, by: Actor
) -> None:
    """Another phase or other texts, while it is not closed. Raises RuleBroken."""
    _check_open(conference)
    _check_phase(answer["from_on"], answer["until_on"])
    _follow_phase(province, answer, conference.from_on, conference.until_on)
    for name, value in _values(answer).items():
        setattr(conference, name, value)
    _touch(conference, by)
    _note("changed", conference, by)


def add_practice(
    conference: ReviewConference, unit_id: UUID, text: str, *, by: Actor
) -> BestPractice:
    """What one unit did that others may follow. Raises RuleBroken."""
    _check_open(conference)
    practice = BestPractice(
        id=uuid4(), conference_id=conference.id, unit_id=unit_id, text=text, recorded_by=by.id
    )
    db.session.add(practice)
    _touch(conference, by)
    _note("practice_added", conference, by)
    return practice


def remove_practice(conference: ReviewConference, practice: BestPractice, *, by: Actor) -> None:
    """Take one out again, while the conference is not closed. Raises RuleBroken."""
    _check_open(conference)
    db.session.delete(practice)
    _touch(conference, by)
    _note("practice_removed", conference, by)


def close_conference(conference: ReviewConference, report: Report, *, by: Actor) -> None:
    """Freeze the report as it stands, with its digest. Raises RuleBroken."""
    _check_open(conference)
    if not report.years:
        raise RuleBroken(_l("Nothing is published of this phase, so there is nothing to freeze."))
    if not conference.held_on:
        raise RuleBroken(_l("Say first on which day the conference is held."))
    conference.content = write(report)
    conference.digest = digest_of(conference.content)
    conference.closed_by, conference.closed_at = by.id, now()
    audit.record(
        "conference.closed",
        _KIND,
        conference.id,
        by=by,
        unit_id=conference.province_id,
        digest=conference.digest,
    )


def _values(answer: dict[str, Any]) -> dict[str, Any]:
    days = ("from_on", "until_on", "held_on")
    return {name: value if name in days else value or "" for name, value in answer.items()}


def _follow_phase(province: Unit, answer: dict[str, Any], from_on: date, until_on: date) -> None:
    """A title that was left as it was offered for a phase names the phase that was sent."""
    if answer["title"] == usual_title(province, from_on, until_on):
        answer["title"] = usual_title(province, answer["from_on"], answer["until_on"])


def _check_phase(from_on: date, until_on: date) -> None:
    if from_on > until_on:
        raise RuleBroken(_l("The phase ends before it begins."), field="until_on")
    if until_on > today():
        raise RuleBroken(_l("A phase that is not over can't be looked back on."), field="until_on")
    if add_months(from_on, 12 * LONGEST_YEARS) <= until_on:
        raise RuleBroken(
            _l("A phase is at most %(years)s years long.", years=LONGEST_YEARS), field="from_on"
        )


def _check_open(conference: ReviewConference) -> None:
    if conference.is_closed:
        raise RuleBroken(_l("This conference is closed: its report never changes."))


def _touch(conference: ReviewConference, by: Actor) -> None:
    """Whatever changes of a report is a change of the conference: its version tells the second."""
    conference.recorded_by, conference.recorded_at = by.id, now()
    flag_modified(conference, "recorded_at")


def _note(what: str, conference: ReviewConference, by: Actor) -> None:
    audit.record(f"conference.{what}", _KIND, conference.id, by=by, unit_id=conference.province_id)
