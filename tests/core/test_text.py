"""Vietnamese letters: stored composed, searched without marks, sorted as people here do."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.core.forms import clean
from casework.core.text import fold, name_key, nfc, word_key, words_key

NAMES = st.text(alphabet="aăâbcdđeêghiklmnoôơpqrstuưvxyàảãáạằẳẵắặớợữ ĐÂÊ", max_size=20)


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Đào Thị Ngọc Ánh", "dao thi ngoc anh"),
        ("ĐẶNG", "dang"),
        ("Nguyễn  Văn\tĐức", "nguyen van duc"),
        ("Trương Vĩnh Ký", "truong vinh ky"),
        ("Đường ướt", "duong uot"),
        ("Ưng Ờ", "ung o"),
        ("Đa\u0300o", "dao"),
        ("O\u031b\u0301", "o"),
    ],
)
def test_folding_finds_what_somebody_in_a_hurry_types(written, typed):
    assert fold(written) == typed


@given(NAMES)
def test_composed_and_decomposed_are_the_same(name):
    decomposed = unicodedata.normalize("NFD", name)
    assert nfc(decomposed) == nfc(name)
    assert fold(decomposed) == fold(name) == fold(fold(name))
    assert name_key(nfc(decomposed)) == name_key(nfc(name))


@given(NAMES)
def test_a_folded_text_is_plain(name):
    assert fold(name).isascii()
    assert fold(name) == fold(name.upper())


def test_letters_are_sorted_in_the_order_of_the_alphabet():
    letters = list("aăâbcdđeêghiklmnoôơpqrstuưvxy")
    backwards = list(reversed(letters))
    assert sorted(backwards, key=word_key) == letters


def test_tones_decide_only_between_equal_letters():
    tones = ["ma", "mà", "mả", "mã", "má", "mạ"]
    backwards = list(reversed(tones))
    assert sorted(backwards, key=word_key) == tones
    assert sorted(["mạ", "man", "má"], key=word_key) == ["má", "mạ", "man"]


def test_persons_are_sorted_by_given_family_then_middle_names():
    names = [
        "Nguyễn Văn An",
        "Trần Thị An",
        "Trần Văn An",
        "Lê Thị Ân",
        "Phạm Bình",
        "Võ Đức",
        "Đỗ Văn Đức",
    ]
    expected = [*names[:5], "Đỗ Văn Đức", "Võ Đức"]
    backwards = list(reversed(names))
    assert sorted(backwards, key=name_key) == expected
    assert sorted(["Vĩnh Trạch", "Vĩnh Lợi"], key=words_key) == ["Vĩnh Lợi", "Vĩnh Trạch"]


@pytest.mark.parametrize("odd", ["", " ", "🌻", "٣", "Ω", "-", "1", "漢", "\u0301"])
def test_odd_names_have_a_place_too(odd):
    assert sorted([odd, "An"], key=name_key)
    assert fold(odd) == fold(fold(odd))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Anh\r\nBảy \x00\x07", "Anh\nBảy"),
        ("Đa\u0300o", "Đào"),
        ("a\tb", "a\tb"),
        (7, 7),
        (None, None),
    ],
)
def test_what_is_kept_of_what_is_typed(typed, kept):
    assert clean(typed) == kept
