"""Commands typed at the server: `flask --app app …`. Each commits once, at its end."""

import json
import os
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade

from casework.core import audit
from casework.core.audit import SYSTEM
from casework.core.clock import now
from casework.core.database import db
from casework.demonstration import first_start
from casework.demonstration.commands import demo

ROOT = Path(__file__).resolve().parent.parent


@click.command("prepare")
@click.option("--empty", is_flag=True, help="Leave the program without demonstration data.")
@with_appcontext
def prepare(empty: bool) -> None:
    """Migrate both databases and load the demonstration province where nothing is loaded yet."""
    upgrade(directory=str(ROOT / "migrations"))
    if empty:
        first_start.tell_how_to_begin()
    else:
        first_start.fill()


@click.group("audit")
def audit_commands() -> None:
    """The access log."""


@audit_commands.command("verify")
@with_appcontext
def verify() -> None:
    """Walk the chain and compare it with the anchors. Exit code 1 when it was changed or cut."""
    verdict = audit.verify(db.session(), _anchors())
    if verdict.broken_at is not None:
        raise click.ClickException(
            f"The log is broken at row {verdict.broken_at}; {verdict.good} rows before it hold."
        )
    click.echo(f"The log is whole: {verdict.good} rows, newest {verdict.head[:16]}.")


@audit_commands.command("anchor")
@with_appcontext
def anchor() -> None:
    """Append the newest row's position and digest to the anchor file, to be kept elsewhere."""
    position, digest = audit.head(db.session())
    line = {"position": position, "digest": digest, "at": now().isoformat()}
    with _anchor_file().open("a") as file:
        file.write(json.dumps(line) + "\n")
    click.echo(f"Anchored row {position} in {_anchor_file()}.")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(prepare)
    app.cli.add_command(audit_commands)
    app.cli.add_command(demo)


def _anchor_file() -> Path:
    settings = current_app.config["SETTINGS"]
    return Path(settings.audit_anchor or settings.instance / "audit_anchors.jsonl")


def _anchors() -> list[tuple[int, str]]:
    if not _anchor_file().exists():
        return []
    lines = [json.loads(line) for line in _anchor_file().read_text().splitlines() if line]
    return [(line["position"], line["digest"]) for line in lines]


__all__ = ["SYSTEM", "os"]
