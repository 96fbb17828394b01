"""Forms of posts, and of a sheet of members."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.validators import Optional

from casework.core.clock import today
from casework.core.forms import (
    DayField,
    Form,
    VersionedForm,
    between,
    choice,
    options,
    required,
    short_text,
)
from casework.core.uploads import SHEETS, UploadField
from casework.organisation.bodies.models import Body, BodyKind, Group
from casework.organisation.members.forms import id_or_none
from casework.organisation.members.models import FITTING, MemberRole
from casework.organisation.posts.rules import Terms

_plausible = between(lambda: date(1990, 1, 1), lambda: today() + timedelta(days=731))


class PostForm(VersionedForm):
    """Which post, where, from when and on which decision."""

    body = SelectField(_l("Body"), [required()], coerce=id_or_none)
    group = SelectField(_l("Group"), [Optional()], coerce=id_or_none)
    role = choice(_l("Post"), MemberRole, required(), blank=True)
    from_on = DayField(_l("First day"), [required(), _plausible])
    until_on = DayField(_l("Last day"), [Optional(), _plausible])
    decision = short_text(_l("Number of the decision"))

    def offer(self, bodies: Sequence[Body], groups: Sequence[Group]) -> None:
        """The bodies and groups of a unit, and the posts that fit any of them."""
        names: dict[UUID | None, str] = {body.id: body.name for body in bodies}
        self.body.choices = options(((str(body.id), body.name) for body in bodies), blank=True)
        self.group.choices = options(
            ((str(group.id), f"{group.name} ({names[group.body_id]})") for group in groups),
            blank=True,
        )
        fitting = {role for body in bodies for role in FITTING[BodyKind(body.kind)]}
        self.role.choices = options(
            ((role.value, role.label) for role in MemberRole if role in fitting), blank=True
        )

    def terms(self, bodies: Sequence[Body], groups: Sequence[Group]) -> Terms:
        """The post as chosen. Only for a valid form."""
        return Terms(
            body=next(body for body in bodies if body.id == self.body.data),
            role=self.role.data,
            from_on=self.from_on.data,
            until_on=self.until_on.data,
            group=next((group for group in groups if group.id == self.group.data), None),
            decision=self.decision.data or "",
        )


class EndForm(VersionedForm):
    """The last day of a post and why it ends."""

    until_on = DayField(_l("Last day"), [required(), _plausible], default=today)
    end_reason = short_text(_l("Reason"), required())
    never_held = BooleanField(_l("It was entered by mistake, or never taken up"))


class LeaveForm(Form):
    """The last day of all posts of somebody who leaves."""

    until_on = DayField(_l("Last day"), [required(), _plausible], default=today)
    end_reason = short_text(_l("Reason"), required())


class SheetForm(Form):
    """A sheet of members; ticked, nothing is written yet."""

    sheet = UploadField(_l("Sheet"), allowed=SHEETS, validators=[required()])
    only_check = BooleanField(_l("Only check the sheet, write nothing yet"), default=True)
