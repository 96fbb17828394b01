"""Logging a contact, correcting it, and everything people type by mistake."""

import unicodedata

import pytest
from sqlalchemy import func, select

from casework.confidential.contacts.models import Contact
from casework.core.database import db
from tests.confidential.test_cases import open_case


@pytest.fixture
def counselor(client_as):
    return client_as("counselor")


@pytest.fixture
def case(counselor):
    return open_case(counselor)


def log(counselor, case, **values):
    return counselor.submit(case + "/contacts/new", case + "/contacts/new", **values)


def test_a_contact_is_logged_and_read_back_whole(counselor, case):
    note = "Anh kể chuyện nhà.\nHẹn tuần sau. " + "Rất dài. " * 200
    page = log(counselor, case, kind="home", note=note, closed_note="chỉ mình tôi", minutes="45")
    assert page.status == 303
    words = counselor.get(case + "/contacts").words
    assert " ".join(note.split()) in words
    assert "chỉ mình tôi" in words
    assert "45 minutes" in words
    assert "being supported" in counselor.get(case).words


def test_the_closed_note_stays_with_its_writer(counselor, case, client_as, cast):
    log(counselor, case, note="chung", closed_note="riêng")
    client_as("coordinator").submit(
        case + "/assignment", case + "/assignment", counselor=str(cast.accounts["counselor2"])
    )
    page = client_as("counselor2").get(case + "/contacts")
    assert "chung" in page.text
    assert "riêng" not in page.text


def test_a_correction_keeps_the_earlier_text(counselor, case):
    log(counselor, case, note="câu đầu")
    (link,) = [
        a.get("href")
        for a in counselor.get(case + "/contacts").all("a")
        if "/contacts/" in a.get("href", "") and "new" not in a.get("href")
    ]
    assert counselor.submit(link, link, note="câu sau").status == 303
    page = counselor.get(link)
    assert "câu sau" in page.text
    assert "câu đầu" in page.text


def test_the_second_of_two_editors_sees_both_texts(counselor, case):
    log(counselor, case, note="đầu")
    (link,) = [
        a.get("href")
        for a in counselor.get(case + "/contacts").all("a")
        if "/contacts/" in a.get("href", "") and "new" not in a.get("href")
    ]
    mine, other = counselor.get(link), counselor.get(link)
    counselor.submit(mine, link, note="của tôi")
    page = counselor.submit(other, link, note="của người kia")
    assert page.status == 409
    assert "của tôi" in page.words
    assert page.form(link)["note"] == "của người kia"


def test_fifty_times_the_same_form_is_one_contact(counselor, case, app):
    form = counselor.get(case + "/contacts/new")
    answers = {
        counselor.submit(form, case + "/contacts/new", note="một lần").location for _ in range(50)
    }
    assert answers == {case}
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Contact)) == 1


def test_no_phone_contact_without_consent(counselor):
    case = open_case(counselor, consent_phone_contact=None)
    page = log(counselor, case, kind="phone", note="gọi")
    assert page.status == 422
    assert "did not agree on" in page.words
    assert "Contact by phone" in page.words
    assert page.form(case + "/contacts/new")["note"] == "gọi"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("on", "9999-01-01", "too far ahead"),
        ("on", "2019-01-01", "too long ago"),
        ("on", "31/02/2026", "Not a date"),
        ("on", "", "Fill this in"),
        ("next_on", "9999-12-31", "too far ahead"),
        ("minutes", "-5", "Between 1 and 600"),
        ("minutes", "nhiều", "integer"),
        ("kind", "moon", "Invalid Choice"),
        ("note", "x" * 100_000, "At most 20000"),
        ("note", "a\x00b", "can't be kept"),
    ],
)
def test_bad_input_is_named_beside_its_field_and_kept(counselor, case, field, value, said):
    page = log(counselor, case, **{"note": "giữ lại", field: value})
    assert page.status == 422
    assert said in page.words
    kept = page.form(case + "/contacts/new")["note"]
    assert kept == ("giữ lại" if field != "note" else value.replace("\x00", ""))


def test_text_is_kept_composed_with_emoji(counselor, case, app):
    log(counselor, case, note=unicodedata.normalize("NFD", "Đã gặp chị Hường 🌻"))
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Contact)) == 1
    assert (
        unicodedata.normalize("NFC", "Đã gặp chị Hường 🌻")
        in counselor.get(case + "/contacts").text
    )


def test_text_of_an_expired_session_survives_signing_in(counselor, case, app, client_as):
    import time_machine

    from casework.core.clock import now

    address = case + "/contacts/new"
    form = counselor.get(address)
    with time_machine.travel(now().timestamp() + 16 * 60, tick=True):
        page = counselor.submit(form, address, note="viết dở <b>🌻</b>")
        assert page.status == 303
        assert "/sign-in" in page.location
        other = client_as("counselor2").get(address + "?kept=1")
        assert "viết dở" not in other.text
        again = client_as("counselor")
        kept = again.get(address + "?kept=1")
        assert kept.form(address)["note"] == "viết dở <b>🌻</b>"
        assert again.submit(kept, address).status == 303
        assert again.get(address + "?kept=1").form(address)["note"] == ""
