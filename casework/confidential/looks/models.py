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
    CONSENT_GIVEN = "consent.given", _l("recorded a consent")
    CONSENT_REFUSED = "consent.refused", _l("recorded a refusal")
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
