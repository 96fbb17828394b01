"""Logging a contact, correcting it, and everything people type by mistake."""

import unicodedata
from datetime import date, timedelta
from uuid import UUID

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from casework.confidential.cases.models import Case
from casework.confidential.contacts.forms import Again
from casework.confidential.contacts.models import Contact, Topic
from casework.core.clock import now, today
from casework.core.database import db
from casework.organisation.accounts.models import Account
from tests.confidential.test_cases import open_case
from tests.days import in_days


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
    case = open_case(counselor, consent_phone_contact="no")
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


@pytest.mark.parametrize("closed", [{"disabled_at": now()}, {"expires_on": date(2025, 1, 1)}])
def test_an_account_closed_while_its_form_is_open_is_told_and_its_text_kept(
    counselor, case, app, cast, client_as, closed
):
    address = case + "/contacts/new"
    form = counselor.get(address)
    account = update(Account).where(Account.id == cast.accounts["counselor"])
    with app.app_context():
        db.session.execute(account.values(**closed))
        db.session.commit()
    page = counselor.submit(form, address, note="viết dở <b>🌻</b>")
    assert page.status == 403
    assert page.h1 == "Your account is closed"
    assert "viết dở <b>🌻</b>" in {field.text.strip() for field in page.all("textarea")}
    assert counselor.get(case).location.startswith("/sign-in")
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Contact)) == 0
        db.session.execute(account.values(disabled_at=None, expires_on=None))
        db.session.commit()
    again = client_as("counselor")
    assert again.get(address + "?kept=1").form(address)["note"] == "viết dở <b>🌻</b>"


def correction(counselor, case):
    """The address of the newest contact."""
    links = [a.get("href") for a in counselor.get(case + "/contacts").all("a")]
    return next(link for link in links if "/contacts/" in link and not link.endswith("/new"))


def next_on(app, case):
    with app.app_context():
        return db.session.get_one(Case, UUID(case.split("/")[-1])).next_on


def day(ago):
    return str(today() - timedelta(days=ago))


def early(counselor, **changes):
    """A case that was opened long enough ago for contacts of earlier days."""
    return open_case(counselor, opened_on=day(60), **changes)


def test_the_form_opens_with_today_and_the_kind_of_the_last_contact(counselor, case):
    address = case + "/contacts/new"
    assert counselor.get(address).form(address)["kind"] == "office"
    log(counselor, case, kind="field")
    form = counselor.get(address).form(address)
    assert form["kind"] == "field"
    assert form["on"] == str(today())
    assert "length" not in form
    assert "again" not in form


@pytest.mark.parametrize(
    ("picked", "typed", "kept"),
    [
        ({"length": "30"}, {}, 30),
        ({"length": "other"}, {"minutes": "75"}, 75),
        ({}, {"minutes": "75"}, 75),
        ({"length": "45"}, {"minutes": "45"}, 45),
        ({"length": "other"}, {}, None),
        ({}, {}, None),
    ],
)
def test_minutes_are_picked_or_typed(counselor, case, app, picked, typed, kept):
    assert log(counselor, case, **picked, **typed).status == 303
    with app.app_context():
        assert db.session.scalars(select(Contact.minutes)).one() == kept


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        ({"length": "30", "minutes": "75"}, "length", "not both"),
        ({"length": "31"}, "length", "Not a valid choice"),
        ({"again": "week", "next_on": in_days(3)}, "again", "not both"),
        ({"again": "none", "next_on": in_days(3)}, "again", "not both"),
        ({"again": "day"}, "again", "Choose the day"),
        ({"again": "keep"}, "again", "Not a valid choice"),
        ({"again": "never"}, "again", "Invalid Choice"),
        ({"again": "week", "on": "x"}, "on", "Not a date"),
        ({"next_on": day(1)}, "next_on", "before this contact"),
        ({"topics": ["work", "weather"]}, "topics", "Not a valid choice"),
    ],
)
def test_a_puzzling_choice_is_refused_beside_its_field(counselor, case, sent, field, said):
    page = log(counselor, case, note="giữ lại", **sent)
    assert page.status == 422
    assert page.form(case + "/contacts/new")["note"] == "giữ lại"
    (fieldset,) = [e for e in page.root.iter() if e.get("id") == f"{field}-error"]
    assert said in "".join(fieldset.itertext())


def test_topics_are_ticked_and_read_back_in_their_order(counselor, case, app):
    log(counselor, case, topics=["safety", "work", "work"])
    with app.app_context():
        assert db.session.scalars(select(Contact.topics)).one() == "work safety"
    words = counselor.get(case + "/contacts").words
    assert words.index("work and income") < words.index("safety")


@given(st.lists(st.sampled_from(list(Topic)), max_size=20))
def test_topics_never_repeat_and_all_read_back(codes):
    kept = " ".join(each for each in Topic if each in codes)
    contact = Contact(topics=kept)
    assert [Topic(code) for code in contact.topics.split()] == sorted(
        set(codes), key=list(Topic).index
    )


@pytest.mark.parametrize(
    ("again", "expected"),
    [
        (Again.WEEK, date(2026, 2, 7)),
        (Again.TWO_WEEKS, date(2026, 2, 14)),
        (Again.MONTH, date(2026, 2, 28)),
        (Again.NONE, None),
    ],
)
def test_the_next_appointment_is_picked_as_one_says_it(client_as, app, again, expected):
    with time_machine.travel("2026-01-31T03:00:00Z", tick=True):
        counselor = client_as("counselor")
        case = open_case(counselor)
        page = log(counselor, case, again=again.value)
        assert page.status == 303
        assert next_on(app, case) == expected
        said = counselor.follow(page).words
        assert (f"{expected:%d/%m/%Y}" if expected else "The contact is saved.") in said


def test_what_was_agreed_stays_unless_one_says_otherwise(counselor, case, app):
    address, agreed = case + "/contacts/new", today() + timedelta(days=9)
    log(counselor, case, next_on=str(agreed))
    page = counselor.get(address)
    assert page.form(address)["again"] == "keep"
    assert f"as agreed: {agreed:%d/%m/%Y}" in page.words
    assert counselor.submit(page, address, kind="field").status == 303
    assert next_on(app, case) == agreed
    log(counselor, case, again="none")
    assert next_on(app, case) is None


def test_a_contact_logged_late_leaves_the_later_appointment(counselor, app):
    case, agreed = early(counselor), today() + timedelta(days=9)
    log(counselor, case, on=day(2), next_on=str(agreed))
    log(counselor, case, on=day(20), again="none", note="ghi muộn")
    assert next_on(app, case) == agreed
    log(counselor, case, on=day(20), next_on=str(today() + timedelta(days=1)))
    assert next_on(app, case) == agreed


def test_a_correction_moves_the_appointment_only_where_it_says_so(counselor, app):
    case, agreed = early(counselor), today() + timedelta(days=9)
    log(counselor, case, on=day(20), next_on=day(10))
    log(counselor, case, on=day(2), next_on=str(agreed))
    newest = correction(counselor, case)
    assert counselor.submit(newest, newest, note="chỉ sửa chữ").status == 303
    assert next_on(app, case) == agreed
    assert counselor.submit(newest, newest, again="none", next_on="").status == 303
    assert next_on(app, case) is None
    # An old contact can be corrected though the day it agreed on has long gone.
    old = [a.get("href") for a in counselor.get(case + "/contacts").all("a")]
    old = next(link for link in reversed(old) if "/contacts/" in link)
    assert counselor.submit(old, old, note="sửa lần cũ").status == 303
    assert next_on(app, case) is None


def test_a_quick_choice_replaces_what_was_typed_before(counselor, case, app):
    log(counselor, case, minutes="75", next_on=str(today() + timedelta(days=9)))
    link = correction(counselor, case)
    assert counselor.submit(link, link, length="30", again="week").status == 303
    with app.app_context():
        assert db.session.scalars(select(Contact.minutes)).one() == 30
    assert next_on(app, case) == today() + timedelta(days=7)


def test_a_correction_keeps_the_earlier_facts(counselor, case):
    log(counselor, case, kind="office", length="30", topics=["family"])
    link = correction(counselor, case)
    assert counselor.submit(link, link, kind="home", length="60", topics=[]).status == 303
    earlier = counselor.get(link).words.partition("Before it was corrected")[2]
    assert "at the office" in earlier
    assert "30 minutes" in earlier
    assert "family" in earlier


def test_from_today_one_comes_back_to_today(counselor, case):
    (link,) = [
        a.get("href") for a in counselor.get("/").all("a") if "contacts/new" in a.get("href", "")
    ]
    page = counselor.submit(link, link.split("?")[0])
    assert page.location == case
    form = counselor.get(link)
    (action,) = [f.get("action") for f in form.all("form") if "contacts" in f.get("action", "")]
    assert counselor.post(action, form.form(action.split("?")[0])).location == "/"
    log_elsewhere = counselor.get(case + "/contacts/new?from=https://example.org")
    assert "example.org" not in [a.get("href") for a in log_elsewhere.all("a")]


def test_a_contact_logged_by_mistake_is_taken_back_and_counts_nowhere(counselor, case, app):
    agreed = today() + timedelta(days=9)
    log(counselor, case, note="đúng người", next_on=str(agreed))
    log(counselor, case, note="nhầm người", again="none")
    link = correction(counselor, case)
    page = counselor.submit(link + "/take-back", link + "/take-back", reason="Ghi nhầm hồ sơ")
    assert page.status == 303
    assert next_on(app, case) == agreed
    words = counselor.get(case + "/contacts").words
    assert "Taken back (1)" in words
    assert "Ghi nhầm hồ sơ" in words
    assert "nhầm người" in words
    panel = counselor.get(case + "/contacts", headers={"HX-Request": "true", "HX-Target": "x"})
    assert "nhầm người" not in panel.words
    assert counselor.submit(link, link, note="sửa").status == 422
    assert counselor.submit(link + "/take-back", link + "/take-back", reason="nữa").status == 422


def test_nothing_is_taken_back_without_a_reason_or_on_an_old_page(counselor, case):
    log(counselor, case, note="còn đây")
    link = correction(counselor, case)
    opened = counselor.get(link + "/take-back")
    assert counselor.submit(opened, link + "/take-back", reason=" ").status == 422
    counselor.submit(link, link, note="sửa trước")
    assert counselor.submit(opened, link + "/take-back", reason="cũ").status == 409
    assert "Taken back" not in counselor.get(case + "/contacts").words


def test_a_panel_shows_the_newest_few_and_how_many_there_are(counselor, case):
    for number in range(5):
        log(counselor, case, note=f"lần {number}")
    panel = counselor.get(case + "/contacts", headers={"HX-Request": "true", "HX-Target": "x"})
    assert panel.words.count("lần ") == 3
    assert "All contacts: 5" in panel.words
