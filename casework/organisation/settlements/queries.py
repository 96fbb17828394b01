"""Reading what waits to be settled, and which years were closed and reopened."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from casework.core.database import db
from casework.core.text import words_key
from casework.organisation.budgets.models import BudgetLine, ClosedYear
from casework.organisation.budgets.queries import balances


def list_outstanding(unit_ids: Sequence[UUID]) -> list[tuple[BudgetLine, int]]:
    """The lines of every year with something outstanding, and how much."""
    lines = list(db.session.scalars(select(BudgetLine).where(BudgetLine.unit_id.in_(unit_ids))))
    found = balances(lines)
    rows = [(line, found[line.id].outstanding) for line in lines if found[line.id].outstanding]
    return sorted(rows, key=lambda row: (row[0].year, row[0].due_on, words_key(row[0].title)))


def list_closed_years(unit_ids: Sequence[UUID]) -> list[ClosedYear]:
    """Every closing and reopening, newest first."""
    query = select(ClosedYear).where(ClosedYear.unit_id.in_(unit_ids))
    return list(db.session.scalars(query.order_by(ClosedYear.closed_at.desc())))


def list_years_in_force(unit_id: UUID) -> list[int]:
    """The years that are closed today, newest first."""
    query = select(ClosedYear.year).where(
        ClosedYear.unit_id == unit_id, ClosedYear.reopened_at.is_(None)
    )
    return sorted(db.session.scalars(query), reverse=True)
