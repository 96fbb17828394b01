"""A status given by law: its end follows from the setting of its first day; age bounds its kind."""

from datetime import date, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from casework.confidential.history.models import CaseRevision
from casework.confidential.statutory.models import StatutoryStatus
from casework.confidential.statutory.rules import last_day, months_between
from casework.core.database import db
from casework.organisation.settings.models import SettingValue
from tests.confidential.test_cases import INTAKE, open_case

NOW = "2026-10-15T03:00:00+00:00"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def counselor(client_as, clock):
    return client_as("counselor")


@pytest.fixture
def case(counselor):
    return open_case(counselor)


def record(counselor, case, **values):
    fields = {"kind": "pr_voluntary", "from_on": "2026-02-05", **values}
    return counselor.submit(case + "/statutory/new", case + "/statutory/new", **fields)


def link(counselor, case):
    """Where the newest status is corrected."""
    ends = [a.get("href") for a in counselor.get(case + "/statutory").all("a")]
    return next(end for end in ends if len((end or "").rpartition("/statutory/")[2]) == 36)


def test_the_end_is_computed_and_shown_with_its_rule(counselor, case):
    words = counselor.follow(record(counselor, case)).words
    assert "05/02/2026 04/02/2027 12 months Source: the program's own" in words
    assert "after voluntary rehabilitation runs" in words


def test_the_setting_of_the_first_day_in_the_cases_province_counts(counselor, case, app, cast):
    with app.app_context():
        for province, first, months in (
            ("province", date(2026, 1, 1), "18"),
            ("province", date(2026, 6, 1), "6"),
            ("elsewhere", date(2026, 1, 1), "3"),
        ):
            db.session.add(
                SettingValue(
                    province_id=cast.units[province],
                    key="pr_voluntary_months",
                    from_on=first,
                    value=months,
                    source="Quyết định thử",
                )
            )
        db.session.commit()
    assert (
        "04/08/2027 18 months Source: Quyết định thử"
        in counselor.follow(record(counselor, case)).words
    )
    with app.app_context():
        value = select(SettingValue).where(SettingValue.value == "18")
        db.session.scalars(value).one().value = "24"
        db.session.commit()
    assert "setting says 24 months now" in counselor.get(case + "/statutory").words
    address = link(counselor, case)
    assert "04/02/2028 24 months" in counselor.follow(counselor.submit(address, address)).words


def test_an_authority_ends_it_early_and_what_it_said_stays_readable(counselor, case):
    record(counselor, case)
    address = link(counselor, case)
    words = counselor.follow(counselor.submit(address, address, ended_on="2026-09-30")).words
    assert "30/09/2026 ended early; would have ended on 04/02/2027" in words
    assert "runs" not in words
    assert "What it said earlier (1)" in words
    # Another one may begin the day after, and not before.
    assert record(counselor, case, from_on="2026-09-30").status == 422
    assert record(counselor, case, from_on="2026-10-01").status == 303


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"kind": ""}, "Fill this in"),
        ({"kind": "moon"}, "Invalid Choice"),
        ({"from_on": ""}, "Fill this in"),
        ({"from_on": "31/02/2026"}, "Not a date"),
        ({"from_on": "2026-10-16"}, "too far ahead"),
        ({"from_on": "1026-10-16"}, "too long ago"),
        ({"ended_on": "2026-02-04"}, "It ran from 05/02/2026 to 04/02/2027"),
        ({"kind": "pr_minor"}, "18 or older"),
    ],
)
def test_bad_input_is_named_beside_its_field(counselor, case, values, said):
    page = record(counselor, case, **values)
    assert page.status == 422
    assert said in page.words


def test_two_do_not_run_at_once(counselor, case):
    assert record(counselor, case).status == 303
    page = record(counselor, case, from_on="2026-08-01")
    assert page.status == 422
    assert "Another status runs from 05/02/2026 to 04/02/2027" in page.words


@pytest.mark.parametrize(
    ("born", "kind", "said"),
    [
        ("2010", "pr_minor", None),
        ("2010", "pr_compulsory", "is under 18"),
        ("2015", "pr_minor", "under 12"),
        ("05/02/2008", "pr_minor", "18 or older"),
        ("06/02/2008", "pr_minor", None),
        ("2008", "pr_minor", None),
        ("2008", "pr_voluntary", None),
        ("", "pr_minor", "when the person was born first"),
        ("", "pr_voluntary", None),
    ],
)
def test_age_bounds_the_kind(counselor, born, kind, said):
    guardian = {"method": "guardian", "witness": "Bà Ngoại", "child_agrees": "yes"}
    case = open_case(counselor, **{**INTAKE, **guardian, "birth": born})
    page = record(counselor, case, kind=kind)
    assert page.status == (422 if said else 303), page.words
    assert said is None or said in page.words


def test_a_mistake_is_taken_away_whole(counselor, case, app):
    record(counselor, case)
    address = link(counselor, case)
    counselor.submit(address, address, ended_on="2026-09-30")
    seen = counselor.get(address)
    counselor.submit(address, address, ended_on="2026-08-31")
    assert counselor.submit(seen, address + "/remove").status == 409, "corrected meanwhile"
    assert counselor.submit(address, address + "/remove").status == 303
    assert "Most people have none" in counselor.get(case + "/statutory").words
    with app.app_context():
        assert db.session.scalars(select(StatutoryStatus)).all() == []
        assert db.session.scalars(select(CaseRevision)).all() == []
    assert counselor.get(address).status == 404


def test_the_second_of_two_editors_sees_both(counselor, case):
    record(counselor, case)
    address = link(counselor, case)
    mine, yours = counselor.get(address), counselor.get(address)
    assert counselor.submit(mine, address, ended_on="2026-09-30").status == 303
    page = counselor.submit(yours, address, ended_on="2026-08-31")
    assert page.status == 409
    assert "30/09/2026" in page.words
    assert "31/08/2026" in page.words


def test_a_closed_case_takes_no_new_status(counselor, case):
    page = counselor.get(case + "/statutory/new")
    counselor.submit(case + "/closure", case + "/closure", reason="goals_met")
    page = counselor.submit(
        page, case + "/statutory/new", kind="pr_voluntary", from_on="2026-02-05"
    )
    assert page.status == 422
    assert "case is closed" in page.words


def test_a_status_of_another_case_is_not_found(counselor, case, client_as):
    other = open_case(counselor, name="Người Khác", alias="")
    record(counselor, other)
    address = link(counselor, other)
    assert counselor.get(address.replace(other, case)).status == 404
    assert client_as("counselor2").get(address).status == 404
    assert client_as("coordinator").get(other + "/statutory").status in (403, 404)


@given(first=st.dates(date(2000, 1, 1), date(2100, 1, 1)), months=st.integers(1, 60))
def test_whole_months_and_back(first, months):
    last = last_day(first, months)
    assert months_between(first, last) == months
    assert first < last + timedelta(days=1)
    assert last_day(first, months + 1) > last
