"""What can be new to somebody in inspections, in words: a unit, a day, never a person."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l

from casework.core.i18n import day
from casework.core.labels import Labelled


class NewsKind(Labelled):
    """What happened, or waits."""

    PLAN_WAITS = "plan_waits", _l("A plan waits for your approval: visits from %(on)s.")
    PLAN_APPROVED = "plan_approved", _l("The plan with visits from %(on)s is approved.")
    PLAN_RETURNED = "plan_returned", _l("The plan with visits from %(on)s was returned.")
    TO_BE_INSPECTED = (
        "to_be_inspected",
        _l("%(unit)s will be inspected on %(on)s. Its self-report is due on %(due)s."),
    )
    DAY_CHANGED = "day_changed", _l("The visit to %(unit)s is on %(on)s now.")
    TEAM_CHANGED = "team_changed", _l("The team of the plan with visits from %(on)s has changed.")
    VISITORS_CHANGED = "visitors_changed", _l("Others come to %(unit)s: the team has changed.")
    REPORT_DUE = "report_due", _l("The self-report of %(unit)s is due on %(on)s.")
    REPORT_OVERDUE = "report_overdue", _l("The self-report of %(unit)s was due on %(on)s.")
    REPORT_CAME = "report_came", _l("%(unit)s has submitted its self-report.")
    MINUTES_WAIT = "minutes_wait", _l("The minutes of %(unit)s wait for your signature.")
    MINUTES_SIGNED = "minutes_signed", _l("The minutes of %(unit)s are signed by both sides.")
    RESULTS_TOLD = "results_told", _l("The results of the inspection of %(unit)s are told.")
    RECOMMENDATION_DUE = (
        "recommendation_due",
        _l("A recommendation to %(unit)s is due on %(on)s."),
    )
    RECOMMENDATION_OVERDUE = (
        "recommendation_overdue",
        _l("A recommendation to %(unit)s was due on %(on)s."),
    )
    ANSWERED = "answered", _l("%(unit)s has answered a recommendation.")
    VERIFIED = "verified", _l("A recommendation to %(unit)s is confirmed as done.")
    SENT_BACK = "sent_back", _l("The answer of %(unit)s to a recommendation was returned.")
    EXTENDED = "extended", _l("A recommendation to %(unit)s has more time now.")
    WAIVED = "waived", _l("A recommendation to %(unit)s is waived.")


WAITING = frozenset(
    {
        NewsKind.PLAN_WAITS,
        NewsKind.REPORT_DUE,
        NewsKind.REPORT_OVERDUE,
        NewsKind.MINUTES_WAIT,
        NewsKind.RECOMMENDATION_DUE,
        NewsKind.RECOMMENDATION_OVERDUE,
    }
)
"""What somebody is waited for; told until it is done, however long ago it began."""
OF_PLANS = frozenset(
    {
        NewsKind.PLAN_WAITS,
        NewsKind.PLAN_APPROVED,
        NewsKind.PLAN_RETURNED,
        NewsKind.TEAM_CHANGED,
    }
)
OF_RECOMMENDATIONS = frozenset(
    {
        NewsKind.RECOMMENDATION_DUE,
        NewsKind.RECOMMENDATION_OVERDUE,
        NewsKind.ANSWERED,
        NewsKind.VERIFIED,
        NewsKind.SENT_BACK,
        NewsKind.EXTENDED,
        NewsKind.WAIVED,
    }
)


@dataclass(frozen=True, slots=True)
class News:
    """One thing that is new: when, about which plan, inspection or recommendation, and what its
    sentence needs. `is_for_others`: it waits, but for somebody else.
    """

    kind: NewsKind
    at: datetime
    subject_id: UUID
    unit: str = ""
    on: date | None = None
    due: date | None = None
    is_for_others: bool = False

    @property
    def sentence(self) -> str:
        """What it says."""
        return self.kind.label % {"unit": self.unit, "on": day(self.on), "due": day(self.due)}

    @property
    def lasts(self) -> bool:
        """Whether somebody is waited for."""
        return self.kind in WAITING

    @property
    def waits(self) -> bool:
        """Whether it is this account that is waited for."""
        return self.lasts and not self.is_for_others

    @property
    def page(self) -> tuple[str, str]:
        """Where it leads: an endpoint, and the name of what it takes."""
        if self.kind in OF_PLANS:
            return "inspections.show_plan", "plan_id"
        if self.kind in OF_RECOMMENDATIONS:
            return "recommendations.show", "recommendation_id"
        return "inspections.show", "inspection_id"
