"""Settings: what holds today for a province or the country, since when, by which source; and how it
is changed from a day on.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
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
from casework.organisation.history.queries import list_earlier
from casework.organisation.settings import operations, queries
from casework.organisation.settings.forms import (
    AgencyCorrectionForm,
    AgencyForm,
    CoefficientForm,
    CriteriaForm,
    DatedForm,
    LocalForm,
    NumberForm,
    PartMonthForm,
    SalaryForm,
    threshold_form,
)
from casework.organisation.settings.models import (
    BOUNDS,
    USUAL,
    Agency,
    BaseSalary,
    Coefficient,
    CriteriaSet,
    PaidRole,
    PartMonth,
    Setting,
    SettingValue,
)
from casework.organisation.settings.operations import Change, Line

bp = Blueprint("settings", __name__, url_prefix="/admin/settings")
menu(_l("Settings"), "settings.index", lambda: can(Permission.SETTING_READ), Section.ADMINISTRATION)
FOLDER = "organisation/settings"


@bp.get("")
@requires(Permission.SETTING_READ)
def index(access: Access) -> ResponseReturnValue:
    """Every threshold as it holds today."""
    place = _place(access)
    dated = queries.read_settings(place["province_id"])
    rows = [(each, _told(each, held.on(today())), held.row_on(today()))
            for each, held in dated.items()]  # fmt: skip
    return render(f"{FOLDER}/index.html", rows=rows, usual=USUAL, **place)


@bp.get("/threshold")
@requires(Permission.SETTING_READ)
def threshold(access: Access) -> ResponseReturnValue:
    """One threshold over time (`?key=`), and the form that changes it."""
    setting = _asked_setting()
    return _threshold_page(access, setting, threshold_form(setting))


@bp.post("/values")
@requires(Permission.SETTING_WRITE)
def set_threshold(access: Access) -> ResponseReturnValue:
    """Another value from a day on."""
    setting = _asked_setting()
    form = threshold_form(setting)
    _offer(access, form, None)
    if not _done(form, lambda: operations.set_threshold(
        setting, str(form.value.data), form.province.data, _change(form, access)
    )):  # fmt: skip
        return _threshold_page(access, setting, form), 422
    flash(_("The value holds from %(day)s.", day=f"{form.from_on.data:%d/%m/%Y}"), "success")
    chosen = form.province.data or ""
    return redirect(url_for(".threshold", key=str(setting), province=chosen), 303)


@bp.post("/values/<uuid:value_id>/take-back")
@requires(Permission.SETTING_WRITE)
def take_value_back(access: Access, value_id: UUID) -> ResponseReturnValue:
    """A threshold whose day has not come."""
    row = queries.get_row_to_change(access, SettingValue, value_id)
    key, province = row.key, row.province_id or ""
    return _taken_back(row, access, url_for(".threshold", key=key, province=province))


@bp.get("/rates")
@requires(Permission.SETTING_READ)
def rates(access: Access) -> ResponseReturnValue:
    """Base salaries and coefficients, newest first."""
    place = _place(access)
    found = queries.rates_of(place["province_id"])
    ids = [row.id for rows in (found.salaries, found.coefficients) for row in rows]
    return render(
        f"{FOLDER}/rates.html",
        rates=found,
        holds={role: found.coefficient(role, today()) for role in PaidRole},
        earlier=list_earlier(ids),
        today=today(),
        **place,
    )


@bp.get("/rates/base-salary")
@requires(Permission.SETTING_WRITE)
def new_base_salary(access: Access) -> ResponseReturnValue:
    """The form for a base salary: for the whole country, by those who reach it."""
    if not access.everywhere:
        raise OutOfReach
    return render(f"{FOLDER}/new_salary.html", form=SalaryForm())


@bp.post("/rates/base-salary")
@requires(Permission.SETTING_WRITE)
def set_base_salary(access: Access) -> ResponseReturnValue:
    """Another base salary from a day on."""
    if not access.everywhere:
        raise OutOfReach
    form = SalaryForm()
    if not _done(
        form, lambda: operations.set_base_salary(form.answer()["amount"], _change(form, access))
    ):
        return render(f"{FOLDER}/new_salary.html", form=form), 422
    flash(_("The base salary is entered."), "success")
    return redirect(url_for(".rates"), 303)


@bp.get("/rates/coefficient")
@requires(Permission.SETTING_WRITE)
def new_coefficient(access: Access) -> ResponseReturnValue:
    """The form for a coefficient."""
    form = CoefficientForm()
    _offer(access, form, _place(access)["province_id"])
    return render(f"{FOLDER}/new_coefficient.html", form=form)


@bp.post("/rates/coefficient")
@requires(Permission.SETTING_WRITE)
def set_coefficient(access: Access) -> ResponseReturnValue:
    """Another coefficient from a day on."""
    form = CoefficientForm()
    _offer(access, form, None)
    if not _done(
        form,
        lambda: operations.set_coefficient(
            form.role.data,
            form.answer()["thousandths"],
            form.province.data,
            _change(form, access),
        ),
    ):
        return render(f"{FOLDER}/new_coefficient.html", form=form), 422
    flash(_("The coefficient is entered."), "success")
    return redirect(url_for(".rates", province=form.province.data or ""), 303)


@bp.post("/rates/<uuid:rate_id>/take-back")
@requires(Permission.SETTING_WRITE)
def take_rate_back(access: Access, rate_id: UUID) -> ResponseReturnValue:
    """A base salary or a coefficient whose day has not come."""
    row: BaseSalary | Coefficient
    try:
        row = queries.get_row_to_change(access, Coefficient, rate_id)
    except OutOfReach:
        row = queries.get_row_to_change(access, BaseSalary, rate_id)
    return _taken_back(row, access, url_for(".rates"))


@bp.get("/agencies")
@requires(Permission.SETTING_READ)
def agencies(access: Access) -> ResponseReturnValue:
    """Who is in charge of this work, and who was before."""
    place = _place(access)
    found = queries.list_agencies(place["province_id"])
    names = {agency.id: agency.name for agency in found}
    return render(f"{FOLDER}/agencies.html", agencies=found, names=names, today=today(), **place)


@bp.get("/agencies/new")
@requires(Permission.SETTING_WRITE)
def new_agency(access: Access) -> ResponseReturnValue:
    """The form for an agency that does this work from a day on."""
    return _new_agency_page(access, AgencyForm())


@bp.post("/agencies")
@requires(Permission.SETTING_WRITE)
def add_agency(access: Access) -> ResponseReturnValue:
    """An agency; the one it follows ends the day before."""
    form, place = AgencyForm(), _place(access)
    _offer(access, form, None)
    known = queries.list_agencies(place["province_id"])
    form.offer_predecessors(known)
    before = next((each for each in known if each.id == form.predecessor.data), None)
    if not _done(form, lambda: operations.add_agency(
        form.name.data, form.sector.data, form.province.data, before, _change(form, access)
    )):  # fmt: skip
        return _new_agency_page(access, form), 422
    flash(_("The agency is entered."), "success")
    return redirect(url_for(".agencies", province=form.province.data or ""), 303)


@bp.get("/agencies/<uuid:agency_id>")
@requires(Permission.SETTING_READ)
def agency(access: Access, agency_id: UUID) -> ResponseReturnValue:
    """One agency: whose work it took over, and who took over its own."""
    found = queries.get_row(Agency, agency_id)
    return _agency_page(access, found, AgencyCorrectionForm(obj=found))


@bp.post("/agencies/<uuid:agency_id>")
@requires(Permission.SETTING_WRITE)
def correct_agency(access: Access, agency_id: UUID) -> ResponseReturnValue:
    """Put an agency right, or set its last day."""
    found = queries.get_row_to_change(access, Agency, agency_id)
    form = AgencyCorrectionForm()
    if not form.validate():
        return _agency_page(access, found, form), 422
    try:
        form.check_version(found.version)
        operations.correct_agency(found, **form.answer(), by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        stale = isinstance(broken, Stale)
        return _agency_page(access, found, form, stale=stale), 409 if stale else 422
    flash(_("The agency is put right; what it said stays below."), "success")
    return redirect(url_for(".agency", agency_id=agency_id), 303)


@bp.get("/criteria")
@requires(Permission.SETTING_READ)
def criteria(access: Access) -> ResponseReturnValue:
    """The versions of the checklist."""
    place = _place(access)
    sets = queries.list_criteria_sets(place["province_id"])
    holds = queries.find_criteria_set(place["province_id"], today())
    return render(f"{FOLDER}/criteria.html", sets=sets, holds=holds, today=today(), **place)


@bp.get("/criteria/<uuid:set_id>")
@requires(Permission.SETTING_READ)
def criteria_set(access: Access, set_id: UUID) -> ResponseReturnValue:
    """A version as it is and will always be."""
    found = queries.get_row(CriteriaSet, set_id)
    lines = queries.list_criteria(found)
    return render(f"{FOLDER}/criteria_set.html", criteria_set=found, lines=lines, today=today())


@bp.get("/criteria/<uuid:set_id>/follow")
@requires(Permission.SETTING_WRITE)
def new_criteria_set(access: Access, set_id: UUID) -> ResponseReturnValue:
    """A new version begins as a copy of this one."""
    found = queries.get_row(CriteriaSet, set_id)
    lines = [
        {"text": line.text, "met": line.met, "partly": line.partly}
        for line in queries.list_criteria(found)
    ]
    return _follow_page(access, found, CriteriaForm(data={"lines": lines, "from_on": today()}))


@bp.post("/criteria/<uuid:set_id>/follow")
@requires(Permission.SETTING_WRITE)
def follow_criteria_set(access: Access, set_id: UUID) -> ResponseReturnValue:
    """The new version, with its texts and thresholds."""
    found, form = queries.get_row(CriteriaSet, set_id), CriteriaForm()
    _offer(access, form, None)
    if not _done(form, lambda: operations.follow_criteria_set(
        found, [Line(**entry.form.answer()) for entry in form.lines], form.province.data,
        _change(form, access),
    )):  # fmt: skip
        return _follow_page(access, found, form), 422
    flash(_("The new version is kept. Earlier ones stay readable."), "success")
    return redirect(url_for(".criteria", province=form.province.data or ""), 303)


@bp.post("/criteria/<uuid:set_id>/take-back")
@requires(Permission.SETTING_WRITE)
def take_criteria_set_back(access: Access, set_id: UUID) -> ResponseReturnValue:
    """A version whose day has not come."""
    row = queries.get_row_to_change(access, CriteriaSet, set_id)
    return _taken_back(row, access, url_for(".criteria", province=row.province_id or ""))


def _done(form: Any, change: Callable[[], object]) -> bool:
    """Whether the form was good and the change made; faults stand in the form."""
    if not form.validate():
        return False
    try:
        change()
    except RuleBroken as broken:
        form.refuse(broken)
        return False
    return True


def _taken_back(
    row: SettingValue | BaseSalary | Coefficient | CriteriaSet, access: Access, back: str
) -> ResponseReturnValue:
    try:
        operations.take_back(row, by=access.actor)
        flash(_("It is taken back: what held before goes on."), "success")
    except RuleBroken as broken:
        flash(str(broken.message), "danger")
    return redirect(back, 303)


def _change(form: DatedForm, access: Access) -> Change:
    corrects = bool(form.corrects and form.corrects.data)
    return Change(form.from_on.data, form.source.data, access.actor, corrects)


def _asked_setting() -> Setting:
    try:
        return Setting(request.args.get("key", Setting.ON_TIME_DAYS))
    except ValueError:
        raise OutOfReach from None


def _place(access: Access) -> dict[str, Any]:
    """The province that a page is about (`?province=`, empty for the country), and all of them."""
    provinces = queries.list_provinces_to_read()
    asked = request.args.get("province")
    if asked is None:
        chosen = queries.find_own_province(access)
    else:
        chosen = next((unit.id for unit in provinces if str(unit.id) == asked), None)
        if asked and chosen is None:
            raise OutOfReach
    return {
        "provinces": provinces,
        "province_id": chosen,
        "names_of_provinces": {None: _("the whole country"), **{u.id: u.label for u in provinces}},
    }


def _offer(access: Access, form: LocalForm, chosen: UUID | None) -> None:
    provinces = queries.list_provinces_to_read()
    mine = [unit for unit in provinces if queries.may_set_for(access, unit.id)]
    form.offer(mine, everywhere=access.everywhere, chosen=chosen)


def _told(setting: Setting, value: str) -> str:
    return value if setting in BOUNDS else PartMonth(value).label


def _threshold_page(access: Access, setting: Setting, form: NumberForm | PartMonthForm) -> str:
    place = _place(access)
    dated = queries.read_settings(place["province_id"])[setting]
    _offer(access, form, place["province_id"])
    return render(
        f"{FOLDER}/threshold.html",
        setting=setting,
        rows=[(row, _told(setting, row.value)) for row in dated.rows],
        holds=_told(setting, dated.on(today())),
        usual=(_told(setting, USUAL[setting][0]), USUAL[setting][1]),
        earlier=list_earlier([row.id for row in dated.rows]),
        bounds=BOUNDS.get(setting),
        form=form,
        today=today(),
        **place,
    )


def _new_agency_page(access: Access, form: AgencyForm) -> str:
    place = _place(access)
    _offer(access, form, place["province_id"])
    form.offer_predecessors(queries.list_agencies(place["province_id"]))
    return render(f"{FOLDER}/new_agency.html", form=form, **place)


def _agency_page(
    access: Access, found: Agency, form: AgencyCorrectionForm, *, stale: bool = False
) -> str:
    return render(
        f"{FOLDER}/agency.html",
        agency=found,
        before=queries.find_predecessor(found),
        heirs=queries.list_heirs(found),
        may_change=can(Permission.SETTING_WRITE) and queries.may_set_for(access, found.province_id),
        form=form,
        stale=stale,
        earlier=list_earlier([found.id]),
    )


def _follow_page(access: Access, found: CriteriaSet, form: CriteriaForm) -> str:
    _offer(access, form, found.province_id)
    lines = list(zip(queries.list_criteria(found), form.lines, strict=False))
    return render(f"{FOLDER}/follow.html", criteria_set=found, form=form, lines=lines)
