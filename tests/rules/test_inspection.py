"""No page of inspection asks a confidential table, or for a key, whoever opens it."""

import re

from sqlalchemy import select

from casework.confidential.cases.models import Case
from casework.core.database import Base, db
from tests.rules.sweep import Answer, part_of, statements_of
from tests.rules.world import EVERYBODY, World

VAULT_TABLES = {"grants", "data_keys"}
# Pages of the organisation that ask a confidential table all the same, each with its reason.
MAY_ASK = {"administration.reset_form": "counts the keys that a reset would lose, and names none"}


def secret_tables() -> set[str]:
    """The names of the tables that pages of inspection must not know."""
    return {
        table.name
        for table in Base.metadata.tables.values()
        if table.schema == "confidential" or table.name in VAULT_TABLES
    }


def names_a_secret_table(statement: str) -> bool:
    """A table stands behind its schema, or behind the word that says what is done with it; a column
    of another table may have the same name.
    """
    named = re.findall(r"(?:\bmain\.|\b(?:from|join|into|update) )\"?([a-z_]+)", statement.lower())
    return bool(set(named) & secret_tables()) or "confidential." in statement.lower()


def test_pages_of_inspection_ask_no_confidential_table(answers: list[Answer], world: World):
    opened = [answer for answer in answers if part_of(world.app, answer.endpoint) == "inspection"]
    who = {answer.who for answer in opened if answer.status == 200}
    assert {"unithead", "inspector", "manager"} <= who
    asked = {(a.address, s) for a in opened for s in a.statements if names_a_secret_table(s)}
    assert asked == set()


def test_pages_of_the_organisation_ask_no_confidential_table(answers: list[Answer], world: World):
    """Neither a page nor a workbook, whoever opens it."""
    opened = [a for a in answers if part_of(world.app, a.endpoint) == "organisation"]
    assert {a.who for a in opened if a.status == 200} >= set(EVERYBODY)
    asked = {
        (a.endpoint, s)
        for a in opened
        for s in a.statements
        if names_a_secret_table(s) and a.endpoint not in MAY_ASK
    }
    assert asked == set()


def test_pages_of_persons_do_ask_them(answers: list[Answer], world: World):
    """The guard above can see what it looks for."""
    asked = [a for a in answers if a.endpoint == "cases.show" and a.status == 200]
    assert any(names_a_secret_table(s) for answer in asked for s in answer.statements)


def test_the_names_of_all_confidential_tables_are_known(world: World):
    assert {"cases", "identities", "contacts", "consents", "group_members"} <= secret_tables()
    with statements_of(world.app) as statements, world.app.app_context():
        db.session.scalars(select(Case.id)).all()
    assert [s for s in statements if names_a_secret_table(s)]
