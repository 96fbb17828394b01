"""Whatever leaves the program as a file leaves a row in the log: who took which, of which unit."""

from datetime import date

import pytest
from sqlalchemy import select

from casework.core.audit import AuditEntry, Outcome
from casework.core.database import db
from casework.organisation.bodies.models import Body
from casework.organisation.reports.models import ReportPeriod
from tests.organisation.test_budgets import open_line
from tests.organisation.test_reports import ask_for_report


@pytest.fixture
def addresses(app, cast, client_as) -> dict[str, str]:
    """Every file with records in it, and the row it leaves."""
    with app.app_context():
        body = Body(unit_id=cast.units["a"], kind="club", name="A", active_from=date(2025, 7, 1))
        db.session.add(body)
        db.session.commit()
        body_id = str(body.id)
    line = open_line(client_as("accountant"), body_id)
    ask_for_report(client_as("admin"), cast)
    with app.app_context():
        period = db.session.scalars(select(ReportPeriod.id)).one()
    return {
        "/members/export": "member.export",
        "/meetings/export": "meeting.export",
        "/communications/sheet": "communication.export",
        "/budgets/export": "budget.export",
        "/budgets/sheet.xlsx": "settlement.export",
        "/budgets/sheet.docx": "settlement.export",
        f"{line}/sheet.xlsx": "settlement.export",
        f"{line}/sheet.docx": "settlement.export",
        "/remuneration/payroll.xlsx": "remuneration.export",
        "/remuneration/payroll.docx": "remuneration.export",
        f"/reports/{period}/own/docx": "report.export",
    }


def test_every_export_leaves_a_row_in_the_log(app, cast, client_as, addresses):
    head = client_as("unithead")
    for address, action in addresses.items():
        before = rows(app)
        answer = head.client.get(address)
        assert answer.status_code == 200, address
        assert "attachment" in answer.headers["Content-Disposition"], address
        (row,) = rows(app)[len(before) :]
        assert (row.action, row.outcome) == (action, Outcome.READ), address
        assert (row.actor_id, row.unit_id) == (cast.accounts["unithead"], cast.units["a"]), address


def test_no_file_with_records_is_missing_above(app, addresses):
    """Files are told by their address; templates hold no record."""
    told = ("export", "sheet", ".xlsx", ".docx", "/docx")
    rules = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods
        and app.view_functions[rule.endpoint].__module__.startswith("casework.organisation.")
        and rule.rule.endswith(told)
    }
    assert len(rules) == len(addresses), rules


def rows(app) -> list[AuditEntry]:
    with app.app_context():
        return list(db.session.scalars(select(AuditEntry).order_by(AuditEntry.position)))
