"""Support plans: what persons want to reach, what is done for it, and how it was reviewed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from casework.confidential.assessments.models import NeedArea
from casework.confidential.plans.models import (
    ActionStatus,
    Plan,
    PlanAction,
    PlanGoal,
    PlanReview,
    Responsible,
    ReviewResult,
)
from casework.core.clock import add_months
from casework.demonstration.horizon import Horizon, moment, working_day
from casework.demonstration.needs import Needs
from casework.demonstration.rows import Batch, Ids, Row, seal
from casework.demonstration.support import Whom
from casework.organisation.settings.models import USUAL, Setting
from casework.organisation.units.models import Unit

PLANNED, SIGNED, DONE, DROPPED = 0.92, 0.85, 0.86, 0.95
# A plan is agreed on once its needs are known.
KNOWN_AFTER = 21
REVIEW_MONTHS = int(USUAL[Setting.REVIEW_MONTHS][0])
PERSON, COUNSELOR = Responsible.PERSON, Responsible.COUNSELOR
GOALS = {
    NeedArea.JOB: (
        "Có việc làm ổn định gần nhà.",
        (("Hỏi việc tại các cơ sở trong xã.", COUNSELOR), ("Nộp hồ sơ xin việc.", PERSON)),
    ),
    NeedArea.VOCATIONAL: (
        "Học được một nghề để tự lập.",
        (
            ("Tìm lớp học nghề phù hợp, có học phí hỗ trợ.", Responsible.PARTNER),
            ("Đăng ký lớp và đi học đều.", PERSON),
        ),
    ),
    NeedArea.IDENTITY_PAPERS: (
        "Có đủ giấy tờ tùy thân.",
        (("Cùng đi làm căn cước.", COUNSELOR), ("Xin xác nhận nơi cư trú.", PERSON)),
    ),
    NeedArea.FAMILY: (
        "Hòa thuận với gia đình, được tin tưởng.",
        (
            ("Thăm nhà, nói chuyện cùng gia đình mỗi tháng.", COUNSELOR),
            ("Cùng người được hỗ trợ đi họp phụ huynh.", Responsible.FAMILY),
        ),
    ),
    NeedArea.HEALTH_LINK: (
        "Được chăm sóc sức khỏe đều đặn.",
        (("Làm thẻ bảo hiểm y tế.", COUNSELOR), ("Đi khám theo lịch hẹn.", PERSON)),
    ),
    NeedArea.LOAN: (
        "Có vốn để chăn nuôi nhỏ.",
        (
            ("Hướng dẫn làm hồ sơ vay vốn.", Responsible.PARTNER),
            ("Viết phương án chăn nuôi.", PERSON),
        ),
    ),
    NeedArea.HOUSING: (
        "Có chỗ ở khô ráo, an toàn.",
        (("Vận động sửa mái nhà.", COUNSELOR), ("Góp công cùng bà con sửa nhà.", PERSON)),
    ),
}
SUMMARIES = ("Mong có việc làm để tự lo cho bản thân và gia đình.", "Làm từng bước một.", "")
PROGRESS = {
    ActionStatus.UNDER_WAY: ("Đã gọi điện, chờ trả lời.", "Đang chuẩn bị giấy tờ.", ""),
    ActionStatus.DONE: ("Đã xong, cả hai đều vui.", "Xong sớm hơn dự kiến.", ""),
    ActionStatus.DROPPED: ("Người được hỗ trợ chọn cách khác.", ""),
}
REVIEWS = {
    ReviewResult.CONTINUE: (70, ("Hai bên thống nhất tiếp tục.", "Đúng tiến độ.")),
    ReviewResult.CHANGE: (24, ("Thêm mục tiêu mới, bớt việc không còn cần.",)),
    ReviewResult.REACHED: (6, ("Các mục tiêu đã đạt, tiếp tục giữ liên lạc.",)),
}


@dataclass(frozen=True, slots=True)
class PlanMaker:
    """Plans of one case, with chance and ids of their own: what else is told does not depend on
    them.
    """

    batch: Batch
    ids: Ids
    rng: Random
    horizon: Horizon
    unit: Unit

    def make(self, whom: Whom, needs: Needs) -> None:
        """The versions of one case, with their reviews. What is needed most comes first."""
        rng, last = self.rng, whom.life.closed_on or self.horizon.last_day
        begins = max(whom.life.opened_on, self.horizon.begins_on)
        on = working_day(begins + timedelta(days=KNOWN_AFTER + rng.randrange(20)))
        if on > last or rng.random() > PLANNED:
            return
        areas = self._areas(needs)
        plan = self._agree(whom, 1, on, areas)
        while True:
            on = working_day(plan["review_on"] + timedelta(days=rng.choice((0, 0, 0, 1, 4, 9))))
            if on > last:
                return
            result = self._review(whom, plan, on)
            if result is ReviewResult.CHANGE:
                plan["ended_on"] = on
                plan = self._agree(whom, plan["number"] + 1, on, areas)

    def _areas(self, needs: Needs) -> list[NeedArea]:
        """Of those in which the demonstration knows what to do."""
        levels = {area: needs.levels.get(area, 0) for area in GOALS}
        drawn = self.rng.sample(list(GOALS), len(GOALS))
        return sorted(drawn, key=lambda area: -levels[area])

    def _agree(self, whom: Whom, number: int, on: date, areas: Sequence[NeedArea]) -> Row:
        rng = self.rng
        signed_on = on if rng.random() < SIGNED else None
        plan = self.batch.add(
            Plan,
            id=self.ids.new(),
            case_id=whom.case_id,
            unit_id=self.unit.id,
            number=number,
            agreed_on=on,
            ended_on=None,
            review_on=add_months(on, REVIEW_MONTHS),
            person_signed_on=signed_on,
            counselor_signed_on=signed_on,
            recorded_by=whom.counselor.id,
            recorded_at=moment(rng, on),
            version=1,
        )
        seal(plan, Plan, "summary", rng.choice(SUMMARIES), whom.keys)
        for position, area in enumerate(areas[: rng.choice((1, 2, 2, 3))], start=1):
            text, actions = GOALS[area]
            goal = self.batch.add(
                PlanGoal,
                id=self.ids.new(),
                plan_id=plan["id"],
                case_id=whom.case_id,
                position=position,
                area=area,
            )
            seal(goal, PlanGoal, "goal", text, whom.keys)
            self._act(whom, goal, on, actions)
        return plan

    def _act(
        self, whom: Whom, goal: Row, agreed_on: date, actions: Sequence[tuple[str, Responsible]]
    ) -> None:
        rng = self.rng
        for position, (what, responsible) in enumerate(actions, start=1):
            due_on = working_day(agreed_on + timedelta(days=rng.randrange(14, 100)))
            status, done_on = self._outcome(agreed_on, due_on)
            action = self.batch.add(
                PlanAction,
                id=self.ids.new(),
                plan_id=goal["plan_id"],
                goal_id=goal["id"],
                case_id=whom.case_id,
                position=position,
                responsible=responsible,
                due_on=due_on,
                status=status,
                done_on=done_on,
                version=1,
            )
            seal(action, PlanAction, "what", what, whom.keys)
            noted = rng.choice(PROGRESS.get(status, ("",)))
            seal(action, PlanAction, "progress", noted, whom.keys)

    def _outcome(self, agreed_on: date, due_on: date) -> tuple[ActionStatus, date | None]:
        """What was due is done, mostly; a little of it is overdue."""
        chance = self.rng.random()
        if due_on > self.horizon.last_day:
            return (ActionStatus.UNDER_WAY if chance < 0.4 else ActionStatus.OPEN), None
        if chance < DONE:
            days = (due_on - agreed_on).days
            return ActionStatus.DONE, agreed_on + timedelta(
                days=self.rng.randrange(days // 2, days)
            )
        return (ActionStatus.DROPPED if chance < DROPPED else ActionStatus.UNDER_WAY), None

    def _review(self, whom: Whom, plan: Row, on: date) -> ReviewResult:
        rng = self.rng
        result = rng.choices(list(REVIEWS), [weight for weight, _ in REVIEWS.values()])[0]
        review = self.batch.add(
            PlanReview,
            id=self.ids.new(),
            plan_id=plan["id"],
            case_id=whom.case_id,
            unit_id=self.unit.id,
            on_day=on,
            due_on=plan["review_on"],
            result=result,
            next_on=add_months(on, REVIEW_MONTHS),
            recorded_by=whom.counselor.id,
            recorded_at=moment(rng, on),
        )
        seal(review, PlanReview, "note", rng.choice(REVIEWS[result][1]), whom.keys)
        plan["review_on"] = review["next_on"]
        return result
