"""Names, notes and rhythms of the demonstration, without a database."""

import unicodedata
from collections import Counter
from datetime import date
from itertools import chain
from random import Random

import pytest

from casework.confidential.cases.models import Sex
from casework.confidential.contacts.models import ContactKind
from casework.core.clock import month_end
from casework.demonstration import lives, names, notes, support
from casework.demonstration.cases import reference_of
from casework.demonstration.horizon import horizon, is_tet, last_closed_month, working_day
from casework.demonstration.lives import Life

TODAY = date(2026, 10, 15)
# DOMAIN words that never stand on a screen or in a note.
NEVER = (
    "đối tượng", "con nghiện", "gái mại dâm", "hoàn lương", "lầm lỡ", "tái nghiện", "nghiện",
    "mại dâm", "bán dâm", "ma túy", "hiv", "arv", "methadone", "xét nghiệm", "dương tính",
)  # fmt: skip
WELL_KNOWN = (
    "Tô Lâm", "Phạm Minh Chính", "Lương Cường", "Trần Thanh Mẫn", "Nguyễn Phú Trọng", "Võ Văn Kiệt",
    "Võ Văn Thưởng", "Nguyễn Xuân Phúc", "Nguyễn Tấn Dũng", "Trương Tấn Sang", "Phan Văn Khải",
    "Nguyễn Minh Triết", "Lê Minh Hưng", "Võ Nguyên Giáp", "Nguyễn Văn Linh", "Nguyễn Thị Định",
    "Nguyễn Thị Bình", "Trương Mỹ Hoa", "Trương Thị Mai", "Nguyễn Trọng Nghĩa", "Hồ Ngọc Hà",
    "Nguyễn Văn Thắng", "Nguyễn Thành Phong", "Nguyễn Văn Toàn", "Lê Công Vinh",
)  # fmt: skip


def test_every_word_is_composed() -> None:
    lists = (names.FAMILIES, *names.MIDDLES.values(), *names.GIVEN.values(), names.RANKS)
    texts = [*chain.from_iterable(lists), *names.ALIAS_WORDS, *_all_notes()]
    assert [text for text in texts if not unicodedata.is_normalized("NFC", text)] == []


def test_names_come_from_the_lists_and_name_nobody_well_known() -> None:
    rng = Random(7)
    for _ in range(3000):
        sex = rng.choice((Sex.MALE, Sex.FEMALE))
        family, middle, given = names.full_name(rng, sex).split()
        assert family in names.FAMILIES and middle in names.MIDDLES[sex]
        assert given in names.GIVEN[sex]
    possible = {
        f"{family} {middle} {given}"
        for sex, given_names in names.GIVEN.items()
        for family in names.FAMILIES
        for middle in names.MIDDLES[sex]
        for given in given_names
    }
    assert possible.isdisjoint(WELL_KNOWN)


def test_phone_numbers_have_ten_digits_and_ring_nowhere() -> None:
    rng = Random(7)
    numbers = {names.phone(rng) for _ in range(200)}
    assert all(len(number) == 10 and number.startswith("0100") for number in numbers)
    assert len(numbers) > 150


def test_notes_are_respectful_and_vary() -> None:
    rng = Random(7)
    written = [notes.contact_note(rng, kind, "chị")[0] for kind in ContactKind for _ in range(100)]
    assert len(set(written)) > 450
    assert not [note for note in written if "{" in note or "  " in note]
    said = " ".join(_all_notes()).lower()
    assert [word for word in NEVER if word in said] == []


def test_people_are_called_by_age() -> None:
    assert notes.pronoun(Sex.FEMALE, 1990, TODAY) == "chị"
    assert notes.pronoun(Sex.MALE, 1960, TODAY) == "chú"
    assert notes.pronoun(Sex.MALE, 2008, TODAY) == "em"


def test_about_thirteen_contacts_a_year() -> None:
    told, rng = horizon(12, None, TODAY), Random(7)
    life = Life(date(2024, 1, 5), None)
    contacts = [len(list(lives.contact_days(rng, life, told))) for _ in range(400)]
    assert 11 <= sum(contacts) / len(contacts) <= 14


def test_contacts_lie_within_the_life_and_the_months_told() -> None:
    told, rng = horizon(12, None, TODAY), Random(7)
    for _ in range(300):
        life = lives.draw_life(rng, told)
        assert life.closed_on is None or life.opened_on <= life.closed_on < told.today
        days = [on for on, _ in lives.contact_days(rng, life, told)]
        assert days == sorted(set(days))
        first, last = max(life.opened_on, told.begins_on), life.closed_on or told.last_day
        assert all(first <= day <= last and day.weekday() != 6 for day in days)


def test_the_caseload_is_steady() -> None:
    told, rng = horizon(24, None, TODAY), Random(7)
    drawn = [lives.draw_life(rng, told) for _ in range(lives.usual_cases(60, told))]
    at_begin = sum(life.opened_on < told.begins_on for life in drawn) / 60
    at_end = sum(life.closed_on is None for life in drawn) / 60
    assert at_begin == pytest.approx(lives.MEAN_OPEN, rel=0.15)
    assert at_end == pytest.approx(lives.MEAN_OPEN, rel=0.15)


@pytest.mark.parametrize(("cases", "units"), [(0, 2), (46, 2), (560, 12), (170_000, 3321)])
def test_shares_add_up(cases: int, units: int) -> None:
    shares = lives.share_out(cases, units, Random(7))
    assert len(shares) == units and sum(shares) == cases and min(shares) >= 0


def test_case_codes_never_repeat() -> None:
    codes = Counter(reference_of(number, 1) for number in range(50_000))
    assert codes.most_common(1)[0][1] == 1
    assert all(len(code) == 7 and code[3] == "-" for code in codes)


def test_months_told() -> None:
    told = horizon(3, None, TODAY)
    assert told.periods == ["2026-07", "2026-08", "2026-09"]
    assert (told.begins_on, told.today) == (date(2026, 7, 1), TODAY)
    past = horizon(2, "2026-01", TODAY)
    assert past.periods == ["2025-12", "2026-01"] and past.today == month_end(2026, 1)
    assert last_closed_month(date(2026, 1, 31)) == "2025-12"


@pytest.mark.parametrize("until", ["2026-10", "2027-01", "2026-13", "soon"])
def test_only_closed_months_are_told(until: str) -> None:
    with pytest.raises(ValueError, match="no closed month"):
        horizon(3, until, TODAY)


def test_tet_and_sundays() -> None:
    assert is_tet(date(2026, 2, 18)) and not is_tet(date(2026, 6, 18))
    assert working_day(date(2026, 2, 17)) == date(2026, 2, 21)
    assert working_day(date(2026, 10, 18)) == date(2026, 10, 19)


def _all_notes() -> list[str]:
    return [
        *chain.from_iterable(notes.OPENINGS.values()),
        *notes.MATTERS,
        *notes.CLOSINGS,
        *notes.CLOSED_NOTES,
        *notes.SAFE_CALLS,
        *notes.SAFE_VISITS,
        *notes.SESSION_NOTES,
        *notes.EXCUSES,
        *notes.EXCUSES_TET,
        *chain.from_iterable(gift.notes for gift in support.GIFTS),
        *support.REASONS.values(),
        *chain.from_iterable(support.TOLD.values()),
    ]
