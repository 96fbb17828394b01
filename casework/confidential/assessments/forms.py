"""The form of an assessment: eleven rows of four choices, done on a phone in two minutes."""

from collections.abc import Iterable
from typing import Self

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, RadioField

from casework.confidential.assessments.models import LEVELS, NeedArea
from casework.confidential.assessments.operations import Answer, Need
from casework.confidential.assessments.queries import Assessed
from casework.core.forms import VersionedForm, long_text, options, past_day, required


class AssessmentForm(VersionedForm):
    """Day, urgency, what is to be said about it all; a level and a note for every area (below)."""

    on = past_day(_l("Assessed on"))
    is_urgent = BooleanField(_l("Somebody's safety can't wait"))
    summary = long_text(_l("Altogether"), render_kw={"rows": 3})

    @classmethod
    def of(cls, assessed: Assessed) -> Self:
        """What an assessment says, to be corrected."""
        assessment = assessed.assessment
        return cls(
            on=assessment.on,
            is_urgent=assessment.is_urgent,
            summary=assessment.summary,
            version=assessment.version,
            **levels_of(assessed),
            **{f"note_{area}": row.note for area, row in assessed.areas.items()},
        )

    def rows(self) -> Iterable[tuple[NeedArea, Field, Field]]:
        """Every area with its level and its note."""
        return [(area, self[f"level_{area}"], self[f"note_{area}"]) for area in NeedArea]

    def said(self) -> Answer:
        """What was chosen and typed."""
        needs = {area: Need(int(level.data), note.data or "") for area, level, note in self.rows()}
        return Answer(self.on.data, self.is_urgent.data, self.summary.data or "", needs)


def levels_of(assessed: Assessed) -> dict[str, str]:
    """The levels of an assessment, by the fields that ask for them."""
    return {f"level_{area}": str(assessed.level(area)) for area in NeedArea}


def _level(area: NeedArea) -> RadioField:
    return RadioField(
        area.word,
        [required()],
        choices=lambda: options((str(level), word) for level, word in enumerate(LEVELS)),
        validate_choice=True,
    )


for each in NeedArea:
    setattr(AssessmentForm, f"level_{each}", _level(each))
    setattr(AssessmentForm, f"note_{each}", long_text(_l("Note"), render_kw={"rows": 2}))
