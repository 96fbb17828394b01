"""Review conferences: prepared by the department, computed from what is published and found, closed
once, and from then on shown as they were frozen.
"""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core import audit
from casework.core.charts import PNG
from casework.core.clock import today
from casework.core.errors import OutOfReach
from casework.core.forms import carry_out
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.core.uploads import DOCX
from casework.core.workbooks import send_file
from casework.inspection.conferences import queries, sheets
from casework.inspection.conferences.forms import (
    CloseForm,
    ConferenceForm,
    PracticeForm,
    RemovalForm,
)
from casework.inspection.conferences.operations import (
    add_practice,
    change_conference,
    close_conference,
    open_conference,
    remove_practice,
    usual_title,
)
from casework.inspection.conferences.queries import Held
from casework.inspection.conferences.rules import (
    digest_of,
    draw_charts,
    praise,
    regret,
    tell_asked,
)
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import choose_province, list_provinces_within

bp = Blueprint("conferences", __name__, url_prefix="/conferences")
menu(
    _l("Review conferences"),
    "conferences.index",
    lambda: can(Permission.INSPECTION_READ),
    Section.INSPECTION,
)
FOLDER = "inspection/conferences"
ZIP = "application/zip"


@bp.get("")
@requires(Permission.INSPECTION_READ)
def index(access: Access) -> ResponseReturnValue:
    """The conferences within reach."""
    return render(f"{FOLDER}/list.html", listed=queries.list_conferences(access))


@bp.get("/new")
@requires(Permission.CONFERENCE_WRITE)
def new(access: Access) -> ResponseReturnValue:
    """The form of a conference, over the last three years unless told."""
    province, provinces = choose_province(list_provinces_within(access))
    from_on, until_on = queries.usual_phase(today())
    form = ConferenceForm(
        from_on=from_on, until_on=until_on, title=usual_title(province, from_on, until_on)
    )
    return _form(form, province, provinces=provinces)


@bp.post("/new")
@requires(Permission.CONFERENCE_WRITE)
def add(access: Access) -> ResponseReturnValue:
    """Begin to prepare it."""
    province, provinces = choose_province(list_provinces_within(access))
    form, opened = ConferenceForm(), []
    status = carry_out(
        form, lambda: opened.append(open_conference(province, form.answer(), by=access.actor))
    )
    if status != 303:
        return _form(form, province, provinces=provinces), status
    flash(
        _("The conference is begun. Its figures are computed; write what only people know."),
        "success",
    )
    return redirect(url_for(".show", conference_id=opened[0].id), 303)


@bp.get("/<uuid:conference_id>")
@requires(Permission.INSPECTION_READ)
def show(access: Access, conference_id: UUID) -> ResponseReturnValue:
    """The report as it stands, or as it was frozen."""
    return _page(access, queries.get_conference(access, conference_id))


@bp.get("/<uuid:conference_id>/change")
@requires(Permission.CONFERENCE_WRITE)
def edit(access: Access, conference_id: UUID) -> ResponseReturnValue:
    """What people write for it."""
    held = _writable(access, conference_id)
    if held.conference.is_closed:
        return redirect(url_for(".show", conference_id=conference_id), 303)
    return _form(ConferenceForm(obj=held.conference), held.province, held)


@bp.post("/<uuid:conference_id>/change")
@requires(Permission.CONFERENCE_WRITE)
def change(access: Access, conference_id: UUID) -> ResponseReturnValue:
    """Save it, unless somebody did before: then both are shown."""
    held, form = _writable(access, conference_id), ConferenceForm()
    conference = held.conference
    status = carry_out(
        form,
        lambda: change_conference(conference, held.province, form.answer(), by=access.actor),
        conference.version,
    )
    if status != 303:
        return _form(form, held.province, held, conflict=status == 409), status
    flash(_("The conference is saved."), "success")
    return redirect(url_for(".show", conference_id=conference_id), 303)


@bp.post("/<uuid:conference_id>/practices")
@requires(Permission.CONFERENCE_WRITE)
def practise(access: Access, conference_id: UUID) -> ResponseReturnValue:
    """Something that a unit did well."""
    held, form = _writable(access, conference_id), PracticeForm()
    conference = held.conference
    form.offer(queries.list_units_of(conference))
    status = carry_out(
        form,
        lambda: add_practice(conference, form.unit.data, form.text.data, by=access.actor),
    )
    if status != 303:
        return _page(access, held, form), status
    flash(_("The best practice is added."), "success")
    return redirect(url_for(".show", conference_id=conference_id, _anchor="practices"), 303)


@bp.post("/<uuid:conference_id>/practices/<uuid:practice_id>/removal")
@requires(Permission.CONFERENCE_WRITE)
def take_out(access: Access, conference_id: UUID, practice_id: UUID) -> ResponseReturnValue:
    """Take it out again."""
    held, form = _writable(access, conference_id), RemovalForm()
    practice = queries.get_practice(held.conference, practice_id)
    status = carry_out(form, lambda: remove_practice(held.conference, practice, by=access.actor))
    if status != 303:
        return _page(access, held, refused=form), status
    flash(_("The best practice is taken out."), "success")
    return redirect(url_for(".show", conference_id=conference_id, _anchor="practices"), 303)


@bp.post("/<uuid:conference_id>/closing")
@requires(Permission.CONFERENCE_WRITE)
def close(access: Access, conference_id: UUID) -> ResponseReturnValue:
    """Freeze the report, unless somebody changed it after it was looked at."""
    held, form = _writable(access, conference_id), CloseForm()
    conference = held.conference
    status = carry_out(
        form,
        lambda: close_conference(conference, queries.read_report(held), by=access.actor),
        conference.version,
    )
    if status != 303:
        return _page(access, held, refused=form), status
    flash(_("The conference is closed. Its report never changes from now on."), "success")
    return redirect(url_for(".show", conference_id=conference_id), 303)


@bp.get("/<uuid:conference_id>/docx")
@requires(Permission.INSPECTION_READ)
def paper(access: Access, conference_id: UUID) -> ResponseReturnValue:
    """The report as an official paper."""
    held = queries.get_conference(access, conference_id)
    _note_export(access, held)
    content = sheets.write_paper(queries.read_report(held), is_draft=not held.conference.is_closed)
    return send_file(content, f"{_file_name(held)}.docx", DOCX)


@bp.get("/<uuid:conference_id>/picture")
@requires(Permission.INSPECTION_READ)
def picture(access: Access, conference_id: UUID) -> ResponseReturnValue:
    """One picture for slides: the one that `?of=` names, or the first."""
    held = queries.get_conference(access, conference_id)
    report = queries.read_report(held)
    asked, charts = request.args.get("of", ""), sheets.list_pictures(report)
    chart = next((one for one in charts if asked in ("", one.name)), None)
    if chart is None:
        abort(404)
    _note_export(access, held)
    return send_file(
        sheets.draw_picture(report, chart), f"{_file_name(held)}-{chart.name}.png", PNG
    )


@bp.get("/<uuid:conference_id>/pictures")
@requires(Permission.INSPECTION_READ)
def pictures(access: Access, conference_id: UUID) -> ResponseReturnValue:
    """All pictures in one file."""
    held = queries.get_conference(access, conference_id)
    _note_export(access, held)
    content = sheets.pack_pictures(queries.read_report(held))
    return send_file(content, f"{_file_name(held)}.zip", ZIP)


def _writable(access: Access, conference_id: UUID) -> Held:
    held = queries.get_conference(access, conference_id)
    if not held.is_department:
        raise OutOfReach
    return held


def _note_export(access: Access, held: Held) -> None:
    audit.record_read(
        "conference.export",
        "conference",
        [held.conference.id],
        by=access.actor,
        unit_id=held.province.id,
    )


def _file_name(held: Held) -> str:
    conference = held.conference
    return f"tong-ket-{held.province.code}-{conference.from_on.year}-{conference.until_on.year}"


def _form(
    form: ConferenceForm,
    province: Unit,
    held: Held | None = None,
    *,
    provinces: object = (),
    conflict: bool = False,
) -> str:
    return render(
        f"{FOLDER}/form.html",
        form=form,
        province=province,
        provinces=provinces,
        conference=held.conference if held else None,
        conflict=conflict,
    )


def _page(
    access: Access,
    held: Held,
    practice_form: PracticeForm | None = None,
    refused: CloseForm | RemovalForm | None = None,
) -> str:
    conference = held.conference
    may_write = held.is_department and can(Permission.CONFERENCE_WRITE)
    draft = queries.put_together(held) if may_write and not conference.is_closed else None
    report = draft.report if draft else queries.read_report(held)
    if draft and practice_form is None:
        practice_form = PracticeForm(formdata=None)
        practice_form.offer(draft.units)
    return render(
        f"{FOLDER}/show.html",
        held=held,
        conference=conference,
        report=report,
        draft=draft,
        praised=praise(report),
        regretted=regret(report),
        charts=draw_charts(report),
        asked=tell_asked(report.asked),
        is_whole=digest_of(conference.content) == conference.digest,
        practice_form=practice_form,
        close_form=CloseForm(formdata=None, version=str(conference.version)),
        refused=refused,
    )
