"""Settings are dated, carry their source, and are never overwritten."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from casework.authz.permissions import Role
from casework.core.audit import SYSTEM, AuditEntry
from casework.core.clock import today
from casework.core.database import db
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.operations import give_role
from casework.organisation.history.models import Revision
from casework.organisation.settings.models import (
    Agency,
    BaseSalary,
    Coefficient,
    CriteriaSet,
    Criterion,
    PartMonth,
    Setting,
    SettingValue,
)
from casework.organisation.settings.operations import load_usual, read_coefficient
from casework.organisation.settings.queries import (
    find_criteria_set,
    number_of,
    rates_of,
    settings_on,
)

SETTINGS = "/admin/settings"
THRESHOLD = f"{SETTINGS}/threshold"
VALUES = f"{SETTINGS}/values"
READERS = ("unithead", "accountant", "inspector", "manager", "dpo", "admin")


@pytest.fixture
def usual(app):
    """What the program starts with."""
    with app.app_context():
        rows = load_usual()
        db.session.commit()
    return rows


def post_value(visitor, key="on_time_days", **values):
    """The form of a page, sent to its own address with the key in it."""
    page = visitor.get(f"{THRESHOLD}?key={key}")
    fields = {**page.form(VALUES), "source": "QĐ 12", **values}
    return visitor.post(f"{VALUES}?key={key}", fields)


def cells(page):
    return ["".join(cell.itertext()) for cell in page.all("td")]


def count(kind):
    return db.session.scalar(select(func.count()).select_from(kind))


def test_what_the_program_starts_with(app, usual):
    assert usual == 3 + 3 + 6 + 1
    with app.app_context():
        rates = rates_of(None)
        told = [
            (rates.base_salary(date(*day)), expected)
            for day, expected in (
                ((2019, 7, 1), 1_490_000),
                ((2023, 6, 30), 1_490_000),
                ((2023, 7, 1), 1_800_000),
                ((2024, 6, 30), 1_800_000),
                ((2024, 7, 1), 2_340_000),
                ((2026, 10, 1), 2_340_000),
            )
        ]
        assert [salary.amount for salary, _ in told] == [expected for _, expected in told]
        assert rates.base_salary(date(2019, 6, 30)) is None
        paid = {
            role: rates.coefficient(role, today()).told
            for role in ("team_leader", "deputy_leader", "volunteer")
        }
        assert paid == {"team_leader": "0,6", "deputy_leader": "0,5", "volunteer": "0,4"}
        criteria = db.session.scalars(select(Criterion).order_by(Criterion.position)).all()
        codes = [line.code for line in criteria]
        assert (codes[0], codes[-1], len(codes)) == ("A1", "K1", 29)
        by_code = {line.code: line for line in criteria}
        thresholds = {c: (line.met, line.partly) for c, line in by_code.items() if line.met}
        assert thresholds == {
            "A3": (3, 1),
            "A5": (60, None),
            "B1": (90, 70),
            "B2": (90, 70),
            "B3": (150, None),
            "B4": (90, None),
            "D3": (30, None),
            "D6": (3, 2),
        }
        assert all(by_code[code].measure for code in thresholds)
        health = db.session.scalars(select(Agency).where(Agency.name == "Sở Y tế")).one()
        before = db.session.get(Agency, health.predecessor_id)
        assert (health.from_on, before.until_on) == (date(2025, 3, 1), date(2025, 2, 28))


def test_loading_it_again_changes_nothing_and_keeps_corrections(app, usual):
    with app.app_context():
        salary = db.session.scalars(
            select(BaseSalary).where(BaseSalary.from_on == date(2024, 7, 1))
        ).one()
        salary.amount = 2_500_000
        db.session.commit()
        assert load_usual() == 0
        assert salary.amount == 2_500_000
        assert [count(kind) for kind in (BaseSalary, Coefficient, Agency, CriteriaSet)] == [
            3,
            3,
            6,
            1,
        ]


@pytest.mark.parametrize("who", READERS)
def test_who_reads_sees_every_page_and_only_the_administrator_a_form(app, usual, client_as, who):
    visitor = client_as(who)
    with app.app_context():
        agency, checklist = (
            db.session.scalar(select(k.id).limit(1)) for k in (Agency, CriteriaSet)
        )
    pages = (
        SETTINGS,
        f"{THRESHOLD}?key=part_month",
        f"{SETTINGS}/rates",
        f"{SETTINGS}/agencies",
        f"{SETTINGS}/agencies/{agency}",
        f"{SETTINGS}/criteria",
        f"{SETTINGS}/criteria/{checklist}",
    )
    posts = set()
    for address in pages:
        page = visitor.get(address)
        assert page.status == 200, address
        posts |= {f.get("action") for f in page.all("form") if f.get("method") == "post"}
    assert any(address.startswith(SETTINGS) for address in posts) == (who == "admin")
    expected = 200 if who == "admin" else 403
    for address in (f"{SETTINGS}/agencies/new", f"{SETTINGS}/criteria/{checklist}/follow"):
        assert visitor.get(address).status == expected


@pytest.mark.parametrize("who", ["counselor", "coordinator", "volunteer"])
def test_others_do_not_see_settings(client_as, who):
    assert client_as(who).get(SETTINGS).status == 403


def test_a_threshold_holds_from_its_day_in_its_province_only(app, cast, client_as):
    visitor = client_as("admin")
    province = cast.units["province"]
    begins = today() + timedelta(days=10)
    page = post_value(visitor, value="3", province=str(province), from_on=str(begins))
    assert page.status == 303
    shown = visitor.follow(page)
    assert "QĐ 12" in shown.words and "not yet" in shown.words
    with app.app_context():
        on = begins - timedelta(days=1)
        assert number_of(Setting.ON_TIME_DAYS, province, on) == 7
        assert number_of(Setting.ON_TIME_DAYS, province, begins) == 3
        assert number_of(Setting.ON_TIME_DAYS, cast.units["elsewhere"], begins) == 7
        assert number_of(Setting.ON_TIME_DAYS, None, begins) == 7
        rows = select(AuditEntry.action).where(AuditEntry.action == "setting.set")
        assert len(db.session.scalars(rows).all()) == 1


def test_a_province_goes_before_the_country(app, cast, client_as):
    visitor = client_as("admin")
    assert post_value(visitor, value="5", province=str(cast.units["province"])).status == 303
    assert post_value(visitor, value="9", from_on=str(today() - timedelta(days=3))).status == 303
    with app.app_context():
        held = [number_of(Setting.ON_TIME_DAYS, each, today())
                for each in (cast.units["province"], cast.units["elsewhere"], None)]  # fmt: skip
        assert held == [5, 9, 9]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("on_time_days", "32", "A number from 0 to 31."),
        ("on_time_days", "-1", "A number from 0 to 31."),
        ("on_time_days", "bảy", "Not a valid integer value."),
        ("on_time_days", "", "Fill this in."),
        ("longest_gap", "99", "A number from 100 to 500."),
        ("least_members", "11", "“Least members of a body” (11) would be more than"),
        ("latest_days", "6", "would be more than “Days after which a late meeting"),
        ("part_month", "half a month", "could not coerce"),
    ],
)
def test_a_value_out_of_bounds_is_refused(app, client_as, key, value, message):
    page = post_value(client_as("admin"), key, value=value)
    assert page.status == 422
    assert message in page.words
    assert page.form(VALUES)["source"] == "QĐ 12"
    with app.app_context():
        assert count(SettingValue) == 0


@pytest.mark.parametrize(
    "changes", [{"source": ""}, {"from_on": ""}, {"from_on": "1889-01-01"}, {"province": "x"}]
)
def test_no_value_without_a_day_a_source_and_a_place(app, client_as, changes):
    assert post_value(client_as("admin"), value="8", **changes).status == 422
    with app.app_context():
        assert count(SettingValue) == 0


def test_part_months_are_a_choice(app, client_as):
    assert post_value(client_as("admin"), "part_month", value="days").status == 303
    with app.app_context():
        assert settings_on(None, today())[Setting.PART_MONTH] == PartMonth.DAYS


def test_the_same_day_twice_is_a_correction_that_keeps_what_it_said(app, client_as):
    visitor = client_as("admin")
    assert post_value(visitor, value="8").status == 303
    page = post_value(visitor, value="9")
    assert page.status == 422
    assert "Another value begins on this day. Tick below if you correct it." in page.words
    page = post_value(visitor, value="9", corrects="y", source="đính chính")
    shown = visitor.follow(page)
    assert "What it said earlier" in shown.words
    with app.app_context():
        assert [row.value for row in db.session.scalars(select(SettingValue))] == ["9"]
        assert '"value": "8"' in db.session.scalars(select(Revision.said)).one()


def test_a_row_is_taken_back_before_its_day_and_not_after(app, client_as):
    visitor = client_as("admin")
    assert post_value(visitor, value="8", from_on=str(today() + timedelta(days=1))).status == 303
    assert post_value(visitor, value="9").status == 303
    with app.app_context():
        ids = {row.value: row.id for row in db.session.scalars(select(SettingValue))}
    page = visitor.get(f"{THRESHOLD}?key=on_time_days")
    addresses = [f.get("action") for f in page.all("form") if "take-back" in f.get("action")]
    assert addresses == [f"{SETTINGS}/values/{ids['8']}/take-back"]
    assert visitor.submit(page, addresses[0]).status == 303
    token = visitor.get("/account").form("/sign-out")["csrf_token"]
    page = visitor.post(f"{SETTINGS}/values/{ids['9']}/take-back", {"csrf_token": token})
    assert "Its day has come" in visitor.follow(page).words
    with app.app_context():
        assert [row.value for row in db.session.scalars(select(SettingValue))] == ["9"]


def test_an_administrator_of_a_province_sets_it_there_only(app, cast, client_as):
    with app.app_context():
        account = db.session.get_one(Account, cast.accounts["manager"])
        give_role(account, Role.ADMINISTRATOR, cast.units["province"], by=SYSTEM, on=today())
        db.session.commit()
    visitor = client_as("manager")
    assert post_value(visitor, value="8", province="").status == 422
    assert post_value(visitor, value="8", province=str(cast.units["elsewhere"])).status == 422
    assert post_value(visitor, value="8", province=str(cast.units["province"])).status == 303
    token = visitor.get("/account").form("/sign-out")["csrf_token"]
    assert visitor.post(f"{SETTINGS}/rates/base-salary", {"csrf_token": token}).status == 404


@pytest.mark.parametrize(
    ("typed", "thousandths"),
    [("0,6", 600), ("0.6", 600), ("0,425", 425), ("1", 1000), ("2.34", 2340)],
)
def test_a_coefficient_is_read_in_thousandths(typed, thousandths):
    assert read_coefficient(typed) == thousandths


@pytest.mark.parametrize("typed", ["", ",6", "0,6666", "một", "-1", "0,6,6", "1e3"])
def test_what_is_no_coefficient_is_refused(typed):
    with pytest.raises(ValueError, match=r".*"):
        read_coefficient(typed)


def test_a_coefficient_of_a_province(app, cast, client_as, usual):
    visitor, rates = client_as("admin"), f"{SETTINGS}/rates"
    action = f"{rates}/coefficient"
    values = {
        "role": "volunteer",
        "thousandths": "0,45",
        "province": str(cast.units["province"]),
        "source": "NQ 5/NQ-HĐND",
    }
    page = visitor.submit(action, action, **{**values, "thousandths": "6,1"})
    assert (page.status, "A coefficient above 0 and at most 5." in page.words) == (422, True)
    assert page.form(action)["thousandths"] == "6,1"
    page = visitor.submit(action, action, **{**values, "thousandths": "nhiều"})
    assert "Write a coefficient such as 0,6." in page.words
    shown = visitor.follow(visitor.submit(action, action, **values))
    assert "0,45" in shown.words and "NQ 5/NQ-HĐND" in shown.words
    with app.app_context():
        for unit, told in (("province", "0,45"), ("elsewhere", "0,4")):
            assert rates_of(cast.units[unit]).coefficient("volunteer", today()).told == told


def test_a_base_salary_from_a_day_on(app, client_as, usual):
    visitor, rates = client_as("admin"), f"{SETTINGS}/rates"
    action = f"{rates}/base-salary"
    values = {"amount": "2.530.000", "source": "NĐ mới"}
    page = visitor.submit(action, action, **{**values, "amount": "2,5"})
    assert (page.status, "Write whole đồng" in page.words) == (422, True)
    begins = today() + timedelta(days=30)
    page = visitor.submit(action, action, **values, from_on=str(begins))
    assert "2,530,000 đồng" in visitor.follow(page).words
    with app.app_context():
        held = rates_of(None)
        assert held.base_salary(today()).amount == 2_340_000
        assert held.base_salary(begins).amount == 2_530_000
        row = held.base_salary(begins).id
    assert visitor.submit(rates, f"{rates}/{row}/take-back").status == 303
    with app.app_context():
        assert rates_of(None).base_salary(begins).amount == 2_340_000


def test_an_agency_takes_over_the_work_of_another(app, client_as, usual):
    visitor, new = client_as("admin"), f"{SETTINGS}/agencies/new"
    with app.app_context():
        health = db.session.scalars(select(Agency).where(Agency.name == "Sở Y tế")).one()
    page = visitor.get(f"{SETTINGS}/agencies")
    assert "since 01/03/2025 the work of Sở Lao động - Thương binh và Xã hội" in page.words
    values = {
        "name": "Sở Y tế và Xã hội",
        "sector": "health",
        "predecessor": str(health.id),
        "from_on": "2026-01-01",
        "source": "NQ 9",
    }
    page = visitor.submit(new, f"{SETTINGS}/agencies", **{**values, "from_on": "2025-03-01"})
    assert (page.status, "The agency before it began later." in page.words) == (422, True)
    assert visitor.submit(new, f"{SETTINGS}/agencies", **values).status == 303
    address = f"{SETTINGS}/agencies/{health.id}"
    shown = visitor.get(address)
    assert "01/03/2025 to 31/12/2025" in shown.words and "Sở Y tế và Xã hội" in shown.words
    page = visitor.submit(shown, address, until_on="2025-01-01")
    assert (page.status, "The last day comes before the first." in page.words) == (422, True)
    assert visitor.submit(shown, address, name="Sở Y tế tỉnh").status == 303
    stale = visitor.submit(shown, address, name="Sở khác", operation="")
    assert stale.status == 409
    assert "Sở khác" in stale.words and "Sở Y tế tỉnh" in stale.words


def test_a_new_checklist_begins_as_a_copy_and_the_old_one_stays(app, client_as, usual):
    visitor = client_as("admin")
    with app.app_context():
        first = db.session.scalars(select(CriteriaSet)).one().id
    old, follow = f"{SETTINGS}/criteria/{first}", f"{SETTINGS}/criteria/{first}/follow"
    before = cells(visitor.get(old))
    begins = today() + timedelta(days=5)
    values = {"source": "HN tổng kết", "from_on": str(begins)}
    shown = visitor.get(follow)
    assert shown.form(follow)["lines-6-met"] == "90"
    for changes, message in (
        ({"from_on": str(today() - timedelta(days=1))}, "A version begins today or later."),
        ({"lines-6-partly": "95"}, "Partly met asks for less than met."),
        ({"lines-8-partly": "140"}, "Partly met allows more than met."),
        ({"lines-6-met": ""}, "Say first from where on it is met."),
        ({"lines-0-text": ""}, "Fill this in."),
        ({"lines-6-met": "nhiều"}, "Not a valid integer value."),
    ):
        page = visitor.submit(shown, follow, **{**values, **changes})
        assert (page.status, message in page.words) == (422, True), changes
    changes = {"lines-6-met": "95", "lines-1-text": "Quy chế còn hiệu lực"}
    assert visitor.submit(shown, follow, **values, **changes).status == 303
    assert cells(visitor.get(old)) == before
    page = visitor.submit(follow, follow, **values)
    assert "Another version begins on this day or later." in page.words
    with app.app_context():
        second = find_criteria_set(None, begins)
        assert (second.number, find_criteria_set(None, today()).number) == (2, 1)
        lines = db.session.scalars(select(Criterion).where(Criterion.set_id == second.id)).all()
        by_code = {line.code: line for line in lines}
        assert (len(lines), by_code["B1"].met, by_code["B2"].met) == (29, 95, 90)
        assert by_code["A2"].text == "Quy chế còn hiệu lực"
        assert (by_code["A2"].method, by_code["K1"].position) == ("both", 29)
    listed = visitor.get(f"{SETTINGS}/criteria")
    assert visitor.submit(listed, f"{SETTINGS}/criteria/{second.id}/take-back").status == 303
    with app.app_context():
        assert (count(CriteriaSet), count(Criterion)) == (1, 29)


def test_what_is_not_there_is_not_found(client_as, cast):
    visitor = client_as("admin")
    for address in (
        f"{THRESHOLD}?key=nonsense",
        f"{SETTINGS}?province=nonsense",
        f"{SETTINGS}?province={cast.units['a']}",
        f"{SETTINGS}/agencies/{cast.units['a']}",
        f"{SETTINGS}/criteria/{cast.units['a']}",
    ):
        assert visitor.get(address).status == 404, address
