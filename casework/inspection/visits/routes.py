"""The visit: the checklist answered in the room, part by part, on a phone or a tablet."""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.clock import today
from casework.core.errors import OutOfReach
from casework.core.forms import Form, RuleBroken, VersionedForm, carry_out
from casework.core.htmx import render, wants_fragment
from casework.inspection.indicators.queries import sees_money
from casework.inspection.inspections.queries import is_on_team
from casework.inspection.readmodel.models import Rating
from casework.inspection.visits import operations
from casework.inspection.visits.forms import (
    CloseForm,
    MeetingForm,
    SampleForm,
    TicksForm,
    WordsForm,
    checks_form,
    skills_form,
    ticks_form,
)
from casework.inspection.visits.models import Answer, PaperQuestion, Visit
from casework.inspection.visits.queries import (
    Room,
    find_sample_of,
    get_room,
    list_checks,
    list_counselling,
    list_observed,
    list_observed_by_member,
    list_ticks,
)
from casework.inspection.visits.rules import (
    OWN_WORDS,
    SKILLS,
    count_progress,
    count_ticks,
    is_frozen,
    mean_level,
    tell_check,
    time_in_the_room,
)
from casework.organisation.accounts.queries import names_of
from casework.organisation.members.models import Skill

bp = Blueprint("visits", __name__, url_prefix="/inspections/<uuid:inspection_id>")
FOLDER = "inspection/visits"


@bp.get("/checklist")
@requires(Permission.INSPECTION_READ)
def show(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """The checklist as it stands, with how far it is answered. The unit reads it once the minutes
    are frozen.
    """
    return _overview(access, get_room(access, inspection_id), Form())


@bp.post("/checklist")
@requires(Permission.INSPECTION_WRITE)
def begin(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """Open the visit: the checklist is copied with the newest published figures."""
    room, form = get_room(access, inspection_id), Form()
    status = carry_out(form, lambda: operations.open_visit(room, by=access.actor))
    if status != 303:
        return _overview(access, room, form), status
    flash(
        _("The visit is open. Answer one part after another; each is saved by itself."), "success"
    )
    return redirect(url_for(".show", inspection_id=inspection_id), 303)


@bp.route("/checklist/<string(length=1):letter>", methods=["GET", "POST"])
@requires(Permission.INSPECTION_WRITE)
def answer(access: Access, inspection_id: UUID, letter: str) -> ResponseReturnValue:
    """One part of the checklist, to answer."""
    room = get_room(access, inspection_id)
    visit, checks = _visit(room), list_checks(inspection_id)
    part = count_progress(visit, checks).part(letter)
    if part is None:
        raise OutOfReach
    form = checks_form([check for check in part.checks if check.code != OWN_WORDS])
    status = carry_out(
        form, lambda: operations.answer_checks(room, form.entries(), by=access.actor)
    )
    if status == 303:
        return _go_on(room, letter)
    clashes = [entry for entry in form.entries() if entry.clashes] if status == 409 else []
    form.take_notice()
    money = sees_money(access, room.unit)
    page = render(
        f"{FOLDER}/part.html",
        room=room,
        part=part,
        form=form,
        progress=count_progress(visit, checks),
        said={check.code: tell_check(check, sees_money=money) for check in part.checks},
        clashes=clashes,
        why_not=_why_not(access, room),
        Rating=Rating,
        OWN_WORDS=OWN_WORDS,
        SKILLS=SKILLS,
    )
    return page, status


@bp.route("/checklist/meeting", methods=["GET", "POST"])
@requires(Permission.INSPECTION_WRITE)
def meeting(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """From when until when, and who was there."""
    room = get_room(access, inspection_id)
    visit = _visit(room)
    version = MeetingForm.version_of(visit)
    form = MeetingForm(data=_fields(visit, MeetingForm), version=version)
    return _versioned(
        access,
        room,
        "meeting",
        form,
        version,
        lambda: operations.note_meeting(room, form.answer(), by=access.actor),
    )


@bp.route("/checklist/unit-words", methods=["GET", "POST"])
@requires(Permission.INSPECTION_WRITE)
def unit_words(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """What the unit says itself, typed by the team."""
    return _words(access, inspection_id, is_unit=False)


@bp.route("/own-words", methods=["GET", "POST"])
@requires(Permission.INSPECTION_RESPOND)
def own_words(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """What the unit says itself, typed by its head while the visit is open."""
    return _words(access, inspection_id, is_unit=True)


@bp.route("/checklist/skills", methods=["GET", "POST"])
@requires(Permission.INSPECTION_WRITE)
def skills(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """Skills of those who counsel, as seen at work; several in one form."""
    room = get_room(access, inspection_id)
    _visit(room)
    form = skills_form(list_counselling(room), list_observed(inspection_id))
    status = carry_out(
        form, lambda: operations.observe_skills(room, form.entries(), by=access.actor)
    )
    if status == 303:
        flash(_("The skills are saved."), "success")
        return redirect(url_for(".answer", inspection_id=inspection_id, letter=SKILLS[0]), 303)
    clashes = [entry for entry in form.entries() if entry.clashes] if status == 409 else []
    form.take_notice()
    page = render(
        f"{FOLDER}/skills.html",
        room=room,
        form=form,
        clashes=clashes,
        why_not=_why_not(access, room),
        Skill=Skill,
    )
    return page, status


@bp.route("/checklist/sample", methods=["GET", "POST"])
@requires(Permission.INSPECTION_WRITE)
def sample(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """Ask the unit for paper files; then the questions on each, by number."""
    room = get_room(access, inspection_id)
    visit, form = _visit(room), SampleForm()
    status = carry_out(
        form, lambda: operations.ask_for_files(room, form.size.data, by=access.actor)
    )
    if status == 303:
        flash(_("The unit's own screen now says which files to fetch."), "success")
        return redirect(url_for(".sample", inspection_id=inspection_id), 303)
    return _sample_page(access, room, visit, form, None), status


@bp.post("/checklist/sample/ticks")
@requires(Permission.INSPECTION_WRITE)
def tick(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """Keep the ticks."""
    room = get_room(access, inspection_id)
    visit = _visit(room)
    asked = find_sample_of(visit)
    if asked is None:
        raise OutOfReach
    form = ticks_form(asked, list_ticks(asked))
    status = carry_out(
        form, lambda: operations.tick_files(room, asked, form.entries(), by=access.actor)
    )
    if status != 303:
        return _sample_page(access, room, visit, SampleForm(formdata=None), form), status
    flash(_("The ticks are saved."), "success")
    return redirect(url_for(".show", inspection_id=inspection_id), 303)


@bp.route("/checklist/close", methods=["GET", "POST"])
@requires(Permission.INSPECTION_WRITE)
def close(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """End the visit; what is missing stands there."""
    room = get_room(access, inspection_id)
    visit = _visit(room)
    form = CloseForm(ended_at=visit.ended_at or time_in_the_room(room.inspection))
    status = carry_out(form, lambda: operations.close_visit(room, form.answer(), by=access.actor))
    if status == 303:
        flash(_("The visit is closed. Findings are proposed from the checklist."), "success")
        return redirect(url_for(".show", inspection_id=inspection_id), 303)
    page = render(
        f"{FOLDER}/close.html",
        room=room,
        form=form,
        progress=count_progress(visit, list_checks(inspection_id)),
        why_not=_why_not(access, room),
        nobody_named=not visit.attendees.strip(),
        OWN_WORDS=OWN_WORDS,
    )
    return page, status


@bp.post("/checklist/reopen")
@requires(Permission.INSPECTION_WRITE)
def reopen(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """Go on with a visit that was closed too early."""
    room, form = get_room(access, inspection_id), Form()
    status = carry_out(form, lambda: operations.reopen_visit(room, by=access.actor))
    if status != 303:
        return _overview(access, room, form), status
    flash(_("The visit is open again. Its sample stays closed."), "success")
    return redirect(url_for(".show", inspection_id=inspection_id), 303)


def _overview(access: Access, room: Room, form: Form) -> str:
    visit = room.visit if room.is_shown else None
    checks = list_checks(room.inspection.id) if visit else []
    asked = find_sample_of(visit)
    is_panel = wants_fragment()
    on_team = can(Permission.INSPECTION_WRITE) and is_on_team(
        room.inspection.plan_id, access.account_id
    )
    observed = [] if is_panel or not visit else list_observed_by_member(room.inspection.id)
    money = sees_money(access, room.unit)
    return render(
        f"{FOLDER}/{'panel' if is_panel else 'show'}.html",
        room=room,
        visit=visit,
        form=form,
        progress=count_progress(visit, checks) if visit else None,
        said={check.code: tell_check(check, sees_money=money) for check in checks},
        names=names_of([check.recorded_by for check in checks]),
        sample=asked,
        ticked=count_ticks(list_ticks(asked)),
        observed=observed,
        mean=mean_level([each.level for one in observed for each in one.skills]),
        on_team=on_team,
        may_write=on_team and room.goes_on,
        may_reopen=on_team and not is_frozen(room.inspection),
        may_speak=can(Permission.INSPECTION_RESPOND) and not room.is_department and room.goes_on,
        today=today(),
        OWN_WORDS=OWN_WORDS,
        SKILLS=SKILLS,
    )


def _words(access: Access, inspection_id: UUID, *, is_unit: bool) -> ResponseReturnValue:
    room = get_room(access, inspection_id)
    visit = _visit(room)
    version = WordsForm.version_of(visit)
    form = WordsForm(data=_fields(visit, WordsForm), version=version)
    return _versioned(
        access,
        room,
        "own_words" if is_unit else "unit_words",
        form,
        version,
        lambda: operations.note_unit_words(room, form.answer(), by=access.actor, is_unit=is_unit),
    )


def _versioned(
    access: Access,
    room: Room,
    endpoint: str,
    form: VersionedForm,
    version: str,
    change: Callable[[], object],
) -> ResponseReturnValue:
    """A form of a few texts, of which two people see one another's."""
    saved = {field.name: field.object_data for field in form}
    status = carry_out(form, change, version)
    if status == 303:
        flash(_("Saved."), "success")
        return redirect(url_for(".show", inspection_id=room.inspection.id), 303)
    is_unit = endpoint == "own_words"
    page = render(
        f"{FOLDER}/texts.html",
        room=room,
        form=form,
        endpoint=endpoint,
        saved=saved,
        conflict=status == 409,
        why_not=_why_not(access, room, is_unit=is_unit),
        is_unit=is_unit,
    )
    return page, status


def _sample_page(
    access: Access, room: Room, visit: Visit, form: SampleForm, ticks: TicksForm | None
) -> str:
    asked = find_sample_of(visit)
    clashes = []
    if asked is not None:
        ticks = ticks or ticks_form(asked, list_ticks(asked))
        clashes = [entry for entry in ticks.entries() if entry.clashes]
        ticks.take_notice()
    return render(
        f"{FOLDER}/sample.html",
        room=room,
        sample=asked,
        form=form,
        ticks=ticks,
        clashes=clashes if request.method == "POST" else [],
        why_not=_why_not(access, room),
        Answer=Answer,
        PaperQuestion=PaperQuestion,
    )


def _visit(room: Room) -> Visit:
    """The visit, once it was opened. Raises OutOfReach."""
    if room.visit is None:
        raise OutOfReach
    return room.visit


def _why_not(access: Access, room: Room, *, is_unit: bool = False) -> str:
    """Why this account can't write here now; empty where it can."""
    try:
        if is_unit:
            operations.require_going_on(room)
        else:
            operations.require_open(room, by=access.actor)
    except RuleBroken as broken:
        return str(broken.message)
    return ""


def _go_on(room: Room, letter: str) -> ResponseReturnValue:
    """To the next part with something missing, or back to the whole."""
    visit = _visit(room)
    following = count_progress(visit, list_checks(room.inspection.id)).next_part(letter)
    if following is None or following.letter == letter:
        flash(_("Saved."), "success")
        return redirect(url_for(".show", inspection_id=room.inspection.id), 303)
    flash(_("Part %(letter)s is saved.", letter=letter), "success")
    if following.letter == OWN_WORDS[0]:
        return redirect(url_for(".unit_words", inspection_id=room.inspection.id), 303)
    return redirect(
        url_for(".answer", inspection_id=room.inspection.id, letter=following.letter), 303
    )


def _fields(visit: Visit, kind: type[VersionedForm]) -> dict[str, str]:
    names = ("started_at", "ended_at", "attendees", "favourable", "difficulties", "proposals")
    return {name: getattr(visit, name) for name in names if hasattr(kind, name)}
