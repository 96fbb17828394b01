"""What `prepare` does: fill an empty program once, publish once, and say who may sign in."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from casework.anonymisation.periods import Stage, find_month, list_months
from casework.anonymisation.publish import PublicationReport
from casework.anonymisation.signing import SignatureState
from casework.anonymisation.standing import list_lines, list_parts
from casework.core.clock import today
from casework.core.database import db
from casework.demonstration import first_start, loading
from casework.demonstration.horizon import last_closed_month
from casework.inspection.conferences.models import ReviewConference
from casework.inspection.conferences.queries import Held, put_together
from casework.inspection.findings.models import Finding
from casework.inspection.inspections.models import Inspection, InspectionPlan
from casework.inspection.inspections.rules import is_working_day
from casework.inspection.minutes.models import Minutes, MinutesSignature
from casework.inspection.minutes.rules import is_whole
from casework.inspection.recommendations.models import Recommendation, RecommendationStep
from casework.inspection.visits.models import Visit
from casework.organisation.accounts.models import Account, AccountRole
from casework.organisation.units.models import Unit
from tests.conftest import Program
from tests.demonstration.conftest import dispose, sqlite_app


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Calls of what publishes, which has tests of its own."""
    calls: list[tuple[str, int]] = []

    def note(province: Unit, periods: Sequence[str], **_: object) -> PublicationReport:
        calls.append((province.code, len(periods)))
        return PublicationReport(tuple(periods), Counter(), (), 0.0, 0.0)

    monkeypatch.setattr(first_start, "publish_periods", note)
    return calls


def test_an_empty_program_stays_empty_when_asked(
    tmp_path: Path, published: list[tuple[str, int]]
) -> None:
    app = sqlite_app(tmp_path)
    result = app.test_cli_runner().invoke(args=["prepare", "--empty"])
    assert result.exit_code == 0, result.output
    assert "flask --app app setup" in result.output
    with app.app_context():
        assert db.session.scalar(select(Account.id)) is None
    assert published == []
    dispose(app)


def test_a_first_start_fills_and_publishes(
    tmp_path: Path, published: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASEWORK_DEMO_PASSWORD", "một mật khẩu để thử")
    app = sqlite_app(tmp_path)
    runner = app.test_cli_runner()
    first = runner.invoke(args=["prepare"])
    assert first.exit_code == 0, first.output
    assert "12 units" in first.output and "một mật khẩu để thử" in first.output
    assert "organisation_recovery_key" in first.output
    assert published == [("96", 23)]
    with app.app_context():
        assert_the_newest_month_waits()
        assert_rounds_are_held()
    key = tmp_path / loading.RECOVERY_KEY
    assert key.stat().st_mode & 0o777 == 0o600
    with app.app_context():
        before = loading.count()
    second = runner.invoke(args=["prepare"])
    assert second.exit_code == 0 and "counselor, counselor2" in second.output
    with app.app_context():
        assert loading.count() == before
    dispose(app)


def assert_the_newest_month_waits() -> None:
    """Closed, with units of every kind; the first is left to whoever tries the program."""
    province = db.session.scalars(
        select(Unit).where(Unit.code == "96", Unit.is_province, Unit.valid_until.is_(None))
    ).one()
    month = find_month(list_months(province.id), last_closed_month(today()))
    assert month.stage is Stage.CLOSED
    lines = list_lines(list_parts(province.id, month), month)
    assert {line.state for line in lines} == set(SignatureState)
    assert {line.mark is None for line in lines} == {True, False}
    assert all(line.mark is not None for line in lines if line.signature)
    own = [line for line in lines if line.unit.id == place_of("coordinator")]
    assert [(line.mark, line.signature) for line in own] == [(None, None)]


def place_of(username: str) -> UUID | None:
    query = select(AccountRole.unit_id).join(Account, Account.id == AccountRole.account_id)
    return db.session.scalars(query.where(Account.username == username)).one()


def test_a_program_in_use_is_only_migrated(
    program: Program, published: list[tuple[str, int]]
) -> None:
    result = program.app.test_cli_runner().invoke(args=["prepare"])
    assert result.exit_code == 0, result.output
    assert published == [] and "Password" not in result.output


def assert_visits_were_held() -> None:
    """Every visit that was held has its checklist, and what was found of it."""
    held = Inspection.status.not_in(("planned", "self_report"))
    visited = set(
        db.session.scalars(
            select(Inspection.id)
            .join(InspectionPlan)
            .where(held, InspectionPlan.status == "approved")
        )
    )
    visits = db.session.scalars(select(Visit)).all()
    assert {visit.inspection_id for visit in visits} == visited
    assert all(visit.closed_at and visit.started_at < visit.ended_at for visit in visits)
    findings = db.session.scalars(select(Finding)).all()
    assert {each.inspection_id for each in findings} == visited
    assert {each.status for each in findings} >= {"accepted", "proposed"}
    assert not [each.text for each in findings if "None" in each.text]


def assert_minutes_were_signed() -> None:
    """All of the earlier round and one of this year's, with one recommendation overdue."""
    minutes = db.session.scalars(select(Minutes).order_by(Minutes.year, Minutes.number)).all()
    assert [each.number for each in minutes] == [*range(1, 9), 1, 2]
    assert all(is_whole(each) for each in minutes)
    signed = db.session.scalars(select(MinutesSignature.minutes_id)).all()
    assert Counter(signed) == Counter([each.id for each in minutes[:9]] * 2)
    asked = db.session.scalars(select(Recommendation)).all()
    assert len([each for each in asked if each.is_overdue(today())]) == 1
    assert {each.status for each in asked} >= {"verified", "waived", "done", "in_progress", "open"}
    steps = db.session.scalars(select(RecommendationStep.kind)).all()
    assert set(steps) >= {"answer", "verification", "extension", "waiver"}


def assert_a_conference_is_prepared() -> None:
    """Over the months that are told, with what its computed part says of the rounds."""
    conference = db.session.scalars(select(ReviewConference)).one()
    assert not conference.is_closed
    province = db.session.get_one(Unit, conference.province_id)
    report = put_together(Held(conference, province, is_department=True)).report
    assert report.months == 24
    assert len(report.practices) == 3
    assert report.inspected.visits >= 8
    # One of this year's round is signed besides: early in a month, that was in the last one told.
    assert report.inspected.signed in (8, 9)
    assert report.asked.given > 0


def assert_rounds_are_held() -> None:
    plans = db.session.scalars(select(InspectionPlan).order_by(InspectionPlan.visits_from_on)).all()
    assert [plan.status for plan in plans] == ["approved", "approved", "submitted"]
    units = [
        db.session.execute(
            select(Unit.name, Inspection.status, Inspection.visit_on)
            .join(Inspection, Inspection.unit_id == Unit.id)
            .where(Inspection.plan_id == plan.id)
        ).all()
        for plan in plans
    ]
    assert {row.name for row in units[0]} == {
        "5", "8", "Hòa Bình", "Hộ Phòng", "1", "Láng Tròn", "Phong Thạnh Tây B", "Gành Hào",
    }  # fmt: skip
    assert [row.status for row in units[0]].count("closed") == 7
    assert [row.status for row in units[0]].count("following") == 1
    assert [row.status for row in units[1]].count("visited") == 2
    to_come = {"planned", "self_report"}
    assert all((row.visit_on > today()) == (row.status in to_come) for row in units[1])
    assert_visits_were_held()
    assert_minutes_were_signed()
    assert_a_conference_is_prepared()
    assert len(units[2]) == 5
    assert all(is_working_day(row.visit_on) for visited in units for row in visited)
