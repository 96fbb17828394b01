"""The read model: figures as published, in a database of their own. Nothing here can point to a case."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.database import ReadBase, operational


class Edition(ReadBase):
    """One publication of a province's figures for a month. Frozen once published."""

    __tablename__ = "editions"
    __table_args__ = (UniqueConstraint("province_id", "period"),)

    id: Mapped[UUID] = operational(primary_key=True)
    province_id: Mapped[UUID] = operational(nullable=False)
    period: Mapped[str] = operational(nullable=False)
    from_on: Mapped[date] = operational(nullable=False)
    until_on: Mapped[date] = operational(nullable=False)
    published_at: Mapped[datetime] = operational(nullable=False)
    published_by: Mapped[str] = operational(nullable=False)


class Figure(ReadBase):
    """One number of one unit as it is printed: `low`..`high`, equal where exact; no high means no upper end.

    `unit_of_count` keeps sessions (cuộc), attendances (lượt người) and persons (người) apart.
    """

    __tablename__ = "figures"
    __table_args__ = (
        Index(None, "unit_id", "measure", "until_on"),
        UniqueConstraint("edition_id", "unit_id", "measure", "from_on", "until_on"),
    )

    id: Mapped[UUID] = operational(primary_key=True)
    edition_id: Mapped[UUID] = operational(ForeignKey("inspection.editions.id"), nullable=False)
    unit_id: Mapped[UUID] = operational(nullable=False)
    level: Mapped[str] = operational(nullable=False)
    measure: Mapped[str] = operational(nullable=False)
    unit_of_count: Mapped[str] = operational(nullable=False)
    from_on: Mapped[date] = operational(nullable=False)
    until_on: Mapped[date] = operational(nullable=False)
    is_personal: Mapped[bool] = operational(nullable=False)
    shown: Mapped[str] = operational(nullable=False)
    low: Mapped[int | None] = operational()
    high: Mapped[int | None] = operational()
