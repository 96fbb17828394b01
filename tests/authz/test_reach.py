"""How far a permission goes, over several roles, several units and a province."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.authz.enforce import HeldRole, Identity
from casework.authz.permissions import Permission, Reach, Role
from casework.authz.policy import POLICY, reach_of

UNITS = [UUID(int=number) for number in range(1, 5)]
roles = st.builds(
    HeldRole,
    role=st.sampled_from(list(Role)),
    unit_id=st.one_of(st.none(), st.sampled_from(UNITS)),
    unit_is_province=st.booleans(),
)


def identity(*held: HeldRole) -> Identity:
    return Identity(uuid4(), "x", "X", held)


@given(st.lists(roles, max_size=4), st.sampled_from(list(Permission)))
def test_an_access_is_the_sum_of_its_roles(held, permission):
    access = identity(*held).access(permission)
    alone = [identity(each).access(permission) for each in held]
    found = [each for each in alone if each is not None]
    assert (access is None) == (not found)
    if access is not None:
        assert access.everywhere == any(each.everywhere for each in found)
        assert access.own_units == frozenset().union(*(each.own_units for each in found))
        assert access.units == frozenset().union(*(each.units for each in found))
        assert access.provinces == frozenset().union(*(each.provinces for each in found))


@given(roles, st.sampled_from(list(Permission)))
def test_one_role_reaches_what_the_table_says_and_no_further(held, permission):
    access, reach = identity(held).access(permission), reach_of(held.role, permission)
    if reach is Reach.NONE:
        assert access is None
        return
    assert access is not None
    assert access.everywhere == (reach is Reach.ALL and held.unit_id is None)
    own = reach is Reach.ASSIGNED and held.unit_id is not None
    assert access.own_units == (frozenset([held.unit_id]) if own else frozenset())
    wide = reach is Reach.ALL and held.unit_is_province and held.unit_id is not None
    assert access.provinces == (frozenset([held.unit_id]) if wide else frozenset())
    if reach is Reach.ASSIGNED:
        assert access.units == frozenset()


def test_a_role_of_one_unit_lends_nothing_to_another():
    """Counselor in one unit and unit head in the next: cases are opened in the first alone."""
    both = identity(HeldRole(Role.COUNSELOR, UNITS[0]), HeldRole(Role.UNIT_HEAD, UNITS[1]))
    access = both.access(Permission.CASE_OPEN)
    assert access is not None
    assert access.units == {UNITS[0]}


def test_nobody_without_a_role_reaches_anything():
    assert [p for p in Permission if identity().access(p)] == []


def test_the_table_says_none_by_leaving_out():
    for role, permissions in POLICY.items():
        assert Reach.NONE not in permissions.values(), role
    assert reach_of(Role.ACCOUNTANT, Permission.CASE_LIST) is Reach.NONE


@pytest.mark.parametrize("kind", [Role, Permission, Reach])
def test_everything_has_a_word(app, kind):
    with app.test_request_context():
        assert all(each.label and each.label != str(each) for each in kind)
