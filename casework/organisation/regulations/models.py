"""The operating regulation of a body: when it holds, and when people are to meet."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, operational
from casework.organisation.bodies.models import Body


class Regulation(Versioned, Base):
    """A regulation in force from a day until a day. Schedules name it: its meeting rules."""

    __tablename__ = "regulations"

    id: Mapped[UUID] = operational(primary_key=True)
    body_id: Mapped[UUID] = operational(ForeignKey(Body.id), nullable=False, index=True)
    number: Mapped[str] = operational(nullable=False)
    signed_by: Mapped[str] = operational(nullable=False, default="")
    signed_on: Mapped[date] = operational(nullable=False)
    valid_from: Mapped[date] = operational(nullable=False)
    valid_until: Mapped[date | None] = operational()
    note: Mapped[str] = operational(nullable=False, default="")
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)
