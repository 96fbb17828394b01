"""Signing in and out, and the own account.

The administrator's pages of accounts stand in `administration`.
"""

from uuid import UUID

import pyotp
import segno
from flask import (
    Blueprint,
    current_app,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from casework.authz.enforce import Access, public, requires
from casework.authz.permissions import Permission
from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.htmx import render
from casework.core.i18n import local_path
from casework.core.navigation import first_page
from casework.organisation.accounts import sessions, throttle
from casework.organisation.accounts.forms import (
    CodeForm,
    ConfirmForm,
    PasswordForm,
    RecoverForm,
    SignInForm,
    TotpForm,
    TurnOffForm,
)
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.operations import change_password, end_sessions
from casework.organisation.accounts.queries import (
    list_roles_in_force,
    list_roles_waiting,
)
from casework.vault import locks

bp = Blueprint("accounts", __name__)
start_page = Blueprint("start_page", __name__)
PAGE = "organisation/accounts/sign_in.html"


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """The way in."""
    if g.get("identity"):
        return redirect("/", 303)
    form = SignInForm()
    form.next.data = local_path(request.args.get("next", "/"))
    return render_template(PAGE, form=form)


@bp.post("/sign-in")
@public
def start() -> ResponseReturnValue:
    """Open the account's key with the password.

    Unknown names and wrong passwords look and cost the same.
    """
    form = SignInForm()
    if not form.validate():
        return render_template(PAGE, form=form), 422
    if throttle.is_throttled(form.username.data):
        form.form_errors.append(_("Too many tries. Wait a quarter of an hour."))
        return render_template(PAGE, form=form), 429
    account = sessions.find_entrant(form.username.data)
    account_id = account.id if account else None
    secret = locks.open_with_password(account_id, form.password.data, _pepper())
    account = db.session.get(Account, account_id) if account_id and secret else None
    if account is None or secret is None or not sessions.is_usable(account):
        db.session.rollback()
        throttle.note_failure(form.username.data)
        audit.record_refusal("account.sign_in", "account", account_id, by=Actor(account_id))
        form.form_errors.append(_("This name and password do not open an account."))
        return render_template(PAGE, form=form), 422
    if "code" in request.form and account.totp_sealed is not None:
        return _finish_with_code(account, secret, CodeForm())
    return _let_in(account, secret, form.next.data, awaits_code=account.totp_sealed is not None)


@bp.get("/sign-in/code")
@public
def code() -> ResponseReturnValue:
    """The second step, where one-time codes are on."""
    if g.get("half_signed_in") is None:
        return redirect(url_for(".sign_in"), 303)
    form = CodeForm()
    form.next.data = local_path(request.args.get("next", "/"))
    return render_template("organisation/accounts/code.html", form=form)


@bp.post("/sign-in/code")
@public
def check_code() -> ResponseReturnValue:
    """Check the one-time code (or use up a recovery code) and finish signing in."""
    if g.get("half_signed_in") is None:
        return redirect(url_for(".sign_in"), 303)
    account_id, secret = g.half_signed_in
    account = db.session.get_one(Account, account_id)
    return _finish_with_code(account, secret, CodeForm())


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """End the session, take the cookies back, have the browser forget the pages."""
    answer = make_response(redirect(url_for(".sign_in"), 303))
    if g.get("session_id"):
        sessions.end_session(g.session_id)
    if g.get("identity"):
        sessions.close_emergencies(g.account_id)
        audit.record("account.sign_out", "account", g.account_id, by=g.identity.actor)
    session.clear()
    sessions.clear_cookie(answer)
    return answer


@bp.get("/recover")
@public
def recover() -> ResponseReturnValue:
    """A recovery code opens the account when the password is forgotten."""
    return render_template("organisation/accounts/recover.html", form=RecoverForm())


@bp.post("/recover")
@public
def finish_recovery() -> ResponseReturnValue:
    """Use up the code and seal the key under the new password: nothing readable is lost."""
    form, page = RecoverForm(), "organisation/accounts/recover.html"
    if not form.validate():
        return render_template(page, form=form), 422
    if throttle.is_throttled(form.username.data):
        form.form_errors.append(_("Too many tries. Wait a quarter of an hour."))
        return render_template(page, form=form), 429
    account = sessions.find_entrant(form.username.data)
    account_id = account.id if account else None
    secret = _used_up(account_id, form.code.data)
    if account is None or secret is None or not sessions.is_usable(account):
        db.session.rollback()
        throttle.note_failure(form.username.data)
        audit.record_refusal("account.recover", "account", account_id, by=Actor(account_id))
        form.form_errors.append(_("This name and code do not open an account."))
        return render_template(page, form=form), 422
    change_password(
        account, secret, form.new_password.data, by=Actor(account.id, account.display_name)
    )
    end_sessions(account.id)
    flash(_("Your password is changed. Sign in with it."), "success")
    return redirect(url_for(".sign_in"), 303)


@start_page.get("/")
@requires(Permission.OWN_ACCOUNT)
def begin(access: Access) -> ResponseReturnValue:
    """Where there is no Today, everybody begins at the first page of their menu."""
    return redirect(first_page(), 303)


@bp.get("/account")
@requires(Permission.OWN_ACCOUNT)
def show(access: Access) -> ResponseReturnValue:
    """The own account: roles, password, one-time codes, recovery codes."""
    return _own_page(access, ConfirmForm(), TurnOffForm())


@bp.get("/account/password")
@requires(Permission.OWN_ACCOUNT)
def password(access: Access) -> ResponseReturnValue:
    """The form for a new password."""
    return render(
        "organisation/accounts/password.html", form=PasswordForm(), forced=g.must_change_password
    )


@bp.post("/account/password")
@requires(Permission.OWN_ACCOUNT)
def set_password(access: Access) -> ResponseReturnValue:
    """Seal the key under the new password and end the account's other sessions."""
    form, page = PasswordForm(), "organisation/accounts/password.html"
    form.username_of_account = access.identity.username
    if not form.validate():
        return render(page, form=form, forced=g.must_change_password), 422
    secret = _confirmed(access, form)
    if secret is None:
        return render(page, form=form, forced=g.must_change_password), 422
    account = db.session.get_one(Account, access.account_id)
    change_password(account, secret, form.new_password.data, by=access.actor)
    end_sessions(account.id, but=g.session_id)
    flash(_("Your password is changed."), "success")
    return redirect(url_for(".show"), 303)


@bp.post("/account/recovery-codes")
@requires(Permission.OWN_ACCOUNT)
def recovery_codes(access: Access) -> ResponseReturnValue:
    """Ten new codes, shown this once."""
    form = ConfirmForm()
    if not form.validate() or (secret := _confirmed(access, form)) is None:
        return _own_page(access, form, TurnOffForm(formdata=None)), 422
    codes = locks.make_recovery_codes(access.account_id, secret, _pepper())
    audit.record("account.recovery_codes", "account", access.account_id, by=access.actor)
    return render("organisation/accounts/recovery_codes.html", codes=codes)


@bp.get("/account/totp")
@requires(Permission.OWN_ACCOUNT)
def totp(access: Access) -> ResponseReturnValue:
    """Set one-time codes up: a key as a picture and as text."""
    form = TotpForm()
    form.key.data = pyotp.random_base32()
    return _totp_page(access, form)


@bp.post("/account/totp")
@requires(Permission.OWN_ACCOUNT)
def turn_on_totp(access: Access) -> ResponseReturnValue:
    """Turn one-time codes on once the first code is right."""
    form = TotpForm()
    if not form.validate():
        if form.key.errors:
            form.key.data = pyotp.random_base32()
        return _totp_page(access, form), 422
    if _confirmed(access, form) is None:
        return _totp_page(access, form), 422
    account = db.session.get_one(Account, access.account_id)
    if not sessions.use_code(account, pyotp.TOTP(form.key.data), form.code.data):
        form.code.errors = [_("This code is not right. Check the clock of your phone.")]
        return _totp_page(access, form), 422
    sessions.seal_totp(account, g.secret, form.key.data)
    audit.record("account.totp.on", "account", account.id, by=access.actor)
    flash(_("One-time codes are on. You are asked for one at every sign-in."), "success")
    return redirect(url_for(".show"), 303)


@bp.post("/account/totp/off")
@requires(Permission.OWN_ACCOUNT)
def turn_off_totp(access: Access) -> ResponseReturnValue:
    """Turn one-time codes off; the password is asked once more."""
    form = TurnOffForm()
    if not form.validate() or _confirmed(access, form) is None:
        return _own_page(access, ConfirmForm(formdata=None), form), 422
    account = db.session.get_one(Account, access.account_id)
    account.totp_sealed = None
    audit.record("account.totp.off", "account", account.id, by=access.actor)
    flash(_("One-time codes are off."), "success")
    return redirect(url_for(".show"), 303)


def _own_page(access: Access, codes_form: ConfirmForm, off_form: TurnOffForm) -> str:
    account = db.session.get_one(Account, access.account_id)
    return render(
        "organisation/accounts/own.html",
        own=account,
        roles=list_roles_in_force(account.id),
        waiting=list_roles_waiting(account.id),
        codes_left=locks.count_recovery_codes(account.id),
        codes_form=codes_form,
        off_form=off_form,
    )


def _confirmed(access: Access, form: PasswordForm | ConfirmForm) -> bytes | None:
    """The account's key if the current password is right; else the form says so.

    Throttled like signing in.
    """
    name = access.identity.username
    if throttle.is_throttled(name):
        form.password.errors = [_("Too many tries. Wait a quarter of an hour.")]
        return None
    secret = locks.open_with_password(access.account_id, form.password.data, _pepper())
    if secret is None:
        throttle.note_failure(name)
        form.password.errors = [_("This is not your current password.")]
        return None
    throttle.note_success(name)
    return secret


def _finish_with_code(account: Account, secret: bytes, form: CodeForm) -> ResponseReturnValue:
    page, account_id, name = "organisation/accounts/code.html", account.id, account.username
    if throttle.is_throttled(name):
        form.form_errors.append(_("Too many tries. Wait a quarter of an hour."))
        return render_template(page, form=form), 429
    if not form.validate() or not _is_right(account, secret, form.code.data.replace(" ", "")):
        db.session.rollback()
        throttle.note_failure(name)
        audit.record_refusal("account.code", "account", account_id, by=Actor(account_id))
        form.code.errors = [_("This code is not right or was used before.")]
        return render_template(page, form=form), 422
    return _let_in(account, secret, form.next.data, awaits_code=False)


def _is_right(account: Account, secret: bytes, typed: str) -> bool:
    """A one-time code has six digits; what is longer can only be a recovery code."""
    if len(typed) > 6:
        return _used_up(account.id, typed) is not None
    codes = sessions.totp_of(account, secret)
    return codes is not None and sessions.use_code(account, codes, typed)


def _used_up(account_id: UUID | None, code: str) -> bytes | None:
    """The key that a recovery code opens. The code works no more."""
    if account_id is None:
        return None
    return locks.open_with_recovery_code(account_id, code, _pepper())


def _let_in(
    account: Account, secret: bytes, after: str | None, *, awaits_code: bool
) -> ResponseReturnValue:
    if g.get("session_id"):
        sessions.end_session(g.session_id)
    token = sessions.start_session(account, secret, awaits_code=awaits_code)
    after = local_path(after or "/")
    session.clear()
    if awaits_code:
        answer = make_response(redirect(url_for(".code", next=after), 303))
    else:
        throttle.note_success(account.username)
        actor = Actor(account.id, account.display_name)
        audit.record("account.sign_in", "account", account.id, by=actor)
        kept = "" if after == "/" else ("&" if "?" in after else "?") + "kept=1"
        answer = make_response(redirect(after + kept, 303))
    sessions.set_cookie(answer, token)
    return answer


def _totp_page(access: Access, form: TotpForm) -> str:
    codes = pyotp.TOTP(form.key.data)
    address = codes.provisioning_uri(name=access.identity.username, issuer_name="casework")
    picture = segno.make(address, error="m").svg_data_uri(scale=5, border=2)
    return render("organisation/accounts/totp.html", form=form, key=form.key.data, picture=picture)


def _pepper() -> bytes:
    return bytes(current_app.config["SETTINGS"].pepper)
