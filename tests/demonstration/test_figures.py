"""The figures of the whole demonstration: told by category, and nothing is found in them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask_migrate import upgrade
from sqlalchemy import select

from casework.anonymisation.attack import attack, read
from casework.anonymisation.categories import Silence
from casework.anonymisation.export import read_figures
from casework.anonymisation.plan import CATEGORIES
from casework.anonymisation.publish import PublicationReport, publish_periods
from casework.core.audit import SYSTEM
from casework.core.clock import today
from casework.core.database import db
from casework.demonstration.first_start import USUAL_PROVINCE
from casework.demonstration.horizon import horizon
from casework.demonstration.loading import USUAL_MONTHS, Wish, load
from casework.inspection.readmodel.models import Figure
from casework.organisation.units.models import Unit
from tests.conftest import MIGRATIONS
from tests.demonstration.conftest import PASSWORD, dispose, sqlite_app

Published = tuple[Unit, str, PublicationReport]
"""The province, its last month, and what was published."""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """What a first start publishes of its usual province."""
    folder = tmp_path_factory.mktemp("figures")
    app = sqlite_app(folder)
    with app.app_context():
        upgrade(directory=MIGRATIONS)
        told = horizon(USUAL_MONTHS, None, today())
        load(Wish(told), PASSWORD, app.config["SETTINGS"].pepper, folder, recovery=True)
        db.session.commit()
        query = select(Unit).where(Unit.code == USUAL_PROVINCE, Unit.is_province)
        province = db.session.scalars(query.where(Unit.valid_until.is_(None))).one()
        *periods, _ = told.periods
        yield province, periods[-1], publish_periods(province, periods, by=SYSTEM)
    dispose(app)


def test_a_first_start_tells_persons_by_category(published: Published) -> None:
    """Also where a group is so rare in a unit that nobody may know of anybody there."""
    _, _, report = published
    assert report.silence is Silence.NONE
    told = set(db.session.scalars(select(Figure.measure).where(Figure.measure.contains("."))))
    for dimension in ("group", "sex", "age"):
        assert {f"open.{dimension}.{value}" for value in CATEGORIES[dimension]} <= told
    assert {f"closed.reason.{value}" for value in CATEGORIES["reason"]} <= told


def test_a_stranger_finds_nothing_in_them(published: Published, tmp_path: Path) -> None:
    province, period, _ = published
    read_figures(province.id, period).write_csv(tmp_path)
    found = attack(read(tmp_path), seconds=600)
    assert (found.undecided, found.contradictions) == ((), ())
    assert [one for one in found.found if one.verdict != "edge"] == []
    assert len(found.by_kind) > 30
