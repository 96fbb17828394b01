"""What may follow what: the answers of a partner, one after the other.

Nothing leads back to "sent", and once a partner answered it is no longer unknown whether it does.
"""

from casework.confidential.referrals.models import ReferralStatus as Status

_ANSWERS = (
    Status.ACCEPTED,
    Status.WAITLISTED,
    Status.COMPLETED,
    Status.DECLINED,
    Status.NO_SHOW,
)
FOLLOWING: dict[Status, tuple[Status, ...]] = {
    Status.SENT: (*_ANSWERS, Status.UNKNOWN),
    Status.UNKNOWN: _ANSWERS,
    Status.WAITLISTED: (Status.ACCEPTED, Status.COMPLETED, Status.DECLINED, Status.NO_SHOW),
    Status.ACCEPTED: (Status.COMPLETED, Status.NO_SHOW, Status.WAITLISTED, Status.DECLINED),
    Status.NO_SHOW: (Status.ACCEPTED, Status.WAITLISTED, Status.COMPLETED, Status.DECLINED),
    # A partner that thinks better of it, and help that is taken up again.
    Status.DECLINED: (Status.ACCEPTED, Status.WAITLISTED),
    Status.COMPLETED: (Status.ACCEPTED,),
}
"""The statuses that may come next."""


def is_answer(status: Status) -> bool:
    """Whether the partner said something: also that the person did not come."""
    return status in _ANSWERS
