"""Money of a unit: nothing passes its bound, nothing is lost, every correction stays readable."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from io import BytesIO
from uuid import UUID, uuid4

import pytest
from docx import Document
from openpyxl import load_workbook
from sqlalchemy import func, select, text

from casework.authz.permissions import Role
from casework.core.audit import SYSTEM, AuditEntry
from casework.core.clock import now, today
from casework.core.database import db
from casework.core.money import dong_in_words
from casework.core.workbooks import write_sheet
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.operations import give_role
from casework.organisation.bodies.models import Body
from casework.organisation.budgets.balance import Balance
from casework.organisation.budgets.models import BudgetLine, Movement
from casework.organisation.budgets.queries import balances, totals_by_source
from casework.organisation.budgets.sheets import COLUMNS
from casework.organisation.history.models import Revision
from casework.organisation.units.models import Succession, Unit, UnitKind
from tests.core.test_operations import another_tab
from tests.days import in_days
from tests.page import Visitor, words

BUDGETS = "/budgets"
NEW = f"{BUDGETS}/lines/new"
YEAR = today().year
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def body(app, cast) -> str:
    """A club of unit a."""
    with app.app_context():
        club = Body(
            unit_id=cast.units["a"],
            kind="club",
            name="Câu lạc bộ Hoa Sen",
            active_from=date(2025, 7, 1),
        )
        db.session.add(club)
        db.session.commit()
        return str(club.id)


@pytest.fixture
def accountant(client_as) -> Visitor:
    return client_as("accountant")


def open_line(visitor, body, **changes) -> str:
    """The address of a new line."""
    fields = {
        "body": body,
        "year": str(YEAR),
        "funding_source": "programme",
        "purpose": "activity",
        "title": "Sinh hoạt định kỳ",
        "estimate_amount": "20.000.000",
        "due_on": str(date(YEAR, 12, 31)),
        **changes,
    }
    page = visitor.submit(NEW, NEW, **fields)
    assert page.status == 303, page.words
    return page.location


@pytest.fixture
def line(accountant, body) -> str:
    return open_line(accountant, body)


def move(visitor, line, kind, amount, voucher="", **changes):
    """Enter a movement through its form."""
    address = f"{line}/movements/new"
    # A browser sends no text for a file that was not chosen.
    fields = {"kind": kind, "amount": str(amount), "voucher": voucher, "paper": None, **changes}
    return visitor.submit(f"{address}?kind={kind}", address, **fields)


def correct(visitor, line, movement_id, reason="sai", **changes):
    """Take a movement back through its form."""
    address = f"{line}/movements/{movement_id}/correct"
    return visitor.submit(address, address, reason=reason, **{"paper": None, **changes})


def fill(visitor, line) -> None:
    """15 million allotted, 10 advanced, 6 spent, 5 settled and waiting."""
    for kind, amount, voucher in (
        ("allotment", 15_000_000, ""),
        ("advance", 10_000_000, "PC 01"),
        ("expense", 6_000_000, "HĐ 17"),
        ("settlement", 5_000_000, "QT 01"),
    ):
        assert move(visitor, line, kind, amount, voucher).status == 303


def approve_all(unithead) -> None:
    page = unithead.get(f"{BUDGETS}/approvals")
    for form in page.all("form"):
        action = form.get("action") or ""
        if action.endswith("/approve"):
            assert unithead.submit(page, action).status == 303


def balance_of(app, line) -> Balance:
    with app.app_context():
        found = db.session.get_one(BudgetLine, UUID(line.rsplit("/", 1)[1]))
        return balances([found])[found.id]


def movements(app, line) -> list[Movement]:
    with app.app_context():
        query = select(Movement).where(Movement.line_id == UUID(line.rsplit("/", 1)[1]))
        return list(db.session.scalars(query.order_by(Movement.recorded_at)))


def download(visitor, address):
    """A file; `Page` reads pages only."""
    answer = visitor.client.get(address)
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    return BytesIO(answer.data)


def fault_beside(page, name: str) -> str:
    return words(page.one("div", id=f"{name}-error"))


def test_a_year_s_lines_with_their_sums(app, accountant, client_as, body, line):
    fill(accountant, line)
    other = open_line(accountant, body, funding_source="charity", title="Quà Tết")
    assert move(accountant, other, "allotment", "5.000.000").status == 303
    page = client_as("unithead").get(BUDGETS)
    for said in (
        "In all: 20,000,000 đồng allotted",
        "2 sources; the largest gives 75% of it",
        "15,000,000 75%",
        "5,000,000 awaits approval",
        "Settlements that await your approval: 1.",
    ):
        assert said in page.words, said
    approve_all(client_as("unithead"))
    page = accountant.get(BUDGETS)
    assert "awaits approval" not in page.words
    assert balance_of(app, line) == Balance(
        15_000_000, 10_000_000, 6_000_000, 5_000_000, 0, 0, today(), today()
    )


def test_the_bar_s_parts_make_the_allotment(accountant, line):
    fill(accountant, line)
    svg = accountant.get(line).one(f"{SVG}svg", class_="band")
    widths = [float(rect.get("width")) for rect in svg.iter(f"{SVG}rect")]
    assert sum(widths) == pytest.approx(100, abs=0.01)
    assert svg.get("aria-label") == (
        "spent, not settled yet: 6,000,000 đồng; in hand: 4,000,000 đồng;"
        " not advanced yet: 5,000,000 đồng"
    )


def test_late_lines_come_first(app, accountant, body, client_as):
    early = str(today() - timedelta(days=12))
    open_line(accountant, body, title="A")
    late = open_line(accountant, body, title="B", due_on=early)
    move(accountant, late, "allotment", 1000)
    assert "days late" not in accountant.get(BUDGETS).words, "nothing was advanced"
    move(accountant, late, "advance", 1000, "1")
    page = accountant.get(BUDGETS)
    assert "12 days late" in page.words
    rows = [words(a) for a in page.all("a")]
    assert rows.index("B") < rows.index("A")
    move(accountant, late, "refund", 1000, "2")
    page = accountant.get(late)
    assert "12 days late" in page.words and f"settled on {today():%d/%m/%Y}" in page.words


@pytest.mark.parametrize(
    ("kind", "amount", "message", "most"),
    [
        (
            "advance",
            "5.000.001",
            "Advances of 15,000,001 đồng would be more than the 15,000,000 đồng allotted.",
            "5.000.000",
        ),
        (
            "expense",
            "9.000.001",
            "Vouchers of 15,000,001 đồng would be more than the 15,000,000 đồng allotted.",
            "9.000.000",
        ),
        (
            "settlement",
            "5.000.001",
            "Settled and paid back 10,000,001 đồng together would be more than the 10,000,000",
            "1.000.000",
        ),
        (
            "settlement",
            "1.000.001",
            "Settlements of 6,000,001 đồng would be more than the vouchers of 6,000,000 đồng.",
            "1.000.000",
        ),
        (
            "refund",
            "10.000.001",
            "Settled and paid back 10,000,001 đồng together would be more than the 10,000,000",
            "10.000.000",
        ),
    ],
)
def test_what_passes_its_bound_is_refused_with_the_text(
    app, accountant, line, kind, amount, message, most
):
    fill(accountant, line)
    before = balance_of(app, line)
    page = move(accountant, line, kind, amount, "N9", note="giữ lại chữ này")
    assert page.status == 422
    assert fault_beside(page, "amount").startswith(message)
    kept = page.form(f"{line}/movements/new")
    assert (kept["amount"], kept["note"], kept["voucher"]) == (amount, "giữ lại chữ này", "N9")
    assert (balance_of(app, line), len(movements(app, line))) == (before, 4)
    assert move(accountant, line, kind, most, "N9").status == 303


@pytest.mark.parametrize("amount", ["0", "-5", "1.5", "1,50", "12.34.56", "", "x", "9" * 20])
def test_only_whole_dong_above_zero(app, accountant, line, amount):
    page = move(accountant, line, "allotment", amount)
    assert page.status == 422
    assert fault_beside(page, "amount")
    assert movements(app, line) == []


def test_a_voucher_number_is_used_once_in_a_year_whatever_the_line(app, accountant, body, line):
    fill(accountant, line)
    other = open_line(accountant, body, title="Truyền thông")
    move(accountant, other, "allotment", "5.000.000")
    page = move(accountant, other, "advance", 1000, " pc01", note="giữ")
    assert page.status == 422
    told = f"The voucher pc01 was used already: on {today():%d/%m/%Y}, in the line"
    assert fault_beside(page, "voucher") == f"{told} “Sinh hoạt định kỳ”."
    assert page.form(f"{other}/movements/new")["note"] == "giữ"
    assert move(accountant, other, "advance", 1000, "PC 02").status == 303
    page = move(accountant, other, "expense", 1000, "")
    assert fault_beside(page, "voucher") == "Write the number of the voucher."


def test_a_voucher_number_is_free_in_another_year(accountant, body):
    line = open_line(accountant, body, year=str(YEAR - 1))
    earlier = {"on": f"{YEAR - 1}-12-30"}
    assert move(accountant, line, "allotment", 1000, **earlier).status == 303
    assert move(accountant, line, "advance", 400, "PC 1", **earlier).status == 303
    assert move(accountant, line, "advance", 400, "PC 1").status == 303
    assert move(accountant, line, "advance", 100, "pc1", **earlier).status == 422


def test_a_movement_comes_in_its_year_or_later(accountant, line):
    def at(day, kind="expense"):
        return move(accountant, line, kind, 1, "x" if kind == "expense" else "", on=str(day))

    assert at(today() + timedelta(days=1), "allotment").status == 422
    assert at(date(YEAR - 1, 12, 20), "allotment").status == 303
    page = at(date(YEAR - 1, 12, 31))
    assert fault_beside(page, "on") == f"This day lies before the line's year, {YEAR}."
    assert at(date(YEAR - 2, 12, 31), "allotment").status == 422


def test_a_settlement_counts_when_somebody_else_approves_it(app, cast, accountant, line, client_as):
    fill(accountant, line)
    assert "5,000,000 đồng awaits approval" in accountant.get(line).words
    settlement = next(m for m in movements(app, line) if m.kind == "settlement")
    address = f"{line}/movements/{settlement.id}/approve"
    token = token_of(accountant)
    assert accountant.post(address, {"csrf_token": token}).status == 403
    with app.app_context():
        account = db.session.get_one(Account, cast.accounts["accountant"])
        give_role(
            account, Role.UNIT_HEAD, cast.units["a"], by=SYSTEM, on=today() - timedelta(days=1)
        )
        db.session.commit()
    page = accountant.get(f"{BUDGETS}/approvals")
    assert "Somebody else approves what you entered." in page.words
    page = accountant.post(address, {"csrf_token": token})
    assert page.status == 422
    assert "A settlement is approved by somebody else than who entered it." in page.words
    unithead = client_as("unithead")
    shown = unithead.get(f"{BUDGETS}/approvals")
    assert unithead.submit(shown, address).status == 303
    assert balance_of(app, line).settled == 5_000_000
    assert "approved by Huỳnh Văn Ba" in unithead.get(line).words
    again = unithead.post(address, {"csrf_token": shown.form(address)["csrf_token"]})
    assert "does not await approval any more" in again.words
    assert "Nothing waits" in unithead.get(f"{BUDGETS}/approvals").words


def test_an_approval_is_refused_when_a_rule_would_break_meanwhile(app, accountant, line, client_as):
    fill(accountant, line)
    assert move(accountant, line, "refund", 5_000_001, "N1").status == 303
    unithead = client_as("unithead")
    page = unithead.get(f"{BUDGETS}/approvals")
    settlement = next(m for m in movements(app, line) if m.kind == "settlement")
    page = unithead.submit(page, f"{line}/movements/{settlement.id}/approve")
    assert page.status == 422
    assert "Settled and paid back 10,000,001 đồng together" in page.words
    assert balance_of(app, line).settled == 0


def test_a_correction_leaves_what_it_corrects(app, accountant, line, client_as):
    fill(accountant, line)
    advance = next(m for m in movements(app, line) if m.kind == "advance")
    page = correct(accountant, line, advance.id, "gõ nhầm", amount="9.000.000", on=str(today()))
    assert page.status == 303
    assert balance_of(app, line).advanced == 9_000_000
    page = accountant.get(line)
    assert [words(s) for s in page.all("s")] == [
        "advanced",
        "10,000,000",
        "advanced",
        "-10,000,000",
    ]
    assert "taken back by Đỗ Thị Năm" in page.words and "gõ nhầm" in page.words
    assert page.text.count("PC 01") == 3, "the number was free for the right one"
    again = correct(accountant, line, advance.id, "nữa")
    assert again.status == 422 and "taken back already" in again.words
    back = next(m for m in movements(app, line) if m.corrects_id)
    assert correct(accountant, line, back.id, amount="1").status == 422


def test_a_correction_may_not_take_the_ground_from_what_depends_on_it(
    app, accountant, line, client_as
):
    fill(accountant, line)
    approve_all(client_as("unithead"))
    before = balance_of(app, line)
    found = {m.kind: m for m in movements(app, line)}
    for kind, message in (
        ("allotment", "Advances of 10,000,000 đồng would be more than the 0 đồng allotted."),
        ("advance", "Settled and paid back 5,000,000 đồng together would be more than the 0"),
        ("expense", "Settlements of 5,000,000 đồng would be more than the vouchers of 0 đồng."),
    ):
        address = f"{line}/movements/{found[kind].id}/correct"
        page = correct(accountant, line, found[kind].id, "bỏ hẳn", replaced=None)
        assert page.status == 422
        assert message in page.words
        assert page.form(address)["reason"] == "bỏ hẳn"
    assert balance_of(app, line) == before


def test_a_movement_of_another_line_is_not_found(app, accountant, body, line):
    fill(accountant, line)
    other = open_line(accountant, body, title="Khác")
    movement = movements(app, line)[0]
    assert accountant.get(f"{other}/movements/{movement.id}/correct").status == 404


def test_a_closed_year_takes_nothing_until_it_is_opened_again(
    app, cast, accountant, line, client_as
):
    fill(accountant, line)
    unithead, years = client_as("unithead"), f"{BUDGETS}/years"
    close = f"{years}/{cast.units['a']}/close"
    page = unithead.get(years)
    assert "10,000,000 đồng" in page.words, "outstanding lines are a warning"
    page = unithead.submit(page, close)
    assert page.status == 422
    assert "Settlements of this year still await approval: 1." in page.words
    approve_all(unithead)
    assert unithead.submit(years, close).status == 303
    closed = (
        f"The year {YEAR} of Phường Bạc Liêu is closed. Nothing is added to its lines or taken"
        " back from them: ask the unit head to reopen it with a reason."
    )
    page = move(accountant, line, "expense", 1000, "HĐ 99", note="giữ lại")
    assert (page.status, fault_beside(page, "on")) == (422, closed)
    assert page.form(f"{line}/movements/new")["note"] == "giữ lại"
    address = f"{line}/movements/{movements(app, line)[1].id}/correct"
    page = correct(accountant, line, movements(app, line)[1].id, "chữ này ở lại")
    assert page.status == 422 and closed in page.words
    assert page.form(address)["reason"] == "chữ này ở lại"
    page = accountant.submit(f"{line}/change", f"{line}/change", title="Khác")
    assert page.status == 422 and closed in page.words
    assert "is closed: nothing dated in it is added, and" in accountant.get(BUDGETS).words
    assert accountant.submit(NEW, NEW, **line_fields(app, line)).status == 422

    reopen = f"{years}/{cast.units['a']}/reopen"
    assert unithead.submit(years, reopen, reason=" ").status == 422
    assert unithead.submit(years, reopen, reason="Thiếu hóa đơn").status == 303
    page = unithead.get(years)
    assert "Thiếu hóa đơn" in page.words and "Huỳnh Văn Ba" in page.words
    assert move(accountant, line, "expense", 1000, "HĐ 99").status == 303
    with app.app_context():
        actions = db.session.scalars(
            select(AuditEntry.action).where(AuditEntry.subject_kind == "unit")
        ).all()
    assert {"budget.close", "budget.reopen"} <= set(actions)


def line_fields(app, line) -> dict[str, str]:
    with app.app_context():
        found = db.session.get_one(BudgetLine, UUID(line.rsplit("/", 1)[1]))
        return {
            "body": str(found.body_id),
            "year": str(found.year),
            "funding_source": "ngo",
            "purpose": "other",
            "title": "Dòng mới",
            "estimate_amount": "1",
            "due_on": str(found.due_on),
        }


def test_a_movement_of_a_closed_year_is_corrected_in_an_open_one(
    app, cast, accountant, line, client_as
):
    """An allotment of December on a line of the year that followed."""
    assert move(accountant, line, "allotment", 5000, on=f"{YEAR - 1}-11-30").status == 303
    unithead, close = client_as("unithead"), f"{BUDGETS}/years/{cast.units['a']}/close"
    token = token_of(unithead)
    assert unithead.post(close, {"csrf_token": token, "year": str(YEAR - 1)}).status == 303
    allotted = movements(app, line)[0].id
    closed = (
        f"The year {YEAR - 1} of Phường Bạc Liêu is closed. Enter the correction in an open year"
    )
    page = correct(accountant, line, allotted, amount="4000")
    assert page.status == 422 and closed in fault_beside(page, "on")
    page = correct(accountant, line, allotted, replaced=None, corrected_on=f"{YEAR - 1}-11-29")
    assert "can't be earlier than the movement" in page.words
    page = correct(accountant, line, allotted, amount="4000", on=str(today()))
    assert page.status == 303
    assert balance_of(app, line).allotted == 4000
    back = next(m for m in movements(app, line) if m.corrects_id)
    assert (back.on, back.amount) == (today(), -5000)


def test_a_line_of_a_closed_year_stays_as_it_is_whatever_the_day(
    app, cast, accountant, body, client_as
):
    line = open_line(accountant, body, year=str(YEAR - 1))
    earlier = {"on": f"{YEAR - 1}-11-30"}
    for kind, voucher in (("allotment", ""), ("advance", "PC 1"), ("expense", "HĐ 1"),
                          ("settlement", "QT 1")):  # fmt: skip
        assert move(accountant, line, kind, 5000, voucher, **earlier).status == 303
    unithead, close = client_as("unithead"), f"{BUDGETS}/years/{cast.units['a']}/close"
    approve_all(unithead)
    token = token_of(unithead)
    assert unithead.post(close, {"csrf_token": token, "year": str(YEAR - 1)}).status == 303
    before = balance_of(app, line)
    closed = f"The year {YEAR - 1} of Phường Bạc Liêu is closed. Nothing is added to its lines"
    page = move(accountant, line, "allotment", 1000, on=str(today()))
    assert page.status == 422 and closed in fault_beside(page, "on")
    for number in range(4):
        page = correct(accountant, line, movements(app, line)[number].id, replaced=None)
        assert page.status == 422 and closed in fault_beside(page, "corrected_on"), number
    settlement = movements(app, line)[3].id
    address = f"{line}/movements/{settlement}/take-back"
    page = unithead.submit(address, address, reason="sai")
    assert page.status == 422 and closed in fault_beside(page, "corrected_on")
    assert balance_of(app, line) == before
    for who in (accountant, unithead):
        shown = who.get(line).text
        assert "/take-back" not in shown and "/correct" not in shown
        assert "/movements/new" not in shown


def test_an_approved_settlement_is_taken_back_by_the_unit_head(
    app, cast, accountant, line, client_as
):
    fill(accountant, line)
    unithead = client_as("unithead")
    settlement = next(m for m in movements(app, line) if m.kind == "settlement")
    address = f"{line}/movements/{settlement.id}/take-back"
    page = unithead.submit(address, address, reason="sai")
    assert page.status == 422 and "Only an approved settlement" in page.words
    approve_all(unithead)
    page = correct(accountant, line, settlement.id, "sai số", replaced=None)
    assert page.status == 422
    assert "This settlement is approved: the unit head takes it back." in page.words
    assert balance_of(app, line).settled == 5_000_000
    shown = accountant.get(line)
    assert "approved: the unit head takes it back" in shown.words
    assert address not in shown.text and f"{settlement.id}/correct" not in shown.text
    assert accountant.get(address).status == 403
    assert accountant.post(address, {"csrf_token": token_of(accountant)}).status == 403
    assert address in unithead.get(line).text
    assert unithead.submit(address, address, reason=" ").status == 422
    assert unithead.submit(address, address, reason="Sai số").status == 303
    assert balance_of(app, line).settled == 0
    again = unithead.submit(address, address, reason="Sai số")
    assert again.status == 422 and "taken back already" in again.words
    assert move(accountant, line, "settlement", 4_000_000, "QT 01").status == 303
    approve_all(unithead)
    assert balance_of(app, line).settled == 4_000_000


def test_who_entered_a_settlement_does_not_take_it_back_alone(
    app, cast, accountant, line, client_as
):
    fill(accountant, line)
    approve_all(client_as("unithead"))
    with app.app_context():
        account = db.session.get_one(Account, cast.accounts["accountant"])
        give_role(
            account, Role.UNIT_HEAD, cast.units["a"], by=SYSTEM, on=today() - timedelta(days=1)
        )
        db.session.commit()
    settlement = next(m for m in movements(app, line) if m.kind == "settlement")
    address = f"{line}/movements/{settlement.id}/take-back"
    page = accountant.submit(address, address, reason="sai")
    assert page.status == 422
    assert "A settlement is taken back by somebody else than who entered it." in page.words
    assert balance_of(app, line).settled == 5_000_000


def test_what_takes_a_settlement_back_is_never_approved(app, cast, accountant, line, client_as):
    """It counts nowhere, in a balance and in the sums of a period."""
    fill(accountant, line)
    settlement = next(m for m in movements(app, line) if m.kind == "settlement")
    assert correct(accountant, line, settlement.id, replaced=None).status == 303
    back = next(m for m in movements(app, line) if m.corrects_id)
    unithead = client_as("unithead")
    address = f"{line}/movements/{back.id}/approve"
    page = unithead.post(address, {"csrf_token": token_of(unithead)})
    assert page.status == 422 and "does not await approval any more" in page.words
    with app.app_context():
        db.session.get_one(Movement, back.id).approved_at = now()
        total = totals_by_source([cast.units["a"]], date(YEAR, 1, 1), today())
    assert next(iter(total.values())).settled == 0


def token_of(visitor) -> str:
    return visitor.get("/account").form("/sign-out")["csrf_token"]


def test_a_year_to_come_and_a_closed_one_are_not_closed(cast, client_as, line):
    unithead, close = client_as("unithead"), f"{BUDGETS}/years/{cast.units['a']}/close"
    token = token_of(unithead)

    def send(year):
        return unithead.post(close, {"csrf_token": token, "year": str(year)})

    assert send(YEAR + 1).status == 422
    assert send(YEAR).status == 303
    assert "closed already" in send(YEAR).words
    assert send("").status == 422


def test_a_changed_line_says_what_it_said(app, accountant, line, client_as):
    address = f"{line}/change"
    shown = accountant.get(address)
    page = accountant.submit(shown, address, estimate_amount="25.000.000", title="Sinh hoạt")
    assert page.status == 303
    page = accountant.get(line)
    assert "25,000,000" in page.words and "20,000,000 đồng" in page.words
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Revision)) == 1
    stale = accountant.submit(shown, address, operation=str(uuid4()), title="Của tôi")
    assert stale.status == 409
    assert "Của tôi" in stale.words and "Sinh hoạt" in stale.words
    assert accountant.submit(stale, address).status == 303


@pytest.mark.parametrize(
    "changes",
    [
        {"body": ""},
        {"year": "x"},
        {"year": "1999"},
        {"funding_source": "thuế"},
        {"purpose": ""},
        {"title": " "},
        {"estimate_amount": "1.5"},
        {"due_on": "31/02/2026"},
        {"phase_id": str(uuid4())},
    ],
)
def test_a_bad_line_is_refused_with_the_text(app, accountant, body, changes):
    fields = {
        "body": body,
        "funding_source": "ngo",
        "purpose": "activity",
        "title": "Giữ tên này",
        "estimate_amount": "1000",
        "due_on": f"{YEAR}-12-31",
        **changes,
    }
    page = accountant.submit(NEW, NEW, **fields)
    assert page.status == 422
    if "title" not in changes:
        assert page.form(NEW)["title"] == "Giữ tên này"
    assert page.all("div", id=f"{next(iter(changes))}-error")
    with app.app_context():
        assert db.session.scalars(select(BudgetLine)).all() == []


def test_the_very_same_line_is_opened_once(accountant, body, line):
    page = accountant.submit(NEW, NEW, body=body, funding_source="programme", purpose="activity",
                             title="sinh hoat ĐỊNH KỲ", estimate_amount="1",
                             due_on=f"{YEAR}-12-31")  # fmt: skip
    assert page.status == 422
    assert "There is a line of this body" in fault_beside(page, "title")


def test_rights(cast, accountant, body, line, client_as):
    fill(accountant, line)
    readers = (BUDGETS, line, f"{BUDGETS}/years", f"{BUDGETS}/programmes", f"{line}/sheet.xlsx",
               f"{line}/sheet.docx", f"{BUDGETS}/sheet.xlsx", f"{BUDGETS}/sheet.docx",
               f"{BUDGETS}/export")  # fmt: skip
    writers = (NEW, f"{line}/change", f"{line}/movements/new", f"{BUDGETS}/import",
               f"{BUDGETS}/template")  # fmt: skip
    approvers = (f"{BUDGETS}/approvals",)
    allowed = {
        "accountant": (200, 200, 403),
        "unithead": (200, 403, 200),
        "inspector": (200, 403, 403),
        "manager": (200, 403, 403),
        "volunteer": (403, 403, 403),
        "counselor": (403, 403, 403),
        "admin": (403, 403, 403),
    }
    for who, expected in allowed.items():
        visitor = client_as(who)
        for addresses, status in zip((readers, writers, approvers), expected, strict=True):
            for address in addresses:
                assert visitor.client.get(address).status_code == status, (who, address)
    for who in ("unithead-b", "inspector-elsewhere"):
        assert client_as(who).get(line).status == 404
        assert client_as(who).get(f"{BUDGETS}?unit={cast.units['a']}").status == 404
    other = client_as("unithead-b")
    token = token_of(other)
    close = f"{BUDGETS}/years/{cast.units['a']}/close"
    assert other.post(close, {"csrf_token": token, "year": str(YEAR)}).status == 404


def test_pages_say_what_to_do_when_there_is_nothing(client_as, accountant, body):
    assert "No budget line in" in accountant.get(BUDGETS).words
    assert "No unit yet" in client_as("inspector-elsewhere").get(BUDGETS).words
    assert "No unit yet" in client_as("inspector-elsewhere").get(f"{BUDGETS}/years").words
    assert accountant.get(f"{BUDGETS}?year=abc").status == 200
    assert client_as("inspector-elsewhere").get(f"{BUDGETS}/sheet.xlsx").status == 404


def test_a_merged_unit_keeps_what_its_predecessor_spent(app, cast, body, line, accountant):
    """The accountant of the unit that followed reads on, writes on and closes both."""
    fill(accountant, line)
    with app.app_context():
        merged = Unit(code="31999", name="Vĩnh Trạch", kind=UnitKind.WARD,
                      valid_from=today(), is_province=False, source="test",
                      parent_id=cast.units["province"],
                      province_id=cast.units["province"])  # fmt: skip
        db.session.add(merged)
        db.session.flush()
        db.session.add(Succession(predecessor_id=cast.units["a"], successor_id=merged.id,
                                  kind="merge", on=today(), document="NQ 1"))  # fmt: skip
        for who, role in (("accountant", Role.ACCOUNTANT), ("unithead", Role.UNIT_HEAD)):
            account = db.session.get_one(Account, cast.accounts[who])
            give_role(account, role, merged.id, by=SYSTEM, on=today())
        db.session.commit()
        merged_id = merged.id
    page = accountant.get(f"{BUDGETS}?unit={merged_id}")
    assert "Phường Vĩnh Trạch" in page.words and "15,000,000" in page.words


def test_a_paper_is_attached_and_read_with_the_movement(accountant, line, client_as):
    paper = (BytesIO(b"%PDF-1.4 phieu chi"), "phieu-chi.pdf")
    assert move(accountant, line, "allotment", "1.000", paper=paper).status == 303
    page = client_as("inspector").get(line)
    link = next(a for a in page.all("a") if (a.get("href") or "").startswith("/files/"))
    assert words(link) == "phieu-chi.pdf"
    assert client_as("inspector").get(link.get("href")).status == 200
    assert client_as("volunteer").get(link.get("href")).status == 404


@pytest.mark.parametrize("settles", [True, False])
def test_papers_of_approved_settlements_and_closed_years_stay(
    cast, accountant, line, client_as, settles
):
    paper, head = (BytesIO(b"%PDF-1.4 phieu chi"), "phieu-chi.pdf"), client_as("unithead")
    assert move(accountant, line, "allotment", "1.000", paper=None if settles else paper).status
    if settles:
        move(accountant, line, "advance", "1.000", "PC 01")
        move(accountant, line, "expense", "1.000", "HĐ 17")
        assert move(accountant, line, "settlement", "1.000", "QT 01", paper=paper).status == 303
    page = accountant.get(line)
    (link,) = [a.get("href") for a in page.all("a") if "/files/" in (a.get("href") or "")]
    if settles:
        approve_all(head)
    else:
        close = f"{BUDGETS}/years/{cast.units['a']}/close"
        page_of_years = head.get(f"{BUDGETS}/years")
        assert head.submit(page_of_years, close, year=str(YEAR)).status == 303
    # The page was open before.
    kept = accountant.follow(accountant.submit(page, f"{link}/remove"))
    assert "its papers stay with it" in kept.words and "phieu-chi.pdf" in kept.words
    assert "Remove the file" not in kept.words


def test_eight_advances_at_once_never_pass_the_allotment(app, accountant, line):
    assert move(accountant, line, "allotment", 5_000).status == 303
    address = f"{line}/movements/new"
    form = accountant.get(f"{address}?kind=advance").form(address)
    del form["paper"]

    def advance(number: int) -> int:
        tab = another_tab(app, accountant)
        sent = {**form, "operation": str(uuid4()), "amount": "1000", "voucher": f"PC {number}"}
        return tab.post(address, sent).status

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(advance, range(8)))
    assert sorted(answers) == [303] * 5 + [422] * 3
    assert balance_of(app, line).advanced == 5_000


def test_one_voucher_number_sent_eight_times_at_once_for_two_lines(app, accountant, body, line):
    other = open_line(accountant, body, title="Khác")
    for each in (line, other):
        assert move(accountant, each, "allotment", 8_000).status == 303
    forms = {
        each: accountant.get(f"{each}/movements/new").form(f"{each}/movements/new")
        for each in (line, other)
    }

    def spend(number: int) -> int:
        each = (line, other)[number % 2]
        sent = {**forms[each], "operation": str(uuid4()), "amount": "1", "voucher": "HĐ 1"}
        del sent["paper"]
        return another_tab(app, accountant).post(f"{each}/movements/new", sent).status

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(spend, range(8)))
    assert sorted(answers) == [303] + [422] * 7


def sums_by_sql(app) -> dict[str, int]:
    """What stands, counted without the program."""
    query = """
        SELECT m.kind, SUM(m.amount) FROM {schema}movements m
        LEFT JOIN {schema}movements c ON c.id = m.corrects_id
        WHERE m.kind <> 'settlement' OR m.approved_at IS NOT NULL OR c.approved_at IS NOT NULL
        GROUP BY m.kind
    """
    with app.app_context():
        schema = "organisation." if db.engine.dialect.name == "postgresql" else ""
        rows = db.session.execute(text(query.format(schema=schema))).all()
    return {kind: int(amount) for kind, amount in rows}


@pytest.mark.parametrize("locale", ["en", "vi"])
def test_the_settlement_sheet_s_numbers_are_those_of_the_database(
    app, accountant, body, line, client_as, locale
):
    fill(accountant, line)
    approve_all(client_as("unithead"))
    other = open_line(accountant, body, title="=1+1", funding_source="state_budget")
    fill_other = [("allotment", 700, ""), ("advance", 600, "a"), ("refund", 50, "b")]
    for kind, amount, voucher in fill_other:
        assert move(accountant, other, kind, amount, voucher).status == 303
    first = movements(app, other)[0]
    assert correct(accountant, other, first.id, amount="800").status == 303
    accountant.client.set_cookie("casework_language", locale)
    sums = sums_by_sql(app)
    expected = [sums[kind] for kind in ("allotment", "advance", "expense", "settlement", "refund")]
    expected.append(sums["advance"] - sums["settlement"] - sums["refund"])
    said = f"bằng chữ: {dong_in_words(sums['settlement'])}."

    sheet = load_workbook(download(accountant, f"{BUDGETS}/sheet.xlsx")).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    total = next(row for row in rows if row[1] == "Cộng")
    assert total[5:11] == expected
    assert rows[1][0] == f"BẢNG QUYẾT TOÁN KINH PHÍ NĂM {YEAR}"
    assert any(said in str(row[0]) for row in rows)
    assert any(row[1] == "KẾ TOÁN" and "TRƯỞNG ĐƠN VỊ" in row for row in rows)
    assert any(row[1] == "=1+1" for row in rows), "a text stays a text"

    paper = Document(download(accountant, f"{BUDGETS}/sheet.docx"))
    told = "\n".join(p.text for p in paper.paragraphs)
    assert f"BẢNG QUYẾT TOÁN KINH PHÍ NĂM {YEAR}" in told and said in told
    assert "./." in told
    table = paper.tables[1]
    last = [cell.text for cell in table.rows[-1].cells]
    assert last[2:] == [f"{amount:,}".replace(",", ".") for amount in expected]
    assert [cell.paragraphs[0].text for cell in paper.tables[2].rows[0].cells] == [
        "KẾ TOÁN",
        "TRƯỞNG ĐƠN VỊ",
    ]


def test_the_sheet_of_one_line(app, accountant, line, client_as):
    fill(accountant, line)
    sheet = load_workbook(download(accountant, f"{line}/sheet.xlsx")).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    amounts = [row[4] for row in rows if isinstance(row[0], int)]
    assert amounts == [15_000_000, 10_000_000, 6_000_000, 5_000_000]
    assert any("chờ duyệt" in str(row[5]) for row in rows)
    paper = Document(download(accountant, f"{line}/sheet.docx"))
    told = "\n".join(p.text for p in paper.paragraphs)
    assert "Không đồng" in told, "what waits does not count"
    assert len(paper.tables[1].rows) == 6


HEAD = ",".join(COLUMNS) + "\n"
GOOD = (
    f"câu lạc bộ hoa sen,{YEAR},ngo,communication,Tờ rơi,1.000.000,31/12/{YEAR},900000,"
    f"01/01/{YEAR}\n"
    f"Câu lạc bộ Hoa Sen,{YEAR},State budget,Training,Tập huấn,2000000,{YEAR}-12-31,,\n"
)


def send_file(visitor, content, only_check=None, name="lines.csv"):
    address = f"{BUDGETS}/import"
    file = (BytesIO(content if isinstance(content, bytes) else content.encode()), name)
    return visitor.submit(address, address, file=file, only_check=only_check)


def lines_in(app) -> dict[str, BudgetLine]:
    with app.app_context():
        return {line.title: line for line in db.session.scalars(select(BudgetLine))}


def test_lines_are_brought_in_after_a_trial(app, accountant, body):
    page = send_file(accountant, HEAD + GOOD, only_check="y")
    assert page.status == 200
    assert "2 budget lines would be opened." in page.words
    assert lines_in(app) == {}
    with app.app_context():
        assert "budget.open" not in db.session.scalars(select(AuditEntry.action)).all()
    page = send_file(accountant, HEAD + GOOD)
    assert page.status == 303
    found = lines_in(app)
    assert set(found) == {"Tờ rơi", "Tập huấn"}
    assert (found["Tập huấn"].funding_source, found["Tập huấn"].purpose) == (
        "state_budget",
        "training",
    )
    assert balance_of(app, f"/x/{found['Tờ rơi'].id}").allotted == 900_000
    page = send_file(accountant, HEAD + GOOD)
    assert page.status == 422 and page.words.count("There is a line of this body") == 2


def test_every_fault_of_a_file_is_shown_and_nothing_written(app, accountant, body):
    bad = (
        f"Đội lạ,{YEAR},ngo,other,A,1000,31/12/{YEAR},,\n"
        f"Câu lạc bộ Hoa Sen,20x6,thuế,other,,15.5,31/31/{YEAR},5,\n"
    )
    page = send_file(accountant, HEAD + GOOD + bad)
    assert page.status == 422
    rows = [
        (words(tr.find("th")), words(tr.find("td")))
        for tr in page.all("tr")
        if tr.find("th") is not None and tr.find("td") is not None
    ]
    assert rows == [
        ("4", "body"), ("5", "year"), ("5", "funding_source"), ("5", "title"), ("5", "estimate"),
        ("5", "due_on"), ("5", "allotted_on"),
    ]  # fmt: skip
    assert lines_in(app) == {}
    assert "This column is missing." in send_file(accountant, "body,year\nx,2026\n").words
    assert send_file(accountant, b"").status == 422
    twice = GOOD.splitlines()[0] + "\n"
    page = send_file(accountant, HEAD + twice + twice)
    assert page.status == 422 and lines_in(app) == {}


@pytest.mark.parametrize(
    ("due_on", "message"),
    [
        ("01/01/0001", "This date is too long ago."),
        ("31/12/2009", "This date is too long ago."),
        (in_days(3 * 366 + 1, "%d/%m/%Y"), "This date is too far ahead."),
        ("31/12/9999", "This date is too far ahead."),
        ("01/01/2010", ""),
        (in_days(3 * 366, "%d/%m/%Y"), ""),
    ],
)
def test_the_due_day_of_a_file_has_the_bounds_of_the_form(app, accountant, body, due_on, message):
    row = f"Câu lạc bộ Hoa Sen,{YEAR},ngo,other,A,1000,{due_on},,\n"
    page = send_file(accountant, HEAD + row)
    assert (page.status == 422, len(lines_in(app))) == (bool(message), int(not message))
    if message:
        told = [words(tr) for tr in page.all("tr") if message in words(tr)]
        assert len(told) == 1 and told[0].startswith("2") and "due_on" in told[0]


def test_a_template_and_an_export_can_be_brought_in(app, cast, accountant, line):
    fill(accountant, line)
    template = load_workbook(download(accountant, f"{BUDGETS}/template")).active
    assert [cell.value for cell in next(template.iter_rows())] == list(COLUMNS)
    sheet = load_workbook(download(accountant, f"{BUDGETS}/export")).active
    (head, row) = [[c.value for c in cells] for cells in sheet.iter_rows()]
    cells = dict(zip(head, row, strict=True))
    assert (cells["estimate"], cells["allotted"], cells["advanced"]) == (
        20_000_000,
        15_000_000,
        10_000_000,
    )
    assert cells["outstanding"] == 10_000_000
    cells["title"] = "Đợt hai"
    again = write_sheet("x", head, [[value_of(cells[name]) for name in head]])
    assert send_file(accountant, again, name="again.xlsx").status == 303
    assert balance_of(app, f"/x/{lines_in(app)['Đợt hai'].id}").allotted == 15_000_000


def value_of(cell):
    return cell.date() if hasattr(cell, "date") else cell


def test_a_file_for_a_closed_year_is_refused(app, cast, accountant, body, client_as):
    unithead, close = client_as("unithead"), f"{BUDGETS}/years/{cast.units['a']}/close"
    token = token_of(unithead)
    assert unithead.post(close, {"csrf_token": token, "year": str(YEAR)}).status == 303
    page = send_file(accountant, HEAD + GOOD)
    assert page.status == 422
    assert f"The year {YEAR} of Phường Bạc Liêu is closed." in page.words
    assert lines_in(app) == {}


def test_totals_by_source_of_a_period(app, cast, accountant, body, client_as):
    line = open_line(accountant, body, year=str(YEAR - 1))
    earlier = {"on": f"{YEAR - 1}-11-30"}
    move(accountant, line, "allotment", 5000, **earlier)
    move(accountant, line, "advance", 5000, "PC 1", **earlier)
    advance = movements(app, line)[1]
    correct(accountant, line, advance.id, amount="4000", on=str(today()))
    other = open_line(accountant, body, funding_source="ngo")
    move(accountant, other, "allotment", 9000)
    with app.app_context():
        units = [cast.units["a"]]
        last = totals_by_source(units, date(YEAR - 1, 1, 1), date(YEAR - 1, 12, 31))
        this = totals_by_source(units, date(YEAR, 1, 1), date(YEAR, 12, 31))
    assert {source.value: (b.allotted, b.advanced) for source, b in last.items()} == {
        "programme": (5000, 5000)
    }
    assert {source.value: (b.allotted, b.advanced) for source, b in this.items()} == {
        "ngo": (9000, 0),
        "programme": (0, -1000),
    }
