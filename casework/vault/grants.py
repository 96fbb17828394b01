"""Who can open what: a grant holds one data key, wrapped for one holder.

A new grant arrives as HPKE (its giver knows only the public key) and is re-wrapped once under the
holder's own symmetric key, because opening HPKE costs some hundred times as much. A grant for
custody lets a coordinator hand a case over; it never opens a text for reading. One for an emergency
opens texts until its end, which is bound to the wrapped key, and seals or hands on nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from flask import g
from sqlalchemy import ColumnElement, Index, and_, delete, insert, or_, select, update
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, db, operational
from casework.vault import envelope
from casework.vault.locks import SUITE, Holder


class Compartment(StrEnum):
    """What one data key opens."""

    IDENTITY = "identity"
    NOTES = "notes"
    ROSTER = "roster"
    # The organisation's private half, entrusted to a data-protection officer (vault/recovery.py).
    RECOVERY = "recovery"


class Use(StrEnum):
    """What a grant is for."""

    READ = "read"
    CUSTODY = "custody"
    EMERGENCY = "emergency"


class NoKey(Exception):
    """The current holder has no grant that opens this."""


class DataKey(Base):
    """That a key exists; its bytes stand only in grants, wrapped."""

    __tablename__ = "data_keys"
    __table_args__ = (Index(None, "subject_id", "compartment"),)

    id: Mapped[UUID] = operational(primary_key=True)
    subject_id: Mapped[UUID] = operational(nullable=False)
    compartment: Mapped[str] = operational(nullable=False)
    made_at: Mapped[datetime] = operational(nullable=False, default=now)


class Grant(Base):
    """One data key for one holder. Deleting the row takes the key away."""

    __tablename__ = "grants"
    __table_args__ = (
        Index(None, "subject_id", "holder_id"),
        Index(None, "holder_id", "compartment"),
        Index(None, "data_key_id", "holder_id", "use", unique=True),
    )

    id: Mapped[UUID] = operational(primary_key=True)
    data_key_id: Mapped[UUID] = operational(nullable=False)
    subject_id: Mapped[UUID] = operational(nullable=False)
    compartment: Mapped[str] = operational(nullable=False)
    holder_id: Mapped[UUID] = operational(nullable=False)
    use: Mapped[str] = operational(nullable=False)
    is_hpke: Mapped[bool] = operational(nullable=False)
    wrapped: Mapped[bytes] = operational(nullable=False)
    granted_by: Mapped[UUID | None] = operational()
    granted_at: Mapped[datetime] = operational(nullable=False)
    expires_at: Mapped[datetime | None] = operational()


GRANT_COLUMNS = (
    Grant.data_key_id,
    Grant.subject_id,
    Grant.compartment,
    Grant.use,
    Grant.is_hpke,
    Grant.wrapped,
)


class Keyring:
    """The keys one holder can open now, each unwrapped once."""

    def __init__(self, holder_id: UUID, secret: bytes) -> None:
        self.holder_id = holder_id
        self._private = X25519PrivateKey.from_private_bytes(secret)
        self._own = envelope.derive(secret, "own grants")
        # By subject too: a text moved to another case does not open, though its key is held.
        self._keys: dict[tuple[UUID, bytes], bytes] = {}
        self._current: dict[tuple[UUID, Compartment], UUID] = {}
        self._loaded: set[UUID] = set()
        self._emergencies: dict[UUID, dict[Compartment, datetime]] = defaultdict(dict)

    def sealing_key(self, subject_id: UUID, compartment: Compartment) -> tuple[UUID, bytes]:
        """The key new texts are sealed with. Raises NoKey."""
        self.load([subject_id])
        try:
            key_id = self._current[subject_id, compartment]
        except KeyError:
            raise NoKey(f"no grant for {compartment}") from None
        return key_id, self._keys[subject_id, key_id.bytes]

    def opening_key(self, subject_id: UUID, key_id: bytes) -> bytes:
        """The key that sealed a text, by the bytes of its id. Raises NoKey."""
        if (subject_id, key_id) not in self._keys:
            self.load([subject_id])
        try:
            return self._keys[subject_id, key_id]
        except KeyError:
            raise NoKey("no grant for this key") from None

    def load(self, subject_ids: Iterable[UUID]) -> None:
        """Fetch the grants of subjects in one statement."""
        missing = [subject_id for subject_id in subject_ids if subject_id not in self._loaded]
        if missing:
            rows = db.session.execute(
                select(*GRANT_COLUMNS, Grant.expires_at).where(
                    Grant.holder_id == self.holder_id,
                    Grant.subject_id.in_(missing),
                    Grant.use.in_((Use.READ, Use.EMERGENCY)),
                    unexpired(),
                )
            ).all()
            self.take(row[:6] for row in rows)
            self._take_emergencies(rows)
            self._loaded.update(missing)

    def take(self, grants: Iterable[tuple[UUID, UUID, str, str, bool, bytes]]) -> None:
        """Unwrap grants already fetched (columns GRANT_COLUMNS). A damaged one opens nothing."""
        for key_id, subject_id, compartment, use, is_hpke, wrapped in grants:
            if use != Use.READ:
                continue
            try:
                self._keys[subject_id, key_id.bytes] = self.unwrap(
                    key_id, Use.READ, is_hpke, wrapped
                )
            except NoKey:
                continue
            self._current[subject_id, Compartment(compartment)] = key_id

    def _take_emergencies(self, rows: Iterable[Any]) -> None:
        """What was opened out of turn is read with; `_current` stays as it is, so that nothing is
        sealed with it.
        """
        for row in rows:
            if row.use == Use.EMERGENCY:
                try:
                    key = self.unwrap(
                        row.data_key_id, row.use, row.is_hpke, row.wrapped, row.expires_at
                    )
                except NoKey:
                    continue
                self._keys[row.subject_id, row.data_key_id.bytes] = key
                ends = self._emergencies[row.subject_id]
                ends[Compartment(row.compartment)] = row.expires_at

    def emergencies(self, subject_id: UUID) -> dict[Compartment, datetime]:
        """The compartments of a subject that are open out of turn, and until when."""
        self.load([subject_id])
        return self._emergencies[subject_id]

    def adopt(self, subject_id: UUID, compartment: Compartment, key_id: UUID, key: bytes) -> None:
        """Take a key just made."""
        self._keys[subject_id, key_id.bytes] = key
        self._current[subject_id, compartment] = key_id
        self._loaded.add(subject_id)

    def may_adopt(self, readers: Sequence[UUID]) -> bool:
        """Whether a key just made for these readers is known to this keyring."""
        return self.holder_id in readers

    def unwrap(
        self,
        key_id: UUID,
        use: str,
        is_hpke: bool,
        wrapped: bytes,
        until: datetime | None = None,
    ) -> bytes:
        """The data key inside a grant. Raises NoKey when the grant was tampered with or is somebody
        else's. `until` is the end of a grant for an emergency.
        """
        info = _info(key_id, self.holder_id, use, until)
        try:
            if is_hpke:
                return SUITE.decrypt(wrapped, self._private, info=info)
            return envelope.unseal(wrapped, self._own, info)
        except (InvalidTag, envelope.CannotOpen):
            raise NoKey("the grant does not open") from None

    def wrap(self, key_id: UUID, use: str, key: bytes, until: datetime | None = None) -> bytes:
        """A data key under the holder's own symmetric key."""
        return envelope.seal(key, self._own, key_id, _info(key_id, self.holder_id, use, until))


class Scribe(Keyring):
    """The keyring of a command that writes for accounts whose secrets it does not have: it knows
    the keys made while it runs, and no others.
    """

    def __init__(self) -> None:
        super().__init__(uuid4(), X25519PrivateKey.generate().private_bytes_raw())

    def may_adopt(self, readers: Sequence[UUID]) -> bool:
        """Whatever is made meanwhile."""
        return True


def current_keyring() -> Keyring:
    """The keyring of the signed-in account. Raises NoKey when nobody is signed in."""
    ring: Keyring | None = g.get("keyring")
    if ring is None:
        raise NoKey("nobody is signed in")
    return ring


def unexpired() -> ColumnElement[bool]:
    """The grants that still open."""
    return or_(Grant.expires_at.is_(None), Grant.expires_at > now())


def make_keys(
    subject_id: UUID,
    compartments: Sequence[Compartment],
    *,
    readers: Sequence[UUID],
    custodians: Sequence[UUID] = (),
    by: UUID | None,
) -> None:
    """New data keys for a subject, granted to the readers, to coordinators for custody, and to the
    organisation's key.

    The current keyring adopts them when its holder is among the readers.
    """
    ring: Keyring | None = g.get("keyring")
    for compartment in compartments:
        data_key, key = (
            DataKey(id=uuid4(), subject_id=subject_id, compartment=compartment),
            envelope.new_key(),
        )
        db.session.add(data_key)
        if ring is not None and ring.may_adopt(readers):
            ring.adopt(subject_id, compartment, data_key.id, key)
        given = [(holder, Use.READ) for holder in readers] + [
            (holder, Use.CUSTODY) for holder in custodians
        ]
        _grant(data_key.id, subject_id, compartment, key, given, by)


def hand_on(
    subject_id: UUID,
    to: UUID,
    *,
    by: UUID | None,
    use: Use = Use.READ,
    expires_at: datetime | None = None,
) -> None:
    """Give every key of a subject to another holder, for reading or in custody, for a time or for
    good. Raises NoKey when the giver does not hold them all.
    """
    hand_all_on([subject_id], to, by=by, use=use, expires_at=expires_at)


def hand_all_on(
    subject_ids: Sequence[UUID],
    to: UUID,
    *,
    by: UUID | None,
    use: Use = Use.READ,
    expires_at: datetime | None = None,
) -> None:
    """Give the keys of many subjects to one holder, all or none. Raises NoKey.

    What the receiver already holds stays, and holds at least as long as what is given.
    """
    ring = current_keyring()
    if without_keys(subject_ids):
        raise NoKey("the giver does not hold every key of these subjects")
    received = (Grant.holder_id == to, Grant.subject_id.in_(subject_ids))
    db.session.execute(delete(Grant).where(*received, ~unexpired()))
    longer: ColumnElement[bool] = Grant.expires_at.is_not(None)
    if expires_at is not None:
        longer = Grant.expires_at < expires_at
    db.session.execute(
        update(Grant).where(*received, Grant.use == use, longer).values(expires_at=expires_at)
    )
    has = set(db.session.scalars(select(Grant.data_key_id).where(*received, Grant.use == use)))
    held = db.session.execute(
        select(*GRANT_COLUMNS).where(
            Grant.holder_id == ring.holder_id,
            Grant.subject_id.in_(subject_ids),
            Grant.use != Use.EMERGENCY,
            unexpired(),
        )
    ).all()
    public = db.session.scalars(select(Holder.public_key).where(Holder.id == to)).one()
    rows = []
    for key_id, subject_id, compartment, held_for, is_hpke, wrapped in held:
        if key_id not in has:
            has.add(key_id)
            key = ring.unwrap(key_id, held_for, is_hpke, wrapped)
            own = ring.holder_id == to
            rewrapped = (
                ring.wrap(key_id, use, key) if own else wrap_for(public, key_id, to, use, key)
            )
            row = _row(key_id, subject_id, compartment, to, use, not own, rewrapped, by)
            rows.append({**row, "expires_at": expires_at})
    db.session.flush()
    if rows:
        db.session.execute(insert(Grant), rows)


def without_keys(subject_ids: Collection[UUID]) -> set[UUID]:
    """The subjects of which the current keyring does not hold every key, and which it therefore
    can't hand on.
    """
    held = select(Grant.data_key_id).where(
        Grant.holder_id == current_keyring().holder_id, Grant.use != Use.EMERGENCY, unexpired()
    )
    query = select(DataKey.subject_id, DataKey.id.in_(held)).where(
        DataKey.subject_id.in_(subject_ids)
    )
    complete: dict[UUID, bool] = {}
    for subject_id, is_held in db.session.execute(query):
        complete[subject_id] = complete.get(subject_id, True) and is_held
    return {subject_id for subject_id in subject_ids if not complete.get(subject_id)}


def take_back(subject_id: UUID, holder_id: UUID, *, use: Use = Use.READ) -> None:
    """Delete a holder's wrapped keys of a subject."""
    take_each_back([subject_id], holder_id, use=use)


def take_each_back(subject_ids: Collection[UUID], holder_id: UUID, *, use: Use = Use.READ) -> None:
    """Delete a holder's wrapped keys of many subjects."""
    db.session.execute(
        delete(Grant).where(
            Grant.subject_id.in_(subject_ids), Grant.holder_id == holder_id, Grant.use == use
        )
    )


def take_back_from_others(
    subject_ids: Collection[UUID], keep: Collection[UUID], *, use: Use = Use.READ
) -> None:
    """Delete the wrapped keys of subjects from everybody but these, and but the organisation, whose
    recovery key opens whatever is not erased.
    """
    organisation = select(Holder.id).where(Holder.is_organisation)
    db.session.execute(
        delete(Grant).where(
            Grant.subject_id.in_(subject_ids),
            Grant.use == use,
            Grant.holder_id.not_in(keep),
            Grant.holder_id.not_in(organisation),
        )
    )


def destroy_keys(subject_id: UUID) -> None:
    """Delete every wrapped key of a subject, the organisation's too: what they sealed opens for
    nobody any more.
    """
    db.session.execute(delete(Grant).where(Grant.subject_id == subject_id))
    db.session.execute(delete(DataKey).where(DataKey.subject_id == subject_id))


def take_all_back(holder_id: UUID) -> None:
    """Delete every wrapped key of a holder, whose key pair is lost."""
    db.session.execute(delete(Grant).where(Grant.holder_id == holder_id))


def holders_of(subject_id: UUID, use: Use = Use.READ) -> set[UUID]:
    """Who can open a subject now."""
    query = select(Grant.holder_id).where(
        Grant.subject_id == subject_id, Grant.use == use, unexpired()
    )
    return set(db.session.scalars(query))


def rewrap_own(ring: Keyring) -> int:
    """Turn the holder's HPKE grants into symmetric ones. Returns how many."""
    rows = db.session.execute(
        select(Grant.id, Grant.data_key_id, Grant.use, Grant.wrapped, Grant.expires_at).where(
            and_(Grant.holder_id == ring.holder_id, Grant.is_hpke)
        )
    ).all()
    for grant_id, key_id, use, wrapped, expires_at in rows:
        until = expires_at if use == Use.EMERGENCY else None
        try:
            key = ring.unwrap(key_id, use, True, wrapped, until)
            rewrapped = ring.wrap(key_id, use, key, until)
        except NoKey:
            continue  # A damaged grant stays as it is; opening the case says so.
        db.session.execute(
            update(Grant).where(Grant.id == grant_id).values(is_hpke=False, wrapped=rewrapped)
        )
    return len(rows)


def _grant(
    key_id: UUID,
    subject_id: UUID,
    compartment: Compartment,
    key: bytes,
    given: Sequence[tuple[UUID, Use]],
    by: UUID | None,
) -> None:
    ring: Keyring | None = g.get("keyring")
    wanted = [holder for holder, _ in given]
    holders = db.session.execute(
        select(Holder.id, Holder.public_key, Holder.is_organisation).where(
            or_(Holder.id.in_(wanted), Holder.is_organisation)
        )
    ).all()
    public = {holder_id: key_bytes for holder_id, key_bytes, _ in holders}
    recovery = [
        (holder_id, Use.READ) for holder_id, _, is_organisation in holders if is_organisation
    ]
    rows = []
    for holder_id, use in [*given, *recovery]:
        own = ring is not None and ring.holder_id == holder_id
        wrapped = (
            ring.wrap(key_id, use, key)
            if own and ring
            else wrap_for(public[holder_id], key_id, holder_id, use, key)
        )
        rows.append(_row(key_id, subject_id, compartment, holder_id, use, not own, wrapped, by))
    db.session.flush()
    db.session.execute(insert(Grant), rows)


def wrap_for(
    public_key: bytes,
    key_id: UUID,
    holder_id: UUID,
    use: str,
    key: bytes,
    until: datetime | None = None,
) -> bytes:
    """A data key under a holder's public key (HPKE)."""
    info = _info(key_id, holder_id, use, until)
    return SUITE.encrypt(key, X25519PublicKey.from_public_bytes(public_key), info=info)


def _row(
    key_id: UUID,
    subject: UUID,
    compartment: str,
    holder: UUID,
    use: Use,
    hpke: bool,
    wrapped: bytes,
    by: UUID | None,
) -> dict[str, object]:
    return {
        "id": uuid4(),
        "data_key_id": key_id,
        "subject_id": subject,
        "compartment": compartment,
        "holder_id": holder,
        "use": use,
        "is_hpke": hpke,
        "wrapped": wrapped,
        "granted_by": by,
        "granted_at": now(),
    }


def _info(key_id: UUID, holder_id: UUID, use: str, until: datetime | None) -> bytes:
    # The use is bound too: a grant in custody that somebody relabels in the database does not open.
    # So is the end of a grant for an emergency: one that is prolonged there does not open either.
    ends = b"" if until is None else b"|" + str(round(until.timestamp())).encode()
    return b"casework grant|" + key_id.bytes + holder_id.bytes + use.encode() + ends
