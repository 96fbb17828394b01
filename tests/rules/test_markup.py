"""A page of a known pattern is read as html5lib reads it (tests/markup.py)."""

from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import markup

PIECES = st.sampled_from(
    [
        "<p>", "</p>", "<div>", "</div>", "<b>", "</b>", "<td>", "<tr>", "<table>", "</table>",
        "<tbody>", "<option selected>", "<select>", "</select>", "<textarea>\n", "</textarea>",
        "<pre>", "</pre>", "<br>", "<br/>", "<script>", "</script>", "<svg>", "</svg>", "<a", ">",
        '<path d="', '<input type="hidden" value="', '<a href="', '"', "'", '" id="', '">', '"/>',
        "<input title='", '<form action="/">', "</form>", "<!-- ", " -->", "<title>", "</title>",
        " ", "\n", "\r\n", "&amp;", "&lt;", "&#34;", "&hellip;", "&", "<", "=", "x", "là gì?",
        "\x00", "\x0c", "\xa0", "\ue0000\ue001",
    ]
)  # fmt: skip
MARKUP = st.lists(PIECES, max_size=25).map("".join)
WHOLE = '<!doctype html>\n<html lang="vi"><head><title>{0}</title></head><body>{1}</body></html>'
# Faults that hang on what stands beside them.
FAULTY = [
    '<p id="{0}" id="{0}">{0}</p>',
    "<p><div>{0}</p>",
    '<table><tr><td></td></tr><input type="text" value="{0}"></table>',
    '<a title="{0} > b=" class="c" class="d">{0}</a>',
    "<p>{0}</p></section>",
    "<p>{0} & {0}; &hellip {0}</p>",
    '<p title="{0}"class="{0}">{0}</p>',
    "<p>{0}\x01</p>",
    "<b><i>{0}</b></i>",
]  # fmt: skip
SOUND = [
    '<input type="hidden" name="{0}" value="">',
    '<table><tbody><tr><td class="a {0}">{0}</td></tr></tbody></table>',
    "<textarea>\r\n{0}</textarea><textarea>\n\n {0}\n</textarea><pre>\n{0}</pre>",
    "<p>\n  {0} <b>{0}</b>\n  {0}&amp;{0}\n</p>",
    """<meta content='{{"mode": "{0}"}}' name="{0}"><p title='a="' class="{0}">{0}</p>""",
    "<script>a = '{0}'; b = c && d < e;</script><p>{0}</p>",
    '<svg viewBox="0 0 {0} 1"><path d="{0}"/></svg>{0}',
]


def read_both(text: str, *, whole: bool) -> None:
    """Read as pages are read, twice so that its pattern is known, and by html5lib alone."""
    root, faults = markup._read(text.replace("\r\n", "\n"), whole)
    for _ in range(2):
        mine, found = markup.parse(text, whole=whole)
        assert (bool(found), shape(mine)) == (bool(faults), shape(root))


def shape(root: Element) -> list[tuple[object, ...]]:
    return [(e.tag, dict(e.attrib), e.text or "", e.tail or "", len(e)) for e in root.iter()]


@given(MARKUP, MARKUP)
def test_any_markup_is_read_as_html5lib_reads_it(head, body):
    read_both(body, whole=False)
    read_both(WHOLE.format(head, body), whole=True)


@pytest.mark.parametrize("pattern", FAULTY)
def test_a_fault_is_found_whatever_was_read_before(pattern):
    for said in ("", "a", "b", "một hai", "&lt;b&gt;"):
        read_both(pattern.format(said), whole=False)
        assert not said or markup.parse(pattern.format(said), whole=False)[1]


@pytest.mark.parametrize("pattern", SOUND)
def test_a_page_has_its_own_texts(pattern):
    for said in ("Hoa", "&lt;b&gt; &amp;amp; &#34;", "", "Đức 0"):
        read_both(pattern.format(said), whole=False)
        assert markup.parse(pattern.format(said), whole=False)[1] == []


def test_a_known_pattern_is_not_read_again(monkeypatch):
    markup.parse("<p title='x'>a <b class=\"one\">b</b></p>", whole=False)
    monkeypatch.setattr(markup, "_read", pytest.fail)
    root, _ = markup.parse("<p title='x'>c <b class=\"two\">d</b></p>", whole=False)
    assert shape(root)[1:] == [
        ("p", {"title": "x"}, "c ", "", 1),
        ("b", {"class": "two"}, "d", "", 0),
    ]
