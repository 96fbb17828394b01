"""What `prepare` does once the databases are there: the usual demonstration, then its figures."""

import os

import click
from sqlalchemy import select
from tqdm import tqdm

from casework.anonymisation.publish import Refused, publish_periods
from casework.anonymisation.wording import tell_silence
from casework.core.audit import SYSTEM
from casework.core.clock import today
from casework.core.database import db
from casework.demonstration import loading
from casework.demonstration.closing import leave_waiting
from casework.demonstration.commands import PASSWORD, load_and_tell, tell_accounts
from casework.demonstration.conference import prepare_conference
from casework.demonstration.horizon import Horizon, horizon
from casework.demonstration.loading import USUAL_MONTHS, Wish
from casework.demonstration.minutes import minute_rounds
from casework.demonstration.rounds import hold_rounds
from casework.demonstration.visits import hold_visits
from casework.inspection.readmodel.models import Edition
from casework.organisation.units.models import Unit

USUAL_PROVINCE = "96"


def fill() -> None:
    """Fill an empty program, publish all closed months but the newest, say who may sign in."""
    if loading.is_loaded():
        tell_accounts(os.environ.get(PASSWORD))
    elif loading.has_accounts():
        return
    else:
        load_and_tell(Wish(horizon(USUAL_MONTHS, None, today()), (USUAL_PROVINCE,)))
    if db.session.scalar(select(Edition.id).limit(1)) is None:
        _publish(horizon(USUAL_MONTHS, None, today()))


def tell_how_to_begin() -> None:
    """Without the demonstration somebody has to become the first administrator."""
    if not loading.has_accounts():
        click.echo("Nobody can sign in yet. Make the first administrator: flask --app app setup")


def _publish(told: Horizon) -> None:
    query = select(Unit).where(
        Unit.code == USUAL_PROVINCE, Unit.is_province, Unit.valid_until.is_(None)
    )
    province = db.session.scalars(query).one()
    *out, waiting = told.periods
    try:
        report = publish_periods(province, out, by=SYSTEM, progress=_progress)
    except Refused as error:  # the program can be tried without figures
        click.echo(f"The figures were not published: {error}")
    else:
        click.echo(f"Published the figures of {len(out)} months; {waiting} waits for its units.")
        if silence := tell_silence(report.silence):
            click.echo(silence)
    leave_waiting(province, waiting)
    rounds = hold_rounds(province, told)
    hold_visits(rounds)
    minute_rounds(rounds, told.today)
    prepare_conference(province, told)
    db.session.commit()


def _progress(periods: list[str]) -> "tqdm[str]":
    return tqdm(periods, desc="publishing", unit="month", disable=None)
