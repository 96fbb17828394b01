"""Taking a person in: the same person twice is hinted at, among the cases one may see and no
others; nothing is agreed by default.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from casework.confidential.cases.models import Case
from casework.confidential.intake.rules import Known, Likeness, likeness
from casework.core.audit import AuditEntry
from casework.core.database import db
from tests.confidential.test_cases import INTAKE, open_case

NEW, LIKELY = "/cases/new", "/cases/new/likely"
MAY_HAVE = "may have a case already"


@pytest.fixture
def counselor(client_as):
    return client_as("counselor")


def take_in(counselor, **changes):
    return counselor.submit(NEW, NEW, **{**INTAKE, **changes})


def reference(counselor, case):
    return counselor.get(case).h1


def count(app):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Case))


def test_the_same_person_twice_is_shown_first_and_confirmed(counselor, app):
    case = open_case(counselor)
    code = reference(counselor, case)
    page = take_in(counselor, name="dao thi ngoc anh", alias="")
    assert page.status == 422
    assert MAY_HAVE in page.words
    assert code in page.words
    assert "same name and year of birth" in page.words
    assert page.form(NEW)["name"] == "dao thi ngoc anh", "what was typed stays"
    assert "somebody_else" not in page.form(NEW), "nothing is ticked beforehand"
    assert count(app) == 1
    assert counselor.submit(page, NEW, somebody_else="y").status == 303
    assert count(app) == 2


def test_who_is_somebody_else_is_not_asked_about(counselor):
    open_case(counselor)
    assert take_in(counselor, name="Đào Thị Ngọc Anh Thư", alias="Bé Tư").status == 303


def test_a_closed_case_is_hinted_at_too(counselor):
    case = open_case(counselor)
    counselor.submit(case + "/closure", case + "/closure", reason="moved")
    page = take_in(counselor)
    assert page.status == 422
    assert "closed" in page.words


@pytest.mark.parametrize("who", ["counselor2", "counselor-b", "coordinator"])
def test_a_case_out_of_reach_is_never_hinted_at(counselor, client_as, who):
    case = open_case(counselor)
    code = reference(counselor, case)
    other = client_as(who)
    if who == "coordinator":  # sees codes, takes nobody in
        assert other.post(LIKELY, {**INTAKE}).status in (400, 403)
        return
    page = take_in(other)
    assert page.status == 303, "another's case stands in nobody's way"
    assert code not in other.follow(page).text


def test_a_case_handed_over_is_hinted_at_to_its_new_counselor_alone(counselor, client_as, cast):
    case = open_case(counselor)
    client_as("coordinator").submit(
        case + "/assignment", case + "/assignment", counselor=str(cast.accounts["counselor2"])
    )
    assert MAY_HAVE in take_in(client_as("counselor2")).words
    assert take_in(counselor).status == 303


def test_the_hint_while_typing_is_a_part_of_the_page_and_leaves_a_row(counselor, app):
    case = open_case(counselor)
    fields = counselor.get(NEW).form(NEW)
    typed = {**fields, "name": "Đào Thị Ngọc Ánh", "birth": "1985"}
    htmx = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "likely"}
    with app.app_context():
        before = db.session.scalar(select(func.count()).select_from(AuditEntry))
    page = counselor.post(LIKELY, typed, headers=htmx)
    assert page.status == 200
    assert MAY_HAVE in page.words
    assert reference(counselor, case) in page.words
    assert "same name and year" not in page.words
    with app.app_context():
        rows = db.session.scalars(
            select(AuditEntry).where(AuditEntry.position > before).order_by(AuditEntry.position)
        ).all()
    assert (rows[0].action, str(rows[0].subject_id)) == ("case.list", case.split("/")[2])
    nothing = counselor.post(LIKELY, {**fields, "name": "Đ"}, headers=htmx)
    assert MAY_HAVE not in nothing.words
    assert counselor.post(LIKELY, {**typed, "birth": "nhảm", "unit": "x"}).status == 200
    assert count(app) == 1


def test_what_was_not_asked_is_no_answer(counselor):
    case = open_case(counselor, consent_phone_contact=None)
    words = counselor.get(case + "/consents").words
    assert "Contact by phone not asked" in words
    assert "Keep this record agrees" in words


@pytest.mark.parametrize("said", [None, "no", "maybe", ""])
def test_without_a_yes_no_record_is_kept(counselor, app, said):
    assert take_in(counselor, consent_record=said).status == 422
    assert count(app) == 0


def test_a_yes_says_how_it_was_given(counselor):
    page = take_in(counselor, method="")
    assert page.status == 422
    assert "Say how the person agreed" in page.words


NAMES = st.lists(
    st.sampled_from(
        ["Đào Thị Ngọc Ánh", "ngoc anh", "Ánh", "Út", "ut", "Trần Văn Út", "", "Bé Ba"]
    ),
    max_size=2,
)
YEARS = st.none() | st.integers(1990, 1991)


@given(ours=NAMES, year=YEARS, theirs=NAMES, other=YEARS)
def test_likeness_does_not_depend_on_who_came_first(ours, year, theirs, other):
    assert likeness(ours, year, theirs, other) == likeness(theirs, other, ours, year)
    if year is None or year != other:
        assert likeness(ours, year, theirs, other) <= likeness(ours, 1990, theirs, 1990)


@given(people=st.lists(st.tuples(NAMES, YEARS), max_size=6), ours=NAMES, year=YEARS)
def test_many_are_compared_as_two_are(people, ours, year):
    known = Known[int]()
    for number, (names, born) in enumerate(people):
        known.add(number, names, born)
    found = known.find(ours, year)
    pairs = ((number, likeness(ours, year, *told)) for number, told in enumerate(people))
    assert dict(found) == {number: how for number, how in pairs if how}
    assert [how for _number, how in found] == sorted((how for _, how in found), reverse=True)


@pytest.mark.parametrize(
    ("ours", "year", "theirs", "other", "expected"),
    [
        (["Đào Thị Ánh"], 1990, ["dao thi anh"], 1990, Likeness.VERY_LIKELY),
        (["Đào Thị Ánh"], 1990, ["Đào Thị Ánh"], 1970, Likeness.LIKELY),
        (["Đào Thị Ánh"], None, ["", "Đào  Thị Ánh"], None, Likeness.LIKELY),
        (["Ngọc Ánh"], 1990, ["Đào Thị Ngọc Ánh"], 1990, Likeness.LIKELY),
        (["Ngọc Ánh"], None, ["Đào Thị Ngọc Ánh"], 1990, Likeness.NONE),
        (["Út"], 1990, ["Út"], 1990, Likeness.LIKELY),
        (["Út"], None, ["Út"], None, Likeness.NONE),
        (["Út"], 1990, ["Trần Văn Út"], 1990, Likeness.NONE),
        (["", ""], 1990, ["", ""], 1990, Likeness.NONE),
    ],
)
def test_which_names_are_alike(ours, year, theirs, other, expected):
    assert likeness(ours, year, theirs, other) is expected
