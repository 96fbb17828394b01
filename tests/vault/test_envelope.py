"""What is sealed opens whole, only in its place, only with its key, and its length tells little."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.vault import envelope
from casework.vault.envelope import CannotOpen, Place

KEY, KEY_ID = bytes(range(32)), UUID(int=7)
keys = st.binary(min_size=32, max_size=32)
places = st.builds(
    Place,
    table=st.sampled_from(["identities", "contacts"]),
    column=st.sampled_from(["name_sealed", "note_sealed"]),
    row=st.uuids(),
    compartment=st.sampled_from(["identity", "notes", "roster"]),
)


@given(st.binary(max_size=5000), keys, st.uuids(), places)
def test_what_is_sealed_opens_whole(plaintext, key, key_id, place):
    sealed = envelope.seal(plaintext, key, key_id, place.binding())
    assert envelope.unseal(sealed, key, place.binding()) == plaintext
    assert envelope.key_id_of(sealed) == key_id.bytes


@pytest.mark.parametrize("length", [0, 27, 28, 29])
def test_every_flipped_bit_is_refused(length):
    binding = Place("identities", "name_sealed", UUID(int=1), "identity").binding()
    sealed = envelope.seal(b"x" * length, KEY, KEY_ID, binding)
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CannotOpen):
            envelope.unseal(bytes(changed), KEY, binding)


@given(st.binary(max_size=200))
def test_whatever_stands_in_a_cell_is_refused_and_nothing_breaks(garbage):
    for cell in (garbage, envelope.seal(b"text", KEY, KEY_ID, b"here")[: len(garbage)]):
        with pytest.raises(CannotOpen):
            envelope.unseal(cell, KEY, b"here")


@given(places, places)
def test_a_moved_ciphertext_is_refused(here, there):
    sealed = envelope.seal(b"name", KEY, KEY_ID, here.binding())
    if here == there:
        assert envelope.unseal(sealed, KEY, there.binding()) == b"name"
    else:
        with pytest.raises(CannotOpen):
            envelope.unseal(sealed, KEY, there.binding())


@given(places, places)
def test_no_two_places_share_a_binding(one, other):
    assert (one.binding() == other.binding()) == (one == other)


@given(st.integers(min_value=0, max_value=4000))
def test_lengths_fall_into_few_buckets(length):
    overhead = envelope.HEADER_BYTES + 16
    size = len(envelope.seal(bytes(length), KEY, KEY_ID, b"")) - overhead
    assert size in (32, 64, 128, 256, 512, 1024, 2048, 4096)
    assert size == 32 or size < 2 * (length + 4)


def test_the_same_text_is_never_sealed_twice_alike():
    assert len({envelope.seal(b"a", KEY, KEY_ID, b"") for _ in range(500)}) == 500


def test_keys_of_different_purposes_have_nothing_in_common():
    secret = bytes(32)
    derived = {envelope.derive(secret, purpose) for purpose in ("session", "totp", "own grants")}
    assert len(derived) == 3
    assert envelope.derive(secret, "session", b"salt") not in derived
    assert envelope.new_key() != envelope.new_key()
    assert uuid4() != KEY_ID
