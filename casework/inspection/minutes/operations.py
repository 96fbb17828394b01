"""Minutes: the team drafts them, freezes them under a number and a digest, both sides sign, and
from then on nothing of them changes.

* Frozen, the content is one text (`rules.canonical`) with everything the minutes say: figures as
  the visit copied them, by which version of the checklist, findings, recommendations, the team.
* Until somebody has signed, the team may open them again with a reason. Their number stays.
* A side signs the digest it sees. Where the minutes changed meanwhile it is refused and shown both.
* When both have signed, the recommendations are in force from the day of the last signature.
"""

from datetime import date
from typing import Any
from uuid import uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import now, today
from casework.core.database import db
from casework.core.forms import RuleBroken, Stale
from casework.core.uploads import Upload
from casework.inspection.findings.models import Finding, FindingStatus
from casework.inspection.inspections.models import (
    Inspection,
    InspectionPlan,
    InspectionStatus,
    TeamRole,
)
from casework.inspection.inspections.operations import advance, require_team
from casework.inspection.minutes.figures import compose
from casework.inspection.minutes.models import (
    Minutes,
    MinutesReopening,
    MinutesSignature,
    MinutesSupplement,
    Side,
)
from casework.inspection.minutes.queries import (
    Papers,
    find_minutes,
    list_own_roles,
    list_signatures,
)
from casework.inspection.minutes.rules import (
    canonical,
    digest_of,
    digest_of_supplement,
    is_whole,
)
from casework.inspection.recommendations.models import RecommendationStatus
from casework.inspection.recommendations.operations import (
    bring_into_force,
    close_if_settled,
    follow,
    hold_inspection,
)
from casework.inspection.recommendations.queries import list_of
from casework.inspection.visits.queries import find_visit
from casework.organisation.documents.operations import attach_file, keep_with

SCAN = "signed_minutes"
_RECORDERS = {TeamRole.SECRETARY, TeamRole.HEAD}


class Changed(Stale):
    """The minutes are not those any more that somebody was about to sign."""


def save_draft(papers: Papers, answer: dict[str, Any], *, by: Actor) -> Minutes:
    """What the team writes: day, place, assessment, the unit's opinion. Raises RuleBroken."""
    inspection = papers.inspection
    hold_inspection(inspection)
    require_team(inspection, by=by)
    minutes = _begin(papers, by)
    _refuse_frozen(minutes)
    if minutes.number and answer["on"].year != minutes.year:
        message = _l("The minutes have their number: they stay in its year.")
        raise RuleBroken(message, field="on")
    minutes.on, minutes.year = answer["on"], answer["on"].year
    for name in ("place", "assessment", "unit_opinion"):
        setattr(minutes, name, answer[name] or "")
    _note("minutes.draft", inspection, minutes, by)
    return minutes


def give_opinion(papers: Papers, opinion: str, *, by: Actor) -> Minutes:
    """What the unit itself says to the minutes, typed by its head. Raises RuleBroken."""
    inspection = papers.inspection
    hold_inspection(inspection)
    _refuse_frozen(papers.minutes)
    if inspection.status != InspectionStatus.VISITED:
        raise RuleBroken(_l("The visit has not ended yet."))
    minutes = _begin(papers, by)
    minutes.unit_opinion = opinion
    _note("minutes.opinion", inspection, minutes, by)
    return minutes


def freeze(papers: Papers, *, by: Actor) -> Minutes:
    """Fix what the minutes say, under the next number of the province and year. Raises RuleBroken
    with what is missing.
    """
    inspection, minutes = papers.inspection, papers.minutes
    hold_inspection(inspection)
    require_team(inspection, by=by)
    if minutes is None:
        raise RuleBroken(_l("Write the minutes first."))
    _refuse_frozen(minutes)
    for message in list_missing(inspection, minutes):
        raise RuleBroken(message)
    minutes.number = minutes.number or _next_number(minutes)
    minutes.content = canonical(compose(papers.found, minutes))
    minutes.digest = digest_of(minutes.content)
    minutes.frozen_by, minutes.frozen_at = by.id, now()
    _note("minutes.freeze", inspection, minutes, by, number=minutes.number, digest=minutes.digest)
    advance(inspection, InspectionStatus.MINUTES_DRAFTED, by=by)
    return minutes


def list_missing(inspection: Inspection, minutes: Minutes) -> list[Any]:
    """What stands against freezing."""
    visit = find_visit(inspection.id)
    proposed = select(func.count()).where(
        Finding.inspection_id == inspection.id, Finding.status == FindingStatus.PROPOSED
    )
    faults = [
        (visit is None or visit.closed_at is None, _l("The visit has not ended yet.")),
        (
            bool(db.session.scalar(proposed)),
            _l("Some findings are proposed only: accept or decline each of them first."),
        ),
        (not minutes.place, _l("Say where the minutes were written.")),
        (not minutes.assessment, _l("Write the assessment.")),
        (
            not minutes.unit_opinion,
            _l("Write what the unit says, even if it is that it agrees."),
        ),
    ]
    return [message for is_missing, message in faults if is_missing]


def reopen(papers: Papers, reason: str, *, by: Actor) -> None:
    """Open frozen minutes again to correct them, while nobody has signed. Raises RuleBroken."""
    minutes, inspection = _held(papers, by)
    require_team(inspection, by=by)
    if list_signatures(minutes):
        raise RuleBroken(_l("Somebody has signed: the minutes can't be changed any more."))
    db.session.add(
        MinutesReopening(
            minutes_id=minutes.id,
            digest=minutes.digest,
            reason=reason,
            by_id=by.id,
            by_name=by.name,
        )
    )
    _note("minutes.reopen", inspection, minutes, by, digest=minutes.digest)
    minutes.content = minutes.digest = ""
    minutes.frozen_by = minutes.frozen_at = None
    inspection.status = InspectionStatus.VISITED


def sign(papers: Papers, side: Side, seen: str, *, by: Actor) -> None:
    """Sign here, for the unit or as head of the team, what was seen (`seen`, a digest). Raises
    Changed where the minutes are others by now, and RuleBroken.
    """
    minutes, inspection = _held(papers, by)
    if side is Side.TEAM and TeamRole.HEAD not in _roles(inspection, by):
        raise RuleBroken(_l("The head of the team signs for it."))
    if any(each.by_id == by.id and not each.is_on_paper for each in list_signatures(minutes)):
        raise RuleBroken(_l("Each side is signed for by somebody else."))
    _sign(minutes, inspection, side, seen, by.name, today(), by=by)


def sign_on_paper(
    papers: Papers,
    side: Side,
    seen: str,
    name: str,
    on: date,
    scan: Upload | None,
    *,
    by: Actor,
) -> None:
    """Record that a side signed the printed minutes, with the scan that shows it. The secretary of
    the team does, or its head. Raises Changed and RuleBroken.
    """
    minutes, inspection = _held(papers, by)
    if not _roles(inspection, by) & _RECORDERS:
        raise RuleBroken(_l("The secretary of the team records what was signed on paper."))
    if scan is None:
        raise RuleBroken(_l("Choose a file."), field="paper")
    if not minutes.on <= on <= today():
        message = _l("The day lies before that of the minutes, or is still to come.")
        raise RuleBroken(message, field="on")
    _sign(minutes, inspection, side, seen, name, on, by=by, is_on_paper=True)
    attach_file(scan, SCAN, minutes.id, inspection.unit_id, by=by)


def notify(papers: Papers, *, by: Actor) -> None:
    """Note that the results were told to the unit. Raises RuleBroken."""
    _minutes, inspection = _held(papers, by)
    require_team(inspection, by=by)
    if inspection.status != InspectionStatus.SIGNED:
        raise RuleBroken(_l("Results are told once both sides have signed, and once only."))
    inspection.notified_by, inspection.notified_at = by.id, now()
    advance(inspection, InspectionStatus.NOTIFIED, by=by)
    if any(each.status != RecommendationStatus.OPEN for each in list_of(inspection.id)):
        follow(inspection, by=by)
    close_if_settled(inspection, by=by)


def add_supplement(papers: Papers, text: str, *, by: Actor) -> MinutesSupplement:
    """Add to signed minutes what has to be added; neither is ever changed. Raises RuleBroken."""
    minutes, inspection = _held(papers, by)
    require_team(inspection, by=by)
    if len(list_signatures(minutes)) < len(Side):
        raise RuleBroken(_l("Only what both sides have signed is supplemented."))
    query = select(MinutesSupplement).where(MinutesSupplement.minutes_id == minutes.id)
    last = db.session.scalar(query.order_by(MinutesSupplement.number.desc()).limit(1))
    supplement = MinutesSupplement(
        minutes_id=minutes.id,
        number=last.number + 1 if last else 1,
        text=text,
        on=today(),
        by_id=by.id,
        by_name=by.name,
    )
    supplement.digest = digest_of_supplement(last.digest if last else minutes.digest, supplement)
    db.session.add(supplement)
    _note("minutes.supplement", inspection, minutes, by, digest=supplement.digest)
    return supplement


@keep_with(SCAN)
def _keeps_its_papers(_minutes_id: object) -> bool:
    return True


def _begin(papers: Papers, by: Actor) -> Minutes:
    """The minutes, begun where there were none. Whoever began them meanwhile is not overruled."""
    if papers.minutes is not None:
        return papers.minutes
    inspection = papers.inspection
    if find_minutes(inspection.id) is not None:
        raise Stale(
            _l("Somebody saved this record after you opened it. Both texts are shown below.")
        )
    on = inspection.visit_on or today()
    minutes = Minutes(
        id=uuid4(),
        inspection_id=inspection.id,
        province_id=papers.found.plan.province_id,
        on=on,
        year=on.year,
        place=inspection.place,
        recorded_by=by.id,
    )
    db.session.add(minutes)
    return minutes


def _held(papers: Papers, by: Actor) -> tuple[Minutes, Inspection]:
    """Frozen minutes as they are now, and nobody else writes until this transaction ends."""
    hold_inspection(papers.inspection)
    minutes = papers.minutes
    if minutes is not None:
        db.session.refresh(minutes)
    if minutes is None or not minutes.is_frozen:
        raise RuleBroken(_l("The minutes are not frozen."))
    return minutes, papers.inspection


def _refuse_frozen(minutes: Minutes | None) -> None:
    if minutes is not None and minutes.is_frozen:
        raise RuleBroken(_l("The minutes are frozen: what they say can't be changed any more."))


def _next_number(minutes: Minutes) -> int:
    """One after the last of the province and year. Two who freeze at once wait for each other at
    the province's first plan.
    """
    plans = select(InspectionPlan.id).where(InspectionPlan.province_id == minutes.province_id)
    first = plans.order_by(InspectionPlan.recorded_at, InspectionPlan.id).limit(1)
    db.session.execute(first.with_for_update(key_share=True))
    last = select(func.max(Minutes.number)).where(
        Minutes.province_id == minutes.province_id, Minutes.year == minutes.year
    )
    return (db.session.scalar(last) or 0) + 1


def _sign(
    minutes: Minutes,
    inspection: Inspection,
    side: Side,
    seen: str,
    name: str,
    on: date,
    *,
    by: Actor,
    is_on_paper: bool = False,
) -> None:
    signatures = list_signatures(minutes)
    if any(each.side == side for each in signatures):
        raise RuleBroken(_l("This side has signed already."))
    if not is_whole(minutes):
        raise RuleBroken(_l("These minutes were altered: they can't be signed."))
    if seen != minutes.digest:
        raise Changed(_l("The minutes changed after you opened them. Read them again."))
    signature = MinutesSignature(
        minutes_id=minutes.id,
        side=side,
        digest=minutes.digest,
        name=name,
        on=on,
        is_on_paper=is_on_paper,
        by_id=by.id,
        by_name=by.name,
    )
    db.session.add(signature)
    _note("minutes.sign", inspection, minutes, by, side=str(side), digest=minutes.digest,
          on_paper=is_on_paper)  # fmt: skip
    days = [on, *(each.on for each in signatures)]
    if len(days) == len(Side):
        bring_into_force(inspection.id, max(days), by=by)
        advance(inspection, InspectionStatus.SIGNED, by=by)


def _roles(inspection: Inspection, by: Actor) -> set[TeamRole]:
    return list_own_roles(inspection.plan_id, by.id) if by.id else set()


def _note(
    action: str,
    inspection: Inspection,
    minutes: Minutes,
    by: Actor,
    **detail: str | int | bool | None,
) -> None:
    audit.record(action, "minutes", minutes.id, by=by, unit_id=inspection.unit_id, **detail)
