"""Keeping programmes and their phases; what they said stays readable."""

from datetime import date
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l

from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.history.operations import keep_revision
from casework.organisation.programmes.models import Phase, Programme
from casework.organisation.programmes.queries import list_years_naming


def add_programme(province_id: UUID | None, name: str, source: str, *, by: Actor) -> Programme:
    """A programme of a province, or (without one) of the country."""
    programme = Programme(id=uuid4(), province_id=province_id, name=name, source=source)
    db.session.add(programme)
    db.session.flush()
    audit.record("programme.add", "programme", programme.id, by=by, unit_id=province_id)
    return programme


def change_programme(programme: Programme, name: str, source: str, *, by: Actor) -> None:
    """Say something else of a programme; what it said stays."""
    keep_revision(programme, "programme", by=by)
    programme.name, programme.source = name, source
    audit.record(
        "programme.change", "programme", programme.id, by=by, unit_id=programme.province_id
    )


def add_phase(
    programme: Programme, name: str, from_on: date, until_on: date, *, by: Actor
) -> Phase:
    """A phase of a programme."""
    _refuse_phase_days(from_on, until_on)
    phase = Phase(
        id=uuid4(), programme_id=programme.id, name=name, from_on=from_on, until_on=until_on
    )
    db.session.add(phase)
    db.session.flush()
    audit.record("programme.phase", "programme", programme.id, by=by, phase=str(phase.id))
    return phase


def change_phase(phase: Phase, name: str, from_on: date, until_on: date, *, by: Actor) -> None:
    """Say something else of a phase; what it said stays. Lines that name it must go on touching
    it.
    """
    _refuse_phase_days(from_on, until_on)
    outside = [
        year for year in list_years_naming(phase) if not from_on.year <= year <= until_on.year
    ]
    if outside:
        raise RuleBroken(
            _l("Lines of the year %(year)s name this phase.", year=min(outside)), field="until_on"
        )
    keep_revision(phase, "phase", by=by)
    phase.name, phase.from_on, phase.until_on = name, from_on, until_on
    audit.record("programme.phase", "programme", phase.programme_id, by=by, phase=str(phase.id))


def _refuse_phase_days(from_on: date, until_on: date) -> None:
    if until_on < from_on:
        raise RuleBroken(_l("The last day is before the first."), field="until_on")
