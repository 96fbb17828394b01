"""Communication sessions: what was said to whom in which hamlets; how many heard it, unnamed."""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, operational
from casework.core.labels import Labelled


class CommunicationForm(Labelled):
    """How something is made known."""

    TALK = "talk", _l("talk on a topic")
    INTEGRATED = "integrated", _l("part of another event")
    LEAFLET = "leaflet", _l("leaflets handed out")
    BANNER = "banner", _l("banners")
    LOUDSPEAKER = "loudspeaker", _l("loudspeaker")
    CONTEST = "contest", _l("contest")
    ONLINE = "online", _l("social media")


class CommunicationSession(Versioned, Base):
    """One session. `attendances` are lượt người, `materials` leaflets, banners or broadcasts."""

    __tablename__ = "communication_sessions"
    __table_args__ = (Index(None, "unit_id", "held_on"),)

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    body_id: Mapped[UUID | None] = operational(ForeignKey("organisation.bodies.id"))
    held_on: Mapped[date] = operational(nullable=False)
    form: Mapped[str] = operational(nullable=False)
    topic: Mapped[str] = operational(nullable=False)
    audience: Mapped[str] = operational(nullable=False, default="")
    attendances: Mapped[int] = operational(nullable=False, default=0)
    materials: Mapped[int] = operational(nullable=False, default=0)
    note: Mapped[str] = operational(nullable=False, default="")
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)

    @property
    def form_label(self) -> str:
        """The form's word on screens."""
        return CommunicationForm(self.form).label


class CoveredHamlet(Base):
    """A hamlet that a session reached."""

    __tablename__ = "covered_hamlets"
    __table_args__ = (UniqueConstraint("session_id", "hamlet_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    session_id: Mapped[UUID] = operational(ForeignKey(CommunicationSession.id), nullable=False)
    hamlet_id: Mapped[UUID] = operational(
        ForeignKey("organisation.hamlets.id"), nullable=False, index=True
    )
