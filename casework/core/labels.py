"""Enumerations whose members carry the word that screens show for them."""

from enum import StrEnum
from typing import Any, Self


class Labelled(StrEnum):
    """A member is its code, with the word for it: `HOME = "home", _l("at home")`."""

    word: Any

    def __new__(cls, code: str, word: Any = "") -> Self:
        """A member from its code and its word."""
        member = str.__new__(cls, code)
        member._value_, member.word = code, word
        return member

    @property
    def label(self) -> str:
        """The word on screens."""
        return str(self.word)
