"""What inspectors type in the room. Each form asks for a part, so that little is lost where the
signal goes; where a form holds many answers, each knows what it showed (rules.Entry).
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, HiddenField, IntegerField, RadioField, SelectField
from wtforms.validators import NumberRange, Optional, Regexp

from casework.core.forms import (
    Form,
    VersionedForm,
    long_text,
    options,
    pick,
    required,
    short_text,
)
from casework.inspection.readmodel.models import Rating
from casework.inspection.visits.models import (
    Answer,
    Check,
    ObservedSkill,
    PaperQuestion,
    SampleTick,
    Visit,
)
from casework.inspection.visits.rules import Entry, fingerprint, shown
from casework.organisation.members.models import Member, Skill
from casework.organisation.samples.models import PaperSample
from casework.organisation.samples.operations import LARGEST

LEVELS = range(1, 6)
NEITHER = "-"


def _time_of_day(label: Any) -> Any:
    fault = _l("Write a time of day, such as 08:00.")
    right = Regexp(r"^([01]\d|2[0-3]):[0-5]\d$", message=fault)
    return short_text(label, Optional(), right, render_kw={"type": "time"})


class MeetingForm(VersionedForm):
    """From when until when, and who of the unit was there."""

    started_at = _time_of_day(_l("Began at"))
    ended_at = _time_of_day(_l("Ended at"))
    attendees = long_text(_l("Who was there of the unit"), render_kw={"rows": 4})

    @staticmethod
    def version_of(visit: Visit) -> str:
        """What this form showed."""
        return fingerprint(visit.started_at, visit.ended_at, visit.attendees)


class WordsForm(VersionedForm):
    """What the unit itself says."""

    favourable = long_text(_l("Favourable conditions"), render_kw={"rows": 5})
    difficulties = long_text(_l("Difficulties"), render_kw={"rows": 5})
    proposals = long_text(_l("Proposals"), render_kw={"rows": 5})

    @staticmethod
    def version_of(visit: Visit) -> str:
        """What this form showed."""
        return fingerprint(*visit.unit_words)


class SampleForm(Form):
    """How many files are asked for."""

    size = IntegerField(
        _l("How many files"),
        [
            required(),
            NumberRange(
                1, LARGEST, _l("A number from %(least)s to %(most)s.", least=1, most=LARGEST)
            ),
        ],
        default=3,
    )


class CloseForm(Form):
    """The end of the visit."""

    ended_at = _time_of_day(_l("Ended at"))
    although = BooleanField(_l("Close it although something is missing"))


class ChecksForm(Form):
    """Rating and remark of each criterion of a part (fields are added by `checks_form`)."""

    checks: Sequence[Check] = ()

    def rows(self) -> Iterable[tuple[Check, Field, Field]]:
        """Every criterion with its rating and its remark."""
        return [
            (check, self[f"rating_{check.code}"], self[f"remark_{check.code}"])
            for check in self.checks
        ]

    def entries(self) -> list[Entry[Check]]:
        """What was answered, beside what stands."""
        return [
            Entry(
                check,
                self[f"seen_{check.code}"].data or "",
                (str(rating.data or ""), remark.data or ""),
                shown(check),
            )
            for check, rating, remark in self.rows()
        ]

    def take_notice(self) -> None:
        """Sent once more, what clashed is meant."""
        for entry in self.entries():
            if entry.clashes:
                self[f"seen_{entry.key.code}"].data = fingerprint(*entry.stands)


def checks_form(checks: Sequence[Check]) -> ChecksForm:
    """The form of a part of the checklist, filled as it stands."""
    fields: dict[str, Any] = {"checks": checks}
    filled = {}
    for check in checks:
        rating, remark = shown(check)
        fields[f"rating_{check.code}"] = pick(
            _l("%(code)s: rating", code=check.code), Rating, Optional()
        )
        fields[f"remark_{check.code}"] = long_text(
            _l("%(code)s: remark", code=check.code), render_kw={"rows": 2}
        )
        fields[f"seen_{check.code}"] = HiddenField()
        filled[f"rating_{check.code}"] = rating or None
        filled[f"remark_{check.code}"] = remark
        filled[f"seen_{check.code}"] = fingerprint(rating, remark)
    kind = type("ChecksOfPart", (ChecksForm,), fields)
    made: ChecksForm = kind(data=filled)
    return made


class SkillsForm(Form):
    """A level and a remark for each member and skill (fields are added by `skills_form`)."""

    members: Sequence[Member] = ()
    observed: dict[tuple[UUID, str], ObservedSkill] = {}

    def rows(self, member: Member) -> Iterable[tuple[Skill, Field, Field]]:
        """The skills of a member."""
        return [
            (skill, self[f"level_{member.id.hex}_{skill}"], self[f"remark_{member.id.hex}_{skill}"])
            for skill in Skill
        ]

    def entries(self) -> list[Entry[tuple[UUID, str]]]:
        """What was seen, beside what stands."""
        return [
            Entry(
                (member.id, str(skill)),
                self[f"seen_{member.id.hex}_{skill}"].data or "",
                (level.data or "", remark.data or ""),
                _seen(self.observed.get((member.id, str(skill)))),
            )
            for member in self.members
            for skill, level, remark in self.rows(member)
        ]

    def take_notice(self) -> None:
        """Sent once more, what clashed is meant."""
        for entry in self.entries():
            if entry.clashes:
                member_id, skill = entry.key
                self[f"seen_{member_id.hex}_{skill}"].data = fingerprint(*entry.stands)


def skills_form(members: Sequence[Member], observed: Iterable[ObservedSkill]) -> SkillsForm:
    """The form of skills seen at work, filled as it stands."""
    known = {(each.member_id, each.skill): each for each in observed}
    fields: dict[str, Any] = {"members": members, "observed": known}
    filled = {}
    levels = [("", "—"), *((str(level), str(level)) for level in LEVELS)]
    for member in members:
        for skill in Skill:
            name = f"{member.id.hex}_{skill}"
            level, remark = _seen(known.get((member.id, str(skill))))
            fields[f"level_{name}"] = SelectField(skill.word, [Optional()], choices=options(levels))
            fields[f"remark_{name}"] = short_text(_l("Remark"))
            fields[f"seen_{name}"] = HiddenField()
            filled[f"level_{name}"], filled[f"remark_{name}"] = level, remark
            filled[f"seen_{name}"] = fingerprint(level, remark)
    kind = type("SkillsOfUnit", (SkillsForm,), fields)
    made: SkillsForm = kind(data=filled)
    return made


def _seen(skill: ObservedSkill | None) -> tuple[str, str]:
    return (str(skill.level), skill.remark) if skill else ("", "")


class TicksForm(Form):
    """Yes, no or neither for each number and question (fields are added by `ticks_form`)."""

    size: int = 0
    ticked: dict[tuple[int, str], str] = {}

    def rows(self, position: int) -> Iterable[Field]:
        """The questions on one file."""
        return [self[f"tick_{position}_{question}"] for question in PaperQuestion]

    def entries(self) -> list[Entry[tuple[int, str]]]:
        """What was ticked, beside what stands."""
        return [
            Entry(
                (position, str(question)),
                self[f"seen_{position}_{question}"].data or "",
                (self[f"tick_{position}_{question}"].data or "",),
                (self.ticked.get((position, str(question)), ""),),
            )
            for position in range(1, self.size + 1)
            for question in PaperQuestion
        ]

    def take_notice(self) -> None:
        """Sent once more, what clashed is meant."""
        for entry in self.entries():
            if entry.clashes:
                position, question = entry.key
                self[f"seen_{position}_{question}"].data = fingerprint(*entry.stands)


def ticks_form(sample: PaperSample, ticks: Iterable[SampleTick]) -> TicksForm:
    """The form of a sample's ticks, filled as it stands."""
    ticked = {(tick.position, tick.question): tick.answer for tick in ticks}
    fields: dict[str, Any] = {"size": sample.size, "ticked": ticked}
    filled = {}
    for position in range(1, sample.size + 1):
        for question in PaperQuestion:
            name, answer = f"{position}_{question}", ticked.get((position, str(question)), "")
            fields[f"tick_{name}"] = RadioField(
                question.word,
                choices=lambda: [
                    *options((each.value, each.label) for each in Answer),
                    *options([(NEITHER, "—")]),
                ],
                coerce=lambda value: "" if value in (None, NEITHER) else str(value),
            )
            fields[f"seen_{name}"] = HiddenField()
            filled[f"tick_{name}"], filled[f"seen_{name}"] = answer, fingerprint(answer)
    kind = type("TicksOfSample", (TicksForm,), fields)
    made: TicksForm = kind(data=filled)
    return made
