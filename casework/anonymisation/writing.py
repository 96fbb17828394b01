"""Writing editions: whole or not at all.

Two databases have no common commit, so writing goes in three steps, each a transaction:

1. the working database gets the counts, the prints and a `Publication` that is only prepared; and
   what the edition says of work done, counted just before;
2. the read model gets the edition with its figures, all or nothing: this is the publication;
3. the working database notes that it is published, with a row in the access log.

Whoever stops in between loses nothing: the next run finishes what was prepared with the very prints
of step 1, and readers see an edition whole or not at all. An edition lost from the read model is
written again in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from casework.anonymisation.bands import Bands
from casework.anonymisation.measures import days_of
from casework.anonymisation.models import (
    Publication,
    PublishedActivity,
    PublishedCount,
    PublishedCriterion,
    PublishedMembership,
    PublishedProof,
)
from casework.anonymisation.relations import Membership
from casework.anonymisation.sequence import Print
from casework.anonymisation.work import WorkDone, count_work, read_sources
from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import now
from casework.core.database import ReadBase, db
from casework.inspection.readmodel.models import (
    ActivityColumns,
    ActivityFigure,
    CriterionColumns,
    CriterionFigure,
    Edition,
    EditionMembership,
    Figure,
    measure_of,
)

NAMED = 6


class Refused(Exception):
    """Why nothing was published, for the person who publishes. `reason` is translated where it is
    shown; `cells` are the ids of the counts it is about.
    """

    def __init__(self, reason: Any, cells: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reason, self.cells = reason, tuple(cells)

    def __str__(self) -> str:
        named = "; ".join(self.cells[:NAMED])
        return f"{self.reason} {named}".rstrip()


def write(
    province_id: UUID,
    months: Mapping[str, Sequence[Print]],
    clusters: Mapping[str, Membership],
    ids: Mapping[str, UUID],
    bands: Bands,
    proof: bytes,
    *,
    by: Actor,
) -> None:
    """Publish months that passed. `clusters`: their units from a month on; `ids`: units, clusters
    and the province by name; `bands`: shares of persons that passed with them; `proof`: what
    `witnesses` packed. Raises Refused.
    """
    here = {period: _units_of(period, prints, ids) for period, prints in months.items()}
    db.session.commit()
    with db.engine.connect() as connection:
        sources = read_sources(connection, province_id, months)
    work = count_work(sources, here, bands)
    rows: list[dict[str, Any]] = []
    memberships: list[dict[str, Any]] = []
    activities: list[dict[str, Any]] = []
    criteria: list[dict[str, Any]] = []
    for period, prints in months.items():
        publication = Publication(
            id=uuid4(),
            province_id=province_id,
            period=period,
            prepared_by=by.name or str(by.id),
        )
        db.session.add(publication)
        rows += [_count_row(publication.id, one, ids) for one in prints]
        memberships += _membership_rows(publication.id, clusters.get(period, {}), ids)
        activities += _activity_rows(publication.id, work[period])
        criteria += _criterion_rows(publication.id, work[period])
    try:
        db.session.flush()
        _keep_proof(province_id, max(months), proof)
        for table, own in (
            (PublishedCount, rows),
            (PublishedMembership, memberships),
            (PublishedActivity, activities),
            (PublishedCriterion, criteria),
        ):
            if own:
                db.session.execute(insert(table), own)
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        raise Refused(_l("Somebody else has just published this month.")) from None
    finish(province_id, by=by)


def _keep_proof(province_id: UUID, month: str, proof: bytes) -> None:
    """That of the newest edition alone."""
    editions = select(Publication.id).where(Publication.province_id == province_id)
    db.session.execute(delete(PublishedProof).where(PublishedProof.publication_id.in_(editions)))
    newest = db.session.scalars(editions.where(Publication.period == month)).one()
    db.session.add(PublishedProof(id=uuid4(), publication_id=newest, moves=proof))


def finish(province_id: UUID, *, by: Actor) -> tuple[str, ...]:
    """Bring what is prepared, or lost from the read model, to its readers; which months it was."""
    db.session.commit()
    present = check_reachable(province_id)
    waiting = [
        publication
        for publication in db.session.scalars(
            select(Publication)
            .where(Publication.province_id == province_id)
            .order_by(Publication.period)
        )
        if publication.published_at is None or publication.id not in present
    ]
    missing = [publication for publication in waiting if publication.id not in present]
    editions = [_edition_row(publication) for publication in missing]
    figures = [row for publication in missing for row in _figure_rows(publication.id)]
    memberships = _copies(PublishedMembership, ("cluster_id", "unit_id"), missing)
    activities = _copies(PublishedActivity, ActivityColumns.__annotations__, missing)
    criteria = _copies(PublishedCriterion, CriterionColumns.__annotations__, missing)
    done = [(publication.id, publication.period) for publication in waiting]
    db.session.commit()
    if editions:
        _reveal(
            (Edition, editions),
            (Figure, figures),
            (EditionMembership, memberships),
            (ActivityFigure, activities),
            (CriterionFigure, criteria),
        )
    if done:
        _note_published(province_id, done, by)
    return tuple(period for _, period in done)


def _reveal(*tables: tuple[type[ReadBase], list[dict[str, Any]]]) -> None:
    """Step 2: the editions become visible, whole."""
    try:
        for table, rows in tables:
            if rows:
                db.session.execute(insert(table), rows)
        db.session.commit()
    except DBAPIError as error:
        db.session.rollback()
        raise Refused(
            _l(
                "The read model could not be written, so nothing was published. "
                "What was prepared is kept: publish again."
            )
        ) from error


def _note_published(province_id: UUID, done: list[tuple[UUID, str]], by: Actor) -> None:
    """Step 3: the working database knows that readers have them."""
    for publication_id, period in done:
        db.session.execute(
            update(Publication)
            .where(Publication.id == publication_id, Publication.published_at.is_(None))
            .values(published_at=now())
        )
        audit.record(
            "figures.publish", "edition", publication_id, by=by, unit_id=province_id, period=period
        )
    db.session.commit()


def check_reachable(province_id: UUID) -> set[UUID]:
    """The editions in the read model. Raises Refused when it is away or knows more than we do."""
    try:
        present = dict(
            cast(
                "list[tuple[UUID, str]]",
                db.session.execute(
                    select(Edition.id, Edition.period).where(Edition.province_id == province_id)
                ).all(),
            )
        )
    except DBAPIError as error:
        db.session.rollback()
        reason = _l("The read model can't be reached, so nothing was published.")
        raise Refused(reason) from error
    known = set(
        db.session.scalars(select(Publication.id).where(Publication.province_id == province_id))
    )
    db.session.commit()
    strangers = sorted(period for id_, period in present.items() if id_ not in known)
    if strangers:
        raise Refused(
            _l(
                "The read model has an edition of %(period)s whose counts are missing here. "
                "One of the two databases comes from another backup.",
                period=strangers[0],
            )
        )
    return set(present)


def _count_row(publication_id: UUID, one: Print, ids: Mapping[str, UUID]) -> dict[str, Any]:
    own = "cluster_id" if one.cell.level == "cluster" else "unit_id"
    return {
        "id": uuid4(),
        "publication_id": publication_id,
        **{key: ids[one.cell.unit] if key == own else None for key in ("unit_id", "cluster_id")},
        "level": str(one.cell.level),
        "measure": one.cell.code,
        "period": one.cell.period,
        "count": one.count,
        "is_printed": one.is_printed,
        "shown": str(one.shown),
        "low": one.low,
        "high": one.high,
    }


def _units_of(period: str, prints: Sequence[Print], ids: Mapping[str, UUID]) -> frozenset[UUID]:
    """The units that are in the edition of a month: something of that month is printed of them."""
    return frozenset(
        ids[one.cell.unit]
        for one in prints
        if one.is_printed and one.cell.level == "unit" and one.cell.period == period
    )


def _membership_rows(
    publication_id: UUID, clusters: Membership, ids: Mapping[str, UUID]
) -> Iterator[dict[str, Any]]:
    for code, units in clusters.items():
        for unit in sorted(units):
            yield {
                "id": uuid4(),
                "publication_id": publication_id,
                "cluster_id": ids[code],
                "unit_id": ids[unit],
            }


def _activity_rows(publication_id: UUID, work: WorkDone) -> Iterator[dict[str, Any]]:
    for one in work.figures:
        yield {
            "id": uuid4(),
            "publication_id": publication_id,
            "unit_id": one.unit_id,
            "level": "province" if one.is_province else "unit",
            "measure": str(one.measure),
            "kind": str(one.kind),
            "from_on": one.from_on,
            "until_on": one.until_on,
            "shown": str(one.shown),
            "low": one.low,
            "high": one.high,
            "on": one.on,
        }


def _criterion_rows(publication_id: UUID, work: WorkDone) -> Iterator[dict[str, Any]]:
    for one in work.criteria:
        rule, found = one.rule, one.found
        yield {
            "id": uuid4(),
            "publication_id": publication_id,
            "unit_id": one.unit_id,
            "code": rule.code,
            "position": rule.position,
            "text": rule.text,
            "set_id": rule.set_id,
            "set_number": rule.set_number,
            "met": rule.met,
            "partly": rule.partly,
            "from_on": one.from_on,
            "until_on": one.until_on,
            "numerator": found.numerator,
            "denominator": found.denominator,
            "value": found.value,
            "unit_of_value": str(found.unit),
            "rating": str(one.rating),
        }


def _copies(
    table: type[PublishedActivity] | type[PublishedCriterion] | type[PublishedMembership],
    columns: Iterable[str],
    publications: Sequence[Publication],
) -> list[dict[str, Any]]:
    """The rows of the read model: the same columns, under the id of the edition."""
    query = select(
        table.publication_id.label("edition_id"),
        *(getattr(table, name).label(name) for name in columns),
    ).where(table.publication_id.in_([publication.id for publication in publications]))
    return [{"id": uuid4(), **row} for row in db.session.execute(query).mappings()]


def _edition_row(publication: Publication) -> dict[str, Any]:
    from_on, until_on = days_of(publication.period)
    return {
        "id": publication.id,
        "province_id": publication.province_id,
        "period": publication.period,
        "from_on": from_on,
        "until_on": until_on,
        "published_at": publication.prepared_at,
        "published_by": publication.prepared_by,
    }


def _figure_rows(publication_id: UUID) -> Iterator[dict[str, Any]]:
    query = select(PublishedCount).where(
        PublishedCount.publication_id == publication_id, PublishedCount.is_printed
    )
    for one in db.session.scalars(query):
        measure = measure_of(one.measure)
        from_on, until_on = days_of(one.period)
        yield {
            "id": uuid4(),
            "edition_id": publication_id,
            "unit_id": one.cluster_id or one.unit_id,
            "level": one.level,
            "measure": one.measure,
            "unit_of_count": str(measure.unit_of_count),
            "from_on": from_on,
            "until_on": until_on,
            "is_personal": measure.is_personal,
            "shown": one.shown,
            "low": one.low,
            "high": one.high,
        }
