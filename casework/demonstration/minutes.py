"""Minutes and recommendations of the demonstration's rounds: those of the earlier round signed and
followed, most of them to the end; of this year's one signed, with answers that wait for the
inspectors, and one frozen, to be signed.

Rows are written as they would stand, with the times they would have.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count

from casework.core.database import db
from casework.demonstration.rounds import Held, at
from casework.inspection.findings.models import FindingKind
from casework.inspection.findings.queries import list_accepted
from casework.inspection.inspections.models import Inspection, InspectionStatus, TeamMember
from casework.inspection.inspections.queries import Visited
from casework.inspection.minutes.figures import compose
from casework.inspection.minutes.models import Minutes, MinutesSignature, Side
from casework.inspection.minutes.rules import canonical, digest_of
from casework.inspection.recommendations.models import (
    Recommendation,
    RecommendationStatus,
    RecommendationStep,
    StepKind,
)
from casework.inspection.recommendations.rules import DAYS, propose
from casework.inspection.visits.models import Visit
from casework.inspection.visits.queries import find_visit
from casework.organisation.units.models import Unit

AT_MOST = 4
"""Recommendations a unit: as many as inspectors really ask for."""
ASSESSMENTS = (
    (
        "Đơn vị hoạt động nền nếp, Câu lạc bộ duy trì sinh hoạt và tư vấn; cần chấn chỉnh một số"
        " việc nêu dưới đây."
    ),
    (
        "Hoạt động đi vào chiều sâu, đội viên nhiệt tình; sổ sách, thanh quyết toán cần được"
        " quan tâm hơn."
    ),
    "Đơn vị có nhiều cố gắng sau sắp xếp; một số tiêu chí còn thấp do nhân sự thay đổi.",
)
OPINIONS = (
    "Đơn vị thống nhất với nội dung biên bản, tiếp thu và khắc phục đúng thời hạn.",
    "Đơn vị thống nhất. Đề nghị Sở tiếp tục mở lớp tập huấn kỹ năng tư vấn.",
)
ANSWERS = (
    "Đã phân công lại, lập lịch cả năm và thực hiện từ tháng này.",
    "Đã hoàn thiện hồ sơ, nộp về Sở; có biên nhận kèm theo.",
    "Đã họp Ban chủ nhiệm, bổ sung đầy đủ theo yêu cầu.",
)
GOING_ON = "Đang thực hiện, còn chờ ý kiến của phòng chuyên môn."
CONFIRMED = "Đã xem hồ sơ, đạt yêu cầu."
LONGER = "Đơn vị vừa sắp xếp lại, cần thêm thời gian."
WAIVED = "Không còn phù hợp sau sắp xếp đơn vị hành chính."


@dataclass(slots=True)
class _Book:
    """The numbers of minutes, by year."""

    years: dict[tuple[object, int], Iterator[int]] = field(default_factory=dict)

    def next(self, minutes: Minutes) -> int:
        """The next number of the province and year."""
        key = minutes.province_id, minutes.year
        return next(self.years.setdefault(key, count(1)))


def minute_rounds(rounds: Sequence[Held], today: date) -> None:
    """Write minutes of the visits whose findings are decided; the caller commits."""
    book = _Book()
    for held in rounds[:-1]:
        for number, (inspection, unit, _source) in enumerate(held.inspections):
            if visit := find_visit(inspection.id):
                minutes = _minutes(held, inspection, unit, visit, number, book)
                _sign(held, inspection, minutes, visit)
                _follow(inspection, held, number, last=len(held.inspections) - 1)
    for held in rounds[-1:]:
        for number, (inspection, unit, _source) in enumerate(held.inspections[:2]):
            if visit := find_visit(inspection.id):
                minutes = _minutes(held, inspection, unit, visit, number, book)
                if number == 0:
                    _sign(held, inspection, minutes, visit)
                    _begin(inspection, held, today)
    db.session.flush()


def _minutes(
    held: Held, inspection: Inspection, unit: Unit, visit: Visit, number: int, book: _Book
) -> Minutes:
    on = inspection.visit_on or held.plan.visits_from_on
    _recommend(inspection, held, on, number)
    minutes = Minutes(
        inspection_id=inspection.id,
        province_id=held.plan.province_id,
        year=on.year,
        on=on,
        place=inspection.place,
        assessment=ASSESSMENTS[number % len(ASSESSMENTS)],
        unit_opinion=OPINIONS[number % len(OPINIONS)],
        recorded_by=_head(held).account_id,
        recorded_at=visit.closed_at,
        frozen_by=_head(held).account_id,
        frozen_at=_after(visit, 20),
    )
    minutes.number = book.next(minutes)
    minutes.content = canonical(compose(Visited(inspection, held.plan, unit), minutes))
    minutes.digest = digest_of(minutes.content)
    db.session.add(minutes)
    inspection.status = InspectionStatus.MINUTES_DRAFTED
    db.session.flush()
    return minutes


def _recommend(inspection: Inspection, held: Held, on: date, number: int) -> None:
    shortcomings = [
        finding
        for finding in list_accepted(inspection.id)
        if finding.kind == FindingKind.SHORTCOMING
    ]
    for position, finding in enumerate(shortcomings[:AT_MOST], start=1):
        wording = propose(finding.code, finding.text)
        due_on = on + timedelta(days=DAYS + 15 * ((number + position) % 3))
        db.session.add(
            Recommendation(
                inspection_id=inspection.id,
                unit_id=inspection.unit_id,
                finding_id=finding.id,
                code=finding.code,
                position=position,
                text=wording.text,
                responsible=wording.responsible,
                due_on=due_on,
                first_due_on=due_on,
                is_money=wording.is_money,
                recorded_by=_head(held).account_id,
                recorded_at=at(on, 15),
            )
        )
    db.session.flush()


def _sign(held: Held, inspection: Inspection, minutes: Minutes, visit: Visit) -> None:
    """Both sides sign on the day; the results are told three days later."""
    told = (visit.attendees.splitlines() or [""])[0]
    names = {Side.UNIT: told.partition(",")[0].removeprefix("Ông ").removeprefix("Bà ")}
    names[Side.TEAM] = _head(held).name
    for minute, (side, name) in enumerate(names.items(), start=40):
        db.session.add(
            MinutesSignature(
                minutes_id=minutes.id,
                side=side,
                digest=minutes.digest,
                name=name,
                on=minutes.on,
                by_id=_head(held).account_id if side is Side.TEAM else None,
                by_name=name,
                at=_after(visit, minute),
            )
        )
    for recommendation in _asked(inspection):
        recommendation.in_force_on = minutes.on
    inspection.notified_by = _head(held).account_id
    inspection.notified_at = at(minutes.on + timedelta(days=3), 10)
    inspection.status = InspectionStatus.NOTIFIED
    db.session.flush()


def _follow(inspection: Inspection, held: Held, number: int, *, last: int) -> None:
    """An earlier round: nearly all was remedied, some of it late, and one thing never was."""
    head, asked = _head(held).name, _asked(inspection)
    for place, recommendation in enumerate(asked):
        due_on, turn = recommendation.due_on, number + place
        if number == last and place == 0:
            recommendation.status = RecommendationStatus.IN_PROGRESS
            _step(recommendation, StepKind.ANSWER, GOING_ON, None, due_on, "Chủ nhiệm")
            continue
        if turn % 7 == 6:
            recommendation.status = RecommendationStatus.WAIVED
            _step(recommendation, StepKind.WAIVER, WAIVED, None, due_on, head)
            continue
        if turn % 5 == 4:
            recommendation.due_on = due_on + timedelta(days=20)
            asked_on = due_on - timedelta(days=4)
            _step(recommendation, StepKind.EXTENSION, LONGER, recommendation.due_on, asked_on, head)
        done_on = due_on + timedelta(days=12 if turn % 4 == 3 else -5)
        _remedy(recommendation, turn, done_on)
        recommendation.status = RecommendationStatus.VERIFIED
        recommendation.verified_on = done_on + timedelta(days=6)
        day = recommendation.verified_on
        _step(recommendation, StepKind.VERIFICATION, CONFIRMED, done_on, day, head)
    is_open = number == last and bool(asked)
    inspection.status = InspectionStatus.FOLLOWING if is_open else InspectionStatus.CLOSED


def _begin(inspection: Inspection, held: Held, today: date) -> None:
    """This year's: one answer waits for the inspectors, one thing is being worked on."""
    yesterday = today - timedelta(days=1)
    for place, recommendation in enumerate(_asked(inspection)):
        if place == 0:
            _remedy(recommendation, place, max(yesterday, held.plan.visits_from_on))
        elif place == 1:
            recommendation.status = RecommendationStatus.IN_PROGRESS
            _step(recommendation, StepKind.ANSWER, GOING_ON, None, yesterday, "Chủ nhiệm")
    inspection.status = InspectionStatus.FOLLOWING


def _remedy(recommendation: Recommendation, turn: int, done_on: date) -> None:
    recommendation.status, recommendation.done_on = RecommendationStatus.DONE, done_on
    text = ANSWERS[turn % len(ANSWERS)]
    _step(recommendation, StepKind.ANSWER, text, done_on, done_on, "Chủ nhiệm")


def _step(
    recommendation: Recommendation,
    kind: StepKind,
    text: str,
    on: date | None,
    day: date,
    by_name: str,
) -> None:
    db.session.add(
        RecommendationStep(
            recommendation_id=recommendation.id,
            kind=kind,
            text=text,
            on=on,
            by_name=by_name,
            at=at(day, 9 + list(StepKind).index(kind)),
        )
    )


def _asked(inspection: Inspection) -> Sequence[Recommendation]:
    query = db.select(Recommendation).where(Recommendation.inspection_id == inspection.id)
    return db.session.scalars(query.order_by(Recommendation.position)).all()


def _head(held: Held) -> TeamMember:
    return held.team[0]


def _after(visit: Visit, minutes: int) -> datetime | None:
    return visit.closed_at + timedelta(minutes=minutes) if visit.closed_at else None
