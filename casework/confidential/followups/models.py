"""Kinds of due things, and how long before its day each is shown."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from flask_babel import lazy_gettext as _l

from casework.core.clock import today
from casework.core.labels import Labelled


class DueKind(Labelled):
    """What is due. Each follows from the records; only reminders are set by hand."""

    APPOINTMENT = "appointment", _l("appointment")
    CONTACT = "contact", _l("contact again")
    ASSESSMENT = "assessment", _l("needs assessment")
    REVIEW = "review", _l("plan review")
    ACTION = "action", _l("step of a plan")
    REFERRAL = "referral", _l("referral without answer")
    CONSENT = "consent", _l("consent ends")
    STATUTORY = "statutory", _l("status ends")
    REQUEST = "request", _l("the person's own request")
    COVER = "cover", _l("last day of standing in")
    TRANSFER = "transfer", _l("transfer waits for an answer")
    SESSION = "session", _l("group session")
    REMINDER = "reminder", _l("reminder")


USUAL_AHEAD = timedelta(days=7)
AHEAD = {
    DueKind.ASSESSMENT: timedelta(days=14),
    DueKind.REVIEW: timedelta(days=14),
    DueKind.CONSENT: timedelta(days=30),
    DueKind.STATUTORY: timedelta(days=30),
}
"""How long before its day a thing is shown, where a week is too short to prepare it."""


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to do: of a case (`code`), or of a group (`group`, whose name is neutral)."""

    kind: DueKind
    on: date
    subject_id: UUID
    case_id: UUID | None
    code: str

    @property
    def is_overdue(self) -> bool:
        """Whether its day has passed."""
        return self.on < today()

    @property
    def key(self) -> str:
        """Its place in a list, and what tells it apart from all others."""
        return f"{self.on.isoformat()} {self.kind} {self.subject_id}"

    def is_shown(self, on: date) -> bool:
        """Whether it is near enough to be shown on a day."""
        return self.on <= on + AHEAD.get(self.kind, USUAL_AHEAD)
