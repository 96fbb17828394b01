"""How cases went on: reopened, handed to another unit, offered to one, covered for a time, proposed
for erasure. Each is told of cases that exist already, so nothing else depends on it.
"""

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID

from casework.confidential.cases.models import (
    Assignment,
    ClosureReason,
    Episode,
    EpisodeEnd,
    ReopeningReason,
)
from casework.confidential.closures.models import Erasure, ErasureCause, ErasureStatus
from casework.confidential.consent.models import Consent, ConsentMethod, Purpose
from casework.confidential.transfers.models import Transfer, TransferStatus
from casework.core.clock import VIETNAM
from casework.demonstration.horizon import Horizon, moment
from casework.demonstration.keys import Staff, give_keys
from casework.demonstration.rows import Batch, Row, seal
from casework.demonstration.staff import Team
from casework.demonstration.support import Whom
from casework.organisation.units.models import Unit
from casework.vault.grants import Use

REOPENED, NOTED = 0.05, 0.6
COVERED_DAYS = 6
CLOSING_NOTES = (
    "Đã có việc làm ổn định, gia đình đồng hành. Nếu quay lại, hỏi trước về chỗ ở.",
    "Đạt các mục tiêu đã thống nhất. Vẫn có thể gọi khi cần.",
    "Chuyển nơi ở, đã dặn cách liên hệ đơn vị mới.",
    "Kết thúc theo mong muốn; giấy tờ tùy thân đã làm xong.",
)
TRANSFER_NOTE = "Đang học nghề may, cần người giúp giữ lịch học. Chỉ gọi sau 18 giờ."


def tell_the_course(batch: Batch, whom: Whom, unit_id: UUID, episode: Row) -> None:
    """A closing note where support ended; an earlier stretch where the person came again."""
    chance = Random(f"{whom.case_id}|course")  # nosec B311
    if whom.life.closed_on and chance.random() < NOTED:
        seal(episode, Episode, "closing_note", chance.choice(CLOSING_NOTES), whom.keys)
    if whom.life.closed_on is None and chance.random() < REOPENED:
        ended_on = whom.life.opened_on - timedelta(days=chance.randrange(60, 200))
        began_on = ended_on - timedelta(days=chance.randrange(90, 300))
        episode["reopened_because"] = chance.choice(list(ReopeningReason))
        reason = chance.choice((ClosureReason.GOALS_MET, ClosureReason.WITHDREW))
        _stretch(batch, whom, unit_id, began_on, ended_on, EpisodeEnd.CLOSURE, reason)


def have_somebody_stand_in(batch: Batch, whom: Whom, colleague: Staff, horizon: Horizon) -> None:
    """A colleague reads and writes for some days."""
    ends_on = horizon.today + timedelta(days=COVERED_DAYS)
    expires_at = datetime.combine(ends_on, time.min, VIETNAM).astimezone(UTC)
    at = moment(Random(f"{whom.case_id}|cover"), horizon.last_day)  # nosec B311
    batch.add(
        Assignment,
        case_id=whom.case_id,
        account_id=colleague.id,
        from_on=horizon.today,
        until_on=ends_on,
        assigned_by=whom.counselor.id,
        is_cover=True,
    )
    give_keys(batch, whom, colleague, Use.READ, at=at, expires_at=expires_at)


def offer_to(batch: Batch, whom: Whom, here: Unit, there: Unit, team: Team, on: date) -> None:
    """The case waits for the answer of another unit, whose coordinators hold its keys."""
    for coordinator in team.coordinators:
        give_keys(batch, whom, coordinator, Use.CUSTODY, at=_at(whom, on))
    _transfer(batch, whom, here, there, on, None)


def came_from(batch: Batch, whom: Whom, there: Unit, here: Unit) -> None:
    """The person was supported in another unit before, and agreed to go on here."""
    moved_on = whom.life.opened_on
    _stretch(
        batch, whom, there.id, moved_on - timedelta(days=50), moved_on, EpisodeEnd.TRANSFER, None
    )
    _transfer(batch, whom, there, here, moved_on, moved_on)


def propose_to_erase(batch: Batch, whom: Whom, unit: Unit, coordinator: Staff, on: date) -> None:
    """The person asked for it; the officer has still to decide."""
    batch.add(
        Erasure,
        case_id=whom.case_id,
        unit_id=unit.id,
        cause=ErasureCause.REQUEST,
        status=ErasureStatus.PROPOSED,
        proposed_by=coordinator.id,
        proposed_at=_at(whom, on),
        decided_by=None,
        decided_at=None,
        kept_because=None,
        keep_until=None,
        version=1,
    )


def _stretch(
    batch: Batch,
    whom: Whom,
    unit_id: UUID,
    opened_on: date,
    closed_on: date,
    ended_by: EpisodeEnd,
    reason: ClosureReason | None,
) -> None:
    batch.add(
        Episode,
        case_id=whom.case_id,
        unit_id=unit_id,
        opened_on=opened_on,
        closed_on=closed_on,
        ended_by=ended_by,
        closure_reason=reason,
        reopened_because=None,
        closing_note_sealed=None,
    )


def _transfer(
    batch: Batch, whom: Whom, from_unit: Unit, to_unit: Unit, on: date, answered_on: date | None
) -> None:
    consent = batch.add(
        Consent,
        case_id=whom.case_id,
        purpose=Purpose.REFERRAL,
        partner_id=None,
        to_unit_id=to_unit.id,
        child_agrees=None,
        is_given=True,
        method=ConsentMethod.SIGNED,
        on_day=on,
        until_on=None,
        witness_sealed=None,
        recorded_by=whom.counselor.id,
        recorded_at=_at(whom, on),
    )
    row = batch.add(
        Transfer,
        case_id=whom.case_id,
        from_unit_id=from_unit.id,
        to_unit_id=to_unit.id,
        consent_id=consent["id"],
        status=TransferStatus.ACCEPTED if answered_on else TransferStatus.OFFERED,
        offered_by=whom.counselor.id,
        offered_at=_at(whom, on),
        answered_by=whom.counselor.id if answered_on else None,
        answered_on=answered_on,
        decline_reason=None,
        version=1,
    )
    seal(row, Transfer, "note", TRANSFER_NOTE, whom.keys)


def _at(whom: Whom, on: date) -> datetime:
    return moment(Random(f"{whom.case_id}|{on}"), on)  # nosec B311
