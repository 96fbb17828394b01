"""Forms of rosters: many names at once, many of one's own cases at once, and one member."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, FieldList, FormField, HiddenField
from wtforms.validators import ValidationError

from casework.confidential.cases.queries import CaseLine
from casework.confidential.rosters.operations import names_in, same_name
from casework.core.forms import (
    SHORT,
    Form,
    VersionedForm,
    long_text,
    past_day,
    required,
    short_text,
)

MOST_NAMES, MOST_CANDIDATES = 100, 25


def list_of_names(_form: Any, field: Field) -> None:
    """Refuse too many lines, lines too long for a name, and a name written twice."""
    names = names_in(field.data)
    if len(names) > MOST_NAMES:
        raise ValidationError(_l("At most %(count)s names at once.", count=MOST_NAMES))
    if any(len(name) > SHORT for name in names):
        raise ValidationError(_l("One name a line, at most %(count)s characters.", count=SHORT))
    folded = [same_name(name) for name in names]
    twice = [name for name, key in zip(names, folded, strict=True) if folded.count(key) > 1]
    if twice:
        raise ValidationError(
            _l(
                "Written twice: %(name)s. Add something that tells two people apart.",
                name=twice[0],
            )
        )


class MembersForm(Form):
    """Many new members at once."""

    names = long_text(_l("Names, one a line"), required(), list_of_names)
    joined_on = past_day(_l("Members from"))


class MemberForm(VersionedForm):
    """One member: the name the group uses, and from when until when."""

    name = short_text(_l("Name used in the group"), required())
    joined_on = past_day(_l("Member from"), years=30)
    left_on = past_day(_l("Last day as a member"), years=30, needed=False)


class CandidateForm(Form):
    """One of one's own cases: whether they join, and the name the group is to use."""

    class Meta(Form.Meta):
        csrf = False

    operation = None
    case = HiddenField()
    joins = BooleanField(_l("Joins the group"))
    name = short_text(_l("Name used in the group"))


class CandidatesForm(Form):
    """Several of one's own cases at once."""

    joined_on = past_day(_l("Members from"))
    candidates = FieldList(FormField(CandidateForm), max_entries=MOST_CANDIDATES)

    @classmethod
    def filled(cls, lines: Sequence[CaseLine], on: date) -> "CandidatesForm":
        """Nobody is ticked. The name offered is the alias, else the given name alone."""
        candidates = [{"case": str(line.id), "name": called(line)} for line in lines]
        return cls(formdata=None, data={"candidates": candidates, "joined_on": on})

    def chosen(self, lines: Sequence[CaseLine]) -> list[tuple[UUID, str]]:
        """Who joins, by which name; only those that were offered."""
        offered = {str(line.id): line.id for line in lines}
        return [
            (offered[part.case.data], part.name.data or "")
            for part in (entry.form for entry in self.candidates)
            if part.joins.data and part.case.data in offered
        ]


def called(line: CaseLine) -> str:
    """What a group may call a person: the alias, else the given name alone."""
    return line.alias or " ".join(line.name.split()[-1:])
