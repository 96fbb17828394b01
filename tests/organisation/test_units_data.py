"""The unit data shipped with the program says what the decisions of 2025 say.

Codes are re-used for other territory, so a unit is named by its code and the day it began.
"""

import csv
import unicodedata
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

DATA = Path(__file__).parents[2] / "casework" / "organisation" / "units" / "data"
COMMUNE_LEVEL = {"commune", "ward", "special_zone"}
KINDS = COMMUNE_LEVEL | {"province", "city", "district", "township"}
REFORM = date(2025, 7, 1)
PILOTS = {
    "Phường 5": "Phường Vĩnh Trạch",
    "Phường 8": "Phường Bạc Liêu",
    "Thị trấn Hòa Bình": "Xã Hòa Bình",
    "Phường Hộ Phòng": "Phường Giá Rai",
    "Phường 1": "Phường Giá Rai",
    "Phường Láng Tròn": "Phường Láng Tròn",
    "Xã Phong Thạnh Tây B": "Xã Phong Hiệp",
    "Thị trấn Gành Hào": "Xã Gành Hào",
}
WORDS = {"commune": "Xã", "ward": "Phường", "township": "Thị trấn", "special_zone": "Đặc khu"}

Row = dict[str, str]


def rows(name: str) -> list[Row]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


UNITS = rows("units.csv")
OLD_UNITS = rows("pilot_units.csv")
SUCCESSIONS = rows("successions.csv")
CLUSTERS = rows("clusters.csv")
BY_KEY = {(unit["code"], unit["valid_from"]): unit for unit in UNITS + OLD_UNITS}


def kinds_of(province_code: str) -> Counter[str]:
    return Counter(
        unit["kind"]
        for unit in UNITS
        if unit["province_code"] == province_code and unit["kind"] in COMMUNE_LEVEL
    )


def predecessor(link: Row) -> Row:
    return BY_KEY[link["predecessor_code"], link["predecessor_valid_from"]]


def successor(link: Row) -> Row:
    return BY_KEY[link["successor_code"], link["successor_valid_from"]]


def label(unit: Row) -> str:
    return f"{WORDS[unit['kind']]} {unit['name']}"


def day(text: str) -> date:
    return date.fromisoformat(text) if text else date.max


def test_the_country_has_34_provinces_and_3321_communes() -> None:
    kinds = Counter(unit["kind"] for unit in UNITS)
    assert kinds == {
        "province": 28, "city": 6, "commune": 2621, "ward": 687, "special_zone": 13,
    }  # fmt: skip


def test_ca_mau_has_64_units_and_an_giang_102() -> None:
    names = {unit["code"]: unit["name"] for unit in UNITS if unit["kind"] in {"province", "city"}}
    assert (names["96"], names["91"]) == ("Cà Mau", "An Giang")
    assert kinds_of("96") == {"commune": 55, "ward": 9}
    assert kinds_of("91") == {"commune": 85, "ward": 14, "special_zone": 3}


def test_every_text_is_nfc_with_single_spaces_and_unix_lines() -> None:
    for path in DATA.glob("*.csv"):
        content = path.read_bytes().decode("utf-8")
        assert not {"\r", "\ufeff"} & set(content), path.name
        assert unicodedata.is_normalized("NFC", content), path.name
        for row in rows(path.name):
            assert all(text == " ".join(text.split()) for text in row.values()), row


def test_names_come_without_the_word_of_their_kind() -> None:
    for unit in UNITS + OLD_UNITS:
        assert unit["name"], unit
        has_word = unit["name"].startswith(("Huyện ", "Thị xã ", "Xã ", "Phường ", "Đặc khu "))
        has_word = has_word or unit["name"].startswith(("Thị trấn ", "Tỉnh ", "Thành phố "))
        assert has_word == (unit["kind"] == "district"), unit


def test_kinds_are_of_the_enumeration() -> None:
    assert {unit["kind"] for unit in UNITS + OLD_UNITS} == KINDS
    assert {link["kind"] for link in SUCCESSIONS} <= {"merge", "split", "rename", "transfer"}


def test_code_and_first_day_name_one_unit() -> None:
    assert len(BY_KEY) == len(UNITS) + len(OLD_UNITS)


def test_a_code_never_means_two_units_on_one_day() -> None:
    spans: dict[str, list[tuple[date, date]]] = {}
    for unit in UNITS + OLD_UNITS:
        spans.setdefault(unit["code"], []).append(
            (day(unit["valid_from"]), day(unit["valid_until"]))
        )
    for code, periods in spans.items():
        periods.sort()
        for (_, earlier_end), (later_start, _) in pairwise(periods):
            assert earlier_end < later_start, code


def test_every_parent_exists_for_as_long_as_its_unit() -> None:
    for unit in UNITS + OLD_UNITS:
        top = unit["code"] == unit["province_code"]
        assert top == (not unit["parent_code"]), unit
        if not top:
            assert any(
                parent["code"] == unit["parent_code"]
                and day(parent["valid_from"]) <= day(unit["valid_from"])
                and day(parent["valid_until"]) >= day(unit["valid_until"])
                for parent in UNITS + OLD_UNITS
            ), unit


def test_codes_have_the_official_length() -> None:
    for unit in UNITS + OLD_UNITS:
        if unit["code"] == unit["province_code"]:
            length = 2
        elif unit["kind"] in {"district", "city"}:
            length = 3
        else:
            length = 5
        assert unit["code"].isdigit(), unit
        assert len(unit["code"]) == length, unit


def test_every_succession_joins_two_units_on_the_day_of_the_change() -> None:
    for link in SUCCESSIONS:
        on = day(link["on"])
        assert on == REFORM
        assert day(predecessor(link)["valid_until"]) == on - timedelta(days=1), link
        assert day(successor(link)["valid_from"]) == on, link
        assert link["document"], link


def test_eight_pilot_units_are_seven_today() -> None:
    pilots = {
        label(predecessor(link)): label(successor(link))
        for link in SUCCESSIONS
        if predecessor(link)["kind"] in WORDS
    }
    assert pilots == PILOTS
    assert (len(pilots), len(set(pilots.values()))) == (8, 7)
    assert {label(unit) for unit in OLD_UNITS if unit["kind"] in WORDS} == set(PILOTS)


def test_four_provinces_became_two_and_code_91_changed_hands() -> None:
    links = {
        (predecessor(link)["name"], link["predecessor_code"], link["successor_code"])
        for link in SUCCESSIONS
        if predecessor(link)["kind"] == "province"
    }
    assert links == {
        ("An Giang", "89", "91"), ("Kiên Giang", "91", "91"),
        ("Bạc Liêu", "95", "96"), ("Cà Mau", "96", "96"),
    }  # fmt: skip


def test_districts_ended_without_a_successor() -> None:
    below_province = [
        unit for unit in OLD_UNITS if unit["kind"] in {"district", "city"} and unit["parent_code"]
    ]
    assert len(below_province) == 7
    linked = {link["predecessor_code"] for link in SUCCESSIONS}
    assert not linked & {unit["code"] for unit in below_province}


def test_each_unit_of_the_two_provinces_is_in_one_cluster() -> None:
    for province_code, groups in (("96", 6), ("91", 8)):
        mine = [row for row in CLUSTERS if row["province_code"] == province_code]
        codes = [row["unit_code"] for row in mine]
        assert sorted(codes) == sorted(
            unit["code"] for unit in UNITS if unit["parent_code"] == province_code
        )
        assert len({row["cluster"] for row in mine}) == groups
    assert {row["province_code"] for row in CLUSTERS} == {"96", "91"}
