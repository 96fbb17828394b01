"""The one table: role × permission → reach. What is not in it is refused."""

from casework.authz.permissions import Permission, Reach, Role

_EVERYONE = {
    Permission.OWN_ACCOUNT: Reach.ASSIGNED,
    Permission.UNIT_READ: Reach.ALL,
    Permission.ROLE_READ: Reach.ALL,
}

POLICY: dict[Role, dict[Permission, Reach]] = {
    Role.COUNSELOR: {
        **_EVERYONE,
        Permission.CASE_LIST: Reach.ASSIGNED,
        Permission.CASE_READ: Reach.ASSIGNED,
        Permission.CASE_OPEN: Reach.UNIT,
        Permission.CASE_WRITE: Reach.ASSIGNED,
        Permission.CASE_LOOKS: Reach.ASSIGNED,
        Permission.GROUP_READ: Reach.ASSIGNED,
        Permission.GROUP_OPEN: Reach.UNIT,
        Permission.GROUP_WRITE: Reach.ASSIGNED,
        Permission.MEETING_READ: Reach.UNIT,
        Permission.FIGURE_READ: Reach.UNIT,
    },
    Role.COORDINATOR: {
        **_EVERYONE,
        Permission.CASE_LIST: Reach.UNIT,
        Permission.CASE_READ: Reach.ASSIGNED,
        Permission.CASE_ASSIGN: Reach.UNIT,
        Permission.MEETING_READ: Reach.UNIT,
        Permission.FIGURE_READ: Reach.UNIT,
    },
    Role.VOLUNTEER: {
        **_EVERYONE,
        Permission.MEETING_READ: Reach.UNIT,
    },
    Role.UNIT_HEAD: {
        **_EVERYONE,
        Permission.MEETING_READ: Reach.UNIT,
        Permission.FIGURE_READ: Reach.UNIT,
    },
    Role.ACCOUNTANT: {
        **_EVERYONE,
    },
    Role.INSPECTOR: {
        **_EVERYONE,
        Permission.FIGURE_READ: Reach.ALL,
    },
    Role.MANAGER: {
        **_EVERYONE,
        Permission.FIGURE_READ: Reach.ALL,
    },
    Role.DPO: {
        **_EVERYONE,
        Permission.ACCOUNT_READ: Reach.ALL,
        Permission.LOG_READ: Reach.ALL,
        Permission.LOG_CHECK: Reach.ALL,
    },
    Role.ADMINISTRATOR: {
        **_EVERYONE,
        Permission.ACCOUNT_READ: Reach.ALL,
        Permission.ACCOUNT_WRITE: Reach.ALL,
        Permission.LOG_CHECK: Reach.ALL,
    },
}


def reach_of(role: Role, permission: Permission) -> Reach:
    """How far a role's permission goes; NONE where the table is silent."""
    return POLICY[role].get(permission, Reach.NONE)
