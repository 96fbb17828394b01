"""What an account finds in its lists is what opens for it, and nothing else."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from casework.authz.enforce import Identity
from casework.authz.permissions import Permission, Role
from casework.confidential.cases.models import Assignment, Case, PersonIdentity
from casework.confidential.groups.models import Facilitator
from casework.core.clock import today
from casework.core.database import db
from casework.organisation.accounts.models import AccountRole
from casework.organisation.accounts.queries import held_roles
from casework.organisation.bodies.models import Group, GroupKind
from tests.cast import Cast
from tests.page import Visitor

CASES = [UUID(int=100 + number) for number in range(6)]
GROUPS = [UUID(int=200 + number) for number in range(4)]
UNITS = ["a", "b", "c"]
ACCOUNTS = ["counselor", "counselor2", "coordinator", "unithead"]
SignIn = Callable[[str], Visitor]

spans = st.tuples(st.integers(-20, 2), st.one_of(st.none(), st.integers(-10, 10)))
roles = st.lists(
    st.tuples(
        st.sampled_from(ACCOUNTS),
        st.sampled_from([Role.COUNSELOR, Role.COORDINATOR, Role.UNIT_HEAD]),
        st.sampled_from(UNITS),
        spans,
    ),
    max_size=6,
)
assignments = st.lists(
    st.tuples(st.sampled_from(CASES), st.sampled_from(ACCOUNTS), spans), max_size=8
)
leaders = st.lists(st.tuples(st.sampled_from(GROUPS), st.sampled_from(ACCOUNTS), spans), max_size=5)


@pytest.fixture
def houses(app: Flask, cast: Cast) -> None:
    """Cases (open and closed) and groups in three units, entrusted to nobody."""
    with app.app_context():
        for number, case_id in enumerate(CASES):
            closed = today() if number % 3 == 2 else None
            db.session.add(
                Case(
                    id=case_id,
                    reference=f"AAA-{number:03}",
                    unit_id=cast.units[UNITS[number % 3]],
                    target_group="A",
                    sex="male",
                    source="self",
                    status="closed" if closed else "active",
                    opened_on=date(2026, 1, 5),
                    closed_on=closed,
                )
            )
        db.session.flush()
        db.session.add_all(PersonIdentity(id=case_id) for case_id in CASES)
        for number, group_id in enumerate(GROUPS):
            db.session.add(
                Group(
                    id=group_id,
                    unit_id=cast.units[UNITS[number % 3]],
                    kind=GroupKind.PEER,
                    name=f"Nhóm {number}",
                    active_from=date(2026, 1, 5),
                )
            )
        db.session.commit()


@pytest.mark.usefixtures("houses")
@settings(
    max_examples=8,
    phases=[Phase.generate],  # every try opens dozens of pages: a smaller example is not worth it
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(roles=roles, assignments=assignments, leaders=leaders)
def test_lists_and_doors_agree(
    app: Flask, cast: Cast, client_as: SignIn, roles, assignments, leaders
):
    _arrange(app, cast, roles, assignments, leaders)
    for username in ACCOUNTS:
        visitor, identity = client_as(username), _identity(app, cast, username)
        for listed_at, ids, permission in (
            (("/cases", "/cases?show=closed"), CASES, Permission.CASE_LIST),
            (("/groups",), GROUPS, Permission.GROUP_READ),
        ):
            allowed = identity.access(permission) is not None
            pages = [visitor.get(address) for address in listed_at]
            assert {page.status for page in pages} == {200 if allowed else 403}
            door = listed_at[0]
            listed = {i for i in ids if any(f"{door}/{i}" in page.text for page in pages)}
            statuses = {i: visitor.get(f"{door}/{i}").status for i in ids}
            assert listed == {i for i, status in statuses.items() if status == 200}
            assert {statuses[i] for i in ids if i not in listed} <= {404 if allowed else 403}


@pytest.mark.usefixtures("houses")
def test_a_door_opens_when_it_should(app: Flask, cast: Cast, client_as: SignIn):
    """The property above is not kept by doors that never open. The second group is in a unit in
    which the counselor has no role.
    """
    _arrange(
        app,
        cast,
        [
            ("counselor", Role.COUNSELOR, "a", (-5, None)),
            ("coordinator", Role.COORDINATOR, "b", (-5, None)),
        ],
        [(CASES[0], "counselor", (-3, None)), (CASES[2], "counselor", (-3, 0))],
        [(GROUPS[0], "counselor", (-3, 0)), (GROUPS[1], "counselor", (-3, 0))],
    )
    counselor, coordinator = client_as("counselor"), client_as("coordinator")
    assert [counselor.get(f"/cases/{i}").status for i in CASES] == [200, *[404] * 5]
    assert [coordinator.get(f"/cases/{i}").status for i in CASES] == [404, 200, 404, 404, 200, 404]
    assert [counselor.get(f"/groups/{i}").status for i in GROUPS] == [200, *[404] * 3]


def _arrange(app: Flask, cast: Cast, roles, assignments, leaders) -> None:
    def days(span: tuple[int, int | None]) -> dict[str, date | None]:
        start, length = span
        until = None if length is None else today() + timedelta(days=length)
        return {"from_on": today() + timedelta(days=start), "until_on": until}

    with app.app_context():
        for model in (AccountRole, Assignment, Facilitator):
            db.session.execute(delete(model))
        for who, role, unit, span in roles:
            row = {"id": uuid4(), "account_id": cast.accounts[who], "role": role}
            db.session.execute(
                insert(AccountRole).values(**row, unit_id=cast.units[unit], **days(span))
            )
        for case_id, who, span in assignments:
            row = {"id": uuid4(), "case_id": case_id, "account_id": cast.accounts[who]}
            db.session.execute(
                insert(Assignment).values(**row, assigned_by=cast.accounts[who], **days(span))
            )
        for group_id, who, span in leaders:
            row = {"id": uuid4(), "group_id": group_id, "account_id": cast.accounts[who]}
            db.session.execute(insert(Facilitator).values(**row, **days(span)))
        db.session.commit()


def _identity(app: Flask, cast: Cast, username: str) -> Identity:
    with app.app_context():
        account = cast.accounts[username]
        return Identity(account, username, username, held_roles(account))
