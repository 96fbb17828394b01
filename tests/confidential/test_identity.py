"""Who the person is and how to reach them safely: what was corrected stays readable, and only under
the key of who the person is; the banner stands on every page of the case and nowhere else.
"""

import html
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from casework.confidential.cases.models import Case
from casework.confidential.cases.rules import Birth
from casework.confidential.history.models import CaseRevision
from casework.core.clock import today
from casework.core.database import db
from casework.vault.grants import Compartment, Grant
from tests.confidential.test_cases import open_case
from tests.rules.world import ways

SAFE = {
    "safe_contact": "Nhắn qua chị Hai bán nước",
    "safe_times": "Thứ bảy sau 19 giờ",
    "never_say": "Không nói tên câu lạc bộ",
    "no_message": "Máy của mẹ chồng",
}


@pytest.fixture
def counselor(client_as):
    return client_as("counselor")


@pytest.fixture
def case(counselor):
    return open_case(counselor, **SAFE)


def correct(counselor, case, **values):
    return counselor.submit(case + "/identity", case + "/identity", **values)


def test_how_to_reach_the_person_stands_on_every_page_of_the_case(app, counselor, case):
    """Whatever pages there are under the address of a case: how to reach the person stands
    there. A coordinator's forms show nobody.
    """
    shown = []
    for rule, method in ways(app):
        if method != "GET" or rule.arguments != {"case_id"} or not rule.rule.startswith("/cases/"):
            continue
        address = rule.rule.replace("/cases/<uuid:case_id>", case)
        answer = counselor.client.get(address)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            if address.endswith(("/looks", "/cover", "/assignment")):
                continue  # the log, and who it is entrusted to: neither shows the person
            shown.append(address)
            words = html.unescape(answer.get_data(as_text=True))
            assert [text for text in SAFE.values() if text not in words] == [], address
    assert len(shown) >= 10


def test_it_stands_in_no_list(counselor, case):
    for address in ("/cases", "/", "/groups"):
        page = counselor.get(address)
        assert not [text for text in SAFE.values() if text in page.text], address
    page = counselor.submit("/cases", "/cases/search", words="dao thi")
    assert "Đào" in page.words
    assert not [text for text in SAFE.values() if text in page.text]


def test_a_correction_keeps_what_stood_there(counselor, case):
    assert "What it said earlier" not in counselor.get(case + "/identity").words
    assert correct(counselor, case, name="Đào Thị Ánh", safe_times="Chủ nhật").status == 303
    page = counselor.get(case + "/identity")
    assert page.form(case + "/identity")["name"] == "Đào Thị Ánh"
    assert "What it said earlier (1)" in page.words
    assert "Đào Thị Ngọc Ánh" in page.words
    assert "Thứ bảy sau 19 giờ" in page.words
    assert "Nguyễn Thị Hoa" in page.words


def test_saving_what_stands_there_changes_nothing(counselor, case, app):
    assert correct(counselor, case).status == 303
    with app.app_context():
        assert db.session.scalars(select(CaseRevision)).all() == []


def test_history_opens_only_with_the_key_of_who_the_person_is(counselor, case, app, cast):
    correct(counselor, case, name="Đào Thị Ánh")
    with app.app_context():
        revision = db.session.scalars(select(CaseRevision)).one()
        assert revision.said_sealed is None
        assert "Ngọc".encode() not in revision.named_sealed
        # What somebody would hold to whom the notes alone were opened.
        db.session.query(Grant).filter(
            Grant.holder_id == cast.accounts["counselor"],
            Grant.compartment == Compartment.IDENTITY,
        ).delete()
        db.session.commit()
    page = counselor.get(case + "/identity")
    assert "What it said earlier (1)" in page.words
    assert "Ngọc" not in page.text


def test_a_name_or_an_alias_stays(counselor, case):
    page = correct(counselor, case, name=" ", alias="")
    assert page.status == 422
    assert "Give a name or an alias" in page.words


def test_a_day_of_birth_is_kept_sealed_and_its_year_in_clear(counselor, case, app):
    assert correct(counselor, case, birth="05/02/1991").status == 303
    assert "05/02/1991" in counselor.get(case).words
    with app.app_context():
        row = db.session.scalars(select(Case)).one()
        assert row.birth_year == 1991
    assert correct(counselor, case, birth="").status == 303
    with app.app_context():
        assert db.session.scalars(select(Case.birth_year)).one() is None


@pytest.mark.parametrize(
    "typed", ["1800", "2999", "31/02/1990", "90", "năm Ngọ", "01/13/1990", "-1990", "\uff11990"]
)
def test_a_birth_that_nobody_has_is_refused_and_kept_as_typed(counselor, case, typed):
    page = correct(counselor, case, birth=typed)
    assert page.status == 422
    assert "Write a year such as 1990" in page.words
    assert page.form(case + "/identity")["birth"] == typed


def test_nobody_is_taken_in_before_they_are_born(counselor, case):
    page = correct(counselor, case, birth=f"{today():%d/%m/%Y}")
    assert page.status in (303, 422)
    page = counselor.submit(
        "/cases/new",
        "/cases/new",
        alias="Bé Mới",
        sex="male",
        target_group="D",
        source="family",
        birth=f"{today():%d/%m/%Y}",
        opened_on=str(date(today().year - 1, 12, 1)),
        consent_record="yes",
        method="guardian",
        witness="Mẹ",
    )
    assert page.status == 422
    assert "born after that day" in page.words


def test_the_second_of_two_editors_sees_what_differs(counselor, case):
    address = case + "/identity"
    mine, yours = counselor.get(address), counselor.get(address)
    assert counselor.submit(mine, address, safe_times="Sáng sớm").status == 303
    page = counselor.submit(yours, address, safe_times="Chiều tối", birth="1988")
    assert page.status == 409
    assert "Sáng sớm" in page.words
    assert "Chiều tối" in page.text
    assert counselor.submit(page, address).status == 303
    assert "Chiều tối" in counselor.get(case).words


def test_a_guardian_stands_with_the_facts(counselor, case):
    correct(counselor, case, guardian="Bà Ngoại Sáu", guardian_phone="0912 345 678")
    words = counselor.get(case).words
    assert "Bà Ngoại Sáu" in words
    assert "0912 345 678" in words
    page = correct(counselor, case, guardian_phone="không có")
    assert page.status == 422
    assert "ten digits" in page.words


@given(born=st.dates(date(1920, 1, 1), date(2026, 1, 1)), on=st.dates(date(2026, 1, 1)))
def test_a_year_alone_leaves_every_age_it_allows(born, on):
    known, year = Birth(born.year, born), Birth(born.year)
    assert year.least_age(on) <= known.least_age(on) == known.most_age(on) <= year.most_age(on)
    assert year.most_age(on) - year.least_age(on) <= 1
    assert not known.is_minor(on) or year.is_minor(on), "in doubt under age"
    assert Birth.read(str(known)) == known
    assert Birth.read(str(year)) == year
