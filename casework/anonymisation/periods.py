"""How far each month of a province is on its way to publication.

A month may be marked complete and signed from the day after its last day, and closes so many days
later (setting CLOSING_DAYS). Closed, it is published, in order. From then on nothing of it changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from casework.anonymisation.measures import days_of, first_record_on
from casework.anonymisation.models import Publication
from casework.anonymisation.plan import months_between, previous_month
from casework.core.clock import today
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.labels import Labelled
from casework.organisation.settings.models import Setting
from casework.organisation.settings.queries import Dated, read_settings

PUBLISHED_SHOWN = 6


class Stage(Labelled):
    """How far a month is. Prepared: proved and kept by a run that was interrupted."""

    RUNNING = "running", _l("not over yet")
    OPEN = "open", _l("over, records may still come")
    CLOSED = "closed", _l("closed, waits for publication")
    PREPARED = "prepared", _l("proved, not yet out")
    PUBLISHED = "published", _l("published")


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a province."""

    period: str
    stage: Stage
    closes_on: date
    published_at: datetime | None

    @property
    def label(self) -> str:
        """10/2026."""
        return f"{self.period[5:]}/{self.period[:4]}"

    @property
    def first_day(self) -> date:
        """Its first day."""
        return days_of(self.period)[0]

    @property
    def last_day(self) -> date:
        """Its last day."""
        return days_of(self.period)[1]

    @property
    def is_frozen(self) -> bool:
        """Whether its numbers stand for ever."""
        return self.stage in (Stage.PREPARED, Stage.PUBLISHED)

    @property
    def may_be_worked_on(self) -> bool:
        """Whether it may be marked and signed."""
        return self.stage in (Stage.OPEN, Stage.CLOSED)

    @property
    def may_be_published(self) -> bool:
        """Whether its turn has come, once those before it are out."""
        return self.stage in (Stage.CLOSED, Stage.PREPARED)


def list_months(province_id: UUID) -> list[Month]:
    """The months of a province, newest first: the running one, all that wait, the last that are
    out.
    """
    query = (
        select(Publication.period, Publication.published_at)
        .where(Publication.province_id == province_id)
        .order_by(Publication.period)
    )
    out: dict[str, datetime | None] = dict(db.session.execute(query).all())
    closing = read_settings(province_id)[Setting.CLOSING_DAYS]
    months = [_month(period, out, closing) for period in _periods(province_id, list(out))]
    return months[::-1]


def find_month(months: Sequence[Month], asked: str) -> Month:
    """The month that a page or a form is about: the one asked for, else the first that waits.
    Raises RuleBroken when there is no such month here.
    """
    if not asked:
        waiting = [month for month in months if month.may_be_worked_on or month.may_be_published]
        return waiting[-1] if waiting else months[0]
    found = next((month for month in months if month.period == asked), None)
    if found is None:
        message = _l("There is no such month here: it is not over, or it was out long ago.")
        raise RuleBroken(message)
    return found


def due_before(months: Sequence[Month], month: Month) -> list[str]:
    """The months that come out together with one: itself and those before it that are not out."""
    return sorted(
        each.period
        for each in months
        if each.period <= month.period and each.stage is not Stage.PUBLISHED
    )


def require_open(month: Month) -> None:
    """A month is marked and signed once it is over and until it is published. Raises RuleBroken."""
    if month.is_frozen:
        message = _l("%(month)s is published: nothing of it changes any more.", month=month.label)
        raise RuleBroken(message)
    if not month.may_be_worked_on:
        raise RuleBroken(_l("%(month)s is not over yet.", month=month.label))


def _periods(province_id: UUID, out: list[str]) -> tuple[str, ...]:
    running = f"{today():%Y-%m}"
    if out:
        begin = out[-PUBLISHED_SHOWN:][0]
    else:
        first = first_record_on(db.session.connection(), province_id)
        begin = f"{first:%Y-%m}" if first else previous_month(running)
    return months_between(min(begin, previous_month(running)), running)


def _month(period: str, out: dict[str, datetime | None], closing: Dated) -> Month:
    last = days_of(period)[1]
    closes_on = last + timedelta(days=int(closing.on(last)))
    if period in out:
        stage = Stage.PUBLISHED if out[period] else Stage.PREPARED
    elif last >= today():
        stage = Stage.RUNNING
    else:
        stage = Stage.CLOSED if closes_on <= today() else Stage.OPEN
    return Month(period, stage, closes_on, out.get(period))
