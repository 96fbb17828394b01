"""The monthly review of access: who may sign in, and whether they still should."""

from datetime import date, datetime
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.organisation.access_reviews import queries
from casework.organisation.access_reviews.forms import ReviewForm, review_form
from casework.organisation.access_reviews.operations import keep_review
from casework.organisation.access_reviews.queries import Subject
from casework.organisation.history.queries import list_earlier
from casework.organisation.units.models import Unit

bp = Blueprint("access_reviews", __name__, url_prefix="/admin/access-review")
menu(
    _l("Access review"),
    "access_reviews.index",
    lambda: can(Permission.ACCESS_REVIEW),
    Section.ADMINISTRATION,
)
FOLDER, PAGE = "organisation/access_reviews", 100


@bp.get("")
@requires(Permission.ACCESS_REVIEW)
def index(access: Access) -> ResponseReturnValue:
    """What is to be reviewed this month, which months went by without, and one month's reviews."""
    scopes, month = queries.list_scopes(access), _month_asked()
    last = max(0, (len(scopes) - 1) // PAGE)
    page = max(0, min(request.args.get("page", 0, type=int), last))
    return render(
        f"{FOLDER}/list.html",
        scopes=scopes[page * PAGE : (page + 1) * PAGE],
        due=sum(not scope.is_done for scope in scopes),
        months=queries.list_months(access),
        month=month,
        reviews=queries.list_reviews(access, month),
        previous_url=url_for(".index", page=page - 1) if page else "",
        next_url=url_for(".index", page=page + 1) if page < last else "",
    )


@bp.get("/no-unit", defaults={"unit_id": None})
@bp.get("/units/<uuid:unit_id>")
@requires(Permission.ACCESS_REVIEW)
def show(access: Access, unit_id: UUID | None) -> ResponseReturnValue:
    """The accounts of a unit, each with a question to answer."""
    unit = queries.get_unit_to_review(access, unit_id)
    subjects = queries.list_subjects(unit)
    return _page(access, unit, subjects, _form(access, subjects))


@bp.post("/no-unit", defaults={"unit_id": None})
@bp.post("/units/<uuid:unit_id>")
@requires(Permission.ACCESS_REVIEW)
def keep(access: Access, unit_id: UUID | None) -> ResponseReturnValue:
    """Keep the review and go on to the next unit that is due."""
    unit = queries.get_unit_to_review(access, unit_id)
    subjects = queries.list_subjects(unit)
    form = _form(access, subjects)
    if not form.validate():
        return _page(access, unit, subjects, form), 422
    asked = [each.account.id for each in subjects if each.account.id != access.account_id]
    questioned = form.questioned(asked)
    keep_review(
        unit,
        kept=len(asked) - len(questioned),
        questioned=questioned,
        note=form.note.data or "",
        by=access.actor,
    )
    flash(_("The review of %(unit)s is kept.", unit=_name(unit)), "success")
    return redirect(_next(access), 303)


def _form(access: Access, subjects: list[Subject]) -> ReviewForm:
    """Nobody answers for their own account."""
    return review_form(each.account for each in subjects if each.account.id != access.account_id)


def _page(access: Access, unit: Unit | None, subjects: list[Subject], form: ReviewForm) -> str:
    review = queries.find_review(unit, queries.this_month())
    return render(
        f"{FOLDER}/review.html",
        unit=unit,
        title=_("Access review: %(unit)s", unit=_name(unit)),
        month=queries.this_month(),
        subjects=subjects,
        own_id=access.account_id,
        form=form,
        review=review,
        earlier=list_earlier([review.id]) if review else [],
    )


def _next(access: Access) -> str:
    due = [scope for scope in queries.list_scopes(access) if not scope.is_done]
    if not due:
        return url_for(".index")
    unit = due[0].unit
    return url_for(".show", unit_id=unit.id if unit else None)


def _name(unit: Unit | None) -> str:
    return unit.label if unit else _("accounts of no unit")


def _month_asked() -> date:
    """The month in the address, or this one."""
    try:
        return datetime.strptime(request.args.get("month", ""), "%Y-%m").date()  # noqa: DTZ007 - a month
    except ValueError:
        return queries.this_month()
