"""What persons and authorities asked about cases, and two openings out of turn. No office, no
letter and no person is real.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID

from casework.confidential.break_glass.models import (
    LASTS,
    EmergencyOpening,
    EmergencyReason,
    EmergencyStatus,
    Part,
    ReviewVerdict,
)
from casework.confidential.rights.models import (
    Disclosure,
    DisclosureDecision,
    RequestKind,
    RequestOutcome,
    RightsRequest,
)
from casework.core.clock import VIETNAM
from casework.demonstration.horizon import Horizon, moment
from casework.demonstration.rows import Batch, Row, pepper, seal
from casework.demonstration.support import Whom
from casework.organisation.settings.models import USUAL, Setting
from casework.organisation.units.models import Unit

WITH_REQUEST, WITH_DISCLOSURE, ANSWERED = 0.08, 0.025, 0.9
WISHES = {
    RequestKind.SEE: (
        "Muốn biết xã đang lưu những gì về mình.",
        "Xin một bản để mang về đọc lại.",
    ),
    RequestKind.CORRECT: (
        "Địa chỉ ghi nhầm ấp, xin sửa lại.",
        "Ghi chép lần gặp đầu chưa đúng ý, xin ghi lại.",
    ),
    RequestKind.WITHDRAW: ("Từ nay không muốn nhận điện thoại.",),
    RequestKind.RESTRICT: ("Đề nghị chưa chuyển thông tin cho nơi khác.",),
}
ANSWERS = {
    RequestOutcome.DONE: "Đã làm theo yêu cầu, giải thích từng phần.",
    RequestOutcome.PARTLY: "Đã sửa địa chỉ; ngày tiếp nhận giữ theo phiếu đã ký, đã nói rõ lý do.",
    RequestOutcome.REFUSED: "Chưa làm được vì giấy tờ ghi khác, đã nói rõ lý do.",
}
STATEMENT = "Tôi cho rằng ngày ghi trên phiếu là ngày viết, không phải ngày tôi đến."
AGENCIES = ("Công an xã", "Tòa án nhân dân khu vực", "Bảo hiểm xã hội cơ sở")
GROUNDS = (
    "Điều 19 Luật số 91/2025/QH15, yêu cầu xác nhận nơi cư trú.",
    "Nêu chung chung “phục vụ công tác”, không dẫn điều luật.",
    "Điều 106 Bộ luật Tố tụng dân sự, yêu cầu cung cấp tài liệu.",
)
TOLD = {
    DisclosureDecision.GIVEN: "Xác nhận nơi cư trú hiện nay, không cung cấp gì thêm.",
    DisclosureDecision.PARTLY: "Chỉ xác nhận có hồ sơ; không cung cấp nội dung.",
    DisclosureDecision.REFUSED: "Văn bản không nêu căn cứ pháp lý, đã trả lời bằng văn bản.",
}


@dataclass(frozen=True, slots=True)
class RightsMaker:
    """Makes requests about cases of a unit. Chance comes from the case's own id, so that the rest
    of the demonstration does not depend on it.
    """

    batch: Batch
    horizon: Horizon
    unit: Unit

    def make(self, whom: Whom) -> None:
        """What was asked about one case, in its last year."""
        rng = Random(f"{whom.case_id}|rights")  # nosec B311
        last = min(whom.life.closed_on or self.horizon.last_day, self.horizon.last_day)
        days = min((last - whom.life.opened_on).days, 360)
        if days < 1:
            return
        received = last - timedelta(days=rng.randint(0, days))
        if rng.random() < WITH_REQUEST:
            self._request(rng, whom, received)
        if rng.random() < WITH_DISCLOSURE:
            self._disclosure(rng, whom, received)

    def _request(self, rng: Random, whom: Whom, received: date) -> None:
        kind = rng.choice(tuple(WISHES))
        due = received + timedelta(days=int(USUAL[Setting.REQUEST_DAYS][0]))
        answered = self._answered(rng, received)
        outcome = rng.choices(tuple(ANSWERS), (80, 12, 8))[0] if answered else None
        row = self._row(rng, whom, received, answered)
        row = self.batch.add(RightsRequest, **row, kind=kind, due_on=due, outcome=outcome)
        refused = kind is RequestKind.CORRECT and outcome not in (None, RequestOutcome.DONE)
        texts = {
            "wish": rng.choice(WISHES[kind]),
            "reply": ANSWERS[outcome] if outcome else "",
            "statement": STATEMENT if refused else "",
        }
        for attribute, text in texts.items():
            seal(row, RightsRequest, attribute, text, whom.keys)

    def _disclosure(self, rng: Random, whom: Whom, received: date) -> None:
        answered = self._answered(rng, received)
        decision = rng.choice(tuple(DisclosureDecision)) if answered else None
        row = self._row(rng, whom, received, answered)
        row = self.batch.add(Disclosure, **row, decision=decision)
        pepper(row, Disclosure, "agency", rng.choice(AGENCIES))
        pepper(row, Disclosure, "number", f"{rng.randint(11, 480)}/CV-{received.year}")
        pepper(row, Disclosure, "ground", rng.choice(GROUNDS))
        seal(row, Disclosure, "told", TOLD[decision] if decision else "", whom.keys)

    def _answered(self, rng: Random, received: date) -> date | None:
        answered = received + timedelta(days=rng.randint(1, 20))
        known = answered <= self.horizon.last_day and rng.random() < ANSWERED
        return answered if known else None

    def _row(self, rng: Random, whom: Whom, received: date, answered: date | None) -> Row:
        return {
            "case_id": whom.case_id,
            "unit_id": self.unit.id,
            "received_on": received,
            "answered_on": answered,
            "recorded_by": whom.counselor.id,
            "recorded_at": moment(rng, received),
            "version": 1,
        }


def tell_openings(
    batch: Batch, horizon: Horizon, unit: Unit, cases: Sequence[UUID], asker: UUID, officer: UUID
) -> None:
    """An opening of the first case that was approved and reviewed, and one of the second that waits
    for the officer.
    """
    rng = Random(f"{unit.code}|openings")  # nosec B311
    at = moment(rng, horizon.today - timedelta(days=9))
    row = _opening(batch, unit, cases[0], asker, Part.IDENTITY, EmergencyReason.COUNSELOR_AWAY)
    row |= {
        "asked_at": at,
        "status": EmergencyStatus.APPROVED,
        "decided_by": officer,
        "decided_at": at + timedelta(minutes=7),
        "expires_at": at + timedelta(minutes=7) + LASTS,
        "verdict": ReviewVerdict.IN_ORDER,
        "reviewed_by": officer,
        "reviewed_at": at + timedelta(days=1),
    }
    pepper(row, EmergencyOpening, "explanation", "Gia đình đến báo có việc gấp, cần số để gọi.")
    pepper(row, EmergencyOpening, "decision_note", "Đã gọi lại xác nhận đúng người đề nghị.")
    pepper(row, EmergencyOpening, "review_note", "Chỉ mở phần liên hệ, đã báo tư vấn viên.")
    row = _opening(batch, unit, cases[1], asker, Part.NOTES, EmergencyReason.PERSON_ASKS)
    early = datetime.combine(horizon.today, time(6, 10, tzinfo=VIETNAM)).astimezone(UTC)
    row |= {"asked_at": early, "status": EmergencyStatus.ASKED}
    text = "Người được hỗ trợ đang ở văn phòng, hỏi về lịch hẹn đã thống nhất; tư vấn viên đi vắng."
    pepper(row, EmergencyOpening, "explanation", text)


def _opening(
    batch: Batch, unit: Unit, case_id: UUID, asker: UUID, part: Part, reason: EmergencyReason
) -> Row:
    later = ("decided_by", "decided_at", "expires_at", "verdict", "reviewed_by", "reviewed_at")
    sealed = ("decision_note_sealed", "review_note_sealed")
    return batch.add(
        EmergencyOpening,
        case_id=case_id,
        unit_id=unit.id,
        compartment=part,
        reason=reason,
        asked_by=asker,
        version=1,
        **dict.fromkeys((*later, *sealed)),
    )
