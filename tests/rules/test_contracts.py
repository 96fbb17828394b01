"""Each import contract of pyproject.toml is broken once, in a copy of the house with empty rooms.

The real house is checked in test_tools.py; here a contract that no longer bites is found out.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT_IMPORTS = Path(sys.executable).parent / "lint-imports"
FEATURE = ("routes", "forms", "operations", "queries", "models")
HOUSE = [
    "cli",
    "config",
    "demonstration.people",
    "core.database",
    "vault.envelope",
    "authz.policy",
    "anonymisation.protection",
    "anonymisation.attack",
    "anonymisation.publish",
    "anonymisation.routes",
    *(f"organisation.accounts.{file}" for file in FEATURE),
    *(f"organisation.{name}.models" for name in ("bodies", "meetings", "budgets", "overview")),
    *(f"inspection.indicators.{file}" for file in FEATURE),
    *(f"confidential.{name}.models" for name in ("cases", "consent", "intake", "contacts")),
    *(f"confidential.groups.{file}" for file in FEATURE),
    *(f"confidential.{name}.routes" for name in ("rosters", "group_sessions")),
]

BREACHES = {
    "inspection reads a case": ("inspection.indicators.queries", "confidential.cases.models"),
    "a case reads inspection": ("confidential.cases.models", "inspection.indicators.models"),
    "core knows a part": ("core.database", "vault.envelope"),
    "the vault knows permissions": ("vault.envelope", "authz.policy"),
    "permissions know the organisation": ("authz.policy", "organisation.accounts.models"),
    "organisation knows a case": ("organisation.accounts.queries", "confidential.cases.models"),
    "a case knows its counting": ("confidential.cases.models", "anonymisation.publish"),
    "the proof knows the pages": ("anonymisation.publish", "anonymisation.routes"),
    "settings know a part": ("config", "core.database"),
    "the demonstration is used": ("anonymisation.publish", "demonstration.people"),
    "a case knows its consents": ("confidential.cases.models", "confidential.consent.models"),
    "a body knows its meetings": ("organisation.bodies.models", "organisation.meetings.models"),
    "money knows the overview": ("organisation.budgets.models", "organisation.overview.models"),
    "neighbours know each other": (
        "confidential.contacts.models",
        "confidential.group_sessions.routes",
    ),
    "a group knows its roster": ("confidential.groups.models", "confidential.rosters.routes"),
    "models know routes": ("confidential.groups.models", "confidential.groups.routes"),
    "queries know operations": (
        "inspection.indicators.queries",
        "inspection.indicators.operations",
    ),
    "operations know forms": ("organisation.accounts.operations", "organisation.accounts.forms"),
}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for module in HOUSE:
        file = _file(tmp_path, module)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    for folder in {file.parent for file in tmp_path.rglob("*.py")}:
        for package in (folder, *folder.parents):
            if package.is_relative_to(tmp_path / "casework"):
                (package / "__init__.py").touch()
    return tmp_path


def test_an_empty_house_keeps_every_contract(house: Path):
    assert _broken(house) == []


@pytest.mark.parametrize(("importer", "imported"), BREACHES.values(), ids=BREACHES)
def test_an_import_upwards_is_refused(house: Path, importer: str, imported: str):
    _file(house, importer).write_text(f"import casework.{imported}\n")
    assert len(_broken(house)) == 1


def test_a_way_around_is_refused_too(house: Path):
    """From inspection through a module that both may read, to a case."""
    _file(house, "server").write_text("import casework.confidential.cases.models\n")
    _file(house, "inspection.indicators.queries").write_text("import casework.server\n")
    assert len(_broken(house)) == 1


@pytest.mark.parametrize("module", ["helpers", "confidential.rumours", "confidential.cases.utils"])
def test_a_room_that_is_not_on_the_plan_is_refused(house: Path, module: str):
    _file(house, module).touch()
    assert len(_broken(house)) == 1


def test_protection_stays_pure(house: Path):
    _file(house, "anonymisation.protection").write_text("import sqlalchemy\n")
    assert len(_broken(house)) == 1


def _file(house: Path, module: str) -> Path:
    return house.joinpath("casework", *module.split(".")).with_suffix(".py")


def _broken(house: Path) -> list[str]:
    """The lines in which import-linter names the contracts that are broken."""
    command = [LINT_IMPORTS, "--no-logo", "--no-cache"]
    result = subprocess.run(command, cwd=house, capture_output=True, text=True, check=False)
    broken = [line for line in result.stdout.splitlines() if line.endswith("BROKEN")]
    assert (result.returncode != 0) is bool(broken), result.stdout + result.stderr
    return broken
