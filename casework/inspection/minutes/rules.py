"""What makes minutes provable: one way to write what they say, and a digest of it. It asks no
database.

Anybody who has the content can compute the digest again: it is the SHA-256 of the JSON with its
names in order, without spaces, in composed letters (NFC) and UTF-8.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

from casework.core.text import nfc
from casework.inspection.minutes.models import Content, Minutes, MinutesSupplement

FORM = 1
"""Which names the content has; a later form of minutes gets the next number."""
SHORTEST = 8
"""Digits of a digest that are enough to look for it."""
_HEX = re.compile(r"[0-9a-f]+")


def canonical(content: Content) -> str:
    """The one way to write a content."""
    return json.dumps(_composed(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(text: str) -> str:
    """The SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of_supplement(previous: str, supplement: MinutesSupplement) -> str:
    """The digest of a supplement, which covers the one before it (`previous`: of the minutes, or of
    the supplement before).
    """
    return digest_of(
        canonical(
            {
                "form": FORM,
                "previous": previous,
                "number": supplement.number,
                "on": supplement.on.isoformat(),
                "text": supplement.text,
                "by": supplement.by_name,
            }
        )
    )


def is_whole(minutes: Minutes) -> bool:
    """Whether frozen minutes still say what they said when they were frozen: their text, and beside
    it the day and number they are found by.
    """
    if digest_of(minutes.content) != minutes.digest:
        return False
    content = json.loads(minutes.content)
    return bool(
        content["number"] == minutes.number
        and content["year"] == minutes.year
        and content["on"] == minutes.on.isoformat()
    )


def list_altered(minutes: Minutes, supplements: Sequence[MinutesSupplement]) -> list[int]:
    """The numbers of supplements that do not say any more what they said."""
    altered, previous = [], minutes.digest
    for supplement in supplements:
        if digest_of_supplement(previous, supplement) != supplement.digest:
            altered.append(supplement.number)
        previous = supplement.digest
    return altered


def read_digest(typed: str) -> str:
    """A digest, or its beginning, as somebody copied it from a paper: without spaces and capitals.
    Empty where it is none.
    """
    plain = "".join(typed.split()).lower()[:64]
    return plain if len(plain) >= SHORTEST and _HEX.fullmatch(plain) else ""


def _composed(value: Any) -> Any:
    if isinstance(value, str):
        return nfc(value)
    if isinstance(value, list):
        return [_composed(each) for each in value]
    if isinstance(value, dict):
        return {name: _composed(each) for name, each in value.items()}
    return value
