"""Everything the program says has a Vietnamese text, none of them fuzzy, with the same blanks."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
VIETNAMESE = ROOT / "casework/translations/vi/LC_MESSAGES/messages.po"
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
BLANK = re.compile(r"%\((\w+)\)[sd]")


def said() -> Iterator[str | tuple[str, ...]]:
    """The messages in the code and in the templates."""
    options = {"**.html": {"trimmed": "true"}}
    for folder in ("casework", "templates"):
        found = extract_from_dir(ROOT / folder, METHODS, options, keywords=KEYWORDS)
        yield from (message for _file, _line, message, *_ in found)


def faults_of(catalogue: Catalog, wanted: set[str | tuple[str, ...]]) -> list[str]:
    """What is missing, empty, fuzzy or has other blanks than its original."""
    found = []
    for wish in sorted(wanted, key=str):
        message = catalogue.get(wish if isinstance(wish, str) else wish[0])
        if message is None or not message.string or not all(_texts(message)):
            found.append(f"no text: {wish}")
        elif message.fuzzy:
            found.append(f"fuzzy: {wish}")
        elif any(_blanks(text) - _blanks(str(wish)) for text in _texts(message)):
            found.append(f"other blanks: {wish}")
    return found


def test_every_message_has_a_vietnamese_text():
    wanted = set(said())
    assert len(wanted) > 200, "nothing was extracted: this rule looks in the wrong place"
    with VIETNAMESE.open("rb") as file:
        assert faults_of(read_po(file, locale="vi"), wanted) == []


def test_what_is_wrong_is_found():
    text = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"

msgid "empty"
msgstr ""

#, fuzzy
msgid "fuzzy"
msgstr "mờ"

msgid "Hello %(name)s"
msgstr "Chào %(ten)s"

msgid "fine"
msgstr "được"
"""
    catalogue = read_po(BytesIO(text.encode()), locale="vi")
    wanted = {"empty", "fuzzy", "Hello %(name)s", "fine", "missing"}
    assert [fault.split(":")[0] for fault in faults_of(catalogue, wanted)] == [
        "other blanks",
        "no text",
        "fuzzy",
        "no text",
    ]


def _texts(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def _blanks(text: str) -> set[str]:
    return set(BLANK.findall(text))
