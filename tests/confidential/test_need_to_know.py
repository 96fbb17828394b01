"""Need to know, whatever is done in whatever order: plain books say who should hold what, and after
each step every account tries to open the sealed texts with its own private key.

Cases are opened, handed over, covered for a time, offered to another unit, accepted, declined,
taken back, closed, reopened, erased; a whole caseload goes over; days pass.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
import time_machine
from flask import Flask, g
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from casework.authz.enforce import Identity
from casework.authz.permissions import Permission
from casework.confidential.assignments import operations as assignments
from casework.confidential.assignments.queries import get_entrusted
from casework.confidential.cases.models import (
    Case,
    ClosureReason,
    Episode,
    IntakeSource,
    PersonIdentity,
    ReopeningReason,
    Sex,
    TargetGroup,
)
from casework.confidential.cases.operations import IDENTITY
from casework.confidential.cases.queries import get_case, reached
from casework.confidential.closures import operations as closures
from casework.confidential.closures.models import ErasureCause
from casework.confidential.consent.models import Consent, ConsentMethod, Purpose
from casework.confidential.consent.queries import ASKED
from casework.confidential.intake.operations import open_case
from casework.confidential.transfers import operations as transfers
from casework.confidential.transfers.models import DeclineReason
from casework.confidential.transfers.queries import find_offer
from casework.core.clock import VIETNAM, today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.forms import RuleBroken
from casework.organisation.accounts.queries import held_roles
from casework.organisation.units.models import Unit
from casework.vault.grants import Grant, Keyring, NoKey, Use, unexpired
from casework.vault.locks import Holder
from tests.cast import PEOPLE, Cast
from tests.conftest import Program

COUNSELORS = {"counselor": "a", "counselor2": "a", "counselor-b": "b"}
COORDINATORS = {"a": "coordinator", "b": "coordinator-b"}
BEGIN = datetime(2026, 10, 5, 3, tzinfo=VIETNAM)
INTAKE = {
    **dict.fromkeys(IDENTITY, ""),
    **{f"consent_{purpose}": True for purpose in ASKED},
    "name": "Đào Thị Ngọc Ánh",
    "sex": Sex.FEMALE,
    "birth": None,
    "target_group": TargetGroup.POST_REHAB,
    "source": IntakeSource.SELF,
    "method": ConsentMethod.SIGNED,
    "witness": "",
    "child_agrees": None,
}


@dataclass
class Books:
    """What somebody with pencil and paper would say of one case."""

    unit: str
    counselor: str
    is_open: bool = True
    is_erased: bool = False
    offered_to: str | None = None
    agreed: bool = False
    cover: tuple[str, date] | None = None

    def readers(self) -> set[str]:
        """Who may read it today."""
        if self.is_erased:
            return set()
        covers = {self.cover[0]} if self.cover and self.cover[1] >= today() else set()
        return {self.counselor} | covers

    def custodians(self) -> set[str]:
        """Who keeps its keys without reading."""
        if self.is_erased:
            return set()
        units = {self.unit} | ({self.offered_to} if self.offered_to else set())
        return {COORDINATORS[unit] for unit in units}


@pytest.fixture
def program(sqlite_program: Program) -> Program:
    """The rules are the same on both databases; their operations are tested on both with pages."""
    sqlite_program.reset()
    return sqlite_program


def test_need_to_know_holds_whatever_is_done(program: Program):
    class Machine(Casework):
        def __init__(self) -> None:
            program.reset()
            super().__init__(program.app, program.cast)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=14,
            stateful_step_count=24,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


class Casework(RuleBasedStateMachine):
    """The operations themselves, each as the account that may do it."""

    def __init__(self, app: Flask, cast: Cast) -> None:
        super().__init__()
        self.app, self.cast = app, cast
        self.books: dict[UUID, Books] = {}
        self.clock = time_machine.travel(BEGIN, tick=False)
        self.now = self.clock.start()

    def teardown(self) -> None:
        self.clock.stop()

    @contextmanager
    def acting(self, username: str):
        """A stretch of program in which an account acts; what it did is committed, or nothing."""
        with self.app.test_request_context(method="POST"):
            account = self.cast.accounts[username]
            g.writes, g.keyring = True, Keyring(account, self.cast.secrets[username])
            g.identity = Identity(account, username, username, held_roles(account))
            try:
                yield g.identity
                db.session.commit()
            finally:
                db.session.rollback()
                db.session.info.pop("audit", None)

    def fitting(self, **facts: object) -> list[UUID]:
        """The cases about which the books say this."""
        return [
            case_id
            for case_id, books in self.books.items()
            if all(getattr(books, name) == value for name, value in facts.items())
        ]

    def chosen(self, data: st.DataObject, **facts: object) -> UUID:
        """One of them."""
        fitting = self.fitting(**facts)
        return fitting[data.draw(st.integers(0, len(fitting) - 1))]

    def say(self, case_id: UUID, is_given: bool) -> None:
        """The person's answer to going on in the other unit."""
        books = self.books[case_id]
        self.now.shift(timedelta(seconds=1))
        with self.acting(books.counselor) as me:
            db.session.add(
                Consent(
                    case_id=case_id,
                    purpose=Purpose.REFERRAL,
                    to_unit_id=self.cast.units[_other(books.unit)],
                    is_given=is_given,
                    method=ConsentMethod.SIGNED,
                    on=today(),
                    recorded_by=me.account_id,
                )
            )
        books.agreed = is_given

    @precondition(lambda self: len(self.books) < 3)
    @rule(who=st.sampled_from(sorted(COUNSELORS)))
    def take_in(self, who: str) -> None:
        with self.acting(who) as me:
            unit = self.cast.units[COUNSELORS[who]]
            case = open_case(unit, {**INTAKE, "opened_on": today()}, by=me.actor)
            self.books[case.id] = Books(COUNSELORS[who], who)

    @precondition(lambda self: self.fitting(is_erased=False))
    @rule(data=st.data())
    def hand_over(self, data: st.DataObject) -> None:
        case_id = self.chosen(data, is_erased=False)
        books = self.books[case_id]
        to = data.draw(st.sampled_from(sorted(COUNSELORS)))
        with self.acting(COORDINATORS[books.unit]) as me:
            case = db.session.get_one(Case, case_id)
            if COUNSELORS[to] != books.unit or to == books.counselor:
                with pytest.raises(RuleBroken):
                    assignments.hand_over(case, self.cast.accounts[to], by=me.actor, on=today())
                return
            assignments.hand_over(case, self.cast.accounts[to], by=me.actor, on=today())
        books.counselor, books.cover = to, None

    @precondition(lambda self: self.fitting(is_erased=False))
    @rule(data=st.data(), days=st.integers(0, 4), by_coordinator=st.booleans())
    def cover(self, data: st.DataObject, days: int, by_coordinator: bool) -> None:
        case_id = self.chosen(data, is_erased=False)
        books, to = self.books[case_id], data.draw(st.sampled_from(sorted(COUNSELORS)))
        last_day = today() + timedelta(days=days)
        giver = COORDINATORS[books.unit] if by_coordinator else books.counselor
        covered = bool(books.readers() - {books.counselor})
        wrong = COUNSELORS[to] != books.unit or to == books.counselor or covered
        with self.acting(giver) as me:
            case, account = db.session.get_one(Case, case_id), self.cast.accounts[to]
            if wrong or not books.is_open:
                with pytest.raises(RuleBroken):
                    assignments.cover([case], account, last_day, by=me.actor, on=today())
                return
            assignments.cover([case], account, last_day, by=me.actor, on=today())
        books.cover = (to, last_day)

    @precondition(lambda self: self.fitting(is_erased=False))
    @rule(data=st.data())
    def end_cover(self, data: st.DataObject) -> None:
        case_id = self.chosen(data, is_erased=False)
        books = self.books[case_id]
        with self.acting(books.counselor) as me:
            assignments.end_cover(db.session.get_one(Case, case_id), by=me.actor, on=today())
        books.cover = None

    @rule(days=st.integers(1, 6))
    def days_pass(self, days: int) -> None:
        self.now.shift(timedelta(days=days))

    @precondition(lambda self: self.fitting(is_erased=False))
    @rule(data=st.data())
    def change_their_mind(self, data: st.DataObject) -> None:
        case_id = self.chosen(data, is_erased=False)
        self.say(case_id, not self.books[case_id].agreed)

    @precondition(lambda self: self.fitting(is_open=True))
    @rule(data=st.data(), is_asked=st.sampled_from([True, True, False]))
    def offer(self, data: st.DataObject, is_asked: bool) -> None:
        case_id = self.chosen(data, is_open=True)
        if is_asked:
            self.say(case_id, True)
        books = self.books[case_id]
        with self.acting(books.counselor) as me:
            case = db.session.get_one(Case, case_id)
            unit = db.session.get_one(Unit, self.cast.units[_other(books.unit)])
            if not books.agreed or books.offered_to:
                with pytest.raises(RuleBroken):
                    transfers.offer_case(case, unit, "ghi chú", by=me.actor, on=today())
                return
            transfers.offer_case(case, unit, "ghi chú", by=me.actor, on=today())
        books.offered_to = _other(books.unit)

    @precondition(lambda self: any(books.offered_to for books in self.books.values()))
    @rule(
        answer=st.sampled_from(["accept", "accept", "decline", "withdraw"]),
        to=st.sampled_from(sorted(COUNSELORS)),
    )
    def answer(self, answer: str, to: str) -> None:
        case_id = next(i for i, books in self.books.items() if books.offered_to)
        books = self.books[case_id]
        to_unit = books.offered_to or ""
        who = books.counselor if answer == "withdraw" else COORDINATORS[to_unit]
        with self.acting(who) as me:
            case = db.session.get_one(Case, case_id)
            offered = find_offer(case)
            assert offered is not None
            told = {"by": me.actor, "on": today()}
            if answer == "withdraw":
                transfers.withdraw_offer(case, **told)
            elif answer == "decline":
                transfers.decline_offer(offered.transfer, DeclineReason.OTHER, **told)
            elif COUNSELORS[to] != to_unit or not books.agreed:
                with pytest.raises(RuleBroken):
                    transfers.accept_offer(offered.transfer, self.cast.accounts[to], **told)
                return
            else:
                transfers.accept_offer(offered.transfer, self.cast.accounts[to], **told)
                # The consent was to that unit; the way back needs one of its own.
                books.unit, books.counselor, books.cover, books.agreed = to_unit, to, None, False
        books.offered_to = None

    @rule(leaver=st.sampled_from(["counselor", "counselor2"]))
    def a_caseload_goes_over(self, leaver: str) -> None:
        to = "counselor2" if leaver == "counselor" else "counselor"
        theirs = [b for b in self.books.values() if b.counselor == leaver and not b.is_erased]
        with self.acting(COORDINATORS["a"]) as me:
            access = me.access(Permission.CASE_ASSIGN)
            if not theirs:
                with pytest.raises(OutOfReach):
                    get_entrusted(access, self.cast.accounts[leaver])
                return
            entrusted = get_entrusted(access, self.cast.accounts[leaver])
            assert len(entrusted.cases) == len(theirs)
            assignments.hand_caseload_over(
                entrusted.account.id,
                dict.fromkeys(entrusted.cases, self.cast.accounts[to]),
                {},
                by=me.actor,
                on=today(),
            )
        for books in self.books.values():
            if books in theirs:
                books.counselor, books.cover = to, None
            elif books.cover and books.cover[0] == leaver and books.unit == "a":
                books.cover = None

    @precondition(lambda self: self.fitting(is_open=True))
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        case_id = self.chosen(data, is_open=True)
        books = self.books[case_id]
        with self.acting(books.counselor) as me:
            case, reason = db.session.get_one(Case, case_id), ClosureReason.GOALS_MET
            if books.offered_to:
                with pytest.raises(RuleBroken):
                    closures.close_case(case, reason, "", by=me.actor, on=today())
                return
            closures.close_case(case, reason, "đã ổn định", by=me.actor, on=today())
        books.is_open, books.cover = False, None

    @precondition(lambda self: self.fitting(is_open=False, is_erased=False))
    @rule(data=st.data())
    def reopen(self, data: st.DataObject) -> None:
        case_id = self.chosen(data, is_open=False, is_erased=False)
        books, reason = self.books[case_id], ReopeningReason.NEEDS_AGAIN
        with self.acting(books.counselor) as me:
            case = db.session.get_one(Case, case_id)
            closures.reopen_case(case, reason, by=me.actor, on=today())
        books.is_open = True

    @precondition(lambda self: self.fitting(is_open=True))
    @rule(data=st.data())
    def erase_what_is_open(self, data: st.DataObject) -> None:
        case_id = self.chosen(data, is_open=True)
        with self.acting(COORDINATORS[self.books[case_id].unit]) as me:
            case = db.session.get_one(Case, case_id)
            with pytest.raises(RuleBroken):
                closures.propose_erasure(case, ErasureCause.REQUEST, by=me.actor)

    @precondition(lambda self: self.fitting(is_open=False, is_erased=False))
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        case_id = self.chosen(data, is_open=False, is_erased=False)
        books = self.books[case_id]
        with self.acting(COORDINATORS[books.unit]) as me:
            case = db.session.get_one(Case, case_id)
            closures.propose_erasure(case, ErasureCause.REQUEST, by=me.actor)
        with self.acting("dpo") as me:
            case = db.session.get_one(Case, case_id)
            erasure = closures.find_proposal(case)
            assert erasure is not None
            closures.carry_erasure_out(erasure, case.reference, by=me.actor)
        books.is_erased = True

    @invariant()
    def only_the_entrusted_open_and_all_of_them_do(self) -> None:
        for username in PEOPLE:
            with self.acting(username):
                ring = g.keyring
                for case_id, books in self.books.items():
                    person = db.session.get_one(PersonIdentity, case_id)
                    should = username in books.readers()
                    read = person.name == INTAKE["name"]
                    assert read == should, (username, books)
                    try:
                        ring.sealing_key(case_id, "notes")
                    except NoKey:
                        assert not should, (username, books)
                    else:
                        assert should, (username, books)

    @invariant()
    def grants_are_as_the_books_say(self) -> None:
        with self.app.app_context():
            names = {account: name for name, account in self.cast.accounts.items()}
            organisation = set(db.session.scalars(select(Holder.id).where(Holder.is_organisation)))
            rows = db.session.execute(
                select(Grant.subject_id, Grant.use, Grant.holder_id).where(unexpired())
            ).all()
        for case_id, books in self.books.items():
            held = {(use, names.get(who)) for case, use, who in rows
                    if case == case_id and who not in organisation}  # fmt: skip
            assert held == {(Use.READ, who) for who in books.readers()} | {
                (Use.CUSTODY, who) for who in books.custodians()
            }, books
            recovery = [who for case, _use, who in rows if case == case_id and who in organisation]
            assert len(recovery) == (0 if books.is_erased else 2)

    @invariant()
    def lists_are_doors_and_doors_are_books(self) -> None:
        for username in (*COUNSELORS, *COORDINATORS.values(), "unithead", "dpo"):
            with self.acting(username) as me:
                for permission in (Permission.CASE_READ, Permission.CASE_LIST):
                    access = me.access(permission)
                    if access is None:
                        continue
                    listed = set(db.session.scalars(select(Case.id).where(reached(access))))
                    for case_id, books in self.books.items():
                        try:
                            get_case(access, case_id)
                        except OutOfReach:
                            opened = False
                        else:
                            opened = True
                        assert opened == (case_id in listed)
                        if permission is Permission.CASE_READ:
                            assert opened == (username in books.readers()), (username, books)

    @invariant()
    def episodes_do_not_overlap_and_the_newest_is_the_case(self) -> None:
        with self.app.app_context():
            for case_id, books in self.books.items():
                case = db.session.get_one(Case, case_id)
                query = select(Episode).where(Episode.case_id == case_id)
                episodes = sorted(
                    db.session.scalars(query),
                    key=lambda each: (each.opened_on, each.closed_on or date.max),
                )
                for earlier, later in pairwise(episodes):
                    assert earlier.closed_on is not None
                    assert earlier.closed_on <= later.opened_on
                newest = episodes[-1]
                assert [each.closed_on is None for each in episodes].count(True) == books.is_open
                assert case.is_open == books.is_open
                assert case.opened_on == newest.opened_on
                assert case.unit_id == self.cast.units[books.unit]
                if books.is_open:
                    assert newest.unit_id == case.unit_id


def _other(unit: str) -> str:
    return "b" if unit == "a" else "a"
