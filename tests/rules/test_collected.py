"""No test stands in a file that pytest never opens, and warnings are errors."""

import ast
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent


def test_every_file_with_tests_is_collected():
    written = {_address(file) for file in TESTS.rglob("*.py") if _holds_tests(file)}
    assert written, "no tests found: this rule looks in the wrong folder"
    assert written == _collected()


def test_a_warning_is_an_error():
    with pytest.raises(UserWarning):
        warnings.warn("a warning", stacklevel=1)


def _holds_tests(file: Path) -> bool:
    """Whether a file promises tests, by its name or by what stands in it."""
    if file.name.startswith("test_") or file.stem.endswith("_test"):
        return True
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
        for node in ast.walk(ast.parse(file.read_bytes()))
    )


def _collected() -> set[str]:
    # A process of its own: this run may be of a few tests only.
    command = [sys.executable, "-m", "pytest", "--collect-only", TESTS]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return {line.partition("::")[0] for line in result.stdout.splitlines() if "::" in line}


def _address(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()
