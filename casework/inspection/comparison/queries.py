"""What was published of many units at once: a statement for each kind of figure, however many
units.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.orm import aliased

from casework.authz.enforce import Access
from casework.core.clock import add_months
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import words_key
from casework.inspection.comparison.rules import (
    Choice,
    Comparison,
    Criterion,
    Line,
    People,
    Published,
    Range,
    choose,
    make_marks,
)
from casework.inspection.readmodel.models import (
    PERSONAL,
    ActivityFigure,
    ActivityMeasure,
    CriterionFigure,
    Edition,
    EditionMembership,
    Figure,
    Measure,
)
from casework.organisation.bodies.models import BodyKind
from casework.organisation.units.models import Cluster, ClusterMembership, Unit

QUARTER = 3
LONGEST = timedelta(days=100)


def compares_units(access: Access) -> bool:
    """Whether an access reaches more than one unit."""
    return access.everywhere or bool(access.provinces) or len(access.units) > 1


def reaches_all(access: Access, province_id: UUID) -> bool:
    """Whether an access reaches every unit of a province, and so the totals of its clusters."""
    return access.everywhere or province_id in access.provinces


def get_cluster(access: Access, cluster_id: UUID) -> Cluster:
    """A cluster of a province within reach, all of it. Raises OutOfReach."""
    cluster = db.session.get(Cluster, cluster_id)
    if cluster is None or not reaches_all(access, cluster.province_id):
        raise OutOfReach
    return cluster


def units_in(cluster: Cluster, period: str) -> Sequence[Unit]:
    """The units that the cluster's figures of a month add up, by name."""
    month = int(period[5:])
    first = month - (month - 1) % QUARTER
    quarter = [f"{period[:4]}-{each:02}" for each in range(first, month + 1)]
    inside = (
        select(EditionMembership.unit_id)
        .join(Edition, Edition.id == EditionMembership.edition_id)
        .where(EditionMembership.cluster_id == cluster.id, Edition.period.in_(quarter))
    )
    units = db.session.scalars(select(Unit).where(Unit.id.in_(db.session.scalars(inside).all())))
    return sorted(units, key=lambda unit: (words_key(unit.name), unit.code))


def newest_year(cluster: Cluster, period: str) -> Sequence[Figure]:
    """What is printed of the newest whole year of a cluster up to a month."""
    query = (
        select(Figure)
        .join(Edition, Edition.id == Figure.edition_id)
        .where(Figure.unit_id == cluster.id, Edition.period.endswith("-12"))
        .where(Edition.period <= period)
        .order_by(Figure.until_on.desc(), Figure.measure.desc())
    )
    years = [one for one in db.session.scalars(query) if one.until_on - one.from_on > LONGEST]
    return [one for one in years if one.until_on == years[0].until_on]


def list_published(access: Access) -> tuple[Sequence[Unit], Sequence[Published]]:
    """The provinces within reach of which anything is published, those of today first and by name;
    and their editions, newest first.
    """
    province = aliased(Unit)
    reached = select(Unit.province_id).where(access.within(Unit.id, Unit.province_id))
    provinces = db.session.scalars(
        select(province).where(province.is_province, province.id.in_(reached))
    ).all()
    query = (
        select(Edition.id, Edition.province_id, Edition.period, Edition.from_on, Edition.until_on)
        .where(Edition.province_id.in_([each.id for each in provinces]))
        .order_by(Edition.period.desc())
    )
    editions = [Published(*row) for row in db.session.execute(query)]
    out = {edition.province_id for edition in editions}
    ordered = sorted(
        (each for each in provinces if each.id in out),
        key=lambda each: (each.valid_until is not None, words_key(each.name)),
    )
    return ordered, editions


def units_of(access: Access, edition: Published) -> Sequence[Unit]:
    """The units of an edition's province within reach that were there in its month, by name; those
    that ended since too.
    """
    query = select(Unit).where(
        Unit.province_id == edition.province_id,
        ~Unit.is_province,
        access.within(Unit.id, Unit.province_id),
        Unit.valid_from <= edition.until_on,
        or_(Unit.valid_until.is_(None), Unit.valid_until >= edition.from_on),
    )
    return sorted(db.session.scalars(query), key=lambda unit: (words_key(unit.name), unit.code))


def criteria_of(edition: Published) -> Sequence[Criterion]:
    """The criteria by which an edition judged, in the order of the checklist."""
    query = (
        select(CriterionFigure.code, CriterionFigure.text, CriterionFigure.position)
        .where(CriterionFigure.edition_id == edition.id)
        .distinct()
        .order_by(CriterionFigure.position)
    )
    found = {row.code: Criterion(row.code, row.text) for row in _rows(query)}
    return list(found.values())


def sets_of(editions: Collection[Published]) -> dict[UUID, int]:
    """By which version of the checklist each edition judged."""
    query = (
        select(CriterionFigure.edition_id, func.max(CriterionFigure.set_number))
        .where(CriterionFigure.edition_id.in_([edition.id for edition in editions]))
        .group_by(CriterionFigure.edition_id)
    )
    return dict(_rows(query))


def ratings_of(
    units: Collection[UUID], edition: Published, other: Published | None
) -> dict[UUID, dict[tuple[bool, str], str]]:
    """How units were judged in an edition, and in the other one: by unit, then by whether it is the
    other, and by criterion.
    """
    editions = [edition.id, other.id] if other else [edition.id]
    query = select(
        CriterionFigure.unit_id,
        CriterionFigure.edition_id != edition.id,
        CriterionFigure.code,
        CriterionFigure.rating,
    ).where(CriterionFigure.edition_id.in_(editions), CriterionFigure.unit_id.in_(units))
    found: dict[UUID, dict[tuple[bool, str], str]] = {unit: {} for unit in units}
    for unit, is_other, code, rating in _rows(query):
        found[unit][is_other, code] = rating
    return found


def bodies_of(units: Collection[UUID], edition: Published) -> dict[UUID, set[BodyKind]]:
    """Which kinds of body units had, as an edition tells it."""
    query = select(ActivityFigure.unit_id, ActivityFigure.kind).where(
        ActivityFigure.edition_id == edition.id,
        ActivityFigure.measure == ActivityMeasure.BODIES,
        ActivityFigure.kind != "",
        ActivityFigure.low > 0,
        ActivityFigure.unit_id.in_(units),
    )
    found: dict[UUID, set[BodyKind]] = {}
    for unit, kind in _rows(query):
        found.setdefault(unit, set()).add(BodyKind(kind))
    return found


def people_of(units: Collection[UUID], edition: Published) -> list[People]:
    """The numbers of persons as printed, of units or clusters and the newest days up to an edition:
    a month's, or those of the last quarter that ended.
    """
    query = (
        select(
            Figure.measure,
            Figure.from_on,
            Figure.until_on,
            Figure.unit_id,
            Figure.shown,
            Figure.low,
            Figure.high,
        )
        .where(
            Figure.unit_id.in_(units),
            Figure.measure.in_(PERSONAL),
            Figure.until_on <= edition.until_on,
            Figure.until_on > add_months(edition.until_on, -QUARTER),
        )
        .order_by(Figure.until_on)
    )
    found: dict[str, People] = {}
    for measure, from_on, until_on, unit, *printed in _rows(query):
        if until_on - from_on > LONGEST:  # a year's stands beside its quarters
            continue
        told = found.get(measure)
        if told is None or told.until_on != until_on:  # all units are told of the same days
            told = found[measure] = People(Measure(measure), from_on, until_on, {})
        told.of[unit] = Range(*printed)
    return [found[measure] for measure in PERSONAL if measure in found]


def clusters_of(edition: Published) -> dict[Cluster, set[UUID]]:
    """The clusters of a province by name, with the units that were in them on the last day."""
    until = ClusterMembership.until_on
    query = (
        select(Cluster, ClusterMembership.unit_id)
        .join(ClusterMembership, ClusterMembership.cluster_id == Cluster.id)
        .where(
            Cluster.province_id == edition.province_id,
            ClusterMembership.from_on <= edition.until_on,
            or_(until.is_(None), until >= edition.until_on),
        )
    )
    found: dict[Cluster, set[UUID]] = {}
    for cluster, unit in _rows(query):
        found.setdefault(cluster, set()).add(unit)
    return dict(sorted(found.items(), key=lambda pair: words_key(pair[0].name)))


def compare(
    access: Access,
    edition: Published,
    other: Published | None,
    choice: Choice,
    clusters: dict[Cluster, set[UUID]],
    with_people: bool,
) -> Comparison:
    """The units within reach that an edition judged, side by side, as chosen."""
    units = {unit.id: unit for unit in units_of(access, edition)}
    criteria = criteria_of(edition)
    codes = [criterion.code for criterion in criteria]
    sets = sets_of([edition, other] if other else [edition])
    ratings = ratings_of(units, edition, other)
    bodies = bodies_of(units, edition)
    # Totals of clusters come with what they stand above, in the same statement.
    own = [cluster.id for cluster in clusters] if reaches_all(access, edition.province_id) else []
    people = people_of([*units, *own], edition) if with_people else []
    lines = []
    for unit in units.values():
        judged = ratings[unit.id]
        pairs = [(judged.get((False, code)), judged.get((True, code))) for code in codes]
        if any(now for now, _ in pairs):
            lines.append(
                Line(
                    unit.id,
                    unit.code,
                    unit.label,
                    unit.name,
                    make_marks(pairs, is_beside=other is not None),
                    bodies.get(unit.id, ()),
                    [cluster.id for cluster, inside in clusters.items() if unit.id in inside],
                    {told.measure: told.of[unit.id] for told in people if unit.id in told.of},
                )
            )
    return Comparison(
        edition,
        other,
        criteria,
        sets.get(edition.id),
        sets.get(other.id) if other else None,
        people,
        choose(lines, choice, codes),
    )


def _rows(query: Select[*tuple[Any, ...]]) -> Sequence[Row[*tuple[Any, ...]]]:
    return db.session.execute(query).all()
