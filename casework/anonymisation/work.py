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
from casework.anonymisation.bands import Bands
from casework.anonymisation.criteria import Judged, judge_unit, rules_on
from casework.anonymisation.measures import days_of
from casework.anonymisation.models import Publication, PublishedActivity
from casework.anonymisation.places import places_of
from casework.anonymisation.reading import read_records
from casework.anonymisation.records import Records
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


@dataclass(frozen=True)
class Sources:
    """What the work of some months is counted from: records, and what earlier editions told."""

    records: Records
    told: Told


def read_sources(connection: Connection, province_id: UUID, months: Collection[str]) -> Sources:
    """Read once what is needed for months, however many they are and their units."""
    first = add_months(days_of(min(months))[0], BACK)
    records = read_records(connection, province_id, first, days_of(max(months))[1])
    return Sources(records, _read_told(connection, province_id, first))


def count_work(
    sources: Sources, months: Mapping[str, Collection[UUID]], bands: Bands
) -> dict[str, WorkDone]:
    """The work of months, in order, each for the units that are in its edition. Asks no database.

    What the quarters among them tell is added to what was told. `bands` are shares of persons, from
    the protected side.
    """
    records, told = sources.records, sources.told
    found = {}
    for period in sorted(months):
        places = places_of(records, period, months[period])
        figures = print_activity(records, places, told)
        rules = rules_on(records, places.province)
        criteria = [
            judged
            for place in places.units.values()
            if place.on == places.province.on
            for judged in judge_unit(
                place, rules, told, bands.get(period, {}).get(place.unit_id, {})
            )
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
