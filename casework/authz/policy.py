"""The one table: role × permission → reach. What is not in it is refused."""

from casework.authz.permissions import Permission, Reach, Role

_EVERYONE = {
    Permission.OWN_ACCOUNT: Reach.ASSIGNED,
    Permission.UNIT_READ: Reach.ALL,
    Permission.ROLE_READ: Reach.ALL,
}

# What whoever works in a unit reads of it.
_OF_THE_UNIT = {
    Permission.ACTIVITY_READ: Reach.UNIT,
    Permission.BODY_READ: Reach.UNIT,
    Permission.PARTNER_READ: Reach.UNIT,
    Permission.REPORT_READ: Reach.UNIT,
    Permission.FILE_READ: Reach.UNIT,
}
# What the department reads of its units. Their activities it reads as published figures.
_OF_ALL_UNITS = {
    Permission.BODY_READ: Reach.ALL,
    Permission.PARTNER_READ: Reach.ALL,
    Permission.BUDGET_READ: Reach.ALL,
    Permission.REPORT_READ: Reach.ALL,
    Permission.FILE_READ: Reach.ALL,
    Permission.SETTING_READ: Reach.ALL,
}

POLICY: dict[Role, dict[Permission, Reach]] = {
    Role.COUNSELOR: {
        **_EVERYONE,
        Permission.CASE_LIST: Reach.ASSIGNED,
        Permission.CASE_READ: Reach.ASSIGNED,
        Permission.CASE_OPEN: Reach.UNIT,
        Permission.CASE_WRITE: Reach.ASSIGNED,
        Permission.CASE_COVER: Reach.ASSIGNED,
        Permission.CASE_LOOKS: Reach.ASSIGNED,
        Permission.CASE_EXPORT: Reach.ASSIGNED,
        Permission.CASE_IMPORT: Reach.UNIT,
        Permission.EMERGENCY_ASK: Reach.UNIT,
        Permission.RIGHTS_WRITE: Reach.ASSIGNED,
        Permission.GROUP_READ: Reach.ASSIGNED,
        Permission.GROUP_OPEN: Reach.UNIT,
        Permission.GROUP_WRITE: Reach.ASSIGNED,
        **_OF_THE_UNIT,
        Permission.ACTIVITY_WRITE: Reach.ASSIGNED,
        Permission.PARTNER_WRITE: Reach.UNIT,
        Permission.REMUNERATION_OWN: Reach.ASSIGNED,
        Permission.FIGURE_READ: Reach.UNIT,
        Permission.INSPECTION_READ: Reach.UNIT,
        Permission.RECOMMENDATION_READ: Reach.UNIT,
    },
    Role.COORDINATOR: {
        **_EVERYONE,
        Permission.CASE_LIST: Reach.UNIT,
        Permission.CASE_READ: Reach.ASSIGNED,
        Permission.CASE_ASSIGN: Reach.UNIT,
        Permission.CASE_COVER: Reach.UNIT,
        Permission.CASE_TRANSFER: Reach.UNIT,
        Permission.CASE_ERASE: Reach.UNIT,
        Permission.GROUP_ASSIGN: Reach.UNIT,
        Permission.EMERGENCY_ASK: Reach.UNIT,
        **_OF_THE_UNIT,
        Permission.FIGURE_READ: Reach.UNIT,
        Permission.NOTICE_READ: Reach.UNIT,
        Permission.PUBLICATION_READ: Reach.UNIT,
        Permission.COMPLETENESS_MARK: Reach.UNIT,
        Permission.SAMPLE_SHOW: Reach.UNIT,
    },
    Role.VOLUNTEER: {
        **_EVERYONE,
        **_OF_THE_UNIT,
        Permission.ACTIVITY_WRITE: Reach.ASSIGNED,
        Permission.REMUNERATION_OWN: Reach.ASSIGNED,
    },
    Role.UNIT_HEAD: {
        **_EVERYONE,
        **_OF_THE_UNIT,
        Permission.ACTIVITY_WRITE: Reach.UNIT,
        Permission.ACTIVITY_APPROVE: Reach.UNIT,
        Permission.BODY_WRITE: Reach.UNIT,
        Permission.PARTNER_WRITE: Reach.UNIT,
        Permission.BUDGET_READ: Reach.UNIT,
        Permission.BUDGET_APPROVE: Reach.UNIT,
        Permission.REPORT_WRITE: Reach.UNIT,
        Permission.SETTING_READ: Reach.ALL,
        Permission.PROPOSAL_READ: Reach.UNIT,
        Permission.PROPOSAL_WRITE: Reach.UNIT,
        Permission.FIGURE_READ: Reach.UNIT,
        Permission.NOTICE_READ: Reach.UNIT,
        Permission.PUBLICATION_READ: Reach.UNIT,
        Permission.FIGURE_SIGN: Reach.UNIT,
        Permission.INSPECTION_READ: Reach.UNIT,
        Permission.RECOMMENDATION_READ: Reach.UNIT,
        Permission.INSPECTION_RESPOND: Reach.UNIT,
        Permission.MONEY_RESPOND: Reach.UNIT,
    },
    Role.ACCOUNTANT: {
        **_EVERYONE,
        Permission.BODY_READ: Reach.UNIT,
        Permission.BUDGET_READ: Reach.UNIT,
        Permission.BUDGET_WRITE: Reach.UNIT,
        Permission.FILE_READ: Reach.UNIT,
        Permission.SETTING_READ: Reach.ALL,
        Permission.RECOMMENDATION_READ: Reach.UNIT,
        Permission.MONEY_RESPOND: Reach.UNIT,
    },
    Role.INSPECTOR: {
        **_EVERYONE,
        **_OF_ALL_UNITS,
        Permission.FIGURE_READ: Reach.ALL,
        Permission.NOTICE_READ: Reach.ALL,
        Permission.INSPECTION_READ: Reach.ALL,
        Permission.RECOMMENDATION_READ: Reach.ALL,
        Permission.INSPECTION_WRITE: Reach.ALL,
        Permission.INSPECTION_TEAM: Reach.ALL,
        Permission.CONFERENCE_WRITE: Reach.ALL,
    },
    Role.MANAGER: {
        **_EVERYONE,
        **_OF_ALL_UNITS,
        Permission.ROLE_APPROVE: Reach.ALL,
        Permission.FIGURE_READ: Reach.ALL,
        Permission.PUBLICATION_READ: Reach.ALL,
        Permission.FIGURE_PUBLISH: Reach.ALL,
        Permission.INSPECTION_READ: Reach.ALL,
        Permission.RECOMMENDATION_READ: Reach.ALL,
        Permission.INSPECTION_TEAM: Reach.ALL,
        Permission.INSPECTION_APPROVE: Reach.ALL,
        Permission.CONFERENCE_WRITE: Reach.ALL,
    },
    Role.DPO: {
        **_EVERYONE,
        Permission.SETTING_READ: Reach.ALL,
        Permission.ACCESS_REVIEW: Reach.ALL,
        Permission.EMERGENCY_DECIDE: Reach.ALL,
        Permission.ERASURE_DECIDE: Reach.ALL,
        Permission.RIGHTS_REGISTER: Reach.ALL,
        Permission.ACCOUNT_READ: Reach.ALL,
        Permission.LOG_READ: Reach.ALL,
        Permission.LOG_CHECK: Reach.ALL,
    },
    Role.ADMINISTRATOR: {
        **_EVERYONE,
        Permission.ACCOUNT_READ: Reach.ALL,
        Permission.ACCOUNT_WRITE: Reach.ALL,
        Permission.ACCESS_REVIEW: Reach.ALL,
        Permission.BODY_READ: Reach.ALL,
        Permission.FILE_READ: Reach.ALL,
        Permission.SETTING_READ: Reach.ALL,
        Permission.SETTING_WRITE: Reach.ALL,
        Permission.UNIT_WRITE: Reach.ALL,
        Permission.PROPOSAL_READ: Reach.ALL,
        Permission.PROPOSAL_ANSWER: Reach.ALL,
        Permission.LOG_CHECK: Reach.ALL,
    },
}


def reach_of(role: Role, permission: Permission) -> Reach:
    """How far a role's permission goes; NONE where the table is silent."""
    return POLICY[role].get(permission, Reach.NONE)


INSPECTION_SIDE = frozenset({Role.UNIT_HEAD, Role.INSPECTOR, Role.MANAGER})
"""The roles that sign in where the inspection side stands alone: none is entrusted with a key of a
case, or gives anybody a role.
"""
