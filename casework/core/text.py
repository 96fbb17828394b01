"""Vietnamese text: how it is stored, searched and sorted.

Stored as NFC (UniKey can emit decomposed letters). Searched with case, marks and đ folded, so "dao
thi" finds "Đào Thị"; stripping marks alone leaves đ. Sorted by given name (the last word), then
family, then middle names, in the Vietnamese alphabet, in which ă â đ ê ô ơ ư are letters and tones
decide only between otherwise equal words.
"""

import unicodedata
from functools import lru_cache

_LETTERS = {
    letter: rank
    for rank, letter in enumerate("0123456789aăâbcdđeêfghijklmnoôơpqrstuưvwxyz", start=2)
}
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
_SHAPES = {"\u0306", "\u0302", "\u031b"}


def nfc(value: str) -> str:
    """Composed letters, as the database keeps them."""
    return unicodedata.normalize("NFC", value)


def fold(value: str) -> str:
    """Letters as somebody in a hurry types them: no case, no marks, d for đ."""
    plain = unicodedata.normalize("NFD", value.lower().replace("đ", "d"))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


@lru_cache(maxsize=8192)
def word_key(word: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Alphabetical order of one word: first its letters, then its tones (ngang, huyền, hỏi, ngã,
    sắc, nặng).
    """
    letters: list[int] = []
    tones: list[int] = []
    for letter in unicodedata.normalize("NFC", word.lower()):
        tone, shaped = 0, ""
        for part in unicodedata.normalize("NFD", letter):
            if part in _TONES:
                tone = _TONES[part]
            elif part in _SHAPES or not unicodedata.combining(part):
                shaped += part
        base = unicodedata.normalize("NFC", shaped)
        letters.append(_LETTERS.get(base, 1 if not base.isalnum() else 100 + ord(base[:1] or " ")))
        tones.append(tone)
    return tuple(letters), tuple(tones)


def words_key(value: str) -> tuple[object, ...]:
    """Alphabetical order of a phrase, such as a unit's name: letters of all its words before any
    tone.
    """
    keys = [word_key(word) for word in value.split()]
    return tuple(letters for letters, _ in keys), tuple(tones for _, tones in keys)


def name_key(name: str) -> tuple[object, ...]:
    """Order of a person's name: given name with its tone, then family name, then middle names."""
    words = name.split()
    return tuple(word_key(word) for word in (words[-1:] + words[:1] + words[1:-1]))
