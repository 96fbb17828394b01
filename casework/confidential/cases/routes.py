"""The list of cases, the case page with its panels, correcting, assigning and closing."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, current_identity, requires
from casework.authz.permissions import Permission, Role
from casework.confidential.cases.forms import (
    CaseFilter,
    ClosureForm,
    HandoverForm,
    IdentityForm,
    SearchForm,
)
from casework.confidential.cases.models import Case, CaseStatus, PersonIdentity, TargetGroup
from casework.confidential.cases.operations import (
    close_case,
    correct_identity,
    give_custody,
    hand_over,
)
from casework.confidential.cases.queries import (
    PAGE,
    SEARCH_FROM,
    CaseLine,
    Turned,
    current_assignments,
    find_line,
    find_person,
    get_case,
    get_person,
    list_assignments,
    list_cases,
    list_without_custody,
    may_write,
    search_cases,
    turn_page,
    unit_of,
)
from casework.core import audit
from casework.core.clock import today
from casework.core.forms import RuleBroken, Stale, options
from casework.core.htmx import render
from casework.core.navigation import menu
from casework.core.text import fold
from casework.organisation.accounts.queries import list_role_holders

bp = Blueprint("cases", __name__)
bp.app_context_processor(lambda: {"may_write": may_write})
menu(_l("Cases"), "cases.index", lambda: can(Permission.CASE_LIST))


@bp.get("/cases")
@requires(Permission.CASE_LIST)
def index(access: Access) -> ResponseReturnValue:
    """The cases of the account (or, for a coordinator, of the unit), 25 a page."""
    shown = CaseFilter(request.args)
    lines = sorted(filter(shown.keeps, list_cases(access, closed=shown.closed)), key=shown.key)
    turned = turn_page(
        lines, shown.key, after=_line(access, "after"), before=_line(access, "before")
    )
    return _list(access, turned.lines, total=len(lines), shown=shown, turned=turned)


@bp.post("/cases/search")
@requires(Permission.CASE_LIST)
def search(access: Access) -> ResponseReturnValue:
    """The cases whose name, alias or code holds the words. Nothing typed here stands in an
    address.
    """
    form = SearchForm()
    words = form.words.data or ""
    if not form.validate():
        return _list(access, [], total=0, form=form), 422
    if len(fold(words)) < SEARCH_FROM:
        form.words.errors = [_("Type at least two letters.")]
        return _list(access, [], total=0, form=form), 422
    found = search_cases(access, words)
    return _list(access, found[:PAGE], total=len(found), form=form, searched=words)


@bp.post("/cases/custody")
@requires(Permission.CASE_WRITE)
def custody(access: Access) -> ResponseReturnValue:
    """Pass the keys of one's cases to a coordinator of the unit who holds none yet."""
    for coordinator, cases in list_without_custody(access):
        if str(coordinator.id) == request.form.get("coordinator"):
            give_custody(cases, coordinator.id, by=access.actor)
            name = coordinator.display_name
            flash(_("The keys are in the custody of %(name)s.", name=name), "success")
    return redirect(url_for("followups.show"), 303)


@bp.get("/cases/<uuid:case_id>")
@requires(Permission.CASE_LIST)
def show(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The case: its header, and panels that come from their features' own addresses."""
    case = get_case(access, case_id)
    person = find_person(case, current_identity().access(Permission.CASE_READ))
    if person is None:
        audit.record_read("case.overview", "case", [case.id], by=access.actor, unit_id=case.unit_id)
    return render(
        "confidential/cases/show.html",
        case=case,
        person=person,
        unit=unit_of(case),
        assignments=list_assignments(case),
        CaseStatus=CaseStatus,
        TargetGroup=TargetGroup,
    )


@bp.get("/cases/<uuid:case_id>/identity")
@requires(Permission.CASE_WRITE)
def identity(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The form to correct who the person is."""
    case = get_case(access, case_id)
    person = get_person(case, access)
    return _identity(case, person, IdentityForm(obj=person))


@bp.post("/cases/<uuid:case_id>/identity")
@requires(Permission.CASE_WRITE)
def correct(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Save it, unless somebody saved before: then both texts are shown."""
    case = get_case(access, case_id)
    person, form = get_person(case, access), IdentityForm()
    if not form.validate():
        return _identity(case, person, form), 422
    try:
        form.check_version(person.version)
    except Stale as stale:
        form.refuse(stale)
        form.version.data = str(person.version)
        return _identity(case, person, form, conflict=True), 409
    if not form.name.data and not form.alias.data:
        form.name.errors = [_("Give a name or an alias.")]
        return _identity(case, person, form), 422
    try:
        correct_identity(case, person, form.answer(), by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return _identity(case, person, form), 422
    return redirect(url_for(".show", case_id=case.id), 303)


@bp.get("/cases/<uuid:case_id>/closure")
@requires(Permission.CASE_WRITE)
def closure(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The form to end the support."""
    case = get_case(access, case_id)
    return _closure(case, get_person(case, access), ClosureForm(on=today()))


@bp.post("/cases/<uuid:case_id>/closure")
@requires(Permission.CASE_WRITE)
def close(access: Access, case_id: UUID) -> ResponseReturnValue:
    """End the support with a reason."""
    case, form = get_case(access, case_id), ClosureForm()
    person = get_person(case, access)
    if not form.validate():
        return _closure(case, person, form), 422
    try:
        close_case(case, form.reason.data, by=access.actor, on=form.on.data)
    except RuleBroken as broken:
        form.refuse(broken)
        return _closure(case, person, form), 422
    flash(_("The case is closed."), "success")
    return redirect(url_for(".show", case_id=case.id), 303)


@bp.get("/cases/<uuid:case_id>/assignment")
@requires(Permission.CASE_ASSIGN)
def assignment(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The form to hand a case over; the coordinator sees codes, not names."""
    case = get_case(access, case_id)
    return _assignment(case, _handover_form(case))


@bp.post("/cases/<uuid:case_id>/assignment")
@requires(Permission.CASE_ASSIGN)
def reassign(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Hand the case and its keys to another counselor."""
    case = get_case(access, case_id)
    form = _handover_form(case)
    if not form.validate():
        return _assignment(case, form), 422
    try:
        hand_over(case, UUID(form.counselor.data), by=access.actor, on=today())
    except RuleBroken as broken:
        form.refuse(broken)
        return _assignment(case, form), 422
    flash(_("The case is handed over."), "success")
    return redirect(url_for(".show", case_id=case.id), 303)


def _line(access: Access, name: str) -> CaseLine | None:
    """The case that an address names as the end of another page, if it still is one's own."""
    case_id = request.args.get(name, type=UUID)
    return find_line(access, case_id) if case_id else None


def _list(
    access: Access,
    lines: Sequence[CaseLine],
    *,
    total: int,
    shown: CaseFilter | None = None,
    turned: Turned | None = None,
    form: SearchForm | None = None,
    searched: str = "",
) -> str:
    if lines:
        audit.record_list("case.list", "case", [line.id for line in lines], by=access.actor)
    return render(
        "confidential/cases/list.html",
        lines=lines,
        total=total,
        turned=turned,
        shown=shown or CaseFilter(formdata=None),
        form=form or SearchForm(formdata=None),
        searched=searched,
        today=today(),
        CaseStatus=CaseStatus,
    )


def _identity(
    case: Case, person: PersonIdentity, form: IdentityForm, *, conflict: bool = False
) -> str:
    return render(
        "confidential/cases/identity.html", case=case, person=person, form=form, conflict=conflict
    )


def _closure(case: Case, person: PersonIdentity, form: ClosureForm) -> str:
    return render("confidential/cases/closure.html", case=case, person=person, form=form)


def _assignment(case: Case, form: HandoverForm) -> str:
    return render(
        "confidential/cases/assignment.html",
        case=case,
        person=None,
        form=form,
        assignments=list_assignments(case),
    )


def _handover_form(case: Case) -> HandoverForm:
    """The counselors of the unit, without the one who has the case now."""
    form, holders = HandoverForm(), {held.account_id for held in current_assignments(case)}
    counselors = list_role_holders(case.unit_id, Role.COUNSELOR)
    form.counselor.choices = options(
        (
            (str(account.id), account.display_name)
            for account in counselors
            if account.id not in holders
        ),
        blank=True,
    )
    return form
