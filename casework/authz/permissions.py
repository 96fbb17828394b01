"""What may be permitted, who may hold it, and how far it can reach."""

from enum import StrEnum

from flask_babel import lazy_gettext as _l


class Role(StrEnum):
    """What somebody is in a unit, from a day until a day. There is no police role."""

    COUNSELOR = "counselor"
    COORDINATOR = "coordinator"
    VOLUNTEER = "volunteer"
    UNIT_HEAD = "unit_head"
    ACCOUNTANT = "accountant"
    INSPECTOR = "inspector"
    MANAGER = "manager"
    DPO = "dpo"
    ADMINISTRATOR = "administrator"

    @property
    def label(self) -> str:
        """The role's name on screens."""
        return str(_ROLE_LABELS[self])


class Reach(StrEnum):
    """How far a permission goes. `assigned` is a record's own people; `all` is every unit below the
    role's unit.
    """

    NONE = "none"
    ASSIGNED = "assigned"
    UNIT = "unit"
    ALL = "all"

    @property
    def label(self) -> str:
        """The reach's name on screens."""
        return str(_REACH_LABELS[self])


class Permission(StrEnum):
    """scope:resource:action."""

    OWN_ACCOUNT = "organisation:account:own"
    CASE_LIST = "confidential:case:list"
    CASE_READ = "confidential:case:read"
    CASE_OPEN = "confidential:case:open"
    CASE_WRITE = "confidential:case:write"
    CASE_ASSIGN = "confidential:case:assign"
    CASE_LOOKS = "confidential:case:looks"
    GROUP_READ = "confidential:group:read"
    GROUP_OPEN = "confidential:group:open"
    GROUP_WRITE = "confidential:group:write"
    MEETING_READ = "organisation:meeting:read"
    UNIT_READ = "organisation:unit:read"
    ROLE_READ = "organisation:role:read"
    ACCOUNT_READ = "organisation:account:read"
    ACCOUNT_WRITE = "organisation:account:write"
    LOG_READ = "organisation:log:read"
    LOG_CHECK = "organisation:log:check"
    FIGURE_READ = "inspection:figure:read"

    @property
    def label(self) -> str:
        """What the permission allows, on screens."""
        return str(_PERMISSION_LABELS[self])


_ROLE_LABELS = {
    Role.COUNSELOR: _l("Counselor"),
    Role.COORDINATOR: _l("Case coordinator"),
    Role.VOLUNTEER: _l("Volunteer"),
    Role.UNIT_HEAD: _l("Unit head"),
    Role.ACCOUNTANT: _l("Accountant"),
    Role.INSPECTOR: _l("Inspector"),
    Role.MANAGER: _l("Department manager"),
    Role.DPO: _l("Data-protection officer"),
    Role.ADMINISTRATOR: _l("Administrator"),
}
_REACH_LABELS = {
    Reach.NONE: _l("no"),
    Reach.ASSIGNED: _l("own"),
    Reach.UNIT: _l("own unit"),
    Reach.ALL: _l("all units"),
}
_PERMISSION_LABELS = {
    Permission.OWN_ACCOUNT: _l("Own account, password and sign-in codes"),
    Permission.CASE_LIST: _l("Case codes, status and due dates"),
    Permission.CASE_READ: _l("Identity and notes of a case"),
    Permission.CASE_OPEN: _l("Take in a new case"),
    Permission.CASE_WRITE: _l("Write in a case: contacts, consent, closure"),
    Permission.CASE_ASSIGN: _l("Assign a case and hand it over"),
    Permission.CASE_LOOKS: _l("See who opened a case"),
    Permission.GROUP_READ: _l("Roster and notes of a self-help group"),
    Permission.GROUP_OPEN: _l("Set up a self-help group"),
    Permission.GROUP_WRITE: _l("Log a group session, change the roster"),
    Permission.MEETING_READ: _l("Meetings due and held"),
    Permission.UNIT_READ: _l("Units, their history and clusters"),
    Permission.ROLE_READ: _l("This table of roles"),
    Permission.ACCOUNT_READ: _l("Accounts and their roles"),
    Permission.ACCOUNT_WRITE: _l("Create and disable accounts, give roles"),
    Permission.LOG_READ: _l("The access log"),
    Permission.LOG_CHECK: _l("Check that the access log is whole"),
    Permission.FIGURE_READ: _l("Published figures of a unit"),
}
