"""What clubs and teams did: meetings with minutes, communication, trainings, plans, reports."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from uuid import UUID

from casework.core.clock import add_months, month_end
from casework.demonstration import notes
from casework.demonstration.bodies import Bodies
from casework.demonstration.horizon import Horizon, is_tet, moment, working_day
from casework.demonstration.rows import Batch, Row
from casework.organisation.access_reviews.models import AccessReview
from casework.organisation.communications.models import (
    CommunicationForm,
    CommunicationSession,
    CoveredHamlet,
)
from casework.organisation.meetings.calendar import due_days
from casework.organisation.meetings.models import ON_TIME_DAYS, Meeting, Minutes, Schedule
from casework.organisation.meetings.schedules import MONTHS_AHEAD
from casework.organisation.members.models import Skill
from casework.organisation.partners.models import JointActivity, JointPartner
from casework.organisation.plans.models import Activity, PlannedActivity, YearlyPlan
from casework.organisation.reports.models import UnitReport
from casework.organisation.trainings.models import Training, TrainingPlace, TrainingSkill
from casework.organisation.units.models import Unit

TOPICS = (
    "Chính sách hỗ trợ hòa nhập cộng đồng", "Vay vốn và việc làm", "Chăm sóc sức khỏe tinh thần",
    "Bảo hiểm y tế", "Phòng ngừa mua bán người", "Không kỳ thị, cùng chia sẻ",
    "Học nghề cho thanh niên", "Trợ giúp pháp lý",
)  # fmt: skip
AUDIENCES = ("người dân trong ấp", "phụ nữ", "thanh niên", "các gia đình", "học sinh, phụ huynh")
CONTENTS = (
    "Đánh giá hoạt động tháng qua; phân công thăm các gia đình; trao đổi kinh nghiệm tư vấn.",
    "Sinh hoạt chủ đề việc làm; giới thiệu nguồn vốn; kiểm điểm công việc đã phân công.",
    "Rà soát kế hoạch quý; chuẩn bị buổi truyền thông; góp ý cách làm việc nhóm.",
)
RESOLUTIONS = (
    "Ban Chủ nhiệm liên hệ Trạm y tế trước ngày họp sau.",
    "Mỗi thành viên phụ trách một ấp; báo lại vào kỳ sau.",
    "",
)
COURSES = (
    ("Kỹ năng tư vấn cơ bản", (Skill.COUNSELLING, Skill.CASE_MANAGEMENT)),
    ("Truyền thông không kỳ thị", (Skill.COMMUNICATION,)),
    ("Làm việc nhóm và kết nối dịch vụ", (Skill.GROUP_WORK, Skill.LINKING)),
)
DONE_TOGETHER = (
    "Khám sức khỏe, cấp thẻ bảo hiểm y tế", "Ngày hội việc làm", "Tư vấn pháp luật lưu động",
    "Trao vốn vay", "Thăm hỏi dịp Tết",
)  # fmt: skip


def outcome(
    rng: Random, horizon: Horizon, due_on: date, punctuality: float
) -> tuple[date | None, str | None]:
    """When a due meeting was held, or why not. What has not happened yet is still due."""
    if due_on >= horizon.today:
        return None, None
    if is_tet(due_on) and rng.random() < 0.7:
        return None, rng.choice(notes.EXCUSES_TET)
    chance = rng.random()
    if chance < punctuality:
        held_on = working_day(due_on + timedelta(days=rng.choice((0, 0, 0, 0, 0, 1, 2, 3))))
    elif chance < punctuality + (1 - punctuality) * 0.45:
        held_on = due_on + timedelta(days=rng.randint(ON_TIME_DAYS + 1, ON_TIME_DAYS + 9))
    elif chance < punctuality + (1 - punctuality) * 0.6:
        return None, rng.choice(notes.EXCUSES)
    else:
        return None, None
    return (held_on, None) if held_on <= horizon.last_day else (None, None)


def add_minutes(batch: Batch, rng: Random, meeting: Row, by: UUID | None) -> None:
    """Minutes of a held meeting, mostly; now and then they are missing."""
    if rng.random() < 0.08:
        return
    approved = rng.random() < 0.7
    at = moment(rng, meeting["held_on"])
    batch.add(
        Minutes, meeting_id=meeting["id"], unit_id=meeting["unit_id"],
        present=rng.randrange(5, 26), content=rng.choice(CONTENTS),
        resolutions=rng.choice(RESOLUTIONS), recorded_by=by, recorded_at=at,
        approved_by=by if approved else None,
        approved_at=at + timedelta(days=1) if approved else None, version=1,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ActivityMaker:
    """Makes what a unit did. `punctuality` is the share of meetings it keeps on schedule."""

    batch: Batch
    rng: Random
    horizon: Horizon
    unit: Unit
    bodies: Bodies
    by: UUID | None
    officer: UUID | None
    punctuality: float

    def make_all(self, report_periods: Sequence[Row]) -> None:
        """Meetings of the club, communication, trainings, joint work, plans, reports, reviews."""
        self._club_meetings()
        for month in range(self.horizon.months + 1):
            first = add_months(self.horizon.begins_on, month)
            if first <= self.horizon.last_day:
                self._month(first)
        self._trainings()
        self._plans()
        for period in report_periods:
            self._report(period)
        self._reviews()

    def _club_meetings(self) -> None:
        rng, club, regulation = self.rng, self.bodies.club, self.bodies.regulation
        since = self.horizon.begins_on
        values = {
            "id": self.batch.ids.new(), "group_id": None, "body_id": club["id"],
            "regulation_id": regulation["id"] if regulation else None, "from_on": since,
            "until_on": None, "interval_months": 1, "week": rng.randint(1, 4),
            "weekday": rng.randint(0, 5),
        }  # fmt: skip
        self.batch.add(Schedule, **values)
        for due_on in due_days(Schedule(**values), add_months(self.horizon.today, MONTHS_AHEAD)):
            held_on, excuse = outcome(rng, self.horizon, due_on, self.punctuality)
            meeting = self.batch.add(
                Meeting, unit_id=self.unit.id, group_id=None, body_id=club["id"], due_on=due_on,
                held_on=held_on, excuse=excuse, window_days=ON_TIME_DAYS, pause_id=None, version=1,
            )  # fmt: skip
            if held_on is not None:
                add_minutes(self.batch, rng, meeting, self.by)

    def _month(self, first: date) -> None:
        rng = self.rng
        last = min(month_end(first.year, first.month), self.horizon.last_day)
        for _ in range(rng.choice((0, 1, 1, 2))):
            self._communication(first + timedelta(days=rng.randrange((last - first).days + 1)))
        if rng.random() < 0.3:
            self._together(first + timedelta(days=rng.randrange((last - first).days + 1)))

    def _communication(self, on: date) -> None:
        rng = self.rng
        form = rng.choice((CommunicationForm.TALK, CommunicationForm.TALK, *CommunicationForm))
        silent = form in (CommunicationForm.BANNER, CommunicationForm.LOUDSPEAKER)
        session = self.batch.add(
            CommunicationSession, unit_id=self.unit.id, body_id=self.bodies.club["id"],
            held_on=on, form=form, topic=rng.choice(TOPICS), audience=rng.choice(AUDIENCES),
            attendances=0 if silent else rng.randrange(30, 61),
            materials=rng.choice((0, 0, 50, 100, 150)), note="", recorded_by=self.by,
            recorded_at=moment(rng, on), version=1,
        )  # fmt: skip
        reached = self.bodies.hamlets[:-1] or self.bodies.hamlets
        for hamlet in rng.sample(reached, min(len(reached), rng.randrange(1, 4))):
            self.batch.add(CoveredHamlet, session_id=session["id"], hamlet_id=hamlet["id"])

    def _together(self, on: date) -> None:
        rng, partners = self.rng, self.bodies.partners
        activity = self.batch.add(
            JointActivity, unit_id=self.unit.id, held_on=on, topic=rng.choice(DONE_TOGETHER),
            outcome="", recorded_by=self.by, recorded_at=moment(rng, on), version=1,
        )  # fmt: skip
        for partner in rng.sample(partners, rng.randrange(1, min(3, len(partners)) + 1)):
            self.batch.add(JointPartner, activity_id=activity["id"], partner_id=partner["id"])

    def _trainings(self) -> None:
        rng, horizon = self.rng, self.horizon
        for year in range(horizon.begins_on.year, horizon.today.year + 1):
            on = date(year, 5, 12) + timedelta(days=rng.randrange(90))
            if not horizon.begins_on <= on < horizon.last_day:
                continue
            title, skills = COURSES[0] if year == horizon.today.year else rng.choice(COURSES)
            training = self.batch.add(
                Training, unit_id=self.unit.id, title=title, organiser="Sở Y tế", from_on=on,
                until_on=on + timedelta(days=1), days=2, note="", recorded_by=self.by,
                recorded_at=moment(rng, on), version=1,
            )  # fmt: skip
            for skill in skills:
                self.batch.add(TrainingSkill, training_id=training["id"], skill=skill)
            for member in self.bodies.members:
                if rng.random() < 0.55:
                    place = {"training_id": training["id"], "member_id": member["id"]}
                    self.batch.add(TrainingPlace, **place)

    def _plans(self) -> None:
        rng, horizon = self.rng, self.horizon
        for year in range(horizon.begins_on.year, horizon.today.year + 1):
            on = date(year, 1, 12)
            plan = self.batch.add(
                YearlyPlan, unit_id=self.unit.id, year=year,
                number=f"{rng.randrange(5, 40):02}/KH-UBND", signed_on=on,
                aims="Duy trì sinh hoạt đúng định kỳ; mỗi ấp có ít nhất một buổi truyền thông.",
                recorded_by=self.by, recorded_at=moment(rng, on), version=1,
            )  # fmt: skip
            wanted = {
                (activity, month): count
                for activity, count in (
                    (Activity.BODY_MEETING, 1),
                    (Activity.GROUP_SESSION, 4),
                    (Activity.COMMUNICATION, 1),
                )
                for month in range(1, 13)
            }
            wanted[Activity.TRAINING, 6] = 1
            wanted |= {(Activity.COORDINATION, month): 1 for month in (3, 6, 9, 12)}
            for (activity, month), count in wanted.items():
                self.batch.add(
                    PlannedActivity, plan_id=plan["id"], activity=activity, month=month, count=count
                )

    def _report(self, period: Row) -> None:
        rng, due_on = self.rng, period["due_on"]
        on = due_on - timedelta(days=rng.randrange(0, 6))
        if rng.random() < 0.2:
            on = due_on + timedelta(days=rng.randrange(1, 12))
        if on > self.horizon.last_day or rng.random() < 0.05:
            return
        self.batch.add(
            UnitReport, unit_id=self.unit.id, period_id=period["id"],
            achieved="Các nhóm sinh hoạt đều; phối hợp tốt với Trạm y tế và Hội LHPN.",
            difficulties="Một số ấp xa, mùa mưa đi lại khó.",
            proposals="Hỗ trợ thêm tài liệu truyền thông.", figures=json.dumps({}), supplement="",
            supplemented_at=None, recorded_by=self.by, recorded_at=moment(rng, on),
            submitted_by=self.by, submitted_at=moment(rng, on), version=1,
        )  # fmt: skip

    def _reviews(self) -> None:
        """Most months somebody looked through who may sign in, since the unit has accounts."""
        rng = Random(f"{self.unit.code}|reviews")  # nosec B311
        for month in range(self.horizon.months):
            first = add_months(self.horizon.begins_on, month)
            if first >= self.unit.valid_from and rng.random() < self.punctuality:
                self.batch.add(
                    AccessReview, id=UUID(int=rng.getrandbits(128), version=4),
                    unit_id=self.unit.id, month=first, kept=rng.randrange(5, 10),
                    questioned=0, note="", reviewed_by=self.officer,
                    reviewed_at=moment(rng, first + timedelta(days=24)),
                )  # fmt: skip
