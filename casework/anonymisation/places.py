"""A unit, or the whole province, as it stands on the last day of a month: the facts that activity
figures and criteria are both made of.

Everything is as of that day: what was done later is not known yet. What happened counts for the
twelve months that end on it, or for its month or year, as each property says. The rules are those
of the organisation's own pages (docs/organisation.md).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from casework.anonymisation.books import Books
from casework.anonymisation.measures import days_of
from casework.anonymisation.records import Circle, Records, lasts
from casework.core.clock import VIETNAM, add_months, last_year_to, month_end
from casework.inspection.recommendations.models import StepKind
from casework.organisation.bodies.models import CONFIDENTIAL_KINDS, BodyKind, GroupKind
from casework.organisation.meetings.calendar import longest_gap
from casework.organisation.members.models import LEADING, MemberRole
from casework.organisation.settings.models import Setting

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """How a body or group kept its schedule in twelve months: due are neither excused nor still
    open; `minuted` are those held that have minutes, of those that need them.
    """

    circle: Circle
    on_time: int
    due: int
    excused: int
    held: int
    gap: int
    minuted: int
    to_minute: int
    meets: bool


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A leading post that nobody holds, for so many days."""

    body: Circle
    role: MemberRole
    days: int


class Place:
    """A unit with the units it followed by the day, or a province with all of them."""

    def __init__(self, records: Records, unit_id: UUID, on: date) -> None:
        self.records, self.unit_id, self.on = records, unit_id, on
        self.is_province = unit_id == records.province_id
        self.ids = (
            frozenset(each for own in records.units for each in records.line(own, on))
            if self.is_province
            else records.line(unit_id, on)
        )
        self.month = on.replace(day=1), on
        self.twelve_months = last_year_to(on)

    @cached_property
    def circles(self) -> list[Circle]:
        """Bodies and groups that existed on a day of the twelve months."""
        begun = self.records.of(self.records.circles(self.on), self.ids)
        first = self.twelve_months[0]
        return [each for each in begun if each.active_until is None or each.active_until >= first]

    @cached_property
    def bodies(self) -> list[Circle]:
        """The bodies of the day."""
        return [each for each in self.circles if each.is_body and each.stands_on(self.on)]

    @cached_property
    def groups(self) -> list[Circle]:
        """The groups of the day."""
        return [each for each in self.circles if not each.is_body and each.stands_on(self.on)]

    @cached_property
    def regulations(self) -> dict[UUID, date]:
        """The bodies with a regulation in force, and since when it is."""
        found = {}
        for body in self.bodies:
            held = [
                row.valid_from
                for row in self.records.regulations.get(body.id, ())
                if lasts(row.valid_from, row.valid_until, self.on)
            ]
            if held:
                found[body.id] = max(held)
        return found

    @cached_property
    def unbound(self) -> list[Circle]:
        """The bodies that still stand under a unit that is no more."""
        return [body for body in self.bodies if not self.exists(body.unit_id)]

    def exists(self, unit_id: UUID) -> bool:
        """Whether a unit is there on the day."""
        unit = self.records.known[unit_id]
        return lasts(unit.valid_from, unit.valid_until, self.on)

    @cached_property
    def posts(self) -> list[Any]:
        """The posts held on the day in bodies of the day."""
        rows = self.records.of(self.records.posts, (body.id for body in self.bodies))
        return [row for row in rows if lasts(row.from_on, row.until_on, self.on)]

    def members(self, body: Circle | None = None, role: str | None = None) -> set[UUID]:
        """Who holds a post: in a body, in a role."""
        return {
            row.member_id
            for row in self.posts
            if (body is None or row.body_id == body.id) and (role is None or row.role == role)
        }

    @cached_property
    def vacancies(self) -> list[Vacancy]:
        """Leading posts nobody holds, since the last holder's last day or the body's beginning."""
        found = []
        for body in self.bodies:
            filled = {row.role for row in self.posts if row.body_id == body.id}
            for role in LEADING[BodyKind(body.kind)]:
                if role not in filled:
                    since = self._vacant_since(body, role)
                    found.append(Vacancy(body, role, (self.on - since).days + 1))
        return found

    def _vacant_since(self, body: Circle, role: MemberRole) -> date:
        ends = [
            row.until_on
            for row in self.records.posts.get(body.id, ())
            if row.role == role and row.until_on and row.until_on < self.on
        ]
        return max(ends) + ONE_DAY if ends else body.active_from

    @cached_property
    def counsellors(self) -> set[UUID]:
        """Who counsels: as counselor, in any post of a counselling group, or with an account that
        has the role of counselor here.
        """
        counsels = {
            row.member_id
            for row in self._posts_of_members
            if row.role == MemberRole.COUNSELOR or row.group_kind == GroupKind.COUNSELLING
        }
        roles = self.records.of(self.records.counselor_roles, self.ids)
        return counsels | {
            row.member_id
            for row in roles
            if row.role_unit_id in self.ids and lasts(row.from_on, row.until_on, self.on)
        }

    @cached_property
    def _posts_of_members(self) -> list[Any]:
        """Posts in bodies of this place, and of its members in bodies elsewhere."""
        here = {body.id for body in self.bodies}
        elsewhere = [
            row
            for rows in self.records.circles(self.on).values()
            for body in rows
            if body.is_body and body.stands_on(self.on) and body.id not in here
            for row in self.records.posts.get(body.id, ())
            if row.member_unit_id in self.ids and lasts(row.from_on, row.until_on, self.on)
        ]
        return [*self.posts, *elsewhere]

    @cached_property
    def trained(self) -> set[UUID]:
        """Who of them took part in a course in counselling that ended within the months set."""
        months = self.records.number(Setting.TRAINING_MONTHS, self.on)
        since = add_months(self.on, -months)
        return {
            member_id
            for member_id in self.counsellors
            if any(
                since <= row.until_on <= self.on for row in self.records.trained.get(member_id, ())
            )
        }

    @cached_property
    def meetings(self) -> list[Any]:
        """The meetings of bodies and groups, due or held whenever."""
        return self.records.of(self.records.meetings, self.ids)

    @cached_property
    def kept(self) -> list[Kept]:
        """How each body and group kept its schedule in twelve months."""
        rows: dict[UUID, list[Any]] = {each.id: [] for each in self.circles}
        for row in self.meetings:
            circle_id = row.body_id or row.group_id
            if circle_id in rows:
                rows[circle_id].append(row)
        return [self._kept(circle, rows[circle.id]) for circle in self.circles]

    def _kept(self, circle: Circle, rows: Sequence[Any]) -> Kept:
        first, last = self.twelve_months
        end = min(last, circle.active_until or last)
        due = [row for row in rows if row.due_on and first <= row.due_on <= end]
        statuses = [self._status(row) for row in due]
        held = [row for row in rows if row.held_on and first <= row.held_on <= last]
        has_minutes = circle.id in self.circles_with_minutes
        excused, still_open = statuses.count("excused"), statuses.count("open")
        postponed = (
            row.due_on for row, status in zip(due, statuses, strict=True) if status == "excused"
        )
        return Kept(
            circle,
            on_time=statuses.count("on_time"),
            due=len(due) - excused - still_open,
            excused=excused,
            held=len(held),
            gap=longest_gap(
                (row.held_on for row in held), max(first, circle.active_from), end, postponed
            ),
            minuted=sum(row.minutes_id is not None for row in held) if has_minutes else 0,
            to_minute=len(held) if has_minutes else 0,
            meets=bool(circle.interval or due or held),
        )

    def _status(self, row: Any) -> str:
        """How a due meeting stands on the day; one held later is not held yet."""
        if row.held_on is not None and row.held_on <= self.on:
            late = abs((row.held_on - row.due_on).days) > row.window_days
            return "late" if late else "on_time"
        if row.held_on is None and row.excuse:
            return "excused"
        return "missed" if (self.on - row.due_on).days > row.window_days else "open"

    @cached_property
    def circles_with_minutes(self) -> set[UUID]:
        """Bodies and open groups; what is said in the others is confidential."""
        return {
            each.id for each in self.circles if each.is_body or each.kind not in CONFIDENTIAL_KINDS
        }

    @cached_property
    def hamlets(self) -> set[UUID]:
        """The hamlets of the day."""
        rows = self.records.of(self.records.hamlets, self.ids)
        return {row.id for row in rows if lasts(row.active_from, row.active_until, self.on)}

    @cached_property
    def covered(self) -> set[UUID]:
        """Those of them that a communication session of the twelve months reached."""
        rows = self.records.of(self.records.covered, self.ids)
        return self.hamlets & {row.hamlet_id for row in within(rows, self.twelve_months)}

    @cached_property
    def communications(self) -> list[Any]:
        """Communication sessions, whenever."""
        return self.records.of(self.records.communications, self.ids)

    @cached_property
    def partners(self) -> set[UUID]:
        """The partners with which something was done in the twelve months."""
        rows = self.records.of(self.records.joint, self.ids)
        return {row.partner_id for row in within(rows, self.twelve_months)}

    @property
    def has_plan(self) -> bool:
        """Whether there is a plan for the year."""
        plans = self.records.of(self.records.plans, self.ids)
        return any(plan.year == self.on.year for plan in plans)

    @cached_property
    def books(self) -> Books:
        """Its money."""
        teams = [each for each in self.circles if each.is_body]
        return Books(self.records, self.ids, teams, self.on)

    @cached_property
    def reports(self) -> tuple[int, int]:
        """Reports handed in on time, and those due, in the twelve months. One that can still be on
        time counts nowhere. Of a province only the units at work are asked.
        """
        first, last = self.twelve_months
        on_time = due = 0
        for period in self.records.report_periods:
            if not first <= period.due_on <= last:
                continue
            for unit_id in self._reporting:
                submitted = self.records.reports.get((unit_id, period.id), date.max)
                if self._is_expected(unit_id, period):
                    is_settled = submitted <= self.on or self.on > period.due_on
                    due += is_settled
                    on_time += submitted <= min(period.due_on, self.on)
        return on_time, due

    @cached_property
    def _reporting(self) -> frozenset[UUID]:
        at_work = self.records.first_bodies.keys() | self.records.first_roles.keys()
        return self.ids & at_work if self.is_province else self.ids

    def _is_expected(self, unit_id: UUID, period: Any) -> bool:
        unit = self.records.known[unit_id]
        begun = self.records.first_bodies.get(unit_id)
        return (
            unit.province_id == period.province_id
            and lasts(unit.valid_from, unit.valid_until, period.until_on)
            and (begun is None or begun <= period.until_on)
        )

    @cached_property
    def reviews(self) -> tuple[int, int]:
        """Months in which the accounts were reviewed, and months that somebody had one, of the
        twelve.
        """
        begun = [day for each in self.ids if (day := self.records.first_roles.get(each))]
        first = min(begun, default=date.max)
        months = [add_months(self.on.replace(day=1), -back) for back in range(12)]
        due = {month for month in months if month_end(month.year, month.month) >= first}
        done = {row.month for row in self.records.of(self.records.reviews, self.ids)}
        return len(due & done), len(due)

    @cached_property
    def recommendations(self) -> tuple[int, int]:
        """Recommendations of inspectors done in time, and those that fell due in the twelve months.

        Due is the day the minutes say, or the later one that was given before it had passed. Done
        is what an inspector confirmed, on the day the confirmation says. Not counted: what was
        waived, and what the unit says it did in time while no inspector has looked yet.
        """
        first, last = self.twelve_months
        done = due = 0
        for row in self.records.of(self.records.recommendations, self.ids):
            if row.in_force_on is None or row.in_force_on > self.on:
                continue
            remedy = self._remedy(row)
            if first <= remedy.due_on <= last and not remedy.is_waived and not remedy.waits:
                due += 1
                done += remedy.is_done_in_time
        return done, due

    def _remedy(self, row: Any) -> "Remedy":
        remedy = Remedy(row.first_due_on)
        for step in self.records.recommendation_steps.get(row.id, ()):
            day = step.at.astimezone(VIETNAM).date()
            if day <= self.on:
                remedy.take(step.kind, day, step.on)
        return remedy


@dataclass(slots=True)
class Remedy:
    """How a recommendation stands on a day, taken step by step."""

    due_on: date
    done_on: date | None = None
    is_verified: bool = False
    is_waived: bool = False

    def take(self, kind: str, day: date, on: date | None) -> None:
        """One step of a day. `on`: the new due day, or the day on which it was done."""
        if kind == StepKind.EXTENSION:
            self.due_on = on if on and day <= self.due_on else self.due_on
        elif kind in (StepKind.ANSWER, StepKind.RETURN, StepKind.VERIFICATION):
            self.done_on = on
            self.is_verified = kind == StepKind.VERIFICATION
        elif kind == StepKind.WAIVER:
            self.is_waived = True

    @property
    def is_done_in_time(self) -> bool:
        """Whether an inspector confirmed that it was done by its day."""
        return self.is_verified and self.done_on is not None and self.done_on <= self.due_on

    @property
    def waits(self) -> bool:
        """Whether the unit says that it was done by its day, and no inspector has looked yet."""
        return not self.is_verified and self.done_on is not None and self.done_on <= self.due_on


@dataclass(frozen=True)
class Places:
    """A month of an edition: the units that are in it (`here`), those of them that existed in the
    month as they stood on its last day (or their own last one), and the province.
    """

    period: str
    here: frozenset[UUID]
    units: Mapping[UUID, Place]
    province: Place


def places_of(records: Records, period: str, here: Collection[UUID]) -> Places:
    """A month for the units of an edition. What is left of a unit that ended before it is counted
    with the units that followed it.
    """
    first, last = days_of(period)
    places = {}
    for unit_id in sorted(here, key=str):
        unit = records.units[unit_id]
        if unit.valid_from <= last and (unit.valid_until or last) >= first:
            places[unit_id] = Place(records, unit_id, min(last, unit.valid_until or last))
    return Places(period, frozenset(here), places, Place(records, records.province_id, last))


def within(rows: Sequence[Any], days: tuple[date, date]) -> list[Any]:
    """The rows of what was held between two days."""
    return [row for row in rows if days[0] <= row.held_on <= days[1]]
