"""Roles that wait for approval, and the monthly review of who may sign in."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from casework.authz.permissions import Role
from casework.core.audit import SYSTEM, Actor, AuditEntry
from casework.core.clock import add_months, now, today
from casework.core.database import db
from casework.organisation.access_reviews.models import AccessReview
from casework.organisation.access_reviews.queries import belong_apart
from casework.organisation.accounts.models import Account, AccountRole, AccountSession
from casework.organisation.accounts.operations import disable_account, give_role, set_expiry
from casework.organisation.history.models import Revision
from casework.organisation.units.models import Unit

APPROVALS, REVIEW = "/admin/approvals", "/admin/access-review"


def give(app, cast, username, role, unit, *, by=None, on=None, until=None):
    """Have somebody (the administrator unless told) give a role; its id."""
    with app.app_context():
        account = db.session.get_one(Account, cast.accounts[username])
        giver = SYSTEM if by == "system" else Actor(cast.accounts[by or "admin"])
        unit_id = cast.units[unit] if unit else None
        give_role(account, role, unit_id, by=giver, on=on or today(), until=until)
        db.session.flush()
        query = select(AccountRole.id).where(
            AccountRole.account_id == account.id, AccountRole.role == role
        )
        role_id = db.session.scalars(query.order_by(AccountRole.from_on.desc())).first()
        db.session.commit()
        return role_id


def role_of(app, role_id):
    with app.app_context():
        return db.session.get_one(AccountRole, role_id)


def rows_of(app, action):
    with app.app_context():
        query = select(AuditEntry).where(AuditEntry.action == action)
        return list(db.session.scalars(query.order_by(AuditEntry.position)))


@pytest.fixture
def newcomer(app, cast):
    """The accountant's roles are gone; an administrator makes an inspector of the account."""
    with app.app_context():
        roles = update(AccountRole).where(AccountRole.account_id == cast.accounts["accountant"])
        db.session.execute(roles.values(until_on=today() - timedelta(days=1)))
        db.session.commit()
    return give(app, cast, "accountant", Role.INSPECTOR, "province")


# What waits


def test_an_inspector_opens_nothing_until_a_manager_approves(app, cast, client_as, newcomer):
    inspector, manager = client_as("accountant"), client_as("manager")
    refused = inspector.get("/figures")
    assert refused.status == 403
    assert "Units" not in refused.words, "a menu for a role that waits"
    page = manager.get(APPROVALS)
    for shown in ("Đỗ Thị Năm", "Inspector", "Tỉnh Cà Mau", "Ngô Văn Mười"):
        assert shown in page.words
    answer = manager.submit(page, f"{APPROVALS}/{newcomer}/approve")
    assert "Approved: Đỗ Thị Năm may work as an inspector." in manager.follow(answer).words
    assert "Nothing waits for approval" in manager.get(APPROVALS).words
    assert inspector.get("/figures").status == 200
    row = role_of(app, newcomer)
    assert (row.awaits_approval, row.approved_by) == (False, cast.accounts["manager"])
    assert [each.unit_id for each in rows_of(app, "account.role.approve")] == [
        cast.units["province"]
    ]


def test_a_declined_role_never_held(app, cast, client_as, newcomer):
    manager = client_as("manager")
    address = f"{APPROVALS}/{newcomer}/decline"
    assert manager.follow(manager.submit(APPROVALS, address)).status == 200
    assert client_as("accountant").get("/figures").status == 403
    row = role_of(app, newcomer)
    assert row.awaits_approval and row.was_declined
    assert "Nothing waits" in manager.get(APPROVALS).words
    account = f"/admin/accounts/{cast.accounts['accountant']}"
    page = client_as("admin").get(account)
    assert "declined" in page.words
    assert not [a for a in page.all("a") if str(newcomer) in (a.get("href") or "")], "ended twice"
    approve = {"csrf_token": manager.get("/account").form("/sign-out")["csrf_token"]}
    assert manager.post(f"{APPROVALS}/{newcomer}/approve", approve).status == 404
    end = f"{account}/roles/{newcomer}/end"
    refused = client_as("admin").submit(end, end)
    assert refused.status == 422 and "was declined; it never held" in refused.words


def test_a_role_that_begins_later_waits_and_is_declined_too(app, cast, client_as):
    later = today() + timedelta(days=20)
    role = give(app, cast, "volunteer", Role.INSPECTOR, "province", on=later)
    manager = client_as("manager")
    manager.submit(APPROVALS, f"{APPROVALS}/{role}/decline")
    assert "Nothing waits" in manager.get(APPROVALS).words


def test_what_is_over_waits_no_more(app, cast, client_as):
    days = {"on": today() - timedelta(days=9), "until": today() - timedelta(days=1)}
    give(app, cast, "volunteer", Role.INSPECTOR, "province", **days)
    assert "Nothing waits" in client_as("manager").get(APPROVALS).words


@pytest.mark.parametrize(("role", "by"), [(Role.INSPECTOR, "system"), (Role.VOLUNTEER, None)])
def test_only_inspectors_named_in_the_program_wait(app, cast, role, by):
    assert role_of(app, give(app, cast, "counselor", role, "a", by=by)).awaits_approval is False


def test_nobody_decides_on_a_role_of_their_own_or_one_they_gave(app, cast, client_as):
    own = give(app, cast, "manager", Role.INSPECTOR, "province")
    given = give(app, cast, "volunteer", Role.INSPECTOR, "province", by="manager")
    manager = client_as("manager")
    page = manager.get(APPROVALS)
    assert page.words.count("Somebody else decides.") == 2
    assert not [form for form in page.all("form") if APPROVALS in form.get("action")]
    token = {"csrf_token": page.form("/sign-out")["csrf_token"]}
    for way in ("approve", "decline"):
        refused = manager.post(f"{APPROVALS}/{own}/{way}", token)
        assert refused.status == 422
        assert "Somebody else decides on your own role." in refused.words
        refused = manager.post(f"{APPROVALS}/{given}/{way}", token)
        assert refused.status == 422
        assert "You gave this role; somebody else approves it." in refused.words
    assert role_of(app, own).awaits_approval and role_of(app, given).awaits_approval


def test_a_manager_of_another_province_can_t_approve(app, cast, client_as, newcomer):
    elsewhere = give(app, cast, "volunteer", Role.INSPECTOR, "elsewhere")
    country = give(app, cast, "counselor", Role.INSPECTOR, None)
    manager = client_as("manager")
    page = manager.get(APPROVALS)
    assert "Đỗ Thị Năm" in page.words and "Phạm Văn Út" not in page.words
    token = {"csrf_token": page.form("/sign-out")["csrf_token"]}
    for role in (elsewhere, country):
        for way in ("approve", "decline"):
            assert manager.post(f"{APPROVALS}/{role}/{way}", token).status == 404
        assert role_of(app, role).awaits_approval


@pytest.mark.parametrize("username", ["admin", "dpo", "unithead", "inspector", "accountant"])
def test_only_department_managers_approve(app, client_as, newcomer, username):
    visitor = client_as(username)
    assert visitor.get(APPROVALS).status == 403
    token = {"csrf_token": client_as("manager").get("/account").form("/sign-out")["csrf_token"]}
    visitor.get(APPROVALS)
    assert visitor.post(f"{APPROVALS}/{newcomer}/approve", token).status in (400, 403)
    assert role_of(app, newcomer).awaits_approval


def test_pages_of_accounts_say_what_waits(cast, client_as, newcomer):
    admin = client_as("admin")
    assert "waits for approval" in admin.get(f"/admin/accounts/{cast.accounts['accountant']}").words
    assert "Inspector · Tỉnh Cà Mau waits" in admin.get("/admin/accounts?q=do thi nam").words


def test_an_own_page_says_what_waits(app, cast, client_as):
    give(app, cast, "volunteer", Role.INSPECTOR, "province")
    shown = client_as("volunteer").get("/account").words
    assert "Inspector · Tỉnh Cà Mau waits for approval" in shown


def test_giving_a_role_says_that_it_waits(cast, client_as):
    admin, page = client_as("admin"), f"/admin/accounts/{cast.accounts['counselor']}"
    shown = admin.get(f"{page}?province={cast.units['province']}")
    unit = str(cast.units["province"])
    answer = admin.follow(admin.submit(shown, f"{page}/roles", role="inspector", unit=unit))
    assert "opens nothing until a department manager approves it" in answer.words


# The review


def review(visitor, address, answers=None, **values):
    """Keep everybody but those named by id."""
    page = visitor.get(address)
    fields = {control.get("name"): "keep" for control in page.all("input", type="radio")}
    fields |= {f"account-{account.hex}": what for account, what in (answers or {}).items()}
    return visitor.submit(page, address, **fields, **values)


def unit_page(cast, unit):
    return f"{REVIEW}/units/{cast.units[unit]}"


def test_every_unit_is_due_until_it_is_reviewed(app, cast, client_as):
    dpo = client_as("dpo")
    page = dpo.get(REVIEW)
    assert "5 still to review this month" in page.words
    assert page.words.count("no review for a year or more") == 5
    volunteer = cast.accounts["volunteer"]
    address = unit_page(cast, "a")
    answer = review(dpo, address, {volunteer: "question"}, note="Anh Út đã nghỉ từ tháng 9.")
    following = dpo.follow(answer)
    assert "The review of Phường Bạc Liêu is kept." in following.words
    assert following.h1.startswith("Access review: "), "on to the next unit that is due"
    page = dpo.get(REVIEW)
    assert "4 still to review this month" in page.words
    assert "reviewed this month" in page.words and "Anh Út đã nghỉ từ tháng 9." in page.words
    with app.app_context():
        row = db.session.scalars(select(AccessReview)).one()
        assert (row.unit_id, row.month) == (cast.units["a"], today().replace(day=1))
        assert (row.kept, row.questioned, row.reviewed_by) == (5, 1, cast.accounts["dpo"])
    questioned = rows_of(app, "access.question")
    assert [(row.subject_id, row.unit_id) for row in questioned] == [(volunteer, cast.units["a"])]
    assert "nghỉ" not in "".join(row.detail for row in rows_of(app, "access.review"))
    assert "questioned on" in client_as("admin").get(address).words


def test_after_the_last_unit_the_list_is_shown(app, cast, client_as):
    dpo = client_as("dpo")
    answer = review(dpo, unit_page(cast, "a"))
    for _ in range(4):
        answer = review(dpo, answer.location)
    assert answer.location == REVIEW
    page = dpo.follow(answer)
    assert "0 still to review" in page.words
    with app.app_context():
        none = db.session.scalars(select(AccessReview).where(AccessReview.unit_id.is_(None))).one()
        assert none.kept == 1, "the data-protection officer answers for everybody but themselves"


def test_nothing_is_ticked_beforehand_and_every_account_needs_an_answer(app, cast, client_as):
    dpo, address = client_as("dpo"), unit_page(cast, "a")
    page = dpo.get(address)
    assert not [i for i in page.all("input", type="radio") if i.get("checked") is not None]
    name = f"account-{cast.accounts['volunteer'].hex}"
    refused = dpo.submit(page, address, **{name: "question"}, note="một nửa")
    assert refused.status == 422
    assert "Huỳnh Văn Ba: Fill this in." in refused.words and "một nửa" in refused.text
    assert refused.form(address)[name] == "question"
    assert review(dpo, address, {cast.accounts["volunteer"]: "forget"}).status == 422
    with app.app_context():
        assert db.session.scalar(select(AccessReview)) is None


def test_a_second_review_keeps_what_the_first_said(app, cast, client_as):
    dpo, address = client_as("dpo"), unit_page(cast, "b")
    review(dpo, address, note="lần đầu")
    review(dpo, address, {cast.accounts["unithead-b"]: "question"}, note="lần sau")
    page = dpo.get(address)
    assert "lần sau" in page.words and "lần đầu" in page.words
    assert "3 kept, 0 questioned" in page.words
    with app.app_context():
        row = db.session.scalars(select(AccessReview)).one()
        assert (row.kept, row.questioned) == (2, 1)
        assert db.session.scalars(select(Revision.subject_id)).all() == [row.id]


def test_what_should_be_looked_at_is_said(app, cast, client_as):
    give(app, cast, "accountant", Role.UNIT_HEAD, "a")
    give(app, cast, "volunteer", Role.INSPECTOR, "province")
    long_ago = now() - timedelta(days=61)
    with app.app_context():
        for name in ("counselor", "counselor2", "unithead", "accountant"):
            db.session.get_one(Account, cast.accounts[name]).created_at = long_ago
        for name, started in (("counselor", long_ago), ("unithead", now() - timedelta(days=59))):
            db.session.add(
                AccountSession(
                    account_id=cast.accounts[name],
                    token_digest=name.encode(),
                    started_at=started,
                    seen_at=started,
                )
            )
        gone = db.session.get_one(Account, cast.accounts["coordinator"])
        set_expiry(gone, today() - timedelta(days=1), by=SYSTEM)
        db.session.commit()
    rows = client_as("dpo").get(unit_page(cast, "a")).all("tr")
    told = [" ".join("".join(row.itertext()).split()) for row in rows[1:]]
    by_name = {
        name: next(words for words in told if f" {name} " in words)
        for name in ("accountant", "volunteer", "counselor2", "unithead", "coordinator")
    }
    assert "two roles that belong to two people" in by_name["accountant"]
    assert "a role waits for approval" in by_name["volunteer"]
    assert "never signed in" in by_name["counselor2"]
    assert "not signed in" not in by_name["unithead"]
    assert "expired" in by_name["coordinator"]
    assert "not signed in for 60 days" in next(w for w in told if "Nguyễn Thị Hoa" in w)


def test_somebody_without_a_role_is_reviewed_where_they_worked(app, cast, client_as):
    with app.app_context():
        roles = update(AccountRole).where(AccountRole.account_id == cast.accounts["volunteer"])
        db.session.execute(roles.values(until_on=today() - timedelta(days=1)))
        disable_account(db.session.get_one(Account, cast.accounts["counselor2"]), by=SYSTEM)
        db.session.commit()
    dpo = client_as("dpo")
    in_unit = dpo.get(unit_page(cast, "a")).words
    assert "Phạm Văn Út" not in in_unit and "Trần Văn Đức" not in in_unit, "ended, disabled"
    province = dpo.get(unit_page(cast, "province")).words
    assert "Phạm Văn Út" in province and "without a role" in province
    row = next(r for r in dpo.get(REVIEW).all("tr") if "Tỉnh Cà Mau" in "".join(r.itertext()))
    cells = [" ".join("".join(cell.itertext()).split()) for cell in row]
    assert cells[1] == "3"


def test_months_without_a_review_are_red(app, cast, client_as):
    month = today().replace(day=1)
    with app.app_context():
        opened = datetime.combine(add_months(month, -3), datetime.min.time(), UTC)
        db.session.execute(update(Account).values(created_at=opened + timedelta(days=3)))
        for unit, back in (("a", 1), ("b", 2)):
            db.session.add(
                AccessReview(
                    unit_id=cast.units[unit],
                    month=add_months(month, -back),
                    kept=4,
                    questioned=back,
                    note=f"note {back}",
                )
            )
        db.session.commit()
    dpo = client_as("dpo")
    page = dpo.get(REVIEW)
    since = add_months(month, -2).strftime("%m/%Y")
    assert f"no review since {since}" in page.words and "due this month" in page.words
    table = next(t for t in page.all("table") if "Months" in "".join(t.itertext()))
    rows = [" ".join("".join(row.itertext()).split()) for row in table.iter("tr")][1:]
    assert [row.split(" ", 3)[3] for row in rows] == [
        "not begun", "reviewed", "reviewed", "no review",
    ]  # fmt: skip
    before = dpo.get(f"{REVIEW}?month={add_months(month, -2):%Y-%m}")
    assert "note 2" in before.words and "note 1" not in before.words
    assert dpo.get(f"{REVIEW}?month=nonsense&page=99").status == 200


def test_a_reviewer_of_a_province_stays_in_it(app, cast, client_as):
    give(app, cast, "volunteer", Role.DPO, "province", by="system")
    dpo = client_as("volunteer")
    page = dpo.get(REVIEW)
    assert "Phường Long Xuyên" not in page.words and "Accounts of no unit" not in page.words
    assert "3 still to review" in page.words
    assert dpo.get(unit_page(cast, "elsewhere")).status == 404
    assert dpo.get(f"{REVIEW}/no-unit").status == 404
    own = dpo.get(unit_page(cast, "province"))
    assert "Somebody else answers for your own account." in own.words
    token = {"csrf_token": page.form("/sign-out")["csrf_token"]}
    assert dpo.post(unit_page(cast, "elsewhere"), token).status == 404


@pytest.mark.parametrize("username", ["manager", "unithead", "inspector", "counselor"])
def test_the_review_is_no_business_of_others(cast, client_as, username):
    visitor = client_as(username)
    assert visitor.get(REVIEW).status == 403
    assert visitor.get(unit_page(cast, "a")).status == 403


def test_roles_stand_apart_where_one_unit_lies_in_the_other():
    province = Unit(code="1", name="P", is_province=True)
    province.province_id = province.id
    unit = Unit(code="2", name="U", is_province=False, province_id=province.id)
    other = Unit(code="3", name="O", is_province=False, province_id=province.id)

    def role(kind):
        return AccountRole(role=kind, from_on=date(2026, 1, 1), awaits_approval=False)

    head, money, inspector = role(Role.UNIT_HEAD), role(Role.ACCOUNTANT), role(Role.INSPECTOR)
    assert belong_apart((head, unit), (money, unit))
    assert not belong_apart((head, unit), (money, other))
    assert belong_apart((inspector, province), (head, unit))
    assert belong_apart((head, unit), (inspector, None))
    assert not belong_apart((role(Role.VOLUNTEER), unit), (role(Role.COUNSELOR), unit))
