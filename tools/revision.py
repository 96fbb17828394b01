"""A new migration: what the models say beyond the newest revision, for both databases.

    python3 -m tools.revision "what changes"

Compares with PostgreSQL, started for this alone: there the parts are schemas, as in the models.
(SQLite has none, and Alembic would take every table for a new one.) Read what comes out, and add
what has to happen to the data.
"""

import argparse
import tempfile
from pathlib import Path

from flask_migrate import revision, upgrade

from casework import create_app
from casework.config import Settings
from tests.postgresql import running_postgresql

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"


def main() -> None:
    """Write the next numbered file into migrations/versions."""
    parser = argparse.ArgumentParser(description="Make the next migration.")
    parser.add_argument("message", help="what changes, in a few words")
    message = parser.parse_args().message
    newest = max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    with tempfile.TemporaryDirectory() as folder, running_postgresql() as server:
        url = server.create_database("revision")
        app = create_app(Settings("unused", b"unused", Path(folder), url, url))
        with app.app_context():
            upgrade(directory=str(MIGRATIONS))
            number = f"{int(newest) + 1:04}"
            revision(str(MIGRATIONS), message=message, autogenerate=True, rev_id=number)


if __name__ == "__main__":
    main()
