"""A case from first contact to closure, and who can see it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from casework.authz.permissions import Role
from casework.confidential.cases import queries
from casework.confidential.cases.models import Assignment, Case, PersonIdentity
from casework.core.audit import SYSTEM
from casework.core.clock import today
from casework.core.database import db
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.operations import create_account, end_role, give_role
from casework.organisation.accounts.queries import list_roles
from casework.vault.grants import Grant
from tests.cast import PASSWORD

INTAKE = {
    "name": "Đào Thị Ngọc Ánh",
    "alias": "Bé Ba",
    "sex": "female",
    "birth": "1990",
    "target_group": "A",
    "source": "self",
    "phone": "0900 123 456",
    "address": "ấp Bình An",
    "safe_contact": "Gọi sau 19 giờ, xưng là bạn học",
    "consent_record": "yes",
    "consent_phone_contact": "yes",
    "method": "signed",
}


def open_case(visitor, **changes):
    """Take a person in; answers the address of the case."""
    fields = {**INTAKE, "somebody_else": "y", **changes}
    page = visitor.submit("/cases/new", "/cases/new", **fields)
    assert page.status == 303, page.words
    return page.location


@pytest.fixture
def counselor(client_as):
    return client_as("counselor")


def test_a_counselor_takes_a_person_in_and_reads_it_back(counselor):
    address = open_case(counselor)
    page = counselor.get(address)
    assert "Đào Thị Ngọc Ánh" in page.words
    assert "Gọi sau 19 giờ" in page.words
    assert "Đào" not in page.one("title").text
    assert counselor.get(address + "/consents").words.count("agrees") >= 2


def test_the_database_holds_ciphertext_bound_to_its_place(counselor, app):
    open_case(counselor)
    with app.app_context():
        person = db.session.scalars(select(PersonIdentity)).one()
        assert "Ngọc".encode() not in person.name_sealed
        assert person.name_sealed[0] == 1
        assert (
            len(db.session.scalars(select(Grant)).all()) == 2 * 3
        )  # counselor, coordinator, organisation


@pytest.mark.parametrize(
    "who",
    ["counselor2", "counselor-b", "unithead", "inspector", "manager", "dpo", "admin", "volunteer"],
)
def test_nobody_else_opens_it(counselor, client_as, who):
    address = open_case(counselor)
    for path in ("", "/contacts", "/consents", "/identity", "/closure", "/looks", "/contacts/new"):
        page = client_as(who).get(address + path)
        assert page.status in (403, 404)
        assert "Đào" not in page.text


def test_foreign_and_absent_cases_look_alike(counselor, client_as):
    foreign = client_as("counselor2").get(open_case(counselor))
    absent = client_as("counselor2").get("/cases/00000000-0000-4000-8000-000000000000")
    assert foreign.status == absent.status == 404
    assert foreign.words == absent.words


def test_the_coordinator_sees_the_code_and_no_name(counselor, client_as):
    address = open_case(counselor)
    coordinator = client_as("coordinator")
    page = coordinator.get(address)
    assert page.status == 200
    assert "Đào" not in page.text
    assert "Đào" not in coordinator.get("/cases").text
    assert coordinator.get(address + "/contacts").status == 404


def test_handover_moves_the_keys(counselor, client_as, cast, app):
    address = open_case(counselor)
    coordinator = client_as("coordinator")
    page = coordinator.submit(
        address + "/assignment", address + "/assignment", counselor=str(cast.accounts["counselor2"])
    )
    assert page.status == 303
    assert "Đào Thị Ngọc Ánh" in client_as("counselor2").get(address).words
    assert counselor.get(address).status == 404
    with app.app_context():
        holders = set(db.session.scalars(select(Grant.holder_id).where(Grant.use == "read")))
        assert cast.accounts["counselor"] not in holders
        assert len(db.session.scalars(select(Assignment)).all()) == 2


@pytest.mark.parametrize("words", ["dao thi", "ĐÀO", "ngoc anh", "be ba", "Đào Thị", "Đa\u0300o"])
def test_search_folds_case_marks_and_d(counselor, words):
    open_case(counselor)
    assert "Đào Thị Ngọc Ánh" in counselor.submit("/cases", "/cases/search", words=words).words


def test_search_finds_only_own_cases(counselor, client_as):
    open_case(counselor)
    page = client_as("counselor2").submit("/cases", "/cases/search", words="dao thi")
    assert "Ánh" not in page.text


def test_one_letter_is_not_searched(counselor):
    open_case(counselor)
    page = counselor.submit("/cases", "/cases/search", words="d")
    assert page.status == 422
    assert "two letters" in page.words


def test_names_are_sorted_the_vietnamese_way(counselor):
    for name in ("Trần Văn Đức", "Lê Thị Dung", "Nguyễn Thị Ánh", "Nguyễn Văn Anh", "Phạm Thị Ân"):
        open_case(counselor, name=name, alias="")
    words = counselor.get("/cases").words
    order = [words.index(name) for name in ("Văn Anh", "Thị Ánh", "Thị Ân", "Dung", "Đức")]
    assert order == sorted(order)


def test_twenty_five_a_page_and_the_rest_behind_it(counselor):
    for number in range(27):
        open_case(counselor, name=f"Người {number:02}", alias="")
    first = counselor.get("/cases")
    assert "25 of 27" in first.words
    (link,) = first.all("a", rel="next")
    assert "2 of 27" in counselor.get(link.get("href")).words


def test_pages_turn_back_and_stay_right_while_cases_come_and_go(counselor, monkeypatch):
    # The test above has pages as long as they are; here two of them are to be left behind.
    monkeypatch.setattr(queries, "PAGE", 3)
    addresses = [open_case(counselor, name=f"Người {n:02}", alias="") for n in range(8)]
    second = counselor.get(counselor.get("/cases").one("a", rel="next").get("href"))
    assert "Người 03" in second.words and "Người 05" in second.words
    third = second.one("a", rel="next").get("href")
    # The last case of the second page is closed meanwhile: the third begins where it did.
    closure = addresses[5] + "/closure"
    assert counselor.submit(closure, closure, reason="moved").status == 303
    page = counselor.get(third)
    assert "Người 06" in page.words and "Người 04" not in page.words
    back = counselor.get(page.one("a", rel="prev").get("href"))
    assert "Người 04" in back.words and "Người 03" in back.words
    assert back.one("a", rel="prev") is not None


def test_the_list_is_filtered_and_ordered_by_codes(counselor):
    for name, group in (("Bình", "A"), ("An", "B"), ("Chi", "A")):
        address = open_case(counselor, name=name, alias="", target_group=group)
        if name == "Bình":
            contact, on = f"{address}/contacts/new", today() + timedelta(days=3)
            assert counselor.submit(contact, contact, kind="home", next_on=str(on)).status == 303

    def listed(query):
        table = counselor.get(f"/cases?{query}").all("tbody")
        links = [link for body in table for link in body.iter("a")]
        return ["".join(link.itertext()).strip() for link in links]

    assert listed("") == listed("order=nonsense&group=Z&due=x") == ["An", "Bình", "Chi"]
    assert listed("order=due") == ["Bình", "An", "Chi"]
    assert listed("order=newest") == ["An", "Bình", "Chi"]
    assert listed("group=A") == ["Bình", "Chi"]
    assert listed("group=B&order=due") == ["An"]
    assert listed("due=soon") == listed("status=active") == ["Bình"]
    assert listed("due=none") == ["An", "Chi"]
    assert listed("due=overdue") == listed("show=closed") == []


def test_without_consent_there_is_no_record(counselor, app):
    page = counselor.submit("/cases/new", "/cases/new", **{**INTAKE, "consent_record": None})
    assert page.status == 422
    assert "no record may be kept" in page.words
    assert page.form("/cases/new")["name"] == INTAKE["name"]
    with app.app_context():
        assert db.session.scalars(select(Case)).all() == []


def test_a_minor_needs_a_guardian(counselor):
    page = counselor.submit("/cases/new", "/cases/new", **{**INTAKE, "birth": "2012"})
    assert page.status == 422
    assert "guardian has to agree" in page.words


def test_a_case_is_closed_with_a_reason(counselor, app):
    address = open_case(counselor)
    unsaid = counselor.submit(address + "/closure", address + "/closure")
    assert unsaid.status == 422, "no reason is chosen for anybody"
    page = counselor.submit(address + "/closure", address + "/closure", reason="goals_met")
    assert "closed" in counselor.follow(page).words
    assert "Đào" not in counselor.get("/cases").text
    assert "Đào" in counselor.get("/cases?show=closed").text
    with app.app_context():
        assert db.session.scalars(select(Case.closed_on)).one() <= today()
    again = counselor.submit(address + "/closure", address + "/closure", reason="moved")
    assert again.status == 422


def test_the_second_of_two_editors_sees_both_texts(counselor):
    address = open_case(counselor) + "/identity"
    mine, yours = counselor.get(address), counselor.get(address)
    assert counselor.submit(mine, address, address="nhà mới").status == 303
    page = counselor.submit(yours, address, address="nhà khác")
    assert page.status == 409
    assert "nhà mới" in page.words
    assert page.form(address)["address"] == "nhà khác"
    assert counselor.submit(page, address).status == 303


def test_the_counselor_sees_who_looked(counselor, client_as):
    address = open_case(counselor)
    client_as("coordinator").get(address)
    client_as("counselor2").get(address)
    words = counselor.get(address + "/looks").words
    assert "Lê Thị Ánh saw the code" in words
    assert "Trần Văn Đức was refused" in words


def test_a_coordinator_who_came_later_can_hand_over(counselor, client_as, cast, app, visitor):
    address = open_case(counselor)
    with app.test_request_context():
        newcomer = create_account(
            "coordinator-new", "Cao Thị Mới", PASSWORD, by=SYSTEM, temporary=False
        )
        db.session.flush()
        give_role(newcomer, Role.COORDINATOR, cast.units["a"], by=SYSTEM, on=today())
        db.session.commit()
    credentials = {"username": "coordinator-new", "password": PASSWORD}
    assert visitor.submit("/sign-in", "/sign-in", **credentials).status == 303
    receiver = str(cast.accounts["counselor2"])
    path = address + "/assignment"
    early = visitor.submit(path, path, counselor=receiver)
    assert "hold no keys" in early.words
    today_page = counselor.get("/")
    assert "Cao Thị Mới coordinates your unit" in today_page.words
    assert counselor.submit(today_page, "/cases/custody").status == 303
    assert "Cao Thị Mới coordinates" not in counselor.get("/").words
    assert visitor.submit(path, path, counselor=receiver).status == 303
    assert "Đào Thị Ngọc Ánh" in client_as("counselor2").get(address).words


def test_keys_pass_only_to_coordinators_of_the_unit(counselor, cast, app):
    open_case(counselor)
    token = counselor.get("/cases/new").form("/cases/new")["csrf_token"]
    for who in ("counselor2", "coordinator-b", "unithead", "coordinator"):
        chosen = {"csrf_token": token, "coordinator": str(cast.accounts[who])}
        assert counselor.post("/cases/custody", chosen).status == 303
    with app.app_context():
        assert len(db.session.scalars(select(Grant)).all()) == 2 * 3


def test_a_role_that_ended_reaches_no_case_of_its_unit(counselor, cast, app):
    """Somebody who now works elsewhere no longer opens what is still assigned to them here."""
    address = open_case(counselor)
    with app.test_request_context():
        account = db.session.get_one(Account, cast.accounts["counselor"])
        (role, _unit) = list_roles([account.id])[0]
        end_role(role, by=SYSTEM, on=today() - timedelta(days=1))
        give_role(account, Role.COUNSELOR, cast.units["b"], by=SYSTEM, on=today())
        db.session.commit()
    assert counselor.get(address).status == 404
    assert "Đào" not in counselor.get("/cases").text
