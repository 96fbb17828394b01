"""Logging and correcting communication sessions. A correction keeps what it corrects.

A talk, a contest and a part of another event have listeners: at least one attendance. A banner, a
loudspeaker, social media and leaflets may have none.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, insert
from sqlalchemy.orm.attributes import flag_modified

from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.bodies.models import Body
from casework.organisation.communications.models import (
    CommunicationForm,
    CommunicationSession,
    CoveredHamlet,
)
from casework.organisation.communications.queries import has_same, list_covered
from casework.organisation.documents.operations import attach_file
from casework.organisation.history.operations import keep_revision

KIND = "communication"
WITH_LISTENERS = (CommunicationForm.TALK, CommunicationForm.INTEGRATED, CommunicationForm.CONTEST)
_COLUMNS = ("held_on", "form", "attendances", "materials")
_TEXTS = ("topic", "audience", "note")


def log_session(
    unit_id: UUID, unit_ids: Sequence[UUID], answer: dict[str, Any], *, by: Actor
) -> CommunicationSession:
    """Add a session of a unit, with the hamlets it reached and its picture.

    `unit_ids` are the unit and those it followed: the same session is not counted twice among them.
    """
    _check(answer)
    _check_not_known(unit_ids, answer)
    session = CommunicationSession(
        id=uuid4(), unit_id=unit_id, recorded_by=by.id, **_values(answer)
    )
    db.session.add(session)
    db.session.flush()
    _cover(session, answer["hamlets"])
    if answer["picture"]:
        attach_file(answer["picture"], KIND, session.id, unit_id, by=by)
    audit.record("communication.log", KIND, session.id, by=by, unit_id=unit_id)
    return session


def correct_session(
    session: CommunicationSession,
    unit_ids: Sequence[UUID],
    answer: dict[str, Any],
    *,
    by: Actor,
) -> None:
    """Change a session; what it said before stays, with its hamlets by name."""
    _check(answer)
    before = (session.held_on, session.form, session.topic)
    if before != (answer["held_on"], answer["form"], answer["topic"]):
        _check_not_known(unit_ids, answer)
    earlier = [hamlet.name for hamlet in list_covered([session.id])[session.id]]
    body = db.session.get(Body, session.body_id) if session.body_id else None
    keep_revision(session, KIND, by=by, hamlets=", ".join(earlier), body=body.name if body else "")
    for name, value in _values(answer).items():
        setattr(session, name, value)
    flag_modified(session, "topic")  # other hamlets alone make a new version too
    db.session.execute(delete(CoveredHamlet).where(CoveredHamlet.session_id == session.id))
    _cover(session, answer["hamlets"])
    audit.record("communication.correct", KIND, session.id, by=by, unit_id=session.unit_id)


def _cover(session: CommunicationSession, hamlet_ids: Sequence[UUID]) -> None:
    rows = [
        {"id": uuid4(), "session_id": session.id, "hamlet_id": hamlet_id}
        for hamlet_id in dict.fromkeys(hamlet_ids)
    ]
    if rows:
        db.session.execute(insert(CoveredHamlet), rows)


def _values(answer: dict[str, Any]) -> dict[str, Any]:
    values = {name: answer[name] for name in _COLUMNS}
    return {"body_id": answer["body"], **values, **{name: answer[name] or "" for name in _TEXTS}}


def _check(answer: dict[str, Any]) -> None:
    if answer["form"] in WITH_LISTENERS and not answer["attendances"]:
        message = _l("Somebody listened: write how many attendances there were, at least 1.")
        raise RuleBroken(message, field="attendances")
    body = db.session.get(Body, answer["body"]) if answer["body"] else None
    if body is None:
        return
    if answer["held_on"] < body.active_from:
        raise RuleBroken(_l("%(name)s did not exist yet on this day.", name=body.name), "held_on")
    if body.active_until is not None and answer["held_on"] > body.active_until:
        raise RuleBroken(_l("%(name)s no longer existed on this day.", name=body.name), "held_on")


def _check_not_known(unit_ids: Sequence[UUID], answer: dict[str, Any]) -> None:
    if answer["another"]:
        return
    if has_same(unit_ids, answer["held_on"], answer["form"], answer["topic"]):
        message = _l(
            "A session of this form on this topic is recorded for this day already. "
            "If this is another one, tick here and save again."
        )
        raise RuleBroken(message, field="another")
