"""Whether the program answers, for the machine that watches it. Says nothing else."""

from flask import Blueprint, Flask
from sqlalchemy import select

from casework.core.audit import AuditEntry
from casework.core.database import db

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def show() -> tuple[str, int, dict[str, str]]:
    """200 while the database answers."""
    db.session.execute(select(AuditEntry.position).limit(1))
    return "ok\n", 200, {"Content-Type": "text/plain"}


def init_app(app: Flask) -> None:
    """Mount the address."""
    app.register_blueprint(bp)
