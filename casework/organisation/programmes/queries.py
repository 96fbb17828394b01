"""Reading programmes and their phases; features above tell which of their years name a phase."""

from collections.abc import Callable, Collection
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from casework.authz.enforce import Access
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import words_key
from casework.organisation.programmes.models import Phase, Programme
from casework.organisation.units.models import Unit

YearsNaming = Callable[[Phase], Collection[int]]
_years_naming: list[YearsNaming] = []


def bind_phases(years_naming: YearsNaming) -> YearsNaming:
    """Have a feature above this one say which years of its records name a phase: programmes know no
    budget lines.
    """
    _years_naming.append(years_naming)
    return years_naming


def list_years_naming(phase: Phase) -> list[int]:
    """The years of the records that name a phase."""
    return sorted({year for years_naming in _years_naming for year in years_naming(phase)})


def list_phases(province_id: UUID | None) -> list[tuple[Programme, Phase]]:
    """The phases of the country's programmes and of a province's own, in order of their days."""
    query = (
        select(Programme, Phase)
        .join(Phase, Phase.programme_id == Programme.id)
        .where(or_(Programme.province_id.is_(None), Programme.province_id == province_id))
    )
    rows = [(programme, phase) for programme, phase in db.session.execute(query)]
    return sorted(rows, key=lambda row: (words_key(row[0].name), row[1].from_on))


def list_programmes(access: Access) -> list[tuple[Programme, list[Phase]]]:
    """The programmes that an access may change, with their phases."""
    query = select(Programme).where(_programmes_within(access))
    programmes = sorted(db.session.scalars(query), key=lambda each: words_key(each.name))
    phases: dict[UUID, list[Phase]] = {programme.id: [] for programme in programmes}
    for phase in db.session.scalars(
        select(Phase).where(Phase.programme_id.in_(list(phases))).order_by(Phase.from_on)
    ):
        phases[phase.programme_id].append(phase)
    return [(programme, phases[programme.id]) for programme in programmes]


def list_phases_of(programme: Programme) -> list[Phase]:
    """The phases of a programme, in the order of their days."""
    query = select(Phase).where(Phase.programme_id == programme.id)
    return list(db.session.scalars(query.order_by(Phase.from_on)))


def get_programme(access: Access, programme_id: UUID) -> Programme:
    """A programme that an access may change. Raises OutOfReach."""
    query = select(Programme).where(Programme.id == programme_id, _programmes_within(access))
    programme = db.session.scalar(query)
    if programme is None:
        raise OutOfReach
    return programme


def get_phase(programme: Programme, phase_id: UUID) -> Phase:
    """A phase of a programme. Raises OutOfReach."""
    phase = db.session.get(Phase, phase_id)
    if phase is None or phase.programme_id != programme.id:
        raise OutOfReach
    return phase


def list_provinces_within(access: Access) -> list[Unit]:
    """The provinces for which an access may keep programmes."""
    query = select(Unit).where(Unit.is_province, access.within(Unit.id, Unit.province_id))
    query = query.where(Unit.valid_until.is_(None))
    return sorted(db.session.scalars(query), key=lambda unit: words_key(unit.name))


def _programmes_within(access: Access) -> ColumnElement[bool]:
    provinces = select(Unit.id).where(Unit.is_province, access.within(Unit.id, Unit.province_id))
    own = Programme.province_id.in_(provinces)
    return or_(own, Programme.province_id.is_(None)) if access.everywhere else own
