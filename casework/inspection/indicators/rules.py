"""What published figures and criteria say in words. Nothing here asks a database, and nothing says
more than what was printed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.core.i18n import day, number
from casework.core.labels import Labelled
from casework.inspection.readmodel.models import (
    ActivityFigure,
    ActivityMeasure,
    CriterionFigure,
    Rating,
    UnitOfCount,
)
from casework.organisation.bodies.models import BodyKind, GroupKind
from casework.organisation.budgets.models import FundingSource
from casework.organisation.members.models import MemberRole
from casework.organisation.settings.models import USUAL, Setting

M = ActivityMeasure
NOTHING = "–"
ALL = 100
USUAL_SHARES = 90, 70
PER_CENT = "\u00a0%"
"""The sign stays with its number."""
_KINDS: dict[ActivityMeasure, type[Labelled]] = {
    M.BODIES: BodyKind,
    M.GROUPS: GroupKind,
    M.MEMBERS: MemberRole,
    M.SUPPORT_ITEMS: FundingSource,
    M.SUPPORT_AMOUNT: FundingSource,
}


class Judged(Protocol):
    """A criterion with its figure and its thresholds: as published, or as a visit copied it."""

    @property
    def code(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def met(self) -> int | None: ...
    @property
    def partly(self) -> int | None: ...
    @property
    def numerator(self) -> int | None: ...
    @property
    def denominator(self) -> int | None: ...
    @property
    def value(self) -> int | None: ...
    @property
    def unit_of_value(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Said:
    """A criterion in words: its figure, the rule with its thresholds, what it was computed from,
    and what to do about it.
    """

    code: str
    text: str
    rating: Rating
    figure: str
    rule: str
    basis: str
    advice: str


@dataclass(frozen=True, slots=True)
class Checklist:
    """The judged criteria of a unit, in the order of the checklist; those to look at apart, the
    unmet first.
    """

    number: int
    days: str
    said: Sequence[Said]

    @property
    def not_met(self) -> list[Said]:
        """What to look at first."""
        return [each for each in self.said if each.rating is Rating.NOT_MET]

    @property
    def partly(self) -> list[Said]:
        """What to look at next."""
        return [each for each in self.said if each.rating is Rating.PARTLY]

    @property
    def to_look_at(self) -> list[Said]:
        """What is not met, then what is partly."""
        return [*self.not_met, *self.partly]

    @property
    def others(self) -> list[Said]:
        """What is met, does not apply, or can't be told."""
        return [each for each in self.said if each not in self.to_look_at]

    @property
    def counts(self) -> list[tuple[Rating, int]]:
        """How many have each rating; ratings that none has are left out."""
        ratings = [each.rating for each in self.said]
        return [(rating, ratings.count(rating)) for rating in Rating if rating in ratings]


@dataclass(frozen=True, slots=True)
class Trend:
    """How large a share was in each period, in per cent, oldest first; (lowest, highest) where only
    the band is known, None where nothing was told.
    """

    code: str
    text: str
    points: Sequence[tuple[str, int | tuple[int, int] | None]]


@dataclass(frozen=True, slots=True)
class Line:
    """A figure of activity in words. `parts`: what it is made of; `is_blurred`: as a range, so that
    nobody is recognised.
    """

    label: str
    value: str
    parts: str = ""
    is_blurred: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """Figures of activity that belong together."""

    title: str
    note: str
    lines: Sequence[Line]

    @property
    def is_blurred(self) -> bool:
        """Whether any of them is a range."""
        return any(line.is_blurred for line in self.lines)


def tell_checklist(figures: Sequence[CriterionFigure], *, sees_money: bool) -> Checklist | None:
    """The criteria of a unit and period; None where none were judged. Amounts of money are for
    those who may read budgets.
    """
    if not figures:
        return None
    first = figures[0]
    return Checklist(
        first.set_number,
        f"{day(first.from_on)} – {day(first.until_on)}",
        [tell_criterion(each, Rating(each.rating), sees_money=sees_money) for each in figures],
    )


def tell_criterion(figure: Judged, rating: Rating, *, sees_money: bool) -> Said:
    """One criterion in words."""
    return Said(
        figure.code,
        figure.text,
        rating,
        _figure(figure, sees_money) or NOTHING,
        _rule(figure),
        str(_BASES.get(figure.code, "")),
        advise(figure.code, rating),
    )


def advise(code: str, rating: Rating) -> str:
    """What to do about a criterion as it was judged, in one plain sentence; empty where there is
    nothing to be done.
    """
    if rating in (Rating.NOT_MET, Rating.PARTLY):
        return str(REMEDIES.get(code, ""))
    if rating is Rating.NO_DATA and code in _BANDS:
        return str(
            _("A share of persons is told as a band, and only where nobody is recognised by it.")
        )
    if rating is Rating.NO_DATA and code not in _TOLD_ELSEWHERE:
        return str(_("Record what it is computed from: the next edition judges it."))
    return ""


def tell_trends(figures: Sequence[CriterionFigure]) -> list[Trend]:
    """The criteria that are shares, over the periods of these figures; those of fewer than two
    periods are left out, and those of which nothing was ever told.
    """
    periods = sorted({figure.until_on for figure in figures})
    found: dict[str, dict[date, CriterionFigure]] = {}
    for figure in figures:
        if figure.code in (*_SHARED, *_BANDS):
            found.setdefault(figure.code, {})[figure.until_on] = figure
    trends = [
        Trend(
            code,
            list(of.values())[-1].text,
            [(f"{end:%m/%y}", _share(of[end]) if end in of else None) for end in periods],
        )
        for code, of in found.items()
    ]
    return [
        trend
        for trend in trends
        if len(periods) > 1 and any(value is not None for _end, value in trend.points)
    ]


def _share(figure: CriterionFigure) -> int | tuple[int, int] | None:
    if figure.code in _BANDS:
        return None if figure.value is None else (figure.value, figure.denominator or 0)
    if figure.numerator is None or not figure.denominator:
        return None
    return figure.numerator * 100 // figure.denominator


def _figure(figure: Judged, sees_money: bool) -> str:
    """What was found: so many of so many, or a value, each with what it counts."""
    part, whole, value = figure.numerator, figure.denominator, figure.value
    if figure.code in _FIGURES:
        if value is None:
            return ""
        return _FIGURES[figure.code](figure, sees_money)
    if part is None or not whole:
        return ""
    if figure.unit_of_value == UnitOfCount.DONG and not sees_money:
        return _per_cent(part, whole)
    return _of(part, whole, UnitOfCount(figure.unit_of_value))


def _of(part: int, whole: int, unit: UnitOfCount) -> str:
    told = f"{number(part)}/{number(whole)} {unit.label}"
    return f"{told} ({_per_cent(part, whole)})"


def _per_cent(part: int, whole: int) -> str:
    # Rounded down: 89.9 % are never shown as 90 %.
    return f"{part * 100 // whole}{PER_CENT}"


def _counted(figure: Judged, _sees_money: bool) -> str:
    return f"{number(figure.value or 0)} {UnitOfCount(figure.unit_of_value).label}"


def _kinds_of_groups(figure: Judged, _sees_money: bool) -> str:
    return str(_("%(count)s of 3 kinds", count=figure.value))


def _staff(figure: Judged, _sees_money: bool) -> str:
    if not figure.denominator:
        return ""
    return str(
        _(
            "%(part)s of %(whole)s conditions; %(members)s members in all",
            part=figure.numerator,
            whole=figure.denominator,
            members=figure.value,
        )
    )


def _vacant(figure: Judged, _sees_money: bool) -> str:
    if not figure.denominator:
        return ""
    days = (
        _("longest vacant: %(days)s days", days=number(figure.value or 0))
        if figure.value
        else _("no post vacant")
    )
    unbound = figure.denominator - (figure.numerator or 0)
    if not unbound:
        return str(days)
    return str(_("%(days)s; under a unit that is no more: %(count)s", days=days, count=unbound))


def _meetings(figure: Judged, _sees_money: bool) -> str:
    if not figure.denominator:
        return (
            str(_("postponed with a reason: %(count)s", count=figure.value)) if figure.value else ""
        )
    told = _of(figure.numerator or 0, figure.denominator, UnitOfCount.SESSIONS)
    if not figure.value:
        return told
    return str(_("%(told)s; postponed with a reason: %(count)s", told=told, count=figure.value))


def _gap(figure: Judged, _sees_money: bool) -> str:
    return str(
        _(
            "%(days)s days, meeting every %(months)s months",
            days=number(figure.value or 0),
            months=figure.denominator,
        )
        if figure.denominator != 1
        else _("%(days)s days, meeting every month", days=number(figure.value or 0))
    )


def _communication(figure: Judged, _sees_money: bool) -> str:
    sessions = f"{number(figure.value or 0)} {UnitOfCount.SESSIONS.label}"
    if not figure.denominator:
        return sessions
    return f"{sessions}; {_of(figure.numerator or 0, figure.denominator, UnitOfCount.HAMLETS)}"


def _sources(figure: Judged, sees_money: bool) -> str:
    told = _counted(figure, sees_money)
    if not figure.denominator:
        return told
    share = _per_cent(figure.numerator or 0, figure.denominator)
    return str(_("%(told)s; the largest gave %(share)s of the money", told=told, share=share))


def _settled(figure: Judged, _sees_money: bool) -> str:
    if not figure.denominator:
        return ""
    told = _of(figure.numerator or 0, figure.denominator, UnitOfCount.LINES)
    if not figure.value:
        return told
    return str(_("%(told)s; at most %(days)s days late", told=told, days=number(figure.value or 0)))


def _paid(figure: Judged, sees_money: bool) -> str:
    if not figure.denominator:
        return ""
    told = _of(figure.numerator or 0, figure.denominator, UnitOfCount.MONTHS)
    if not figure.value or not sees_money:
        return told
    return str(_("%(told)s; %(amount)s đồng owed", told=told, amount=number(figure.value)))


def _band(figure: Judged, _sees_money: bool) -> str:
    """A share of persons: the figure keeps the ends of its band in whole per cent."""
    low, high = figure.value or 0, figure.denominator or 0
    if not low:
        told = str(_("under %(limit)s", limit=f"{high + 1}{PER_CENT}"))
    elif high >= ALL:
        told = str(_("%(low)s or more", low=f"{low}{PER_CENT}"))
    else:
        told = f"{low}–{high}{PER_CENT}"
    if any(low < limit <= high for limit in _shares_of(figure)):
        return str(_("%(share)s; so few cases that no more is told", share=told))
    return told


def _shares_of(figure: Judged) -> list[int]:
    """The shares from which a band is met and partly met. What D3 sets are days."""
    if figure.met is None or figure.code == "D3":
        return list(USUAL_SHARES)
    return [limit for limit in (figure.met, figure.partly) if limit is not None]


_BANDS = ("D1", "D2", "D3", "D5")
_SHARED = ("A1", "A2", "B1", "B2", "B4", "C1", "D4", "E1", "E2", "E3", "F1", "G1", "G2")
"""Criteria whose figure is so many of so many."""
_TOLD_ELSEWHERE = ("D4", "H2")
"""Criteria whose rule or basis says already why they are not judged."""
_FIGURES = {
    **dict.fromkeys(_BANDS, _band),
    "A3": _kinds_of_groups,
    "A4": _staff,
    "A5": _vacant,
    "B1": _meetings,
    "B2": _meetings,
    "B3": _gap,
    "C1": _communication,
    "D6": _sources,
    "E2": _settled,
    "E3": _paid,
    "H1": _counted,
}


def _rule(figure: Judged) -> str:
    """When it is met and when partly, with the thresholds it was judged by."""
    met, partly, code = figure.met, figure.partly, figure.code
    if code in _RULES and (code not in _SETTABLE or met is None):
        blanks = {"met": met, "partly": partly, **_USUAL.get(code, {})}
        if met is not None:
            blanks["met"] = met
        return str(_RULES[code]) % blanks
    if code in _LEAST:
        return _from(1 if met is None else met, partly, "")
    if code in _BANDED and (met is None or code == "D3"):
        met, partly = USUAL_SHARES
    if met is None:
        return str(_("met when all, partly when some"))
    return _from(met, partly, PER_CENT)


def _from(met: int, partly: int | None, sign: str) -> str:
    if partly is None:
        return str(_("met from %(met)s", met=f"{met}{sign}"))
    return str(
        _("met from %(met)s, partly from %(partly)s", met=f"{met}{sign}", partly=f"{partly}{sign}")
    )


_RULES = {
    "A4": _l("each with a leader, a deputy and %(met)s–%(partly)s members; partly when in part"),
    "A5": _l("no leading post vacant above %(met)s days, and all under units that exist"),
    "B3": _l("at most %(met)s %% of the interval between meetings"),
    "C1": _l("met when every hamlet was reached, partly when some"),
}
_USUAL: dict[str, dict[str, Any]] = {
    "A5": {"met": USUAL[Setting.VACANT_DAYS][0]},
    "B3": {"met": USUAL[Setting.LONGEST_GAP][0]},
}
_SETTABLE = ("C1",)
"""Judged by a number instead where the checklist sets one."""
_LEAST = ("A3", "C1", "D6", "H1")
_BANDED = ("D1", "D2", "D3", "D4", "D5")
_BASES = {
    "A1": _l("decisions about clubs, teams and support points, on the last day"),
    "A2": _l("regulations, on the last day"),
    "A3": _l("groups on the last day: communication, counselling, self-help"),
    "A4": _l("posts held on the last day"),
    "A5": _l("posts and decisions, on the last day"),
    "A6": _l("the plan of the year"),
    "B1": _l("meetings of clubs and teams; those postponed with a reason are not counted"),
    "B2": _l("sessions of the group that kept its schedule worst"),
    "B3": _l("meetings of all clubs, teams and groups: the longest gap for its interval"),
    "B4": _l("meetings held, of clubs, teams and open groups"),
    "C1": _l("communication sessions and the hamlets they reached"),
    "D1": _l("open cases with a valid needs assessment, at the last quarter's end, as a band"),
    "D2": _l("open cases with a plan reviewed in time, at the last quarter's end, as a band"),
    "D3": _l("open cases with a contact of late, at the last quarter's end, as a band"),
    "D4": _l("referrals as published for the last four quarters; under ten no share is told"),
    "D5": _l("open cases with all consents, at the last quarter's end, as a band"),
    "D6": _l("sources that allotted money, or gave five items of support in a quarter"),
    "E1": _l("allotted of what was estimated, lines of the year so far"),
    "E2": _l("budget lines that had to be settled"),
    "E3": _l("months of volunteers that had to be paid: in full and in time"),
    "F1": _l("members who counsel, trained within the months set"),
    "G1": _l("reports due"),
    "G2": _l("monthly reviews of who may sign in"),
    "H1": _l("partners with which something was done"),
    "H2": _l("recommendations that fell due: done by their day, as inspectors confirmed"),
}


REMEDIES = {
    "A1": _l("Ask the People's Committee for the missing decision; record its number and day."),
    "A2": _l("Draft the operating regulation with the board, have it signed, and record it."),
    "A3": _l(
        "Set up the specialised groups that are missing: communication, counselling, self-help."
    ),
    "A4": _l("Fill the posts of leader and deputy; bring the number of members within the limits."),
    "A5": _l("Fill each vacant leading post; renew decisions that still name a former unit."),
    "A6": _l("Write the plan of the year by month, have it signed, and enter it."),
    "B1": _l(
        "Fix the days of the next meetings now and tell the members; say why if one is postponed."
    ),
    "B2": _l("Agree on a day with the group that kept its schedule worst, and meet on it."),
    "B3": _l("Meet before the interval is over; after a postponement set a new day at once."),
    "B4": _l(
        "Write minutes of each meeting, with content and attendance; attach them the same week."
    ),
    "C1": _l("Hold a communication session in each hamlet not reached within twelve months."),
    "C2": _l("Go through talks and leaflets with the department; take out what stigmatises."),
    "D1": _l("Have the counselors renew the needs assessments that ran out."),
    "D2": _l("Have the counselors write or review the support plans that are due."),
    "D3": _l("Have the counselors get in touch with those not contacted for long."),
    "D4": _l("Call the partners who have not answered, and record what they say."),
    "D5": _l("Have the counselors ask for the consents that are missing, purpose by purpose."),
    "D6": _l("Find further sources: social mobilisation, charity, loans, other programmes."),
    "E1": _l("Ask for the allotment of what was estimated, or have the estimate adjusted."),
    "E2": _l("Hand in the settlements that are due with their vouchers, the oldest first."),
    "E3": _l("Pay the months owed; from now on pay each month within its days."),
    "E4": _l("Complete the vouchers: payer, receiver, day, amount, signatures."),
    "F1": _l("Send the members who counsel to the next training in counselling skills."),
    "F2": _l(
        "Let members practise beside an experienced counselor; ask the department for guidance."
    ),
    "G1": _l("Hand in the reports that are missing; note the days of the next ones."),
    "G2": _l("Review each month who may sign in; everybody signs in with an account of their own."),
    "H1": _l("Agree on a joint activity with another sector, and record it."),
    "H2": _l("Carry out and answer the recommendations still open, the overdue ones first."),
    "K1": _l("Write down what helps, what hinders, and what the unit proposes."),
}
"""What a unit does about a criterion that is not met, or only partly: one sentence each."""


def tell_activity(
    figures: Mapping[tuple[ActivityMeasure, str], ActivityFigure], *, sees_money: bool
) -> list[Part]:
    """The figures of activity, in the parts of the page; parts of which nothing is told are left
    out.
    """
    parts = []
    for title, measures in _PARTS:
        lines = [
            line
            for measure in measures
            if sees_money or not measure.is_money
            for line in _lines(measure, figures)
        ]
        if lines:
            told = next(each for each in figures.values() if each.measure in measures)
            parts.append(Part(str(title), _days_of(told), lines))
    return parts


def name_kind(measure: ActivityMeasure, kind: str) -> str:
    """A kind in words: of groups, roles, funding sources; empty where there is none."""
    return str(_KINDS[measure](kind).label) if kind else ""


def _days_of(figure: ActivityFigure) -> str:
    if figure.from_on == figure.until_on:
        return str(_("on %(day)s", day=day(figure.until_on)))
    return f"{day(figure.from_on)} – {day(figure.until_on)}"


def _lines(
    measure: ActivityMeasure, figures: Mapping[tuple[ActivityMeasure, str], ActivityFigure]
) -> Iterable[Line]:
    whole = figures.get((measure, ""))
    kinds = [(code, each) for (of, code), each in figures.items() if of is measure and code]
    unit = measure.unit_of_count.label
    base = figures.get((_SHARES[measure], "")) if measure in _SHARES else None
    if whole and base:
        since = _("the newest since %(day)s", day=day(whole.on)) if whole.on else ""
        yield Line(measure.label, f"{_number(whole)}/{_number(base)} {unit}", str(since))
    elif whole:
        words = _KINDS.get(measure, Labelled)
        own = sorted(kinds, key=lambda pair: list(words).index(words(pair[0])))
        parts = ", ".join(f"{words(code).label} {_number(each)}" for code, each in own)
        value = _with_unit(whole, measure.unit_of_count)
        yield Line(measure.label, value, parts, whole.shown != "exact")
    elif kinds:
        yield from _by_source(measure, kinds)


def _by_source(
    measure: ActivityMeasure, kinds: Sequence[tuple[str, ActivityFigure]]
) -> Iterable[Line]:
    """Each source that stands out; those that are alike, most of them, on one line at the end."""
    told: dict[tuple[str, bool], list[str]] = {}
    for code, figure in kinds:
        if figure.shown != "none":
            key = _with_unit(figure, measure.unit_of_count), figure.shown != "exact"
            told.setdefault(key, []).append(FundingSource(code).label)
    alike = len(kinds) // 2
    for (value, is_blurred), sources in sorted(told.items(), key=lambda pair: len(pair[1])):
        names = ", ".join(sources)
        if len(sources) > alike:
            names = _("each of the sources") if len(told) == 1 else _("each of the other sources")
        yield Line(f"{measure.label}: {names}", value, is_blurred=is_blurred)


def _with_unit(figure: ActivityFigure, unit: UnitOfCount) -> str:
    """2.000.000 đồng, or "2.000.000 đồng or more": the unit stands with its number."""
    if figure.low is not None and figure.high is None:
        return str(_("%(low)s or more", low=f"{number(figure.low)} {unit.label}"))
    return f"{_number(figure)} {unit.label}"


def _number(figure: ActivityFigure) -> str:
    if figure.low is None:
        return str(_("not shown"))
    if figure.high is None or figure.low == figure.high:
        return number(figure.low)
    if figure.low == 0:
        return str(_("under %(limit)s", limit=number(figure.high + 1)))
    return f"{number(figure.low)}–{number(figure.high)}"


_SHARES = {
    M.REGULATIONS: M.BODIES,
    M.TRAINED: M.COUNSELLORS,
    M.MEETINGS_ON_TIME: M.MEETINGS_DUE,
    M.MINUTES: M.MINUTES_DUE,
    M.HAMLETS_COVERED: M.HAMLETS,
    M.LINES_ON_TIME: M.LINES_DUE,
    M.MONTHS_PAID: M.MONTHS_DUE,
    M.MONTHS_IN_TIME: M.MONTHS_DUE,
    M.REPORTS_ON_TIME: M.REPORTS_DUE,
}
"""What is shown as a part of what."""
_PARTS: Sequence[tuple[Any, Sequence[ActivityMeasure]]] = (
    (_l("What exists"), (M.BODIES, M.REGULATIONS, M.GROUPS)),
    (_l("Who works"), (M.MEMBERS, M.VACANCIES, M.TRAINED)),
    (
        _l("Meetings in the month"),
        (M.MEETINGS_ON_TIME, M.MEETINGS_HELD, M.MEETINGS_EXCUSED, M.MINUTES),
    ),
    (_l("Communication in the month"), (M.COMMUNICATION, M.COMMUNICATION_ATTENDANCES)),
    (
        _l("In twelve months"),
        (M.MEETINGS_GAP, M.HAMLETS_COVERED, M.PARTNERS, M.REPORTS_ON_TIME),
    ),
    (
        _l("Support and referrals in the quarter"),
        (M.REFERRALS_SENT, M.REFERRALS_ANSWERED, M.SUPPORT_ITEMS, M.SUPPORT_AMOUNT),
    ),
    (
        _l("Money of the year so far"),
        (M.ESTIMATED, M.ALLOTTED, M.ADVANCED, M.SPENT, M.SETTLED),
    ),
    (
        _l("Settlement and remuneration in twelve months"),
        (
            M.LINES_ON_TIME,
            M.DAYS_LATE,
            M.MONTHS_PAID,
            M.MONTHS_IN_TIME,
            M.REMUNERATION_PAID,
            M.REMUNERATION_OWED,
        ),
    ),
)
