"""Opening a visit, answering its checklist, observing skills, ticking a sample, closing it.

Only the team writes, while the visit is open; the unit's head may type the unit's own words
meanwhile. Who closed it may open it again until the minutes are frozen.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import now
from casework.core.database import db
from casework.core.forms import RuleBroken, Stale
from casework.inspection.inspections.models import Inspection, InspectionStatus, PlanStatus
from casework.inspection.inspections.operations import advance, require_team
from casework.inspection.readmodel.models import CriterionFigure
from casework.inspection.self_reports.models import SelfReport
from casework.inspection.visits.models import Check, ObservedSkill, SampleTick, Visit
from casework.inspection.visits.queries import (
    Room,
    day_of_visit,
    find_sample_of,
    list_checks,
    list_judged,
)
from casework.inspection.visits.rules import (
    Entry,
    count_progress,
    is_frozen,
    needs_remark,
    time_in_the_room,
)
from casework.organisation.samples.models import PaperSample
from casework.organisation.samples.operations import ask_for_sample, close_sample
from casework.organisation.settings.models import Criterion, Method
from casework.organisation.settings.queries import find_criteria_set, list_criteria
from casework.organisation.units.models import Unit

Follower = Callable[[Room, Actor], None]
_followers: list[Follower] = []


def follow_visits(follower: Follower) -> Follower:
    """Have something done when a visit is closed: what builds on visits says so here."""
    _followers.append(follower)
    return follower


def wait_for_others(room: Room) -> None:
    """Write after whoever is writing, so that nothing gets into a visit that was closed, or minutes
    that were frozen, in the same moment.
    """
    same = select(Inspection.id).where(Inspection.id == room.inspection.id)
    db.session.execute(same.with_for_update())
    db.session.refresh(room.inspection)
    if room.visit is not None:
        db.session.refresh(room.visit)


def require_open(room: Room, *, by: Actor) -> Visit:
    """Only the team writes, in a visit that is open. Raises RuleBroken."""
    require_team(room.inspection, by=by)
    return require_going_on(room)


def require_before_minutes(room: Room, *, by: Actor) -> Visit:
    """Only the team writes, of a visit that was opened, until the minutes are frozen. Raises
    RuleBroken.
    """
    require_team(room.inspection, by=by)
    _require_unfrozen(room.inspection)
    if room.visit is None:
        raise RuleBroken(_l("The visit has not begun."))
    return room.visit


def require_going_on(room: Room) -> Visit:
    """The visit was opened, and neither closed nor written into minutes yet. Raises RuleBroken."""
    _require_unfrozen(room.inspection)
    if room.visit is None:
        raise RuleBroken(_l("The visit has not begun."))
    if not room.visit.is_open:
        raise RuleBroken(_l("The visit is closed."))
    return room.visit


def open_visit(room: Room, *, by: Actor) -> Visit:
    """Begin the visit: the checklist is copied as it stands now, with the newest published figures
    of the unit, and what the unit reported beforehand. Raises RuleBroken.
    """
    inspection = room.inspection
    require_team(inspection, by=by)
    _require_unfrozen(inspection)
    if room.found.plan.status != PlanStatus.APPROVED:
        raise RuleBroken(_l("The plan is not approved yet."))
    db.session.execute(
        select(Inspection.id).where(Inspection.id == inspection.id).with_for_update()
    )
    if room.visit or db.session.scalar(select(Visit.id).where(_of(Visit, inspection))):
        raise RuleBroken(_l("This visit was opened already."))
    period, figures = list_judged(room.unit)
    checks = copy_checklist(inspection, room.unit, figures, day_of_visit(inspection))
    if not checks:
        raise RuleBroken(_l("No checklist is in force, and nothing was published for this unit."))
    visit = Visit(
        inspection_id=inspection.id,
        period=period,
        started_at=time_in_the_room(inspection) or inspection.starts_at,
        recorded_by=by.id,
        **_reported(inspection),
    )
    db.session.add_all([visit, *checks])
    audit.record(
        "visit.open", "inspection", inspection.id, by=by, unit_id=inspection.unit_id, period=period
    )
    return visit


def note_meeting(room: Room, answer: dict[str, Any], *, by: Actor) -> None:
    """From when until when, and who of the unit was there. Raises RuleBroken."""
    wait_for_others(room)
    visit = require_open(room, by=by)
    _check_times(answer["started_at"], answer["ended_at"])
    for name in ("started_at", "ended_at", "attendees"):
        setattr(visit, name, answer[name] or "")
    _note("visit.meeting", room, by)


def note_unit_words(room: Room, answer: dict[str, Any], *, by: Actor, is_unit: bool) -> None:
    """What the unit itself says (K1): typed by the team, or by the unit's head. Raises
    RuleBroken.
    """
    wait_for_others(room)
    visit = require_going_on(room) if is_unit else require_open(room, by=by)
    for name in ("favourable", "difficulties", "proposals"):
        setattr(visit, name, answer[name] or "")
    _note("visit.unit_words", room, by)


def answer_checks(room: Room, entries: Sequence[Entry[Check]], *, by: Actor) -> None:
    """Keep ratings and remarks. Who rates otherwise than the figure says why. Raises RuleBroken,
    and Stale where somebody else answered the same criterion meanwhile.
    """
    wait_for_others(room)
    require_open(room, by=by)
    _refuse_clashes(entries)
    codes = []
    for entry in entries:
        check, (rating, remark) = entry.key, entry.sent
        if not entry.is_meant or (rating, remark) == (check.rating, check.remark):
            continue
        if needs_remark(check, rating) and not remark:
            message = _l("Say why it is rated otherwise than the figure.")
            raise RuleBroken(message, field=f"remark_{check.code}")
        check.rating, check.remark = rating, remark
        check.recorded_by, check.recorded_at = by.id, now()
        codes.append(check.code)
    if codes:
        _note("visit.answer", room, by, codes=" ".join(codes))


def observe_skills(room: Room, entries: Sequence[Entry[tuple[UUID, str]]], *, by: Actor) -> None:
    """Keep what was seen of members at work: a level from 1 to 5 and a remark by skill; without a
    level nothing was seen. Raises RuleBroken and Stale.
    """
    wait_for_others(room)
    require_open(room, by=by)
    _refuse_clashes(entries)
    meant = [entry for entry in entries if entry.is_meant and entry.sent != entry.stands]
    for entry in meant:
        (member_id, skill), (level, remark) = entry.key, entry.sent
        if remark and not level:
            message = _l("Choose a level too.")
            raise RuleBroken(message, field=f"level_{member_id.hex}_{skill}")
        same = (ObservedSkill.member_id == member_id) & (ObservedSkill.skill == skill)
        db.session.execute(delete(ObservedSkill).where(_of(ObservedSkill, room.inspection), same))
        if level:
            seen = ObservedSkill(inspection_id=room.inspection.id, member_id=member_id, skill=skill)
            seen.level, seen.remark, seen.recorded_by = int(level), remark, by.id
            db.session.add(seen)
    if meant:
        _note("visit.skills", room, by)


def ask_for_files(room: Room, size: int, *, by: Actor) -> None:
    """Ask the unit for paper files to look at, once a visit. Raises RuleBroken."""
    wait_for_others(room)
    visit = require_open(room, by=by)
    if visit.sample_id is not None:
        raise RuleBroken(_l("Files were asked for already: one sample a visit."))
    sample = ask_for_sample(room.inspection.unit_id, size, by=by)
    db.session.flush()
    visit.sample_id = sample.id


def tick_files(
    room: Room, sample: PaperSample, entries: Sequence[Entry[tuple[int, str]]], *, by: Actor
) -> None:
    """Keep the ticks of a sample. A number without a tick says nothing: there may have been no
    file, or no time. Raises RuleBroken and Stale.
    """
    wait_for_others(room)
    require_open(room, by=by)
    _refuse_clashes(entries)
    meant = [entry for entry in entries if entry.is_meant and entry.sent != entry.stands]
    for entry in meant:
        (position, question), (answer,) = entry.key, entry.sent
        same = (SampleTick.position == position) & (SampleTick.question == question)
        db.session.execute(delete(SampleTick).where(SampleTick.sample_id == sample.id, same))
        if answer:
            tick = SampleTick(sample_id=sample.id, position=position, question=question)
            tick.answer, tick.recorded_by = answer, by.id
            db.session.add(tick)
    if meant:
        _note("visit.tick", room, by)


def close_visit(room: Room, answer: dict[str, Any], *, by: Actor) -> None:
    """End the visit. Something may be missing, where that is said on purpose. The sample shows no
    code any more, and whoever builds on visits is told. Raises RuleBroken.
    """
    wait_for_others(room)
    visit = require_open(room, by=by)
    _check_times(visit.started_at, answer["ended_at"])
    progress = count_progress(visit, list_checks(room.inspection.id))
    if progress.missing and not answer["although"]:
        raise RuleBroken(
            _l("Something is missing. Tick that you close it all the same."), "although"
        )
    visit.ended_at = answer["ended_at"] or ""
    visit.closed_by, visit.closed_at = by.id, now()
    sample = find_sample_of(visit)
    if sample is not None:
        close_sample(sample, by=by)
    _note("visit.close", room, by, missing=len(progress.missing))
    advance(room.inspection, InspectionStatus.VISITED, by=by)
    for follower in _followers:
        follower(room, by)


def reopen_visit(room: Room, *, by: Actor) -> None:
    """Go on with a visit that was closed too early; its sample stays closed. Raises RuleBroken."""
    wait_for_others(room)
    visit = require_before_minutes(room, by=by)
    if visit.is_open:
        raise RuleBroken(_l("This visit is open."))
    visit.closed_by = visit.closed_at = None
    _note("visit.reopen", room, by)


def _require_unfrozen(inspection: Inspection) -> None:
    if is_frozen(inspection):
        raise RuleBroken(_l("The minutes are frozen: nothing of the visit changes any more."))


def _refuse_clashes(entries: Sequence[Entry[Any]]) -> None:
    if any(entry.clashes for entry in entries):
        message = _l("Somebody saved this record after you opened it. Both texts are shown below.")
        raise Stale(message)


def _check_times(started_at: str, ended_at: str) -> None:
    if started_at and ended_at and ended_at < started_at:
        raise RuleBroken(_l("It ended before it began."), field="ended_at")


def _of(kind: type[Visit] | type[ObservedSkill], inspection: Inspection) -> Any:
    return kind.inspection_id == inspection.id


def _note(action: str, room: Room, by: Actor, **detail: str | int) -> None:
    inspection = room.inspection
    audit.record(action, "inspection", inspection.id, by=by, unit_id=inspection.unit_id, **detail)


def _reported(inspection: Inspection) -> dict[str, str]:
    """What the unit said beforehand of itself, if it submitted its report."""
    query = select(SelfReport).where(
        SelfReport.inspection_id == inspection.id, SelfReport.submitted_at.is_not(None)
    )
    report = db.session.scalar(query)
    if report is None:
        return {}
    return {
        "favourable": report.achieved,
        "difficulties": report.difficulties,
        "proposals": report.proposals,
    }


def copy_checklist(
    inspection: Inspection, unit: Unit, figures: Sequence[CriterionFigure], on: date
) -> list[Check]:
    """The criteria as published, each by the version it was judged by; the others of the checklist
    in force on the day of the visit.
    """
    checklist = find_criteria_set(unit.province_id, on)
    criteria = {each.code: each for each in (list_criteria(checklist) if checklist else [])}
    judged = {figure.code: figure for figure in figures}
    number = checklist.number if checklist else 0
    return [
        _check(inspection.id, position, criteria.get(code), judged.get(code), number)
        for position, code in enumerate(sorted({*criteria, *judged}), start=1)
    ]


def _check(
    inspection_id: UUID,
    position: int,
    criterion: Criterion | None,
    figure: CriterionFigure | None,
    number: int,
) -> Check:
    source: Any = figure or criterion
    check = Check(
        inspection_id=inspection_id,
        code=source.code,
        position=position,
        text=source.text,
        method=criterion.method if criterion else Method.COMPUTED,
        set_id=source.set_id,
        set_number=figure.set_number if figure else number,
        met=source.met,
        partly=source.partly,
    )
    if figure is not None:
        for name in ("numerator", "denominator", "value", "unit_of_value"):
            setattr(check, name, getattr(figure, name))
        check.computed = figure.rating
    return check
