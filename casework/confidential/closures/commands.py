"""Erasing a case at the server, for the one who runs it and was told to by two people on paper."""

import click
from flask.cli import with_appcontext

from casework.confidential.closures.models import Erasure, ErasureCause, ErasureStatus
from casework.confidential.closures.operations import erase, is_code_of
from casework.confidential.closures.queries import backups_end, find_case, find_proposal
from casework.core.audit import SYSTEM
from casework.core.clock import now
from casework.core.database import db, empty_write_ahead_log
from casework.core.forms import RuleBroken
from casework.organisation.units.models import Unit


@click.command("erase")
@click.argument("reference")
@click.option("--yes", is_flag=True, help="Do not ask to type the code again.")
@click.option(
    "--cause",
    type=click.Choice([str(cause) for cause in ErasureCause]),
    default=str(ErasureCause.REQUEST),
    help="Why, where nobody proposed it in the program.",
)
@with_appcontext
def erase_case(reference: str, yes: bool, cause: str) -> None:
    """Destroy the keys and texts of a closed case. Nobody opens them again."""
    case = find_case(reference)
    if case is None:
        raise click.ClickException("There is no case with this code.")
    if not yes and not is_code_of(case, click.prompt("Type the code again to erase it for good")):
        raise click.ClickException("This is another code. Nothing was erased.")
    erasure = find_proposal(case) or Erasure(
        case_id=case.id, unit_id=case.unit_id, cause=cause, status=ErasureStatus.PROPOSED
    )
    db.session.add(erasure)
    province_id = db.session.get_one(Unit, case.unit_id).province_id
    try:
        erase(case, erasure, by=SYSTEM)
    except RuleBroken as broken:
        raise click.ClickException(str(broken.message)) from None
    db.session.commit()
    click.echo("Erased: its keys and texts are gone, coded facts stay for the counts.")
    click.echo(f"Earlier backups can still hold it until {backups_end(province_id, now())}.")
    if not empty_write_ahead_log():
        click.echo("The database was being read: its write-ahead log is cut at the next erasure.")
