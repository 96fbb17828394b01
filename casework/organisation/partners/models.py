"""Partners of other sectors, of a unit or of a whole province, and what was done together."""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, operational
from casework.core.labels import Labelled


class PartnerKind(Labelled):
    """What sort of partner it is."""

    HEALTH_STATION = "health_station", _l("health station")
    METHADONE_ARV = "methadone_arv", _l("health facility for long-term treatment")
    LEGAL_AID = "legal_aid", _l("legal aid centre")
    EMPLOYMENT = "employment", _l("employment service centre")
    VOCATIONAL = "vocational", _l("vocational school")
    POLICY_BANK = "policy_bank", _l("Bank for Social Policies")
    WOMENS_UNION = "womens_union", _l("Women's Union")
    YOUTH_UNION = "youth_union", _l("Youth Union")
    FARMERS_UNION = "farmers_union", _l("Farmers' Union")
    FATHERLAND_FRONT = "fatherland_front", _l("Fatherland Front")
    RED_CROSS = "red_cross", _l("Red Cross")
    SOCIAL_WORK = "social_work", _l("social work centre")
    SHELTER = "shelter", _l("shelter")
    NGO = "ngo", _l("non-governmental organisation")
    POLICE = "police", _l("police")
    OTHER = "other", _l("other")


class Partner(Versioned, Base):
    """An office to work with. `unit_id` is the unit that entered it, or the province for all its
    units. `contact` names an office's own desk and telephone, no person supported.
    """

    __tablename__ = "partners"

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(
        ForeignKey("organisation.units.id"), nullable=False, index=True
    )
    kind: Mapped[str] = operational(nullable=False)
    name: Mapped[str] = operational(nullable=False)
    contact: Mapped[str] = operational(nullable=False, default="")
    agreement: Mapped[str] = operational(nullable=False, default="")
    active_from: Mapped[date] = operational(nullable=False)
    active_until: Mapped[date | None] = operational()
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)

    @property
    def kind_label(self) -> str:
        """The kind's word on screens."""
        return PartnerKind(self.kind).label


class JointActivity(Versioned, Base):
    """Something a unit did together with partners."""

    __tablename__ = "joint_activities"
    __table_args__ = (Index(None, "unit_id", "held_on"),)

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    held_on: Mapped[date] = operational(nullable=False)
    topic: Mapped[str] = operational(nullable=False)
    outcome: Mapped[str] = operational(nullable=False, default="")
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)


class JointPartner(Base):
    """A partner that took part in a joint activity."""

    __tablename__ = "joint_partners"
    __table_args__ = (UniqueConstraint("activity_id", "partner_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    activity_id: Mapped[UUID] = operational(ForeignKey(JointActivity.id), nullable=False)
    partner_id: Mapped[UUID] = operational(ForeignKey(Partner.id), nullable=False, index=True)
