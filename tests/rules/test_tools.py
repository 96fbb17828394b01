"""The tools of pyproject.toml have nothing to say. One test each: a failure names the tool."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sys.executable).parent

TOOLS = {
    "ruff check": ["ruff", "check", "--output-format", "concise", "."],
    "ruff format": ["ruff", "format", "--check", "--output-format", "concise", "."],
    "mypy": ["mypy"],
    "djlint": ["djlint", "--lint", "--quiet", "templates"],
    "djlint format": ["djlint", "--check", "templates"],
    "import contracts": ["lint-imports", "--no-logo"],
    "bandit": ["bandit", "--quiet", "--configfile", "pyproject.toml", "--recursive", "casework"],
    "codespell": ["codespell"],
    "pip check": ["pip", "check"],
}


@pytest.mark.parametrize("command", TOOLS.values(), ids=TOOLS)
def test_tool_is_content(command: list[str]):
    tool, *arguments = command
    result = subprocess.run(
        [SCRIPTS / tool, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        pytest.fail(f"{' '.join(command)}\n\n{result.stdout}\n{result.stderr}", pytrace=False)


def test_every_folder_of_the_program_is_a_package():
    """import-linter and mypy do not see what stands in a folder without `__init__.py`."""
    folders = {file.parent for file in (ROOT / "casework").rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []
