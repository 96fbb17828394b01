"""Groups, when they were due and whether they met; rosters and who came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from uuid import UUID

from casework.confidential.cases.models import Sex
from casework.confidential.groups.models import Attendance, Facilitator, GroupMember, GroupSession
from casework.core.clock import add_months
from casework.demonstration import names, notes
from casework.demonstration.activities import add_minutes, outcome
from casework.demonstration.cases import MadeCase
from casework.demonstration.horizon import Horizon, moment
from casework.demonstration.keys import Organisation, Staff, make_keys
from casework.demonstration.rows import Batch, Row, seal
from casework.demonstration.staff import Team
from casework.organisation.bodies.models import CONFIDENTIAL_KINDS, Group, GroupKind
from casework.organisation.meetings.calendar import LAST_WEEK, due_days
from casework.organisation.meetings.models import ON_TIME_DAYS, Meeting, Pause, PauseKind, Schedule
from casework.organisation.meetings.schedules import MONTHS_AHEAD
from casework.organisation.units.models import Unit
from casework.vault.grants import Compartment

# Neutral names: they say nothing of what members have in common.
NAMES = (
    "Nhóm Sen Hồng", "Nhóm Cây Đước", "Nhóm Bình Minh", "Nhóm Phù Sa", "Nhóm Ban Mai",
    "Nhóm Đồng Xanh", "Nhóm Sông Quê", "Nhóm Hoa Tràm", "Nhóm Cánh Buồm", "Nhóm Nắng Mới",
    "Nhóm Bông Súng", "Nhóm Hải Âu",
)  # fmt: skip
OPEN_NAMES = {
    GroupKind.COMMUNICATION: "Nhóm Truyền thông",
    GroupKind.COUNSELLING: "Nhóm Tư vấn",
}
WEEKDAYS = (0, 1, 2, 3, 4, 5)
USUAL_ROSTER = (8, 10, 11, 12, 12, 13, 14)
FULL_ROSTER, FLOOD_MONTH = 12, 10
PRESENCE, WITH_CASE = 0.78, 0.7


@dataclass(frozen=True, slots=True)
class Plan:
    """A group to be made: who leads it, and with whom; how many belong to it; whether it is due
    today.
    """

    kind: GroupKind
    leader: Staff | None = None
    roster: int = 0
    due_today: bool = False
    second: Staff | None = None


def usual_plans(rng: Random, team: Team) -> list[Plan]:
    """Three to five groups of a unit, one or two of them with a roster."""
    leader = team.counselors[0]
    plans = [Plan(GroupKind.COMMUNICATION), Plan(GroupKind.COUNSELLING)]
    plans.append(Plan(GroupKind.SELF_HELP, leader, rng.choice(USUAL_ROSTER)))
    if rng.random() < 0.5:
        kind = rng.choice(CONFIDENTIAL_KINDS)
        plans.append(Plan(kind, leader, rng.choice(USUAL_ROSTER)))
    return plans


def plans_to_try(team: Team) -> list[Plan]:
    """The first unit: two groups of the first counselor, one due today; one of the other."""
    first, second = team.counselors[:2]
    return [
        Plan(GroupKind.COMMUNICATION),
        Plan(GroupKind.COUNSELLING),
        Plan(GroupKind.SELF_HELP, first, FULL_ROSTER, due_today=True, second=second),
        Plan(GroupKind.SELF_HELP, first, 9),
        Plan(GroupKind.PEER, second, 10),
    ]


@dataclass(frozen=True, slots=True)
class GroupMaker:
    """Makes the groups of one unit. `punctuality` is the share of meetings it keeps on schedule."""

    batch: Batch
    rng: Random
    horizon: Horizon
    unit: Unit
    team: Team
    organisation: Organisation | None
    punctuality: float
    body_id: UUID

    def make_all(self, plans: Sequence[Plan], cases: Sequence[MadeCase]) -> None:
        """The groups of the unit with everything that belongs to them."""
        kept = self.rng.sample(NAMES, len(plans))
        for plan, name in zip(plans, kept, strict=True):
            own = [case for case in cases if case.counselor is plan.leader]
            self._make(plan, OPEN_NAMES.get(plan.kind, name), own)

    def _make(self, plan: Plan, name: str, cases: Sequence[MadeCase]) -> None:
        group_id, since = self.batch.ids.new(), self.horizon.begins_on
        self.batch.add(
            Group,
            id=group_id,
            unit_id=self.unit.id,
            body_id=self.body_id,
            kind=plan.kind,
            name=name,
            active_from=since,
            active_until=None,
            version=1,
        )
        meetings = self._meetings(group_id, since, plan.due_today)
        if plan.kind not in CONFIDENTIAL_KINDS:
            for meeting in meetings:
                if meeting["held_on"]:
                    add_minutes(self.batch, self.rng, meeting, self.team.counselors[0].id)
        elif plan.leader:
            leaders = [each for each in (plan.leader, plan.second) if each]
            self._sessions(group_id, leaders, plan.roster, cases, meetings)

    def _meetings(self, group_id: UUID, since: date, due_today: bool) -> list[Row]:
        rng, today = self.rng, self.horizon.today
        week, weekday = rng.randint(1, 4), rng.choice(WEEKDAYS)
        if due_today:
            week, weekday = min((today.day - 1) // 7 + 1, LAST_WEEK), today.weekday()
        values = {
            "id": self.batch.ids.new(),
            "group_id": group_id,
            "body_id": None,
            "regulation_id": None,
            "from_on": since,
            "until_on": None,
            "interval_months": 1,
            "week": week,
            "weekday": weekday,
        }
        self.batch.add(Schedule, **values)
        ahead = add_months(today, MONTHS_AHEAD)
        days = due_days(Schedule(**values), ahead)
        if due_today and today not in days:  # a holiday moved it away
            days.append(today)
        return [self._meeting(group_id, day) for day in days]

    def _meeting(self, group_id: UUID, due_on: date) -> Row:
        held_on, excuse = outcome(self.rng, self.horizon, due_on, self.punctuality)
        return self.batch.add(
            Meeting,
            unit_id=self.unit.id,
            group_id=group_id,
            body_id=None,
            due_on=due_on,
            held_on=held_on,
            excuse=excuse,
            window_days=ON_TIME_DAYS,
            pause_id=None,
            version=1,
        )

    def _sessions(
        self,
        group_id: UUID,
        leaders: Sequence[Staff],
        size: int,
        cases: Sequence[MadeCase],
        meetings: Sequence[Row],
    ) -> None:
        rng, since = self.rng, self.horizon.begins_on
        at = moment(rng, since)
        keys = make_keys(
            self.batch,
            group_id,
            (Compartment.ROSTER,),
            readers=leaders,
            custodians=self.team.coordinators,
            organisation=self.organisation,
            by=leaders[0].id,
            at=at,
        )
        for leader in leaders:
            self.batch.add(
                Facilitator, group_id=group_id, account_id=leader.id, from_on=since, until_on=None
            )
        members = [self._member(group_id, *person) for person in self._people(size, cases)]
        for member, called in members:
            seal(member, GroupMember, "name", called, keys)
        for meeting in meetings:
            if meeting["held_on"]:
                session = self._session(group_id, rng.choice(leaders), meeting)
                text = rng.choice(notes.SESSION_NOTES) if rng.random() < 0.85 else ""
                seal(session, GroupSession, "note", text, keys)
                self._attendances(session, [member for member, _ in members])

    def _people(
        self, size: int, cases: Sequence[MadeCase]
    ) -> list[tuple[str, UUID | None, date, date | None]]:
        """Today's roster of exactly `size`, some with a case here, and those who left earlier."""
        rng, since, last = self.rng, self.horizon.begins_on, self.horizon.last_day
        known = rng.sample(cases, len(cases))
        ended = [case for case in known if case.life.closed_on][: size // 2]
        going_on = [case for case in known if not case.life.closed_on][: round(size * WITH_CASE)]
        people: list[tuple[str, UUID | None, date, date | None]] = [
            (case.called, case.id, max(since, case.life.opened_on), case.life.closed_on)
            for case in ended + going_on
        ]
        staying = sum(left_on is None for *_, left_on in people)
        for _ in range(size - staying):
            joined_on = since + timedelta(
                days=rng.choice((0, 0, rng.randrange((last - since).days)))
            )
            people.append((self._visitor_name(), None, joined_on, None))
        return people

    def _visitor_name(self) -> str:
        rng = self.rng
        if rng.random() < 0.4:
            return names.alias(rng)
        return names.full_name(rng, rng.choice((Sex.MALE, Sex.FEMALE))).split(maxsplit=1)[1]

    def _member(
        self,
        group_id: UUID,
        called: str,
        case_id: UUID | None,
        joined_on: date,
        left_on: date | None,
    ) -> tuple[Row, str]:
        row = self.batch.add(
            GroupMember,
            group_id=group_id,
            case_id=case_id,
            joined_on=joined_on,
            left_on=left_on,
            version=1,
        )
        return row, called

    def _session(self, group_id: UUID, leader: Staff, meeting: Row) -> Row:
        held_on: date = meeting["held_on"]
        return self.batch.add(
            GroupSession,
            group_id=group_id,
            unit_id=self.unit.id,
            meeting_id=meeting["id"],
            held_on=held_on,
            visitors=self.rng.choices((0, 1, 2, 3), (55, 25, 14, 6))[0],
            recorded_by=leader.id,
            recorded_at=moment(self.rng, held_on),
            version=1,
        )

    def _attendances(self, session: Row, members: Sequence[Row]) -> None:
        on = session["held_on"]
        for member in members:
            if member["joined_on"] <= on and (member["left_on"] or on) >= on:
                present = self.rng.random() < PRESENCE
                self.batch.add(
                    Attendance,
                    session_id=session["id"],
                    member_id=member["id"],
                    was_present=present,
                )


def pause_for_the_flood(batch: Batch, rng: Random, horizon: Horizon, unit: Unit, by: UUID) -> None:
    """The unit meets nowhere in the coming October: what is due then is postponed by the pause."""
    year = horizon.today.year + (horizon.today.month >= FLOOD_MONTH)
    first, last = date(year, FLOOD_MONTH, 1), date(year, FLOOD_MONTH, 31)
    pause = batch.add(
        Pause,
        unit_id=unit.id,
        kind=PauseKind.FLOOD,
        from_on=first,
        until_on=last,
        reason=notes.FLOOD,
        recorded_by=by,
        recorded_at=moment(rng, horizon.last_day),
        version=1,
        is_withdrawn=False,
    )
    for meeting in batch.rows_of(Meeting):
        if meeting["excuse"] is None and first <= meeting["due_on"] <= last:
            meeting["excuse"], meeting["pause_id"] = pause["reason"], pause["id"]
