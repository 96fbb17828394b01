"""The program with a bare page beside it, so that both are measured on the same server in the same
run.

`/bare` is the smallest honest page: Flask, SQLAlchemy, SQLite, 25 rows of text in a Jinja table.
"""

import os
from pathlib import Path

from flask import Flask, render_template_string
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from app import app as casework

PAGE = """<!doctype html><html lang="en"><head><title>Rows</title></head><body><h1>Rows</h1><table>
{% for row in rows %}<tr><th>{{ row.name }}</th><td>{{ row.letter }}</td><td>{{ row.day }}</td></tr>
{% endfor %}</table></body></html>"""


class Base(DeclarativeBase):
    """Tables of the bare page."""


class Line(Base):
    """A row as plain as rows get."""

    __tablename__ = "lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    letter: Mapped[str]
    day: Mapped[str]


def bare_app(path: Path) -> Flask:
    """One page with 25 of 10,000 rows."""
    app, engine = Flask(__name__), create_engine(f"sqlite:///{path}")
    if not path.exists():
        Base.metadata.create_all(engine)
        with Session(engine) as session, session.begin():
            session.add_all(
                Line(name=f"Nguyễn Văn {n}", letter="A", day="05/02/2026") for n in range(10_000)
            )
    engine.dispose()

    @app.get("/")
    def rows() -> str:
        with Session(engine) as session:
            lines = session.scalars(select(Line).order_by(Line.id).limit(25)).all()
            return render_template_string(PAGE, rows=lines)

    return app


bare = bare_app(Path(os.environ["CASEWORK_INSTANCE"]) / "bare.sqlite3")
app = DispatcherMiddleware(casework, {"/bare": bare})
