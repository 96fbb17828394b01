"""What `prepare` does: fill an empty program once, publish once, and say who may sign in."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from casework.core.database import db
from casework.demonstration import first_start, loading
from casework.organisation.accounts.models import Account
from casework.organisation.units.models import Unit
from tests.conftest import Program
from tests.demonstration.conftest import dispose, sqlite_app


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Calls of what publishes, which has tests of its own."""
    calls: list[tuple[str, int]] = []

    def note(province: Unit, periods: Sequence[str], **_: object) -> None:
        calls.append((province.code, len(periods)))

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
    assert published == [("96", 24)]
    key = tmp_path / loading.RECOVERY_KEY
    assert key.stat().st_mode & 0o777 == 0o600
    with app.app_context():
        before = loading.count()
    second = runner.invoke(args=["prepare"])
    assert second.exit_code == 0 and "counselor, counselor2" in second.output
    with app.app_context():
        assert loading.count() == before
    dispose(app)


def test_a_program_in_use_is_only_migrated(
    program: Program, published: list[tuple[str, int]]
) -> None:
    result = program.app.test_cli_runner().invoke(args=["prepare"])
    assert result.exit_code == 0, result.output
    assert published == [] and "Password" not in result.output
