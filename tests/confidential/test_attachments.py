"""Papers of a case: sealed before they touch a disk, refused with a reason, saved and never shown,
gone when they are taken away.
"""

import random
import tempfile
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select, text
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from casework.confidential.attachments import operations
from casework.confidential.attachments.models import Attachment
from casework.core.audit import AuditEntry
from casework.core.database import Base, db
from tests.confidential.test_cases import open_case

MARK = "Giấy của Đào Thị Ngọc Ánh"
NAME = "đơn xin của Ngọc Ánh.pdf"
PDF = b"%PDF-1.4\n" + MARK.encode() + random.Random(1).randbytes(20_000) + MARK.encode()


@pytest.fixture
def counselor(client_as):
    return client_as("counselor")


@pytest.fixture
def case(counselor):
    return open_case(counselor)


def add(counselor, case, content=PDF, name=NAME, **values):
    """Send a paper. The body is made in memory: the test client would spool a large one to a file
    in clear, as the program must not.
    """
    new = case + "/attachments/new"
    sent = FileStorage(BytesIO(content), name)
    fields = {**counselor.get(new).form(new), "kind": "decision", "paper": sent, **values}
    boundary, body = encode_multipart(fields)
    kind = f"multipart/form-data; boundary={boundary}"
    return counselor.post(new, BytesIO(body), content_type=kind)


def links(counselor, case):
    found = [a.get("href") or "" for a in counselor.get(case + "/attachments").all("a")]
    return [end for end in found if len(end.rpartition("/attachments/")[2]) == 36]


def picture(kind="JPEG"):
    exif = Image.Exif()
    exif[0x010E] = "chụp tại nhà"
    content = BytesIO()
    Image.new("RGB", (40, 30), "red").save(content, kind, exif=exif)
    return content.getvalue()


def test_a_paper_is_kept_and_saved_as_it_was(counselor, case, app):
    page = counselor.follow(add(counselor, case))
    assert NAME in page.words
    assert "decision or certificate" in page.words
    (link,) = links(counselor, case)
    answer = counselor.client.get(link)
    assert answer.data == PDF
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment")
    assert "nh" not in disposition.split("filename")[1], "the name says nothing of the person"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    with app.app_context():
        read = select(AuditEntry).where(AuditEntry.action == "attachment.read")
        assert [str(row.subject_id) for row in db.session.scalars(read)] == [case.split("/")[2]]
        rows = str(db.session.execute(select(AuditEntry.__table__)).all())
    assert "Ánh" not in rows


def test_nothing_of_it_stands_anywhere_in_clear(counselor, case, app, monkeypatch, tmp_path):
    """Not in the database, its log of writes, nor where temporary files go."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    # More than Werkzeug would keep in memory.
    large = PDF + random.Random(2).randbytes(700_000)
    assert add(counselor, case, large).status == 303
    (link,) = links(counselor, case)
    assert counselor.client.get(link).status_code == 200
    assert list(tmp_path.iterdir()) == []
    needles = (MARK.encode(), NAME.encode(), PDF[5000:5040], "Ngọc Ánh".encode())
    stored = list(_stored(app))
    assert sum(map(len, stored)) > len(large)
    assert [needle for needle in needles for content in stored if needle in content] == []


def test_without_a_row_in_the_log_nothing_is_handed_out(counselor, case, monkeypatch):
    add(counselor, case)
    (link,) = links(counselor, case)

    def full(*_):
        raise OSError

    monkeypatch.setattr("casework.core.audit._append", full)
    answer = counselor.client.get(link)
    assert answer.status_code == 500
    assert MARK.encode() not in answer.data


def test_a_picture_loses_what_tells_where_it_was_taken(counselor, case):
    assert add(counselor, case, picture(), "anh.jpg").status == 303
    (link,) = links(counselor, case)
    kept = Image.open(BytesIO(counselor.client.get(link).data))
    assert not kept.getexif()


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "a.pdf", "empty"),
        (b"MZ\x90 a program", "a.pdf", "Only these kinds"),
        (PDF, "a.docx", "says it is something else"),
        (b"<html>", "a.html", "Only these kinds"),
        (b"\xff\xd8\xff broken", "a.jpg", "picture can't be read"),
        (b"%PDF-" + bytes(5 * 1024 * 1024), "a.pdf", "at most 5 MB"),
    ],
)
def test_what_is_no_paper_is_refused_beside_its_field(counselor, case, content, name, said):
    page = add(counselor, case, content, name)
    assert page.status == 422
    assert said in page.words
    assert page.form(case + "/attachments/new")["kind"] == "decision"
    assert links(counselor, case) == []


@pytest.mark.parametrize(
    "values", [{"kind": ""}, {"kind": "moon"}, {"on": "2126-01-01"}, {"paper": "no file"}]
)
def test_bad_input_keeps_nothing(counselor, case, values):
    assert add(counselor, case, **values).status == 422
    assert links(counselor, case) == []


def test_it_says_what_must_never_be_kept(counselor, case):
    words = counselor.get(case + "/attachments/new").words
    assert "Never a picture of an identity card" in words


def test_taken_away_its_content_is_gone_and_its_row_stays(counselor, case, app):
    add(counselor, case)
    (link,) = links(counselor, case)
    assert counselor.submit(link + "/removal", link + "/removal").status == 303
    page = counselor.get(case + "/attachments")
    assert "taken away by Nguyễn Thị Hoa" in page.words
    assert NAME not in page.words
    with app.app_context():
        row = db.session.scalars(select(Attachment)).one()
        assert (row.content_sealed, row.filename_sealed) == (None, None)
        assert row.removed_at
    assert counselor.get(link).status == 404
    again = counselor.submit(link + "/removal", link + "/removal")
    assert again.status == 422
    assert "taken away before" in again.words


def test_a_closed_case_takes_no_paper_and_still_gives_them(counselor, case):
    add(counselor, case)
    (link,) = links(counselor, case)
    form = counselor.get(case + "/attachments/new")
    counselor.submit(case + "/closure", case + "/closure", reason="goals_met")
    new = case + "/attachments/new"
    late = (BytesIO(PDF), NAME)
    page = counselor.submit(form, new, kind="other", paper=late)
    assert page.status == 422
    assert "case is closed" in page.words
    assert counselor.client.get(link).data == PDF
    assert counselor.submit(link + "/removal", link + "/removal").status == 303


def test_a_case_is_no_archive(counselor, case, monkeypatch):
    monkeypatch.setattr(operations, "MOST", 2)
    for _ in range(2):
        assert add(counselor, case).status == 303
    page = add(counselor, case)
    assert page.status == 422
    assert "at most 2 papers" in page.words


def test_the_same_form_twice_is_one_paper(counselor, case):
    form, new = counselor.get(case + "/attachments/new"), case + "/attachments/new"
    for _ in range(2):
        sent = (BytesIO(PDF), NAME)
        assert counselor.submit(form, new, kind="other", paper=sent).status == 303
    assert len(links(counselor, case)) == 1


def test_a_damaged_paper_is_said(counselor, case, app):
    add(counselor, case)
    (link,) = links(counselor, case)
    with app.app_context():
        row = db.session.scalars(select(Attachment)).one()
        row.content_sealed = row.content_sealed[:-1] + bytes([row.content_sealed[-1] ^ 1])
        db.session.commit()
    page = counselor.get(link)
    assert page.status == 410
    assert "can't be opened" in page.words


def test_nobody_else_saves_it(counselor, case, client_as):
    add(counselor, case)
    (link,) = links(counselor, case)
    other = open_case(counselor, name="Người Khác", alias="")
    assert counselor.get(link.replace(case, other)).status == 404
    for who in ("counselor2", "coordinator", "counselor-b", "unithead", "dpo", "admin"):
        answer = client_as(who).client.get(link)
        assert answer.status_code in (403, 404), who
        assert MARK.encode() not in answer.data


def _stored(app):
    """Every byte the database keeps: its files, or what each table holds."""
    with app.app_context():
        engine = db.engine
        if engine.dialect.name == "sqlite":
            for file in Path(engine.url.database).parent.glob("*.sqlite3*"):
                yield file.read_bytes()
            return
        for table in Base.metadata.sorted_tables:
            for row in db.session.execute(text(f'SELECT * FROM "{table.schema}"."{table.name}"')):
                for value in row:
                    yield bytes(value) if isinstance(value, memoryview) else str(value).encode()
                    if isinstance(value, bytes):
                        yield value
