"""The support plan of a case: what counts now, earlier versions, actions, reviews, the paper."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.confidential.assessments.models import NeedArea
from casework.confidential.cases.models import Case, PersonIdentity
from casework.confidential.cases.queries import get_case, get_person, unit_of
from casework.confidential.history.queries import list_earlier
from casework.confidential.plans import sheets
from casework.confidential.plans.forms import (
    MOST_ACTIONS,
    MOST_GOALS,
    FollowForm,
    PlanForm,
    ReviewForm,
    SigningForm,
    outline_of,
    start_of_first,
    start_of_next,
)
from casework.confidential.plans.models import (
    ActionStatus,
    Plan,
    Responsible,
    ReviewResult,
)
from casework.confidential.plans.operations import (
    agree_on_plan,
    follow_action,
    next_review,
    note_signatures,
    review_plan,
)
from casework.confidential.plans.queries import (
    find_current,
    get_action,
    get_plan,
    list_plans,
    list_pressing_areas,
    list_pursued,
    list_reviews,
    progress_of,
)
from casework.core import audit
from casework.core.clock import today
from casework.core.forms import VersionedForm, carry_out
from casework.core.htmx import render, wants_fragment
from casework.core.uploads import DOCX
from casework.core.workbooks import send_file
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import get_unit

# `plans` are what the organisation intends for a year.
bp = Blueprint("support_plans", __name__, url_prefix="/cases/<uuid:case_id>/plans")
FOLDER = "confidential/plans"


@bp.get("")
@requires(Permission.CASE_READ)
def index(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The version that counts, with its progress and reviews, and the earlier ones."""
    case = get_case(access, case_id)
    person, plans = get_person(case, access), list_plans(case)
    if not plans:
        return render(f"{FOLDER}/none.html", case=case, person=person)
    return _show(case, person, plans[0], () if wants_fragment() else plans[1:])


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.CASE_WRITE)
def agree(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Write a version: the first from what is needed most, a later one from what is still open."""
    case = get_case(access, case_id)
    person, followed = get_person(case, access), find_current(case)
    number = followed.number if followed else 0
    pursued = list_pursued([followed])[followed.id] if followed else ()
    if request.method == "POST":
        form = PlanForm()
    else:
        goals = start_of_next(pursued) if followed else start_of_first(list_pressing_areas(case))
        form = PlanForm(agreed_on=today(), version=number, goals=goals)
    is_grown = request.method == "POST" and form.grow(request.form)

    def keep() -> None:
        told = (form.agreed_on.data, form.summary.data, form.intended())
        agree_on_plan(case, followed, *told, by=access.actor)

    status = 200 if is_grown else carry_out(form, keep, number)
    if status == 303:
        flash(_("The plan is saved. Print it, so that both can sign it."), "success")
        return redirect(url_for(".index", case_id=case.id), 303)
    page = render(
        f"{FOLDER}/form.html",
        case=case,
        person=person,
        form=form,
        followed=followed,
        saved=outline_of(pursued),
        conflict=status == 409,
        most_goals=MOST_GOALS,
        most_actions=MOST_ACTIONS,
    )
    return page, status


@bp.get("/<uuid:plan_id>")
@requires(Permission.CASE_READ)
def show(access: Access, case_id: UUID, plan_id: UUID) -> ResponseReturnValue:
    """A version whole, also one that no longer counts."""
    case = get_case(access, case_id)
    plan = get_plan(case, plan_id)
    return _show(case, get_person(case, access), plan)


@bp.get("/<uuid:plan_id>/paper")
@requires(Permission.CASE_WRITE)
def paper(access: Access, case_id: UUID, plan_id: UUID) -> ResponseReturnValue:
    """The plan to be signed. Each print leaves a row."""
    case = get_case(access, case_id)
    plan = get_plan(case, plan_id)
    person = get_person(case, access)
    audit.record_read("plan.print", "case", [case.id], by=access.actor, unit_id=case.unit_id)
    unit = unit_of(case)
    signers = sheets.Signers(
        agency=unit.label,
        place=_place(unit),
        called=person.name or person.alias or f"người có mã hồ sơ {case.reference}",
        reference=case.reference,
        counselor=access.identity.display_name,
    )
    reviews = [review for review, _name in reversed(list_reviews(plan))]
    content = sheets.write_plan(signers, plan, list_pursued([plan])[plan.id], reviews)
    name = f"ke-hoach-ho-tro-{case.reference}-{plan.number}.docx"
    return send_file(content, name, DOCX)


@bp.route("/<uuid:plan_id>/signing", methods=["GET", "POST"])
@requires(Permission.CASE_WRITE)
def sign(access: Access, case_id: UUID, plan_id: UUID) -> ResponseReturnValue:
    """Note the days on which both signed."""
    case = get_case(access, case_id)
    plan = get_plan(case, plan_id)
    person, form = get_person(case, access), SigningForm(obj=plan)
    status = carry_out(
        form, lambda: note_signatures(case, plan, form.answer(), by=access.actor), plan.version
    )
    if status == 303:
        flash(_("The signatures are noted."), "success")
        return redirect(url_for(".show", case_id=case.id, plan_id=plan.id), 303)
    return _page("signing", case, person, plan, form, status), status


@bp.route("/<uuid:plan_id>/reviews/new", methods=["GET", "POST"])
@requires(Permission.CASE_WRITE)
def review(access: Access, case_id: UUID, plan_id: UUID) -> ResponseReturnValue:
    """Look at a plan together again. When next is proposed as the province sets it."""
    case = get_case(access, case_id)
    plan = get_plan(case, plan_id)
    person, proposed = get_person(case, access), next_review(case, today())
    form = ReviewForm(on=today(), next_on=proposed, version=plan.version)

    def keep() -> None:
        told = (form.on.data, form.result.data, form.note.data, form.next_on.data)
        review_plan(case, plan, *told, by=access.actor)

    status = carry_out(form, keep, plan.version)
    if status != 303:
        return _page("review", case, person, plan, form, status), status
    if form.result.data is ReviewResult.CHANGE:
        flash(_("The review is saved. Now write the new version of the plan."), "success")
        return redirect(url_for(".agree", case_id=case.id), 303)
    flash(_("The review is saved."), "success")
    return redirect(url_for(".index", case_id=case.id), 303)


@bp.route("/actions/<uuid:action_id>", methods=["GET", "POST"])
@requires(Permission.CASE_WRITE)
def follow(access: Access, case_id: UUID, action_id: UUID) -> ResponseReturnValue:
    """Note how far an action is. Of two who do it at once, the second sees both."""
    case = get_case(access, case_id)
    action, goal, plan = get_action(case, action_id)
    person, form = get_person(case, access), FollowForm(obj=action)
    status = carry_out(
        form,
        lambda: follow_action(case, plan, action, form.answer(), by=access.actor),
        action.version,
    )
    if status == 303:
        flash(_("The action is saved."), "success")
        return redirect(url_for(".index", case_id=case.id), 303)
    page = render(
        f"{FOLDER}/action.html",
        case=case,
        person=person,
        plan=plan,
        goal=goal,
        action=action,
        form=form,
        conflict=status == 409,
        earlier=list_earlier([action.id]),
        NeedArea=NeedArea,
        Responsible=Responsible,
        ActionStatus=ActionStatus,
    )
    return page, status


def _place(unit: Unit) -> str:
    return get_unit(unit.province_id).name if unit.province_id else unit.name


def _show(case: Case, person: PersonIdentity, plan: Plan, earlier: Sequence[Plan] = ()) -> str:
    pursued = list_pursued([plan, *earlier])
    return render(
        f"{FOLDER}/show.html",
        case=case,
        person=person,
        plan=plan,
        pursued=pursued[plan.id],
        progress=progress_of(pursued[plan.id]),
        reviews=list_reviews(plan),
        earlier=[(each, progress_of(pursued[each.id])) for each in earlier],
        today=today(),
        NeedArea=NeedArea,
        Responsible=Responsible,
        ActionStatus=ActionStatus,
        ReviewResult=ReviewResult,
    )


def _page(
    name: str,
    case: Case,
    person: PersonIdentity,
    plan: Plan,
    form: VersionedForm,
    status: int,
) -> str:
    return render(
        f"{FOLDER}/{name}.html",
        case=case,
        person=person,
        plan=plan,
        form=form,
        conflict=status == 409,
    )
