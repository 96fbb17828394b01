"""Published figures as the files anybody can check, read from the read model alone.

Only names of units come from elsewhere: which unit a figure belongs to is no secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy import select

from casework.anonymisation.bands import BANDED, CONTACTED, ENDS, Band, band_from
from casework.anonymisation.clusters import by_quarter, cluster_code
from casework.anonymisation.exchange import (
    CellRow,
    ShareRow,
    cell_rows,
    write_edition,
    write_lines,
)
from casework.anonymisation.measures import ACTIVITY, Part
from casework.anonymisation.plan import (
    PLAN,
    PROVINCE,
    Cell,
    ends_quarter,
    months_between,
    quarter_of,
)
from casework.anonymisation.protection import OPEN, Prints, Relations, Shown
from casework.anonymisation.relations import Frame, frames_besides, relations_of
from casework.anonymisation.sequence import known_zero
from casework.core.database import db
from casework.inspection.readmodel.models import (
    ActivityFigure,
    CriterionFigure,
    Edition,
    EditionMembership,
    Figure,
    Measure,
)
from casework.organisation.units.models import Cluster, Unit

JSON = "edition.json"

Ends = tuple[Shown, int | None, int | None]


class NothingPublished(LookupError):
    """The read model has no edition of this province for this month."""


class Files(NamedTuple):
    """What is written: a row per cell, relations over the first of them, shares told; and by the
    name of their file who is in which cluster, and the figures of work done and the criteria, which
    hang on none of these.
    """

    rows: list[CellRow]
    relations: Relations
    shares: list[ShareRow]
    work: Mapping[str, list[dict[str, object]]] = {}

    def write_csv(self, folder: Path) -> None:
        """Files as exchange describes them, and one for each name in `work`; the folder is made if
        absent.
        """
        ids = [row.id for row in self.rows]
        write_edition(folder, self.rows, self.relations, ids, self.shares)
        for name, rows in self.work.items():
            header = ("period", *_COLUMNS[name])
            write_lines(folder / f"{name}.csv", header, (list(row.values()) for row in rows))

    def write_json(self, folder: Path) -> None:
        """One file with the same content."""
        folder.mkdir(parents=True, exist_ok=True)
        relations = self.relations
        entries = zip(
            relations.rel.tolist(), relations.cell.tolist(), relations.coef.tolist(), strict=True
        )
        content = {
            "cells": [{**row._asdict(), "personal": int(row.personal)} for row in self.rows],
            "relations": [
                {
                    "rel": rel,
                    "cell": self.rows[cell].id,
                    "coef": coef,
                    "rhs": int(relations.rhs[rel]),
                }
                for rel, cell, coef in entries
            ],
            "shares": [share._asdict() for share in self.shares],
            **self.work,
        }
        part = folder / f"{JSON}.part"
        text = json.dumps(content, ensure_ascii=False, indent=1, default=str)
        part.write_text(text, encoding="utf-8")
        part.replace(folder / JSON)


def unit_names(units: Iterable[Part | Unit]) -> dict[UUID, str]:
    """The code of each unit; where two of different times share one, with the day it began."""
    listed = list(units)
    codes = [unit.code for unit in listed]
    return {
        unit.id: unit.code if codes.count(unit.code) == 1 else f"{unit.code}-{unit.valid_from}"
        for unit in listed
    }


def period_of(figure: Figure) -> str:
    """2026-10, 2026-Q4 or 2026, from the days of a figure."""
    first = figure.from_on
    length = (figure.until_on - first).days
    if length < 31:
        return f"{first:%Y-%m}"
    return f"{first:%Y}" if length > 300 else f"{first:%Y}-Q{(first.month + 2) // 3}"


def read_figures(province_id: UUID, period: str) -> Files:
    """Everything published of a province up to a month. Raises NothingPublished."""
    query = (
        select(Figure, Edition.period)
        .join(Edition, Edition.id == Figure.edition_id)
        .where(Edition.province_id == province_id, Edition.period <= period)
        .order_by(Edition.period)
    )
    figures = [(figure, edition) for figure, edition in db.session.execute(query)]
    if not figures or figures[-1][1] != period:
        raise NothingPublished(f"Nothing is published for {period}.")
    ids = {figure.unit_id for figure, _ in figures if figure.level == "unit"}
    names = unit_names(db.session.scalars(select(Unit).where(Unit.id.in_(ids))))
    units = tuple(sorted(names.values()))
    members = _read_members(province_id, period)
    clusters = by_quarter(members, names)
    months = months_between(figures[0][1], period)
    frame = relations_of(
        PLAN,
        units=units,
        months=months,
        clusters=lambda quarter: clusters.get(quarter, {}),
    )
    names |= {cluster_id: cluster_code(cluster_id) for _, cluster_id, _ in members}
    names[province_id] = PROVINCE
    prints = {cell_of(figure, names[figure.unit_id]): _ends(figure) for figure, _ in figures}
    frame = frame.with_cells_of(
        frames_besides(prints, units, months, lambda quarter: clusters.get(quarter, {}))
    )
    prints |= dict.fromkeys(_zeros(frame, prints), (Shown.EXACT, 0, 0))
    files = files_of(frame, prints, _read_shares(province_id, period, names))
    work = {
        "clusters": _tell_members(members, names),
        "activity": _read_work("activity", ActivityFigure, province_id, period),
        "criteria": _read_work("criteria", CriterionFigure, province_id, period),
    }
    return files._replace(work=work)


_COLUMNS = {
    "clusters": ("cluster", "name", "unit"),
    "activity": (
        "unit",
        "level",
        "measure",
        "kind",
        "from_on",
        "until_on",
        "shown",
        "low",
        "high",
        "on",
    ),
    "criteria": (
        "unit",
        "code",
        "text",
        "set_number",
        "met",
        "partly",
        "from_on",
        "until_on",
        "numerator",
        "denominator",
        "value",
        "unit_of_value",
        "rating",
    ),
}


def _read_members(province_id: UUID, period: str) -> list[tuple[str, UUID, UUID]]:
    """The first month of a quarter, a cluster, a unit of it."""
    row = EditionMembership
    query = (
        select(Edition.period, row.cluster_id, row.unit_id)
        .join(Edition, Edition.id == row.edition_id)
        .where(Edition.province_id == province_id, Edition.period <= period)
    )
    return [(month, cluster, unit) for month, cluster, unit in db.session.execute(query)]


def _tell_members(
    members: Iterable[tuple[str, UUID, UUID]], names: Mapping[UUID, str]
) -> list[dict[str, object]]:
    inside = {cluster for _, cluster, _ in members}
    query = select(Cluster.id, Cluster.name).where(Cluster.id.in_(inside))
    words = {cluster: str(name) for cluster, name in db.session.execute(query)}
    return [
        {"period": quarter, "cluster": cluster, "name": name, "unit": unit}
        for quarter, cluster, name, unit in sorted(
            (quarter_of(month), names[cluster], words[cluster], names[unit])
            for month, cluster, unit in members
        )
    ]


def _read_work(
    name: str,
    table: type[ActivityFigure | CriterionFigure],
    province_id: UUID,
    period: str,
) -> list[dict[str, object]]:
    query = (
        select(table, Edition.period)
        .join(Edition, Edition.id == table.edition_id)
        .where(Edition.province_id == province_id, Edition.period <= period)
        .order_by(Edition.period)
    )
    found: list[tuple[Any, str]] = [(figure, month) for figure, month in db.session.execute(query)]
    ids = {figure.unit_id for figure, _ in found} - {province_id}
    names = unit_names(db.session.scalars(select(Unit).where(Unit.id.in_(ids))))
    names[province_id] = PROVINCE
    rows: list[dict[str, object]] = [
        {
            "period": month,
            "unit": names[figure.unit_id],
            **{column: getattr(figure, column) for column in _COLUMNS[name][1:]},
        }
        for figure, month in found
    ]
    return sorted(rows, key=lambda row: tuple(str(value) for value in row.values()))


def share_of(unit: str, code: str, month: str, band: Band) -> ShareRow:
    """A share of a unit's open cases at the end of a quarter, as it is told."""
    most = Cell("unit", unit, Measure.SUPPORTED, quarter_of(month)).id if code == CONTACTED else ""
    of = Cell("unit", unit, Measure.OPEN, month).id
    return ShareRow(f"unit:{unit}:{code}:{month}", of, most, *ENDS[band])


def _read_shares(province_id: UUID, period: str, names: Mapping[UUID, str]) -> list[ShareRow]:
    query = (
        select(CriterionFigure, Edition.period)
        .join(Edition, Edition.id == CriterionFigure.edition_id)
        .where(
            Edition.province_id == province_id,
            Edition.period <= period,
            CriterionFigure.code.in_(BANDED),
            CriterionFigure.value.is_not(None),
        )
        .order_by(Edition.period, CriterionFigure.unit_id, CriterionFigure.code)
    )
    return [
        share_of(names[one.unit_id], one.code, month, band_from(one.value, one.denominator))
        for one, month in db.session.execute(query)
        if ends_quarter(month)
    ]


def files_of(frame: Frame, prints: Mapping[Cell, Ends], shares: Iterable[ShareRow] = ()) -> Files:
    """The rows of a frame's cells, those without a print as `none`; figures of work done follow."""
    # Only what is personal and what is related is taken from the table: it holds no count.
    table = frame.table(dict.fromkeys(frame.to_count, 0))
    ends = [prints.get(cell, (Shown.NONE, None, None)) for cell in frame.cells]
    shown = Prints(
        table.ids,
        np.array([low or 0 for _, low, _ in ends], dtype=np.int64),
        np.array([OPEN if high is None else high for _, _, high in ends], dtype=np.int64),
        tuple(shown for shown, _, _ in ends),
    )
    rows = cell_rows(frame, table, shown)
    known = set(frame.cells)
    rows += [_row(cell, ends) for cell, ends in prints.items() if cell not in known]
    return Files(rows, table.relations, list(shares))


def cell_of(figure: Figure, name: str) -> Cell:
    """The cell that a figure prints."""
    return Cell.of(figure.level, name, figure.measure, period_of(figure))  # type: ignore[arg-type]


def _ends(figure: Figure) -> Ends:
    return Shown(figure.shown), figure.low, figure.high


def _zeros(frame: Frame, prints: Mapping[Cell, Ends]) -> set[Cell]:
    """Cells of units that were not there yet, or not any more: work done is printed every month."""
    present: dict[str, list[str]] = {}
    for cell in prints:
        if cell.measure == Measure.CONTACTS:
            present.setdefault(cell.unit, []).append(cell.period)
    first, last = min(present[PROVINCE]), max(present[PROVINCE])
    first_in = {name: min(months) for name, months in present.items()}
    last_in = {name: max(months) for name, months in present.items() if max(months) < last}
    return {
        cell
        for cell in frame.cells
        if cell not in prints and known_zero(cell, first, first_in, last_in)
    }


def _row(cell: Cell, ends: Ends) -> CellRow:
    shown, low, high = ends
    return CellRow(
        cell.id,
        *cell,
        personal=cell.measure not in ACTIVITY,
        shown=shown,
        value=low if shown is Shown.EXACT else None,
        lo=low if shown is Shown.BAND else None,
        hi=high if shown is Shown.BAND else None,
    )
