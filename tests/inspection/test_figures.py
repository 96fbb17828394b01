"""The unit view shows what was published, to whom it may, and nothing else."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from sqlalchemy import event

from casework.core.database import db
from casework.inspection.readmodel.models import Edition, Figure, Measure

OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))


def publish(cast, unit, **figures):
    """Write an edition of October 2026 with figures of one unit: measure=(low, high)."""
    edition = Edition(
        id=uuid4(),
        province_id=cast.units["province"],
        period="2026-10",
        from_on=OCTOBER[0],
        until_on=OCTOBER[1],
        published_at=datetime(2026, 11, 5, tzinfo=UTC),
        published_by="test",
    )
    db.session.add(edition)
    for name, (low, high) in figures.items():
        measure = Measure(name)
        db.session.add(
            Figure(
                id=uuid4(),
                edition_id=edition.id,
                unit_id=cast.units[unit],
                level="unit",
                measure=measure,
                unit_of_count=measure.unit_of_count,
                from_on=OCTOBER[0],
                until_on=OCTOBER[1],
                is_personal=measure.is_personal,
                shown="exact" if low == high else "none" if low is None else "band",
                low=low,
                high=high,
            )
        )
    db.session.commit()


@pytest.fixture
def published(app, cast):
    with app.app_context():
        publish(
            cast,
            "a",
            open=(0, 4),
            new=(5, 9),
            supported=(5, None),
            attendances=(40, 44),
            contacts=(123, 123),
            sessions_due=(4, 4),
            sessions_held=(3, 3),
            sessions_on_time=(2, 2),
        )


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("who", ["unithead", "counselor", "coordinator"])
def test_the_own_unit_opens_at_once(client_as, who):
    visitor = client_as(who)
    words = visitor.follow(visitor.get("/figures")).words
    assert "Phường Bạc Liêu" in words
    assert "under 5" in words
    assert "5–9" in words
    assert "5 or more" in words
    assert "2/4 sessions" in words
    assert "123 contacts" in words
    assert "blurred so that nobody can be recognised" in words


@pytest.mark.usefixtures("published")
def test_no_number_stands_in_the_page_that_was_not_printed(client_as, cast):
    page = client_as("unithead").get(f"/figures/{cast.units['a']}")
    shown = {"0–4", "under 5", "5–9", "5 or more", "40–44"}
    assert any(text in page.words for text in shown)
    for hidden in ("persons: 3", ">3 persons", ">7 persons"):
        assert hidden not in page.text


@pytest.mark.usefixtures("published")
def test_inspectors_choose_among_the_units_of_their_province(client_as, cast):
    page = client_as("inspector").get("/figures")
    assert "Xã Năm Căn" in page.words
    assert "Long Xuyên" not in page.words
    assert client_as("inspector").get(f"/figures/{cast.units['a']}").status == 200
    assert client_as("inspector-elsewhere").get(f"/figures/{cast.units['a']}").status == 404


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    ("who", "status"), [("unithead-b", 404), ("volunteer", 403), ("admin", 403), ("dpo", 403)]
)
def test_others_do_not_see_the_unit(client_as, cast, who, status):
    assert client_as(who).get(f"/figures/{cast.units['a']}").status == status


def test_nothing_published_is_said_plainly(client_as, cast):
    assert (
        "Nothing is published yet" in client_as("unithead").get(f"/figures/{cast.units['a']}").words
    )


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("period", ["2026-10", "9999-99", "x" * 500, "2020-01"])
def test_any_period_answers(client_as, cast, period):
    assert client_as("unithead").get(f"/figures/{cast.units['a']}?period={period}").status == 200


@pytest.mark.usefixtures("published")
def test_the_page_asks_no_confidential_table(client_as, cast, app):
    asked: list[str] = []
    with app.app_context():
        engines = list(db.engines.values())

    def listen(*arguments):
        asked.append(arguments[2])

    visitor = client_as("inspector")
    for engine in engines:
        event.listen(engine, "before_cursor_execute", listen)
    try:
        visitor.get("/figures")
        visitor.get(f"/figures/{cast.units['a']}")
        visitor.get("/figures/compare?people=1&other=2026-09")
        visitor.client.get("/figures/compare/excel?people=1")
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", listen)
    assert any("figures" in statement for statement in asked)
    tables = (
        "cases",
        "identities",
        "contacts",
        "consents",
        "assignments",
        "grants",
        "group_members",
    )
    assert not [s for s in asked for table in tables if f" {table}" in s or f".{table}" in s]
