"""The form of a training: who took part is ticked among those who held a post then."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, IntegerField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from casework.core.clock import today
from casework.core.forms import (
    DayField,
    Form,
    Required,
    VersionedForm,
    between,
    long_text,
    options,
    required,
    short_text,
)
from casework.core.i18n import day, number
from casework.core.uploads import PAPERS, UploadField
from casework.organisation.members.models import Member, Skill
from casework.organisation.trainings.models import Training

YEARS, AHEAD = timedelta(days=10 * 366), timedelta(days=366)
LABELS = {
    "title": _l("Title of the course"),
    "organiser": _l("Organiser"),
    "from_on": _l("First day"),
    "until_on": _l("Last day"),
    "days": _l("Days"),
    "skills": _l("Skills trained"),
    "members": _l("Who took part"),
    "note": _l("Note"),
}
"""What a course says, in the order in which it is told."""


def course_day(label: Any) -> DayField:
    """A day of a course; whether it has come is a rule of its own."""
    return DayField(label, [required(), between(lambda: today() - YEARS, lambda: today() + AHEAD)])


class TrainingForm(VersionedForm):
    """One course. The members shown are sent along: nobody is absent because of another list."""

    shown = HiddenField()
    title = short_text(LABELS["title"], required())
    organiser = short_text(LABELS["organiser"])
    from_on = course_day(LABELS["from_on"])
    until_on = course_day(LABELS["until_on"])
    days = IntegerField(LABELS["days"], [required()])
    skills = SelectMultipleField(
        LABELS["skills"],
        [Required(_l("Tick at least one skill."))],
        choices=lambda: options((str(skill), skill.label) for skill in Skill),
        coerce=Skill,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        invalid_value_message=_l("Choose skills of the list."),
    )
    members = SelectMultipleField(
        LABELS["members"],
        [Required(_l("Tick who took part."))],
        coerce=lambda value: UUID(str(value)),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        invalid_value_message=_l("Choose members of the list."),
        invalid_choice_message=_l("Choose members of the list."),
    )
    note = long_text(LABELS["note"], render_kw={"rows": 3})
    paper = UploadField(_l("Paper"), allowed=PAPERS)

    def offer(self, members: Sequence[Member], ticked: Collection[UUID] = ()) -> None:
        """The members of the days typed; `ticked` is what an earlier save said."""
        ids = [member.id for member in members]
        self.members.choices = [SelectChoice(str(each.id), each.name) for each in members]
        sent = self.shown.raw_data is not None
        self.list_changed = sent and set((self.shown.data or "").split()) != set(map(str, ids))
        if not sent:
            self.members.data = list(ticked)
        elif self.list_changed:
            self.members.data = [each for each in self.members.data or [] if each in ids]
        self.shown.data = " ".join(map(str, ids))

    def validate_members(self, _field: Field) -> None:
        """Nobody counts as absent who was not on the list shown."""
        if self.list_changed:
            raise ValidationError(
                _l("Others held a post on these days. Check who took part, then save again.")
            )


def days_of(form: TrainingForm) -> tuple[date, date]:
    """The days whose members the form shows: those typed, or today if they can't be right."""
    first, last = form.from_on.data, form.until_on.data
    if first is None or last is None or not today() - YEARS <= first <= last <= today():
        return today(), today()
    return first, last


class PaperForm(Form):
    """One more paper of a course."""

    paper = UploadField(_l("Paper"), allowed=PAPERS, validators=[Required(_l("Choose a file."))])


def told(said: dict[str, Any]) -> list[tuple[str, str]]:
    """What a course says or said: labels and words, without what was left empty."""
    return [(str(LABELS[name]), _word(name, said[name])) for name in LABELS if said.get(name)]


def differing(
    form: TrainingForm, training: Training, skills: Sequence[Skill], members: Sequence[Member]
) -> list[tuple[str, str, str]]:
    """What two people wrote differently: (label, yours, saved)."""
    names = {UUID(choice.value): str(choice.label) for choice in form.members.choices}
    ticked = [name for member_id, name in names.items() if member_id in form.members.data]
    ordered = [skill for skill in Skill if skill in form.skills.data]
    yours = form.answer() | {"skills": ordered, "members": ", ".join(ticked)}
    saved = {name: getattr(training, name, "") for name in LABELS} | {
        "skills": skills,
        "members": ", ".join(member.name for member in members),
    }
    both = [dict(told(yours)), dict(told(saved))]
    pairs = [(word, *(said.get(word, "") for said in both)) for word in map(str, LABELS.values())]
    return [(word, mine, theirs) for word, mine, theirs in pairs if mine != theirs]


def _word(name: str, value: Any) -> str:
    if name == "skills":
        return ", ".join(Skill(skill).label for skill in value)
    if name in ("from_on", "until_on"):
        return day(date.fromisoformat(str(value)))
    return number(value) if isinstance(value, int) else str(value)
