"""Contacts of a case: the list, logging one, reading and correcting one."""

from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.confidential.cases.models import Case, PersonIdentity
from casework.confidential.cases.queries import get_case, get_person
from casework.confidential.contacts.forms import ContactForm
from casework.confidential.contacts.models import Contact, ContactKind
from casework.confidential.contacts.operations import correct_contact, log_contact
from casework.confidential.contacts.queries import get_contact, list_contacts, list_revisions
from casework.core.clock import today
from casework.core.forms import RuleBroken, Stale
from casework.core.htmx import render
from casework.organisation.accounts.queries import names_of

bp = Blueprint("contacts", __name__, url_prefix="/cases/<uuid:case_id>/contacts")


@bp.get("")
@requires(Permission.CASE_READ)
def index(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Every contact, newest first."""
    case = get_case(access, case_id)
    person = get_person(case, access)
    contacts = list_contacts(case)
    return render(
        "confidential/contacts/list.html",
        case=case,
        person=person,
        contacts=contacts,
        names=names_of([contact.recorded_by for contact in contacts]),
        me=access.account_id,
        ContactKind=ContactKind,
    )


@bp.get("/new")
@requires(Permission.CASE_WRITE)
def new(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The form of a contact, today's date filled in."""
    case = get_case(access, case_id)
    return _form(case, get_person(case, access), ContactForm(on=today()))


@bp.post("/new")
@requires(Permission.CASE_WRITE)
def log(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Keep the contact."""
    case, form = get_case(access, case_id), ContactForm()
    person = get_person(case, access)
    if not form.validate():
        return _form(case, person, form), 422
    try:
        log_contact(case, form.answer(), by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return _form(case, person, form), 422
    flash(_("The contact is saved."), "success")
    return redirect(url_for("cases.show", case_id=case.id), 303)


@bp.get("/<uuid:contact_id>")
@requires(Permission.CASE_WRITE)
def edit(access: Access, case_id: UUID, contact_id: UUID) -> ResponseReturnValue:
    """One contact to read whole and correct, with its earlier texts."""
    case = get_case(access, case_id)
    contact = get_contact(case, contact_id)
    person = get_person(case, access)
    return _form(case, person, ContactForm(obj=contact), contact, me=access.account_id)


@bp.post("/<uuid:contact_id>")
@requires(Permission.CASE_WRITE)
def correct(access: Access, case_id: UUID, contact_id: UUID) -> ResponseReturnValue:
    """Correct it, unless somebody did before: then both texts are shown."""
    case, form, me = get_case(access, case_id), ContactForm(), access.account_id
    contact = get_contact(case, contact_id)
    person = get_person(case, access)
    if not form.validate():
        return _form(case, person, form, contact, me=me), 422
    try:
        form.check_version(contact.version)
        correct_contact(case, contact, form.answer(), by=access.actor)
    except Stale as stale:
        form.refuse(stale)
        form.version.data = str(contact.version)
        return _form(case, person, form, contact, me=me, conflict=True), 409
    except RuleBroken as broken:
        form.refuse(broken)
        return _form(case, person, form, contact, me=me), 422
    return redirect(url_for("cases.show", case_id=case.id), 303)


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
        "confidential/contacts/form.html",
        case=case,
        person=person,
        form=form,
        contact=contact,
        revisions=list_revisions(contact) if contact else [],
        is_mine=contact is None or contact.recorded_by == me,
        conflict=conflict,
    )
