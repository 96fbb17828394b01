"""Commands typed at the server: `flask --app app …`. Each commits once, at its end."""

from pathlib import Path

import click
from flask import Flask
from flask.cli import with_appcontext
from flask_migrate import upgrade

from casework.anonymisation.commands import figures
from casework.confidential.caseloads.commands import import_file as import_cases
from casework.confidential.closures.commands import erase_case
from casework.core import audit
from casework.core.audit import SYSTEM
from casework.core.database import db
from casework.demonstration import first_start
from casework.demonstration.commands import demo
from casework.inspection_role import Refused, narrow
from casework.organisation.access_log.operations import anchor_log
from casework.organisation.access_log.queries import anchor_file, list_anchors
from casework.organisation.administration.commands import keys, setup, units
from casework.organisation.backups.commands import backup
from casework.organisation.settings.operations import load_usual

ROOT = Path(__file__).resolve().parent.parent


@click.command("prepare")
@click.option("--empty", is_flag=True, help="Leave the program without demonstration data.")
@with_appcontext
def prepare(empty: bool) -> None:
    """Migrate both databases, enter the rates and checklists that the program brings along, and
    load the demonstration province where nothing is loaded yet.
    """
    upgrade(directory=str(ROOT / "migrations"))
    load_usual(by=SYSTEM)
    db.session.commit()
    if empty:
        first_start.tell_how_to_begin()
    else:
        first_start.fill()


@click.group("cases")
def cases() -> None:
    """Cases, at the server."""


cases.add_command(import_cases)
cases.add_command(erase_case)


@click.group("audit")
def audit_commands() -> None:
    """The access log."""


@audit_commands.command("verify")
@with_appcontext
def verify() -> None:
    """Walk the chain and compare it with the anchors. Exit code 1 when it was changed or cut."""
    verdict = audit.verify(db.session(), list_anchors())
    if verdict.broken_at is not None:
        raise click.ClickException(
            f"The log is broken at row {verdict.broken_at}; {verdict.good} rows before it hold."
        )
    click.echo(f"The log is whole: {verdict.good} rows, newest {verdict.head[:16]}.")


@audit_commands.command("anchor")
@with_appcontext
def anchor() -> None:
    """Append the newest row's position and digest to the anchor file, to be kept elsewhere."""
    click.echo(f"Anchored row {anchor_log()} in {anchor_file()}.")


@click.group("database")
def database() -> None:
    """The databases, and who may do what in them."""


@database.command("inspection-role")
@click.argument("role")
@with_appcontext
def inspection_role(role: str) -> None:
    """Let ROLE of PostgreSQL do what the inspection side needs on a server of its own, and nothing
    else. Typed as the role that migrates, again with each new version.
    """
    try:
        readable = narrow(role)
    except Refused as refused:
        raise click.ClickException(str(refused)) from None
    click.echo(f"{role} reads {readable} tables, and none that is confidential.")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(prepare)
    app.cli.add_command(audit_commands)
    app.cli.add_command(backup)
    app.cli.add_command(cases)
    app.cli.add_command(database)
    app.cli.add_command(setup)
    app.cli.add_command(keys)
    app.cli.add_command(units)
    app.cli.add_command(demo)
    app.cli.add_command(figures)
