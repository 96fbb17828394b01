"""Figures of persons told apart by group, sex, age and reason, written into the read model."""

from datetime import date
from uuid import UUID, uuid4

from casework.core.clock import month_end
from casework.core.database import db
from casework.inspection.categories.rules import VALUES
from casework.inspection.readmodel.models import Edition, Figure

Ends = tuple[int | None, int | None]


def days(period: str) -> tuple[date, date]:
    """2026-09, 2026-Q3 or 2026."""
    year = int(period[:4])
    if len(period) == 4:
        return date(year, 1, 1), date(year, 12, 31)
    last = int(period[-1]) * 3 if "Q" in period else int(period[5:])
    return date(year, last - 2 if "Q" in period else last, 1), month_end(year, last)


def tell(
    edition: Edition, place: UUID, measure: str, period: str, low: int | None, high: int | None
) -> None:
    """One figure as printed; nothing where there is no lower end."""
    from_on, until_on = days(period)
    db.session.add(
        Figure(
            id=uuid4(),
            edition_id=edition.id,
            unit_id=place,
            level="province" if place == edition.province_id else "unit",
            measure=measure,
            unit_of_count="persons",
            from_on=from_on,
            until_on=until_on,
            is_personal=True,
            shown="none" if low is None else "exact" if low == high else "band",
            low=low,
            high=high,
        )
    )


def tell_quarter(edition: Edition, place: UUID, told: dict[str, Ends]) -> None:
    """Open, new and closed of the quarter that an edition ends: by group and by sex."""
    period = edition.period
    quarter = f"{period[:4]}-Q{int(period[5:]) // 3}"
    for measure, at in (("open", period), ("new", quarter), ("closed", quarter)):
        for dimension in ("group", "sex"):
            for value in VALUES[dimension]:
                code = f"{measure}.{dimension}.{value}"
                tell(edition, place, code, at, *told.get(code, (0, 4)))


def tell_year(edition: Edition, place: UUID, told: dict[str, Ends]) -> None:
    """The year that an edition ends: by group, sex and age, and closed cases by reason."""
    year = edition.period[:4]
    of_measure = {
        "open": ("age",),  # by group and sex with the quarter
        "new": ("group", "sex", "age"),
        "closed": ("group", "sex", "age", "reason"),
    }
    for measure, dimensions in of_measure.items():
        for dimension in dimensions:
            for value in VALUES[dimension]:
                code = f"{measure}.{dimension}.{value}"
                at = edition.period if measure == "open" else year
                tell(edition, place, code, at, *told.get(code, (0, 4)))
