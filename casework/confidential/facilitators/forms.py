"""Choosing who leads a group."""

from collections.abc import Iterable
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from casework.core.forms import Form, options, required
from casework.organisation.accounts.models import Account


class FacilitatorForm(Form):
    """A counselor of the unit; nobody is chosen beforehand."""

    counselor = SelectField(_l("Counselor"), [required()])

    def offer(self, counselors: Iterable[Account]) -> None:
        """Those to choose from."""
        self.counselor.choices = options(
            ((str(account.id), account.display_name) for account in counselors), blank=True
        )

    def chosen(self) -> UUID:
        """Who was chosen."""
        return UUID(self.counselor.data)
