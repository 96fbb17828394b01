"""Up to when somebody has seen what changed for them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped

from casework.core.database import Base, operational


class NewsSeen(Base):
    """The moment up to which an account knows the news of inspections."""

    __tablename__ = "news_seen"

    id: Mapped[UUID] = operational(primary_key=True)
    account_id: Mapped[UUID] = operational(
        ForeignKey("organisation.accounts.id"), nullable=False, unique=True
    )
    seen_at: Mapped[datetime] = operational(nullable=False)
