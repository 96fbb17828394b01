"""Anchoring the log: what is kept elsewhere can't be rewritten together with the database."""

import json

from casework.core import audit
from casework.core.clock import now
from casework.core.database import db
from casework.organisation.access_log.queries import anchor_file


def anchor_log() -> int:
    """Append the newest row's position and digest to the anchor file. Returns the position."""
    position, digest = audit.head(db.session())
    line = {"position": position, "digest": digest, "at": now().isoformat()}
    with anchor_file().open("a") as file:
        file.write(json.dumps(line) + "\n")
    return position
