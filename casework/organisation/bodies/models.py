"""Clubs, volunteer teams and support points, their decisions, and their specialised groups.

A name never says what a group's members have in common. A body belongs to one unit; when that unit
is merged the body goes on, and keeps asking for a reorganisation decision until one names its new
unit.
"""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, operational
from casework.core.labels import Labelled


class BodyKind(Labelled):
    """What a unit sets up to do the work."""

    CLUB = "club", _l("Club")
    VOLUNTEER_TEAM = "volunteer_team", _l("Volunteer social-work team")
    SUPPORT_POINT = "support_point", _l("Counselling and support point")


class DecisionKind(Labelled):
    """What a decision does to a body."""

    ESTABLISHMENT = "establishment", _l("establishment")
    REORGANISATION = "reorganisation", _l("reorganisation")
    DISSOLUTION = "dissolution", _l("dissolution")


class GroupKind(Labelled):
    """What a specialised group does."""

    COMMUNICATION = "communication", _l("Communication group")
    COUNSELLING = "counselling", _l("Counselling group")
    SELF_HELP = "self_help", _l("Self-help group")
    PEER = "peer", _l("Peer group")
    OTHER = "other", _l("Other group")


CONFIDENTIAL_KINDS = (GroupKind.SELF_HELP, GroupKind.PEER)


class Body(Versioned, Base):
    """A club, a team or a support point of a unit. `unit_id` is where its last decision put it."""

    __tablename__ = "bodies"

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(
        ForeignKey("organisation.units.id"), nullable=False, index=True
    )
    kind: Mapped[str] = operational(nullable=False)
    name: Mapped[str] = operational(nullable=False)
    active_from: Mapped[date] = operational(nullable=False)
    active_until: Mapped[date | None] = operational()

    @property
    def kind_label(self) -> str:
        """The kind's word on screens."""
        return BodyKind(self.kind).label


class Decision(Versioned, Base):
    """A decision about a body: its number, who signed it, from when it holds, for which unit."""

    __tablename__ = "decisions"

    id: Mapped[UUID] = operational(primary_key=True)
    body_id: Mapped[UUID] = operational(ForeignKey(Body.id), nullable=False, index=True)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    kind: Mapped[str] = operational(nullable=False)
    number: Mapped[str] = operational(nullable=False)
    signed_on: Mapped[date] = operational(nullable=False)
    effective_on: Mapped[date] = operational(nullable=False)
    signed_by: Mapped[str] = operational(nullable=False)
    note: Mapped[str] = operational(nullable=False, default="")
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)

    @property
    def kind_label(self) -> str:
        """The kind's word on screens."""
        return DecisionKind(self.kind).label


class Group(Versioned, Base):
    """A specialised group of a unit, mostly of one of its bodies.

    Who belongs to a self-help or peer group stands elsewhere.
    """

    __tablename__ = "groups"

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(
        ForeignKey("organisation.units.id"), nullable=False, index=True
    )
    body_id: Mapped[UUID | None] = operational(ForeignKey(Body.id), index=True)
    kind: Mapped[str] = operational(nullable=False)
    name: Mapped[str] = operational(nullable=False)
    active_from: Mapped[date] = operational(nullable=False)
    active_until: Mapped[date | None] = operational()

    @property
    def kind_label(self) -> str:
        """The kind's word on screens."""
        return GroupKind(self.kind).label

    @property
    def is_confidential(self) -> bool:
        """Whether who came and what was said belongs to the confidential side."""
        return self.kind in CONFIDENTIAL_KINDS
