"""Logging and correcting trainings. A course is logged once it is over; a correction keeps what it
corrects.
"""

from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, insert
from sqlalchemy.orm.attributes import flag_modified

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import today
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.documents.operations import attach_file
from casework.organisation.history.operations import keep_revision
from casework.organisation.trainings.models import Training, TrainingPlace, TrainingSkill
from casework.organisation.trainings.queries import list_participants, list_skills

KIND = "training"
_COLUMNS = ("from_on", "until_on", "days")
_TEXTS = ("title", "organiser", "note")


def log_training(unit_id: UUID, answer: dict[str, Any], *, by: Actor) -> Training:
    """Add a course with its skills, those who took part, and its paper."""
    _check(answer)
    training = Training(id=uuid4(), unit_id=unit_id, recorded_by=by.id, **_values(answer))
    db.session.add(training)
    db.session.flush()
    _write_parts(training, answer)
    if answer["paper"]:
        attach_file(answer["paper"], KIND, training.id, unit_id, by=by)
    audit.record("training.log", KIND, training.id, by=by, unit_id=unit_id)
    return training


def correct_training(training: Training, answer: dict[str, Any], *, by: Actor) -> None:
    """Change a course; what it said before stays, with its skills (codes) and people by name."""
    _check(answer)
    members = ", ".join(member.name for member in list_participants(training))
    skills = [str(skill) for skill in list_skills([training.id])[training.id]]
    keep_revision(training, KIND, by=by, members=members, skills=skills)
    for name, value in _values(answer).items():
        setattr(training, name, value)
    flag_modified(training, "title")  # other skills or people alone make a new version too
    for part in (TrainingSkill, TrainingPlace):
        db.session.execute(delete(part).where(part.training_id == training.id))
    _write_parts(training, answer)
    audit.record("training.correct", KIND, training.id, by=by, unit_id=training.unit_id)


def _write_parts(training: Training, answer: dict[str, Any]) -> None:
    for part, name, values in (
        (TrainingSkill, "skill", answer["skills"]),
        (TrainingPlace, "member_id", answer["members"]),
    ):
        rows = [
            {"id": uuid4(), "training_id": training.id, name: value}
            for value in dict.fromkeys(values)
        ]
        db.session.execute(insert(part), rows)


def _values(answer: dict[str, Any]) -> dict[str, Any]:
    values = {name: answer[name] for name in _COLUMNS}
    return {**values, **{name: answer[name] or "" for name in _TEXTS}}


def _check(answer: dict[str, Any]) -> None:
    first, last = answer["from_on"], answer["until_on"]
    if last < first:
        raise RuleBroken(_l("The last day is before the first."), field="until_on")
    if last > today():
        message = _l("This course is not over yet. Log it once it was held.")
        raise RuleBroken(message, field="until_on")
    most = (last - first).days + 1
    if not 1 <= answer["days"] <= most:
        message = _l(
            "Between 1 and %(most)s days: the course ran from %(first)s to %(last)s.",
            most=most,
            first=first.strftime("%d/%m/%Y"),
            last=last.strftime("%d/%m/%Y"),
        )
        raise RuleBroken(message, field="days")
