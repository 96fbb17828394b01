"""An administrator of one commune sets nothing for its province."""

from datetime import timedelta

import pytest

from casework.authz.permissions import Role
from casework.core.audit import SYSTEM
from casework.core.clock import today
from casework.core.database import db
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.operations import give_role
from tests.organisation.test_reports import PERIODS, ask_for_report

WRITES = (
    f"{PERIODS}/new",
    "/partners/province",
    "/partners/province/new",
    "/meetings/pauses/province",
)


@pytest.fixture
def administrator_of(app, cast, client_as):
    def give(unit: str):
        with app.app_context():
            account = db.session.get_one(Account, cast.accounts["volunteer"])
            since = today() - timedelta(days=1)
            give_role(account, Role.ADMINISTRATOR, cast.units[unit], by=SYSTEM, on=since)
            db.session.commit()
        return client_as("volunteer")

    return give


@pytest.mark.parametrize(("unit", "status"), [("a", 404), ("province", 200)])
@pytest.mark.parametrize("address", WRITES)
def test_only_who_reaches_a_province_acts_for_it(cast, administrator_of, unit, status, address):
    visitor = administrator_of(unit)
    for asked in ("", f"?province={cast.units['province']}"):
        assert visitor.get(f"{address}{asked}").status == status
    assert visitor.get(f"{address}?province={cast.units['elsewhere']}").status == 404
    if status == 404:
        token = visitor.get("/account").form("/sign-out")["csrf_token"]
        if address != "/partners/province":
            sent = {"csrf_token": token, "name": "X"}
            assert visitor.post(f"{address}?province={cast.units['province']}", sent).status == 404


def test_an_administrator_of_a_commune_reads_what_its_province_wants(
    cast, client_as, administrator_of
):
    ask_for_report(client_as("admin"), cast)
    assert f"{PERIODS}/new" in client_as("admin").get(PERIODS).text
    page = administrator_of("a").get(PERIODS)
    assert page.status == 200 and "14/06/2026" in page.words
    assert f"{PERIODS}/" not in page.text, "nothing there to change"
