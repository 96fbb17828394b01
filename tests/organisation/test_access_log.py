"""The data-protection officer's page of the log, the check of its chain, and the table of roles."""

import json

import pytest
from sqlalchemy import select

from casework.authz.permissions import Permission, Role
from casework.authz.policy import POLICY
from casework.core.audit import AuditEntry
from casework.core.database import db
from casework.organisation.access_log.queries import anchor_file


@pytest.fixture
def dpo(client_as):
    return client_as("dpo")


def positions(page):
    return [int("".join(th.itertext())) for th in page.all("th") if th.get("scope") == "row"]


def test_newest_first_with_who_what_and_when(dpo, client_as):
    client_as("counselor").get("/admin/accounts")
    page = dpo.get("/audit")
    assert positions(page) == sorted(positions(page), reverse=True)
    for words in ("Nguyễn Thị Hoa", "organisation:account:read", "refused", "the server"):
        assert words in page.words


def test_looking_at_the_log_is_logged(app, cast, dpo):
    dpo.get("/audit")
    with app.app_context():
        newest = db.session.scalars(
            select(AuditEntry).order_by(AuditEntry.position.desc()).limit(1)
        ).one()
        assert (newest.action, newest.outcome) == ("log.read", "read")
        assert newest.actor_id == cast.accounts["dpo"]


def test_older_pages_follow_by_position_while_the_log_grows(dpo):
    for _ in range(60):
        dpo.client.get("/audit")
    page = dpo.get("/audit")
    older = next(a.get("href") for a in page.all("a") if a.get("rel") == "next")
    dpo.client.get("/audit")
    following = dpo.get(older)
    assert positions(following)[0] == positions(page)[-1] - 1


def test_filters(dpo, client_as):
    client_as("counselor").get("/admin/accounts")
    page = dpo.get("/audit?account=counselor&outcome=refused")
    assert len(positions(page)) == 1
    assert "account.create" not in dpo.get("/audit?action=account.role").words
    assert dpo.get("/audit?account=nobody").status == 200
    assert positions(dpo.get("/audit?until_on=2020-01-02")) == []
    assert dpo.get("/audit?before=99999999999999999999999").status == 200
    assert dpo.get("/audit?before=-1").status == 200
    assert dpo.get("/audit?before=-99999999999999999999999").status == 200


@pytest.mark.parametrize(
    "query", ["from_on=garbage", "until_on=9999-12-31", "outcome=x", "action=" + "x" * 61]
)
def test_a_filter_that_makes_no_sense_is_said(dpo, query):
    assert dpo.get(f"/audit?{query}").status == 422


@pytest.mark.parametrize("username", ["counselor", "unithead", "inspector", "manager", "admin"])
def test_the_log_is_for_the_officer_alone(client_as, username):
    assert client_as(username).get("/audit").status == 403


@pytest.mark.parametrize("username", ["dpo", "admin"])
def test_the_chain_is_checked_against_anchors(app, client_as, username):
    visitor = client_as(username)
    assert "The log is whole" in visitor.get("/audit/chain").words
    with app.app_context():
        file = anchor_file()
    try:
        file.write_text(json.dumps({"position": 10_000, "digest": "x", "at": "later"}) + "\n")
        assert "Row 10,000 is not the one" in visitor.get("/audit/chain").words
        file.write_text("spoilt\n")
        assert "can't be read" in visitor.get("/audit/chain").words
    finally:
        file.unlink()


def test_the_anchor_command(app):
    runner = app.test_cli_runner()
    with app.app_context():
        file = anchor_file()
    try:
        assert runner.invoke(args=["audit", "anchor"]).exit_code == 0
        assert "The log is whole" in runner.invoke(args=["audit", "verify"]).output
    finally:
        file.unlink()


def test_the_table_of_roles_is_the_policy(client_as):
    page = client_as("volunteer").get("/roles")
    body = page.one("tbody")
    rows = [[" ".join("".join(cell.itertext()).split()) for cell in row] for row in body]
    assert len(rows) == len(Permission)
    for permission, row in zip(Permission, rows, strict=True):
        for role, shown in zip(Role, row[1:], strict=True):
            reach = POLICY[role].get(permission)
            assert shown == (reach.label if reach else "– no")
    assert "yours" in page.words
