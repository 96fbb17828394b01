"""Files are what their bytes say, stay in memory, and pictures forget where they were taken."""

import contextlib
import tempfile
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from flask import request
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from casework.core import uploads
from casework.core.uploads import CSV, DOCX, JPEG, PAPERS, PDF, PICTURES, PNG, SHEETS, read_upload
from tests.conftest import Program

PDF_BYTES = b"%PDF-1.7\n1 0 obj"


@pytest.fixture(scope="module")
def program(sqlite_program: Program) -> Program:
    """Nothing here asks a database."""
    return sqlite_program


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 20)) -> bytes:
    written, exif = BytesIO(), Image.Exif()
    exif[0x010F], exif[0x8825] = "A telephone", {1: "N", 2: (9.0, 17.0, 30.0)}
    Image.new("RGB", size, "navy").save(written, kind, exif=exif)
    return written.getvalue()


def office(*names: str) -> bytes:
    written = BytesIO()
    with ZipFile(written, "w") as parts:
        for name in names:
            parts.writestr(name, "<x/>")
    return written.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("quyết định.pdf", PDF_BYTES, PDF),
        ("ảnh.JPG", picture(), JPEG),
        ("ảnh.jpeg", picture(), JPEG),
        ("biên bản.docx", office("word/document.xml"), DOCX),
    ],
)
def test_papers_are_taken_for_what_they_are(name: str, content: bytes, kind: str):
    upload = read_upload(name, content, PAPERS)
    assert (upload.filename, upload.media_type) == (name if kind != JPEG else "ảnh.jpg", kind)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("decision.pdf", b"MZ\x90\x00", "Only these kinds may be sent"),
        ("decision.pdf", picture(), "says it is something else"),
        ("decision", PDF_BYTES, "says it is something else"),
        ("decision.pdf.exe", PDF_BYTES, "says it is something else"),
        ("macro.docx", office("word/document.xml", "word/vbaProject.bin"), "Only these kinds"),
        ("zip.docx", office("a.txt"), "Only these kinds"),
        ("broken.docx", b"PK\x03\x04rest", "Only these kinds"),
        ("empty.pdf", b"", "The file is empty"),
        ("page.pdf", b"<html><script>alert(1)</script></html>", "Only these kinds"),
        ("cut.jpg", picture()[:60], "can't be read"),
    ],
)
def test_what_lies_about_itself_is_refused_in_words(
    program: Program, name: str, content: bytes, said: str
):
    with program.app.test_request_context(), pytest.raises(ValueError, match=said):
        read_upload(name, content, PAPERS)


def test_a_picture_forgets_camera_and_place():
    before = picture()
    assert dict(Image.open(BytesIO(before)).getexif())
    for kind, name in (("JPEG", "a.jpg"), ("PNG", "a.png")):
        upload = read_upload(name, picture(kind), PICTURES)
        opened = Image.open(BytesIO(upload.content))
        assert dict(opened.getexif()) == {}
        assert b"A telephone" not in upload.content
        assert (opened.format, opened.size, upload.filename) == ("JPEG", (40, 20), "a.jpg")


def test_a_huge_picture_is_made_smaller_and_a_bomb_refused(program: Program, monkeypatch):
    upload = read_upload("wide.png", picture("PNG", (4000, 10)), PICTURES)
    assert Image.open(BytesIO(upload.content)).width == uploads.LONGEST_SIDE
    monkeypatch.setattr(uploads, "MAX_PIXELS", 100)
    with program.app.test_request_context(), pytest.raises(ValueError, match="too many points"):
        read_upload("big.png", picture("PNG"), PICTURES)


@settings(max_examples=150)
@given(st.data())
def test_a_damaged_picture_is_refused_and_never_breaks(data: st.DataObject):
    content = bytearray(picture(data.draw(st.sampled_from(["PNG", "JPEG"]))))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    for name in ("a.png", "a.jpg"):
        with contextlib.suppress(ValueError):
            read_upload(name, bytes(content), PICTURES)


def test_sheets():
    assert read_upload("log.csv", "tên;ngày\n".encode(), SHEETS).media_type == CSV
    assert read_upload("log.xlsx", office("xl/workbook.xml"), SHEETS).size > 0
    assert uploads.kind_of(picture("PNG")) == PNG


def test_an_upload_never_touches_a_disk(program: Program, tmp_path: Path, monkeypatch):
    """Werkzeug would write a part above 500 kB to a temporary file, in clear."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(tempfile, "TemporaryFile", _refused)
    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", _refused)
    content = b"%PDF-" + b"x" * 3_000_000
    boundary, body = encode_multipart({"paper": FileStorage(BytesIO(content), "a.pdf")})
    kind = f"multipart/form-data; boundary={boundary}"
    with program.app.test_request_context("/", method="POST", data=body, content_type=kind):
        sent = request.files["paper"]
        assert isinstance(sent.stream, BytesIO)
        assert len(sent.read()) == len(content)
    assert list(tmp_path.iterdir()) == []


def _refused(*_args: object, **_kwargs: object) -> None:
    raise AssertionError("written to a disk")
