"""Minutes of an inspection: drafted, frozen, signed, printed, checked, supplemented."""

import json
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.core import audit
from casework.core.errors import OutOfReach
from casework.core.forms import Form, carry_out
from casework.core.htmx import render, wants_fragment
from casework.core.uploads import DOCX, PDF
from casework.core.workbooks import send_file
from casework.inspection.inspections.models import InspectionStatus, TeamRole
from casework.inspection.minutes import operations, sheets
from casework.inspection.minutes.figures import compose
from casework.inspection.minutes.forms import (
    DraftForm,
    FreezeForm,
    OnPaperForm,
    OpinionForm,
    ReopenForm,
    SignForm,
    SupplementForm,
)
from casework.inspection.minutes.models import Minutes, Side
from casework.inspection.minutes.operations import SCAN
from casework.inspection.minutes.queries import (
    Papers,
    find_by_digest,
    get_frozen,
    get_papers,
    get_supplement,
    list_own_roles,
    list_reopenings,
    list_supplements,
)
from casework.inspection.minutes.rules import is_whole, list_altered, read_digest
from casework.organisation.documents.queries import list_files

bp = Blueprint("minutes", __name__)
FOLDER = "inspection/minutes"
AT = "/inspections/<uuid:inspection_id>/minutes"
MEDIA = {"docx": DOCX, "pdf": PDF}


@bp.get(AT)
@requires(Permission.INSPECTION_READ)
def show(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """The minutes: a draft for the department, the whole text for all once they are frozen. On the
    page of the inspection only how far they are.
    """
    papers = get_papers(access, inspection_id)
    return _page(access, papers)


@bp.route(AT + "/edit", methods=["GET", "POST"])
@requires(Permission.INSPECTION_WRITE)
def edit(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """What the team writes."""
    papers = get_papers(access, inspection_id)
    inspection, minutes = papers.inspection, papers.minutes
    begun = {"on": inspection.visit_on, "place": inspection.place, "version": 0}
    form = DraftForm(obj=minutes) if minutes else DraftForm(data=begun)
    status = carry_out(
        form,
        lambda: operations.save_draft(papers, form.answer(), by=access.actor),
        minutes.version if minutes else 0,
    )
    if status != 303:
        conflict = status == 409
        return render(f"{FOLDER}/edit.html", papers=papers, form=form, conflict=conflict), status
    flash(_("The draft is saved."), "success")
    return redirect(url_for(".show", inspection_id=inspection_id), 303)


@bp.route(AT + "/opinion", methods=["GET", "POST"])
@requires(Permission.INSPECTION_RESPOND)
def give_opinion(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """What the unit says, typed by its head."""
    papers = get_papers(access, inspection_id)
    minutes = papers.minutes
    form = OpinionForm(obj=minutes) if minutes else OpinionForm(data={"version": 0})
    status = carry_out(
        form,
        lambda: operations.give_opinion(papers, form.unit_opinion.data, by=access.actor),
        minutes.version if minutes else 0,
    )
    if status != 303:
        conflict = status == 409
        return render(f"{FOLDER}/opinion.html", papers=papers, form=form, conflict=conflict), status
    flash(_("The opinion of the unit is saved."), "success")
    return redirect(url_for(".show", inspection_id=inspection_id), 303)


@bp.get(AT + "/preview")
@requires(Permission.INSPECTION_WRITE)
def preview(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """The draft, whole, as it will be printed."""
    papers = get_papers(access, inspection_id)
    if papers.minutes is None:
        raise OutOfReach
    if papers.is_frozen:
        return redirect(url_for(".show", inspection_id=inspection_id), 303)
    shown = sheets.show_minutes(compose(papers.found, papers.minutes), "", _address())
    form = FreezeForm(formdata=None, version=papers.minutes.version)
    return render(f"{FOLDER}/preview.html", papers=papers, shown=shown, form=form)


@bp.post(AT + "/freeze")
@requires(Permission.INSPECTION_WRITE)
def freeze(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """Fix what was read, under a number."""
    papers, form = get_papers(access, inspection_id), FreezeForm()
    version = papers.minutes.version if papers.minutes else 0
    status = carry_out(form, lambda: operations.freeze(papers, by=access.actor), version)
    if status != 303:
        return _page(access, papers, freezing=form), status
    flash(_("The minutes are frozen. Both sides can sign."), "success")
    return redirect(url_for(".show", inspection_id=inspection_id), 303)


@bp.post(AT + "/reopen")
@requires(Permission.INSPECTION_WRITE)
def reopen(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """Open frozen minutes again to correct them."""
    papers, form = get_papers(access, inspection_id), ReopenForm()
    status = carry_out(form, lambda: operations.reopen(papers, form.reason.data, by=access.actor))
    if status != 303:
        return _page(access, papers, reopening=form), status
    flash(_("The minutes are open again. Their number stays."), "success")
    return redirect(url_for(".show", inspection_id=inspection_id), 303)


@bp.post(AT + "/sign-for-unit")
@requires(Permission.INSPECTION_RESPOND)
def sign_for_unit(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """The unit's head signs what is shown."""
    return _sign(access, inspection_id, Side.UNIT)


@bp.post(AT + "/sign-for-team")
@requires(Permission.INSPECTION_WRITE)
def sign_for_team(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """The head of the team signs what is shown."""
    return _sign(access, inspection_id, Side.TEAM)


@bp.route(AT + "/on-paper", methods=["GET", "POST"])
@requires(Permission.INSPECTION_WRITE)
def sign_on_paper(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """Record a signature on the printed minutes."""
    papers, minutes = get_frozen(access, inspection_id)
    form = OnPaperForm(data={"digest": minutes.digest})
    status = carry_out(
        form,
        lambda: operations.sign_on_paper(
            papers,
            form.side.data,
            form.digest.data or "",
            form.name.data,
            form.on.data,
            form.paper.data,
            by=access.actor,
        ),
    )
    if status != 303:
        page = render(
            f"{FOLDER}/on_paper.html",
            papers=papers,
            form=form,
            changed=(form.digest.data, minutes.digest) if status == 409 else None,
        )
        return page, status
    flash(_("The signature is recorded."), "success")
    return redirect(url_for(".show", inspection_id=inspection_id), 303)


@bp.post(AT + "/notify")
@requires(Permission.INSPECTION_WRITE)
def notify(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """Note that the results were told to the unit."""
    papers, form = get_papers(access, inspection_id), Form()
    status = carry_out(form, lambda: operations.notify(papers, by=access.actor))
    if status != 303:
        return _page(access, papers, notifying=form), status
    flash(_("The results are told to the unit."), "success")
    return redirect(url_for(".show", inspection_id=inspection_id), 303)


@bp.route(AT + "/supplements/new", methods=["GET", "POST"])
@requires(Permission.INSPECTION_WRITE)
def supplement(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """Add to signed minutes what has to be added."""
    papers, form = get_papers(access, inspection_id), SupplementForm()
    status = carry_out(
        form, lambda: operations.add_supplement(papers, form.text.data, by=access.actor)
    )
    if status != 303:
        return render(f"{FOLDER}/supplement.html", papers=papers, form=form), status
    flash(_("The supplement is added."), "success")
    return redirect(url_for(".show", inspection_id=inspection_id), 303)


@bp.get(AT + "/paper.<any(docx, pdf):kind>")
@requires(Permission.INSPECTION_READ)
def paper(access: Access, inspection_id: UUID, kind: str) -> ResponseReturnValue:
    """The minutes as a file, as they were frozen; none of what was altered."""
    papers, minutes = get_frozen(access, inspection_id)
    if not is_whole(minutes):
        return _page(access, papers), 409
    content = json.loads(minutes.content)
    _note_export(access, papers, minutes)
    file = sheets.write_minutes(kind, content, minutes.digest, _address(), papers.signatures)
    return send_file(file, f"bien-ban-{minutes.number}-{minutes.year}.{kind}", MEDIA[kind])


@bp.get(AT + "/supplements/<int:number>.<any(docx, pdf):kind>")
@requires(Permission.INSPECTION_READ)
def supplement_paper(
    access: Access, inspection_id: UUID, number: int, kind: str
) -> ResponseReturnValue:
    """A supplement as a file of its own."""
    papers, minutes = get_frozen(access, inspection_id)
    added = get_supplement(papers, number)
    if not is_whole(minutes) or number in list_altered(minutes, papers.supplements):
        return _page(access, papers), 409
    _note_export(access, papers, minutes)
    content = json.loads(minutes.content)
    file = sheets.write_supplement(kind, content, minutes.digest, added, _address())
    name = f"bien-ban-{minutes.number}-{minutes.year}-bo-sung-{number}.{kind}"
    return send_file(file, name, MEDIA[kind])


@bp.get("/minutes/verify")
@requires(Permission.INSPECTION_READ)
def verify(access: Access) -> ResponseReturnValue:
    """Which minutes have the digest that stands on a paper."""
    typed = request.args.get("digest", "")[:200]
    digest = read_digest(typed)
    found = find_by_digest(access, digest) if digest else []
    added = list_supplements([minutes for minutes, _unit in found])
    return render(
        f"{FOLDER}/verify.html",
        typed=typed,
        digest=digest,
        found=[
            (minutes, unit, is_whole(minutes) and not list_altered(minutes, added[minutes.id]))
            for minutes, unit in found
        ],
    )


def _sign(access: Access, inspection_id: UUID, side: Side) -> ResponseReturnValue:
    papers, form = get_papers(access, inspection_id), SignForm()
    status = carry_out(
        form,
        lambda: operations.sign(papers, side, form.digest.data or "", by=access.actor),
    )
    if status != 303:
        return _page(access, papers, signing=form, is_changed=status == 409), status
    flash(_("Signed."), "success")
    return redirect(url_for(".show", inspection_id=inspection_id), 303)


def _page(
    access: Access,
    papers: Papers,
    *,
    freezing: FreezeForm | None = None,
    reopening: ReopenForm | None = None,
    signing: SignForm | None = None,
    notifying: Form | None = None,
    is_changed: bool = False,
) -> str:
    """The page as it stands now, with what was refused and why."""
    inspection, minutes = papers.inspection, papers.minutes
    may_write = access.identity.holds(Permission.INSPECTION_WRITE)
    roles = list_own_roles(inspection.plan_id, access.account_id) if may_write else set()
    common = {
        "papers": papers,
        "may_write": bool(roles),
        "may_respond": access.identity.holds(Permission.INSPECTION_RESPOND),
        "is_visited": inspection.status == InspectionStatus.VISITED,
        "freezing": freezing,
    }
    if minutes is None or not minutes.is_frozen:
        return render(f"{FOLDER}/draft.html", **common, refused=reopening or signing or notifying)
    changed = (signing.digest.data, minutes.digest) if signing and is_changed else None
    if signing:
        signing.digest.data = minutes.digest  # what the page shows is what is signed next
    altered = list_altered(minutes, papers.supplements)
    content = json.loads(minutes.content) if is_whole(minutes) else None
    return render(
        f"{FOLDER}/show.html",
        **common,
        minutes=minutes,
        shown=content
        and not wants_fragment()
        and sheets.show_minutes(content, minutes.digest, _address(), papers.signatures),
        is_whole=content is not None,
        altered=altered,
        changed=changed,
        reopening=reopening or ReopenForm(formdata=None),
        signing=signing or SignForm(formdata=None, digest=minutes.digest),
        notifying=notifying,
        is_head=TeamRole.HEAD in roles,
        records_paper=bool(roles & {TeamRole.HEAD, TeamRole.SECRETARY}),
        is_signed_only=inspection.status == InspectionStatus.SIGNED,
        reopenings=[] if wants_fragment() else list_reopenings(minutes),
        scans=list_files([minutes.id])[minutes.id],
        Side=Side,
        SCAN=SCAN,
    )


def _address() -> str:
    return url_for(".verify", _external=True)


def _note_export(access: Access, papers: Papers, minutes: Minutes) -> None:
    unit_id = papers.inspection.unit_id
    audit.record_read("minutes.export", "minutes", [minutes.id], by=access.actor, unit_id=unit_id)
