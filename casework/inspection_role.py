"""What the database role of the inspection side may do, where it stands on a server of its own.

One table, like authz.policy: what is not in it is refused, and a test refuses a table about which
nothing was decided. Where a table is shared with the whole program, rows of others are out of
reach too: whoever steals the role reads no password's lock of a counselor, makes no session of an
administrator, opens no paper of a unit. PostgreSQL keeps all of it, whatever the program asks.
"""

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, inspect

from casework.authz.policy import INSPECTION_SIDE
from casework.core.database import PARTS, db
from casework.organisation.documents.queries import READ_WITH

WRITES = ("SELECT", "INSERT", "UPDATE", "DELETE")
# A schema that is decided as a whole, and tables of the others.
SCHEMAS: dict[str, tuple[str, ...]] = {
    "confidential": (),
    "anonymisation": (),
    "inspection": ("SELECT",),  # figures as published; a replica takes no other
    "rounds": WRITES,
}
TABLES: dict[str, tuple[str, ...]] = {
    # The log is added to; of what it says only the end of its chain is read.
    "core.audit_entries": ("SELECT (position, digest)", "INSERT"),
    "core.operations": ("SELECT", "INSERT"),
    "vault.data_keys": (),
    "vault.grants": (),
    "vault.holders": ("SELECT",),  # public keys, to which drafts are sealed
    "vault.key_locks": ("SELECT", "INSERT", "DELETE"),
    "vault.kept_forms": ("SELECT", "INSERT", "DELETE"),
    # Of an account: one-time codes and that the password was changed. Roles are given elsewhere.
    "organisation.accounts": (
        "SELECT",
        "UPDATE (totp_sealed, totp_step, must_change_password, version)",
    ),
    "organisation.account_roles": ("SELECT",),
    "organisation.account_sessions": ("SELECT", "INSERT", "UPDATE"),
    "organisation.sign_in_attempts": ("SELECT", "INSERT", "DELETE"),
    # What an inspection reads beside figures: units, the checklist, thresholds.
    "organisation.units": ("SELECT",),
    "organisation.successions": ("SELECT",),
    "organisation.clusters": ("SELECT",),
    "organisation.cluster_memberships": ("SELECT",),
    "organisation.agencies": ("SELECT",),
    "organisation.criteria": ("SELECT",),
    "organisation.criteria_sets": ("SELECT",),
    "organisation.setting_values": ("SELECT",),
    # Whose skills are seen at work: who counsels, by post and group. They are staff.
    "organisation.bodies": ("SELECT",),
    "organisation.groups": ("SELECT",),
    "organisation.members": ("SELECT",),
    "organisation.posts": ("SELECT",),
    # Drawing paper files is asked for here; the unit draws them, in the whole program.
    "organisation.paper_samples": ("SELECT", "INSERT", "UPDATE"),
    # What a record of a round said earlier, and the papers attached to it.
    "organisation.revisions": ("SELECT", "INSERT"),
    "organisation.attached_files": ("SELECT", "INSERT", "UPDATE (removed_by, removed_at)"),
    # The unit's own work, which the inspection side knows as published figures alone.
    **dict.fromkeys(
        (
            f"organisation.{name}"
            for name in (
                "access_reviews", "base_salaries", "budget_lines", "closed_years", "coefficients",
                "communication_sessions", "covered_hamlets", "decisions", "hamlets",
                "joint_activities", "joint_partners", "meetings", "member_skills", "minutes",
                "movements", "partners", "pauses", "payments", "phases", "planned_activities",
                "programmes", "proposals", "regulations", "report_periods", "schedules",
                "training_places", "training_skills", "trainings", "unit_reports", "yearly_plans",
            )
        ),
        (),
    ),
}  # fmt: skip

# What the kind of a revised record begins with.
REVISED = "inspection_"
_ROLES = ", ".join(f"'{role}'" for role in sorted(INSPECTION_SIDE))
_PAPERS = ", ".join(
    f"'{kind}'" for kind, needed in sorted(READ_WITH.items()) if needed.startswith("inspection:")
)


def _of_the_side(account: str) -> str:
    """The rows of accounts that sign in there: no role of theirs, past ones too, is another."""
    held = f"bool_and(held.role IN ({_ROLES})) FROM organisation.account_roles AS held"
    return f"(SELECT {held} WHERE held.account_id = {account})"


# Which rows of a shared table, and for what.
ROWS: dict[str, tuple[str, str]] = {
    "core.operations": ("ALL", _of_the_side("operations.account_id")),
    "vault.key_locks": ("ALL", _of_the_side("key_locks.holder_id")),
    "vault.kept_forms": ("ALL", _of_the_side("kept_forms.holder_id")),
    "organisation.accounts": ("UPDATE", _of_the_side("accounts.id")),
    "organisation.account_sessions": ("ALL", _of_the_side("account_sessions.account_id")),
    "organisation.revisions": ("ALL", f"starts_with(subject_kind, '{REVISED}')"),
    "organisation.attached_files": ("ALL", f"owner_kind IN ({_PAPERS})" if _PAPERS else "false"),
}
# As long as anybody but the owner may use the table, that one sees all of its rows.
EVERYBODY = "everybody"


class Refused(Exception):
    """The role can not be narrowed, or is not narrow afterwards."""


def decided(table: str) -> tuple[str, ...] | None:
    """What the role may do with a table (`schema.name`); None where nobody decided."""
    return SCHEMAS.get(table.partition(".")[0], TABLES.get(table))


def narrow(role: str) -> int:
    """Grant a role what the inspection side needs, and nothing else; what it had before is taken
    back. Returns how many tables it may read. Raises Refused; then nothing was changed in that
    database.
    """
    if any(engine.dialect.name != "postgresql" for engine in db.engines.values()):
        raise Refused("Roles are PostgreSQL's: SQLite has none. Set CASEWORK_DATABASE_URL.")
    readable = 0
    for bind, schemas in ((None, set(PARTS) - {"inspection"}), ("inspection", {"inspection"})):
        with db.engines[bind].begin() as connection:
            _refuse_a_mighty_one(connection, role)
            tables = _tables(connection, schemas)
            for statement in _statements(_quoted(connection, role), tables):
                connection.exec_driver_sql(statement)
            _refuse_what_is_left(connection, role, schemas)
            readable += sum(any(p.startswith("SELECT") for p in may) for may in tables.values())
    return readable


def _tables(connection: Connection, schemas: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The tables of a database with what was decided about them. None was decided: refused."""
    found = {
        f"{schema}.{name}": decided(f"{schema}.{name}") or ()
        for schema in sorted(schemas)
        for name in inspect(connection).get_table_names(schema)
    }
    missing = {table for table in TABLES if table.partition(".")[0] in schemas} - set(found)
    if missing or not found:
        raise Refused(f"Migrate first: {', '.join(sorted(missing or schemas))} is missing.")
    return found


def _statements(role: str, tables: dict[str, tuple[str, ...]]) -> Iterator[str]:
    may_enter = {table.partition(".")[0] for table, may in tables.items() if may}
    for schema in sorted({table.partition(".")[0] for table in tables}):
        yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}"
        yield f"REVOKE ALL ON SCHEMA {schema} FROM {role}"
        yield f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} REVOKE ALL ON TABLES FROM {role}"
        if schema in may_enter:
            yield f"GRANT USAGE ON SCHEMA {schema} TO {role}"
    for table, may in tables.items():
        if may:
            yield f"GRANT {', '.join(may)} ON {table} TO {role}"
        if table in ROWS:
            yield from _policies(role, table, *ROWS[table])


def _policies(role: str, table: str, use: str, condition: str) -> Iterator[str]:
    """One that lets everybody in as before, and one that shuts this role out of other rows."""
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    yield f"DROP POLICY IF EXISTS {EVERYBODY} ON {table}"
    yield f"CREATE POLICY {EVERYBODY} ON {table} USING (true) WITH CHECK (true)"
    yield f"DROP POLICY IF EXISTS {role} ON {table}"
    yield (
        f"CREATE POLICY {role} ON {table} AS RESTRICTIVE FOR {use} TO {role} "
        f"USING ({condition}) WITH CHECK ({condition})"
    )


def _refuse_a_mighty_one(connection: Connection, role: str) -> None:
    mighty = connection.exec_driver_sql(
        "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication "
        "FROM pg_roles WHERE rolname = %s",
        (role,),
    ).scalar()
    if mighty is None:
        raise Refused(f"There is no role {role}. CREATE ROLE {role} LOGIN PASSWORD '…' first.")
    if mighty:
        raise Refused(
            f"{role} is a superuser, makes roles, replicates or bypasses the rules of rows: no "
            "grant would hold it back. Take a role that may log in, and nothing else."
        )


def _refuse_what_is_left(connection: Connection, role: str, schemas: Collection[str]) -> None:
    """What the role may do all the same: through PUBLIC, or a role that it is a member of."""
    rows = connection.exec_driver_sql(
        "SELECT n.nspname || '.' || c.relname AS name, p.privilege "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, "
        "(VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE')) AS p (privilege) "
        "WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') "
        "AND CASE WHEN p.privilege IN ('DELETE', 'TRUNCATE') "
        "THEN has_table_privilege(%s, c.oid, p.privilege) "
        "ELSE has_any_column_privilege(%s, c.oid, p.privilege) END",
        (list(schemas), role, role),
    )
    left = [
        f"{privilege} on {table}"
        for table, privilege in rows
        if privilege not in {each.partition(" ")[0] for each in decided(table) or ()}
    ]
    if left:
        raise Refused(
            f"{role} may still {', '.join(left[:5])}: through PUBLIC, or a role that it is a "
            "member of. Nothing was changed."
        )


def _quoted(connection: Connection, role: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(role)
