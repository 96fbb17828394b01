"""Recommendations: the list of all within reach, one with its steps, those of an inspection."""

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.clock import today
from casework.core.errors import OutOfReach
from casework.core.forms import RuleBroken, carry_out
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.inspection.findings.models import Finding, FindingKind
from casework.inspection.findings.queries import list_accepted
from casework.inspection.inspections.queries import Visited, get_inspection, is_on_team
from casework.inspection.recommendations import operations, queries
from casework.inspection.recommendations.forms import (
    AnswerForm,
    DecisionForm,
    DraftForm,
    Progress,
)
from casework.inspection.recommendations.models import (
    Recommendation,
    RecommendationStatus,
    StepKind,
)
from casework.inspection.recommendations.queries import PAGE, Asked, Filter, State
from casework.organisation.documents.queries import list_files
from casework.organisation.units.queries import get_unit_within

bp = Blueprint("recommendations", __name__)
menu(
    _l("Recommendations"),
    "recommendations.index",
    lambda: can(Permission.RECOMMENDATION_READ),
    Section.INSPECTION,
)
FOLDER = "inspection/recommendations"


@bp.get("/recommendations")
@requires(Permission.RECOMMENDATION_READ)
def index(access: Access) -> ResponseReturnValue:
    """All within reach: what is not settled, unless asked otherwise."""
    wanted = _filter()
    listed = queries.search(access, wanted)
    return render(
        f"{FOLDER}/list.html",
        listed=listed[:PAGE],
        has_more=len(listed) > PAGE,
        wanted=wanted,
        counts=queries.count_states(access),
        units=queries.list_units(access),
        rounds=queries.list_rounds(access),
        State=State,
        page_url=lambda page: url_for(".index", **{**request.args, "page": page}),
    )


@bp.get("/recommendations/of-unit/<uuid:unit_id>")
@requires(Permission.RECOMMENDATION_READ)
def of_unit(access: Access, unit_id: UUID) -> ResponseReturnValue:
    """What inspectors asked of a unit and of those it followed, and until when: a panel of its
    page.
    """
    unit = get_unit_within(access, unit_id)
    listed = queries.list_open([unit.id], within=queries.readable(access))
    return render(f"{FOLDER}/of_unit.html", unit=unit, listed=listed)


@bp.get("/recommendations/<uuid:recommendation_id>")
@requires(Permission.RECOMMENDATION_READ)
def show(access: Access, recommendation_id: UUID) -> ResponseReturnValue:
    """One, with everything that was said and decided."""
    asked = queries.get_recommendation(access, recommendation_id)
    return _page(access, asked)


@bp.post("/recommendations/<uuid:recommendation_id>/answer")
@requires(Permission.MONEY_RESPOND)
def answer(access: Access, recommendation_id: UUID) -> ResponseReturnValue:
    """What the unit says, with its evidence. Who heads the unit answers all, its accountant those
    about money.
    """
    asked = queries.get_to_answer(access, recommendation_id)
    form = AnswerForm(version=asked.recommendation.version)

    def carry() -> None:
        is_done = form.progress.data is Progress.DONE
        done_on = (form.done_on.data or today()) if is_done else None
        operations.answer(asked, form.said.data, done_on, form.paper.data, by=access.actor)

    status = carry_out(form, carry, asked.recommendation.version)
    if status != 303:
        return _page(access, asked, answer_form=form), status
    flash(_("Your answer is sent to the inspectors."), "success")
    return redirect(url_for(".show", recommendation_id=recommendation_id), 303)


@bp.post("/recommendations/<uuid:recommendation_id>/decision")
@requires(Permission.INSPECTION_WRITE)
def decide(access: Access, recommendation_id: UUID) -> ResponseReturnValue:
    """What the inspectors say to it."""
    asked = queries.get_recommendation(access, recommendation_id)
    form = DecisionForm(version=asked.recommendation.version)
    status = carry_out(
        form,
        lambda: operations.decide(
            asked,
            StepKind(form.decision.data.value),
            form.reason.data or "",
            form.on.data,
            by=access.actor,
        ),
        asked.recommendation.version,
    )
    if status != 303:
        return _page(access, asked, decision_form=form), status
    flash(_("The decision is kept."), "success")
    return redirect(url_for(".show", recommendation_id=recommendation_id), 303)


@bp.route("/recommendations/<uuid:recommendation_id>/change", methods=["GET", "POST"])
@requires(Permission.INSPECTION_WRITE)
def change(access: Access, recommendation_id: UUID) -> ResponseReturnValue:
    """Say a draft otherwise."""
    asked = queries.get_recommendation(access, recommendation_id)
    recommendation = asked.recommendation
    form = DraftForm(obj=recommendation, finding=str(recommendation.finding_id or ""))
    shortcomings = _shortcomings(asked.inspection.id)
    form.offer(shortcomings)
    status = carry_out(
        form,
        lambda: operations.change_draft(
            recommendation,
            asked.inspection,
            form.answer(),
            _chosen(form, shortcomings),
            by=access.actor,
        ),
        recommendation.version,
    )
    if status != 303:
        return _draft_page(form, asked, recommendation, conflict=status == 409), status
    flash(_("The recommendation is changed."), "success")
    return redirect(url_for(".of_inspection", inspection_id=asked.inspection.id), 303)


@bp.post("/recommendations/<uuid:recommendation_id>/drop")
@requires(Permission.INSPECTION_WRITE)
def drop(access: Access, recommendation_id: UUID) -> ResponseReturnValue:
    """Take a draft out again."""
    asked = queries.get_recommendation(access, recommendation_id)
    try:
        operations.drop_draft(asked.recommendation, asked.inspection, by=access.actor)
    except RuleBroken as broken:
        return _of_inspection(access, asked, broken), 422
    flash(_("The draft is taken out."), "success")
    return redirect(url_for(".of_inspection", inspection_id=asked.inspection.id), 303)


@bp.get("/inspections/<uuid:inspection_id>/recommendations")
@requires(Permission.INSPECTION_READ)
def of_inspection(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """Those of an inspection; above them what earlier rounds left open."""
    return _of_inspection(access, get_inspection(access, inspection_id))


@bp.get("/inspections/<uuid:inspection_id>/recommendations/earlier")
@requires(Permission.INSPECTION_READ)
def earlier(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """What earlier rounds left open: it goes with the checklist of the visit."""
    found = get_inspection(access, inspection_id)
    return render(f"{FOLDER}/earlier.html", found=found, earlier=_earlier(found))


@bp.post("/inspections/<uuid:inspection_id>/recommendations/draft")
@requires(Permission.INSPECTION_WRITE)
def draft_all(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """One for each shortcoming that has none, in the usual words, to be changed."""
    found = get_inspection(access, inspection_id)
    shortcomings = _shortcomings(inspection_id)
    try:
        drafted = operations.draft_from(found.inspection, shortcomings, by=access.actor)
    except RuleBroken as broken:
        return _of_inspection(access, found, broken), 422
    flash(_("%(count)s recommendations are drafted. Read and change them.", count=len(drafted)))
    return redirect(url_for(".of_inspection", inspection_id=inspection_id), 303)


@bp.route("/inspections/<uuid:inspection_id>/recommendations/new", methods=["GET", "POST"])
@requires(Permission.INSPECTION_WRITE)
def draft(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """Draft one."""
    found = get_inspection(access, inspection_id)
    shortcomings = _shortcomings(inspection_id)
    form = DraftForm(due_on=operations.usual_due_day(found.inspection))
    form.offer(shortcomings)
    status = carry_out(
        form,
        lambda: operations.draft(
            found.inspection, form.answer(), _chosen(form, shortcomings), by=access.actor
        ),
    )
    if status != 303:
        return _draft_page(form, found), status
    flash(_("The recommendation is drafted."), "success")
    return redirect(url_for(".of_inspection", inspection_id=inspection_id), 303)


def _filter() -> Filter:
    args = request.args
    try:
        return Filter(
            State(args.get("state") or State.OPEN),
            UUID(args["unit"]) if args.get("unit") else None,
            UUID(args["round"]) if args.get("round") else None,
            min(max(1, int(args.get("page", "1"))), 1000),
        )
    except ValueError:
        raise OutOfReach from None


def _shortcomings(inspection_id: UUID) -> list[Finding]:
    found = list_accepted(inspection_id)
    return [finding for finding in found if finding.kind == FindingKind.SHORTCOMING]


def _chosen(form: DraftForm, shortcomings: list[Finding]) -> Finding | None:
    return next((each for each in shortcomings if each.id == form.finding_id), None)


def _earlier(found: Visited | Asked) -> list[Asked]:
    return queries.list_open([found.unit.id], other_than=found.inspection.id)


def _page(
    access: Access,
    asked: Asked,
    *,
    answer_form: AnswerForm | None = None,
    decision_form: DecisionForm | None = None,
) -> str:
    recommendation = asked.recommendation
    is_open = recommendation.in_force_on is not None and not recommendation.is_settled
    roles = (
        queries.list_deciding_roles(asked, access.account_id)
        if is_open and access.identity.holds(Permission.INSPECTION_WRITE)
        else set()
    )
    version = recommendation.version
    return render(
        f"{FOLDER}/show.html",
        asked=asked,
        steps=queries.list_steps(recommendation),
        files=list_files([recommendation.id])[recommendation.id],
        me=access.account_id,
        may_answer=is_open and queries.may_answer(access, asked),
        may_decide=bool(roles),
        answer_form=answer_form or AnswerForm(formdata=None, version=version),
        decision_form=decision_form or DecisionForm(formdata=None, version=version),
        is_done=recommendation.status == RecommendationStatus.DONE,
        StepKind=StepKind,
    )


def _draft_page(
    form: DraftForm,
    found: Visited | Asked,
    recommendation: Recommendation | None = None,
    *,
    conflict: bool = False,
) -> str:
    return render(
        f"{FOLDER}/draft.html",
        form=form,
        found=found,
        recommendation=recommendation,
        conflict=conflict,
    )


def _of_inspection(access: Access, found: Visited | Asked, broken: RuleBroken | None = None) -> str:
    inspection = found.inspection
    may_draft = (
        access.identity.holds(Permission.INSPECTION_WRITE)
        and operations.may_draft(inspection)
        and is_on_team(inspection.plan_id, access.account_id)
    )
    return render(
        f"{FOLDER}/of_inspection.html",
        found=found,
        listed=queries.list_readable_of(access, inspection.id),
        earlier=_earlier(found),
        may_draft=may_draft,
        broken=broken,
    )
