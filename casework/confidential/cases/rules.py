"""When somebody was born, as far as they say: a year alone is enough. Where only the year is known
the person may be as young as a birth on its last day makes them; whoever may be under age is
treated so.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Self

ADULT_AGE = 18
OLDEST = 110
_TYPED = re.compile(r"(?:(\d{1,2})/(\d{1,2})/)?(\d{4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Birth:
    """A year of birth, with the day where it is known."""

    year: int
    day: date | None = None

    @classmethod
    def read(cls, text: str) -> Self:
        """From "1990" or "05/02/1990". Raises ValueError."""
        read = _TYPED.fullmatch(text.strip())
        if read is None:
            raise ValueError(text)
        day, month, year = read.groups()
        return cls(int(year), date(int(year), int(month), int(day)) if day else None)

    def __str__(self) -> str:
        return f"{self.day:%d/%m/%Y}" if self.day else str(self.year)

    def is_sensible(self, on: date) -> bool:
        """Whether somebody alive on a day can be born then."""
        return on.year - OLDEST <= self.year <= on.year and (self.day is None or self.day <= on)

    def least_age(self, on: date) -> int:
        """How old the person is on a day at least."""
        return _years(self.day or date(self.year, 12, 31), on)

    def most_age(self, on: date) -> int:
        """How old the person is on a day at most."""
        return _years(self.day or date(self.year, 1, 1), on)

    def is_minor(self, on: date) -> bool:
        """Whether the person is, or may be, under age on a day."""
        return self.least_age(on) < ADULT_AGE


def _years(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
