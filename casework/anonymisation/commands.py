"""`flask --app app figures …`: publishing, exporting and attacking the figures."""

from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy import select
from tqdm import tqdm

from casework.anonymisation import attack as auditor
from casework.anonymisation import publish as publishing
from casework.anonymisation.attack.edition import EditionUnreadable
from casework.anonymisation.export import NothingPublished, read_figures
from casework.anonymisation.publish import Prepared
from casework.anonymisation.wording import tell_silence
from casework.anonymisation.writing import Refused, finish
from casework.core.audit import SYSTEM
from casework.core.database import db
from casework.organisation.accounts.models import AccountRole
from casework.organisation.units.models import Unit

NAMED = 20


@click.group("figures")
def figures() -> None:
    """Counts that may be published."""


@figures.command("publish")
@click.option("--period", required=True, metavar="YYYY-MM", help="The month to publish.")
@click.option("--province", "code", help="Code of the province (default: the one that takes part).")
@click.option("--dry-run", is_flag=True, help="Show what would be printed; write nothing.")
@click.option("--yes", is_flag=True, help="Don't ask before publishing.")
@with_appcontext
def publish(period: str, code: str | None, dry_run: bool, yes: bool) -> None:
    """Count a month, protect, prove and attack it, ask, publish."""
    province = _province(code)
    name = province.label
    try:
        if not dry_run:
            finished = finish(province.id, by=SYSTEM)
            if finished:
                click.echo(f"Finished what an interrupted run had prepared: {', '.join(finished)}.")
            if period in finished:
                return
        with _Bar() as bar:
            prepared = publishing.prepare(province, [period], watch=bar.tell)
        _tell(prepared)
        if dry_run:
            click.echo("Dry run: nothing was published.")
            return
        if not yes:
            click.confirm(f"Publish {period} of {name}? It can't be taken back.", abort=True)
        prepared.write(by=SYSTEM)
    except Refused as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Published {period} of {name}.")


@figures.command("export")
@click.option("--period", required=True, metavar="YYYY-MM", help="Everything printed up to then.")
@click.option("--province", "code", help="Code of the province (default: the one that takes part).")
@click.option(
    "--format", "kind", type=click.Choice(["json", "csv"]), default="csv", show_default=True
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder for the files, made if absent (default: the current one).",
)
@with_appcontext
def export(period: str, code: str | None, kind: str, output: Path) -> None:
    """Write published figures and their public relations as files."""
    try:
        files = read_figures(_province(code).id, period)
    except NothingPublished as error:
        raise click.ClickException(str(error)) from None
    if kind == "csv":
        files.write_csv(output)
    else:
        files.write_json(output)
    click.echo(f"Wrote {len(files.rows)} cells to {output.resolve()}.")


@figures.command("attack")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
@click.option("--seconds", type=click.FloatRange(0), default=120.0, show_default=True,
              help="How long to try.")  # fmt: skip
def attack(folder: Path, seconds: float) -> None:
    """Try to prove small counts from the files in FOLDER. Exit code 1 when any is found."""
    try:
        edition = auditor.read(folder)
    except EditionUnreadable as error:
        raise click.ClickException(str(error)) from None
    with _Bar() as bar:
        found = auditor.attack(
            edition, seconds=seconds, progress=lambda done, all_: bar.tell("attack", done, all_)
        )
    click.echo(f"{'':24}{'cells':>8}{'exact':>8}{'within 1':>10}{'edge':>8}{'undecided':>11}")
    for kind, tally in sorted(found.by_kind.items()):
        click.echo(
            f"{kind:24}{tally.cells:>8}{tally.exact:>8}{tally.within_one:>10}"
            f"{tally.edge:>8}{tally.undecided:>11}"
        )
    click.echo(f"{found.seconds:.1f} seconds")
    leaks = [one for one in found.found if one.verdict != "edge"]
    for one in leaks[:NAMED]:
        click.echo(f"{one.verdict}: {one.cell} is {one.low}..{one.high}")
    for contradiction in found.contradictions[:NAMED]:
        click.echo(contradiction)
    if leaks or found.contradictions:
        raise click.exceptions.Exit(1)


class _Bar:
    """A progress bar that begins again with every stage."""

    def __enter__(self) -> "_Bar":
        self.bar = tqdm(unit="cell", disable=None, leave=False)
        return self

    def tell(self, stage: str, settled: int, all_: int) -> None:
        """Show how many cells of a stage are settled."""
        self.bar.set_description(stage, refresh=False)
        self.bar.total, self.bar.n = all_, settled
        self.bar.refresh()

    def __exit__(self, *_: object) -> None:
        self.bar.close()


def _tell(prepared: Prepared) -> None:
    report = prepared.report
    marks = ("exact", "band", "none")
    click.echo(f"{'':36}" + "".join(f"{mark:>8}" for mark in marks))
    for level, measure in sorted({key[:2] for key in report.shown}):
        numbers = [report.shown[level, measure, mark] for mark in marks]
        click.echo(f"{f'{level} {measure}':36}" + "".join(f"{number:>8}" for number in numbers))
    for cell, width in report.widened:
        click.echo(f"widened ({width.replace('_', ' ')}): {cell}")
    if silence := tell_silence(report.silence):
        click.echo(silence)
    click.echo(
        f"Proved in {report.proving_seconds:.1f} s; "
        f"the attack found nothing in {report.attack_seconds:.1f} s."
    )


def _province(code: str | None) -> Unit:
    query = select(Unit).where(Unit.is_province, Unit.valid_until.is_(None))
    if code is not None:
        query = query.where(Unit.code == code)
    else:
        at_work = select(Unit.province_id).join(AccountRole, AccountRole.unit_id == Unit.id)
        query = query.where(Unit.id.in_(at_work.where(~Unit.is_province)))
    found = db.session.scalars(query).all()
    if len(found) == 1:
        return found[0]
    if code is not None:
        raise click.ClickException(f"There is no province with the code {code}.")
    if not found:
        raise click.ClickException("No unit takes part yet.")
    codes = ", ".join(sorted(unit.code for unit in found))
    raise click.ClickException(f"Several provinces take part; choose one by --province: {codes}.")
