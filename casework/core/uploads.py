"""Files that people send: kept in memory until they are sealed, checked by what they are, never by
what they are called.

Werkzeug spools larger parts to a file in clear; here nothing of an upload touches a disk. Pictures
are written anew, which leaves behind where and with what they were taken.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any
from zipfile import ZipFile

from flask import Flask, Request
from flask_babel import lazy_gettext as _l
from PIL import Image, ImageOps
from wtforms import FileField

from casework.core.text import nfc

# A form may bring one such file and its texts (MAX_CONTENT_LENGTH in config.py).
MAX_FILE = 5 * 1024 * 1024
MAX_PIXELS = 40_000_000
LONGEST_SIDE = 2000

PDF = "application/pdf"
JPEG = "image/jpeg"
PNG = "image/png"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
PAPERS = (PDF, JPEG, PNG, DOCX)
PICTURES = (JPEG, PNG)
SHEETS = (XLSX, CSV)
ENDINGS = {PDF: ".pdf", JPEG: ".jpg", PNG: ".png", DOCX: ".docx", XLSX: ".xlsx", CSV: ".csv"}


class InMemory(Request):
    """A request whose files stay in memory; it is refused before that when it is too large."""

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return BytesIO()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it may be kept: its name without a path, what it really is, its bytes."""

    filename: str
    media_type: str
    content: bytes

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content)


class UploadField(FileField):
    """A file of one of some kinds; `data` is an Upload, or None when nothing was sent.

    A refused form can not send a file back to the browser: the page says that it must be chosen
    again, beside the field.
    """

    def __init__(self, label: Any = None, *, allowed: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.allowed = allowed

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was sent. Raises ValueError, which WTForms shows beside the field."""
        self.data = None
        sent = valuelist[0] if valuelist else None
        if sent and isinstance(sent, str):  # no browser sends a text in the place of a file
            raise ValueError(_l("Choose a file."))
        if sent is None or not getattr(sent, "filename", ""):
            return
        content = sent.read()
        if len(content) > MAX_FILE:
            raise ValueError(_l("The file is too large: at most 5 MB."))
        name = nfc(sent.filename).replace("\\", "/").rpartition("/")[2]
        self.data = read_upload(name, content, self.allowed)

    def pre_validate(self, form: Any) -> None:
        """Nothing was kept of a refused file."""
        if self.process_errors:
            self.data = None


def read_upload(name: str, content: bytes, allowed: tuple[str, ...]) -> Upload:
    """What a file is by its content. Raises ValueError with words for whoever sent it."""
    kind = kind_of(content)
    # Neither line breaks nor letters that turn the direction of what follows.
    name = "".join(letter for letter in name if letter.isprintable()).strip()[-200:]
    if not content:
        raise ValueError(_l("The file is empty."))
    if kind not in allowed:
        endings = ", ".join(sorted({ENDINGS[each] for each in allowed}))
        raise ValueError(_l("Only these kinds may be sent: %(kinds)s.", kinds=endings))
    if not _is_called(name, kind):
        raise ValueError(_l("The name of the file says it is something else than its content."))
    if kind in PICTURES:
        return Upload(name.rpartition(".")[0] + ENDINGS[JPEG], JPEG, _anew(content))
    return Upload(name, kind, content)


def kind_of(content: bytes) -> str | None:
    """The media type that the first bytes (and for Office files the parts) show."""
    if content.startswith(b"%PDF-"):
        return PDF
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    return CSV if _is_text(content) else None


def init_app(app: Flask) -> None:
    """Every request keeps its files in memory."""
    app.request_class = InMemory


def _office(content: bytes) -> str | None:
    try:
        with ZipFile(BytesIO(content)) as parts:
            names = set(parts.namelist())
    except Exception:  # damaged, or of a version nobody reads: no Office file
        return None
    if any(name.endswith("vbaProject.bin") for name in names):
        return None
    if "word/document.xml" in names:
        return DOCX
    return XLSX if "xl/workbook.xml" in names else None


def _is_text(content: bytes) -> bool:
    return bool(content) and b"\0" not in content[:4096]


def _is_called(name: str, kind: str) -> bool:
    ending = "." + name.rpartition(".")[2].lower() if "." in name else ""
    return ending == ENDINGS[kind] or (kind == JPEG and ending == ".jpeg")


class _TooLarge(Exception):
    """More points than are taken."""


def _anew(content: bytes) -> bytes:
    try:
        with Image.open(BytesIO(content)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise _TooLarge
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except _TooLarge:
        raise ValueError(_l("The picture has too many points.")) from None
    except Exception:  # damaged in whatever way: every format has its own errors
        raise ValueError(_l("The picture can't be read.")) from None
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    clean = Image.new("RGB", upright.size)
    clean.paste(upright)
    written = BytesIO()
    clean.save(written, "JPEG", quality=85)
    return written.getvalue()
