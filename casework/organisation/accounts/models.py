"""Accounts of staff, the roles they hold from a day until a day, and their sessions."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, false
from sqlalchemy.orm import Mapped

from casework.authz.permissions import Role
from casework.core.clock import now, today
from casework.core.database import Base, Versioned, operational


class Account(Versioned, Base):
    """Somebody who works with the program. Accounts are disabled, never deleted."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = operational(primary_key=True)
    username: Mapped[str] = operational(nullable=False, unique=True)
    display_name: Mapped[str] = operational(nullable=False)
    created_at: Mapped[datetime] = operational(nullable=False, default=now)
    disabled_at: Mapped[datetime | None] = operational()
    expires_on: Mapped[date | None] = operational()
    must_change_password: Mapped[bool] = operational(nullable=False, default=False)
    # The secret of the one-time codes, sealed under the account's own key.
    totp_sealed: Mapped[bytes | None] = operational()
    # The time step of the last code used: a code works once.
    totp_step: Mapped[int] = operational(nullable=False, default=0)

    @property
    def has_expired(self) -> bool:
        """Whether its last day lies behind."""
        return self.expires_on is not None and self.expires_on < today()


class AccountRole(Base):
    """A role in a unit, from a day until a day. Without a unit it reaches the whole country.

    An inspector's role opens nothing while it awaits a department manager's approval. One that was
    declined goes on waiting, and its last day lies before its first: it never held.
    """

    __tablename__ = "account_roles"
    __table_args__ = (Index(None, "account_id"), Index(None, "unit_id", "role"))

    id: Mapped[UUID] = operational(primary_key=True)
    account_id: Mapped[UUID] = operational(ForeignKey(Account.id), nullable=False)
    role: Mapped[str] = operational(nullable=False)
    unit_id: Mapped[UUID | None] = operational(ForeignKey("organisation.units.id"))
    from_on: Mapped[date] = operational(nullable=False)
    until_on: Mapped[date | None] = operational()
    awaits_approval: Mapped[bool] = operational(
        nullable=False, default=False, server_default=false()
    )
    given_by: Mapped[UUID | None] = operational()
    approved_by: Mapped[UUID | None] = operational()

    @property
    def was_declined(self) -> bool:
        """Whether a department manager said no."""
        return self.until_on is not None and self.until_on < self.from_on

    @property
    def label(self) -> str:
        """The role's name on screens."""
        return Role(self.role).label


class AccountSession(Base):
    """A signed-in browser.

    The database holds the token's digest; the private key is sealed under the token itself.
    """

    __tablename__ = "account_sessions"

    id: Mapped[UUID] = operational(primary_key=True)
    account_id: Mapped[UUID] = operational(ForeignKey(Account.id), nullable=False, index=True)
    token_digest: Mapped[bytes] = operational(nullable=False, unique=True)
    sealed_secret: Mapped[bytes | None] = operational()
    started_at: Mapped[datetime] = operational(nullable=False)
    seen_at: Mapped[datetime] = operational(nullable=False)
    ended_at: Mapped[datetime | None] = operational()
    awaits_code: Mapped[bool] = operational(nullable=False, default=False)


class SignInAttempt(Base):
    """A try to sign in, for the throttle.

    The name is kept as a keyed digest: people type passwords into it.
    """

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index(None, "name_digest", "at"), Index(None, "address", "at"))

    id: Mapped[UUID] = operational(primary_key=True)
    at: Mapped[datetime] = operational(nullable=False)
    name_digest: Mapped[str] = operational(nullable=False)
    address: Mapped[str] = operational(nullable=False)
    succeeded: Mapped[bool] = operational(nullable=False)
