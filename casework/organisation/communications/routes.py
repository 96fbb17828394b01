"""Communication sessions of a unit: the year with its coverage, logging one, reading and correcting
one.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core import audit
from casework.core.clock import today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.forms import RuleBroken, Stale
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.core.workbooks import send_file, write_sheet
from casework.organisation.accounts.queries import names_of
from casework.organisation.bodies.models import Body
from casework.organisation.bodies.queries import (
    Scope,
    find_scope,
    find_year,
    list_bodies,
    years_since,
)
from casework.organisation.communications import queries
from casework.organisation.communications.forms import (
    LABELS,
    CommunicationSessionForm,
    PaperForm,
    differing,
    hamlet_day,
    told,
)
from casework.organisation.communications.models import CommunicationSession
from casework.organisation.communications.operations import (
    KIND,
    correct_session,
    log_session,
)
from casework.organisation.documents.operations import attach_file
from casework.organisation.documents.queries import list_removable
from casework.organisation.history.queries import list_earlier
from casework.organisation.units.queries import get_unit, list_ids_with_predecessors

bp = Blueprint("communications", __name__, url_prefix="/communications")
menu(
    _l("Communication"),
    "communications.index",
    lambda: can(Permission.ACTIVITY_READ),
    Section.ACTIVITIES,
)
FOLDER = "organisation/communications"
FIRST_YEAR = 2012


@bp.get("")
@requires(Permission.ACTIVITY_READ)
def index(access: Access) -> ResponseReturnValue:
    """The sessions of a year, what they add up to, and which hamlets they reached."""
    scope, year = find_scope(access), find_year(years_since(FIRST_YEAR))
    if scope is None:
        return render(f"{FOLDER}/list.html", scope=None)
    sessions = queries.list_sessions(scope.unit_ids, year)
    totals = queries.totals_by_form(scope.unit_ids, date(year, 1, 1), date(year, 12, 31))
    return render(
        f"{FOLDER}/list.html",
        scope=scope,
        year=year,
        years=years_since(FIRST_YEAR),
        sessions=sessions,
        hamlets=queries.list_covered([session.id for session in sessions]),
        totals=totals,
        total=sum(totals.values(), queries.Totals()),
        coverage=queries.coverage(scope.unit_ids, scope.unit, year),
    )


@bp.get("/sheet")
@requires(Permission.ACTIVITY_READ)
def sheet(access: Access) -> ResponseReturnValue:
    """The year as a workbook: a row for each session, the totals by form below."""
    scope, year = find_scope(access), find_year(years_since(FIRST_YEAR))
    if scope is None:
        raise OutOfReach
    audit.record_read(
        "communication.export", "unit", [scope.unit.id], by=access.actor, unit_id=scope.unit.id
    )
    title = _("Communication %(year)s", year=year)
    totals = queries.totals_by_form(scope.unit_ids, date(year, 1, 1), date(year, 12, 31))
    content = write_sheet(
        title,
        [str(label) for label in LABELS.values()],
        queries.list_rows(scope.unit_ids, year),
        above=[title, scope.unit.label],
        below=[
            [
                None,
                form.label,
                _("%(count)s communication sessions", count=each.sessions),
                None,
                each.attendances,
                each.materials,
            ]
            for form, each in totals.items()
        ],
    )
    return send_file(content, f"truyen-thong-{year}.xlsx")


@bp.get("/new")
@requires(Permission.ACTIVITY_WRITE)
def new(access: Access) -> ResponseReturnValue:
    """The form of a session, today's date filled in."""
    return _new_page(find_scope(access), CommunicationSessionForm(held_on=today()))


@bp.post("/new")
@requires(Permission.ACTIVITY_WRITE)
def log(access: Access) -> ResponseReturnValue:
    """Keep the session."""
    scope, form = find_scope(access), CommunicationSessionForm()
    if scope is None:
        raise OutOfReach
    _offer(form, scope.unit.id, scope.unit_ids)
    if not form.validate():
        return _new_page(scope, form), 422
    try:
        session = log_session(scope.unit.id, scope.unit_ids, form.answer(), by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return _new_page(scope, form), 422
    flash(_("The communication session is saved."), "success")
    return redirect(url_for(".show", communication_id=session.id), 303)


@bp.get("/<uuid:communication_id>")
@requires(Permission.ACTIVITY_READ)
def show(access: Access, communication_id: UUID) -> ResponseReturnValue:
    """One session with its papers, and what it said earlier."""
    return _page(access, queries.get_session(access, communication_id), PaperForm())


@bp.post("/<uuid:communication_id>/files")
@requires(Permission.ACTIVITY_WRITE)
def attach(access: Access, communication_id: UUID) -> ResponseReturnValue:
    """Keep one more paper or picture."""
    session, form = queries.get_session_to_change(access, communication_id), PaperForm()
    if not form.validate() or form.paper.data is None:
        return _page(access, session, form), 422
    attach_file(form.paper.data, KIND, session.id, session.unit_id, by=access.actor)
    flash(_("The file is saved."), "success")
    return redirect(url_for(".show", communication_id=session.id), 303)


@bp.get("/<uuid:communication_id>/correct")
@requires(Permission.ACTIVITY_WRITE)
def edit(access: Access, communication_id: UUID) -> ResponseReturnValue:
    """The session to correct."""
    session = queries.get_session_to_change(access, communication_id)
    form = CommunicationSessionForm(obj=session, body=str(session.body_id))
    _offer_again(form, session)
    return _correct_page(session, form)


@bp.post("/<uuid:communication_id>/correct")
@requires(Permission.ACTIVITY_WRITE)
def correct(access: Access, communication_id: UUID) -> ResponseReturnValue:
    """Correct it, unless somebody did before: then both texts are shown."""
    session = queries.get_session_to_change(access, communication_id)
    form = CommunicationSessionForm()
    unit_ids = _offer_again(form, session)
    if not form.validate():
        return _correct_page(session, form), 422
    try:
        form.check_version(session.version)
        correct_session(session, unit_ids, form.answer(), by=access.actor)
    except Stale as stale:
        form.refuse(stale)
        form.version.data = str(session.version)
        return _correct_page(session, form, conflict=True), 409
    except RuleBroken as broken:
        form.refuse(broken)
        return _correct_page(session, form), 422
    flash(_("The communication session is corrected. What it said before stays below."), "success")
    return redirect(url_for(".show", communication_id=session.id), 303)


def _offer(form: CommunicationSessionForm, unit_id: UUID, unit_ids: Sequence[UUID]) -> None:
    hamlets = queries.list_hamlets(unit_ids, get_unit(unit_id), hamlet_day(form))
    form.offer(hamlets, list_bodies(unit_ids))


def _offer_again(form: CommunicationSessionForm, session: CommunicationSession) -> Sequence[UUID]:
    """Offer what can be chosen in a correction; what was covered stays on the list of its day."""
    unit_ids = list_ids_with_predecessors([session.unit_id])
    covered = queries.list_covered([session.id])[session.id]
    on = hamlet_day(form)
    hamlets = queries.list_hamlets(unit_ids, get_unit(session.unit_id), on)
    if on == session.held_on:
        hamlets += [hamlet for hamlet in covered if hamlet not in hamlets]
    form.offer(hamlets, list_bodies(unit_ids), [hamlet.id for hamlet in covered])
    return unit_ids


def _new_page(scope: Scope | None, form: CommunicationSessionForm) -> str:
    if scope is None:
        return render(f"{FOLDER}/new.html", scope=None)
    _offer(form, scope.unit.id, scope.unit_ids)
    return render(f"{FOLDER}/new.html", scope=scope, form=form)


def _correct_page(
    session: CommunicationSession, form: CommunicationSessionForm, *, conflict: bool = False
) -> str:
    return render(
        f"{FOLDER}/correct.html",
        session=session,
        form=form,
        differing=differing(form, session, queries.list_covered([session.id])[session.id])
        if conflict
        else [],
    )


def _page(access: Access, session: CommunicationSession, form: PaperForm) -> str:
    writing = access.identity.access(Permission.ACTIVITY_WRITE)
    may_change = queries.find_session_to_change(writing, session.id) is not None
    kept, removable = list_removable(session.id, writing, access.account_id)
    return render(
        f"{FOLDER}/show.html",
        session=session,
        unit=get_unit(session.unit_id),
        body=db.session.get(Body, session.body_id) if session.body_id else None,
        hamlets=queries.list_covered([session.id])[session.id],
        recorder=names_of([session.recorded_by]).get(session.recorded_by),
        earlier=[(each, told(each.said)) for each in list_earlier([session.id])],
        may_change=may_change,
        removable=removable,
        kept=kept,
        form=form,
    )
