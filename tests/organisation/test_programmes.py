"""Programmes that pay and their phases: kept by administrators, named by budget lines."""

from datetime import timedelta
from uuid import uuid4

import pytest

from casework.authz.permissions import Role
from casework.core.audit import SYSTEM
from casework.core.clock import today
from casework.core.database import db
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.operations import give_role
from tests.organisation.test_bodies import make_body
from tests.organisation.test_budgets import NEW, YEAR, fault_beside, move, open_line
from tests.page import Visitor

KEEP = "/budgets/programmes/keep"


@pytest.fixture
def body(app, cast) -> str:
    """A club of unit a."""
    return str(make_body(app, cast))


@pytest.fixture
def accountant(client_as) -> Visitor:
    return client_as("accountant")


def test_programmes_and_their_phases(cast, accountant, body, client_as):
    admin = client_as("admin")
    assert accountant.get(KEEP).status == 403
    page = admin.submit(KEEP, KEEP, name="Mô hình thí điểm", source="QĐ 12/2017",
                        province=str(cast.units["province"]))  # fmt: skip
    programme = page.location
    new = f"{programme}/phases/new"
    page = admin.submit(new, new, name="Giai đoạn 1", from_on=f"{YEAR}-06-01",
                        until_on=f"{YEAR}-01-01")  # fmt: skip
    assert fault_beside(page, "until_on") == "The last day is before the first."
    assert admin.submit(page, new, until_on=f"{YEAR}-12-31").status == 303
    phase = next(
        a.get("href") for a in admin.get(programme).all("a") if "/phases/" in (a.get("href") or "")
        and not (a.get("href") or "").endswith("new")
    )  # fmt: skip
    phase_id = phase.rsplit("/", 1)[1]
    page = accountant.submit(NEW, NEW, body=body, funding_source="ngo", purpose="other",
                             title="x", estimate_amount="9", due_on=f"{YEAR}-12-31",
                             year=str(YEAR - 1), phase_id=phase_id)  # fmt: skip
    assert "the year lies outside" in fault_beside(page, "phase_id")
    line = open_line(accountant, body, phase_id=phase_id)
    assert move(accountant, line, "allotment", "7.000.000").status == 303
    page = accountant.get("/budgets/programmes")
    assert "Giai đoạn 1" in page.words and "7,000,000" in page.words
    page = admin.submit(phase, phase, from_on=f"{YEAR - 1}-01-01", until_on=f"{YEAR - 1}-12-31")
    assert f"Lines of the year {YEAR} name this phase." in page.words
    shown = admin.get(programme)
    assert admin.submit(shown, programme, name="Mô hình").status == 303
    assert "Mô hình thí điểm" in admin.get(programme).words, "what it said earlier"
    assert admin.submit(shown, programme, operation=str(uuid4()), name="B").status == 409


def test_a_programme_of_another_province_is_not_found(app, cast, client_as):
    with app.app_context():
        account = db.session.get_one(Account, cast.accounts["manager"])
        give_role(account, Role.ADMINISTRATOR, cast.units["elsewhere"], by=SYSTEM,
                  on=today() - timedelta(days=1))  # fmt: skip
        db.session.commit()
    admin = client_as("admin")
    own = admin.submit(KEEP, KEEP, name="A", source="s", province=str(cast.units["province"]))
    country = admin.submit(KEEP, KEEP, name="B", source="s", province="")
    theirs = admin.submit(KEEP, KEEP, name="C", source="s", province=str(cast.units["elsewhere"]))
    manager = client_as("manager")
    statuses = [manager.get(page.location).status for page in (own, country, theirs)]
    assert statuses == [404, 404, 200]
