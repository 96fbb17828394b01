"""Forms of a case, and of the list of cases."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.validators import Optional, Regexp

from casework.confidential.cases.models import OPEN_STATUSES, TargetGroup
from casework.confidential.cases.queries import CaseLine
from casework.confidential.cases.rules import Birth
from casework.core.clock import today
from casework.core.forms import (
    Form,
    VersionedForm,
    at_most,
    clean,
    long_text,
    no_nul,
    options,
    short_text,
)
from casework.core.labels import Labelled

SOON = timedelta(days=7)


class SearchForm(Form):
    """Words of a name, an alias or a code. Posted, so that no name stands in an address."""

    words = StringField(_l("Name, alias or code"), [at_most(100), no_nul])


class Order(Labelled):
    """What a list of cases goes by."""

    NAME = "name", _l("name")
    DUE = "due", _l("next appointment")
    NEWEST = "newest", _l("taken in last")


class Due(Labelled):
    """Cases by their next appointment."""

    ANY = "", _l("all")
    OVERDUE = "overdue", _l("overdue")
    SOON = "soon", _l("within seven days")
    NONE = "none", _l("without an appointment")


def _one_of(label: Any, pairs: Sequence[tuple[str, Any]]) -> SelectField:
    """One of some codes; anything else is the first."""
    known = {value for value, _ in pairs}
    return SelectField(
        label,
        choices=lambda: options(pairs),
        default=pairs[0][0],
        coerce=lambda value: value if value in known else pairs[0][0],
    )


def _is_due(next_on: date | None, due: Due) -> bool:
    if due is Due.ANY:
        return True
    if next_on is None or due is Due.NONE:
        return next_on is None and due is Due.NONE
    return next_on < today() if due is Due.OVERDUE else next_on <= today() + SOON


class CaseFilter(Form):
    """Which of the own cases are listed, and in which order. It holds codes only: sent by GET.

    What nobody offers is taken as not said: a list is not refused over an old address.
    """

    class Meta(Form.Meta):
        csrf = False

    operation = None
    show = _one_of(_l("Cases"), [("", _l("open")), ("closed", _l("closed"))])
    group = _one_of(
        _l("Group"), [("", _l("all")), *((group.value, group.value) for group in TargetGroup)]
    )
    status = _one_of(
        _l("Status"), [("", _l("all")), *((each.value, each.word) for each in OPEN_STATUSES)]
    )
    due = _one_of(_l("Next appointment"), [(each.value, each.word) for each in Due])
    order = _one_of(_l("Order"), [(each.value, each.word) for each in Order])

    @property
    def closed(self) -> bool:
        """Whether closed cases are asked for."""
        return bool(self.show.data == "closed")

    @property
    def chosen(self) -> dict[str, str]:
        """What differs from the plain list, as an address carries it."""
        usual = {"order": Order.NAME.value}
        values = {field.name: str(field.data or "") for field in self}
        return {name: value for name, value in values.items() if value != usual.get(name, "")}

    def keeps(self, line: CaseLine) -> bool:
        """Whether a case is listed."""
        return (
            self.group.data in ("", line.target_group)
            and (self.closed or self.status.data in ("", line.status))
            and _is_due(line.next_on, Due(self.due.data))
        )

    def key(self, line: CaseLine) -> tuple[Any, ...]:
        """The place of a case in the list; no two cases share one."""
        if self.order.data == Order.DUE:
            return line.next_on is None, line.next_on or date.max, line.name_key
        if self.order.data == Order.NEWEST:
            return -line.opened_on.toordinal(), line.name_key
        return line.name_key


def phone_field(label: Any) -> StringField:
    """Ten digits; spaces and dots are taken too."""
    return short_text(
        label,
        Optional(),
        Regexp(r"^[+\d][\d .\-]{7,19}$", message=_l("A phone number has ten digits.")),
    )


class BirthField(StringField):
    """A year of birth, or the whole day where it is known; `data` is a Birth."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed. Raises ValueError."""
        self.data = None
        typed = clean(valuelist[0]) if valuelist else ""
        if not typed:
            return
        try:
            birth = Birth.read(typed)
        except ValueError:
            birth = None
        if birth is None or not birth.is_sensible(today()):
            raise ValueError(
                _l("Write a year such as 1990 or a day such as 05/02/1990; it lies in the past.")
            )
        self.data = birth

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return str(self.data or "")


def birth_field() -> BirthField:
    """When the person was born; may be left out."""
    return BirthField(_l("Born"), [Optional()])


class IdentityForm(VersionedForm):
    """Who the person is and how to reach them safely. An alias is enough."""

    name = short_text(_l("Name"))
    alias = short_text(_l("Alias"))
    birth = birth_field()
    phone = phone_field(_l("Phone"))
    address = short_text(_l("Address"))
    safe_contact = long_text(_l("How to reach them safely"), render_kw={"rows": 2})
    safe_times = short_text(_l("When"))
    never_say = long_text(_l("What must not be said"), render_kw={"rows": 2})
    no_message = short_text(_l("Where no message may be left"))
    guardian = short_text(_l("Guardian"))
    guardian_phone = phone_field(_l("Guardian's phone"))
