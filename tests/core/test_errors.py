"""Whatever fails: a plain sentence, a number, the text kept, no secrets, no text in the log."""

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError
from structlog.testing import capture_logs

from casework.core.errors import OutOfReach
from tests.conftest import Program

TYPED = "chữ không được mất <b>&amp;</b>"


@pytest.fixture
def program(sqlite_program: Program) -> Program:
    sqlite_program.reset()
    return sqlite_program


def fail_at(error: Exception):
    def fail(*_args, **_kwargs):
        raise error

    return fail


def fail_with(monkeypatch, error: Exception) -> None:
    monkeypatch.setattr("casework.confidential.contacts.routes.log_contact", fail_at(error))


def send(counselor, case, **values):
    address = case + "/contacts/new"
    form = {**counselor.get(address).form(address), "note": TYPED, **values}
    return counselor.client.post(address, data=form)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RuntimeError(TYPED), 500),
        (IntegrityError("INSERT", {}, Exception(TYPED)), 500),
        (OutOfReach(), 404),
        (MemoryError(), 500),
        (RecursionError(), 500),
        (UnicodeDecodeError("utf-8", b"", 0, 1, TYPED), 500),
    ],
)
def test_a_failure_keeps_the_text_and_tells_the_log_none_of_it(
    counselor, case, monkeypatch, error, status
):
    fail_with(monkeypatch, error)
    with capture_logs() as logged:
        answer = send(counselor, case)
    text = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert "chữ không được mất &lt;b&gt;&amp;amp;&lt;/b&gt;" in text
    assert "mất" not in str(logged)
    assert [type(error).__name__ in event["kind"] for event in logged] == [True] * (status == 500)


def test_the_number_on_the_page_is_the_number_in_the_log(counselor, case, monkeypatch):
    fail_with(monkeypatch, RuntimeError())
    with capture_logs() as logged:
        text = send(counselor, case).get_data(as_text=True)
    (event,) = logged
    assert len(event["reference"]) == 8
    assert f"<code>{event['reference']}</code>" in text


def test_passwords_and_codes_never_come_back(visitor, monkeypatch):
    def fail(*_args, **_kwargs):
        raise RuntimeError

    monkeypatch.setattr("casework.organisation.accounts.sessions.find_account", fail)
    form = visitor.get("/recover").form("/recover")
    secrets = {"code": "BÍ-MẬT-1", "new_password": "bèo dạt mây", "repeat": "bèo dạt mây"}
    secrets = {name: f"{value} trôi về đâu" for name, value in secrets.items()}
    answer = visitor.client.post("/recover", data={**form, "username": "ai đó", **secrets})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 500
    assert "ai đó" in text
    assert not [value for value in secrets.values() if value in text]


def test_a_form_opened_too_long_ago_can_be_sent_again(counselor, case):
    answer = send(counselor, case, csrf_token="of yesterday")
    assert answer.status_code == 400
    assert "chữ không được mất" in answer.get_data(as_text=True)
    assert "Send again" in answer.get_data(as_text=True)


def test_sent_again_it_is_the_same_form_still(counselor, case):
    """Pressed twice it is done once, and it does not claim that somebody else saved."""
    again = refused(counselor, case + "/contacts/new", note=TYPED)
    assert again["note"] == TYPED
    answers = [counselor.post(case + "/contacts/new", again) for _ in range(2)]
    assert [answer.location for answer in answers] == [case, case]
    assert counselor.get(case + "/contacts").words.count(TYPED) == 1
    again = refused(counselor, case + "/identity", alias="Tư Sáng")
    assert counselor.post(case + "/identity", again).status == 303


def refused(visitor, address: str, **typed) -> dict[str, str]:
    """The form on the page that says a form was opened too long ago."""
    form = {**visitor.get(address).form(address), **typed, "csrf_token": "of yesterday"}
    answer = visitor.post(address, form)
    assert answer.status == 400
    return answer.form(address)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
def test_a_wrong_method_or_address_is_not_found(counselor, method):
    for address in ("/nowhere", "/account", "/cases/not-an-id", "/cases/new/"):
        answer = counselor.client.open(address, method=method)
        allowed = (address, method) == ("/account", "GET")
        assert answer.status_code in ((200,) if allowed else (400, 404)), address


def test_more_than_the_program_takes(counselor, case):
    answer = counselor.client.post(case + "/contacts/new", data={"note": "x" * 7_000_000})
    assert answer.status_code == 413
    assert "Too long" in answer.get_data(as_text=True)


def test_more_fields_than_the_program_takes(counselor, case):
    data = {f"field{number}": "a" for number in range(2100)}
    answer = counselor.client.post(
        case + "/contacts/new", data=data, content_type="multipart/form-data"
    )
    assert answer.status_code == 413
    assert "Too long" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "multipart/form-data", "text/plain", "multipart/form-data; boundary=x"],
)
def test_a_body_that_is_no_form_is_refused(counselor, case, content_type):
    answer = counselor.client.post(
        case + "/contacts/new", data=b"\xff\x00{--x", content_type=content_type
    )
    assert answer.status_code in (400, 413)


@pytest.mark.parametrize(("opening", "title"), [(True, "Busy"), (False, "Not saved")])
def test_a_busy_database_is_said_in_words_that_fit(counselor, case, monkeypatch, opening, title):
    """Whoever only wanted to read has typed nothing and saved nothing."""
    error = OperationalError("BEGIN", {}, Exception("database is locked"))
    fail_with(monkeypatch, error)
    monkeypatch.setattr("casework.confidential.cases.routes.find_person", fail_at(error))
    answer = counselor.client.get(case) if opening else send(counselor, case)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 503
    assert f"<h1>{title}</h1>" in text
    assert ("stands below" in text) is not opening
