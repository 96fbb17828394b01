"""One answer an account: nothing is ticked beforehand, so that a review is looked at."""

from collections.abc import Iterable
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import Field, RadioField

from casework.core.forms import Form, long_text, options, required
from casework.organisation.accounts.models import Account

KEEP, QUESTION = "keep", "question"


class ReviewForm(Form):
    """What was found; the answers are added account by account."""

    note = long_text(_l("What was found"))

    def answer_of(self, account_id: UUID) -> Field:
        """The field of an account."""
        return self[_name(account_id)]

    def questioned(self, account_ids: Iterable[UUID]) -> list[UUID]:
        """The accounts whose access is questioned."""
        return [id_ for id_ in account_ids if self.answer_of(id_).data == QUESTION]


def review_form(accounts: Iterable[Account]) -> ReviewForm:
    """A form that asks about these accounts."""
    fields = {
        _name(account.id): RadioField(
            account.display_name,
            [required()],
            choices=options([(KEEP, _l("Keep")), (QUESTION, _l("Question"))]),
        )
        for account in accounts
    }
    form: ReviewForm = type("AccountsReviewForm", (ReviewForm,), fields)()
    return form


def _name(account_id: UUID) -> str:
    return f"account-{account_id.hex}"
