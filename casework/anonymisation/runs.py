"""Trying and publishing in the background, one run at a time for a province.

A run is a row that holds the province and a thread that does the work. While the thread lives,
the row's `beat_at` moves every two seconds. A run whose server was stopped or killed moves no more:
after a minute anybody who may publish takes over, and what the dead one had prepared is finished,
with the very prints it had proved (see `writing`). A run that was taken over writes nothing more.

Nothing is published before everything is proved: a run that is refused or dies leaves no trace in
what readers have.
"""

import json
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Thread
from typing import Any
from uuid import UUID

import structlog
from flask import Flask
from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from casework.anonymisation.models import Outcome, PublicationRun
from casework.anonymisation.publish import PublicationReport, prepare
from casework.anonymisation.writing import Refused, finish
from casework.authz.enforce import Access
from casework.config import LANGUAGES
from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import now
from casework.core.database import apart, db
from casework.core.errors import OutOfReach
from casework.core.forms import RuleBroken
from casework.organisation.units.models import Unit

BEAT_SECONDS = 2.0
DEAD_AFTER = timedelta(minutes=1)
log = structlog.get_logger("casework")


class TakenOver(Exception):
    """Somebody took this run for dead and began another."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run is to do: try or publish these months of a province, together."""

    province_id: UUID
    periods: tuple[str, ...]
    is_trial: bool


def ask_for_run(wanted: Wanted, *, by: Actor, unsigned: int = 0) -> PublicationRun:
    """Take hold of the province for a run; a dead one is put aside. `unsigned`: units that come out
    without their head's signature. Raises RuleBroken while another run lives.
    """
    other = find_run(wanted.province_id)
    if other is not None and other.ended_at is None:
        if is_alive(other):
            raise RuleBroken(_l("The figures of this province are being worked on already."))
        other.ended_at, other.outcome = now(), Outcome.LOST
        db.session.flush()
    run = PublicationRun(
        province_id=wanted.province_id,
        period=wanted.periods[-1],
        is_trial=wanted.is_trial,
        asked_by=by.id,
        stage="count",
    )
    db.session.add(run)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise RuleBroken(_l("Somebody else has just begun the same.")) from None
    audit.record(
        "figures.try" if wanted.is_trial else "figures.ask",
        "province",
        wanted.province_id,
        by=by,
        unit_id=wanted.province_id,
        period=run.period,
        unsigned=unsigned,
    )
    return run


def begin(app: Flask, run_id: UUID, wanted: Wanted, *, by: Actor) -> None:
    """Start the work; the row is committed by then."""
    name = f"publication {run_id}"
    Thread(target=carry_out, args=(app, run_id, wanted, by), name=name, daemon=True).start()


def carry_out(app: Flask, run_id: UUID, wanted: Wanted, by: Actor) -> None:
    """Do what a run is for, and write down how it ended."""
    with app.app_context(), _Pulse(app, run_id) as pulse:
        try:
            outcome, told = Outcome.DONE, json.dumps(_work(wanted, pulse.tell, by))
        except Refused as refused:
            db.session.rollback()
            outcome, told = Outcome.REFUSED, _told_why(refused)
        except TakenOver:
            return
        except Exception as error:
            db.session.rollback()
            log.error("publication failed", kind=type(error).__name__, place=_place(error))
            outcome, told = Outcome.FAILED, ""
        pulse.stop()
        _end(run_id, outcome, told, by)


def get_run(access: Access, run_id: UUID) -> tuple[PublicationRun, Unit]:
    """A run of a province within reach. Raises OutOfReach."""
    query = (
        select(PublicationRun, Unit)
        .join(Unit, Unit.id == PublicationRun.province_id)
        .where(PublicationRun.id == run_id, access.within(Unit.id, Unit.province_id))
    )
    row = db.session.execute(query).first()
    if row is None:
        raise OutOfReach
    return row[0], row[1]


def find_run(province_id: UUID) -> PublicationRun | None:
    """The newest run of a province."""
    query = (
        select(PublicationRun)
        .where(PublicationRun.province_id == province_id)
        .order_by(PublicationRun.started_at.desc(), PublicationRun.id)
    )
    return db.session.scalar(query.limit(1))


def is_alive(run: PublicationRun) -> bool:
    """Whether somebody is still at work on it."""
    return run.ended_at is None and now() - run.beat_at < DEAD_AFTER


def _work(wanted: Wanted, tell: Callable[[str, int, int], None], by: Actor) -> dict[str, Any]:
    province = db.session.get_one(Unit, wanted.province_id)
    if wanted.is_trial:
        return _told(prepare(province, wanted.periods, watch=tell).report)
    finished = finish(wanted.province_id, by=by)
    left = [period for period in wanted.periods if period not in finished]
    if not left:
        return {"finished": finished}
    prepared = prepare(db.session.get_one(Unit, wanted.province_id), left, watch=tell)
    tell("write", 0, 0)
    prepared.write(by=by)
    return {**_told(prepared.report), "finished": finished}


def _told(report: PublicationReport) -> dict[str, Any]:
    return {
        "periods": report.periods,
        "shown": [[*key, count] for key, count in sorted(report.shown.items())],
        "widened": report.widened,
        "silence": str(report.silence),
        "seconds": round(report.proving_seconds + report.attack_seconds),
    }


def _told_why(refused: Refused) -> str:
    """The reason in every language of the program: whoever opens the page reads their own."""
    reasons = {}
    for language in LANGUAGES:
        with force_locale(language):
            reasons[language] = str(refused.reason)
    return json.dumps({"reason": reasons, "cells": refused.cells})


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return " > ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames)


def _end(run_id: UUID, outcome: Outcome, told: str, by: Actor) -> None:
    run = db.session.get_one(PublicationRun, run_id)
    if run.ended_at is not None:
        return
    run.ended_at, run.outcome, run.told = now(), outcome, told
    if outcome is not Outcome.DONE:
        audit.record(
            f"figures.{outcome}",
            "province",
            run.province_id,
            by=by,
            unit_id=run.province_id,
            period=run.period,
        )
    db.session.commit()


class _Pulse:
    """Writes down how far a run is, in transactions of its own, for as long as it lives."""

    def __init__(self, app: Flask, run_id: UUID) -> None:
        self.app, self.run_id = app, run_id
        self.now: tuple[str, int, int] = ("count", 0, 0)
        self.is_over, self.is_lost = Event(), False
        self.thread = Thread(target=self._beat, name=f"pulse {run_id}", daemon=True)

    def __enter__(self) -> "_Pulse":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def tell(self, stage: str, settled: int, all_cells: int) -> None:
        """How many cells of a stage are settled. Raises TakenOver."""
        self.now = stage, settled, all_cells
        if stage == "write":
            self._write_down()
        if self.is_lost:
            raise TakenOver

    def stop(self) -> None:
        """Beat no more."""
        self.is_over.set()
        self.thread.join()

    def _beat(self) -> None:
        with self.app.app_context():
            while not self.is_over.wait(BEAT_SECONDS) and not self.is_lost:
                # A database that is busy for a moment is told at the next beat.
                with suppress(DBAPIError):
                    self._write_down()

    def _write_down(self) -> None:
        stage, settled, all_cells = self.now
        beat = (
            update(PublicationRun)
            .where(PublicationRun.id == self.run_id, PublicationRun.ended_at.is_(None))
            .values(beat_at=now(), stage=stage, settled=settled, all_cells=all_cells)
        )
        with apart() as session:
            self.is_lost = session.connection().execute(beat).rowcount == 0
