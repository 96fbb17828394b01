"""The specialised groups of a unit. A name never says what a group's members have in common."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped

from casework.core.database import Base, Versioned, operational


class GroupKind(StrEnum):
    """What a specialised group does."""

    COMMUNICATION = "communication"
    COUNSELLING = "counselling"
    SELF_HELP = "self_help"
    PEER = "peer"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The kind's word on screens."""
        return str(_GROUP_LABELS[self])


CONFIDENTIAL_KINDS = (GroupKind.SELF_HELP, GroupKind.PEER)


class Group(Versioned, Base):
    """A specialised group of a unit. Who belongs to a self-help or peer group stands elsewhere."""

    __tablename__ = "groups"

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(
        ForeignKey("organisation.units.id"), nullable=False, index=True
    )
    kind: Mapped[str] = operational(nullable=False)
    name: Mapped[str] = operational(nullable=False)
    active_from: Mapped[date] = operational(nullable=False)
    active_until: Mapped[date | None] = operational()


_GROUP_LABELS = {
    GroupKind.COMMUNICATION: _l("Communication group"),
    GroupKind.COUNSELLING: _l("Counselling group"),
    GroupKind.SELF_HELP: _l("Self-help group"),
    GroupKind.PEER: _l("Peer group"),
    GroupKind.OTHER: _l("Other group"),
}
