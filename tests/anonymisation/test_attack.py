"""The attack finds what is there, and only that."""

from __future__ import annotations

import ast
import csv
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.anonymisation.attack import Edition, Findings, attack, read
from casework.anonymisation.attack.edition import CEILING, EditionUnreadable
from casework.anonymisation.exchange import cell_rows, read_edition, write_edition
from casework.anonymisation.protection import protect
from casework.anonymisation.relations import relations_of
from tests.anonymisation.provinces import MONTHLY, Unit, counted

Ends = tuple[int, int]
ANYTHING = (0, CEILING)


def printed(cells: dict[str, Ends], *sums: tuple[str, tuple[str, ...]]) -> Edition:
    """An edition of named cells with totals: ("all", ("a", "b")) says all = a + b."""
    place = {name: number for number, name in enumerate(cells)}
    entries = [
        entry
        for row, (total, parts) in enumerate(sums)
        for entry in [(row, place[total], -1), *((row, place[part], 1) for part in parts)]
    ]
    rel, cell, coef = np.array(entries, dtype=np.int64).reshape(-1, 3).T
    ends = np.array(list(cells.values()), dtype=np.int64)
    return Edition(
        tuple(cells),
        ("cell",) * len(cells),
        np.ones(len(cells), dtype=np.bool_),
        ends[:, 0],
        ends[:, 1],
        rel,
        cell,
        coef,
        np.zeros(len(sums), dtype=np.int64),
    )


def proved(findings: Findings) -> dict[str, tuple[int, int]]:
    return {one.cell: (one.low, one.high) for one in findings.found}


def masked(value: int) -> Ends:
    """The usual mask: 1–4 hidden as "<5", everything else, zero too, printed exactly."""
    return (1, 4) if 1 <= value <= 4 else (value, value)


def test_what_no_single_relation_tells_is_solved() -> None:
    """Three sums of two, all exact: bound propagation learns nothing, the program everything."""
    cells = dict.fromkeys("abc", ANYTHING) | {"ab": (5, 5), "bc": (6, 6), "ac": (5, 5)}
    sums = ("ab", ("a", "b")), ("bc", ("b", "c")), ("ac", ("a", "c"))
    assert proved(attack(printed(cells, *sums))) == {"a": (2, 2), "b": (3, 3), "c": (3, 3)}


def test_18_1_1_0_of_20() -> None:
    values = {"a": 18, "b": 1, "c": 1, "d": 0}
    cells = {name: masked(value) for name, value in values.items()} | {"all": (20, 20)}
    findings = attack(printed(cells, ("all", ("a", "b", "c", "d"))))
    assert proved(findings) == {"b": (1, 1), "c": (1, 1)}
    assert findings.by_kind["cell"].exact == 2
    assert set(findings.stops(values | {"all": 20})) == {"b", "c"}


def test_one_hidden_cell_beside_its_total() -> None:
    cells = {"a": (12, 12), "b": (0, 4), "all": (15, 15)}
    assert proved(attack(printed(cells, ("all", ("a", "b"))))) == {"b": (3, 3)}


def test_three_by_three_with_both_margins() -> None:
    values = np.array([[10, 2, 8], [3, 7, 1], [6, 9, 11]])
    cells = {f"{r}{c}": masked(int(values[r, c])) for r, c in product(range(3), repeat=2)}
    cells |= {f"row{r}": (int(values[r].sum()),) * 2 for r in range(3)}
    cells |= {f"col{c}": (int(values[:, c].sum()),) * 2 for c in range(3)}
    sums = [(f"row{r}", tuple(f"{r}{c}" for c in range(3))) for r in range(3)]
    sums += [(f"col{c}", tuple(f"{r}{c}" for r in range(3))) for c in range(3)]
    findings = attack(printed(cells, *sums))
    assert proved(findings) == {"01": (2, 2), "10": (3, 3), "12": (1, 1)}


def test_two_dimensions_in_one_row_share_their_total() -> None:
    """By sex and by age of the same people: each dimension alone adds up to the total."""
    cells = {
        "all": (9, 9), "men": (5, 5), "women": (1, 4),
        "under 18": (1, 4), "18–29": (6, 6), "30 and over": (0, 0),
    }  # fmt: skip
    sums = ("all", ("men", "women")), ("all", ("under 18", "18–29", "30 and over"))
    assert proved(attack(printed(cells, *sums))) == {"women": (4, 4), "under 18": (3, 3)}


def test_the_first_band_taken_for_the_total_is_a_contradiction() -> None:
    cells = {"all": (4, 4), "under 18": (4, 4), "18–29": (5, 9)}
    assert attack(printed(cells, ("all", ("under 18", "18–29")))).contradictions


def test_two_candidates_are_within_one_and_the_edge_is_left_to_who_knows() -> None:
    cells = {"a": (4, 9), "b": (1, 4), "c": (1, 4), "all": (9, 9), "most": (7, 7)}
    findings = attack(printed(cells, ("all", ("a", "b", "c")), ("most", ("a", "b"))))
    assert {one.cell: one.verdict for one in findings.found} == {"c": "exact"}
    cells = {"a": (5, 9), "b": (1, 2), "all": (8, 8)}
    findings = attack(printed(cells, ("all", ("a", "b"))))
    assert {one.cell: one.verdict for one in findings.found} == {"b": "within one"}
    edge = attack(printed(cells | {"b": (0, 1)}, ("all", ("a", "b"))))
    assert {one.cell: one.verdict for one in edge.found} == {"b": "edge"}
    assert edge.stops({"a": 8, "b": 0, "all": 8}) == ()
    assert edge.stops({"a": 7, "b": 1, "all": 8}) == ("b",)


def test_a_proved_zero_and_a_large_count_are_no_findings() -> None:
    cells = {"a": (0, 4), "b": (0, 4), "all": (0, 0), "c": (17, 17)}
    assert attack(printed(cells, ("all", ("a", "b")))).found == ()


def test_what_time_did_not_allow_is_undecided_and_stops() -> None:
    cells = dict.fromkeys("abcd", (0, 4)) | {"all": (5, 9), "half": (5, 9)}
    sums = ("all", ("a", "b", "c")), ("half", ("b", "c", "d"))
    findings = attack(printed(cells, *sums), seconds=0.0)
    assert set(findings.undecided) == set("abcd")
    assert set(findings.stops(dict.fromkeys(cells, 2))) >= set("abcd")
    assert attack(printed(cells, *sums)).undecided == ()


@settings(max_examples=60)
@given(
    st.lists(st.integers(0, 7), min_size=6, max_size=6),
    st.lists(st.sampled_from(["exact", "band", "mask"]), min_size=11, max_size=11),
)
def test_it_finds_exactly_what_trying_every_table_finds(values: list[int], how: list[str]) -> None:
    grid = np.array(values).reshape(2, 3)
    true = {f"{r}{c}": int(grid[r, c]) for r, c in product(range(2), range(3))}
    true |= {f"row{r}": int(grid[r].sum()) for r in range(2)}
    true |= {f"col{c}": int(grid[:, c].sum()) for c in range(3)}
    shown = {
        "exact": lambda value: (value, value),
        "band": lambda value: (value // 5 * 5, value // 5 * 5 + 4),
        "mask": masked,
    }
    cells = {name: shown[way](true[name]) for name, way in zip(true, how, strict=True)}
    sums = [(f"row{r}", tuple(f"{r}{c}" for c in range(3))) for r in range(2)]
    sums += [(f"col{c}", tuple(f"{r}{c}" for r in range(2))) for c in range(3)]
    expected = {
        name: (min(found), max(found))
        for name, found in _every_table(cells).items()
        if max(found) - min(found) < 2 and max(found) >= 1 and min(found) < 5
    }
    findings = attack(printed(cells, *sums))
    assert findings.undecided == ()
    assert findings.contradictions == ()
    assert proved(findings) == expected


def _every_table(cells: dict[str, Ends]) -> dict[str, set[int]]:
    names = [f"{r}{c}" for r, c in product(range(2), range(3))]
    tables = np.array(list(product(*(range(cells[n][0], cells[n][1] + 1) for n in names))))
    columns = dict(zip(names, tables.T, strict=True))
    for r in range(2):
        columns[f"row{r}"] = sum(columns[f"{r}{c}"] for c in range(3))
    for c in range(3):
        columns[f"col{c}"] = columns[f"0{c}"] + columns[f"1{c}"]
    agree = np.ones(len(tables), dtype=np.bool_)
    for name, (low, high) in cells.items():
        agree &= (columns[name] >= low) & (columns[name] <= high)
    return {name: set(columns[name][agree].tolist()) for name in cells}


UNITS: dict[str, Unit] = {"u0": (3, ((2, 1),)), "u1": (8, ((0, 3),)), "u2": (12, ((1, 2),))}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An edition as the publisher exports it."""
    _export(UNITS, tmp_path / "first")
    return tmp_path / "first"


def _export(units: dict[str, Unit], folder: Path) -> None:
    frame = relations_of(MONTHLY, units=tuple(units), months=("2026-01",))
    result = protect(frame.table(counted(frame, units)))
    rows = cell_rows(frame, result.table, result.prints)
    write_edition(folder, rows, result.table.relations, result.table.ids)


def _lines(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / "cells.csv").read_text(encoding="utf-8").splitlines()))


def _reprint(folder: Path, cell: str, **changes: str) -> None:
    lines = _lines(folder)
    for line in lines:
        if line["id"] == cell:
            line.update(changes)
    with (folder / "cells.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, lines[0])
        writer.writeheader()
        writer.writerows(lines)


def test_an_exported_edition_gives_nothing_away(folder: Path) -> None:
    findings = attack(read(folder))
    assert (findings.found, findings.undecided, findings.contradictions) == ((), (), ())
    assert findings.by_kind["unit new"].cells == 3


def test_a_false_label_is_caught(folder: Path) -> None:
    """A province total that its units' ranges cannot add up to."""
    _reprint(folder, "province:province:open:2026-01", shown="band", lo="95", hi="99")
    assert attack(read(folder)).contradictions


def test_a_roll_up_of_masked_cells_is_caught(folder: Path) -> None:
    """Lower ends added up, 0 + 5 + 10 = 15, printed exactly although the truth is 20."""
    for unit, low in {"u0": "3", "u1": "5", "u2": "10"}.items():
        high = {"3": "4", "5": "9", "10": "14"}[low]
        _reprint(folder, f"unit:{unit}:open:2026-01", shown="band", lo=low, hi=high)
    _reprint(folder, "province:province:open:2026-01", shown="exact", value="15", lo="", hi="")
    assert attack(read(folder)).contradictions


def test_a_second_edition_with_one_more_case_is_caught(folder: Path, tmp_path: Path) -> None:
    later = UNITS | {"u0": (3, ((2, 0),))}  # one closure less: 4 open become 5
    _export(later, tmp_path / "second")
    findings = attack(read(folder, tmp_path / "second"))
    assert any("u0:open:2026-01" in line for line in findings.contradictions)


def test_a_print_that_a_second_edition_draws_wider_is_caught(folder: Path) -> None:
    """Nothing contradicts, but the first print of a cell stands for ever."""
    second = folder.parent / "second"
    _export(UNITS, second)
    _reprint(second, "unit:u0:new:2026-01", lo="0", hi="9")
    assert attack(read(folder, second)).contradictions == ("printed twice: unit:u0:new:2026-01",)


def test_an_exact_count_planted_among_ranges_is_caught(folder: Path) -> None:
    _reprint(folder, "unit:u1:closed:2026-01", shown="exact", value="3", lo="", hi="")
    assert "unit:u1:closed:2026-01" in proved(attack(read(folder)))


def test_files_give_back_what_was_written_and_no_hidden_value(folder: Path) -> None:
    edition = read_edition(folder)
    assert [row.id for row in edition.cells] == list(edition.prints().ids)
    for line in _lines(folder):
        if line["shown"] != "exact":
            assert line["value"] == ""
        if line["shown"] == "none":
            assert (line["lo"], line["hi"]) == ("", "")
    _export(UNITS, folder.parent / "again")
    for name in ("cells.csv", "relations.csv"):
        assert (folder / name).read_bytes() == (folder.parent / "again" / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("cells.csv", "id,level\n", "no column"),
        ("cells.csv", "id,level,measure,shown,personal,lo\nx,unit,new,band,1,five\n", "five"),
        ("relations.csv", "rel,cell,coef,rhs\n0,nobody,1,0\n", "unknown cell nobody"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(folder: Path, name: str, text: str, told: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(EditionUnreadable, match=told):
        read(folder)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(EditionUnreadable, match="nowhere"):
        read(tmp_path / "nowhere")


def test_attack_and_protection_share_no_code_and_know_no_database() -> None:
    home = Path(attack.__globals__["__file__"]).parent.parent
    for side, other in (("attack", "protection"), ("protection", "attack")):
        imported = {name for path in (home / side).glob("*.py") for name in _imports(path)}
        own = {name for name in imported if name.startswith("casework")}
        assert own, side
        assert all(name.startswith(f"casework.anonymisation.{side}") for name in own)
        assert not {name.split(".")[0] for name in imported} & {"flask", "sqlalchemy", other}


def _imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    plain = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    return found | {alias.name for node in plain for alias in node.names}
