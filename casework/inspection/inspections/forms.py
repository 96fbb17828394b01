"""Forms of rounds: the plan, its units, its team, the day of a visit, the decision."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import NumberRange, Optional, Regexp
from wtforms.widgets import CheckboxInput, ListWidget

from casework.core.clock import today
from casework.core.forms import (
    DayField,
    Form,
    VersionedForm,
    between,
    choice,
    long_text,
    options,
    pick,
    required,
    short_text,
)
from casework.core.labels import Labelled
from casework.inspection.inspections.models import Scope, TeamMember, TeamRole
from casework.organisation.accounts.models import Account
from casework.organisation.units.forms import id_or_none
from casework.organisation.units.models import Cluster, Unit

EARLIEST, YEARS_AHEAD, MOST_UNITS = date(2010, 1, 1), 3, 1000
_SENSIBLE = between(lambda: EARLIEST, lambda: date(today().year + YEARS_AHEAD, 12, 31))
_CHOICES = [each for each in Scope if each is not Scope.CHOSEN]


class Decision(Labelled):
    """What a department manager answers."""

    APPROVE = "approve", _l("Approve it")
    RETURN = "return", _l("Return it to be changed")


class PlanForm(VersionedForm):
    """What is inspected, why, and when."""

    title = short_text(_l("Title"), required())
    number = short_text(_l("Number"))
    legal_basis = long_text(_l("Legal basis"), required(), render_kw={"rows": 4})
    purpose = long_text(_l("Purpose"), required(), render_kw={"rows": 3})
    from_on = DayField(_l("Looks at the days from"), [required(), _SENSIBLE])
    until_on = DayField(_l("until"), [required(), _SENSIBLE])
    visits_from_on = DayField(_l("First day of the visits"), [required(), _SENSIBLE])
    visits_until_on = DayField(_l("Last day of the visits"), [required(), _SENSIBLE])
    outline = long_text(_l("Outline of the units' reports"), render_kw={"rows": 8})
    report_due_on = DayField(_l("Units report until"), [Optional(), _SENSIBLE])


class ScopeForm(Form):
    """How the units are chosen."""

    scope = RadioField(
        _l("Which units"),
        [required()],
        choices=lambda: options((each.value, each.label) for each in Scope if each in _CHOICES),
        coerce=lambda value: Scope(value) if value else None,
    )
    cluster = SelectField(_l("Cluster"), [Optional()], coerce=id_or_none)
    count = IntegerField(_l("How many to draw"), [Optional(), NumberRange(1, MOST_UNITS)])

    def offer(self, clusters: Sequence[Cluster]) -> None:
        """The clusters of the province."""
        self.cluster.choices = [("", "—"), *((str(each.id), each.name) for each in clusters)]


class UnitsForm(Form):
    """The units one by one."""

    units = SelectMultipleField(
        _l("Units"),
        coerce=id_or_none,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    def offer(self, units: Sequence[Unit]) -> None:
        """The units of the province."""
        self.units.choices = [(str(unit.id), unit.label) for unit in units]


class TeamForm(Form):
    """Somebody of the team: an inspector of the province, or a guest."""

    role = choice(_l("Role in the team"), TeamRole, required(), default=TeamRole.MEMBER)
    account = SelectField(_l("Inspector"), [Optional()], coerce=id_or_none)
    name = short_text(_l("Or a guest's name"))
    office = short_text(_l("Office"))
    reason = short_text(_l("Why it changes"))

    def offer(self, inspectors: Sequence[Account]) -> None:
        """Who may be put in."""
        named = [(str(each.id), each.display_name) for each in inspectors]
        self.account.choices = [("", "—"), *named]


class LeaveForm(Form):
    """Somebody leaves the team."""

    reason = short_text(_l("Why it changes"))


class DayForm(VersionedForm):
    """When and where a unit is visited, and by whom."""

    visit_on = DayField(_l("Day of the visit"), [Optional(), _SENSIBLE])
    starts_at = short_text(
        _l("Begins at"),
        Optional(),
        Regexp(r"([01]\d|2[0-3]):[0-5]\d\Z", message=_l("A time such as 08:00.")),
        render_kw={"type": "time"},
    )
    place = short_text(_l("Place"))
    goers = SelectMultipleField(
        _l("Who goes"),
        coerce=id_or_none,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    reason = short_text(_l("Why it changes"))

    def offer(self, team: Sequence[TeamMember]) -> None:
        """The team."""
        self.goers.choices = [(str(each.id), f"{each.name} · {each.role_label}") for each in team]

    def fill(self, goers: Sequence[UUID]) -> None:
        """Who goes as it is saved."""
        self.goers.data = list(goers)


class DecisionForm(VersionedForm):
    """A department manager's answer."""

    decision = pick(_l("Decision"), Decision, required())
    number = short_text(_l("Number"))
    note = long_text(_l("Word to whoever prepared it"), render_kw={"rows": 3})
