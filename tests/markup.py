"""Pages as trees, parsed strictly by html5lib, which reads a pattern of markup once.

It takes html5lib longer to read a page than the program to make it. What it makes of a page, and
whether that is valid, hangs on tags, on names of attributes and on where text stands, but not on
what a text says. So a page is read as its pattern: the same markup with a mark in the place of each
text and of each value. A page of a known pattern is the tree of the pattern, with its own texts.
What might be read in another way with other texts is left in the pattern as it is.
"""

import re
from functools import lru_cache
from html import unescape
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import html5lib

# html5lib's rules predate these; browsers take them as the standard now says.
_OUTDATED = {"unexpected-end-tag-implies-table-voodoo"}
# A tag, and what stands between it and the next.
_TAG = re.compile(
    r"<(?P<name>!(?:doctype|DOCTYPE) html|/?[a-z][a-z0-9-]*)"
    r"(?P<attributes>(?:[ \n]+[a-zA-Z][a-zA-Z0-9:-]*(?:=\"[^\"]*\"|='[^']*')?)*)(?P<end>[ \n]*/?>)"
    r"(?P<space>[ \n]*)(?P<text>[^<]*)"
)
_VALUE = re.compile(r"([a-zA-Z][a-zA-Z0-9:-]*)=(?:\"([^\"]*)\"|'[^']*')")
# The parser asks what these say.
_TELLING = {"type", "encoding", "http-equiv", "charset"}
# Not text to the parser, or not the same text: it reads such a page itself.
_UNUSUAL = re.compile(
    "[^\n\x20-\x7e\xa0-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U0001f000-\U0001ffef]"
    "|&(?!(?:amp|lt|gt|quot|nbsp|#39|#34);)"
)
_CODE = {"script", "style", "xmp", "iframe", "noembed", "noframes", "plaintext"}
_MARK = re.compile("\ue000([0-9]+)\ue001")
_KNOWN = 500  # patterns at a time; one is some 50 KB

# An element in the order of the document: its parent's place, tag, attributes, text, tail.
Node = tuple[int, Any, dict[str, str], str | None, str | None]


def parse(text: str, *, whole: bool) -> tuple[Element, list[str]]:
    """The tree of a page, or of a fragment inside `body`, and the faults of its markup."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")  # as the parser begins, too
    marked = _marked(text)
    nodes = _pattern(marked[0], whole) if marked else None
    if marked is None or nodes is None:
        return _read(text, whole)
    return _grown(nodes, marked[1]), []


def _marked(text: str) -> tuple[str, list[str]] | None:
    """A page with marks for its texts and values; None where html5lib must read it itself."""
    if _UNUSUAL.search(text):
        return None
    start = len(text) - len(text.lstrip(" \n"))
    pieces, values, reached = [text[:start]], [], start

    def mark(value: str) -> str:
        values.append(value)
        return f"\ue000{len(values) - 1}\ue001"

    def mark_value(found: re.Match[str]) -> str:
        name, value = found.groups()
        return found[0] if name in _TELLING or not value else f'{name}="{mark(value)}"'

    for tag in _TAG.finditer(text, start):
        name, attributes, end, space, said = tag.groups()
        if tag.start() != reached or (said and name in _CODE):
            return None
        reached = tag.end()
        named = _VALUE.sub(mark_value, attributes) if attributes else ""
        pieces.append(f"<{name}{named}{end}{space}{mark(said) if said else ''}")
    return ("".join(pieces), values) if reached == len(text) else None


@lru_cache(_KNOWN)
def _pattern(markup: str, whole: bool) -> list[Node] | None:
    """What html5lib makes of a pattern; None where it finds a fault."""
    root, faults = _read(markup, whole)
    if faults:
        return None
    places = {element: place for place, element in enumerate(root.iter())}
    parents = {child: place for parent, place in places.items() for child in parent}
    return [
        (parents.get(each, -1), each.tag, dict(each.attrib), each.text, each.tail)
        for each in places
    ]


def _grown(nodes: list[Node], values: list[str]) -> Element:
    """The tree of a pattern with the texts of a page."""

    def said(found: re.Match[str]) -> str:
        return unescape(values[int(found[1])])

    def filled(text: str) -> str:
        return _MARK.sub(said, text) if "\ue000" in text else text

    grown: list[Element] = []
    for parent, tag, attributes, text, tail in nodes:
        own = {name: filled(value) for name, value in attributes.items()}
        element = SubElement(grown[parent], tag, own) if grown else Element(tag, own)
        element.text, element.tail = text and filled(text), tail and filled(tail)
        grown.append(element)
    return grown[0]


def _read(text: str, whole: bool) -> tuple[Element, list[str]]:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    root = parser.parse(text) if whole else _wrapped(parser.parseFragment(text))
    faults = [
        f"{place} {code} {values}" for place, code, values in parser.errors if code not in _OUTDATED
    ]
    return root, faults


def _wrapped(fragment: Any) -> Element:
    root = Element("body")
    root.text = fragment.text
    root.extend(list(fragment))
    return root
