"""Signing in: what a stranger can find out, what a thief can do, and when a session ends."""

from datetime import datetime, timedelta

import pyotp
import pytest
import time_machine
from flask import g
from sqlalchemy import select

from casework.core.audit import AuditEntry
from casework.core.clock import VIETNAM, now
from casework.core.database import db
from casework.organisation.accounts import sessions
from casework.organisation.accounts.models import Account, AccountSession
from casework.vault import locks
from casework.vault.drafts import KeptForm
from tests.cast import PASSWORD
from tests.page import Visitor

NOON = datetime(2026, 10, 15, 12, tzinfo=VIETNAM)
NEW = "bông lúa trĩu hạt cúi đầu"


def sign_in(visitor, username="counselor", password=PASSWORD, address="127.0.0.1", **values):
    page = visitor.get("/sign-in")
    fields = {**page.form("/sign-in"), "username": username, "password": password, **values}
    return visitor.post("/sign-in", fields, environ_base={"REMOTE_ADDR": address})


def another(app):
    return Visitor(app.test_client())


def totp_on(app, cast, username="counselor", key=None):
    key = key or pyotp.random_base32()
    with app.app_context():
        account = db.session.get_one(Account, cast.accounts[username])
        sessions.seal_totp(account, cast.secrets[username], key)
        db.session.commit()
    return pyotp.TOTP(key)


def actions(app):
    with app.app_context():
        return [
            (row.action, row.outcome)
            for row in db.session.scalars(select(AuditEntry).order_by(AuditEntry.position))
        ]


def test_the_right_password_opens_the_program(app, visitor):
    answer = sign_in(visitor)
    assert (answer.status, answer.location) == (303, "/")
    assert visitor.get("/account").status == 200
    assert ("account.sign_in", "done") in actions(app)


def test_a_wrong_password_and_an_unknown_name_look_alike(app, visitor):
    wrong = sign_in(visitor, password="không phải mật khẩu này")
    unknown = sign_in(visitor, username="nobody.here")
    assert wrong.status == unknown.status == 422
    assert "do not open an account" in wrong.words
    assert wrong.words == unknown.words
    assert visitor.get("/account").location.startswith("/sign-in")
    assert actions(app)[-2:] == [("account.sign_in", "refused")] * 2


def test_a_wrong_password_and_an_unknown_name_cost_the_same(visitor, monkeypatch):
    stretched = []
    real = locks.hash_secret_raw
    monkeypatch.setattr(
        locks, "hash_secret_raw", lambda *args, **kw: stretched.append(kw) or real(*args, **kw)
    )
    sign_in(visitor, password="không phải mật khẩu này")
    sign_in(visitor, username="nobody.here")
    assert len(stretched) == 2 and stretched[0] == stretched[1]


def test_the_password_is_never_sent_back(visitor):
    assert "bí mật của riêng tôi" not in sign_in(visitor, password="bí mật của riêng tôi").text


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("", ""), ("counselor", ""), ("x" * 10_000, "y" * 10_000), ("a\x00b", "c\x00d"),
        ("😀" * 50, "😀" * 50), ("' OR 1=1 --", "' OR 1=1 --"), ("\uff43ounselor", PASSWORD),
    ],
)  # fmt: skip
def test_odd_names_and_passwords_are_refused_in_words(visitor, username, password):
    assert sign_in(visitor, username, password).status == 422


def test_five_failures_close_the_door_for_that_pair_only(app, visitor):
    for _ in range(5):
        assert sign_in(visitor, password="sai mật khẩu rồi đó").status == 422
    assert sign_in(visitor).status == 429
    assert sign_in(another(app), address="10.0.0.9").status == 303
    assert sign_in(visitor, username="counselor2").status == 303


def test_a_stranger_elsewhere_locks_nobody_out_who_signed_in_here(app, visitor):
    assert sign_in(visitor).status == 303
    for last in range(50):
        sign_in(another(app), password="sai mật khẩu rồi đó", address=f"10.1.0.{last}")
    assert sign_in(another(app), address="10.2.0.1").status == 429
    assert sign_in(another(app)).status == 303


def test_a_neighbour_at_the_same_address_locks_nobody_out_who_signed_in_here(app, visitor):
    """A whole office stands behind one address."""
    assert sign_in(visitor).status == 303
    for number in range(60):
        sign_in(another(app), username=f"nobody{number}", password="sai mật khẩu rồi đó")
    assert sign_in(another(app), username="counselor2").status == 429
    assert sign_in(another(app)).status == 303


def test_the_door_opens_again_after_a_quarter_of_an_hour(app):
    with time_machine.travel(NOON, tick=False) as clock:
        visitor = another(app)
        for _ in range(5):
            sign_in(visitor, password="sai mật khẩu rồi đó")
        assert sign_in(visitor).status == 429
        clock.shift(timedelta(minutes=15, seconds=1))
        assert sign_in(visitor).status == 303


def test_a_success_forgives_failures(visitor):
    for _ in range(4):
        sign_in(visitor, password="sai mật khẩu rồi đó")
    assert sign_in(visitor).status == 303
    visitor.submit("/account", "/sign-out")
    for _ in range(4):
        assert sign_in(visitor, password="sai mật khẩu rồi đó").status == 422


def test_a_new_token_at_every_sign_in_and_the_old_session_ends(app, visitor):
    sign_in(visitor)
    first = visitor.client.get_cookie("casework").value
    page = visitor.get("/account")
    data = {
        "username": "counselor",
        "password": PASSWORD,
        "csrf_token": page.form("/sign-out")["csrf_token"],
    }
    assert visitor.post("/sign-in", data).status == 303
    assert visitor.client.get_cookie("casework").value != first
    thief = another(app)
    thief.client.set_cookie("casework", first)
    assert thief.get("/account").status == 303


def test_a_token_brought_along_is_never_taken_over(visitor):
    visitor.client.set_cookie("casework", "chosen-by-an-attacker")
    sign_in(visitor)
    assert visitor.client.get_cookie("casework").value != "chosen-by-an-attacker"


def test_the_database_holds_no_token(app, visitor):
    sign_in(visitor)
    token = visitor.client.get_cookie("casework").value
    with app.app_context():
        row = db.session.scalars(select(AccountSession)).one()
        assert token.encode() not in row.token_digest and token.encode() not in row.sealed_secret


def test_the_cookie_is_out_of_reach_of_scripts(visitor):
    sign_in(visitor)
    cookie = visitor.client.get_cookie("casework")
    assert cookie.http_only and cookie.same_site == "Lax" and cookie.max_age is None


def test_signing_out_ends_the_session_and_clears_the_browser(app, visitor):
    sign_in(visitor)
    token = visitor.client.get_cookie("casework").value
    answer = visitor.submit("/account", "/sign-out")
    assert answer.status == 303
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert visitor.client.get_cookie("casework") is None
    thief = another(app)
    thief.client.set_cookie("casework", token)
    assert thief.get("/account").status == 303
    with app.app_context():
        assert db.session.scalars(select(AccountSession)).one().sealed_secret is None


def test_idle_for_a_quarter_of_an_hour(client_as):
    with time_machine.travel(NOON, tick=False) as clock:
        visitor = client_as("counselor")
        for _ in range(4):
            clock.shift(timedelta(minutes=14))
            assert visitor.get("/account").status == 200
        clock.shift(timedelta(minutes=15, seconds=1))
        assert visitor.get("/account").location == "/sign-in?next=/account"


def test_eight_hours_are_enough(client_as):
    with time_machine.travel(NOON, tick=False) as clock:
        visitor = client_as("counselor")
        for _ in range(48):
            clock.shift(timedelta(minutes=10))
            assert visitor.get("/account").status == 200
        clock.shift(timedelta(minutes=1))
        assert visitor.get("/account").status == 303


def test_the_next_sign_in_forgets_the_key_of_an_expired_session(app, client_as):
    with time_machine.travel(NOON, tick=False) as clock:
        left_open = client_as("counselor")
        clock.shift(timedelta(minutes=16))
        sign_in(another(app))
        with app.app_context():
            rows = db.session.scalars(select(AccountSession).order_by(AccountSession.started_at))
            assert [row.sealed_secret is None for row in rows] == [True, False]
        assert left_open.get("/account").status == 303


def test_an_expired_fragment_leads_to_the_sign_in_page(client_as):
    with time_machine.travel(NOON, tick=False) as clock:
        visitor = client_as("counselor")
        clock.shift(timedelta(minutes=16))
        answer = visitor.get("/account", headers={"HX-Request": "true", "HX-Target": "main"})
        assert (answer.status, answer.headers["HX-Redirect"]) == (401, "/sign-in?next=/account")


def test_a_disabled_account_is_out_at_the_very_next_request(app, client_as, cast):
    visitor, admin = client_as("counselor"), client_as("admin")
    assert visitor.get("/account").status == 200
    page = f"/admin/accounts/{cast.accounts['counselor']}"
    assert admin.submit(page, f"{page}/disable").status == 303
    assert visitor.get("/account").status == 303
    assert sign_in(another(app)).status == 422
    assert admin.submit(page, f"{page}/enable").status == 303
    assert visitor.get("/account").status == 303, "an ended session does not come back"
    assert sign_in(another(app)).status == 303


def test_a_tampered_session_row_is_no_session(app, client_as):
    visitor = client_as("counselor")
    with app.app_context():
        row = db.session.scalars(select(AccountSession)).one()
        row.sealed_secret = row.sealed_secret[:-1] + bytes([row.sealed_secret[-1] ^ 1])
        db.session.commit()
    assert visitor.get("/account").status == 303


def test_one_time_codes_are_asked_for_and_work_once(app, cast):
    totp = totp_on(app, cast)
    with time_machine.travel(NOON, tick=False):
        visitor = another(app)
        answer = sign_in(visitor)
        assert answer.location == "/sign-in/code?next=/"
        assert visitor.get("/account").status == 303, "half signed in opens nothing"
        page = visitor.follow(answer)
        assert visitor.submit(page, "/sign-in/code", code="000000").status == 422
        code = totp.at(NOON)
        assert visitor.submit("/sign-in/code", "/sign-in/code", code=code).location == "/"
        assert visitor.get("/account").status == 200
        second = another(app)
        sign_in(second)
        assert second.submit("/sign-in/code", "/sign-in/code", code=code).status == 422


def test_code_and_password_in_one_post(app, cast):
    totp = totp_on(app, cast)
    with time_machine.travel(NOON, tick=False):
        visitor = another(app)
        assert sign_in(visitor, code=totp.at(NOON)).location == "/"
        assert visitor.get("/account").status == 200


@pytest.mark.parametrize("code", ["", "é" * 6, "\uff11" * 6, "12345", "😀", "x" * 41, "00000\x00"])
def test_odd_codes_are_refused_in_words(app, cast, code):
    totp_on(app, cast)
    visitor = another(app)
    sign_in(visitor)
    assert visitor.submit("/sign-in/code", "/sign-in/code", code=code).status == 422


def test_knowing_the_password_does_not_allow_guessing_codes_without_end(app, cast):
    totp_on(app, cast)
    visitor, tries = another(app), 0
    for _ in range(4):
        if sign_in(visitor).status == 429:
            break
        for _ in range(3):
            tries += visitor.submit("/sign-in/code", "/sign-in/code", code="000000").status == 422
    assert tries <= 5


def test_a_recovery_code_stands_in_for_a_lost_phone_once(app, cast, client_as):
    codes = make_codes(client_as("counselor"))
    totp_on(app, cast)
    for expected in (303, 422):
        visitor = another(app)
        sign_in(visitor)
        assert visitor.submit("/sign-in/code", "/sign-in/code", code=codes[0]).status == expected


def test_one_time_codes_are_set_up_with_a_first_code(client_as):
    visitor = client_as("counselor")
    with time_machine.travel(NOON, tick=False):
        visitor = client_as("counselor")
        page = visitor.get("/account/totp")
        key = page.form("/account/totp")["key"]
        assert page.one("img").get("src").startswith("data:image/svg+xml")
        code = pyotp.TOTP(key).at(NOON)
        wrong = visitor.submit(page, "/account/totp", code=code, password="không phải")
        assert wrong.status == 422, "whoever finds a signed-in browser can't lock its owner out"
        wrong = visitor.submit(page, "/account/totp", code="000000", password=PASSWORD)
        assert wrong.status == 422 and wrong.form("/account/totp")["key"] == key
        right = visitor.submit(wrong, "/account/totp", code=code, password=PASSWORD)
        assert visitor.follow(right).form("/account/totp/off")
        wrong = visitor.submit("/account", "/account/totp/off", password="sai rồi")
        assert wrong.status == 422
        right = visitor.submit(wrong, "/account/totp/off", password=PASSWORD)
        assert "Set one-time codes up" in visitor.follow(right).words


@pytest.mark.parametrize("key", ["", "not base32!", "A" * 31, "1" * 32, "A" * 50_000])
def test_a_key_of_ones_own_making_is_refused(client_as, key):
    visitor = client_as("counselor")
    answer = visitor.submit("/account/totp", "/account/totp", key=key, code="000000")
    assert answer.status == 422
    assert len(answer.form("/account/totp")["key"]) == 32


def make_codes(visitor):
    page = visitor.submit("/account", "/account/recovery-codes", password=PASSWORD)
    assert page.status == 200
    codes = ["".join(code.itertext()) for code in page.all("code")]
    assert len(set(codes)) == 10
    return codes


def recover(visitor, code, password=NEW, username="counselor"):
    values = {"username": username, "code": code, "new_password": password, "repeat": password}
    return visitor.submit("/recover", "/recover", **values)


def test_a_recovery_code_takes_a_new_password_and_loses_nothing(app, cast, client_as):
    inside = client_as("counselor")
    codes = make_codes(inside)
    visitor = another(app)
    assert recover(visitor, codes[3].lower()).location == "/sign-in"
    assert inside.get("/account").status == 303, "sessions from before have ended"
    assert sign_in(another(app)).status == 422
    assert sign_in(another(app), password=NEW).status == 303
    assert recover(another(app), codes[3]).status == 422, "a code works once"
    with app.app_context():
        pepper = app.config["SETTINGS"].pepper
        opened = locks.open_with_password(cast.accounts["counselor"], NEW, pepper)
        assert opened == cast.secrets["counselor"]


def test_codes_of_others_and_unknown_names_open_nothing(app, client_as):
    codes = make_codes(client_as("counselor"))
    for username in ("counselor2", "nobody.here"):
        answer = recover(another(app), codes[0], username=username)
        assert answer.status == 422
        assert "do not open an account" in answer.words


def test_new_codes_replace_the_old(app, client_as):
    visitor = client_as("counselor")
    old = make_codes(visitor)
    make_codes(visitor)
    assert recover(another(app), old[0]).status == 422


def test_guessing_recovery_codes_is_slowed_down(app, visitor):
    for _ in range(5):
        assert recover(visitor, "AAAAA-AAAAA-AAAAA-AAAAA").status == 422
    assert recover(visitor, "AAAAA-AAAAA-AAAAA-AAAAA").status == 429


def change(visitor, old=PASSWORD, new=NEW, repeat=None):
    values = {"password": old, "new_password": new, "repeat": repeat or new}
    return visitor.submit("/account/password", "/account/password", **values)


def test_a_changed_password_seals_the_same_key(app, cast, client_as):
    visitor, elsewhere = client_as("counselor"), client_as("counselor")
    assert change(visitor).location == "/account"
    assert visitor.get("/account").status == 200
    assert elsewhere.get("/account").status == 303, "other browsers are signed out"
    with app.app_context():
        pepper, holder = app.config["SETTINGS"].pepper, cast.accounts["counselor"]
        assert locks.open_with_password(holder, NEW, pepper) == cast.secrets["counselor"]
        assert locks.open_with_password(holder, PASSWORD, pepper) is None
        assert locks.open_with_password(holder, NEW, b"another pepper") is None


@pytest.mark.parametrize(
    ("old", "new", "repeat"),
    [
        ("sai rồi", NEW, NEW),
        (PASSWORD, "ngắn quá", "ngắn quá"),
        (PASSWORD, "password1234", "password1234"),
        (PASSWORD, "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa"),
        (PASSWORD, "counselor2026!", "counselor2026!"),
        (PASSWORD, NEW, NEW + "x"),
        (PASSWORD, "x" * 1001, "x" * 1001),
    ],
)
def test_a_bad_new_password_is_refused(app, client_as, old, new, repeat):
    assert change(client_as("counselor"), old, new, repeat).status == 422
    assert sign_in(another(app)).status == 303


def test_text_sealed_before_stays_readable_after_a_password_change(app, client_as):
    """A text kept from an expired form is sealed to the account's key, like everything else."""
    kept = keep_a_text(app, client_as)
    visitor = client_as("counselor")
    change(visitor)
    assert kept_text(app, visitor) == kept


def test_a_reset_loses_what_was_sealed(app, cast, client_as):
    keep_a_text(app, client_as)
    admin, page = client_as("admin"), f"/admin/accounts/{cast.accounts['counselor']}/reset"
    assert admin.submit(page, page).status == 422, "not before it is understood"
    answer = admin.submit(page, page, understood="y")
    assert answer.status == 200
    temporary = "".join(answer.all("code")[1].itertext())
    visitor = another(app)
    assert sign_in(visitor, password=temporary).status == 303
    assert visitor.get("/units").location == "/account/password", "first of all a new password"
    same = {"password": temporary, "new_password": temporary, "repeat": temporary}
    answer = visitor.submit("/account/password", "/account/password", **same)
    assert answer.status == 422, "whoever made it knows it"
    change(visitor, temporary)
    assert visitor.get("/units").status == 200
    assert kept_text(app, visitor) is None


def keep_a_text(app, client_as):
    # Today: what is kept goes after a week.
    with time_machine.travel(now(), tick=False) as clock:
        visitor = client_as("counselor")
        fields = visitor.get("/account/password").form("/account/password")
        clock.shift(timedelta(minutes=16))
        assert visitor.post("/account/password", {**fields, "note": "giữ lại"}).status == 303
    with app.app_context():
        assert db.session.scalars(select(KeptForm)).one().address == "/account/password"
    return "giữ lại"


def kept_text(app, visitor):
    with app.test_request_context("/account/password?kept=1", headers={"Cookie": cookie(visitor)}):
        app.preprocess_request()
        kept = g.get("kept_text")
        return kept["note"] if kept else None


def cookie(visitor):
    return f"casework={visitor.client.get_cookie('casework').value}"


@pytest.mark.parametrize(
    "after",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example",
     "javascript:alert(1)", "/\tevil", "/%0d%0aSet-Cookie:x=1\r\n", "evil", "",
     "/ok/../..//evil", "///evil.example"],
)  # fmt: skip
def test_signing_in_never_leads_elsewhere(visitor, after):
    page = visitor.get("/sign-in", query_string={"next": after})
    inside = page.form("/sign-in")["next"]
    assert inside.startswith("/") and not inside.startswith("//") and "\\" not in inside
    location = sign_in(visitor, next=after).location
    assert location.startswith("/") and not location.startswith(("//", "/\\"))
    assert "\r" not in location and "\n" not in location


def test_signing_in_leads_where_one_wanted_to_go(visitor):
    answer = visitor.get("/units")
    assert answer.location == "/sign-in?next=/units"
    page = visitor.follow(answer)
    values = {"username": "counselor", "password": PASSWORD}
    assert visitor.submit(page, "/sign-in", **values).location == "/units?kept=1"


HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/sign-in", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/account", 303),
        ("PUT", "/sign-in", 404),
        ("POST", "/sign-in", 400),
        ("GET", "/static/casework.css", 200),
        ("GET", "/static/nothing.css", 404),
        ("GET", "/healthz", 200),
    ],
)
def test_every_answer_carries_every_header(visitor, method, address, status):
    answer = visitor.client.open(address, method=method, buffered=True)
    assert answer.status_code == status
    check_headers(answer.headers, kept=(address, status) == ("/static/casework.css", 200))


def test_refused_forms_and_fragments_carry_every_header(visitor, client_as):
    check_headers(sign_in(visitor, password="sai rồi").headers)
    fragment = client_as("counselor").get("/account", headers={"HX-Request": "true"})
    check_headers(fragment.headers)


def check_headers(headers, *, kept=False):
    for name, value in HEADERS.items():
        assert headers[name] == value
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    if kept:
        assert "immutable" in headers["Cache-Control"]
    else:
        assert headers["Cache-Control"] == "no-store"
        assert {"HX-Request", "Cookie"} <= set(headers["Vary"].split(", "))


def test_the_language_is_switched_and_kept(visitor):
    page = visitor.get("/sign-in")
    assert page.one("html").get("lang") == "en"
    answer = visitor.submit(page, "/language", language="vi")
    assert answer.location == "/sign-in"
    assert visitor.get("/sign-in").one("html").get("lang") == "vi"
    visitor.submit("/sign-in", "/language", language="tlh")
    assert visitor.get("/sign-in").one("html").get("lang") == "vi"
    assert (
        visitor.submit("/sign-in", "/language", language="en", next="//evil.example").location
        == "/"
    )


def test_a_form_without_its_token_is_refused(visitor):
    assert visitor.post("/sign-in", {"username": "counselor", "password": PASSWORD}).status == 400
