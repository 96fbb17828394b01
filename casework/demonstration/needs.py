"""The rows of a case's assessments: needs fall slowly, here and there one grows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from uuid import UUID

from casework.confidential.assessments.models import AssessedArea, Assessment, NeedArea
from casework.core.clock import add_months
from casework.demonstration.horizon import Horizon, moment, working_day
from casework.demonstration.keys import Staff
from casework.demonstration.lives import Life
from casework.demonstration.rows import Batch, Keys, seal

# Of a hundred first assessments, how many need it pressingly, some, a little.
FIRST = {
    NeedArea.JOB: (38, 34, 14),
    NeedArea.PSYCHOSOCIAL: (24, 38, 20),
    NeedArea.FAMILY: (18, 34, 24),
    NeedArea.HEALTH_LINK: (20, 28, 20),
    NeedArea.LOAN: (14, 24, 16),
    NeedArea.VOCATIONAL: (14, 22, 18),
    NeedArea.IDENTITY_PAPERS: (16, 14, 12),
    NeedArea.HOUSING: (12, 18, 18),
    NeedArea.LEGAL: (8, 14, 14),
    NeedArea.SAFETY: (5, 9, 14),
    NeedArea.SCHOOLING: (4, 8, 10),
}
NOTES = {
    NeedArea.HOUSING: ("Ở nhờ nhà người thân, chỗ ngủ chật.", "Nhà dột, mùa mưa phải ở nhờ."),
    NeedArea.IDENTITY_PAPERS: ("Mất căn cước, chưa làm lại.", "Chưa nhập lại hộ khẩu."),
    NeedArea.JOB: ("Làm thuê theo ngày, thu nhập không đều.", "Muốn làm gần nhà để chăm mẹ."),
    NeedArea.LOAN: ("Cần vốn nuôi tôm quảng canh.", "Muốn mua xe để giao hàng."),
    NeedArea.VOCATIONAL: ("Thích nghề điện lạnh.", "Muốn học may, tiện giữ con."),
    NeedArea.HEALTH_LINK: ("Cần người đi cùng đến trạm y tế lần đầu.", "Chưa có bảo hiểm y tế."),
    NeedArea.LEGAL: ("Cần hỏi về giấy tờ thừa kế.", "Muốn được tư vấn về quyền nuôi con."),
    NeedArea.PSYCHOSOCIAL: ("Ít nói, mất ngủ; muốn gặp riêng.", "Còn ngại gặp hàng xóm."),
    NeedArea.FAMILY: ("Cha chưa nói chuyện lại.", "Gia đình ủng hộ nhưng lo lắng."),
    NeedArea.SCHOOLING: ("Muốn học tiếp bổ túc.", "Con nhỏ sắp vào lớp một."),
    NeedArea.SAFETY: ("Có người quen cũ đến tìm.", "Tối về nhà chưa yên tâm."),
}
SUMMARIES = (
    "Việc làm và gia đình là hai việc cần lo trước.",
    "Đã khá hơn lần trước; giữ nhịp gặp đều.",
    "Muốn tự mình lo được giấy tờ, chỉ cần người hướng dẫn.",
    "Cần gặp lại sớm để bàn kế hoạch.",
    "",
)
NEVER, OVERDUE, NOTED, URGENT, EASES, GROWS = 0.06, 0.12, 0.55, 0.3, 0.32, 0.06
LEAST_DAYS, BETWEEN_MONTHS = 5, (3, 6)


@dataclass(frozen=True, slots=True)
class Needs:
    """The newest levels of a case, for its plan, and whether its safety can't wait."""

    on: date | None
    levels: Mapping[NeedArea, int]
    is_urgent: bool


def assess(
    batch: Batch,
    rng: Random,
    horizon: Horizon,
    place: tuple[UUID, UUID],
    life: Life,
    counselor: Staff,
    keys: Keys,
) -> Needs:
    """Make the assessments of a case (`place`: its id and its unit's)."""
    last = life.closed_on or horizon.last_day
    if rng.random() < OVERDUE:
        last -= timedelta(days=200)
    on = working_day(max(life.opened_on, horizon.begins_on) + timedelta(days=LEAST_DAYS))
    levels: dict[NeedArea, int] = {}
    needs = Needs(None, levels, False)
    if rng.random() < NEVER:
        return needs
    while on <= last:
        levels = _next(rng, levels) if levels else _first(rng)
        is_urgent = levels[NeedArea.SAFETY] == 3 and rng.random() < URGENT
        needs = Needs(on, levels, is_urgent)
        _write(batch, rng, place, on, needs, counselor, keys)
        on = working_day(add_months(on, rng.randint(*BETWEEN_MONTHS)))
    return needs


def _first(rng: Random) -> dict[NeedArea, int]:
    shares = {area: (*FIRST[area], 100 - sum(FIRST[area])) for area in NeedArea}
    return {area: rng.choices((3, 2, 1, 0), shares[area])[0] for area in NeedArea}


def _next(rng: Random, levels: Mapping[NeedArea, int]) -> dict[NeedArea, int]:
    return {area: _moved(rng, level) for area, level in levels.items()}


def _moved(rng: Random, level: int) -> int:
    drawn = rng.random()
    if drawn < EASES:
        return max(level - 1, 0)
    return min(level + 1, 3) if drawn > 1 - GROWS else level


def _write(
    batch: Batch,
    rng: Random,
    place: tuple[UUID, UUID],
    on: date,
    needs: Needs,
    counselor: Staff,
    keys: Keys,
) -> None:
    case_id, unit_id = place
    assessment = batch.add(
        Assessment,
        case_id=case_id,
        unit_id=unit_id,
        on_day=on,
        is_urgent=needs.is_urgent,
        recorded_by=counselor.id,
        recorded_at=moment(rng, on),
        version=1,
    )
    seal(assessment, Assessment, "summary", rng.choice(SUMMARIES), keys)
    for area, level in needs.levels.items():
        row = batch.add(
            AssessedArea,
            assessment_id=assessment["id"],
            case_id=case_id,
            area=area,
            level=level,
        )
        noted = level > 0 and rng.random() < NOTED
        seal(row, AssessedArea, "note", rng.choice(NOTES[area]) if noted else "", keys)
