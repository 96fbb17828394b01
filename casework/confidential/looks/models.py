"""What the log calls a deed, and the words for it. Nothing of its own is stored: everything shown
comes from the log.
"""

from flask_babel import lazy_gettext as _l

from casework.core.labels import Labelled


class Deed(Labelled):
    """Every action that is written into the log about a case; a test finds the missing ones."""

    CASE_READ = "case.read", _l("opened the case")
    CASE_OVERVIEW = "case.overview", _l("saw the code and dates")
    CASE_OPEN = "case.open", _l("took the person in")
    CASE_ASSIGN = "case.assign", _l("entrusted the case")
    CASE_CUSTODY = "case.custody", _l("passed the keys on to a coordinator, in custody")
    CASE_IDENTITY = "case.identity", _l("corrected who the person is")
    CASE_CLOSE = "case.close", _l("closed the case")
    CASE_LIST = "case.list", _l("saw it in a list")
    CONTACT_LOG = "contact.log", _l("logged a contact")
    CONTACT_CORRECT = "contact.correct", _l("corrected a contact")
    CONTACT_TAKE_BACK = "contact.take_back", _l("took a contact back")
    PLAN_AGREE = "plan.agree", _l("wrote a version of the support plan")
    PLAN_ACTION = "plan.action", _l("noted how far an action of the plan is")
    PLAN_REVIEW = "plan.review", _l("recorded a review of the plan")
    PLAN_SIGN = "plan.sign", _l("noted who signed the plan")
    PLAN_PRINT = "plan.print", _l("printed the support plan")
    SERVICE_GIVE = "service.give", _l("logged support")
    SERVICE_CORRECT = "service.correct", _l("corrected support")
    SERVICE_TAKE_BACK = "service.take_back", _l("took support back")
    SERVICE_LIST = "service.list", _l("saw the support of the caseload")
    SERVICE_EXPORT = "service.export", _l("took the support of the caseload out as a file")
    REFERRAL_SEND = "referral.send", _l("referred the person")
    REFERRAL_CORRECT = "referral.correct", _l("corrected a referral")
    REFERRAL_STEP = "referral.step", _l("recorded a partner's answer")
    REFERRAL_TAKE_BACK = "referral.take_back", _l("took a referral back")
    REFERRAL_LIST = "referral.list", _l("saw which referrals wait")
    REFERRAL_LETTER = "referral.letter", _l("printed a referral letter with the case code")
    REFERRAL_LETTER_WITH_NAME = (
        "referral.letter_with_name",
        _l("printed a referral letter with the name"),
    )
    ASSESSMENT_RECORD = "assessment.record", _l("recorded an assessment of needs")
    ASSESSMENT_CORRECT = "assessment.correct", _l("corrected an assessment of needs")
    REMINDER_SET = "reminder.set", _l("set a reminder")
    REMINDER_CHANGE = "reminder.change", _l("changed a reminder")
    CONSENT_GIVEN = "consent.given", _l("recorded a consent")
    CONSENT_REFUSED = "consent.refused", _l("recorded a refusal")
    CONSENT_WITHDRAWN = "consent.withdrawn", _l("recorded a withdrawal")
    CONSENT_PRINT = "consent.print", _l("printed the consent form")
    STATUTORY_RECORD = "statutory.record", _l("recorded a statutory status")
    STATUTORY_CORRECT = "statutory.correct", _l("corrected a statutory status")
    STATUTORY_REMOVE = "statutory.remove", _l("took a statutory status away")
    ATTACHMENT_ADD = "attachment.add", _l("added a paper")
    ATTACHMENT_READ = "attachment.read", _l("saved a paper")
    ATTACHMENT_REMOVE = "attachment.remove", _l("took a paper away")
    CASE_COVER = "case.cover", _l("had somebody cover for the counselor")
    CASE_COVER_END = "case.cover_end", _l("ended a cover")
    CASE_KEYS = "case.keys", _l("passed the keys on")
    CASE_REOPEN = "case.reopen", _l("reopened the case")
    CASE_ERASE = "case.erase", _l("erased the case")
    CASE_EXPORT = "case.export", _l("took the case out as a file")
    CASE_IMPORT = "case.import", _l("took cases in from a file")
    CALENDAR_EXPORT = "calendar.export", _l("took what is due out as a calendar")
    ERASURE_PROPOSE = "erasure.propose", _l("proposed to erase the case")
    ERASURE_DECLINE = "erasure.decline", _l("decided to keep the case")
    GROUP_LINK = "case.group.link", _l("linked the case to a group's member")
    GROUP_UNLINK = "case.group.unlink", _l("took the link to a group's member away")
    TRANSFER_OFFER = "transfer.offer", _l("offered the case to another unit")
    TRANSFER_ACCEPT = "transfer.accept", _l("accepted the case from another unit")
    TRANSFER_DECLINE = "transfer.decline", _l("declined a case that another unit offered")
    TRANSFER_WITHDRAW = "transfer.withdraw", _l("took the offer to another unit back")
    TRANSFER_LIST = "transfer.list", _l("saw the offer in a list")
    CASE_SUCCESSION = "case.succession", _l("moved the case to the unit that followed")
    SAMPLE_SHOW = "sample.show", _l("saw the code, to show the paper file to inspectors")
    EMERGENCY_ASK = "emergency.ask", _l("asked to open it out of turn")
    EMERGENCY_APPROVE = "emergency.approve", _l("approved an opening out of turn, for one hour")
    EMERGENCY_DECLINE = "emergency.decline", _l("declined an opening out of turn")
    EMERGENCY_REVIEW = "emergency.review", _l("reviewed an opening out of turn")
    RIGHTS_REQUEST = "rights.request", _l("recorded what the person asks for")
    RIGHTS_ANSWER = "rights.answer", _l("answered what the person asked for")
    RIGHTS_PRINT = "rights.print", _l("printed the person's own information")
    DISCLOSURE_REQUEST = "disclosure.request", _l("recorded an authority's request")
    DISCLOSURE_ANSWER = "disclosure.answer", _l("answered an authority")


class Oddity(Labelled):
    """What makes a deed stand out."""

    REFUSED = "refused", _l("refused")
    EMERGENCY = "emergency", _l("out of turn")
    TAKEN_OUT = "taken_out", _l("taken out by somebody else")
    STRANGER = "stranger", _l("not entrusted with the case")
    NIGHT = "night", _l("at night")
    LONG_CLOSED = "long_closed", _l("long closed")
