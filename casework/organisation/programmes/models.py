"""Programmes and pilot models that pay, and their phases."""

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped

from casework.core.database import Base, Versioned, operational

FIRST_YEAR = 2010
"""The first year whose money is kept."""


class Programme(Versioned, Base):
    """A programme or pilot model that pays, of a province or (without one) of the country."""

    __tablename__ = "programmes"

    id: Mapped[UUID] = operational(primary_key=True)
    province_id: Mapped[UUID | None] = operational(ForeignKey("organisation.units.id"))
    name: Mapped[str] = operational(nullable=False)
    source: Mapped[str] = operational(nullable=False)


class Phase(Versioned, Base):
    """A phase of a programme, from a day until a day (2017–2020)."""

    __tablename__ = "phases"

    id: Mapped[UUID] = operational(primary_key=True)
    programme_id: Mapped[UUID] = operational(ForeignKey(Programme.id), nullable=False, index=True)
    name: Mapped[str] = operational(nullable=False)
    from_on: Mapped[date] = operational(nullable=False)
    until_on: Mapped[date] = operational(nullable=False)
