"""`flask --app app demo load` and `demo status`."""

import os
import secrets
from collections.abc import Sequence

import click
from flask import current_app
from flask.cli import with_appcontext

from casework.core.clock import today
from casework.core.database import db
from casework.demonstration import loading
from casework.demonstration.horizon import horizon
from casework.demonstration.loading import (
    USUAL_MONTHS,
    USUAL_OWN_CASES,
    USUAL_UNITS,
    AlreadyLoaded,
    Loaded,
    Wish,
)
from casework.demonstration.places import EVERYWHERE, NoSuchPlace
from casework.demonstration.staff import PLAYERS

PASSWORD = "CASEWORK_DEMO_PASSWORD"


@click.group("demo")
def demo() -> None:
    """The demonstration: a province that never existed."""


@demo.command("load")
@click.option("--province", "provinces", multiple=True, default=("96",), show_default=True,
              help="Code of a province; may be repeated; `all` is the whole country.")  # fmt: skip
@click.option(
    "--units",
    type=click.IntRange(2),
    help=f"How many units (default: {USUAL_UNITS}; all of them with `all`).",
)
@click.option(
    "--cases",
    type=click.IntRange(0),
    help="How many cases, closed ones too (default: as usual for the units).",
)
@click.option(
    "--months",
    type=click.IntRange(1, 120),
    default=USUAL_MONTHS,
    show_default=True,
    help="How many closed months are told.",
)
@click.option(
    "--until", metavar="YYYY-MM", help="The last month told (default: the last closed one)."
)
@click.option(
    "--own-cases",
    type=click.IntRange(0),
    help=f"Open cases of the account `counselor` (default: {USUAL_OWN_CASES}).",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed makes the same people."
)
@with_appcontext
def load(
    provinces: Sequence[str],
    units: int | None,
    cases: int | None,
    months: int,
    until: str | None,
    own_cases: int | None,
    seed: int,
) -> None:
    """Fill an empty program with people who don't exist."""
    if units is None and EVERYWHERE not in provinces:
        units = USUAL_UNITS
    try:
        wish = Wish(horizon(months, until, today()), provinces, units, cases, own_cases, seed)
        load_and_tell(wish)
    except (AlreadyLoaded, NoSuchPlace, ValueError) as error:
        raise click.ClickException(str(error)) from None


@demo.command("status")
@with_appcontext
def status() -> None:
    """Whether the demonstration is loaded, and how much of everything there is."""
    click.echo(
        "The demonstration is loaded."
        if loading.is_loaded()
        else "The demonstration is not loaded."
    )
    for kind, number in loading.count().items():
        click.echo(f"{number:>10} {kind}")


def load_and_tell(wish: Wish) -> Loaded:
    """Load, commit, and say what was made and who may sign in."""
    settings = current_app.config["SETTINGS"]
    password = os.environ.get(PASSWORD) or secrets.token_urlsafe(9)
    loaded = loading.load(
        wish, password, settings.pepper, settings.instance, recovery=settings.organisation_recovery
    )
    db.session.commit()
    click.echo(
        f"Demonstration: {loaded.units} units, {loaded.cases} cases, {loaded.rows} rows "
        f"in {loaded.seconds:.1f} s."
    )
    if loaded.key_file:
        click.echo(
            f"The organisation's recovery key is in {loaded.key_file}. "
            "In earnest, move it to a safe place offline."
        )
    tell_accounts(password)
    return loaded


def tell_accounts(password: str | None) -> None:
    """Print who may sign in."""
    click.echo("Accounts: " + ", ".join(player.username for player in PLAYERS))
    click.echo(f"Password: {password}" if password else "Password: as printed when it was loaded")
