"""What may be permitted, who may hold it, and how far it can reach."""

from flask_babel import lazy_gettext as _l

from casework.core.labels import Labelled


class Role(Labelled):
    """What somebody is in a unit, from a day until a day. There is no police role."""

    COUNSELOR = "counselor", _l("Counselor")
    COORDINATOR = "coordinator", _l("Case coordinator")
    VOLUNTEER = "volunteer", _l("Volunteer")
    UNIT_HEAD = "unit_head", _l("Unit head")
    ACCOUNTANT = "accountant", _l("Accountant")
    INSPECTOR = "inspector", _l("Inspector")
    MANAGER = "manager", _l("Department manager")
    DPO = "dpo", _l("Data-protection officer")
    ADMINISTRATOR = "administrator", _l("Administrator")


class Reach(Labelled):
    """How far a permission goes. `assigned` is a record's own people; `all` is every unit below the
    role's unit.
    """

    NONE = "none", _l("no")
    ASSIGNED = "assigned", _l("own")
    UNIT = "unit", _l("own unit")
    ALL = "all", _l("all units")


class Permission(Labelled):
    """scope:resource:action."""

    OWN_ACCOUNT = "organisation:account:own", _l("Own account, password and sign-in codes")
    CASE_LIST = "confidential:case:list", _l("Case codes, status and due dates")
    CASE_READ = "confidential:case:read", _l("Identity and notes of a case")
    CASE_OPEN = "confidential:case:open", _l("Take in a new case")
    CASE_WRITE = "confidential:case:write", _l("Write in a case: contacts, consent, closure")
    CASE_ASSIGN = "confidential:case:assign", _l("Assign a case and hand it over")
    CASE_LOOKS = "confidential:case:looks", _l("See who opened a case")
    GROUP_READ = "confidential:group:read", _l("Roster and notes of a self-help group")
    GROUP_OPEN = "confidential:group:open", _l("Set up a self-help group")
    GROUP_WRITE = "confidential:group:write", _l("Log a group session, change the roster")
    MEETING_READ = "organisation:meeting:read", _l("Meetings due and held")
    UNIT_READ = "organisation:unit:read", _l("Units, their history and clusters")
    ROLE_READ = "organisation:role:read", _l("This table of roles")
    ACCOUNT_READ = "organisation:account:read", _l("Accounts and their roles")
    ACCOUNT_WRITE = "organisation:account:write", _l("Create and disable accounts, give roles")
    LOG_READ = "organisation:log:read", _l("The access log")
    LOG_CHECK = "organisation:log:check", _l("Check that the access log is whole")
    FIGURE_READ = "inspection:figure:read", _l("Published figures of a unit")
