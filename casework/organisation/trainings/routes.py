"""Trainings of a unit: the year, who counsels without training, logging, reading and correcting a
course.
"""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.clock import today
from casework.core.errors import OutOfReach
from casework.core.forms import RuleBroken, Stale
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.organisation.accounts.queries import names_of
from casework.organisation.bodies.queries import Scope, find_scope, find_year, years_since
from casework.organisation.documents.operations import attach_file
from casework.organisation.documents.queries import list_removable
from casework.organisation.history.queries import list_earlier
from casework.organisation.settings.models import Setting
from casework.organisation.settings.queries import number_of
from casework.organisation.trainings import queries
from casework.organisation.trainings.forms import (
    PaperForm,
    TrainingForm,
    days_of,
    differing,
    told,
)
from casework.organisation.trainings.models import Training
from casework.organisation.trainings.operations import KIND, correct_training, log_training
from casework.organisation.units.queries import get_unit, list_ids_with_predecessors

bp = Blueprint("trainings", __name__, url_prefix="/trainings")
menu(_l("Trainings"), "trainings.index", lambda: can(Permission.ACTIVITY_READ), Section.ACTIVITIES)
FOLDER = "organisation/trainings"
FIRST_YEAR = 2012


@bp.get("")
@requires(Permission.ACTIVITY_READ)
def index(access: Access) -> ResponseReturnValue:
    """The courses of a year; and who is trained today, those who counsel without training first."""
    scope, year = find_scope(access), find_year(years_since(FIRST_YEAR))
    if scope is None:
        return render(f"{FOLDER}/list.html", scope=None)
    months = number_of(Setting.TRAINING_MONTHS, scope.unit.province_id, today())
    members = queries.list_trained_members(scope.unit_ids, today(), months)
    return render(
        f"{FOLDER}/list.html",
        scope=scope,
        year=year,
        years=years_since(FIRST_YEAR),
        months=months,
        members=members,
        counselling=[line for line in members if line.counsels],
        due=[line for line in members if line.is_due],
        lines=queries.list_trainings(scope.unit_ids, year),
    )


@bp.get("/new")
@requires(Permission.ACTIVITY_WRITE)
def new(access: Access) -> ResponseReturnValue:
    """The form of a course, one day long and today unless told."""
    form = TrainingForm(from_on=today(), until_on=today(), days=1)
    return _new_page(find_scope(access), form)


@bp.post("/new")
@requires(Permission.ACTIVITY_WRITE)
def log(access: Access) -> ResponseReturnValue:
    """Keep the course."""
    scope, form = find_scope(access), TrainingForm()
    if scope is None:
        raise OutOfReach
    _offer(form, scope.unit_ids)
    if not form.validate():
        return _new_page(scope, form), 422
    try:
        training = log_training(scope.unit.id, form.answer(), by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return _new_page(scope, form), 422
    flash(_("The training is saved."), "success")
    return redirect(url_for(".show", training_id=training.id), 303)


@bp.get("/<uuid:training_id>")
@requires(Permission.ACTIVITY_READ)
def show(access: Access, training_id: UUID) -> ResponseReturnValue:
    """One course with its papers, and what it said earlier."""
    return _page(access, queries.get_training(access, training_id), PaperForm())


@bp.post("/<uuid:training_id>/files")
@requires(Permission.ACTIVITY_WRITE)
def attach(access: Access, training_id: UUID) -> ResponseReturnValue:
    """Keep one more paper."""
    training, form = queries.get_training_to_change(access, training_id), PaperForm()
    if not form.validate() or form.paper.data is None:
        return _page(access, training, form), 422
    attach_file(form.paper.data, KIND, training.id, training.unit_id, by=access.actor)
    flash(_("The file is saved."), "success")
    return redirect(url_for(".show", training_id=training.id), 303)


@bp.get("/<uuid:training_id>/correct")
@requires(Permission.ACTIVITY_WRITE)
def edit(access: Access, training_id: UUID) -> ResponseReturnValue:
    """The course to correct."""
    training = queries.get_training_to_change(access, training_id)
    form = TrainingForm(obj=training, skills=queries.list_skills([training.id])[training.id])
    _offer_again(form, training)
    return _correct_page(training, form)


@bp.post("/<uuid:training_id>/correct")
@requires(Permission.ACTIVITY_WRITE)
def correct(access: Access, training_id: UUID) -> ResponseReturnValue:
    """Correct it, unless somebody did before: then both texts are shown."""
    training, form = queries.get_training_to_change(access, training_id), TrainingForm()
    _offer_again(form, training)
    if not form.validate():
        return _correct_page(training, form), 422
    try:
        form.check_version(training.version)
        correct_training(training, form.answer(), by=access.actor)
    except Stale as stale:
        form.refuse(stale)
        form.version.data = str(training.version)
        return _correct_page(training, form, conflict=True), 409
    except RuleBroken as broken:
        form.refuse(broken)
        return _correct_page(training, form), 422
    flash(_("The training is corrected. What it said before stays below."), "success")
    return redirect(url_for(".show", training_id=training.id), 303)


def _offer(form: TrainingForm, unit_ids: Sequence[UUID]) -> None:
    form.offer(queries.list_members_between(unit_ids, *days_of(form)))


def _offer_again(form: TrainingForm, training: Training) -> None:
    """Offer who held a post; whoever took part stays on the list of the course's own days."""
    unit_ids = list_ids_with_predecessors([training.unit_id])
    members = queries.list_members_between(unit_ids, *days_of(form))
    there = queries.list_participants(training)
    if days_of(form) == (training.from_on, training.until_on):
        members += [member for member in there if member not in members]
    form.offer(members, [member.id for member in there])


def _new_page(scope: Scope | None, form: TrainingForm) -> str:
    if scope is None:
        return render(f"{FOLDER}/new.html", scope=None)
    _offer(form, scope.unit_ids)
    return render(f"{FOLDER}/new.html", scope=scope, form=form)


def _correct_page(training: Training, form: TrainingForm, *, conflict: bool = False) -> str:
    pairs = []
    if conflict:
        skills = queries.list_skills([training.id])[training.id]
        pairs = differing(form, training, skills, queries.list_participants(training))
    return render(f"{FOLDER}/correct.html", training=training, form=form, differing=pairs)


def _page(access: Access, training: Training, form: PaperForm) -> str:
    writing = access.identity.access(Permission.ACTIVITY_WRITE)
    may_change = queries.find_training_to_change(writing, training.id) is not None
    kept, removable = list_removable(training.id, writing, access.account_id)
    return render(
        f"{FOLDER}/show.html",
        training=training,
        unit=get_unit(training.unit_id),
        skills=queries.list_skills([training.id])[training.id],
        members=queries.list_participants(training),
        recorder=names_of([training.recorded_by]).get(training.recorded_by),
        earlier=[(each, told(each.said)) for each in list_earlier([training.id])],
        may_change=may_change,
        removable=removable,
        kept=kept,
        form=form,
    )
