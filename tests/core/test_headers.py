"""The same headers on every answer: page, fragment, redirect, refusal, failure."""

from dataclasses import replace

import pytest

from casework.core.headers import content_security_policy

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}
SIGNED_IN = [
    ("GET", "/account", 200),
    ("GET", "/cases/00000000-0000-4000-8000-000000000000", 404),
    ("GET", "/nowhere", 404),
    ("GET", "/audit", 403),
    ("POST", "/account", 404),
    ("POST", "/sign-out", 400),
    ("GET", "/cases/", 404),
    ("HEAD", "/account", 200),
    ("OPTIONS", "/account", 200),
]


@pytest.fixture(scope="module")
def program(sqlite_program):
    sqlite_program.reset()
    return sqlite_program


def faults_of(answer) -> list[str]:
    found = [name for name, value in HEADERS.items() if answer.headers.get(name) != value]
    policy = answer.headers.get("Content-Security-Policy", "")
    if "default-src 'none'" not in policy or "unsafe" in policy:
        found.append("Content-Security-Policy")
    if not {"hx-request", "cookie"} <= {v.strip().lower() for v in answer.vary}:
        found.append("Vary")
    return found


@pytest.mark.parametrize("headers", [None, FRAGMENT], ids=["page", "fragment"])
@pytest.mark.parametrize(("method", "address", "status"), SIGNED_IN)
def test_every_answer_to_an_account_has_them(client_as, method, address, status, headers):
    answer = client_as("counselor").client.open(address, method=method, headers=headers)
    assert answer.status_code == status
    assert faults_of(answer) == []


@pytest.mark.parametrize("address", ["/sign-in", "/healthz", "/cases", "/nowhere", "/recover"])
def test_every_answer_to_a_stranger_has_them(visitor, address):
    assert faults_of(visitor.client.get(address)) == []
    assert faults_of(visitor.client.get(address, headers=FRAGMENT)) == []


def test_a_failure_of_the_program_has_them(client_as, monkeypatch):
    def break_down(*_args, **_kwargs):
        raise RuntimeError("Đào Thị Ngọc Ánh")

    monkeypatch.setattr("casework.organisation.accounts.routes.list_roles_in_force", break_down)
    for headers in (None, FRAGMENT):
        answer = client_as("counselor").client.get("/account", headers=headers)
        assert (answer.status_code, faults_of(answer)) == (500, [])
        assert "Đào" not in answer.get_data(as_text=True)


def test_static_files_may_be_kept_and_nothing_else(visitor):
    answer = visitor.client.get("/static/casework.css")
    assert "immutable" in answer.headers["Cache-Control"]
    assert visitor.client.get("/static/nothing.css").headers["Cache-Control"] == "no-store"


def test_signing_out_has_the_browser_forget(client_as):
    visitor = client_as("counselor")
    page = visitor.submit("/account", "/sign-out")
    assert page.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert visitor.get("/account").location.startswith("/sign-in")


def test_only_the_cdns_one_file_comes_from_elsewhere():
    assert "https:" not in content_security_policy("local")
    assert content_security_policy("cdn").count("https:") == 1


def test_cookies_are_for_the_server_alone(visitor, demo_password):
    page = visitor.submit("/sign-in", "/sign-in", username="counselor", password=demo_password)
    assert page.status == 303
    cookies = page.headers.getlist("Set-Cookie")
    assert cookies
    assert all("HttpOnly" in cookie and "SameSite=Lax" in cookie for cookie in cookies)


def test_behind_tls_the_cookie_belongs_to_the_host(app, visitor, monkeypatch, demo_password):
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], tls=True))
    page = visitor.submit("/sign-in", "/sign-in", username="counselor", password=demo_password)
    cookie = next(c for c in page.headers.getlist("Set-Cookie") if c.startswith("__Host-casework"))
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert "max-age=31536000" in page.headers["Strict-Transport-Security"]
