"""Editions as readers have them, written straight into the read model."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

from casework.core.clock import month_end
from casework.core.database import db
from casework.inspection.readmodel.models import (
    ActivityFigure,
    ActivityMeasure,
    CriterionFigure,
    Edition,
    EditionMembership,
    Figure,
    Measure,
)


def publish(province: UUID, period: str) -> Edition:
    """An edition of a month."""
    first = date(int(period[:4]), int(period[5:]), 1)
    edition = Edition(
        id=uuid4(),
        province_id=province,
        period=period,
        from_on=first,
        until_on=month_end(first.year, first.month),
        published_at=datetime(2026, 11, 5, tzinfo=UTC),
        published_by="test",
    )
    db.session.add(edition)
    db.session.flush()
    return edition


def tell_year(edition: Edition, unit: UUID, measure: Measure, low: int, high: int) -> None:
    """What was printed of a unit and the whole calendar year of an edition."""
    year = edition.until_on.year
    db.session.add(
        Figure(
            id=uuid4(),
            edition_id=edition.id,
            unit_id=unit,
            level="unit",
            measure=measure,
            unit_of_count=measure.unit_of_count,
            from_on=date(year, 1, 1),
            until_on=date(year, 12, 31),
            is_personal=True,
            shown="exact" if low == high else "band",
            low=low,
            high=high,
        )
    )


def judge(
    edition: Edition,
    unit: UUID,
    ratings: Mapping[str, str],
    set_id: UUID,
    texts: Mapping[str, str] | None = None,
) -> None:
    """How a unit was judged: rating by code, in the order of the checklist."""
    db.session.add_all(
        CriterionFigure(
            id=uuid4(),
            edition_id=edition.id,
            unit_id=unit,
            code=code,
            position=position,
            text=texts[code] if texts else f"Tiêu chí {code}",
            set_id=set_id,
            set_number=1,
            from_on=edition.from_on,
            until_on=edition.until_on,
            unit_of_value="sessions",
            rating=rating,
        )
        for position, (code, rating) in enumerate(ratings.items())
    )


def tell_body(edition: Edition, unit: UUID, kind: str, count: int = 1) -> None:
    """That a unit had so many bodies, all of one kind."""
    db.session.add_all(
        ActivityFigure(
            id=uuid4(),
            edition_id=edition.id,
            unit_id=unit,
            level="unit",
            measure=ActivityMeasure.BODIES,
            kind=each,
            from_on=edition.until_on,
            until_on=edition.until_on,
            shown="exact",
            low=count,
            high=count,
        )
        for each in ("", kind)
    )


def tell_open(edition: Edition, unit: UUID, low: int | None, high: int | None) -> None:
    """A unit's open cases as printed; nothing where there is no lower end."""
    db.session.add(
        Figure(
            id=uuid4(),
            edition_id=edition.id,
            unit_id=unit,
            level="unit",
            measure=Measure.OPEN,
            unit_of_count="persons",
            from_on=edition.from_on,
            until_on=edition.until_on,
            is_personal=True,
            shown="none" if low is None else "exact" if low == high else "band",
            low=low,
            high=high,
        )
    )


def tell_cluster(
    edition: Edition, cluster: UUID, units: Iterable[UUID], count: int, new: int | None = None
) -> None:
    """The open cases of a cluster, exactly, and the units they are counted of; and the new cases of
    the year that an edition ends.
    """
    told = [(Measure.OPEN, edition.from_on, count)]
    if new is not None:
        told.append((Measure.NEW, date(edition.from_on.year, 1, 1), new))
    db.session.add_all(
        Figure(
            id=uuid4(),
            edition_id=edition.id,
            unit_id=cluster,
            level="cluster",
            measure=measure,
            unit_of_count="persons",
            from_on=first,
            until_on=edition.until_on,
            is_personal=True,
            shown="exact",
            low=number,
            high=number,
        )
        for measure, first, number in told
    )
    db.session.add_all(
        EditionMembership(edition_id=edition.id, cluster_id=cluster, unit_id=unit, id=uuid4())
        for unit in units
    )
