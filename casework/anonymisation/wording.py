"""What a run found, in plain words: counts by their unit, measure and period, never by their id."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from casework.anonymisation.clusters import cluster_code
from casework.anonymisation.export import unit_names
from casework.anonymisation.models import PublicationRun
from casework.anonymisation.plan import PROVINCE, REST
from casework.confidential.services.models import ServiceKind
from casework.core.database import db
from casework.core.i18n import language
from casework.core.labels import Labelled
from casework.inspection.categories.rules import AGE, BY, REASON, SEX, VALUES, apart
from casework.inspection.readmodel.models import Measure
from casework.inspection.years.rules import KINDS
from casework.organisation.units.models import Cluster, Unit

NAMED = 12
_CELL = re.compile(r"(?:unit|cluster|province):[^\s;:]+:[A-Za-z0-9_.-]+:[0-9Q-]+[^\s;]*")
_MONTH = re.compile(r"(?<![\w:])\d{4}-\d{2}(?![\w-])")
_EVERYTHING = 100
_CATEGORIES: Mapping[str, Any] = {
    **{str(kind): kind.word for kind in ServiceKind},
    **{value: word for by in (SEX, AGE, REASON) for value, word in VALUES[by].items()},
}


class LevelWord(Labelled):
    """Of what a figure is."""

    UNIT = "unit", _l("each unit")
    CLUSTER = "cluster", _l("each cluster")
    PROVINCE = "province", _l("the province")


class WidthWord(Labelled):
    """How far a range was widened."""

    DOUBLE = "double", _l("ten wide")
    OPEN_ENDED = "open_ended", _l("without an upper end")
    HIDDEN = "hidden", _l("not shown")


class SilenceWord(Labelled):
    """What could not be told at all."""

    BY_CATEGORY = (
        "by_category",
        _l("Persons by group, sex, age and reason could not be protected, so none of it is told."),
    )
    ALL_NEW = (
        "all_new",
        _l("Beside what was told before, no new number of persons could be protected."),
    )


class StageWord(Labelled):
    """What a run is at."""

    COUNT = "count", _l("Counting the records")
    PROVE = "prove", _l("Proving that no small count becomes known")
    ATTACK = "attack", _l("Attacking what would be printed")
    WRITE = "write", _l("Publishing")


@dataclass(frozen=True, slots=True)
class Won:
    """How many figures of a level and measure come out exactly, as a range, or not at all."""

    level: str
    measure: str
    exact: int
    ranges: int
    hidden: int


@dataclass(frozen=True, slots=True)
class Widened:
    """Figures of a level and measure whose range had to be wider, and which they are."""

    level: str
    measure: str
    width: str
    count: int
    named: Sequence[str]


@dataclass(frozen=True, slots=True)
class Told:
    """How a run ended, in the language of the page."""

    reason: str
    cells: Sequence[str]
    more_cells: int
    won: Sequence[Won]
    widened: Sequence[Widened]
    silence: str
    finished: Sequence[str]
    seconds: int


def tell(run: PublicationRun) -> Told:
    """What a run that ended has to say. One or two statements where counts are named."""
    told: dict[str, Any] = json.loads(run.told) if run.told else {}
    cells: list[str] = told.get("cells", [])
    widened: list[list[str]] = told.get("widened", [])
    reason = told.get("reason", {}).get(language(), "")
    names = _names(run.province_id) if cells or widened or _CELL.search(reason) else {}
    return Told(
        reason=_reason(reason, names),
        cells=[name_cell(cell, names) for cell in cells[:NAMED]],
        more_cells=max(0, len(cells) - NAMED),
        won=_won(told.get("shown", [])),
        widened=_widened(widened, names),
        silence=tell_silence(told.get("silence", "")),
        finished=[name_period(period) for period in told.get("finished", [])],
        seconds=told.get("seconds", 0),
    )


def tell_silence(silence: str) -> str:
    """What could not be told at all, if anything."""
    words = {str(word): word for word in SilenceWord}
    return words[silence].label if silence in words else ""


def tell_stage(run: PublicationRun) -> tuple[str, int]:
    """What a run is at, and how many hundredths of that it has done."""
    stages = {str(stage): stage for stage in StageWord}
    stage = stages.get(run.stage, StageWord.PROVE)
    share = _EVERYTHING * run.settled // run.all_cells if run.all_cells else 0
    return stage.label, max(0, min(share, _EVERYTHING))


def name_cell(cell: str, names: Mapping[str, str]) -> str:
    """Phường Bạc Liêu: Open cases, 10/2026. What is no id of a count stays as it is."""
    found = _CELL.search(cell)
    if found is None:
        return cell
    _level, place, measure, period, *categories = found[0].split(":")
    told: str = _(
        "%(place)s: %(measure)s, %(period)s",
        place=names.get(place, place),
        measure=_measure(measure),
        period=name_period(period),
    )
    among = ", ".join(str(_CATEGORIES.get(each, each)) for each in categories if each)
    return f"{told} ({among})" if among else told


def name_period(period: str) -> str:
    """10/2026, quarter 4/2026 or 2026."""
    if "Q" in period:
        told: str = _("quarter %(number)s/%(year)s", number=period[-1], year=period[:4])
        return told
    return f"{period[5:]}/{period[:4]}" if len(period) > len("2026") else period


def _reason(reason: str, names: Mapping[str, str]) -> str:
    """A refusal, with the counts and months it names as people write them."""
    told = _CELL.sub(lambda found: name_cell(found[0], names), reason)
    return _MONTH.sub(lambda found: name_period(found[0]), told)


def _measure(code: str) -> str:
    """The words of a measure; with the kind of a year's, and with what persons are told apart by or
    the value; a criterion keeps its code.
    """
    said = apart(code)
    if said:
        return f"{said.measure.label}: {said.label}"
    family, _point, kind = code.partition(".")
    try:
        measure = Measure(family)
    except ValueError:
        return code
    if kind in BY:
        return f"{measure.label} {BY[kind]}"
    words = KINDS.get(measure, {})
    return f"{measure.label}: {words.get(kind, kind)}" if kind else measure.label


def _level(code: str) -> str:
    return LevelWord(code).label if code in set(LevelWord) else code


def _names(province_id: UUID) -> dict[str, str]:
    """The words for the units and clusters that the ids of counts name."""
    units = db.session.scalars(select(Unit).where(Unit.province_id == province_id)).all()
    own = unit_names(unit for unit in units if not unit.is_province)
    words = {own[unit.id]: unit.label for unit in units if unit.id in own}
    clusters = db.session.scalars(select(Cluster).where(Cluster.province_id == province_id))
    words |= {cluster_code(each.id): each.name for each in clusters}
    words[REST] = _("units in no cluster")
    return words | {PROVINCE: next(unit.label for unit in units if unit.is_province)}


def _won(shown: Sequence[Sequence[Any]]) -> list[Won]:
    counts = Counter({(level, measure, mark): count for level, measure, mark, count in shown})
    kinds = dict.fromkeys((level, measure) for level, measure, *_rest in shown)
    order = {
        code: (place, part)
        for place, measure in enumerate(Measure)
        for part, code in enumerate((measure, *(f"{measure}.{by}" for by in BY)))
    }
    last = (len(order), 0)
    return [
        Won(
            _level(level),
            _measure(measure),
            counts[level, measure, "exact"],
            counts[level, measure, "band"],
            counts[level, measure, "none"],
        )
        for level, measure in sorted(
            kinds, key=lambda kind: (kind[0] == "unit", order.get(kind[1], last))
        )
    ]


def _widened(widened: Sequence[Sequence[str]], names: Mapping[str, str]) -> list[Widened]:
    by_kind: dict[tuple[str, str, str], list[str]] = {}
    for cell, width in widened:
        level, _place, measure, *_rest = cell.split(":")
        by_kind.setdefault((level, measure, width), []).append(cell)
    return [
        Widened(
            _level(level),
            _measure(measure),
            WidthWord(width).label if width in set(WidthWord) else width,
            len(cells),
            [name_cell(cell, names) for cell in cells[:NAMED]],
        )
        for (level, measure, width), cells in by_kind.items()
    ]
