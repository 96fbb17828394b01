"""Publishing casework's figures: count, protect, prove, attack, then write.

A month is published once, after its last day, and after every month before it. Whatever the proof
or the attack leaves open stops the publication and names the cell.

Two databases have no common commit, so writing goes in three steps, each a transaction:

1. the working database gets the counts, the prints and a `Publication` that is only prepared;
2. the read model gets the edition with its figures, all or nothing: this is the publication;
3. the working database notes that it is published, with a row in the access log.

Whoever stops in between loses nothing: the next run finishes what was prepared with the very prints
of step 1, and readers see an edition whole or not at all. An edition lost from the read model is
written again in the same way.

No transaction is open while proving. Call these outside a request, with nothing pending: they
commit what is.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from casework.anonymisation import attack, measures
from casework.anonymisation.export import files_of, unit_names
from casework.anonymisation.measures import Counted, Part, days_of
from casework.anonymisation.models import Publication, PublishedCount
from casework.anonymisation.protection import Shown, TableWrong
from casework.anonymisation.relations import PROVINCE, Cell, Level, months_between, previous_month
from casework.anonymisation.sequence import Batch, Past, Print, Watch, next_months
from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import now, today
from casework.core.database import db
from casework.inspection.readmodel.models import Edition, Figure, Measure
from casework.organisation.units.models import Unit

ATTACK_SECONDS = 120.0

Progress = Callable[[list[str]], Iterable[str]]
"""Goes through the months and may show how far it is."""


class Refused(Exception):
    """Why nothing was published, for the person who publishes."""


@dataclass(frozen=True)
class PublicationReport:
    """What was published, or would be. `shown` counts the new figures by level, measure and mark.

    `widened` names figures whose range had to be wider than five. `finished` are months that an
    earlier run had prepared and this one wrote.
    """

    periods: tuple[str, ...]
    shown: Counter[tuple[str, str, str]]
    widened: tuple[tuple[str, str], ...]
    proving_seconds: float
    attack_seconds: float
    finished: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """Months that passed proof and attack and are not written yet."""

    province_id: UUID
    batch: Batch
    ids: dict[str, UUID]
    report: PublicationReport


def publish_period(
    province: Unit, period: str, *, by: Actor, progress: Watch | None = None
) -> PublicationReport:
    """Publish one month. `progress` is told the stage, the cells settled and all cells."""
    return publish_periods(province, [period], by=by, watch=progress)


def publish_backlog(
    province: Unit, until: str, by: Actor, progress: Progress = iter
) -> PublicationReport:
    """Publish every month not yet published, from the first record (or edition) up to `until`."""
    province_id = province.id
    db.session.commit()
    with _reading() as connection:
        last = connection.scalar(
            select(Publication.period)
            .where(Publication.province_id == province_id)
            .order_by(Publication.period.desc())
            .limit(1)
        )
        first = measures.first_record_on(connection, province_id)
    begin = _following(last) if last else f"{first:%Y-%m}" if first else until
    return publish_periods(province, list(months_between(begin, until)), by=by, progress=progress)


def publish_periods(
    province: Unit,
    periods: Sequence[str],
    *,
    by: Actor,
    progress: Progress = iter,
    watch: Watch | None = None,
) -> PublicationReport:
    """Publish months in order; first finish what an interrupted run has prepared.

    Several months are counted one after the other, proved and attacked together, and reach their
    readers together, or not at all. `progress` goes through the months while they are counted,
    `watch` is told how far proof and attack are. Raises Refused.
    """
    province_id = province.id
    finished = finish(province_id, by=by)
    left = [period for period in periods if period not in finished]
    if not left:
        return PublicationReport((), Counter(), (), 0.0, 0.0, finished)
    prepared = prepare(province, left, progress=progress, watch=watch)
    write(prepared, by=by)
    report = prepared.report
    return PublicationReport(
        report.periods,
        report.shown,
        report.widened,
        report.proving_seconds,
        report.attack_seconds,
        finished,
    )


def prepare(
    province: Unit,
    periods: Sequence[str],
    *,
    progress: Progress = iter,
    watch: Watch | None = None,
    seconds: float = ATTACK_SECONDS,
) -> Prepared:
    """Count, protect, prove and attack, without writing anything. Raises Refused."""
    tell = watch or (lambda stage, settled, all_: None)
    province_id = province.id
    _check_reachable(province_id)
    with _reading() as connection:
        parts = measures.list_parts(connection, province_id)
        names = unit_names(parts)
        past = _load_past(connection, province_id, names)
        _check_order(past.months, periods, measures.first_record_on(connection, province_id))
        months = (previous_month(periods[0]), *periods)
        counted = measures.count(connection, province_id, months)
    by_name = {names[part.id]: part for part in parts}
    begun = time.monotonic()
    batch = _prove(past, progress(list(periods)), counted, by_name, province_id, tell)
    proved = time.monotonic()
    _attack(past, periods[-1], batch, seconds, tell)
    report = PublicationReport(
        tuple(periods),
        Counter(
            (str(one.cell.level), one.cell.measure, str(one.shown))
            for prints in batch.months.values()
            for one in prints
            if one.is_printed
        ),
        tuple((cell, width.name.lower()) for cell, width in batch.result.widened),
        proved - begun,
        time.monotonic() - proved,
    )
    ids = {name: part.id for name, part in by_name.items()} | {PROVINCE: province_id}
    return Prepared(province_id, batch, ids, report)


def write(prepared: Prepared, *, by: Actor) -> None:
    """Write what passed: prepared first, then the read model, then published. Raises Refused."""
    rows: list[dict[str, Any]] = []
    for period, prints in prepared.batch.months.items():
        publication = Publication(
            id=uuid4(),
            province_id=prepared.province_id,
            period=period,
            prepared_by=by.name or str(by.id),
        )
        db.session.add(publication)
        rows += [_count_row(publication.id, one, prepared.ids) for one in prints]
    try:
        db.session.flush()
        db.session.execute(insert(PublishedCount), rows)
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        raise Refused("Somebody else has just published this month.") from None
    finish(prepared.province_id, by=by)


def finish(province_id: UUID, *, by: Actor) -> tuple[str, ...]:
    """Bring what is prepared, or lost from the read model, to its readers; which months it was."""
    db.session.commit()
    present = _check_reachable(province_id)
    waiting = [
        publication
        for publication in db.session.scalars(
            select(Publication)
            .where(Publication.province_id == province_id)
            .order_by(Publication.period)
        )
        if publication.published_at is None or publication.id not in present
    ]
    missing = [publication for publication in waiting if publication.id not in present]
    editions = [_edition_row(publication) for publication in missing]
    figures = [row for publication in missing for row in _figure_rows(publication.id)]
    done = [(publication.id, publication.period) for publication in waiting]
    db.session.commit()
    if editions:
        _reveal(editions, figures)
    if done:
        _note_published(province_id, done, by)
    return tuple(period for _, period in done)


def _reveal(editions: list[dict[str, Any]], figures: list[dict[str, Any]]) -> None:
    """Step 2: the editions become visible, whole."""
    try:
        db.session.execute(insert(Edition), editions)
        db.session.execute(insert(Figure), figures)
        db.session.commit()
    except DBAPIError as error:
        db.session.rollback()
        raise Refused(
            "The read model could not be written, so nothing was published. "
            "What was prepared is kept: run the command again."
        ) from error


def _note_published(province_id: UUID, done: list[tuple[UUID, str]], by: Actor) -> None:
    """Step 3: the working database knows that readers have them."""
    for publication_id, period in done:
        db.session.execute(
            update(Publication)
            .where(Publication.id == publication_id, Publication.published_at.is_(None))
            .values(published_at=now())
        )
        audit.record(
            "figures.publish", "edition", publication_id, by=by, unit_id=province_id, period=period
        )
    db.session.commit()


@contextmanager
def _reading() -> Iterator[Connection]:
    """One snapshot of the records, let go before the proving begins."""
    db.session.commit()
    engine = db.engines[None]
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        yield connection


def _check_reachable(province_id: UUID) -> set[UUID]:
    """The editions in the read model. Raises Refused when it is away or knows more than we do."""
    try:
        present = dict(
            cast(
                "list[tuple[UUID, str]]",
                db.session.execute(
                    select(Edition.id, Edition.period).where(Edition.province_id == province_id)
                ).all(),
            )
        )
    except DBAPIError as error:
        db.session.rollback()
        raise Refused("The read model can't be reached, so nothing was published.") from error
    known = set(
        db.session.scalars(select(Publication.id).where(Publication.province_id == province_id))
    )
    db.session.commit()
    strangers = sorted(period for id_, period in present.items() if id_ not in known)
    if strangers:
        raise Refused(
            f"The read model has an edition of {strangers[0]} whose counts are missing here. "
            "One of the two databases comes from another backup."
        )
    return set(present)


def _check_order(published: Sequence[str], periods: Sequence[str], first: Any) -> None:
    """Months over, not published yet, and none before them left out. Raises Refused."""
    if published:
        expected = _following(published[-1])
    else:
        expected = min(periods[0], f"{first:%Y-%m}") if first else periods[0]
    for period in periods:
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", period):
            raise Refused(f"{period} is not a month: write it like 2026-10.")
        if days_of(period)[1] >= today():
            raise Refused(f"{period} is not over yet.")
        if period in published:
            raise Refused(f"{period} is published already. An edition is never drawn again.")
        if published and period < published[0]:
            raise Refused(f"{period} lies before the first edition, {published[0]}.")
        if period != expected:
            raise Refused(f"{expected} has to be published first.")
        expected = _following(period)


def _following(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + 1}-01" if number == 12 else f"{year}-{number + 1:02}"


def _load_past(connection: Connection, province_id: UUID, names: dict[UUID, str]) -> Past:
    table = PublishedCount
    query = (
        select(
            Publication.period.label("edition"),
            table.level,
            table.unit_id,
            table.measure,
            table.period,
            table.count,
            table.is_printed,
            table.shown,
            table.low,
            table.high,
        )
        .join(Publication, Publication.id == table.publication_id)
        .where(Publication.province_id == province_id)
        .order_by(Publication.period)
    )
    editions: dict[str, list[Print]] = {}
    for edition, level, unit_id, measure, period, *rest in connection.execute(query):
        name = PROVINCE if level == "province" else names[unit_id]
        count, is_printed, shown, low, high = rest
        cell = Cell(cast("Level", level), name, measure, period)
        one = Print(cell, count, is_printed, Shown(shown), low, high)
        editions.setdefault(edition, []).append(one)
    past = Past()
    for edition, prints in editions.items():
        past.add(edition, prints)
    return past


def _prove(
    past: Past,
    periods: Iterable[str],
    counted: Counted,
    parts: dict[str, Part],
    province_id: UUID,
    tell: Watch,
) -> Batch:
    """The months, proved together with everything before them. Raises Refused."""
    if not parts:
        raise Refused("No unit of this province takes part yet.")
    try:
        batch = next_months(past, periods, counted, parts, province_id, watch=tell)
    except TableWrong as error:
        raise Refused(f"The counts do not agree: {error}") from error
    wrong = [f"unproved: {cell}" for cell in batch.result.unproved] or batch.result.verify()
    if wrong:
        raise Refused(f"This is not safe to publish. {'; '.join(wrong[:6])}")
    return batch


def _attack(past: Past, period: str, batch: Batch, seconds: float, tell: Watch) -> None:
    """Let the auditor read the files as a stranger would. Raises Refused."""
    prints = {cell: (one.shown, one.low, one.high) for cell, one in past.printed.items()}
    decided = batch.result.prints
    for place, cell in enumerate(batch.frame.cells):
        if decided.shown[place] is Shown.EXACT and cell not in prints:  # known to be zero
            prints[cell] = (Shown.EXACT, int(decided.low[place]), int(decided.high[place]))
    with tempfile.TemporaryDirectory() as folder:
        files_of(batch.frame, prints).write_csv(Path(folder))
        edition = attack.read(Path(folder))
    findings = attack.attack(
        edition, seconds=seconds, progress=lambda settled, all_: tell("attack", settled, all_)
    )
    table = batch.result.table
    stops = findings.stops(dict(zip(table.ids, table.true.tolist(), strict=True)))
    if stops:
        raise Refused(
            f"{period} is not published: the attack stops at {len(stops)} cells, "
            f"first {', '.join(stops[:6])}"
        )


def _count_row(publication_id: UUID, one: Print, ids: dict[str, UUID]) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "publication_id": publication_id,
        "unit_id": ids[one.cell.unit],
        "level": str(one.cell.level),
        "measure": str(one.cell.measure),
        "period": one.cell.period,
        "count": one.count,
        "is_printed": one.is_printed,
        "shown": str(one.shown),
        "low": one.low,
        "high": one.high,
    }


def _edition_row(publication: Publication) -> dict[str, Any]:
    from_on, until_on = days_of(publication.period)
    return {
        "id": publication.id,
        "province_id": publication.province_id,
        "period": publication.period,
        "from_on": from_on,
        "until_on": until_on,
        "published_at": publication.prepared_at,
        "published_by": publication.prepared_by,
    }


def _figure_rows(publication_id: UUID) -> Iterator[dict[str, Any]]:
    query = select(PublishedCount).where(
        PublishedCount.publication_id == publication_id, PublishedCount.is_printed
    )
    for one in db.session.scalars(query):
        measure = Measure(one.measure)
        from_on, until_on = days_of(one.period)
        yield {
            "id": uuid4(),
            "edition_id": publication_id,
            "unit_id": one.unit_id,
            "level": one.level,
            "measure": one.measure,
            "unit_of_count": str(measure.unit_of_count),
            "from_on": from_on,
            "until_on": until_on,
            "is_personal": measure.is_personal,
            "shown": one.shown,
            "low": one.low,
            "high": one.high,
        }
