"""What is being typed survives a timeout, a lost signal, a closed browser; nobody else reads it."""

from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import func, select

from casework.confidential.contacts.models import Contact
from casework.core.audit import AuditEntry
from casework.core.clock import now
from casework.core.database import db
from casework.core.operations import Operation
from casework.organisation.accounts.models import AccountSession
from casework.vault import drafts
from casework.vault.drafts import KeptForm
from tests.confidential.test_cases import open_case

OFFER = "You began to write here"


@pytest.fixture
def counselor(client_as):
    return client_as("counselor")


@pytest.fixture
def case(counselor):
    return open_case(counselor)


@pytest.fixture
def address(case):
    return case + "/contacts/new"


def typing(visitor, page, action, **values):
    """What the page sends while somebody types."""
    return visitor.post("/drafts", {**page.form(action), **values})


def begin(visitor, address, **values):
    """Open a form and type into it, without saving."""
    return typing(visitor, visitor.get(address), address, **values)


def offered(page):
    """Where the offers of a page lead."""
    links = [a.get("href") for a in page.all("a") if "?kept=" in (a.get("href") or "")]
    assert (OFFER in page.words) == bool(links)
    return links


def count(app, kind):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(kind))


def test_a_draft_is_offered_with_its_time_and_used(client_as, address):
    text = "viết dở <b>🌻</b>\ndòng hai"
    with time_machine.travel(now().replace(hour=3, minute=32), tick=False):
        counselor = client_as("counselor")
        answer = begin(counselor, address, note=text, kind="home")
        assert (answer.status, answer.text) == (200, "Draft saved 10:32")
        page = counselor.get(address)
        assert page.form(address)["note"] == "", "never put into the form unasked"
        assert "10:32" in page.words
        (link,) = offered(page)
        used = counselor.get(link)
        assert used.form(address)["note"] == text
        assert used.form(address)["kind"] == "home"
        assert OFFER not in used.words
        assert "It is not saved yet" in used.words


def test_a_draft_is_forgotten_when_its_form_is_saved(counselor, address, app):
    begin(counselor, address, note="một")
    (link,) = offered(counselor.get(address))
    assert counselor.submit(link, address).status == 303
    assert (count(app, Contact), count(app, KeptForm)) == (1, 0)
    assert offered(counselor.get(address)) == []


def test_a_refused_form_keeps_its_draft(counselor, address):
    page = counselor.get(address)
    typing(counselor, page, address, note="một")
    assert counselor.submit(page, address, note="một", on="").status == 422
    assert len(offered(counselor.get(address))) == 1


def test_a_form_given_back_with_one_more_row_keeps_its_draft(counselor, case):
    address = case + "/plans/new"
    page = counselor.get(address)
    typing(counselor, page, address, summary="dở dang")
    assert counselor.submit(page, address, summary="dở dang", add_goal="1").status < 300
    (link,) = offered(counselor.get(address))
    assert counselor.get(link).form(address)["summary"] == "dở dang"


def test_a_draft_that_arrives_after_its_form_was_saved_is_not_kept(counselor, address, app):
    page = counselor.get(address)
    assert counselor.submit(page, address, note="một").status == 303
    typing(counselor, page, address, note="một")
    assert count(app, KeptForm) == 0


def test_a_draft_that_crossed_with_its_form_is_not_offered(counselor, address, app, monkeypatch):
    """It was written just when the form was carried out."""
    page = counselor.get(address)
    assert counselor.submit(page, address, note="một").status == 303
    with app.test_request_context():
        fields = list(page.form(address).items())
        account = app_account(app, counselor)
        monkeypatch.setattr(drafts, "is_carried_out", lambda *_: False)
        assert drafts.keep(account, address, [*fields, ("note", "một")])
        monkeypatch.undo()
    assert count(app, KeptForm) == 1
    assert offered(counselor.get(address)) == []


def test_used_twice_a_draft_makes_one_record(counselor, address, app):
    """The draft is the same form still: in two tabs, or after the answer was lost on its way."""
    begin(counselor, address, note="một lần")
    (link,) = offered(counselor.get(address))
    first, second = counselor.get(link), counselor.get(link)
    answers = {counselor.submit(page, address).location for page in (first, second)}
    assert len(answers) == 1
    assert count(app, Contact) == 1


def test_typing_on_replaces_the_draft_and_another_opening_has_its_own(counselor, address, app):
    page = counselor.get(address)
    for text in ("a", "ab", "abc"):
        typing(counselor, page, address, note=text)
    assert count(app, KeptForm) == 1
    begin(counselor, address, note="khác")
    links = offered(counselor.get(address))
    assert [counselor.get(link).form(address)["note"] for link in links] == ["khác", "abc"]


def test_it_is_thrown_away(counselor, address, app):
    begin(counselor, address, note="bỏ đi")
    page = counselor.get(address)
    assert counselor.submit(page, "/drafts/discard").location.rstrip("?") == address
    assert count(app, KeptForm) == 0
    assert offered(counselor.get(address)) == []


@pytest.mark.parametrize("draft", ["", "x", "00000000-0000-4000-8000-000000000000"])
def test_throwing_away_what_is_not_there_is_no_fault(counselor, address, draft):
    begin(counselor, address, note="giữ")
    sent = {**counselor.get(address).form("/drafts/discard"), "draft": draft}
    answer = counselor.post("/drafts/discard", {**sent, "back": "//evil.example"})
    assert answer.location == "/"
    assert len(offered(counselor.get(address))) == 1


def test_a_draft_older_than_the_record_is_shown_beside_it(counselor, address, case):
    counselor.submit(address, address, note="đầu")
    link = edit_link(counselor, case)
    mine = counselor.get(link)
    typing(counselor, mine, link, note="bản nháp của tôi")
    counselor.submit(counselor.get(link), link, note="đã lưu sau đó")
    page = counselor.get(link)
    assert page.form(link)["note"] == "đã lưu sau đó"
    (draft,) = offered(page)
    both = counselor.get(draft)
    assert "older than the record" in both.words
    assert both.form(link)["note"] == "bản nháp của tôi"
    assert "Saved now: đã lưu sau đó" in both.words
    assert counselor.submit(both, link).status == 303, "both texts were seen"


def test_a_draft_and_a_record_saved_after_both_were_shown(counselor, address, case):
    counselor.submit(address, address, note="đầu")
    link = edit_link(counselor, case)
    begin(counselor, link, note="nháp")
    counselor.submit(link, link, note="lần hai")
    both = counselor.get(offered(counselor.get(link))[0])
    counselor.submit(counselor.get(link), link, note="lần ba")
    page = counselor.submit(both, link)
    assert page.status == 409
    assert "lần ba" in page.words and page.form(link)["note"] == "nháp"


def test_what_a_colleague_may_not_read_is_not_shown_beside_a_draft(
    counselor, case, address, client_as, cast
):
    """Not even beside a draft that was made up."""
    counselor.submit(address, address, note="chung", closed_note="chỉ mình tôi")
    link = edit_link(counselor, case)
    handover = case + "/assignment"
    client_as("coordinator").submit(handover, handover, counselor=str(cast.accounts["counselor2"]))
    other = client_as("counselor2")
    page = other.get(link)
    typing(other, page, link, note="nháp", closed_note="đoán", version="0")
    both = other.get(offered(other.get(link))[0])
    assert "older than the record" in both.words
    assert "chỉ mình tôi" not in both.text


def test_nobody_else_sees_or_opens_it(counselor, address, client_as, cast, case, app):
    begin(counselor, address, note="riêng của tôi")
    (link,) = offered(counselor.get(address))
    coordinator = client_as("coordinator")
    coordinator.submit(
        case + "/assignment", case + "/assignment", counselor=str(cast.accounts["counselor2"])
    )
    other = client_as("counselor2")
    assert offered(other.get(address)) == []
    assert "riêng của tôi" not in other.get(link).text
    token = other.get("/account").form("/sign-out")["csrf_token"]
    draft = link.partition("?kept=")[2]
    other.post("/drafts/discard", {"csrf_token": token, "draft": draft, "back": "/"})
    assert count(app, KeptForm) == 1, "nor throws it away"


def test_an_id_of_somebody_elses_form_keeps_nothing(counselor, address, client_as, app):
    page = counselor.get(address)
    typing(counselor, page, address, note="của tôi")
    other = client_as("counselor2")
    made_up = page.form(address)["operation"]
    answer = begin(other, "/cases/new", name="của họ", operation=made_up)
    assert (answer.status, answer.text) == (200, "")
    assert counselor.get(offered(counselor.get(address))[0]).form(address)["note"] == "của tôi"


def test_no_row_holds_text_in_clear(counselor, address, app):
    begin(counselor, address, note="bí mật " * 10)
    with app.app_context():
        kept = db.session.scalars(select(KeptForm)).one()
        assert "bí mật".encode() not in kept.sealed
        assert kept.address == address
        short = len(kept.sealed)
    begin(counselor, address, note="b")
    with app.app_context():
        assert {len(kept.sealed) for kept in db.session.scalars(select(KeptForm))} == {short}


def test_a_page_of_the_last_account_saves_nothing_under_the_next(counselor, address, app, cast):
    """A shared computer: signed out in one tab, somebody else signs in, the old page is open."""
    page = counselor.get(address)
    counselor.submit("/account", "/sign-out")
    sign_in = {"username": "counselor2", "password": "chiếc thuyền ngoài xa"}
    assert counselor.submit("/sign-in", "/sign-in", **sign_in).status == 303
    assert typing(counselor, page, address, note="của người trước").status == 400
    assert count(app, KeptForm) == 0


def test_a_session_that_ends_meanwhile_keeps_the_draft(counselor, address, client_as):
    page = counselor.get(address)
    with time_machine.travel(now() + timedelta(minutes=16)):
        fields = {**page.form(address), "note": "viết tiếp"}
        answer = counselor.post("/drafts", fields, headers={"HX-Request": "true"})
        assert answer.status == 401
        (link,) = offered(client_as("counselor").get(address))
        assert client_as("counselor").get(link).form(address)["note"] == "viết tiếp"
        assert offered(client_as("counselor2").get("/cases/new")) == []


def test_an_expired_form_comes_back_with_the_version_it_was_opened_on(
    counselor, address, case, client_as
):
    """It was refused for its sign-in; meanwhile somebody else saved: never over newer text."""
    counselor.submit(address, address, note="đầu")
    link = edit_link(counselor, case)
    mine = counselor.get(link)
    counselor.submit(link, link, note="mới hơn")
    with time_machine.travel(now() + timedelta(minutes=16)):
        assert "/sign-in" in counselor.submit(mine, link, note="cũ").location
        page = client_as("counselor").get(link + "?kept=1")
        assert page.form(link)["note"] == "cũ"
        assert "Saved now: mới hơn" in page.words


def test_saving_a_draft_is_no_sign_of_life(counselor, address, app):
    page = counselor.get(address)
    operations = count(app, Operation)
    for minutes in (5, 10, 14):
        with time_machine.travel(now() + timedelta(minutes=minutes)):
            assert typing(counselor, page, address, note=f"{minutes}").status == 200
    with time_machine.travel(now() + timedelta(minutes=15, seconds=5)):
        assert counselor.get(address).status == 303, "idle all the same"
    assert count(app, Operation) == operations


def test_a_draft_changes_nothing_else(counselor, address, app):
    page = counselor.get(address)
    rows, contacts = count(app, AuditEntry), count(app, Contact)
    typing(counselor, page, address, note="nháp")
    assert (count(app, AuditEntry), count(app, Contact)) == (rows, contacts)


def test_sizes_are_bounded(counselor, address, app, monkeypatch):
    answer = begin(counselor, address, note="x" * (drafts.LARGEST + 1))
    assert answer.status == 422
    assert "too long for a draft" in answer.text
    assert count(app, KeptForm) == 0
    monkeypatch.setattr(drafts, "MOST", 3)
    for number in range(5):
        begin(counselor, address, note=f"số {number}")
    assert count(app, KeptForm) == 3
    notes = [counselor.get(link).form(address)["note"] for link in offered(counselor.get(address))]
    assert notes == ["số 4", "số 3", "số 2"]


def test_after_a_week_a_draft_is_gone(counselor, address, app, client_as):
    begin(counselor, address, note="cũ")
    with time_machine.travel(now() + timedelta(days=7, minutes=1)):
        later = client_as("counselor")
        assert offered(later.get(address)) == []
        begin(later, "/cases/new", name="mới")
    assert count(app, KeptForm) == 1


def test_what_was_tampered_with_is_not_offered(counselor, address, app):
    begin(counselor, address, note="nguyên")
    with app.app_context():
        kept = db.session.scalars(select(KeptForm)).one()
        kept.sealed = kept.sealed[:-1] + bytes([kept.sealed[-1] ^ 1])
        db.session.commit()
    assert offered(counselor.get(address)) == []


def edit_link(visitor, case):
    (link,) = [
        a.get("href")
        for a in visitor.get(case + "/contacts").all("a")
        if "/contacts/" in a.get("href", "") and "new" not in a.get("href")
    ]
    return link


def app_account(app, visitor) -> UUID:
    """The account that is signed in last."""
    query = select(AccountSession.account_id).order_by(AccountSession.started_at.desc()).limit(1)
    return db.session.scalars(query).one()
