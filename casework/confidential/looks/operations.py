"""Putting the weekly note away. That it was seen is a row of the log like everything else."""

from casework.confidential.looks.queries import SEEN
from casework.core import audit
from casework.core.audit import Actor


def put_away(position: int, *, by: Actor) -> None:
    """The note was seen up to this row of the log; what comes later is told again."""
    audit.record(SEEN, "account", by.id, by=by, position=position)
