"""Support: what was given, out of whose means, with which voucher, and what that comes to."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from io import BytesIO
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from casework.confidential.services.models import Service, ServiceKind
from casework.confidential.services.operations import _VOUCHER
from casework.confidential.services.queries import sum_up, totals_by_source
from casework.core.audit import AuditEntry
from casework.core.clock import today
from casework.core.database import db
from casework.organisation.bodies.models import Body
from casework.organisation.budgets.models import (
    BudgetLine,
    FundingSource,
    Movement,
    MovementKind,
    Purpose,
)
from tests.browser.records import furnish
from tests.confidential.test_cases import INTAKE, open_case
from tests.days import in_days
from tests.page import Visitor

PANEL = {"HX-Request": "true", "HX-Target": "x"}
MONEY = {"how": "money", "amount": "500.000", "funding_source": "programme", "kind": "gift"}


@pytest.fixture
def counselor(client_as):
    return client_as("counselor")


@pytest.fixture
def case(counselor):
    return open_case(counselor, opened_on=str(today() - timedelta(days=60)))


def give(visitor, case, **values):
    address = case + "/support/new"
    return visitor.submit(address, address, **{**MONEY, **values})


def another_tab(app, visitor):
    """The same browser once more: a thread may not share a client."""
    client = app.test_client()
    for name in ("casework", "casework_form"):
        client.set_cookie(name, visitor.client.get_cookie(name).value)
    return Visitor(client)


def item(visitor, case):
    """The address of the newest item."""
    links = [a.get("href") for a in visitor.get(case + "/support").all("a")]
    return next(link for link in links if "/support/" in link and not link.endswith("/new"))


def test_support_is_given_and_read_back_with_totals(counselor, case):
    page = give(counselor, case, voucher="PC-12/2026", note="Quà Tết.\nGia đình vui.")
    assert page.status == 303
    assert "The support is saved." in counselor.follow(page).words
    give(counselor, case, how="in_kind", amount="300000", funding_source="charity", kind="housing")
    give(counselor, case, kind="loan", funding_source="vbsp_loan", amount="20000000")
    words = counselor.get(case + "/support").words
    for told in ("PC-12/2026", "Gia đình vui.", "500,000 đồng", "charitable donors", "20,000,000"):
        assert told in words
    panel = counselor.get(case + "/support", headers=PANEL)
    assert "Items: 3" in panel.words
    assert "Lent: 20,000,000 đồng" in panel.words
    assert "Worth in kind: 300,000 đồng" in panel.words
    assert "Given in money: 500,000 đồng" in panel.words


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"amount": ""}, "amount", "Money needs an amount"),
        ({"amount": "0"}, "amount", "above zero"),
        ({"amount": "12,5"}, "amount", "whole đồng"),
        ({"amount": "9" * 20}, "amount", "above zero"),
        ({"kind": ""}, "kind", "Fill this in"),
        ({"kind": "moon"}, "kind", "Invalid Choice"),
        ({"how": None}, "how", "Fill this in"),
        ({"funding_source": "lottery"}, "funding_source", "Invalid Choice"),
        ({"funding_source": "vbsp_loan"}, "funding_source", "only a loan"),
        ({"kind": "loan", "how": "in_kind"}, "how", "A loan is money"),
        ({"on": "2126-01-01"}, "on", "too far ahead"),
        ({"on": in_days(-61)}, "on", "opened after this day"),
        ({"voucher": "Nguyễn Văn An"}, "voucher", "no name"),
        ({"voucher": "NguyenVanAn1"}, "voucher", "no name"),
        ({"voucher": "Phiếu chi 12"}, "voucher", "no name"),
        ({"voucher": "PC"}, "voucher", "no name"),
        ({"voucher": "=1+1"}, "voucher", "no name"),
        ({"voucher": "1" * 41}, "voucher", "At most 40"),
        ({"voucher": "PC\x001"}, "voucher", "can't be kept"),
        ({"note": "x" * 20_001}, "note", "At most 20000"),
    ],
)
def test_bad_input_is_named_beside_its_field_and_kept(counselor, case, values, field, said):
    page = give(counselor, case, **{"note": "giữ lại", **values})
    assert page.status == 422
    (fault,) = [e for e in page.root.iter() if e.get("id") == f"{field}-error"]
    assert said in "".join(fault.itertext())
    if "note" not in values:
        assert page.form(case + "/support/new")["note"] == "giữ lại"
    assert "No support given yet" in counselor.get(case + "/support").words


@given(st.text(max_size=60))
def test_what_is_kept_as_a_voucher_is_a_number(text):
    if _VOUCHER.fullmatch(text):
        assert len(text) <= 40
        assert any(letter.isdigit() for letter in text)
        assert not set(text) - set(
            "0123456789./-ĐđABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        )


def test_the_largest_amount_is_kept(counselor, case):
    assert give(counselor, case, amount="1.000.000.000.000").status == 303
    assert give(counselor, case, amount="1.000.000.000.000", voucher="A1").status == 303
    assert "2,000,000,000,000" in counselor.get(case + "/support", headers=PANEL).words


def test_a_voucher_is_used_once_in_a_unit_and_year(counselor, case, client_as):
    assert give(counselor, case, voucher="PC-7").status == 303
    colleague = client_as("counselor2")
    other = open_case(colleague, name="Người Khác")
    page = give(colleague, other, voucher="pc-7")
    assert page.status == 422
    assert "was used already" in page.words
    code = case.split("/")[-1]
    assert code not in page.text
    assert INTAKE["name"] not in page.text
    elsewhere = client_as("counselor-b")
    assert give(elsewhere, open_case(elsewhere), voucher="PC-7").status == 303
    link = item(counselor, case)
    assert counselor.submit(link, link, note="vẫn phiếu ấy").status == 303
    assert counselor.submit(link + "/take-back", link + "/take-back", reason="nhầm").status == 303
    assert give(colleague, other, voucher="pc-7").status == 303


def test_one_voucher_sent_eight_times_at_once_for_two_cases(app, counselor, case, cast):
    other = open_case(counselor, name="Người Khác")
    forms = {each: counselor.get(f"{each}/support/new").form(f"{each}/support/new")
             for each in (case, other)}  # fmt: skip

    def spend(number: int) -> int:
        each = (case, other)[number % 2]
        sent = {**forms[each], **MONEY, "operation": str(uuid4()), "voucher": "PC-8"}
        return another_tab(app, counselor).post(f"{each}/support/new", sent).status

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(spend, range(8)))
    assert sorted(answers) == [303] + [422] * 7


def test_the_database_itself_keeps_a_voucher_to_one_item(app, counselor, case):
    """Whatever wrote it: a second item that stands is refused, one taken back is not."""
    give(counselor, case, voucher="PC-7")
    give(counselor, case, voucher="PC-8")
    with app.app_context():
        first, second = db.session.scalars(select(Service).order_by(Service.voucher)).all()
        assert first.voucher_use == f"{today().year} pc-7"
        second.voucher_use = first.voucher_use
        with pytest.raises(IntegrityError):
            db.session.flush()
    link = item(counselor, case)
    counselor.submit(link + "/take-back", link + "/take-back", reason="nhầm")
    with app.app_context():
        taken_back = select(Service).where(Service.taken_back_at.is_not(None))
        assert db.session.scalars(taken_back).one().voucher_use is None


def test_an_item_keeps_the_unit_in_which_its_voucher_is_used(app, cast, counselor, case):
    """The case moved on to a unit whose own books may use the number as well."""
    give(counselor, case, voucher="PC-7")
    link = item(counselor, case)
    give(counselor, case, voucher="PC-8")
    with app.app_context():
        moved = db.session.scalars(select(Service).where(Service.voucher == "PC-7")).one()
        moved.unit_id, moved.voucher_use = cast.units["b"], f"{today().year} pc-7"
        db.session.commit()
    assert counselor.submit(link, link, voucher="PC-8").status == 303, "free in that unit"


@pytest.mark.parametrize(
    ("purpose", "warned"), [(Purpose.ACTIVITY, True), (Purpose.SUPPORT, False)]
)
def test_the_books_other_use_of_a_voucher_is_told_not_refused(
    counselor, case, app, cast, purpose, warned
):
    with app.app_context():
        records = furnish(cast)
        body = db.session.get_one(Body, records.club)
        line = BudgetLine(
            unit_id=body.unit_id,
            body_id=body.id,
            year=today().year,
            funding_source=FundingSource.PROGRAMME,
            purpose=purpose,
            title="Chi họp tháng",
            estimate_amount=1_000_000,
            due_on=today(),
        )
        db.session.add(line)
        db.session.flush()
        told = {"unit_id": body.unit_id, "kind": MovementKind.EXPENSE, "on": today()}
        db.session.add(Movement(line_id=line.id, amount=500_000, voucher="PC-9", **told))
        db.session.commit()
    page = counselor.follow(give(counselor, case, voucher="pc-9"))
    assert ("use the voucher pc-9 for something else" in page.words) == warned
    assert "Chi họp tháng" not in page.text


def test_a_correction_keeps_what_it_said(counselor, case):
    give(counselor, case, voucher="PC-1", note="câu đầu")
    link = item(counselor, case)
    values = {"amount": "700000", "funding_source": "ngo", "voucher": "PC-2", "note": "câu sau"}
    assert counselor.submit(link, link, **values).status == 303
    now_, _, earlier = counselor.get(link).words.partition("Before it was corrected")
    assert "câu sau" in now_
    for told in ("câu đầu", "500,000", "programme funds", "PC-1"):
        assert told in earlier


def test_the_second_of_two_editors_sees_both(counselor, case):
    give(counselor, case, note="đầu")
    link = item(counselor, case)
    mine, other = counselor.get(link), counselor.get(link)
    counselor.submit(mine, link, note="của tôi", amount="100000")
    page = counselor.submit(other, link, note="của người kia", amount="200000")
    assert page.status == 409
    for told in ("của tôi", "100,000", "của người kia", "200,000"):
        assert told in page.words
    assert page.form(link)["note"] == "của người kia"


def test_what_was_taken_back_counts_nowhere_and_stays_readable(counselor, case):
    give(counselor, case, note="nhầm người")
    link = item(counselor, case)
    opened = counselor.get(link + "/take-back")
    assert counselor.submit(opened, link + "/take-back", reason=" ").status == 422
    counselor.submit(link, link, note="sửa trước")
    assert counselor.submit(opened, link + "/take-back", reason="cũ").status == 409
    assert counselor.submit(link + "/take-back", link + "/take-back", reason="Hồ sơ khác").status
    words = counselor.get(case + "/support").words
    assert "No support given yet" in words
    assert "Hồ sơ khác" in words
    assert "sửa trước" in words
    assert counselor.submit(link, link, note="nữa").status == 422
    assert counselor.submit(link + "/take-back", link + "/take-back", reason="nữa").status == 422
    assert "No support given in this year" in counselor.get("/support").words


def test_fifty_times_the_same_form_is_one_item(counselor, case, app):
    form = counselor.get(case + "/support/new")
    for _ in range(50):
        assert counselor.submit(form, case + "/support/new", **MONEY).location == case
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Service)) == 1


def test_nothing_is_given_in_a_closed_case(counselor, case):
    give(counselor, case)
    link = item(counselor, case)
    counselor.submit(case + "/closure", case + "/closure", reason="moved")
    for page in (
        give(counselor, case),
        counselor.submit(link, link, note="nữa"),
        counselor.submit(link + "/take-back", link + "/take-back", reason="nữa"),
    ):
        assert page.status == 422
        assert "This case is closed." in page.words


@pytest.mark.parametrize(
    "who", ["counselor2", "counselor-b", "coordinator", "unithead", "accountant", "dpo"]
)
def test_nobody_else_sees_support(counselor, case, client_as, who):
    give(counselor, case, note="chuyện riêng", voucher="PC-3")
    link = item(counselor, case)
    other = client_as(who)
    for address in (case + "/support", case + "/support/new", link, link + "/take-back"):
        assert other.get(address).status in (403, 404)
    page = other.get("/support")
    assert page.status == 403 or "PC-3" not in page.text


def test_the_caseload_is_summed_by_source_and_year(counselor, case, client_as):
    give(counselor, case, voucher="PC-3", amount="100000")
    give(counselor, case, amount="50000", funding_source="family")
    give(counselor, case, amount="70000", funding_source="state_budget")
    colleague = client_as("counselor2")
    give(colleague, open_case(colleague, name="Người Khác"), amount="999", voucher="KH-1")
    page = counselor.get("/support")
    assert "Items: 3, for 1 of the cases" in page.words
    assert "without a voucher yet: 1" in page.words
    assert "220,000" in page.words
    assert "KH-1" not in page.text
    assert INTAKE["name"] not in page.text
    assert "No support given in this year" in counselor.get("/support?year=2020").words
    assert counselor.get("/support?year=1").h1 == f"Support given in {today().year}"


def test_the_workbook_names_nobody_and_leaves_its_reason(counselor, case, app, cast):
    give(counselor, case, voucher="PC-3", note="chuyện riêng")
    give(counselor, case, voucher="-1", how="in_kind", amount="")
    refused = counselor.submit("/support", "/support/export")
    assert refused.status == 422
    form = {**refused.form("/support/export"), "reason": "accounting"}
    answer = counselor.client.post("/support/export", data=form)
    assert answer.status_code == 200
    assert f"ho-tro-{today().year}.xlsx" in answer.headers["Content-Disposition"]
    cells = [
        cell
        for row in load_workbook(BytesIO(answer.data)).active.iter_rows(values_only=True)
        for cell in row
    ]
    assert "PC-3" in cells
    assert "-1" in cells
    assert 500_000 in cells
    assert cells.count("Cộng") == 3
    text = " ".join(str(cell) for cell in cells)
    for secret in (INTAKE["name"], INTAKE["alias"], "chuyện riêng", "Hoa"):
        assert secret not in text
    with app.app_context():
        rows = db.session.scalars(
            select(AuditEntry).where(AuditEntry.action == "service.export")
        ).all()
    assert {row.subject_id for row in rows} == {
        UUID(case.split("/")[-1]),
        cast.accounts["counselor"],
    }
    assert [row.detail for row in rows if row.detail] == [
        f'{{"items": 2, "reason": "accounting", "year": {today().year}}}'
    ]


services = st.builds(
    Service,
    kind=st.sampled_from(list(ServiceKind)),
    is_money=st.booleans(),
    amount=st.none() | st.integers(1, 10**12),
    funding_source=st.sampled_from(list(FundingSource)),
    on=st.just(date(2026, 1, 1)),
)


@given(st.lists(services, max_size=30))
def test_every_item_and_every_dong_is_counted_once(items):
    totals, total = totals_by_source(items), sum_up(items)
    parts = totals.values()
    assert sum(part.items for part in parts) == total.items == len(items)
    counted = sum(part.given + part.worth + part.lent for part in parts)
    assert counted == sum(item.amount or 0 for item in items)
    assert total.given + total.worth + total.lent == counted
    loans = [item.amount or 0 for item in items if item.kind == ServiceKind.LOAN]
    assert total.lent == sum(loans)
