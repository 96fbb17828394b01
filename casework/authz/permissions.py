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
    CASE_COVER = "confidential:case:cover", _l("Have a colleague stand in for a time")
    CASE_LOOKS = "confidential:case:looks", _l("See who opened a case")
    CASE_EXPORT = "confidential:case:export", _l("Take one's own caseload out as a file")
    CASE_IMPORT = "confidential:case:import", _l("Take cases in from a file")
    CASE_TRANSFER = "confidential:case:transfer", _l("Accept a case that another unit offers")
    CASE_ERASE = "confidential:case:erase", _l("Propose to erase a case")
    ERASURE_DECIDE = "confidential:erasure:decide", _l("Erase what somebody else proposed")
    EMERGENCY_ASK = "confidential:emergency:ask", _l("Ask to open a case out of turn")
    EMERGENCY_DECIDE = (
        "confidential:emergency:decide",
        _l("Approve and review openings out of turn"),
    )
    RIGHTS_WRITE = "confidential:rights:write", _l("Record what persons and authorities ask for")
    RIGHTS_REGISTER = (
        "confidential:rights:register",
        _l("The registers of requests and disclosures, without names"),
    )
    GROUP_READ = "confidential:group:read", _l("Roster and notes of a self-help group")
    GROUP_OPEN = "confidential:group:open", _l("Set up a self-help group")
    GROUP_WRITE = "confidential:group:write", _l("Log a group session, change the roster")
    GROUP_ASSIGN = "confidential:group:assign", _l("Hand a self-help group to another facilitator")
    ACTIVITY_READ = (
        "organisation:activity:read",
        _l("Meetings, communication, trainings, plans of a unit"),
    )
    ACTIVITY_WRITE = (
        "organisation:activity:write",
        _l("Log meetings, communication and trainings, correct one's own"),
    )
    ACTIVITY_APPROVE = (
        "organisation:activity:approve",
        _l("Approve minutes, excuse meetings, set the yearly plan"),
    )
    BODY_READ = "organisation:body:read", _l("Clubs, teams, groups and their members")
    BODY_WRITE = "organisation:body:write", _l("Set up bodies, decisions, regulations, members")
    PARTNER_READ = "organisation:partner:read", _l("Partners and what was done together")
    PARTNER_WRITE = "organisation:partner:write", _l("Enter and change partners")
    BUDGET_READ = "organisation:budget:read", _l("Budgets, settlements, remuneration")
    BUDGET_WRITE = "organisation:budget:write", _l("Keep the budget, pay remuneration")
    BUDGET_APPROVE = "organisation:budget:approve", _l("Approve settlements, close a year")
    REMUNERATION_OWN = "organisation:remuneration:own", _l("One's own remuneration")
    REPORT_READ = "organisation:report:read", _l("Reports of units on themselves")
    REPORT_WRITE = "organisation:report:write", _l("Complete and submit the unit's report")
    FILE_READ = "organisation:file:read", _l("Papers attached to records one may read")
    SETTING_READ = "organisation:setting:read", _l("Thresholds, rates, periods, criteria")
    SETTING_WRITE = "organisation:setting:write", _l("Change thresholds, rates, periods, criteria")
    UNIT_READ = "organisation:unit:read", _l("Units, their history and clusters")
    UNIT_WRITE = "organisation:unit:write", _l("Change units and clusters")
    PROPOSAL_READ = "organisation:proposal:read", _l("What units propose to the administrator")
    PROPOSAL_WRITE = "organisation:proposal:write", _l("Propose changes to the administrator")
    PROPOSAL_ANSWER = "organisation:proposal:answer", _l("Answer what units propose")
    ROLE_APPROVE = "organisation:role:approve", _l("Approve inspectors")
    ACCESS_REVIEW = "organisation:access:review", _l("Review every month who may sign in")
    ROLE_READ = "organisation:role:read", _l("This table of roles")
    ACCOUNT_READ = "organisation:account:read", _l("Accounts and their roles")
    ACCOUNT_WRITE = "organisation:account:write", _l("Create and disable accounts, give roles")
    LOG_READ = "organisation:log:read", _l("The access log")
    LOG_CHECK = "organisation:log:check", _l("Check that the access log is whole")
    INSPECTION_READ = "inspection:round:read", _l("Inspections, findings, recommendations")
    INSPECTION_WRITE = (
        "inspection:round:write",
        _l("Plan inspections, visit, find, recommend, write minutes"),
    )
    INSPECTION_TEAM = "inspection:round:team", _l("Choose and change the team of a round")
    INSPECTION_APPROVE = "inspection:round:approve", _l("Approve plans of inspection")
    INSPECTION_RESPOND = (
        "inspection:round:respond",
        _l("Report on one's own unit to inspectors, sign minutes, answer recommendations"),
    )
    SAMPLE_SHOW = "confidential:sample:show", _l("See which files inspectors are to be shown")
    RECOMMENDATION_READ = (
        "inspection:recommendation:read",
        _l("Recommendations: all of those whose inspections one reads, else those about money"),
    )
    MONEY_RESPOND = "inspection:money:respond", _l("Answer recommendations about money")
    CONFERENCE_WRITE = "inspection:conference:write", _l("Prepare review conferences")
    FIGURE_READ = "inspection:figure:read", _l("Published figures of a unit")
    NOTICE_READ = "anonymisation:notice:read", _l("Word that figures are out")
    PUBLICATION_READ = (
        "anonymisation:publication:read",
        _l("How far a month's figures are on the way to publication"),
    )
    COMPLETENESS_MARK = (
        "anonymisation:completeness:mark",
        _l("Look what is missing of a month, mark it complete"),
    )
    FIGURE_SIGN = "anonymisation:figure:sign", _l("Sign the unit's activity figures of a month")
    FIGURE_PUBLISH = "anonymisation:figure:publish", _l("Try and publish a province's figures")
