"""The form that puts news away."""

from datetime import UTC, datetime

from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, ValidationError

from casework.core.forms import Form


class SeenForm(Form):
    """Up to which moment the news was shown."""

    until = HiddenField()

    def validate_until(self, field: Field) -> None:
        """It is a moment."""
        try:
            self.moment()
        except ValueError:
            raise ValidationError(_l("The form is not whole. Open the page again.")) from None

    def moment(self) -> datetime:
        """The moment. Raises ValueError."""
        read = datetime.fromisoformat(self.until.data or "")
        return read if read.tzinfo else read.replace(tzinfo=UTC)
