"""Contacts of a case: the list, logging one, reading, correcting and taking one back."""

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.confidential.cases.models import Case, PersonIdentity
from casework.confidential.cases.queries import get_case, get_person
from casework.confidential.contacts.forms import Again, ContactForm, TakeBackForm
from casework.confidential.contacts.models import Contact, ContactKind, Topic
from casework.confidential.contacts.operations import (
    correct_contact,
    log_contact,
    take_back_contact,
)
from casework.confidential.contacts.queries import (
    count_contacts,
    find_latest,
    get_contact,
    list_contacts,
    list_newest,
    list_revisions,
)
from casework.confidential.history.queries import list_earlier
from casework.core.clock import today
from casework.core.forms import carry_out
from casework.core.htmx import render, wants_fragment
from casework.core.i18n import day
from casework.organisation.accounts.queries import names_of

bp = Blueprint("contacts", __name__, url_prefix="/cases/<uuid:case_id>/contacts")
FOLDER = "confidential/contacts"
# How many stand on the case page.
SHORT = 3


@bp.get("")
@requires(Permission.CASE_READ)
def index(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Every contact, newest first; the newest few on the case page."""
    case = get_case(access, case_id)
    person = get_person(case, access)
    is_panel = wants_fragment()
    contacts, taken_back = (list_newest(case, SHORT), []) if is_panel else list_contacts(case)
    earlier = list_earlier([contact.id for contact in taken_back]) if taken_back else []
    shown = [*contacts, *taken_back]
    return render(
        f"{FOLDER}/list.html",
        case=case,
        person=person,
        contacts=contacts,
        count=count_contacts(case) if is_panel else len(contacts),
        taken_back=taken_back,
        reasons={each.record_id: each for each in earlier},
        names=names_of([contact.recorded_by for contact in shown]),
        me=access.account_id,
        ContactKind=ContactKind,
    )


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.CASE_WRITE)
def log(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Log a contact: today, and of the same kind as the last one, unless said otherwise."""
    case = get_case(access, case_id)
    person = get_person(case, access)
    form = _new_form(case)
    form.offer(case.next_on)
    status = carry_out(form, lambda: log_contact(case, form.answer(), by=access.actor))
    if status != 303:
        return _form(case, person, form), status
    flash(_said(form), "success")
    return redirect(_way_back(case), 303)


@bp.route("/<uuid:contact_id>", methods=["GET", "POST"])
@requires(Permission.CASE_WRITE)
def correct(access: Access, case_id: UUID, contact_id: UUID) -> ResponseReturnValue:
    """One contact to read whole and correct, with what it said before. Of two who correct it at
    once, the second sees both texts.
    """
    case = get_case(access, case_id)
    contact = get_contact(case, contact_id)
    person, me = get_person(case, access), access.account_id
    form = ContactForm() if request.method == "POST" else ContactForm.of(contact)
    form.contact = contact
    form.offer(None)
    status = carry_out(
        form,
        lambda: correct_contact(case, contact, form.answer(), by=access.actor),
        contact.version,
    )
    if status != 303:
        return _form(case, person, form, contact, me=me, conflict=status == 409), status
    flash(_("The contact is corrected."), "success")
    return redirect(_way_back(case), 303)


@bp.route("/<uuid:contact_id>/take-back", methods=["GET", "POST"])
@requires(Permission.CASE_WRITE)
def take_back(access: Access, case_id: UUID, contact_id: UUID) -> ResponseReturnValue:
    """Take back a contact that was logged by mistake."""
    case = get_case(access, case_id)
    contact = get_contact(case, contact_id)
    person = get_person(case, access)
    form = TakeBackForm(version=contact.version)
    status = carry_out(
        form,
        lambda: take_back_contact(case, contact, form.reason.data, by=access.actor),
        contact.version,
    )
    if status == 303:
        flash(_("The contact is taken back."), "success")
        return redirect(url_for(".index", case_id=case.id), 303)
    page = render(
        f"{FOLDER}/take_back.html",
        case=case,
        person=person,
        contact=contact,
        form=form,
        ContactKind=ContactKind,
    )
    return page, status


def _new_form(case: Case) -> ContactForm:
    if request.method == "POST":
        return ContactForm()
    latest = find_latest(case)
    is_agreed = case.next_on is not None and case.next_on > today()
    return ContactForm(
        on=today(),
        kind=latest.kind if latest else ContactKind.OFFICE,
        again=Again.KEEP if is_agreed else None,
    )


def _said(form: ContactForm) -> str:
    next_on = form.answer()["next_on"]
    said = _("The contact is saved.")
    if next_on is not None:
        said = _("The contact is saved. Next appointment: %(day)s.", day=day(next_on))
    return str(said)


def _way_back(case: Case) -> str:
    """Where the form was opened: Today says so in the address, else from the case."""
    if request.args.get("from") == "today":
        return url_for("followups.show")
    return url_for("cases.show", case_id=case.id)


def _form(
    case: Case,
    person: PersonIdentity,
    form: ContactForm,
    contact: Contact | None = None,
    *,
    me: UUID | None = None,
    conflict: bool = False,
) -> str:
    return render(
        f"{FOLDER}/form.html",
        case=case,
        person=person,
        form=form,
        contact=contact,
        revisions=list_revisions(contact) if contact else [],
        is_mine=contact is None or contact.recorded_by == me,
        conflict=conflict,
        came_from=request.args.get("from"),
        back=_way_back(case),
        ContactKind=ContactKind,
        Topic=Topic,
    )
