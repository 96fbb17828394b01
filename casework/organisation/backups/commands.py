"""`flask --app app backup …`: copies made, and brought back elsewhere."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from casework.organisation.backups.operations import (
    BackupRefused,
    create_backup,
    make_key,
    restore_backup,
)

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group("backup")
def backup() -> None:
    """Copies of the whole program, sealed to a key that is kept offline."""


@backup.command("make-key")
@click.option("--output", type=NEW_FILE, required=True, help="Where the private half is written.")
@with_appcontext
def new_key(output: Path) -> None:
    """A key pair for copies. Copies made before keep opening with the earlier file."""
    try:
        public = make_key(output)
    except OSError as error:
        raise click.ClickException(f"{output} was not written: {error.strerror}.") from None
    click.echo(f"Copies are sealed to {public}.")
    click.echo(f"Take {output} off this machine. Without it no copy opens; with it, every copy.")


@backup.command("create")
@click.argument("output", type=NEW_FILE)
@with_appcontext
def create(output: Path) -> None:
    """Write a sealed copy of both databases into a new file, while the program runs."""
    try:
        copy = create_backup(output)
    except BackupRefused as refused:
        raise click.ClickException(str(refused)) from None
    click.echo(f"{output}: {', '.join(copy.files)}, up to row {copy.head} of the log.")


@backup.command("restore")
@click.argument("archive", type=FILE)
@click.option("--key", type=FILE, required=True, help="The private half of the key of copies.")
@click.option("--into", "folder", type=click.Path(file_okay=False, path_type=Path), required=True)
@with_appcontext
def restore(archive: Path, key: Path, folder: Path) -> None:
    """Open a copy into a folder, and check it. Nothing that is there is written over."""
    try:
        copy = restore_backup(archive, key, folder)
    except BackupRefused as refused:
        raise click.ClickException(f"{refused} Nothing was restored.") from None
    click.echo(f"{', '.join(copy.files)} of {copy.made_at} are in {folder}.")
    click.echo(f"The log goes up to row {copy.head}. Put the pepper there, then: audit verify")
