"""Protection: a count of persons is printed as a truthful range, and a proof goes with it.

Pure functions on arrays: ``table`` says what a cell, a relation and a print are, ``search`` finds
other tables that agree with everything printed, ``proof`` checks them by plain arithmetic, and
``decide`` widens what cannot be proved. The attack knows none of this.
"""

from casework.anonymisation.protection.decide import Result, protect
from casework.anonymisation.protection.proof import Move, verify
from casework.anonymisation.protection.table import (
    OPEN,
    SHARED,
    BoolArray,
    Prints,
    Protection,
    Relations,
    Shown,
    Table,
    TableWrong,
    Width,
)

__all__ = [
    "OPEN",
    "SHARED",
    "BoolArray",
    "Move",
    "Prints",
    "Protection",
    "Relations",
    "Result",
    "Shown",
    "Table",
    "TableWrong",
    "Width",
    "protect",
    "verify",
]
