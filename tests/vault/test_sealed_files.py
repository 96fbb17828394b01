"""Sealed files and texts of the program: ciphertext bound to its place, opened by nobody else."""

from uuid import uuid4

import pytest

from casework.confidential.attachments.models import Attachment
from casework.confidential.break_glass.models import EmergencyOpening
from casework.vault import envelope
from casework.vault.grants import Compartment, NoKey, make_keys
from casework.vault.sealed import UNREADABLE, Peppered

CONTENT = b"%PDF-1.4 \x00\xff " + "Đào Thị Ngọc Ánh".encode() * 50


@pytest.fixture
def paper(act_as):
    """A file of a case that the counselor holds the key of."""
    case = uuid4()
    with act_as("counselor") as account:
        make_keys(case, [Compartment.NOTES], readers=[account], custodians=[], by=account)
        return Attachment(id=uuid4(), case_id=case, content=CONTENT)


def test_a_file_is_kept_as_ciphertext_and_read_back_whole(act_as, paper):
    assert b"PDF" not in paper.content_sealed
    assert "Ngọc".encode() not in paper.content_sealed
    with act_as("counselor"):
        assert paper.content == CONTENT


def test_a_file_without_a_byte_is_a_file(act_as, paper):
    with act_as("counselor"):
        paper.content = b""
        assert paper.content_sealed
        assert paper.content == b""


def test_nothing_is_sealed_where_nothing_is_kept(act_as, paper):
    with act_as("counselor"):
        paper.content = None
        assert paper.content_sealed is None
        with pytest.raises((envelope.CannotOpen, NoKey)):
            _ = paper.content


def test_who_holds_no_key_neither_reads_nor_writes(act_as, paper):
    with act_as("counselor2"):
        with pytest.raises(NoKey):
            _ = paper.content
        with pytest.raises(NoKey):
            paper.content = b"x"


@pytest.mark.parametrize("at", [0, 1, 20, 40, -1])
def test_a_changed_byte_is_refused(act_as, paper, at):
    sealed = bytearray(paper.content_sealed)
    sealed[at] ^= 1
    paper.content_sealed = bytes(sealed)
    with act_as("counselor"), pytest.raises((envelope.CannotOpen, NoKey)):
        _ = paper.content


def test_a_file_moved_to_another_row_or_case_is_refused(act_as, paper):
    with act_as("counselor"):
        other = Attachment(id=uuid4(), case_id=paper.case_id)
        other.content_sealed = paper.content_sealed
        with pytest.raises(envelope.CannotOpen):
            _ = other.content
        paper.case_id = uuid4()
        with pytest.raises(NoKey):
            _ = paper.content


def peppered():
    """Where a model keeps such a text: its attribute and its column."""
    return next(
        (name, value.column)
        for name, value in vars(EmergencyOpening).items()
        if isinstance(value, Peppered)
    )


def test_a_text_of_the_program_is_read_without_a_case_key(app):
    name, column = peppered()
    row = EmergencyOpening(id=uuid4())
    with app.app_context():
        setattr(row, name, "Người thân báo nguy cấp 🌻")
        assert "thân".encode() not in getattr(row, column)
        assert getattr(row, name) == "Người thân báo nguy cấp 🌻"
        setattr(row, name, "")
        assert getattr(row, column) is None
        assert getattr(row, name) == ""


def test_a_text_of_the_program_is_bound_to_its_row_and_its_pepper(app, monkeypatch):
    name, column = peppered()
    row, other = EmergencyOpening(id=uuid4()), EmergencyOpening(id=uuid4())
    with app.app_context():
        setattr(row, name, "lý do")
        setattr(other, column, getattr(row, column))
        assert getattr(other, name) is UNREADABLE
        sealed = bytearray(getattr(row, column))
        sealed[-1] ^= 1
        setattr(other, column, None)
        whole = getattr(row, column)
        setattr(row, column, bytes(sealed))
        assert getattr(row, name) is UNREADABLE
        setattr(row, column, whole)
        assert getattr(row, name) == "lý do"
        settings = app.config["SETTINGS"]
        monkeypatch.setitem(app.config, "SETTINGS", _with_pepper(settings, b"another pepper"))
        assert getattr(row, name) is UNREADABLE


def _with_pepper(settings, pepper):
    from dataclasses import replace

    return replace(settings, pepper=pepper)
