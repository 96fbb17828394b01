"""The specialised groups of a unit. A name never says what a group's members have in common."""

from datetime import date
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped

from casework.core.database import Base, Versioned, operational
from casework.core.labels import Labelled


class GroupKind(Labelled):
    """What a specialised group does."""

    COMMUNICATION = "communication", _l("Communication group")
    COUNSELLING = "counselling", _l("Counselling group")
    SELF_HELP = "self_help", _l("Self-help group")
    PEER = "peer", _l("Peer group")
    OTHER = "other", _l("Other group")


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
