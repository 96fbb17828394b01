"""The two commands of a fresh clone.

    python3 dev.py run [--port N] [--empty]    start the program with its demonstration province
    python3 dev.py test                        run the whole suite, on every core
    python3 dev.py test PYTEST-ARGUMENTS       run a part of it, as pytest would

Both need nothing but Python 3.11: they make `.venv` and install the locked requirements into it.
What was made once is kept, so that a second start takes seconds and overwrites nothing.
"""

from __future__ import annotations  # so that an older Python lives to say that it is too old

import argparse
import hashlib
import os
import platform
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
REQUIREMENTS = ROOT / "requirements.txt"
TEST_REQUIREMENTS = ROOT / "requirements-test.txt"  # holds everything of the other one too
TRANSLATIONS = ROOT / "casework" / "translations"
# Each worker has a PostgreSQL of its own, and the longest piece of work bounds what more would win.
EVERY_CORE = ("--numprocesses=auto", "--maxprocesses=4")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> None:
    options, pytest_arguments = _parse(sys.argv[1:])
    if sys.version_info < (3, 11):
        _give_up("Python 3.11 or newer is needed; this is " + platform.python_version())
    os.chdir(ROOT)
    if options.command == "run":
        run(port=options.port, empty=options.empty)
    else:
        test(pytest_arguments)


def run(*, port: int, empty: bool) -> NoReturn:
    """Prepare whatever is missing, then serve."""
    _refuse_taken_port(port)
    _install(REQUIREMENTS)
    _compile_translations()
    instance = _make_instance()
    environment = {**os.environ, "CASEWORK_INSTANCE": str(instance)}
    _prepare(instance, environment, empty=empty)
    _say(f"Serving on http://127.0.0.1:{port} (Ctrl-C stops)")
    _become(_server(port), environment)


def test(pytest_arguments: Sequence[str]) -> NoReturn:
    """Run pytest, which runs the linters too; its summary is the last thing printed."""
    _install(TEST_REQUIREMENTS)
    _compile_translations()
    environment = {**os.environ, "CASEWORK_CHROMIUM": _chromium()}
    _become([PYTHON, "-m", "pytest", *(pytest_arguments or EVERY_CORE)], environment)


# What `run` does


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0 if WINDOWS else 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            _give_up(f"Port {port} cannot be used ({error.strerror}); choose one with --port N")


def _make_instance() -> Path:
    """The folder of databases and secrets, closed to other people of this computer."""
    instance = Path(os.environ.get("CASEWORK_INSTANCE") or ROOT / "instance").resolve()
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    _keep(instance / "secret_key", secrets.token_hex(32))
    _keep(instance / "pepper", secrets.token_hex(32))
    return instance


def _prepare(instance: Path, environment: Mapping[str, str], *, empty: bool) -> None:
    """Migrate both databases and load the demonstration, in one process to be quick."""
    command: list[str | Path] = [PYTHON, "-m", "flask", "--app", "app", "prepare"]
    if empty:
        _call([*command, "--empty"], environment)
        return
    # The password the demonstration was loaded with stays the one that is printed.
    wanted = os.environ.get("CASEWORK_DEMO_PASSWORD") or secrets.token_urlsafe(9)
    password = _keep(instance / "demo_password", wanted)
    _call(command, {**environment, "CASEWORK_DEMO_PASSWORD": password})


def _server(port: int) -> list[str | Path]:
    """The command that serves the program."""
    if WINDOWS:  # where gunicorn does not run
        return [PYTHON, "-m", "flask", "--app", "app", "run", "--port", str(port)]
    address = f"127.0.0.1:{port}"
    return [PYTHON, "-m", "gunicorn", "--bind", address, "--threads", "8",
            "--log-level", "warning", "app:app"]  # fmt: skip


def _keep(file: Path, content: str) -> str:
    """Write a secret where there is none yet; answer what the file holds."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text().strip()
    with os.fdopen(descriptor, "w") as output:
        output.write(content + "\n")
    return content


# What both do


def _install(requirements: Path) -> None:
    """Make the environment and install the locked packages, unless they are there already."""
    stamp = VENV / "casework-installed"
    wanted = _fingerprint(requirements)
    if PYTHON.exists() and stamp.exists() and wanted in stamp.read_text().split():
        return
    if not PYTHON.exists():
        _make_environment()
    _say(f"Installing {requirements.name} (a minute or so)")
    # The lock is whole; left to resolve again, older pips take the newest release of what is asked
    # for with an extra ("coverage[toml]") and refuse it for its missing hash.
    _call([PYTHON, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check",
           "--no-deps", "--require-hashes", "--requirement", requirements])  # fmt: skip
    installed = [REQUIREMENTS, TEST_REQUIREMENTS]
    stamp.write_text("\n".join(map(_fingerprint, installed[: installed.index(requirements) + 1])))


def _make_environment() -> None:
    _say("Making .venv")
    command: list[str | Path] = [sys.executable, "-m", "venv", "--clear", VENV]
    if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0:
        return
    # Debian's Python comes without what venv needs.
    _install_system_package("python3-venv", "Python's venv module does not work here")
    _call(command)


def _fingerprint(requirements: Path) -> str:
    return hashlib.sha256(requirements.read_bytes()).hexdigest()


def _compile_translations() -> None:
    for source in TRANSLATIONS.glob("*/LC_MESSAGES/*.po"):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            _say(f"Compiling {source.relative_to(ROOT)}")
            _call([PYTHON, "-m", "babel.messages.frontend", "--quiet", "compile",
                   "--input-file", source, "--output-file", compiled])  # fmt: skip


def _chromium() -> str:
    """The browser of the tests: the one named, the one found, or the system's package."""
    if named := os.environ.get("CASEWORK_CHROMIUM"):
        return named
    found = _find_chromium()
    if not found:
        _install_system_package("chromium", "The browser tests need Chromium")
        found = _find_chromium() or _give_up("Chromium was installed, yet is not on the PATH")
    return found


def _find_chromium() -> str | None:
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def _install_system_package(package: str, need: str) -> None:
    """Install it where that is allowed; elsewhere say what to do and stop."""
    if WINDOWS or os.geteuid() != 0 or not shutil.which("apt-get"):
        _give_up(f"{need}: install it first (on Debian: sudo apt-get install {package})")
    _say(f"{need}: installing the system's package {package}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _call(["apt-get", "update", "-qq"], quiet)
    _call(["apt-get", "install", "-qq", "--yes", "--no-install-recommends", package], quiet)


# Processes and words


def _call(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> None:
    """Run a command whose failure ends everything."""
    result = subprocess.run(command, env=environment, check=False)
    if result.returncode != 0:
        _give_up(f"Failed ({result.returncode}): {' '.join(map(str, command))}")


def _become(command: Sequence[str | Path], environment: Mapping[str, str]) -> NoReturn:
    """Turn into another program, which then gets Ctrl-C and answers the exit code."""
    sys.stdout.flush()
    if WINDOWS:
        sys.exit(subprocess.run(command, env=environment, check=False).returncode)
    os.execve(command[0], [str(word) for word in command], dict(environment))


def _say(words: str) -> None:
    print(words, flush=True)


def _give_up(words: str) -> NoReturn:
    print(words, file=sys.stderr)
    sys.exit(2)


def _parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(prog="dev.py", description="Run the program, or its tests.")
    commands = parser.add_subparsers(dest="command", required=True)
    run_options = commands.add_parser("run", help="start the program")
    run_options.add_argument("--port", type=int, default=5000, help="default: 5000")
    run_options.add_argument("--empty", action="store_true", help="without the demonstration")
    if arguments[:1] == ["test"]:  # everything behind it is for pytest, --help too
        return argparse.Namespace(command="test"), list(arguments[1:])
    commands.add_parser("test", help="run the whole suite; takes pytest's arguments")
    return parser.parse_args(arguments), []


if __name__ == "__main__":
    main()
