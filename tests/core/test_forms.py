"""A refused form comes back exactly as sent, with the fault beside its field."""

from datetime import date, timedelta
from enum import StrEnum

import pytest
from werkzeug.datastructures import MultiDict

from casework.core.clock import today
from casework.core.forms import (
    Form,
    RuleBroken,
    Stale,
    VersionedForm,
    carry_out,
    choice,
    coming_day,
    long_text,
    past_day,
    required,
    short_text,
)
from tests.conftest import Program


@pytest.fixture(scope="module")
def program(sqlite_program: Program) -> Program:
    sqlite_program.reset()
    return sqlite_program


class Colour(StrEnum):
    RED = "red"

    @property
    def label(self) -> str:
        return "Red"


class AForm(VersionedForm):
    name = short_text("Name", required())
    text = long_text("Text")
    colour = choice("Colour", Colour, required(), blank=True)
    on = past_day("On", years=1)
    next_on = coming_day("Next", years=1)


@pytest.fixture
def sent(app, monkeypatch):
    """A form as it was sent."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    right = {"name": "An", "text": "", "colour": "red", "on": today().isoformat()}

    def send(kind=AForm, **values):
        data = MultiDict({k: v for k, v in {**right, **values}.items() if v is not None})
        with app.test_request_context(method="POST", data=data):
            form = kind()
            form.validate()
            return form

    return send


def test_a_right_form_is_taken(sent):
    form = sent()
    assert form.errors == {}
    assert form.answer() == {
        "name": "An",
        "text": "",
        "colour": Colour.RED,
        "on": today(),
        "next_on": None,
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("name", "a\x00b"),
        ("name", "a\x07b"),
        ("text", "x" * 20_001),
        ("colour", ""),
        ("colour", "blue"),
        ("on", ""),
        ("on", "2126-01-01"),
        ("on", "0001-01-01"),
        ("on", "31/02/2026"),
        ("on", "yesterday"),
        ("next_on", "1999-01-01"),
        ("next_on", "2126-01-01"),
    ],
)
def test_a_fault_stands_beside_its_field_and_the_rest_stays(sent, field, value):
    form = sent(**{"text": "giữ lại", field: value})
    assert list(form.errors) == [field]
    if field != "text":
        assert form.text.data == "giữ lại"


@pytest.mark.parametrize(
    "typed", ["21/11/2025", "2025-11-21", date(2025, 11, 21).strftime("%d/%m/%Y")]
)
def test_days_are_taken_as_people_write_them(sent, typed):
    form = sent(on=typed, next_on=None)
    assert form.on.data == date(2025, 11, 21)


def test_the_edges_of_days(sent):
    assert "on" in sent(on=(today() + timedelta(days=1)).isoformat()).errors
    assert "on" in sent(on=(today() - timedelta(days=367)).isoformat()).errors
    assert sent(on=(today() - timedelta(days=366)).isoformat()).errors == {}
    assert sent(next_on=today().isoformat()).errors == {}


def test_only_the_version_that_was_shown_may_be_changed(sent):
    form = sent(version="3")
    form.check_version(3)
    for current in (2, 4):
        with pytest.raises(Stale):
            form.check_version(current)
    with pytest.raises(Stale):
        sent(version="").check_version(1)


def test_a_broken_rule_stands_at_its_field_or_above(sent):
    form = sent()
    form.refuse(RuleBroken("not so", field="on"))
    form.refuse(RuleBroken("at all"))
    form.refuse(RuleBroken("of a field that is not there", field="nothing"))
    assert form.on.errors == ["not so"]
    assert form.form_errors == ["at all", "of a field that is not there"]


def test_nothing_but_its_fields_is_taken(sent):
    """Mass assignment: a column that is no field of the form stays out of the answer."""
    assert "unit_id" not in sent(unit_id="x", id="x", recorded_by="x").answer()


def test_every_form_has_an_id_of_its_own(app):
    with app.test_request_context():
        assert Form().operation.data != Form().operation.data


@pytest.fixture
def carried(app, monkeypatch):
    """The status of carrying out a form as it was sent, what was done, and the form."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)

    def carry(change=lambda: None, *, method="POST", version=None, **values):
        done = []
        right = {"name": "An", "colour": "red", "on": today().isoformat()}
        with app.test_request_context(method=method, data=MultiDict({**right, **values})):
            form = AForm()
            status = carry_out(form, lambda: (change(), done.append(form.name.data)), version)
            return status, done, form

    return carry


def test_carrying_out_a_form_says_with_what_to_answer(carried):
    assert carried()[:2] == (303, ["An"])
    assert carried(method="GET")[:2] == (200, []), "reading writes nothing"
    assert carried(name="")[:2] == (422, [])


def test_what_forbids_a_change_stands_in_the_form(carried):
    def forbid():
        raise RuleBroken("not so", field="on")

    status, done, form = carried(forbid)
    assert (status, done, form.on.errors) == (422, [], ["not so"])


def test_a_stale_form_is_not_carried_out_and_learns_the_version(carried):
    status, done, form = carried(version=4)
    assert (status, done, form.version.data) == (409, [], "4")
    assert form.form_errors
