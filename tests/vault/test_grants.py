"""Need to know, kept by mathematics: who was entrusted opens, nobody else, whatever was tried."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask, g
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select, update

from casework.core.clock import now
from casework.core.database import db
from casework.vault import envelope
from casework.vault.grants import (
    Compartment,
    DataKey,
    Grant,
    Keyring,
    NoKey,
    Use,
    current_keyring,
    hand_on,
    holders_of,
    make_keys,
    rewrap_own,
    take_back,
)
from casework.vault.recovery import entrust_recovery, forget_emergencies, open_for
from casework.vault.sealed import UNREADABLE, Sealed
from tests.cast import Cast

BOTH = [Compartment.IDENTITY, Compartment.NOTES]
NOTE, ROW = Sealed("note_sealed", Compartment.NOTES), UUID(int=5)
BINDING = NOTE.place("contacts", ROW).binding()


@pytest.fixture
def subject(act_as, cast: Cast) -> UUID:
    """Something the counselor reads and the coordinator keeps in custody."""
    subject_id = uuid4()
    with act_as("counselor") as me:
        coordinator = cast.accounts["coordinator"]
        make_keys(subject_id, BOTH, readers=[me], custodians=[coordinator], by=me)
    return subject_id


@pytest.fixture
def opens(app: Flask, cast: Cast) -> Callable[[str, UUID], bool]:
    """Whether an account can open something of a subject, starting from its private key alone."""

    def try_to(username: str, subject: UUID) -> bool:
        with app.test_request_context():
            ring = Keyring(cast.accounts[username], cast.secrets[username])
            try:
                ring.sealing_key(subject, Compartment.NOTES)
            except NoKey:
                return False
            return True

    return try_to


@pytest.fixture
def reads(app: Flask, cast: Cast) -> Callable[[str, UUID, Compartment], bool]:
    """Whether an account can read one compartment, though it may seal nothing."""

    def try_to(username: str, subject: UUID, compartment: Compartment) -> bool:
        key = select(DataKey.id).where(
            DataKey.subject_id == subject, DataKey.compartment == compartment
        )
        with app.test_request_context():
            ring = Keyring(cast.accounts[username], cast.secrets[username])
            try:
                ring.opening_key(subject, db.session.scalars(key).one().bytes)
            except NoKey:
                return False
            return True

    return try_to


def test_readers_open_custodians_and_others_do_not(app: Flask, opens, subject: UUID):
    assert opens("counselor", subject)
    for who in ("coordinator", "counselor2", "unithead", "inspector", "admin", "dpo"):
        assert not opens(who, subject), who


def test_custody_hands_on_what_it_does_not_read(
    app: Flask, opens, act_as, subject: UUID, cast: Cast
):
    with act_as("coordinator") as me:
        hand_on(subject, cast.accounts["counselor2"], by=me)
        with pytest.raises(NoKey):
            current_keyring().sealing_key(subject, Compartment.NOTES)
    assert opens("counselor2", subject)
    assert not opens("coordinator", subject)


def test_custody_opens_no_text(app: Flask, opens, act_as, subject: UUID):
    with act_as("counselor"):
        key_id, key = current_keyring().sealing_key(subject, Compartment.NOTES)
        sealed = envelope.seal("chuyện kín".encode(), key, key_id, BINDING)
        assert NOTE.open(current_keyring(), sealed, subject, "contacts", ROW) == "chuyện kín"
    with act_as("coordinator"):
        assert NOTE.open(current_keyring(), sealed, subject, "contacts", ROW) is UNREADABLE


def test_a_text_of_one_subject_does_not_open_as_anothers(act_as, subject: UUID):
    """A row moved to another case by hand, both cases being one's own."""
    other = uuid4()
    with act_as("counselor") as me:
        make_keys(other, BOTH, readers=[me], by=me)
        key_id, key = current_keyring().sealing_key(subject, Compartment.NOTES)
        sealed = envelope.seal(b"x", key, key_id, BINDING)
        assert NOTE.open(current_keyring(), sealed, subject, "contacts", ROW) == "x"
        assert NOTE.open(current_keyring(), sealed, other, "contacts", ROW) is UNREADABLE


def test_whoever_holds_nothing_hands_nothing_on(act_as, subject: UUID, cast: Cast):
    with act_as("counselor2") as me, pytest.raises(NoKey):
        hand_on(subject, me, by=me)


def test_what_is_taken_back_is_gone(app: Flask, opens, act_as, subject: UUID, cast: Cast):
    with act_as("coordinator") as me:
        hand_on(subject, cast.accounts["counselor2"], by=me)
        take_back(subject, cast.accounts["counselor"])
    assert opens("counselor2", subject)
    assert not opens("counselor", subject)
    with app.app_context():
        assert cast.accounts["counselor"] not in holders_of(subject)


def test_an_expired_grant_opens_nothing_and_can_be_given_again(
    app: Flask, opens, act_as, subject: UUID, cast: Cast
):
    with app.app_context():
        mine = update(Grant).where(Grant.holder_id == cast.accounts["counselor"])
        db.session.execute(mine.values(expires_at=now() - timedelta(seconds=1)))
        db.session.commit()
        assert cast.accounts["counselor"] not in holders_of(subject)
    assert not opens("counselor", subject)
    with act_as("coordinator") as me:
        hand_on(subject, cast.accounts["counselor"], by=me)
    assert opens("counselor", subject)


def test_a_grant_to_come_is_hpke_and_is_rewrapped_once(
    app: Flask, opens, act_as, subject: UUID, cast
):
    with act_as("coordinator") as me:
        hand_on(subject, cast.accounts["counselor2"], by=me)
    with app.test_request_context(method="POST"):
        g.writes = True
        ring = Keyring(cast.accounts["counselor2"], cast.secrets["counselor2"])
        assert rewrap_own(ring) == 2
        assert rewrap_own(ring) == 0
        db.session.commit()
        mine = select(Grant.is_hpke).where(Grant.holder_id == ring.holder_id)
        assert set(db.session.scalars(mine)) == {False}
    assert opens("counselor2", subject)


@pytest.mark.parametrize("hpke", [True, False])
@pytest.mark.parametrize("change", ["flip", "cut", "empty", "swap"])
def test_a_damaged_grant_opens_nothing_and_nothing_breaks(
    app: Flask, opens, act_as, subject: UUID, cast: Cast, hpke: bool, change: str
):
    who = "counselor2" if hpke else "counselor"
    if hpke:
        with act_as("coordinator") as me:
            hand_on(subject, cast.accounts[who], by=me)
    with app.app_context():
        rows = db.session.scalars(select(Grant).where(Grant.holder_id == cast.accounts[who])).all()
        assert {row.is_hpke for row in rows} == {hpke}
        wrapped = [row.wrapped for row in rows]
        for row, other in zip(rows, reversed(wrapped), strict=True):
            row.wrapped = {
                "flip": row.wrapped[:-1] + bytes([row.wrapped[-1] ^ 1]),
                "cut": row.wrapped[:20],
                "empty": b"",
                "swap": other,
            }[change]
        db.session.commit()
    assert not opens(who, subject)
    with app.test_request_context(method="POST"):
        g.writes = True
        rewrap_own(Keyring(cast.accounts[who], cast.secrets[who]))


def test_a_grant_copied_to_another_account_opens_nothing(
    app: Flask, opens, subject: UUID, cast: Cast
):
    with app.app_context():
        stolen = update(Grant).where(Grant.holder_id == cast.accounts["counselor"])
        db.session.execute(stolen.values(holder_id=cast.accounts["admin"]))
        db.session.commit()
    assert not opens("admin", subject)


PEOPLE = ["counselor", "counselor2", "coordinator", "unithead"]


def test_need_to_know_holds_whatever_is_tried(opens, reads, act_as, cast: Cast):  # noqa: C901 - rules of one class
    class Grants(RuleBasedStateMachine):
        """Handovers and take-backs in any order, beside the books of who should hold what."""

        def __init__(self) -> None:
            super().__init__()
            self.subject = uuid4()
            self.books = {("counselor", Use.READ), ("coordinator", Use.CUSTODY)}
            with act_as("admin"):
                entrust_recovery(cast.organisation_secret, cast.accounts["dpo"], by=None)
            with act_as("counselor") as me:
                custodian = cast.accounts["coordinator"]
                make_keys(self.subject, BOTH, readers=[me], custodians=[custodian], by=me)

        @rule(
            giver=st.sampled_from(PEOPLE),
            taker=st.sampled_from(PEOPLE),
            use=st.sampled_from([Use.READ, Use.CUSTODY]),
        )
        def hand_over(self, giver: str, taker: str, use: Use) -> None:
            with act_as(giver) as me:
                if {(giver, Use.READ), (giver, Use.CUSTODY)} & self.books:
                    hand_on(self.subject, cast.accounts[taker], by=me, use=use)
                    self.books.add((taker, use))
                else:
                    with pytest.raises(NoKey):
                        hand_on(self.subject, cast.accounts[taker], by=me, use=use)

        @rule(whose=st.sampled_from(PEOPLE), use=st.sampled_from([Use.READ, Use.CUSTODY]))
        def take(self, whose: str, use: Use) -> None:
            with act_as("admin"):
                take_back(self.subject, cast.accounts[whose], use=use)
            self.books.discard((whose, use))

        @rule(to=st.sampled_from(PEOPLE), hours=st.sampled_from([-1, 1]))
        def open_out_of_turn(self, to: str, hours: int) -> None:
            """For an hour; or one that is over already."""
            with act_as("dpo") as me:
                until = now().replace(microsecond=0) + timedelta(hours=hours)
                holder = cast.accounts[to]
                open_for(self.subject, Compartment.NOTES, holder, until=until, by=me)
            self.books.discard((to, Use.EMERGENCY))
            if hours > 0:
                self.books.add((to, Use.EMERGENCY))

        @rule(whose=st.sampled_from(PEOPLE))
        def sign_out(self, whose: str) -> None:
            with act_as("admin"):
                forget_emergencies(cast.accounts[whose])
            self.books.discard((whose, Use.EMERGENCY))

        @rule(whose=st.sampled_from(PEOPLE))
        def prolong_in_the_database(self, whose: str) -> None:
            """It opens nothing then, and never will."""
            with act_as("admin"):
                mine = (Grant.holder_id == cast.accounts[whose], Grant.use == Use.EMERGENCY)
                later = update(Grant).where(*mine).values(expires_at=now() + timedelta(days=9))
                db.session.execute(later)
            self.books.discard((whose, Use.EMERGENCY))

        @rule(whose=st.sampled_from(PEOPLE))
        def sign_in(self, whose: str) -> None:
            with act_as(whose):
                rewrap_own(current_keyring())

        @invariant()
        def only_the_entrusted_open(self) -> None:
            found = {who for who in PEOPLE if opens(who, self.subject)}
            assert found == {who for who, use in self.books if use is Use.READ}

        @invariant()
        def an_emergency_lets_read_one_compartment_and_no_more(self) -> None:
            readers = {who for who, use in self.books if use is Use.READ}
            helpers = {who for who, use in self.books if use is Use.EMERGENCY}
            for compartment, expected in zip(BOTH, (readers, readers | helpers), strict=True):
                assert {who for who in PEOPLE if reads(who, self.subject, compartment)} == expected

    run_state_machine_as_test(
        Grants,
        settings=settings(
            max_examples=12,
            stateful_step_count=12,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_grant_in_custody_relabelled_in_the_database_does_not_open(app, cast):
    """Somebody who can write to the database still can't turn custody into reading."""
    subject = uuid4()
    with app.test_request_context():
        make_keys(
            subject,
            [Compartment.NOTES],
            readers=[cast.accounts["counselor"]],
            custodians=[cast.accounts["coordinator"]],
            by=None,
        )
        ring = Keyring(cast.accounts["coordinator"], cast.secrets["coordinator"])
        with pytest.raises(NoKey):
            ring.sealing_key(subject, Compartment.NOTES)
        db.session.execute(
            update(Grant)
            .where(Grant.holder_id == ring.holder_id, Grant.use == Use.CUSTODY)
            .values(use=Use.READ)
        )
        with pytest.raises(NoKey):
            Keyring(ring.holder_id, cast.secrets["coordinator"]).sealing_key(
                subject, Compartment.NOTES
            )
