"""The access log can't be changed, and whoever changes it all the same is found out."""

import threading
from uuid import uuid4

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError

from casework.core import audit
from casework.core.audit import GENESIS, SYSTEM, Actor, AuditEntry, Outcome
from casework.core.database import db

ROWS = 12
TABLE = {"sqlite": "audit_entries", "postgresql": "core.audit_entries"}


@pytest.fixture
def log(app):
    """A log of its own making in front of what the cast left: ROWS further rows."""
    with app.app_context():
        before = audit.head(db.session())[0]
        for number in range(ROWS):
            audit.record("test.change", "test", uuid4(), by=SYSTEM, number=number)
            db.session.commit()
        return before


def tamper(app, *statements):
    """What somebody with full power over the database does."""
    with app.app_context():
        on_postgresql = db.engine.dialect.name == "postgresql"
        with db.engine.begin() as connection:
            if on_postgresql:
                connection.execute(text("ALTER TABLE core.audit_entries DISABLE TRIGGER ALL"))
            else:
                for change in ("update", "delete"):
                    connection.execute(text(f"DROP TRIGGER audit_entries_no_{change}"))
            for statement in statements:
                connection.execute(text(statement.format(log=TABLE[db.engine.dialect.name])))


def verdict(app, anchors=()):
    with app.app_context():
        return audit.verify(db.session(), anchors)


def anchor(app):
    with app.app_context():
        return audit.head(db.session())


def test_an_untouched_log_is_whole(app, log):
    found = verdict(app, [anchor(app)])
    assert (found.good, found.broken_at) == (log + ROWS, None)


def test_an_empty_log_begins_with_genesis(app):
    tamper(app, "DELETE FROM {log}")
    assert anchor(app) == (0, GENESIS)
    assert verdict(app).broken_at is None
    assert verdict(app, [(5, "x")]).broken_at == 5


@pytest.mark.parametrize("change", ["UPDATE {log} SET action = 'x'", "DELETE FROM {log}"])
def test_the_database_itself_refuses_changes(app, log, change):
    with app.app_context():
        statement = change.format(log=TABLE[db.engine.dialect.name])
        with pytest.raises(DBAPIError, match="append-only"), db.engine.begin() as connection:
            connection.execute(text(statement))
    assert verdict(app).good == log + ROWS


@pytest.mark.parametrize(
    "edit",
    [
        "action = 'other'",
        "outcome = 'read'",
        "subject_kind = 'case'",
        "subject_id = NULL",
        "detail = ''",
        "at = '2020-01-01 00:00:00'",
        "digest = 'x'",
        "previous = 'x'",
    ],
)
@pytest.mark.parametrize("offset", [1, 5, ROWS])
def test_every_edited_cell_is_found(app, log, edit, offset):
    tamper(app, f"UPDATE {{log}} SET {edit} WHERE position = {log + offset}")
    assert verdict(app).broken_at == log + offset


@pytest.mark.parametrize("offset", [1, 5, ROWS - 1])
def test_a_removed_row_is_found(app, log, offset):
    tamper(app, f"DELETE FROM {{log}} WHERE position = {log + offset}")
    assert verdict(app).broken_at == log + offset


def test_rows_in_another_order_are_found(app, log):
    swap = "UPDATE {{log}} SET position = {} WHERE position = {}"
    tamper(
        app,
        swap.format(-1, log + 3),
        swap.format(log + 3, log + 4),
        swap.format(log + 4, -1),
    )
    assert verdict(app).broken_at == log + 3


@pytest.mark.parametrize("left", [0, 1, ROWS - 1])
def test_a_cut_tail_is_found_by_an_anchor_kept_elsewhere(app, log, left):
    kept = anchor(app)
    tamper(app, f"DELETE FROM {{log}} WHERE position > {log + left}")
    assert verdict(app).broken_at is None, "the chain alone cannot tell"
    assert verdict(app, [kept]).broken_at == kept[0]


def test_a_chain_written_anew_is_found_by_an_anchor(app, log):
    kept = anchor(app)
    tamper(app, f"DELETE FROM {{log}} WHERE position > {log + 6}")
    with app.app_context():
        for _ in range(6):
            audit.record("test.invented", "test", uuid4(), by=SYSTEM)
        db.session.commit()
    assert verdict(app).broken_at is None
    assert verdict(app, [kept]).broken_at == kept[0]


def test_a_change_undone_leaves_no_row(app, log):
    with app.app_context():
        db.session.execute(select(AuditEntry.position))
        audit.record("test.undone", "test", uuid4(), by=SYSTEM)
        db.session.rollback()
        db.session.commit()
    assert verdict(app).good == log + ROWS


def test_reads_and_refusals_are_written_at_once(app, log):
    reader = Actor(uuid4(), "somebody")
    with app.app_context():
        audit.record_read("test.read", "test", [uuid4(), uuid4()], by=reader)
        audit.record_refusal("test.refused", "test", None, by=reader)
        db.session.rollback()
        query = select(AuditEntry.outcome).where(AuditEntry.actor_id == reader.id)
        rows = db.session.scalars(query.order_by(AuditEntry.position)).all()
    assert rows == [Outcome.READ, Outcome.READ, Outcome.REFUSED]
    assert verdict(app).broken_at is None


def test_no_row_no_read(app, client_as, monkeypatch):
    """When the log can't be written, the page is not shown."""
    visitor = client_as("dpo")
    assert visitor.get("/audit").status == 200

    def fail(*_args, **_kwargs):
        raise OSError("the log is gone")

    monkeypatch.setattr(audit, "_append", fail)
    answer = visitor.client.get("/audit")
    assert answer.status_code == 500
    assert "account.create" not in answer.get_data(as_text=True)


def test_two_at_once_keep_one_chain(app, log):
    """Two threads write twenty changes each, started together."""
    start, failed = threading.Barrier(2), []

    def work():
        try:
            with app.app_context():
                start.wait()
                for number in range(20):
                    audit.record("test.race", "test", uuid4(), by=SYSTEM, number=number)
                    db.session.commit()
        except Exception as error:  # the test says which
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert verdict(app).good == log + ROWS + 40
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == log + ROWS + 40


def test_a_row_holds_ids_and_never_text(app, client_as, cast):
    """Whatever is typed on the way in, the log holds codes, ids and numbers."""
    visitor = client_as("admin")
    page = f"/admin/accounts/{cast.accounts['counselor']}"
    visitor.submit(page, f"{page}/disable", note="Nguyễn Thị Hoa sống ở đây")
    with app.app_context():
        for row in db.session.scalars(select(AuditEntry)):
            cells = f"{row.action} {row.subject_kind} {row.detail}"
            assert cells.isascii(), cells


def test_the_walk_reads_the_log_in_parts(app, log):
    """Memory stays flat: rows are fetched some thousand at a time, in one statement."""
    statements = []
    with app.app_context():
        listener = lambda *args: statements.append(args[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listener)
        audit.verify(db.session())
        event.remove(db.engine, "before_cursor_execute", listener)
    assert len([s for s in statements if "audit_entries" in s]) == 1
