"""How many of the open cases are kept as the checklist asks: D1, D2, D3, D5.

Counted at the ends of quarters, of the open cases that may be counted, by unit. Between them the
band of the last quarter's end stands: a share told every month would hang on counts that are
printed by quarter.

* D1: a needs assessment holds on the day.
* D2: a support plan is agreed on, and its review is not overdue.
* D3: there was a contact within the days that the province has set, up to the day.
* D5: the consent to keep the record holds, and so does that of every referral still under way.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, case, func, or_, select

from casework.anonymisation.bands import (
    AGREED,
    ASSESSED,
    BANDED,
    CONTACTED,
    PLANNED,
    Band,
    Bands,
    band_of,
    bands_for,
)
from casework.anonymisation.measures import countable_cases, counts_from, days_of
from casework.anonymisation.plan import Cell, ends_quarter, quarter_of
from casework.anonymisation.reading import read_settings
from casework.anonymisation.sequence import Print
from casework.confidential.assessments.models import Assessment
from casework.confidential.cases.models import Episode
from casework.confidential.consent.models import Consent, Purpose
from casework.confidential.contacts.models import Contact
from casework.confidential.plans.models import Plan, PlanReview
from casework.confidential.referrals.models import Referral
from casework.core.clock import add_months
from casework.inspection.readmodel.models import Measure
from casework.organisation.settings.models import Setting
from casework.organisation.units.models import Unit

Kept = Mapping[tuple[UUID, str], Mapping[str, int]]
"""By unit and month: how many of the open cases meet each code."""


@dataclass(frozen=True, slots=True)
class Share:
    """The band that is told of a unit at the end of a month."""

    unit: str
    month: str
    code: str
    band: Band


def count_kept(connection: Connection, province_id: UUID, months: Iterable[str]) -> Kept:
    """Count a province at the end of each month given. Eight statements, however many units."""
    ends = {month: days_of(month)[1] for month in months}
    if not ends:
        return {}
    records = _Records(connection, province_id, ends)
    kept: dict[tuple[UUID, str], Counter[str]] = defaultdict(Counter)
    for month, end in ends.items():
        for case_id, unit_id in records.open_cases(end):
            for code, meets in records.meets(case_id, month).items():
                kept[unit_id, month][code] += meets
    return kept


def tell_shares(
    kept: Kept, prints: Mapping[Cell, Print], names: Mapping[UUID, str], months: Sequence[str]
) -> list[Share]:
    """The bands of units at the ends of quarters among `months`, out of what is printed then."""
    told = []
    for month in filter(ends_quarter, months):
        for unit_id, name in names.items():
            base = prints.get(Cell("unit", name, Measure.OPEN, month))
            if base is None or base.low is None:
                continue
            for code in BANDED:
                most = _most(name, month) if code == CONTACTED else None
                bands = bands_for(base.low, base.high, _low(prints, most))
                met = kept.get((unit_id, month), {}).get(code, 0)
                if bands:
                    band = band_of(met, base.count, bands)
                    told.append(Share(name, month, code, band))
    return told


def _most(name: str, month: str) -> Cell:
    """Whoever had a contact in the last days of a quarter was supported in it."""
    return Cell("unit", name, Measure.SUPPORTED, quarter_of(month))


def _low(prints: Mapping[Cell, Print], cell: Cell | None) -> int | None:
    """The least value printed of a count; 0 where nothing is. None: there is no such count."""
    if cell is None:
        return None
    printed = prints.get(cell)
    return (printed.low or 0) if printed else 0


def bands_by_month(
    shares: Iterable[Share],
    before: Mapping[UUID, Mapping[str, Band]],
    ids: Mapping[str, UUID],
    months: Sequence[str],
) -> Bands:
    """What each month tells: the bands of the last quarter's end, or none. `before`: those that
    stood before the first month.
    """
    fresh: dict[str, dict[UUID, dict[str, Band]]] = defaultdict(lambda: defaultdict(dict))
    for share in shares:
        fresh[share.month][ids[share.unit]][share.code] = share.band
    found: dict[str, Mapping[UUID, Mapping[str, Band]]] = {}
    standing = before
    for month in months:
        if ends_quarter(month):
            standing = fresh[month]
        found[month] = {
            unit_id: {code: standing.get(unit_id, {}).get(code, Band.NONE) for code in BANDED}
            for unit_id in ids.values()
        }
    return found


class _Records:
    """What is asked of the open cases of a province, at the ends of some months."""

    def __init__(self, connection: Connection, province_id: UUID, ends: Mapping[str, date]) -> None:
        self.connection, self.province_id, self.ends = connection, province_id, ends
        self.may = countable_cases(province_id)
        self.settings = read_settings(connection, province_id)
        self.assessed = self._last(Assessment)
        self.contacted = self._last(Contact, Contact.taken_back_at.is_(None))
        self.plans = self._by_case(
            select(Plan.case_id, Plan.id, Plan.agreed_on, Plan.ended_on, Plan.review_on)
        )
        self.reviews: dict[UUID, list[Any]] = defaultdict(list)
        for row in self._rows(
            select(
                PlanReview.case_id,
                PlanReview.plan_id,
                PlanReview.on.label("on"),
                PlanReview.due_on,
                PlanReview.next_on,
            ).order_by(PlanReview.on)
        ):
            self.reviews[row.plan_id].append(row)
        self.answers = self._by_case(
            select(
                Consent.case_id,
                Consent.purpose,
                Consent.partner_id,
                Consent.is_given,
                Consent.until_on,
                Consent.on.label("on"),
            )
            .where(Consent.purpose.in_((Purpose.RECORD, Purpose.REFERRAL)))
            .order_by(Consent.on, Consent.recorded_at)
        )
        self.referrals = self._by_case(
            select(
                Referral.case_id, Referral.partner_id, Referral.sent_on, Referral.answered_on
            ).where(Referral.taken_back_at.is_(None))
        )

    def open_cases(self, end: date) -> list[tuple[UUID, UUID]]:
        """Each open case with the unit it stands under."""
        query = (
            select(Episode.case_id, Episode.unit_id)
            .join(self.may, self.may.c.case_id == Episode.case_id)
            .join(Unit, Unit.id == Episode.unit_id)
            .where(
                Unit.province_id == self.province_id,
                counts_from(self.may),
                Episode.opened_on <= end,
                or_(Episode.closed_on.is_(None), Episode.closed_on > end),
                or_(self.may.c.until.is_(None), self.may.c.until > end),
            )
        )
        return [(case_id, unit_id) for case_id, unit_id in self.connection.execute(query)]

    def meets(self, case_id: UUID, month: str) -> dict[str, bool]:
        """What a case meets at the end of a month."""
        end = self.ends[month]
        return {
            ASSESSED: self._is_assessed(case_id, month, end),
            PLANNED: any(
                plan.agreed_on <= end
                and (plan.ended_on is None or plan.ended_on > end)
                and review_due(plan.review_on, self.reviews.get(plan.id, ()), end) >= end
                for plan in self.plans.get(case_id, ())
            ),
            CONTACTED: self._is_contacted(case_id, month, end),
            AGREED: self._agrees(case_id, Purpose.RECORD, None, end)
            and all(
                self._agrees(case_id, Purpose.REFERRAL, each.partner_id, end)
                for each in self.referrals.get(case_id, ())
                if each.sent_on <= end and (each.answered_on is None or each.answered_on > end)
            ),
        }

    def _is_assessed(self, case_id: UUID, month: str, end: date) -> bool:
        on = self.assessed.get((case_id, month))
        months = self._number(Setting.ASSESSMENT_MONTHS, on or end)
        return on is not None and add_months(on, months) > end

    def _is_contacted(self, case_id: UUID, month: str, end: date) -> bool:
        on = self.contacted.get((case_id, month))
        return on is not None and on > end - timedelta(self._number(Setting.CONTACT_DAYS, end))

    def _agrees(self, case_id: UUID, purpose: Purpose, partner_id: UUID | None, end: date) -> bool:
        answers = [
            answer
            for answer in self.answers.get(case_id, ())
            if (answer.purpose, answer.partner_id) == (purpose, partner_id) and answer.on <= end
        ]
        last = answers[-1] if answers else None
        return (
            last is not None and last.is_given and (last.until_on is None or last.until_on >= end)
        )

    def _number(self, setting: Setting, on: date) -> int:
        return int(self.settings[setting].on(on))

    def _last(
        self, record: type[Assessment] | type[Contact], *conditions: Any
    ) -> dict[tuple[UUID, str], date]:
        """The newest day up to each month's end, by case and month."""
        on = record.on
        columns = [
            func.max(case((on <= end, on)), type_=on.type).label(month)
            for month, end in self.ends.items()
        ]
        query = select(record.case_id, *columns).where(*conditions).group_by(record.case_id)
        return {
            (case_id, month): day
            for case_id, *days in self._rows(query)
            for month, day in zip(self.ends, days, strict=True)
            if day is not None
        }

    def _by_case(self, query: Select[*tuple[Any, ...]]) -> dict[UUID, list[Any]]:
        found: dict[UUID, list[Any]] = defaultdict(list)
        for row in self._rows(query):
            found[row.case_id].append(row)
        return found

    def _rows(self, query: Select[*tuple[Any, ...]]) -> list[Any]:
        """The rows of a query whose first column is a case, of those that may be counted."""
        case_id = query.selected_columns[0]
        return list(self.connection.execute(query.where(case_id.in_(select(self.may.c.case_id)))))


def review_due(review_on: date, reviews: Sequence[Any], end: date) -> date:
    """When a plan was to be looked at again, as it stood on a day. A plan keeps the newest day
    alone; the reviews, oldest first, say which stood before.
    """
    done = [review.next_on for review in reviews if review.on <= end]
    later = [review.due_on for review in reviews if review.on > end]
    due: date = done[-1] if done else later[0] if later else review_on
    return due
