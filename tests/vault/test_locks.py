"""What opens a private key: password and pepper, a recovery code once, the organisation."""

from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from casework.core.audit import SYSTEM
from casework.core.database import db
from casework.organisation.accounts.models import Account, AccountSession
from casework.organisation.accounts.operations import reset_access
from casework.vault import envelope, locks
from casework.vault.grants import Grant
from casework.vault.locks import Holder, KeyLock
from tests.cast import PASSWORD, PEPPER, Cast


@pytest.fixture
def holder(app: Flask, cast: Cast) -> UUID:
    return cast.accounts["counselor"]


def open_(app: Flask, holder: UUID | None, password: str, pepper: bytes = PEPPER) -> bytes | None:
    with app.app_context():
        return locks.open_with_password(holder, password, pepper)


def test_the_password_opens_and_only_with_the_pepper(app: Flask, holder: UUID, cast: Cast):
    assert open_(app, holder, PASSWORD) == cast.secrets["counselor"]
    assert open_(app, holder, PASSWORD, b"another pepper") is None
    assert open_(app, holder, PASSWORD + " ") is None
    assert open_(app, uuid4(), PASSWORD) is None
    assert open_(app, None, PASSWORD) is None


def test_one_holders_lock_does_not_open_as_anothers(app: Flask, holder: UUID, cast: Cast):
    with app.app_context():
        stolen = db.session.scalars(select(KeyLock).where(KeyLock.holder_id == holder)).all()
        victim = cast.accounts["counselor2"]
        for lock in db.session.scalars(select(KeyLock).where(KeyLock.holder_id == victim)):
            db.session.delete(lock)
        for lock in stolen:
            lock.holder_id = victim
        db.session.commit()
    assert open_(app, victim, PASSWORD) is None


def test_a_new_password_replaces_the_old_one(app: Flask, holder: UUID, cast: Cast):
    with app.app_context():
        locks.set_password(holder, cast.secrets["counselor"], "bèo dạt mây trôi", PEPPER)
        db.session.commit()
    assert open_(app, holder, PASSWORD) is None
    assert open_(app, holder, "bèo dạt mây trôi") == cast.secrets["counselor"]


def test_a_recovery_code_opens_once(app: Flask, holder: UUID, cast: Cast):
    with app.app_context():
        codes = locks.make_recovery_codes(holder, cast.secrets["counselor"], PEPPER)
        db.session.commit()
        assert len(set(codes)) == locks.RECOVERY_CODES == locks.count_recovery_codes(holder)
        typed = "-".join(codes[3][i : i + 4] for i in range(0, 20, 4)).lower()
        assert locks.open_with_recovery_code(holder, typed, b"no pepper") is None
        assert locks.open_with_recovery_code(holder, typed, PEPPER) == cast.secrets["counselor"]
        db.session.commit()
        assert locks.open_with_recovery_code(holder, typed, PEPPER) is None
        assert locks.count_recovery_codes(holder) == locks.RECOVERY_CODES - 1
        newer = locks.make_recovery_codes(holder, cast.secrets["counselor"], PEPPER)
        db.session.commit()
        assert locks.open_with_recovery_code(holder, codes[4], PEPPER) is None
        assert locks.open_with_recovery_code(holder, newer[4], PEPPER) is not None


def test_the_organisations_key_opens_and_no_other_does(app: Flask, holder: UUID, cast: Cast):
    with app.app_context():
        secret = locks.open_with_organisation_key(holder, cast.organisation_secret)
        assert secret == cast.secrets["counselor"]
        other = cast.secrets["admin"]
        assert locks.open_with_organisation_key(holder, other) is None
        assert cast.organisation_secret not in _all_bytes(Holder, KeyLock, Grant)


def test_no_private_key_stands_in_the_database(app: Flask, cast: Cast, client_as):
    client_as("counselor").get("/account")
    with app.app_context():
        stored = _all_bytes(Holder, KeyLock, Grant, AccountSession, Account)
    assert not [name for name, secret in cast.secrets.items() if secret in stored]


def test_the_session_row_opens_with_its_token_alone(app: Flask, cast: Cast, client_as):
    token = client_as("counselor").client.get_cookie("casework").value
    with app.app_context():
        row = db.session.scalars(select(AccountSession)).one()
        assert token.encode() not in _all_bytes(AccountSession)
        binding = b"account_sessions|" + row.id.bytes
        key = envelope.derive(token.encode(), "session")
        assert envelope.unseal(row.sealed_secret, key, binding) == cast.secrets["counselor"]
        # The thief has the file and even the pepper.
        for guess in (row.token_digest, PEPPER, row.token_digest + PEPPER, b""):
            with pytest.raises(envelope.CannotOpen):
                envelope.unseal(row.sealed_secret, envelope.derive(guess, "session"), binding)


def test_a_tampered_session_row_asks_to_sign_in_again(app: Flask, client_as):
    visitor = client_as("counselor")
    with app.app_context():
        row = db.session.scalars(select(AccountSession)).one()
        row.sealed_secret = row.sealed_secret[:-1] + bytes([row.sealed_secret[-1] ^ 1])
        db.session.commit()
    assert visitor.get("/account").location.startswith("/sign-in")


def test_whoever_swaps_session_rows_gets_nobody_elses_keys(app: Flask, client_as):
    """An administrator of the database gives his own session another account's id."""
    client_as("counselor").get("/account")
    thief = client_as("admin")
    with app.app_context():
        counselor, admin = db.session.scalars(
            select(AccountSession).order_by(AccountSession.started_at)
        ).all()
        admin.account_id = counselor.account_id
        db.session.commit()
    page = thief.get("/cases")
    assert "Đào" not in page.text


def test_a_reset_account_opens_nothing_it_opened_before(app: Flask, cast: Cast, act_as):
    from casework.vault.grants import Compartment, Keyring, NoKey, hand_on, make_keys

    subject = uuid4()
    with act_as("counselor") as me:
        make_keys(subject, [Compartment.NOTES], readers=[me], by=me)
    with app.app_context():
        account = db.session.get_one(Account, cast.accounts["counselor"])
        reset_access(account, "mật khẩu tạm thời", by=SYSTEM)
        db.session.commit()
    with app.test_request_context():
        for secret in (
            cast.secrets["counselor"],
            locks.open_with_password(cast.accounts["counselor"], "mật khẩu tạm thời", PEPPER),
        ):
            assert secret
            ring = Keyring(cast.accounts["counselor"], secret)
            with pytest.raises(NoKey):
                ring.sealing_key(subject, Compartment.NOTES)
    with act_as("counselor") as me, pytest.raises(NoKey):
        hand_on(subject, cast.accounts["counselor2"], by=me)


def _all_bytes(*models: type) -> bytes:
    """Every bytes cell of some tables in a row."""
    found = bytearray()
    for model in models:
        for row in db.session.execute(select(model.__table__)):
            for cell in row:
                found += cell if isinstance(cell, bytes) else str(cell).encode()
                found += b"|"
    return bytes(found)
