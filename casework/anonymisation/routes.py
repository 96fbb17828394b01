"""The way of a month to its edition: complete, signed, tried, published, made known."""

from collections.abc import Sequence
from uuid import UUID

from flask import (
    Blueprint,
    Flask,
    Response,
    after_this_request,
    current_app,
    flash,
    redirect,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.anonymisation import completeness, runs, signing
from casework.anonymisation.completeness import OF_THE_ORGANISATION, Item
from casework.anonymisation.forms import MonthForm, PublicationForm, SignatureForm
from casework.anonymisation.models import PublicationRun
from casework.anonymisation.notices import get_notice, list_notices, note_read
from casework.anonymisation.periods import Month, due_before, find_month, list_months
from casework.anonymisation.runs import Wanted, ask_for_run, find_run, get_run, is_alive
from casework.anonymisation.standing import (
    UnitLine,
    count_by_month,
    get_own_unit,
    get_province,
    list_lines,
    list_marked,
    list_own_units,
    list_parts,
)
from casework.anonymisation.wording import tell, tell_stage
from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.forms import RuleBroken, carry_out
from casework.core.htmx import render
from casework.core.navigation import menu
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import find_province, list_provinces_within

bp = Blueprint("publishing", __name__)
menu(_l("Closing the month"), "publishing.index", lambda: can(Permission.PUBLICATION_READ))
FOLDER = "anonymisation"


@bp.get("/publishing")
@requires(Permission.PUBLICATION_READ)
def index(access: Access) -> ResponseReturnValue:
    """How far the months are: of a province, or of the own units."""
    provinces, own = list_provinces_within(access), list_own_units(access)
    province = find_province(provinces)
    if province is None or (own and "own" in request.args):
        return render(f"{FOLDER}/units.html", shown=_units_shown(own))
    run = find_run(province.id)
    return render(
        f"{FOLDER}/province.html",
        province=province,
        provinces=provinces,
        own=own,
        months=list_months(province.id),
        tallies=count_by_month(province.id),
        run=run if run and is_alive(run) else None,
    )


@bp.get("/publishing/units/<uuid:unit_id>/completeness")
@requires(Permission.COMPLETENESS_MARK)
def check(access: Access, unit_id: UUID) -> ResponseReturnValue:
    """What is missing of a unit's month."""
    return _completeness(get_own_unit(access, unit_id), MonthForm(formdata=None))


@bp.post("/publishing/units/<uuid:unit_id>/completeness")
@requires(Permission.COMPLETENESS_MARK)
def mark(access: Access, unit_id: UUID) -> ResponseReturnValue:
    """Say that nothing is missing any more, or that what is missing will not come."""
    unit, form = get_own_unit(access, unit_id), MonthForm()
    done = carry_out(
        form, lambda: completeness.mark_complete(unit, _month_of(unit, form), by=access.actor)
    )
    if done != 303:
        return _completeness(unit, form), done
    flash(_("Marked complete."), "success")
    return redirect(url_for(".check", unit_id=unit.id, period=form.period.data), 303)


@bp.post("/publishing/units/<uuid:unit_id>/completeness/withdrawal")
@requires(Permission.COMPLETENESS_MARK)
def take_mark_back(access: Access, unit_id: UUID) -> ResponseReturnValue:
    """Something is missing after all."""
    unit, form = get_own_unit(access, unit_id), MonthForm()
    done = carry_out(
        form, lambda: completeness.take_mark_back(unit, _month_of(unit, form), by=access.actor)
    )
    if done != 303:
        return _completeness(unit, form), done
    flash(_("The mark is taken back."), "success")
    return redirect(url_for(".check", unit_id=unit.id, period=form.period.data), 303)


@bp.get("/publishing/units/<uuid:unit_id>/signature")
@requires(Permission.FIGURE_SIGN)
def look_over(access: Access, unit_id: UUID) -> ResponseReturnValue:
    """The unit's activity figures of a month, as they will be published."""
    return _signature(get_own_unit(access, unit_id), SignatureForm(formdata=None))


@bp.post("/publishing/units/<uuid:unit_id>/signature")
@requires(Permission.FIGURE_SIGN)
def sign(access: Access, unit_id: UUID) -> ResponseReturnValue:
    """Sign them."""
    unit, form = get_own_unit(access, unit_id), SignatureForm()

    def change() -> None:
        month = _month_of(unit, form)
        figures = signing.figures_of([unit.id], month)[unit.id]
        form.require_confirmed()
        signing.sign(unit, month, figures, form.seen.data or "", by=access.actor)

    done = carry_out(form, change)
    if done != 303:
        return _signature(unit, form), done
    flash(_("The figures are signed."), "success")
    return redirect(url_for(".look_over", unit_id=unit.id, period=form.period.data), 303)


@bp.get("/publishing/provinces/<uuid:province_id>")
@requires(Permission.FIGURE_PUBLISH)
def show(access: Access, province_id: UUID) -> ResponseReturnValue:
    """A month of a province: where its units stand, and what may be done."""
    return _province(get_province(access, province_id), MonthForm(formdata=None))


@bp.get("/publishing/provinces/<uuid:province_id>/missing")
@requires(Permission.FIGURE_PUBLISH)
def list_missing(access: Access, province_id: UUID) -> ResponseReturnValue:
    """What is missing in each unit, as far as it is no count of cases."""
    province, form = get_province(access, province_id), MonthForm(formdata=None)
    month = _month_asked(list_months(province.id), form)
    lines = list_marked(list_parts(province.id, month), month)
    here = Unit.id.in_([line.unit.id for line in lines])
    return render(
        f"{FOLDER}/missing.html",
        province=province,
        month=month,
        lines=lines,
        form=form,
        items=OF_THE_ORGANISATION,
        missing=completeness.count_missing(month, here, OF_THE_ORGANISATION),
    )


@bp.post("/publishing/provinces/<uuid:province_id>/trial")
@requires(Permission.FIGURE_PUBLISH)
def try_out(access: Access, province_id: UUID) -> ResponseReturnValue:
    """Count, protect, prove and attack a month without publishing anything."""
    province, form = get_province(access, province_id), MonthForm()
    begun: list[PublicationRun] = []

    def change() -> None:
        months = list_months(province.id)
        month = _named(months, form)
        if not month.may_be_worked_on:
            raise RuleBroken(_l("Only a month that is over and not yet out can be tried."))
        begun.append(_ask(province, months, month, access, is_trial=True))

    done = carry_out(form, change)
    if done != 303:
        return _province(province, form), done
    return redirect(url_for(".show_run", run_id=begun[0].id), 303)


@bp.get("/publishing/provinces/<uuid:province_id>/publication")
@requires(Permission.FIGURE_PUBLISH)
def ask(access: Access, province_id: UUID) -> ResponseReturnValue:
    """Ask once more before a month is published."""
    return _last_question(get_province(access, province_id), PublicationForm(formdata=None))


@bp.post("/publishing/provinces/<uuid:province_id>/publication")
@requires(Permission.FIGURE_PUBLISH)
def publish(access: Access, province_id: UUID) -> ResponseReturnValue:
    """Publish a month, and those before it that are not out, in the background."""
    province, form = get_province(access, province_id), PublicationForm()
    begun: list[PublicationRun] = []

    def change() -> None:
        months = list_months(province.id)
        month = _named(months, form)
        _require_closed(month)
        unsigned = _unsigned(list_lines(list_parts(province.id, month), month))
        form.require_answers(_named_units(unsigned))
        begun.append(_ask(province, months, month, access, is_trial=False, unsigned=len(unsigned)))

    done = carry_out(form, change)
    if done != 303:
        return _last_question(province, form), done
    return redirect(url_for(".show_run", run_id=begun[0].id), 303)


@bp.get("/publishing/runs/<uuid:run_id>")
@requires(Permission.FIGURE_PUBLISH)
def show_run(access: Access, run_id: UUID) -> ResponseReturnValue:
    """How far a run is, and what it found."""
    return _run(*get_run(access, run_id), "run.html")


@bp.get("/publishing/runs/<uuid:run_id>/progress")
@requires(Permission.FIGURE_PUBLISH)
def progress(access: Access, run_id: UUID) -> ResponseReturnValue:
    """The same, as the page asks for it every two seconds."""
    return _run(*get_run(access, run_id), "progress.html")


@bp.get("/publishing/notices")
@requires(Permission.NOTICE_READ)
def notices(access: Access) -> ResponseReturnValue:
    """Which figures are out, until it was read. A panel of other pages, which know its address."""
    return render(f"{FOLDER}/notices.html", notices=list_notices(access))


@bp.post("/publishing/notices/<uuid:publication_id>")
@requires(Permission.NOTICE_READ)
def read_notice(access: Access, publication_id: UUID) -> ResponseReturnValue:
    """Put a notice away, and go to the figures where that was asked for."""
    note_read(get_notice(access, publication_id), access.account_id)
    follow = request.form.get("follow") == "1" and can(Permission.FIGURE_READ)
    return redirect(url_for("figures.index" if follow else ".notices"), 303)


def _units_shown(units: Sequence[Unit]) -> list[tuple[Unit, list[tuple[Month, UnitLine | None]]]]:
    """The months of units that wait, and the newest that is out; the first that waits with where
    the unit stands.
    """
    by_province = {unit.province_id: list_months(unit.province_id or unit.id) for unit in units}
    shown: dict[UUID, list[tuple[Month, UnitLine | None]]] = {}
    for province_id, months in by_province.items():
        here = [unit.id for unit in units if unit.province_id == province_id]
        first = find_month(months, "")
        lines = {line.unit.id: line for line in list_lines(here, first)}
        told = [each for each in months if not each.is_frozen]
        told += [each for each in months if each.is_frozen][:1]
        for unit_id in here:
            shown[unit_id] = [
                (each, lines[unit_id] if each.period == first.period else None) for each in told
            ]
    return [(unit, shown[unit.id]) for unit in units]


def _month_of(unit: Unit, form: MonthForm) -> Month:
    """The month that a form names. Raises RuleBroken."""
    return _named(list_months(unit.province_id or unit.id), form)


def _named(months: Sequence[Month], form: MonthForm) -> Month:
    if not form.period.data:
        raise RuleBroken(_l("This form names no month. Open the page again."))
    return find_month(months, form.period.data)


def _month_asked(months: Sequence[Month], form: MonthForm) -> Month:
    """The month that a page is about: of the form that was sent, else of the address."""
    asked = form.period.data or request.args.get("period", "")
    try:
        month = find_month(months, asked)
    except RuleBroken as broken:
        if not form.form_errors:
            form.refuse(broken)
        month = find_month(months, "")
    form.period.data = month.period
    return month


def _completeness(unit: Unit, form: MonthForm) -> str:
    month = _month_asked(list_months(unit.province_id or unit.id), form)
    line = list_lines([unit.id], month)[0]
    missing = completeness.count_missing(month, Unit.id == unit.id, list(Item)).get(unit.id, {})
    return render(
        f"{FOLDER}/completeness.html",
        unit=unit,
        month=month,
        line=line,
        items=list(Item),
        missing=missing,
        form=form,
    )


def _signature(unit: Unit, form: SignatureForm) -> str:
    month = _month_asked(list_months(unit.province_id or unit.id), form)
    line = list_lines([unit.id], month)[0]
    form.seen.data = signing.digest_of(unit.id, month.period, line.figures)
    changes = signing.list_changes(line.signature, line.figures) if line.signature else []
    return render(
        f"{FOLDER}/signature.html",
        unit=unit,
        month=month,
        line=line,
        changes=changes,
        form=form,
    )


def _province(province: Unit, form: MonthForm) -> str:
    month, run = _month_asked(list_months(province.id), form), find_run(province.id)
    lines = list_lines(list_parts(province.id, month), month)
    return render(
        f"{FOLDER}/month.html",
        province=province,
        month=month,
        lines=lines,
        ready=sum(line.is_ready for line in lines),
        run=run,
        is_busy=run is not None and is_alive(run),
        form=form,
    )


def _last_question(province: Unit, form: PublicationForm) -> str:
    months = list_months(province.id)
    month = _month_asked(months, form)
    unsigned = _unsigned(list_lines(list_parts(province.id, month), month))
    form.seen.data = _named_units(unsigned)
    return render(
        f"{FOLDER}/publication.html",
        province=province,
        month=month,
        together=due_before(months, month)[:-1],
        unsigned=unsigned,
        form=form,
    )


def _run(run: PublicationRun, province: Unit, template: str) -> str:
    stage, share = tell_stage(run)
    return render(
        f"{FOLDER}/{template}",
        run=run,
        province=province,
        is_alive=is_alive(run),
        stage=stage,
        share=share,
        told=tell(run),
        title=_("Trial of the figures") if run.is_trial else _("Publication of the figures"),
    )


def _unsigned(lines: Sequence[UnitLine]) -> list[UnitLine]:
    return [line for line in lines if not line.is_signed]


def _named_units(lines: Sequence[UnitLine]) -> str:
    return " ".join(sorted(line.unit.code for line in lines))


def _require_closed(month: Month) -> None:
    if not month.may_be_published:
        message = _l(
            "%(month)s is not closed, or is out already: it can't be published now.",
            month=month.label,
        )
        raise RuleBroken(message)


def _ask(
    province: Unit,
    months: Sequence[Month],
    month: Month,
    access: Access,
    *,
    is_trial: bool,
    unsigned: int = 0,
) -> PublicationRun:
    """Take hold of the province; the work begins once that is committed."""
    wanted = Wanted(province.id, tuple(due_before(months, month)), is_trial)
    run = ask_for_run(wanted, by=access.actor, unsigned=unsigned)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    run_id, address, by = run.id, url_for(".show_run", run_id=run.id), access.actor

    @after_this_request
    def begin(answer: Response) -> Response:
        if answer.location == address:
            runs.begin(app, run_id, wanted, by=by)
        return answer

    return run
