"""What persons received, and to whom they were referred; never about results or acts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from uuid import UUID

from casework.confidential.assessments.models import NeedArea
from casework.confidential.cases.models import Sex
from casework.confidential.cases.rules import ADULT_AGE
from casework.confidential.consent.models import Consent, ConsentMethod, Purpose
from casework.confidential.referrals.models import Referral, ReferralStatus, ReferralStep
from casework.confidential.services.models import Service, ServiceKind
from casework.confidential.services.queries import use_of_voucher
from casework.core.clock import add_months
from casework.demonstration import names
from casework.demonstration.horizon import Horizon, moment, working_day
from casework.demonstration.keys import Staff
from casework.demonstration.lives import Life
from casework.demonstration.rows import Batch, Keys, Row, seal
from casework.organisation.budgets.models import FundingSource
from casework.organisation.partners.models import PartnerKind
from casework.organisation.settings.models import USUAL, Setting
from casework.organisation.units.models import Unit

ITEM_DAYS, REFERRAL_DAYS = 230, 320
MOST_REFERRALS = 4
FEEDBACK = timedelta(days=int(USUAL[Setting.FEEDBACK_DAYS][0]))
# Partners answer in the end; what was sent lately may still wait.
ANSWERED, ANSWERED_LATELY, LATELY = 0.95, 0.5, timedelta(days=45)
WITHDRAWN, NAMED, VOUCHER_KNOWN = 0.03, 0.4, 0.93


@dataclass(frozen=True, slots=True)
class Gift:
    """A kind of support: how often, out of which sources, how much (nothing: worth not known)."""

    kind: ServiceKind
    weight: int
    sources: tuple[FundingSource, ...]
    amounts: tuple[int, ...]
    is_money: bool
    notes: tuple[str, ...]


PUBLIC = (FundingSource.LOCAL_BUDGET, FundingSource.PROGRAMME, FundingSource.STATE_BUDGET)
FRIENDS = (FundingSource.SOCIAL_MOBILISATION, FundingSource.CHARITY, FundingSource.NGO)
GIFTS = (
    Gift(ServiceKind.GIFT, 24, (*FRIENDS, FundingSource.CLUB_FUND), (300_000, 400_000, 500_000),
         False, ("Quà Tết: gạo, dầu ăn, bánh.", "Quà nhân dịp thăm gia đình.", "")),
    Gift(ServiceKind.HARDSHIP_GRANT, 12, PUBLIC, (500_000, 1_000_000, 1_500_000), True,
         ("Trợ cấp khó khăn đột xuất theo danh sách đã duyệt.", "Hỗ trợ sau mưa bão.", "")),
    Gift(ServiceKind.HEALTH_INSURANCE, 11, (*PUBLIC, FundingSource.CHARITY),
         (884_520, 1_263_600), False, ("Thẻ bảo hiểm y tế hộ gia đình, một năm.",)),
    Gift(ServiceKind.IDENTITY_PAPERS, 8, PUBLIC, (), False,
         ("Cùng đi làm lại căn cước.", "Hướng dẫn làm giấy xác nhận cư trú.")),
    Gift(ServiceKind.LEGAL_AID, 5, (FundingSource.STATE_BUDGET,), (), False,
         ("Trợ giúp viên pháp lý tư vấn một buổi.",)),
    Gift(ServiceKind.MEDICAL_LINK, 8, PUBLIC, (), False, ("Kết nối y tế, có người đi cùng.",)),
    Gift(ServiceKind.TRAVEL, 6, (FundingSource.CLUB_FUND, FundingSource.PROGRAMME),
         (50_000, 100_000, 200_000), True, ("Tiền xe đi học nghề.", "Tiền xe đi làm giấy tờ.")),
    Gift(ServiceKind.VOCATIONAL, 6, PUBLIC, (2_000_000, 3_000_000), True,
         ("Học phí lớp sửa xe ba tháng.", "Học phí lớp may gia dụng.")),
    Gift(ServiceKind.JOB, 4, (FundingSource.SOCIAL_MOBILISATION,), (), False,
         ("Nhận vào làm tại cơ sở gần nhà.",)),
    Gift(ServiceKind.LIVELIHOOD_KIT, 5, (FundingSource.NGO, FundingSource.PROGRAMME),
         (3_000_000, 5_000_000), False, ("Bộ đồ nghề sửa xe.", "Lưới và dụng cụ đánh bắt.")),
    Gift(ServiceKind.SCHOOLING, 4, (FundingSource.CHARITY, FundingSource.FAMILY),
         (500_000, 1_000_000), True, ("Tập vở, đồng phục cho con đầu năm học.",)),
    Gift(ServiceKind.HOUSING, 2, FRIENDS, (5_000_000, 10_000_000), False,
         ("Tôn và công sửa mái nhà.",)),
    Gift(ServiceKind.LOAN, 3, (FundingSource.VBSP_LOAN,), (20_000_000, 30_000_000, 50_000_000),
         True, ("Vay nuôi tôm quảng canh.", "Vay mua bò giống.")),
)  # fmt: skip

AREAS = {
    PartnerKind.HEALTH_STATION: (NeedArea.HEALTH_LINK, NeedArea.PSYCHOSOCIAL),
    PartnerKind.LEGAL_AID: (NeedArea.LEGAL, NeedArea.IDENTITY_PAPERS),
    PartnerKind.EMPLOYMENT: (NeedArea.JOB, NeedArea.VOCATIONAL),
    PartnerKind.POLICY_BANK: (NeedArea.LOAN,),
    PartnerKind.WOMENS_UNION: (NeedArea.FAMILY, NeedArea.LOAN),
    PartnerKind.YOUTH_UNION: (NeedArea.VOCATIONAL, NeedArea.JOB),
    PartnerKind.RED_CROSS: (NeedArea.HOUSING,),
    PartnerKind.FATHERLAND_FRONT: (NeedArea.HOUSING, NeedArea.IDENTITY_PAPERS),
}
REASONS = {
    NeedArea.HEALTH_LINK: "Đề nghị hướng dẫn thủ tục khám, chữa bệnh bằng thẻ bảo hiểm y tế.",
    NeedArea.PSYCHOSOCIAL: "Mất ngủ kéo dài, mong được người có chuyên môn lắng nghe.",
    NeedArea.LEGAL: "Cần tư vấn về quyền nuôi con và giấy tờ nhà đất.",
    NeedArea.IDENTITY_PAPERS: "Chưa có căn cước, đề nghị hướng dẫn và xác nhận nơi cư trú.",
    NeedArea.JOB: "Mong tìm việc làm gần nhà, có thể làm ca sáng.",
    NeedArea.VOCATIONAL: "Muốn học nghề sửa xe hoặc điện lạnh, có thể học buổi chiều.",
    NeedArea.LOAN: "Có phương án nuôi tôm quảng canh, cần hướng dẫn hồ sơ vay vốn.",
    NeedArea.FAMILY: "Gia đình mong được hòa giải và tư vấn nuôi dạy con.",
    NeedArea.HOUSING: "Nhà dột sau mưa bão, đề nghị xem xét vận động sửa mái.",
}
TOLD = {
    ReferralStatus.ACCEPTED: ("Đã hẹn ngày làm việc đầu tiên.", "Đối tác nhận hồ sơ.", ""),
    ReferralStatus.WAITLISTED: ("Chờ lớp khai giảng tháng sau.", "Chờ đợt xét vốn kế tiếp."),
    ReferralStatus.COMPLETED: ("Đã xong, người được hỗ trợ hài lòng.", "Đã có kết quả.", ""),
    ReferralStatus.DECLINED: ("Chưa đủ điều kiện theo quy định.", "Hết chỉ tiêu trong năm."),
    ReferralStatus.NO_SHOW: ("Không đến theo hẹn, sẽ hẹn lại.",),
    ReferralStatus.UNKNOWN: ("Đã hỏi lại, chưa có phản hồi.",),
}
# How partners answer, one thing after the other, and how often.
PATHS = {
    (ReferralStatus.ACCEPTED, ReferralStatus.COMPLETED): 46,
    (ReferralStatus.ACCEPTED,): 22,
    (ReferralStatus.WAITLISTED, ReferralStatus.ACCEPTED, ReferralStatus.COMPLETED): 10,
    (ReferralStatus.WAITLISTED,): 6,
    (ReferralStatus.DECLINED,): 8,
    (ReferralStatus.NO_SHOW,): 5,
    (ReferralStatus.UNKNOWN,): 2,
}


@dataclass(frozen=True, slots=True)
class Whom:
    """The case, and what its rows need."""

    case_id: UUID
    life: Life
    birth_year: int
    counselor: Staff
    keys: Keys


@dataclass(slots=True)
class SupportMaker:
    """Support and referrals in one unit. Vouchers are numbered through a year."""

    batch: Batch
    rng: Random
    horizon: Horizon
    unit: Unit
    partners: Sequence[Row]
    vouchers: Counter[int] = field(default_factory=Counter)

    def make(self, whom: Whom) -> None:
        """Everything of one case."""
        days = self._days(whom.life, ITEM_DAYS)
        for on in days:
            self._give(whom, on)
        sent = self._days(whom.life, REFERRAL_DAYS)[:MOST_REFERRALS]
        chosen = self.rng.sample(list(self.partners), min(len(sent), len(self.partners)))
        for on, partner in zip(sent, chosen, strict=False):
            self._refer(whom, partner, on)

    def _days(self, life: Life, every: int) -> list[date]:
        """Working days of a life, so many days apart on average."""
        day = max(life.opened_on, self.horizon.begins_on)
        last = life.closed_on or self.horizon.last_day
        days: list[date] = []
        while True:
            day = working_day(day + timedelta(days=3 + round(self.rng.expovariate(1 / every))))
            if day > last:
                return days
            days.append(day)

    def _give(self, whom: Whom, on: date) -> None:
        rng = self.rng
        gift = rng.choices(GIFTS, [each.weight for each in GIFTS])[0]
        source = rng.choice(gift.sources)
        amount = rng.choice(gift.amounts) if gift.amounts else None
        voucher = self._voucher(on.year) if amount and source in PUBLIC else ""
        row = self.batch.add(
            Service,
            case_id=whom.case_id,
            unit_id=self.unit.id,
            kind=gift.kind,
            on_day=on,
            is_money=gift.is_money,
            amount=amount,
            funding_source=source,
            voucher=voucher,
            voucher_use=use_of_voucher(voucher, on),
            taken_back_at=None,
            taken_back_by=None,
            recorded_by=whom.counselor.id,
            recorded_at=moment(rng, on),
            version=1,
        )
        seal(row, Service, "note", rng.choice(gift.notes), whom.keys)

    def _voucher(self, year: int) -> str:
        if self.rng.random() > VOUCHER_KNOWN:
            return ""
        self.vouchers[year] += 1
        return f"HT{self.vouchers[year]:03}/{year % 100}"

    def _refer(self, whom: Whom, partner: Row, on: date) -> None:
        rng = self.rng
        area = rng.choice(AREAS[partner["kind"]])
        consent = self._consent(whom, partner, on, is_given=True)
        row = self.batch.add(
            Referral,
            case_id=whom.case_id,
            unit_id=self.unit.id,
            partner_id=partner["id"],
            consent_id=consent["id"],
            area=area,
            sent_on=on,
            feedback_due_on=on + FEEDBACK,
            status=ReferralStatus.SENT,
            answered_on=None,
            names_person=rng.random() < NAMED,
            taken_back_at=None,
            taken_back_by=None,
            recorded_by=whom.counselor.id,
            recorded_at=moment(rng, on),
            version=1,
        )
        seal(row, Referral, "reason", REASONS[area], whom.keys)
        was_lately = on > self.horizon.last_day - LATELY
        if rng.random() < (ANSWERED_LATELY if was_lately else ANSWERED):
            self._answers(whom, row)
        later = on + timedelta(days=40)
        if rng.random() < WITHDRAWN and later <= (whom.life.closed_on or self.horizon.last_day):
            self._consent(whom, partner, later, is_given=False)

    def _answers(self, whom: Whom, referral: Row) -> None:
        rng, on = self.rng, referral["sent_on"]
        for status in rng.choices(list(PATHS), list(PATHS.values()))[0]:
            earliest = 16 if status is ReferralStatus.UNKNOWN else 3
            on = working_day(on + timedelta(days=rng.randrange(earliest, earliest + 18)))
            if on > self.horizon.last_day:
                return
            step = self.batch.add(
                ReferralStep,
                referral_id=referral["id"],
                case_id=whom.case_id,
                status=status,
                on_day=on,
                recorded_by=whom.counselor.id,
                recorded_at=moment(rng, on),
            )
            seal(step, ReferralStep, "note", rng.choice(TOLD[status]), whom.keys)
            referral["status"] = status
            if status is not ReferralStatus.UNKNOWN and referral["answered_on"] is None:
                referral["answered_on"] = on

    def _consent(self, whom: Whom, partner: Row, on: date, *, is_given: bool) -> Row:
        rng = self.rng
        is_minor = on.year - whom.birth_year < ADULT_AGE
        row = self.batch.add(
            Consent,
            case_id=whom.case_id,
            purpose=Purpose.REFERRAL,
            partner_id=partner["id"],
            to_unit_id=None,
            child_agrees=True if is_minor else None,
            is_given=is_given,
            method=ConsentMethod.GUARDIAN if is_minor else ConsentMethod.SIGNED,
            on_day=on,
            until_on=add_months(on, 12) if is_given else None,
            recorded_by=whom.counselor.id,
            recorded_at=moment(rng, on),
        )
        witness = names.full_name(rng, Sex.FEMALE) if is_minor else ""
        seal(row, Consent, "witness", witness, whom.keys)
        return row
