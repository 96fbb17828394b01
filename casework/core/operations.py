"""Each form carries an operation id: the same form sent fifty times is carried out once.

A repeated POST gets the first one's answer. The id is unique per account and is committed with the
change.
"""

from datetime import datetime
from uuid import UUID, uuid4

from flask import Flask, Response, g, redirect, request
from sqlalchemy import UniqueConstraint, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response as BaseResponse

from casework.core import audit
from casework.core.clock import now
from casework.core.database import Base, db, operational
from casework.core.errors import stale, unexpected


class Operation(Base):
    """A form that was carried out, and where its answer led."""

    __tablename__ = "operations"
    __table_args__ = (UniqueConstraint("account_id", "operation_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    account_id: Mapped[UUID] = operational(nullable=False)
    operation_id: Mapped[UUID] = operational(nullable=False)
    location: Mapped[str] = operational(nullable=False)
    at: Mapped[datetime] = operational(nullable=False)


def new_operation() -> str:
    """The id of a form about to be shown."""
    return str(uuid4())


def first_answer(account_id: UUID) -> BaseResponse | None:
    """The answer to this very form if it was carried out before."""
    operation_id = _operation_of_request()
    if operation_id is None:
        return None
    location = db.session.scalar(
        select(Operation.location).where(
            Operation.account_id == account_id, Operation.operation_id == operation_id
        )
    )
    return redirect(location, 303) if location else None


def is_carried_out(account_id: UUID, operation: str) -> bool:
    """Whether a form with this operation (as forms carry it) was carried out."""
    operation_id = _parsed(operation)
    query = select(Operation.id).where(
        Operation.account_id == account_id, Operation.operation_id == operation_id
    )
    return operation_id is not None and db.session.scalar(query) is not None


def init_app(app: Flask) -> None:
    """Write the operation with the change, and answer the loser of a race like the winner."""
    app.add_template_global(new_operation)
    app.extensions["before_commit"].append(_remember)
    app.extensions["after_refusal"] += [audit.write_kept_reads, _answer_like_the_first]
    app.register_error_handler(IntegrityError, _answer_again)
    app.register_error_handler(StaleDataError, _answer_again)


def _remember(answer: Response) -> None:
    operation_id, account_id = _operation_of_request(), g.get("account_id")
    if operation_id and account_id and answer.location:
        values = {"id": uuid4(), "account_id": account_id, "operation_id": operation_id}
        db.session.execute(insert(Operation).values(**values, location=answer.location, at=now()))


def _answer_like_the_first(answer: Response) -> Response | BaseResponse:
    """Of one form sent twice at once, the second finds its rules broken by the first's success."""
    account_id = g.get("account_id")
    first = first_answer(account_id) if account_id and g.writes else None
    db.session.rollback()
    return first or answer


def _answer_again(error: IntegrityError | StaleDataError) -> BaseResponse | tuple[str, int]:
    db.session.rollback()
    account_id = g.get("account_id")
    if account_id and (first := first_answer(account_id)):
        return first
    return stale(error) if isinstance(error, StaleDataError) else unexpected(error)


def _operation_of_request() -> UUID | None:
    return _parsed(request.form.get("operation", ""))


def _parsed(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
