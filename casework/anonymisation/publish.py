"""Publishing casework's figures: count, protect, prove, attack, then write.

A month is published once, after its last day, and after every month before it. Whatever the proof
or the attack leaves open stops the publication and names the cell.

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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import structlog
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, func, select

from casework.anonymisation import attack, measures
from casework.anonymisation.bands import BANDED, Band, Bands, band_from
from casework.anonymisation.categories import Proved, Silence, Told, prove_months, quarter_ends
from casework.anonymisation.clusters import cluster_codes, find_standing, load_frozen
from casework.anonymisation.counting import ByCategory, count_by_category
from casework.anonymisation.export import files_of, share_of, unit_names
from casework.anonymisation.late import month_of, print_late, years_due
from casework.anonymisation.lifting import known_tables
from casework.anonymisation.measures import Counted, Part, days_of
from casework.anonymisation.models import (
    Publication,
    PublishedCount,
    PublishedCriterion,
    PublishedProof,
)
from casework.anonymisation.plan import (
    PROVINCE,
    Cell,
    Level,
    ends_quarter,
    months_between,
    next_month,
    previous_month,
)
from casework.anonymisation.protection import Shown, TableWrong
from casework.anonymisation.relations import Membership, frames_besides
from casework.anonymisation.sequence import Batch, Past, Print, Watch
from casework.anonymisation.shares import Share, bands_by_month, count_kept, tell_shares
from casework.anonymisation.witnesses import pack, unpack
from casework.anonymisation.writing import Refused, check_reachable, finish, write
from casework.anonymisation.yearly import (
    count_year,
    print_year,
    prove_again,
    years_ended,
    years_told,
)
from casework.core.audit import Actor
from casework.core.clock import today
from casework.core.database import db
from casework.organisation.units.models import Unit

__all__ = [
    "Prepared",
    "PublicationReport",
    "Refused",
    "prepare",
    "publish_backlog",
    "publish_period",
    "publish_periods",
]

log = structlog.get_logger("casework")

ATTACK_SECONDS = 120.0

Progress = Callable[[list[str]], Iterable[str]]
"""Goes through the months and may show how far it is."""


@dataclass(frozen=True)
class PublicationReport:
    """What was published, or would be. `shown` counts the new figures by level, measure and mark,
    all kinds of a year's measure together, and all values of what persons are told apart by.

    `widened` names figures whose range had to be wider than five; `silence`, what could not be told
    at all. `finished` are months that an earlier run had prepared and this one wrote.
    """

    periods: tuple[str, ...]
    shown: Counter[tuple[str, str, str]]
    widened: tuple[tuple[str, str], ...]
    proving_seconds: float
    attack_seconds: float
    silence: Silence = Silence.NONE
    finished: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """Months that passed proof and attack and are not written yet; `bands` are the shares told,
    `proof` is kept for the next month.
    """

    province_id: UUID
    batch: Batch
    ids: dict[str, UUID]
    bands: Bands
    proof: bytes
    report: PublicationReport

    def write(self, *, by: Actor) -> None:
        """Publish them. Raises Refused."""
        batch = self.batch
        write(
            self.province_id,
            batch.months,
            batch.clusters,
            self.ids,
            self.bands,
            self.proof,
            by=by,
        )


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
    begin = next_month(last) if last else f"{first:%Y-%m}" if first else until
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
        return PublicationReport((), Counter(), (), 0.0, 0.0, finished=finished)
    prepared = prepare(province, left, progress=progress, watch=watch)
    prepared.write(by=by)
    return replace(prepared.report, finished=finished)


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
    check_reachable(province_id)
    with _reading() as connection:
        parts = measures.list_parts(connection, province_id)
        names = unit_names(parts)
        places = {province_id: PROVINCE} | cluster_codes(connection, province_id) | names
        past = _load_past(connection, province_id, places)
        _check_order(past.months, periods, measures.first_record_on(connection, province_id))
        months = (previous_month(periods[0]), *periods)
        counted = measures.count(connection, province_id, months)
        standing = find_standing(connection, province_id, periods, names)
        kept = count_kept(connection, province_id, filter(ends_quarter, periods))
        ends = quarter_ends(past.months, periods)
        labelled = count_by_category(connection, province_id, ends)
        before = _standing(connection, province_id)
        years = {
            year: count_year(connection, province_id, year)
            for year in years_ended((*past.months, *periods), periods)
        }
        late = {
            year: measures.count_supported(connection, province_id, year)
            for year in years_due((*past.months, *periods), periods)
        }
    by_name = {names[part.id]: part for part in parts}
    begun = time.monotonic()
    ids = {name: place for place, name in places.items()}
    proved = _prove(
        past, periods, counted, labelled, by_name, ids, standing, progress=progress, watch=tell
    )
    past, batch, told = proved.past, proved.batch, proved.told
    for month, prints in told.months.items():
        batch.months[month] = (*batch.months[month], *prints)
    proofs = [prove_again(past, year) for year in years_told(past)]
    for year, counts in years.items():
        prints, proof = print_year(past, year, counts, ids)
        _add(batch, past, f"{year}-12", prints)
        proofs.append(proof)
    told = replace(told, proofs=(*told.proofs, *proofs))
    for year, counts in late.items():
        _add(batch, past, month_of(year), print_late(past, year, counts, ids))
    proved_at = time.monotonic()
    names = {part.id: name for name, part in by_name.items()}
    shares = tell_shares(kept, past.printed, names, periods)
    _attack(past, periods[-1], batch, told, shares, seconds, tell)
    report = PublicationReport(
        tuple(periods),
        Counter(
            (str(one.cell.level), family_of(one.cell.code), str(one.shown))
            for prints in batch.months.values()
            for one in prints
            if one.is_printed
        ),
        (*((cell, width.name.lower()) for cell, width in batch.result.widened), *told.widened),
        proved_at - begun,
        time.monotonic() - proved_at,
        told.silence,
    )
    bands = bands_by_month(shares, before, ids, periods)
    return Prepared(province_id, batch, ids, bands, pack(past.witnesses), report)


def family_of(measure: str) -> str:
    """service.job is one of service; open.group.A of open.group."""
    return measure.rpartition(".")[0] or measure


def _add(batch: Batch, past: Past, month: str, prints: Sequence[Print]) -> None:
    """What a month's edition says besides: by category, and of a whole year."""
    batch.months[month] = (*batch.months[month], *prints)
    past.counts |= {one.cell: one.count for one in prints}
    past.printed |= {one.cell: one for one in prints if one.is_printed}


def _standing(connection: Connection, province_id: UUID) -> dict[UUID, dict[str, Band]]:
    """The bands of the newest edition, by unit and criterion."""
    row = PublishedCriterion
    newest = (
        select(Publication.id)
        .where(Publication.province_id == province_id)
        .order_by(Publication.period.desc())
        .limit(1)
    )
    query = select(row.unit_id, row.code, row.value, row.denominator).where(
        row.publication_id == newest.scalar_subquery(), row.code.in_(BANDED)
    )
    found: dict[UUID, dict[str, Band]] = {}
    for unit_id, code, least, most in connection.execute(query):
        found.setdefault(unit_id, {})[code] = band_from(least, most)
    return found


@contextmanager
def _reading() -> Iterator[Connection]:
    """One snapshot of the records, let go before the proving begins."""
    db.session.commit()
    engine = db.engines[None]
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        yield connection


def _check_order(published: Sequence[str], periods: Sequence[str], first: Any) -> None:
    """Months over, not published yet, and none before them left out. Raises Refused."""
    if published:
        expected = next_month(published[-1])
    else:
        expected = min(periods[0], f"{first:%Y-%m}") if first else periods[0]
    for period in periods:
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", period):
            raise Refused(_l("%(period)s is not a month: write it like 2026-10.", period=period))
        if days_of(period)[1] >= today():
            raise Refused(_l("%(period)s is not over yet.", period=period))
        if period in published:
            reason = _l(
                "%(period)s is published already. An edition is never drawn again.", period=period
            )
            raise Refused(reason)
        if published and period < published[0]:
            reason = _l(
                "%(period)s lies before the first edition, %(first)s.",
                period=period,
                first=published[0],
            )
            raise Refused(reason)
        if period != expected:
            raise Refused(_l("%(period)s has to be published first.", period=expected))
        expected = next_month(period)


def _load_past(connection: Connection, province_id: UUID, names: dict[UUID, str]) -> Past:
    table = PublishedCount
    query = (
        select(
            Publication.period.label("edition"),
            table.level,
            func.coalesce(table.cluster_id, table.unit_id),
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
    for edition, level, place, measure, period, *rest in connection.execute(query):
        count, is_printed, shown, low, high = rest
        cell = Cell.of(cast("Level", level), names[place], measure, period)
        one = Print(cell, count, is_printed, Shown(shown), low, high)
        editions.setdefault(edition, []).append(one)
    past = Past()
    past.clusters.update(load_frozen(connection, province_id, names))
    for edition, prints in editions.items():
        past.add(edition, prints)
    kept = (
        select(PublishedProof.moves)
        .join(Publication, Publication.id == PublishedProof.publication_id)
        .where(Publication.province_id == province_id)
        .where(Publication.period == (past.months[-1] if past.months else ""))
    )
    moves = connection.scalar(kept)
    past.witnesses = unpack(moves) if moves else {}
    if past.months and not past.witnesses:  # nothing is lost but time
        log.warning("no kept proof to go on from", province=str(province_id))
    return past


def _prove(
    past: Past,
    periods: Sequence[str],
    counted: Counted,
    labelled: ByCategory,
    parts: dict[str, Part],
    ids: dict[str, UUID],
    clusters: dict[str, Membership],
    *,
    progress: Progress,
    watch: Watch,
) -> Proved:
    """The months, proved together with everything before them. Raises Refused."""
    if not parts:
        raise Refused(_l("No unit of this province takes part yet."))
    try:
        proved = prove_months(
            past, periods, counted, labelled, parts, ids, clusters, progress=progress, watch=watch
        )
    except TableWrong as error:
        raise Refused(_l("The counts do not agree: %(cells)s", cells=str(error))) from error
    wrong = (*proved.batch.result.check(), *proved.told.wrong)
    if wrong:
        raise Refused(_l("These counts could not be protected, so nothing was published:"), wrong)
    return proved


def _attack(
    past: Past,
    period: str,
    batch: Batch,
    told: Told,
    shares: Sequence[Share],
    seconds: float,
    tell: Watch,
) -> None:
    """Let the auditor read the files as a stranger would, and check the proofs. Raises Refused."""
    prints = {cell: (one.shown, one.low, one.high) for cell, one in past.printed.items()}
    decided = batch.result.prints
    for place, cell in enumerate(batch.frame.cells):
        if decided.shown[place] is Shown.EXACT and cell not in prints:  # known to be zero
            prints[cell] = (Shown.EXACT, int(decided.low[place]), int(decided.high[place]))
    rows = [share_of(each.unit, each.code, each.month, each.band) for each in shares]
    frame = batch.frame.with_cells_of(
        frames_besides(prints, batch.frame.units, past.months, lambda at: past.clusters.get(at, {}))
    )
    zeros = (cell for cell in frame.cells if cell not in prints and past.is_known_zero(cell))
    prints |= dict.fromkeys(zeros, (Shown.EXACT, 0, 0))
    with tempfile.TemporaryDirectory() as folder:
        files_of(frame, prints, rows).write_csv(Path(folder))
        edition = attack.read(Path(folder))
    findings = attack.attack(
        edition,
        seconds=seconds,
        progress=lambda settled, all_: tell("attack", settled, all_),
        known=known_tables(frame, past, told),
    )
    stops = findings.stops({cell.id: count for cell, count in past.counts.items()})
    if stops:
        reason = _l(
            "%(period)s is not published: the attack stops at %(count)s counts:",
            period=period,
            count=len(stops),
        )
        raise Refused(reason, stops)
