"""Support a person received: what kind, in kind or in money, and out of whose means.

Money is known by its voucher and the case code, never by a name.
"""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, coded, operational, sensitive
from casework.core.labels import Labelled
from casework.vault.grants import Compartment
from casework.vault.sealed import Sealed


class ServiceKind(Labelled):
    """The ten kinds of Article 37, Law 53/2024/QH15, with work and loan apart, and what communes
    give besides.
    """

    ESSENTIAL_NEEDS = "essential_needs", _l("essential needs")
    MEDICAL_LINK = "medical_link", _l("link to medical care")
    INTERPRETATION = "interpretation", _l("interpretation")
    LEGAL_SUPPORT = "legal_support", _l("legal support")
    LEGAL_AID = "legal_aid", _l("legal aid")
    TRAVEL = "travel", _l("travel")
    PSYCHOLOGICAL = "psychological", _l("psychological support")
    SCHOOLING = "schooling", _l("schooling")
    VOCATIONAL = "vocational", _l("vocational training")
    JOB = "job", _l("a job")
    HARDSHIP_GRANT = "hardship_grant", _l("hardship grant")
    LOAN = "loan", _l("loan")
    COUNSELLING = "counselling", _l("counselling")
    IDENTITY_PAPERS = "identity_papers", _l("identity papers")
    HEALTH_INSURANCE = "health_insurance", _l("health insurance")
    HOUSING = "housing", _l("housing")
    GIFT = "gift", _l("gift")
    LIVELIHOOD_KIT = "livelihood_kit", _l("means of livelihood")


class Service(Versioned, Base):
    """One item of support on a day. `amount` is in whole đồng: what was given in money, or what a
    gift in kind was worth, if known. `funding_source` is one of budgets.models.FundingSource. One
    logged by mistake is taken back and counts nowhere.

    `voucher_use` is the voucher as it is compared, with its year: of a unit, no two items that
    stand have the same. It is empty where there is no voucher, or the item was taken back.
    """

    __tablename__ = "services"
    __table_args__ = (
        Index(None, "case_id", "on_day"),
        Index(None, "unit_id", "on_day"),
        Index(None, "unit_id", "voucher_use", unique=True),
    )

    id: Mapped[UUID] = operational(primary_key=True)
    case_id: Mapped[UUID] = operational(ForeignKey("confidential.cases.id"), nullable=False)
    unit_id: Mapped[UUID] = coded(ForeignKey("organisation.units.id"), nullable=False)
    kind: Mapped[str] = coded(nullable=False)
    on: Mapped[date] = coded("on_day", nullable=False)
    is_money: Mapped[bool] = coded(nullable=False)
    amount: Mapped[int | None] = coded(BigInteger)
    funding_source: Mapped[str] = coded(nullable=False)
    voucher: Mapped[str] = coded(nullable=False, default="")
    voucher_use: Mapped[str | None] = operational()
    note_sealed: Mapped[bytes | None] = sensitive()
    taken_back_at: Mapped[datetime | None] = operational()
    taken_back_by: Mapped[UUID | None] = operational()
    recorded_by: Mapped[UUID] = operational(nullable=False)
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)

    note = Sealed("note_sealed", Compartment.NOTES)

    @property
    def subject_id(self) -> UUID:
        """The case whose keys seal this."""
        return self.case_id
