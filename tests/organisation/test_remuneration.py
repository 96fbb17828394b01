"""Remuneration against tables worked by hand: amounts below are literal, never computed here."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from fractions import Fraction
from io import BytesIO
from types import SimpleNamespace
from uuid import uuid4

import pytest
from docx import Document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import func, select

from casework.core.audit import Actor, AuditEntry
from casework.core.clock import add_months, month_end, today
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.bodies.models import Body
from casework.organisation.budgets.models import BudgetLine, ClosedYear, Movement
from casework.organisation.members.models import Member, Post
from casework.organisation.remuneration.models import (
    Held,
    Payment,
    Segment,
    due_for_month,
    half_up,
)
from casework.organisation.remuneration.operations import Wanted, pay
from casework.organisation.remuneration.queries import State, months_due, paid_share
from casework.organisation.settings.models import PartMonth, SettingValue
from casework.organisation.settings.operations import load_usual
from casework.organisation.settings.queries import Rates
from casework.organisation.units.models import Succession, Unit
from tests.core.test_operations import another_tab
from tests.days import in_days

HOME = "/remuneration"
WHOLE, HALF, DAYS = PartMonth.WHOLE, PartMonth.HALF, PartMonth.DAYS


def rate(from_on, **values):
    return SimpleNamespace(from_on=from_on, province_id=None, **values)


def usual_rates():
    since = date(2019, 7, 1)
    return Rates(
        [
            rate(date(2019, 7, 1), amount=1_490_000),
            rate(date(2023, 7, 1), amount=1_800_000),
            rate(date(2024, 7, 1), amount=2_340_000),
        ],
        [
            rate(since, role="team_leader", thousandths=600),
            rate(since, role="deputy_leader", thousandths=500),
            rate(since, role="volunteer", thousandths=400),
        ],
    )


# A year of one member, worked by hand: volunteer from 10/03/2024, deputy leader from 16/09/2024,
# gone after 14/11/2024. Base salary 1.800.000 until 30/06, 2.340.000 from 01/07.
#   a volunteer's month: 0,4 × 1.800.000 = 720.000; 0,4 × 2.340.000 = 936.000
#   a deputy's month: 0,5 × 2.340.000 = 1.170.000
#   March by days: 22/31 of 720.000 = 510.967,74…; September: 15/30 of 936.000 + 15/30 of 1.170.000
#   = 468.000 + 585.000; November: 14/30 of 1.170.000 = 546.000
YEAR = {
    #    whole      half       days
    3: (720_000, 720_000, 510_968),
    4: (720_000, 720_000, 720_000),
    5: (720_000, 720_000, 720_000),
    6: (720_000, 720_000, 720_000),
    7: (936_000, 936_000, 936_000),
    8: (936_000, 936_000, 936_000),
    9: (936_000, 936_000, 1_053_000),
    10: (1_170_000, 1_170_000, 1_170_000),
    11: (1_170_000, 0, 546_000),
}
POSTS = [
    Held("volunteer", date(2024, 3, 10), date(2024, 9, 15)),
    Held("deputy_leader", date(2024, 9, 16), date(2024, 11, 14)),
]


@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize("rule", [WHOLE, HALF, DAYS])
def test_a_year_worked_by_hand(month, rule):
    due = due_for_month(POSTS, date(2024, month, 1), usual_rates(), rule)
    if month not in YEAR:
        assert due is None
    else:
        assert due.amount == YEAR[month][(WHOLE, HALF, DAYS).index(rule)]


def test_a_base_salary_that_changes_within_a_month():
    """0,4 of 1.800.000 for 10 days and of 2.340.000 for 20 of 30: 240.000 + 624.000."""
    rates = Rates(
        [rate(date(2024, 1, 1), amount=1_800_000), rate(date(2024, 6, 11), amount=2_340_000)],
        [rate(date(2024, 1, 1), role="volunteer", thousandths=400)],
    )
    posts = [Held("volunteer", date(2024, 1, 1), None)]
    june = date(2024, 6, 1)
    due = due_for_month(posts, june, rates, DAYS)
    assert (due.amount, due.salaries, due.days) == (864_000, (1_800_000, 2_340_000), 30)
    assert due_for_month(posts, june, rates, HALF).amount == 720_000
    assert due_for_month(posts, date(2024, 7, 1), rates, HALF).amount == 936_000


@pytest.mark.parametrize(
    ("first", "amount"), [(date(2025, 3, 17), 936_000), (date(2025, 3, 18), 0)]
)
def test_fifteen_days_make_a_month_under_the_half_rule(first, amount):
    due = due_for_month([Held("volunteer", first, None)], date(2025, 3, 1), usual_rates(), HALF)
    assert due.amount == amount


@pytest.mark.parametrize("rule", [WHOLE, HALF, DAYS])
def test_of_two_roles_in_one_team_the_higher_counts_and_never_both(rule):
    posts = [
        Held("volunteer", date(2025, 1, 1), None),
        Held("team_leader", date(2025, 1, 1), None),
        Held("deputy_leader", date(2025, 1, 1), None),
    ]
    due = due_for_month(posts, date(2025, 5, 1), usual_rates(), rule)
    assert (due.amount, due.role, due.coefficients) == (1_404_000, "team_leader", "0,6")


def test_other_roles_are_not_paid():
    posts = [Held("chair", date(2025, 1, 1), None)]
    assert due_for_month(posts, date(2025, 5, 1), usual_rates(), WHOLE) is None


@pytest.mark.parametrize("rule", [WHOLE, HALF, DAYS])
def test_a_missing_rate_is_no_zero(rule):
    posts = [Held("volunteer", date(2018, 1, 1), None)]
    due = due_for_month(posts, date(2019, 3, 1), usual_rates(), rule)
    assert (due.amount, due.lacks_salary, due.lacks_coefficient) == (None, True, ("volunteer",))
    assert due_for_month(posts, date(2019, 7, 1), usual_rates(), rule).amount == 596_000


def test_a_rate_that_begins_within_the_month_is_missing_before_it():
    rates = Rates(
        [rate(date(2024, 6, 2), amount=1_800_000)],
        [rate(date(2024, 1, 1), role="volunteer", thousandths=400)],
    )
    posts = [Held("volunteer", date(2024, 1, 1), None)]
    assert due_for_month(posts, date(2024, 6, 1), rates, DAYS).amount is None
    later = [Held("volunteer", date(2024, 6, 2), None)]
    assert due_for_month(later, date(2024, 6, 1), rates, DAYS).amount == 696_000


@pytest.mark.parametrize(
    ("amount", "whole"),
    [(Fraction(1, 2), 1), (Fraction(3, 2), 2), (Fraction(149, 100), 1), (Fraction(7), 7)],
)
def test_half_a_dong_is_rounded_up(amount, whole):
    assert half_up(amount) == whole


ROLES = ("volunteer", "deputy_leader", "team_leader", "secretary")
slow = settings(suppress_health_check=[HealthCheck.too_slow])
days_of_2024 = st.dates(date(2024, 1, 1), date(2024, 12, 31))
held = st.builds(
    lambda role, one, other: Held(role, min(one, other), max(one, other)),
    st.sampled_from(ROLES),
    days_of_2024,
    days_of_2024,
)
salaries = st.dictionaries(days_of_2024, st.integers(1, 9_999_999), max_size=3)
coefficients = st.dictionaries(
    st.tuples(st.sampled_from(ROLES[:3]), days_of_2024), st.integers(1, 2000), max_size=4
)


@slow
@given(st.lists(held, max_size=4), salaries, coefficients, st.integers(1, 12))
def test_paid_by_the_day_is_the_sum_of_its_days(posts, salaries, coefficients, number):
    """An independent count, day by day, with tables written out for every day of the year."""
    salaries = {date(2023, 1, 1): 1_490_000, **salaries}
    coefficients = {**{(role, date(2023, 1, 1)): 400 for role in ROLES[:3]}, **coefficients}
    month = date(2024, number, 1)
    length, tenths_of_dong = month_end(2024, number).day, 0
    for offset in range(length):
        day = month + timedelta(days=offset)
        salary = salaries[max(begun for begun in salaries if begun <= day)]
        best = 0
        for post in posts:
            if post.role != "secretary" and post.from_on <= day <= post.until_on:
                begun = max(d for r, d in coefficients if r == post.role and d <= day)
                best = max(best, coefficients[post.role, begun])
        tenths_of_dong += best * salary
    rates = Rates(
        [rate(day, amount=amount) for day, amount in salaries.items()],
        [rate(day, role=role, thousandths=part) for (role, day), part in coefficients.items()],
    )
    due = due_for_month(posts, month, rates, DAYS)
    whole, rest = divmod(tenths_of_dong, 1000 * length)
    expected = whole + (2 * rest >= 1000 * length)
    assert (due.amount if due else 0) == expected


@slow
@given(st.lists(held, max_size=4), st.integers(1, 12))
def test_segments_cover_each_paid_day_once(posts, number):
    month, last = date(2024, number, 1), month_end(2024, number)
    paid = {
        day
        for day in (month + timedelta(days=n) for n in range(last.day))
        if any(p.role != "secretary" and p.from_on <= day <= p.until_on for p in posts)
    }
    due = due_for_month(posts, month, usual_rates(), DAYS)
    assert (due.days if due else 0) == len(paid)
    segments: tuple[Segment, ...] = due.paid_by if due else ()
    assert sum(segment.days for segment in segments) == len(paid)


# ---- with a database: a team of unit a, whose leader began a year ago ----------------------------

# The months of these tests are counted from today, so their amounts are the newest base salary's.
LEADER, VOLUNTEER = 1_404_000, 936_000
LAST = add_months(today().replace(day=1), -1)
MONTH = f"{LAST:%Y-%m}"


@pytest.fixture
def team(app, cast):
    """A team with a leader and a volunteer, the volunteer with an account; rates are entered."""
    with app.app_context():
        load_usual()
        ids = make_team(cast.units["a"], "Đội CTXH", volunteer=cast.accounts["volunteer"])
        db.session.commit()
    return ids


def make_team(unit_id, name, *, volunteer=None):
    since = add_months(LAST, -2)
    body = Body(unit_id=unit_id, kind="volunteer_team", name=name, active_from=since)
    leader = Member(unit_id=unit_id, name="Lê Thị Bình")
    member = Member(unit_id=unit_id, name="Phạm Văn Út", account_id=volunteer)
    db.session.add_all([body, leader, member])
    db.session.flush()
    for who, role in ((leader, "team_leader"), (member, "volunteer")):
        db.session.add(Post(member_id=who.id, body_id=body.id, role=role, from_on=since))
    return SimpleNamespace(body=body.id, leader=leader.id, volunteer=member.id, since=since)


def page_of(month=MONTH):
    return f"{HOME}/month?month={month}"


def send(visitor, month=MONTH, **values):
    """Tick and pay as the page proposes it, with changes."""
    return fill(visitor, visitor.get(page_of(month)), month, **values)


def fill(visitor, page, month=MONTH, **values):
    action = next(
        f.get("action")
        for f in page.all("form")
        if (f.get("action") or "").startswith(f"{HOME}/payments?")
    )
    fields = {**page.form(f"{HOME}/payments"), "voucher": "PC 01", **values}
    return visitor.post(action, {name: v for name, v in fields.items() if v is not None})


def count_payments(app):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Payment))


def payments(app):
    with app.app_context():
        return list(db.session.scalars(select(Payment).order_by(Payment.recorded_at)))


def test_the_year_shows_what_is_due_and_owed(app, cast, client_as, team):
    page = client_as("unithead").get(f"{HOME}?year={LAST.year}")
    assert "1,404,000" in page.words and "936,000" in page.words
    assert "Lê Thị Bình" in page.words and "owed" in page.words
    assert f"{LAST:%m/%Y} 2,340,000 0 2,340,000 0/2" in page.words
    with app.app_context():
        share = paid_share([cast.units["a"]], LAST.year)
        months = min(3, LAST.month)
        assert (share.due, share.paid, share.missing) == (2 * months, 0, 0)
        assert share.owed_amount == months * (LEADER + VOLUNTEER)


def test_several_members_are_paid_in_one_post_and_owed_no_more(app, cast, client_as, team):
    accountant = client_as("accountant")
    page = accountant.get(page_of())
    form = page.form(f"{HOME}/payments")
    proposed = {form[f"lines-{n}-amount"] for n in range(2)}
    assert proposed == {"1.404.000", "936.000"}
    assert form["lines-0-pay"] and form["lines-1-pay"]
    shown = accountant.follow(fill(accountant, page))
    assert "waits for approval" in shown.words
    assert {(p.amount, p.month, p.voucher) for p in payments(app)} == {
        (LEADER, LAST, "PC 01"),
        (VOLUNTEER, LAST, "PC 01"),
    }
    with app.app_context():
        share = paid_share([cast.units["a"]], LAST.year)
        assert (share.paid, share.paid_amount) == (2, LEADER + VOLUNTEER)
        lines = months_due([cast.units["a"]], LAST, LAST)
        assert {line.owed for line in lines} == {0}
        rows = select(AuditEntry.action).where(AuditEntry.action == "remuneration.pay")
        assert len(db.session.scalars(rows).all()) == 2


def test_nobody_is_paid_twice(app, client_as, team):
    accountant = client_as("accountant")
    stale = accountant.get(page_of())
    assert fill(accountant, stale).status == 303
    again = fill(accountant, stale, operation="", voucher="PC 02")
    assert again.status == 422
    assert "This month is paid already. Take the payment back first." in again.words
    assert count_payments(app) == 2


def test_nobody_is_paid_twice_below_the_page_either(app, cast, team):
    with app.app_context():
        by, units = Actor(cast.accounts["accountant"]), [cast.units["a"]]
        key = f"{team.body}.{team.leader}"
        wanted = [Wanted(key, LEADER, "")]
        pay(units, LAST, wanted, voucher="PC 1", on=today(), by=by)
        with pytest.raises(RuleBroken, match="paid already"):
            pay(units, LAST, wanted, voucher="PC 2", on=today(), by=by)
        ahead = add_months(today().replace(day=1), 1)
        with pytest.raises(RuleBroken, match="not begun"):
            pay(units, ahead, wanted, voucher="PC 3", on=today(), by=by)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"voucher": ""}, "Fill this in."),
        ({"paid_on": ""}, "Fill this in."),
        ({"paid_on": in_days(1)}, "This date is too far ahead."),
        ({"paid_on": str(LAST - timedelta(days=1))}, "This day comes before the month"),
        ({"lines-0-amount": "một triệu"}, "Write whole đồng, such as 15.000.000."),
        ({"lines-0-amount": "1.000,5"}, "Write whole đồng, such as 15.000.000."),
        ({"lines-0-amount": ""}, "Fill this in."),
        ({"lines-0-amount": "900.000"}, "Say why it differs from what is owed"),
        (
            {"lines-0-amount": f"{LEADER + 1}", "lines-0-note": "thưởng"},
            "More than is owed: at most 1.404.000 đồng.",
        ),
        ({"lines-0-pay": None, "lines-1-pay": None}, "Tick at least one member."),
    ],
)
def test_a_bad_payroll_is_refused_whole_and_keeps_what_was_typed(
    app, client_as, team, changes, message
):
    page = send(client_as("accountant"), **{"lines-1-note": "ghi chú", **changes})
    assert (page.status, message in page.words) == (422, True)
    form = page.form(f"{HOME}/payments")
    assert form["lines-1-note"] == "ghi chú"
    assert form["lines-0-amount"] == changes.get("lines-0-amount", form["lines-0-amount"])
    assert count_payments(app) == 0


def test_another_amount_needs_a_reason_and_is_marked(app, cast, client_as, team):
    changes = {"lines-0-amount": "900.000", "lines-0-note": "nghỉ 10 ngày", "lines-1-pay": None}
    accountant = client_as("accountant")
    shown = accountant.follow(send(accountant, **changes))
    assert "another amount" in shown.words
    with app.app_context():
        share = paid_share([cast.units["a"]], LAST.year)
        assert (share.wrong, share.paid) == (1, 0)


def test_a_voucher_is_used_once_in_a_unit(app, cast, client_as, team):
    accountant = client_as("accountant")
    assert send(accountant, **{"lines-1-pay": None}).status == 303
    page = send(accountant, voucher="pc  01")
    assert page.status == 422
    told = f"was used already: on {today():%d/%m/%Y}, for remuneration."
    assert f"The voucher pc 01 {told}" in page.words
    assert told in send(accountant, voucher="Pc01").words
    assert send(accountant, voucher="PC 02").status == 303
    assert count_payments(app) == 2


def a_movement(app, cast, team, purpose, kind, voucher, on):
    with app.app_context():
        line = BudgetLine(unit_id=cast.units["a"], body_id=team.body, year=on.year,
                          funding_source="ngo", purpose=purpose, title="Thù lao",
                          estimate_amount=9, due_on=on)  # fmt: skip
        db.session.add(line)
        db.session.flush()
        db.session.add(Movement(line_id=line.id, unit_id=cast.units["a"], kind=kind, on=on,
                                amount=9, voucher=voucher))  # fmt: skip
        db.session.commit()
        return line.id


def test_a_voucher_is_used_once_in_both_books(app, cast, client_as, team):
    accountant, on = client_as("accountant"), today()
    other = a_movement(app, cast, team, "activity", "expense", "PC 07", on)
    page = send(accountant, voucher="pc07")
    assert page.status == 422
    assert f"was used already: on {on:%d/%m/%Y}, in the line “Thù lao”." in page.words
    assert send(accountant, voucher="PC 08").status == 303
    address = f"/budgets/lines/{other}/movements/new"
    values = {"kind": "allotment", "amount": "1", "voucher": "PC08", "paper": None}
    page = accountant.submit(address, address, **values)
    assert page.status == 422
    assert f"The voucher PC08 was used already: on {on:%d/%m/%Y}, for remunera" in page.words


def test_a_payroll_is_also_an_expense_of_its_budget_line(app, cast, client_as, team):
    accountant, on = client_as("accountant"), today()
    line = a_movement(app, cast, team, "remuneration", "allotment", "", on)
    assert send(accountant, voucher="PC 08").status == 303
    address = f"/budgets/lines/{line}/movements/new"
    values = {"amount": "1", "voucher": "PC 08", "paper": None}
    refused = accountant.submit(address, address, kind="allotment", **values)
    assert (refused.status, "for remuneration" in refused.words) == (422, True)
    assert accountant.submit(address, address, kind="expense", **values).status == 303
    again = accountant.submit(address, address, kind="expense", **values)
    assert (again.status, "in the line" in again.words) == (422, True)


def test_a_voucher_number_is_free_again_in_another_year(app, cast, client_as, team):
    before = date(today().year - 1, 12, 31)
    a_movement(app, cast, team, "activity", "expense", "PC 01", before)
    assert send(client_as("accountant")).status == 303


def test_a_payment_that_was_taken_back_is_not_approved(app, client_as, team):
    accountant, head = client_as("accountant"), client_as("unithead")
    assert send(accountant).status == 303
    paid = next(payment for payment in payments(app) if payment.amount == LEADER)
    address = f"{HOME}/payments/{paid.id}"
    action = f"{address}/take-back"
    assert accountant.submit(address, action, voucher="PT 01", why="sai").status == 303
    assert f"{address}/approve" not in head.get(address).text
    page = send_token(head, f"{address}/approve")
    assert "taken back: there is nothing to approve" in head.follow(page).words
    assert [payment.approved_at for payment in payments(app)] == [None] * 3
    other = next(payment for payment in payments(app) if payment.amount == VOLUNTEER)
    assert send_token(head, f"{HOME}/payments/{other.id}/approve").status == 303
    approved = [payment.id for payment in payments(app) if payment.approved_at]
    assert approved == [other.id]


def test_a_payment_taken_back_eight_times_at_once_is_taken_back_once(app, client_as, team):
    accountant = client_as("accountant")
    assert send(accountant).status == 303
    paid = payments(app)[0].id
    address, action = f"{HOME}/payments/{paid}", f"{HOME}/payments/{paid}/take-back"
    form = accountant.get(address).form(action)

    def take_back(number: int) -> int:
        sent = {**form, "operation": str(uuid4()), "voucher": f"PT {number}", "why": "sai"}
        return another_tab(app, accountant).post(action, sent).status

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(take_back, range(8)))
    assert sorted(answers) == [303] + [422] * 7


def test_nothing_is_paid_in_a_year_whose_books_are_closed(app, cast, client_as, team):
    with app.app_context():
        db.session.add(ClosedYear(unit_id=cast.units["a"], year=today().year))
        db.session.commit()
    page = send(client_as("accountant"), **{"lines-1-note": "ghi chú"})
    assert page.status == 422
    assert f"The year {today().year} of Phường Bạc Liêu is closed." in page.words
    assert page.form(f"{HOME}/payments")["lines-1-note"] == "ghi chú"
    assert count_payments(app) == 0


def test_the_unit_head_approves_and_never_who_entered_it(app, cast, client_as, team):
    assert send(client_as("accountant")).status == 303
    first = payments(app)[0].id
    head = client_as("unithead")
    page = head.submit(page_of(), f"{HOME}/payments/{first}/approve")
    assert "The voucher is approved." in head.follow(page).words
    found = payments(app)
    assert {payment.approved_by for payment in found} == {cast.accounts["unithead"]}
    assert send_token(head, f"{HOME}/payments/{first}/approve").status == 303
    with app.app_context():
        payment = db.session.get_one(Payment, first)
        payment.approved_at = payment.approved_by = None
        payment.recorded_by = cast.accounts["unithead"]
        db.session.commit()
    page = send_token(head, f"{HOME}/payments/{first}/approve")
    assert "Somebody else than who entered it approves it." in head.follow(page).words
    assert payments(app)[0].approved_at is None


def send_token(visitor, address, **values):
    token = visitor.get("/account").form("/sign-out")["csrf_token"]
    return visitor.post(address, {"csrf_token": token, **values})


def test_a_payment_is_taken_back_and_its_month_is_owed_again(app, cast, client_as, team):
    accountant = client_as("accountant")
    assert send(accountant).status == 303
    paid = next(payment for payment in payments(app) if payment.amount == LEADER)
    address, action = f"{HOME}/payments/{paid.id}", f"{HOME}/payments/{paid.id}/take-back"
    page = accountant.submit(address, action, voucher="PC 01", why="ghi nhầm người")
    assert (page.status, "was used already" in page.words) == (422, True)
    assert page.form(action)["why"] == "ghi nhầm người"
    assert accountant.submit(address, action, voucher="PT 01", why="").status == 422
    page = accountant.submit(address, action, voucher="PT 01", why="ghi nhầm người")
    assert "Taken back on" in accountant.follow(page).words
    assert sorted(p.amount for p in payments(app)) == [-LEADER, VOLUNTEER, LEADER]
    values = {"voucher": "PT 02", "why": "x", "paid_on": str(today())}
    again = send_token(accountant, action, **values)
    assert (again.status, "taken back already" in again.words) == (422, True)
    correction = next(p for p in payments(app) if p.amount < 0)
    page = send_token(accountant, f"{HOME}/payments/{correction.id}/take-back", **values)
    assert (page.status, "This is a correction already." in page.words) == (422, True)
    with app.app_context():
        line = next(
            line for line in months_due([cast.units["a"]], LAST, LAST)
            if line.member_id == team.leader
        )  # fmt: skip
        assert (line.owed, line.state, len(line.payments)) == (LEADER, State.OWED, 2)
    assert send(accountant, voucher="PC 02").status == 303


def test_who_was_paid_and_holds_no_post_any_more_is_still_seen(app, cast, client_as, team):
    """A post is corrected to begin later: what was paid before stays in the book."""
    assert send(client_as("accountant")).status == 303
    with app.app_context():
        post = db.session.scalars(select(Post).where(Post.member_id == team.volunteer)).one()
        post.from_on = add_months(LAST, 2)
        db.session.commit()
        lines = months_due([cast.units["a"]], LAST, LAST)
        seen = [(line.name, line.due is None, line.paid) for line in lines]
        assert seen == [("Lê Thị Bình", False, LEADER), ("Phạm Văn Út", True, VOLUNTEER)]
    assert "no paid post in this month" in client_as("accountant").get(page_of()).words


def test_paid_after_its_day_is_late(app, cast, client_as, team):
    old = add_months(LAST, -2)
    with app.app_context():
        by, units = Actor(cast.accounts["accountant"]), [cast.units["a"]]
        end = month_end(old.year, old.month)
        for who, days in ((team.leader, 15), (team.volunteer, 16)):
            line = next(each for each in months_due(units, old, old) if each.member_id == who)
            wanted = [Wanted(line.key, line.owed, "")]
            on = end + timedelta(days=days)
            pay(units, old, wanted, voucher=f"PC {days}", on=on, by=by)
        db.session.flush()
        states = {line.member_id: line.state for line in months_due(units, old, old)}
        assert states == {team.leader: State.PAID, team.volunteer: State.LATE}


def test_the_rule_for_part_months_is_the_province_s(app, cast, team):
    with app.app_context():
        post = db.session.scalars(select(Post).where(Post.member_id == team.volunteer)).one()
        post.until_on = LAST + timedelta(days=9)
        units = [cast.units["a"]]
        db.session.flush()

        def due():
            lines = months_due(units, LAST, LAST)
            return next(line.amount for line in lines if line.member_id == team.volunteer)

        assert due() == 0
        rule = SettingValue(
            key="part_month",
            province_id=cast.units["province"],
            from_on=LAST,
            value="whole",
            source="test",
        )
        db.session.add(rule)
        db.session.flush()
        assert due() == 936_000
        rule.value = "days"
        db.session.flush()
        days = month_end(LAST.year, LAST.month).day
        assert due() == {28: 334_286, 29: 322_759, 30: 312_000, 31: 301_935}[days]


def test_posts_in_two_teams_are_due_in_each(app, cast, team):
    with app.app_context():
        body = Body(
            unit_id=cast.units["a"], kind="volunteer_team", name="Đội 2", active_from=team.since
        )
        club = Body(unit_id=cast.units["a"], kind="club", name="CLB", active_from=team.since)
        db.session.add_all([body, club])
        db.session.flush()
        for each, role in ((body, "deputy_leader"), (club, "volunteer")):
            post = Post(member_id=team.volunteer, body_id=each.id, role=role, from_on=LAST)
            db.session.add(post)
        db.session.flush()
        lines = months_due([cast.units["a"]], LAST, LAST)
        amounts = sorted(line.amount for line in lines if line.member_id == team.volunteer)
        assert amounts == [936_000, 1_170_000]


def test_a_team_still_bound_to_a_merged_unit_has_the_rates_of_its_province_today(app, cast, team):
    with app.app_context():
        old = Unit(
            code="1", name="Cũ", kind="ward", valid_from=date(2020, 1, 1),
            valid_until=date(2025, 6, 30), is_province=False, source="test",
            province_id=cast.units["elsewhere"],
        )  # fmt: skip
        db.session.add(old)
        db.session.flush()
        link = Succession(
            predecessor_id=old.id, successor_id=cast.units["a"], kind="merge", document="test",
            on=date(2025, 7, 1),
        )  # fmt: skip
        db.session.add(link)
        db.session.get_one(Body, team.body).unit_id = old.id
        rule = SettingValue(
            key="part_month", province_id=cast.units["province"], from_on=LAST, value="whole",
            source="test",
        )  # fmt: skip
        db.session.add(rule)
        post = db.session.scalars(select(Post).where(Post.member_id == team.volunteer)).one()
        post.until_on = LAST
        db.session.flush()
        lines = months_due([cast.units["a"], old.id], LAST, LAST)
        assert sorted(line.amount for line in lines) == [936_000, 1_404_000]


def test_a_missing_rate_is_said_and_links_to_the_settings(app, cast, client_as, team):
    with app.app_context():
        for row in (db.session.get_one(Body, team.body), *db.session.scalars(select(Post))):
            setattr(row, "active_from" if isinstance(row, Body) else "from_on", date(2019, 3, 1))
        db.session.commit()
    for who in ("accountant", "unithead", "inspector"):
        page = client_as(who).get(page_of("2019-03"))
        assert "No base salary entered for 03/2019" in page.words
        assert "No coefficient for Volunteer in 03/2019" in page.words
        assert "a rate is missing" in page.words
        assert "The administrator enters rates in the settings." in page.words
        assert not page.all("input", name="voucher")
    own = client_as("volunteer").get(f"{HOME}/own?year=2019")
    assert "No base salary entered for 06/2019" in own.words
    with app.app_context():
        share = paid_share([cast.units["a"]], 2019)
        assert (share.missing, share.due) == (8, 12)


def test_the_payroll_sheet_and_the_paper_to_sign(client_as, team):
    head = client_as("unithead")
    answer = head.client.get(f"{HOME}/payroll.xlsx?month={MONTH}")
    sheet = load_workbook(BytesIO(answer.data)).worksheets[0]
    rows = [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
    assert rows[0] == [f"BẢNG CHI TRẢ THÙ LAO THÁNG {LAST:%m/%Y}"]
    days = month_end(LAST.year, LAST.month).day
    leader = [1, "Lê Thị Bình", "Đội CTXH", "Đội trưởng", "0,6", "2.340.000", days, 1_404_000]
    assert leader in rows
    assert ["Cộng", 2_340_000] in rows
    assert ["Bằng chữ: Hai triệu ba trăm bốn mươi nghìn đồng"] in rows
    answer = head.client.get(f"{HOME}/payroll.docx?month={MONTH}")
    paper = Document(BytesIO(answer.data))
    text = "\n".join(paragraph.text for paragraph in paper.paragraphs)
    assert "Bằng chữ: Hai triệu ba trăm bốn mươi nghìn đồng./." in text
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    assert any(cell.startswith("UBND PHƯỜNG BẠC LIÊU") for cell in cells)
    assert "Phạm Văn Út" in cells
    assert "Lê" not in answer.headers["Content-Disposition"]


def test_a_volunteer_sees_the_own_months_only(app, client_as, team):
    volunteer = client_as("volunteer")
    page = volunteer.get(f"{HOME}/own?year={LAST.year}")
    assert "936,000 đồng" in page.words and "Phạm Văn Út" in page.words
    assert "1,404,000" not in page.words and "Lê Thị Bình" not in page.words
    assert [a.get("href") for a in page.all("a", href=f"{HOME}/own")]
    assert not page.all("a", href=HOME)
    assert volunteer.get(HOME).status == 403
    assert volunteer.get(page_of()).status == 403
    page = client_as("counselor").get(f"{HOME}/own")
    assert "Your account is not linked to a member yet" in page.words
    for who in ("unithead", "accountant", "coordinator", "admin", "dpo"):
        assert client_as(who).get(f"{HOME}/own").status == 403


def test_who_may_read_pay_and_approve(app, cast, client_as, team):
    assert send(client_as("accountant")).status == 303
    payment = payments(app)[0].id
    address = f"{HOME}/payments/{payment}"
    for who in ("unithead", "accountant", "inspector", "manager"):
        visitor = client_as(who)
        assert visitor.get(address).status == 200
        page = visitor.get(page_of(f"{add_months(LAST, -1):%Y-%m}"))
        assert bool(page.all("input", name="voucher")) == (who == "accountant")
    for who in ("counselor", "volunteer", "coordinator", "dpo", "admin"):
        assert client_as(who).get(address).status == 403
    assert send_token(client_as("unithead"), f"{HOME}/payments").status == 403
    assert send_token(client_as("unithead"), f"{address}/take-back").status == 403
    assert send_token(client_as("accountant"), f"{address}/approve").status == 403


def test_another_unit_is_not_found(app, cast, client_as, team):
    assert send(client_as("accountant")).status == 303
    payment = payments(app)[0].id
    for who in ("unithead-b", "inspector-elsewhere"):
        visitor = client_as(who)
        assert visitor.get(f"{HOME}/payments/{payment}").status == 404
        assert visitor.get(f"{HOME}?unit={cast.units['a']}").status == 404
        assert visitor.client.get(f"{HOME}/payroll.xlsx?unit={cast.units['a']}").status_code == 404
    assert send_token(client_as("unithead-b"), f"{HOME}/payments/{payment}/approve").status == 404
    page = send_token(client_as("accountant"), f"{HOME}/payments?unit={cast.units['b']}")
    assert page.status == 404


def test_pages_without_anything_say_what_comes_next(client_as):
    page = client_as("unithead").get(HOME)
    assert "Nothing due in" in page.words
    assert "Nobody held a paid post" in client_as("accountant").get(page_of()).words
    assert client_as("inspector").get(HOME).status == 200
    for query in ("month=nonsense", "month=2026-13", "month=0001-01"):
        assert client_as("unithead").get(f"{HOME}/month?{query}").status == 200
    assert client_as("unithead").get(f"{HOME}?year=99999").status == 200
