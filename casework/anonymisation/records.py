"""The organisation's rows of a province, by the unit they name. `reading` fills them.

A record keeps the unit as it was, so the records of a unit are those that name it and those that
name a unit it followed by the day (`Records.line`). Where a body stood on a day its decisions say,
not the unit it stands under now.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from casework.organisation.remuneration.models import Due, Held, due_for_month
from casework.organisation.settings.models import (
    PartMonth,
    Setting,
)
from casework.organisation.settings.queries import Dated, Rates

ByUnit = Mapping[UUID, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Circle:
    """A body or a group as it stands on a day. `interval` is that of its schedule in months;
    `is_decided` whether a decision holds.
    """

    id: UUID
    body_id: UUID | None
    kind: str
    unit_id: UUID
    active_from: date
    active_until: date | None
    interval: int | None
    is_decided: bool

    @property
    def is_body(self) -> bool:
        """Whether it is a body, not a group."""
        return self.body_id == self.id

    def stands_on(self, on: date) -> bool:
        """Whether it exists on a day; the first and the last day count."""
        return lasts(self.active_from, self.active_until, on)


@dataclass(frozen=True)
class Records:
    """Every row, by the unit it names; what has no unit of its own, by the body or line it is of.

    `units` are those of the province; `known` also those they followed, with their last days.
    """

    province_id: UUID
    units: Mapping[UUID, Any]
    known: Mapping[UUID, Any]
    successions: Sequence[Any]
    bodies: Sequence[Any]
    groups: Sequence[Any]
    decisions: ByUnit
    regulations: ByUnit
    schedules: ByUnit
    posts: ByUnit
    meetings: ByUnit
    counselor_roles: ByUnit
    trained: ByUnit
    communications: ByUnit
    covered: ByUnit
    hamlets: ByUnit
    plans: ByUnit
    lines: ByUnit
    movements: ByUnit
    payments: Mapping[tuple[UUID, UUID], Sequence[Any]]
    report_periods: Sequence[Any]
    reports: Mapping[tuple[UUID, UUID], date]
    joint: ByUnit
    reviews: ByUnit
    first_roles: Mapping[UUID, date]
    recommendations: ByUnit
    recommendation_steps: ByUnit
    referrals: ByUnit
    support: ByUnit
    rates: Rates
    settings: Mapping[Setting, Dated]
    sets: Sequence[Any]
    criteria: ByUnit
    _circles: dict[date, dict[UUID, list[Circle]]] = field(default_factory=dict)
    _due: dict[tuple[tuple[Held, ...], date], Due | None] = field(default_factory=dict)

    def line(self, unit_id: UUID, on: date) -> frozenset[UUID]:
        """A unit and all units that it followed by a day."""
        found, ahead = {unit_id}, [unit_id]
        while ahead:
            later = ahead.pop()
            earlier = {s.predecessor_id for s in self.successions
                       if s.successor_id == later and s.on <= on} - found  # fmt: skip
            found |= earlier
            ahead += earlier
        return frozenset(found)

    def of(self, rows: ByUnit, unit_ids: Iterable[UUID]) -> list[Any]:
        """The rows of units."""
        return [row for unit_id in unit_ids for row in rows.get(unit_id, ())]

    def number(self, setting: Setting, on: date) -> int:
        """A setting as it held on a day."""
        return int(self.settings[setting].on(on))

    def due(self, roles: tuple[Held, ...], month: date) -> Due | None:
        """What is due to somebody who held these roles in one team, for a month."""
        key = roles, month
        if key not in self._due:
            part_month = PartMonth(self.settings[Setting.PART_MONTH].on(month))
            self._due[key] = due_for_month(roles, month, self.rates, part_month)
        return self._due[key]

    def circles(self, on: date) -> Mapping[UUID, list[Circle]]:
        """Bodies and groups begun by a day, ended ones too, by the unit they stood under."""
        if on not in self._circles:
            found: dict[UUID, list[Circle]] = defaultdict(list)
            places = {}
            for body in self.bodies:
                unit_id, is_decided = self._place(body, on)
                places[body.id] = unit_id
                if body.active_from <= on:
                    found[unit_id].append(self._stand(body, body.id, unit_id, is_decided, on))
            for group in self.groups:
                if group.active_from <= on:
                    unit_id = places.get(group.body_id, group.unit_id)
                    found[unit_id].append(self._stand(group, group.body_id, unit_id, False, on))
            self._circles[on] = found
        return self._circles[on]

    @cached_property
    def first_bodies(self) -> Mapping[UUID, date]:
        """When the first body of each unit was set up."""
        first: dict[UUID, date] = {}
        for body in self.bodies:
            first[body.unit_id] = min(first.get(body.unit_id, date.max), body.active_from)
        return first

    def _place(self, body: Any, on: date) -> tuple[UUID, bool]:
        begun = [each for each in self.decisions.get(body.id, ()) if each.effective_on <= on]
        newest = max(begun, key=lambda each: (each.effective_on, each.recorded_at), default=None)
        return (newest.unit_id if newest else body.unit_id), newest is not None

    def _stand(
        self, row: Any, body_id: UUID | None, unit_id: UUID, is_decided: bool, on: date
    ) -> Circle:
        day = min(on, row.active_until or on)
        held = [each for each in self.schedules.get(row.id, ())
                if lasts(each.from_on, each.until_on, day)]  # fmt: skip
        newest = max(held, key=lambda each: each.from_on, default=None)
        return Circle(
            row.id,
            body_id,
            row.kind,
            unit_id,
            row.active_from,
            row.active_until,
            newest.interval_months if newest else None,
            is_decided,
        )


def lasts(first: date, last: date | None, on: date) -> bool:
    """Whether a day lies between two days, both inclusive; without a last day there is no end."""
    return first <= on and (last is None or last >= on)
