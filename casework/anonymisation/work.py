"""What editions say of work done, beside the counts of persons: figures and judged criteria.

Counted for all months of a publication at once. Nothing here is proved together with the counts of
persons: no figure of work done is a part of one.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Connection, select

from casework.anonymisation.activity import Printed, Told, print_activity
from casework.anonymisation.criteria import Judged, judge_unit, rules_on
from casework.anonymisation.measures import days_of
from casework.anonymisation.models import Publication, PublishedActivity
from casework.anonymisation.places import places_of
from casework.anonymisation.records import read_records
from casework.core.clock import add_months
from casework.inspection.readmodel.models import ActivityMeasure

BACK = -16
"""Months read before the first one: twelve, and those whose remuneration falls due in them."""
_TOLD = (
    ActivityMeasure.REFERRALS_SENT,
    ActivityMeasure.REFERRALS_ANSWERED,
    ActivityMeasure.SUPPORT_ITEMS,
)


@dataclass(frozen=True)
class WorkDone:
    """What one edition says of work done."""

    figures: list[Printed]
    criteria: list[Judged]


def count_work(
    connection: Connection, province_id: UUID, months: Mapping[str, Collection[UUID]]
) -> dict[str, WorkDone]:
    """The work of months, in order, each for the units that are in its edition.

    One reading of the records, however many months and units.
    """
    first, last = days_of(min(months))[0], days_of(max(months))[1]
    records = read_records(connection, province_id, add_months(first, BACK), last)
    told = _read_told(connection, province_id, add_months(first, BACK))
    found = {}
    for period in sorted(months):
        places = places_of(records, period, months[period])
        figures = print_activity(records, places, told)
        rules = rules_on(records, places.province)
        criteria = [
            judged
            for unit_id, place in places.units.items()
            if place.on == places.province.on
            for judged in judge_unit(place, rules, told)
        ]
        found[period] = WorkDone(figures, criteria)
    return found


def _read_told(connection: Connection, province_id: UUID, first: date) -> Told:
    """What earlier editions told of referrals and support."""
    row = PublishedActivity
    query = (
        select(row.unit_id, row.measure, row.kind, row.from_on, row.low, row.high)
        .join(Publication, Publication.id == row.publication_id)
        .where(
            Publication.province_id == province_id,
            row.measure.in_(_TOLD),
            row.low.is_not(None),
            row.until_on >= first,
        )
    )
    told = Told()
    for unit_id, measure, kind, from_on, low, high in connection.execute(query):
        told.add(unit_id, measure, kind, from_on, (low or 0, high))
    return told
