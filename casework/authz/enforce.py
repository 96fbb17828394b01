"""Every view names its permission and is handed an Access; an endpoint without one is refused.

An Access says how far the permission reaches; queries turn it into WHERE. What is out of reach
answers 404 like what does not exist, and leaves a row in the log.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from flask import Flask, current_app, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, false, true
from sqlalchemy.orm import QueryableAttribute
from werkzeug.exceptions import Forbidden

from casework.authz.permissions import Permission, Reach, Role
from casework.authz.policy import reach_of
from casework.core import audit
from casework.core.audit import Actor
from casework.core.errors import OutOfReach

P = ParamSpec("P")
_MARK = "_casework_permission"
PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role in force today. A role without a unit reaches the whole country."""

    role: Role
    unit_id: UUID | None
    unit_is_province: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """The signed-in account as authorization sees it, detached from the database."""

    account_id: UUID
    username: str
    display_name: str
    roles: tuple[HeldRole, ...]

    @property
    def actor(self) -> Actor:
        """Who acts, for operations and the log."""
        return Actor(self.account_id, self.display_name)

    def holds(self, permission: Permission) -> bool:
        """Whether any role held today has the permission, however far it reaches."""
        return any(reach_of(held.role, permission) is not Reach.NONE for held in self.roles)

    def access(self, permission: Permission) -> "Access | None":
        """How far a permission reaches today, over all roles held; None when it is not held
        at all.
        """
        reaches = [(reach_of(held.role, permission), held) for held in self.roles]
        reaches = [(reach, held) for reach, held in reaches if reach is not Reach.NONE]
        if not reaches:
            return None
        wide = [held for reach, held in reaches if reach is Reach.ALL]
        return Access(
            identity=self,
            permission=permission,
            everywhere=any(held.unit_id is None for held in wide),
            provinces=frozenset(
                held.unit_id for held in wide if held.unit_id and held.unit_is_province
            ),
            units=frozenset(
                held.unit_id
                for reach, held in reaches
                if reach in (Reach.UNIT, Reach.ALL) and held.unit_id
            ),
            own_units=frozenset(
                held.unit_id for reach, held in reaches if reach is Reach.ASSIGNED and held.unit_id
            ),
        )


@dataclass(frozen=True, slots=True)
class Access:
    """A permission with its reach. Holding one is the proof that the view may go on."""

    identity: Identity
    permission: Permission
    everywhere: bool = False
    provinces: frozenset[UUID] = field(default_factory=frozenset)
    units: frozenset[UUID] = field(default_factory=frozenset)
    own_units: frozenset[UUID] = field(default_factory=frozenset)

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return self.identity.actor

    @property
    def account_id(self) -> UUID:
        """The account that acts."""
        return self.identity.account_id

    def own(self, unit_id: QueryableAttribute[UUID]) -> ColumnElement[bool]:
        """The units in which the account's own records are reached. A role that ended reaches none,
        whatever is still assigned.
        """
        return unit_id.in_(self.own_units) if self.own_units else false()

    def within(
        self,
        unit_id: QueryableAttribute[UUID],
        province_id: QueryableAttribute[UUID | None] | None = None,
    ) -> ColumnElement[bool]:
        """The rows of the units this access reaches. `province_id` is the column of the row's
        province, if it has one.
        """
        if self.everywhere:
            return true()
        condition: ColumnElement[bool] = unit_id.in_(self.units) if self.units else false()
        if self.provinces and province_id is not None:
            condition = condition | province_id.in_(self.provinces)
        return condition


def requires(
    permission: Permission,
) -> Callable[
    [Callable[Concatenate[Access, P], ResponseReturnValue]], Callable[P, ResponseReturnValue]
]:
    """Let the view run only for accounts that hold the permission; hand it the Access."""

    def decorate(
        view: Callable[Concatenate[Access, P], ResponseReturnValue],
    ) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            access = current_identity().access(permission)
            if access is None:
                audit.record_refusal(str(permission), "page", None, by=current_identity().actor)
                raise Forbidden
            try:
                return view(access, *args, **kwargs)
            except OutOfReach:
                subject = next(iter((request.view_args or {}).values()), None)
                subject_id = subject if isinstance(subject, UUID) else None
                audit.record_refusal(
                    str(permission), str(request.endpoint), subject_id, by=access.actor
                )
                raise

        setattr(guarded, _MARK, permission)
        return guarded

    return decorate


def public(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """A page for anybody: sign-in, health, language. Every one is listed in a test."""
    setattr(view, _MARK, PUBLIC)
    return view


def permission_of(view: Callable[..., Any]) -> Permission | str | None:
    """What a view function requires; None when nobody said."""
    mark: Permission | str | None = getattr(view, _MARK, None)
    return mark


def current_identity() -> Identity:
    """The signed-in account. Only for pages that already required a permission."""
    identity: Identity | None = g.get("identity")
    if identity is None:
        raise Forbidden
    return identity


def find_identity() -> Identity | None:
    """The signed-in account, or None."""
    identity: Identity | None = g.get("identity")
    return identity


def can(permission: Permission) -> bool:
    """Whether the current account holds a permission at all: for links and buttons."""
    identity = find_identity()
    return identity is not None and identity.holds(permission)


def init_app(
    app: Flask, *, sign_in: Callable[[], ResponseReturnValue], open_to_anybody: frozenset[str]
) -> None:
    """Refuse by default. `sign_in` answers a request of somebody who has to sign in first.

    `open_to_anybody` names endpoints of core, which knows no permissions.
    """

    def refuse() -> ResponseReturnValue | None:
        if request.endpoint is None:
            return None
        permission = permission_of(current_app.view_functions[request.endpoint])
        if permission == PUBLIC or request.endpoint in open_to_anybody:
            return None
        if g.get("identity") is None:
            return sign_in()
        if permission is None:
            raise Forbidden
        return None

    app.before_request(refuse)
    app.context_processor(lambda: {"can": can, "Permission": Permission})
