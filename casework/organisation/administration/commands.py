"""Commands of the one who runs the server: the first administrator, recovery keys, official lists
of units.
"""

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from casework.core.audit import SYSTEM
from casework.core.database import db
from casework.core.forms import RuleBroken, clean
from casework.core.sheets import SheetRefused, read_sheet
from casework.organisation.accounts.forms import USERNAME, fault_of_password
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.queries import find_account
from casework.organisation.administration.operations import (
    entrust_recovery,
    make_organisation_key,
    read_key_file,
    recover_account,
    set_up,
    temporary_password,
    withdraw_recovery,
    write_key_file,
)
from casework.organisation.units.operations import COLUMNS, import_units, load_built_in_units
from casework.vault.recovery import forget_expired

KEY_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("setup")
@click.option("--username", prompt="Sign-in name of the administrator")
@click.option("--name", prompt="Name of the administrator")
@click.option("--generate-password", is_flag=True, help="Make a temporary password and print it.")
@click.option("--recovery-key-file", type=KEY_FILE, help="Where the organisation's key is written.")
@with_appcontext
def setup(
    username: str, name: str, generate_password: bool, recovery_key_file: Path | None
) -> None:
    """Make the organisation's recovery key and the first administrator.

    Refused once accounts exist.
    """
    if recovery_key_file is None and current_app.config["SETTINGS"].organisation_recovery:
        raise click.UsageError("Say with --recovery-key-file where the organisation's key goes.")
    if not USERNAME.match(username):
        raise click.UsageError("A sign-in name has 3 to 41 small letters, digits, . _ or -.")
    password = temporary_password() if generate_password else _ask_password(username)
    secret = make_organisation_key() if recovery_key_file else None
    try:
        set_up(username, clean(name), password, temporary=generate_password)
    except RuleBroken as broken:
        raise click.ClickException(str(broken.message)) from None
    if recovery_key_file and secret:
        _hand_over(recovery_key_file, secret)
    db.session.commit()
    click.echo(f"Administrator: {username}")
    if generate_password:
        click.echo(f"Temporary password, shown this once: {password}")


@click.group("keys")
def keys() -> None:
    """The organisation's recovery key and what it opens."""


@keys.command("make-organisation")
@click.option("--output", type=KEY_FILE, required=True, help="Where the private half is written.")
@with_appcontext
def make_organisation(output: Path) -> None:
    """A new recovery key for accounts and cases made from now on.

    Keep the earlier file for the others.
    """
    _hand_over(output, make_organisation_key())
    db.session.commit()


@keys.command("recover-account")
@click.argument("username")
@click.option("--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--codes-off", is_flag=True, help="Also turn one-time codes off: the phone is lost.")
@with_appcontext
def recover(username: str, key: Path, codes_off: bool) -> None:
    """Open an account with the organisation's key and a temporary password.

    Nothing readable is lost.
    """
    account = _account(username)
    try:
        password = recover_account(account, read_key_file(key), codes_off=codes_off)
    except ValueError:
        raise click.ClickException(f"{key} holds no recovery key.") from None
    except RuleBroken as broken:
        raise click.ClickException(str(broken.message)) from None
    db.session.commit()
    click.echo(f"Temporary password of {account.username}, shown this once: {password}")


@keys.command("entrust-recovery")
@click.argument("username")
@click.option(
    "--file", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True
)
@with_appcontext
def entrust(username: str, file: Path) -> None:
    """Wrap the organisation's key for a data-protection officer, who can then open a case for
    somebody out of turn.

    With it and the database the officer could open every case. Name two at most.
    """
    try:
        entrust_recovery(_account(username), read_key_file(file))
    except ValueError:
        raise click.ClickException(f"{file} holds no recovery key.") from None
    except RuleBroken as broken:
        raise click.ClickException(str(broken.message)) from None
    db.session.commit()
    click.echo(f"{username} can approve openings out of turn. Take {file} off this machine again.")


@keys.command("withdraw-recovery")
@click.argument("username")
@with_appcontext
def withdraw(username: str) -> None:
    """Delete what an account holds of the organisation's key."""
    if not withdraw_recovery(_account(username)):
        raise click.ClickException(f"{username} holds nothing of the organisation's key.")
    db.session.commit()
    click.echo(f"{username} holds nothing of the organisation's key any more.")


@keys.command("forget-expired")
@with_appcontext
def forget() -> None:
    """Delete the wrapped keys whose end has passed: of openings out of turn and of covers."""
    count = forget_expired()
    db.session.commit()
    click.echo(f"{count} grants deleted.")


@click.group("units")
def units() -> None:
    """Administrative units."""


@units.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def import_file(file: Path) -> None:
    """Add the units of a CSV or XLSX file: all of them, or none when a row is wrong."""
    try:
        done = import_units(read_sheet(file, COLUMNS), by=SYSTEM)
    except SheetRefused as refused:
        for fault in refused.faults:
            click.echo(f"row {fault.row}, {fault.column or 'file'}: {fault.reason}", err=True)
        raise click.ClickException(f"{refused}; nothing was written.") from None
    db.session.commit()
    click.echo(f"{done.added} units added, {done.ended} ended, {done.known} known already.")


@units.command("load")
@click.option("--province", "provinces", multiple=True, help="Code of a province; all if left out.")
@with_appcontext
def load(provinces: tuple[str, ...]) -> None:
    """Load the units of 2025 that come with the program, with the pilot units before them."""
    done = load_built_in_units(provinces or None)
    db.session.commit()
    click.echo(f"{done.added} units added, {done.known} known already.")


def _account(username: str) -> Account:
    account = find_account(username)
    if account is None:
        raise click.ClickException("There is no such account.")
    return account


def _ask_password(username: str) -> str:
    password = clean(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    fault = fault_of_password(password, username)
    if fault is not None:
        raise click.ClickException(str(fault))
    return str(password)


def _hand_over(path: Path, secret: bytes) -> None:
    try:
        write_key_file(path, secret)
    except OSError as error:
        raise click.ClickException(f"{path} was not written: {error.strerror}.") from None
    click.echo(f"The organisation's recovery key is in {path}.")
    click.echo("Take it off this machine. Whoever holds it can open every account.")
