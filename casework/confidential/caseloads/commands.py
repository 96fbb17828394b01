"""Taking a log in at the server, for a counselor: `flask --app app cases import FILE --as NAME`."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from flask import g
from flask.cli import with_appcontext

from casework.authz.permissions import Role
from casework.confidential.caseloads import sheets
from casework.confidential.caseloads.operations import by_row, import_people
from casework.confidential.caseloads.queries import rows_alike
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.sheets import SheetRefused, read_sheet
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.queries import find_account, list_roles_in_force
from casework.organisation.units.models import Unit
from casework.vault.grants import Scribe


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "username", required=True, help="The counselor the cases are entrusted to.")
@click.option("--unit", "code", help="The unit's code, where the counselor works in several.")
@click.option("--dry-run", is_flag=True, help="Check every row, write nothing.")
@click.option("--other-people", is_flag=True, help="Rows that look alike are different people.")
@with_appcontext
def import_file(
    file: Path, username: str, code: str | None, dry_run: bool, other_people: bool
) -> None:
    """Take in a log (XLSX or CSV, in the template of the page "From Excel").

    Everybody in it is taken in, or nobody. The keys of the new cases are made here, given to the
    counselor, the unit's coordinators and the organisation, and forgotten when the command ends.
    It opens no case there is, so it can't tell who has one already: the page does.
    """
    account = find_account(username)
    if account is None or account.disabled_at is not None or account.has_expired:
        raise click.ClickException(f"There is no account {username} that may sign in.")
    unit = _unit_of(account, code)
    g.keyring = Scribe()
    try:
        people = sheets.read_people(read_sheet(file, sheets.NEEDED))
        _tell_of(rows_alike(by_row(people)), may_go_on=dry_run or other_people)
        by = Actor(account.id, account.display_name)
        done = import_people(unit.id, people, by=by, only_check=dry_run)
    except SheetRefused as refused:
        for fault in refused.faults:
            click.echo(f"row {fault.row or '-'}, {fault.column or 'the file'}: {fault.reason}")
        raise click.ClickException("Nothing was written.") from None
    db.session.commit()
    verb = "would be taken in" if dry_run else "taken in"
    click.echo(f"{done.cases} cases with {done.contacts} contacts {verb} in {unit.label}.")


def _tell_of(alike: Mapping[int, Sequence[int]], *, may_go_on: bool) -> None:
    """The rows that may be of one person; they have to be confirmed to be of several."""
    for row, rows in alike.items():
        click.echo(f"row {row} looks like row {', '.join(map(str, rows))}")
    if alike and not may_go_on:
        raise click.ClickException(
            "Nothing was written. Look at these rows; where they are different people, "
            "add --other-people."
        )


def _unit_of(account: Account, code: str | None) -> Unit:
    """Where the account is a counselor today."""
    units = {
        unit.code: unit
        for role, unit in list_roles_in_force(account.id)
        if unit is not None and role.role == Role.COUNSELOR
    }
    if code is not None:
        units = {code: units[code]} if code in units else {}
    if len(units) != 1:
        known = ", ".join(sorted(units)) or "none"
        raise click.ClickException(
            f"{account.username} is a counselor in: {known}. Name one with --unit."
        )
    return next(iter(units.values()))
