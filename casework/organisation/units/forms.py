"""The filter of the unit pages."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.validators import Optional

from casework.core.clock import today
from casework.core.forms import DayField, Form, at_most, between, choice, no_nul
from casework.organisation.units.models import UnitKind

# Codes of units were first given by the decision of 2004; decisions are known up to two years
# ahead.
FIRST_DAY, AHEAD = date(1997, 1, 1), timedelta(days=731)


def id_or_none(value: str | UUID | None) -> UUID | None:
    """An id out of a select, or of the record that fills a form; ValueError is what WTForms calls
    "not a choice".
    """
    if isinstance(value, UUID):
        return value
    return UUID(value) if value and value != "None" else None


class UnitFilter(Form):
    """Which units to show, as of which day. Sent by GET, so that the address can be kept."""

    class Meta(Form.Meta):
        csrf = False

    operation = None
    q = StringField(_l("Name or code"), [at_most(100), no_nul])
    province = SelectField(_l("Province"), coerce=id_or_none)
    kind = choice(_l("Kind"), UnitKind, Optional(), blank=True)
    cluster = SelectField(_l("Cluster"), coerce=id_or_none)
    on = DayField(_l("As of"), [Optional(), between(lambda: FIRST_DAY, lambda: today() + AHEAD)])

    def offer(self, provinces: list[tuple[Any, str]], clusters: list[tuple[Any, str]]) -> None:
        """What can be chosen."""
        self.province.choices = [("", _l("The whole country")), *provinces]
        self.cluster.choices = [("", "—"), *clusters]
