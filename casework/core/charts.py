"""Bar charts as pictures for slides: 1920 × 1080 PNG, in the program's own font and colours.

A bar that stands for nothing is left out; its words say why. Drawing knows no feature: whoever
calls brings words and numbers.
"""

from collections.abc import Sequence
from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

SIZE = 1920, 1080
PNG = "image/png"
_FONTS = Path(__file__).parents[1] / "static" / "vendor" / "be-vietnam-pro"
_INK, _SOFT, _TRACK, _BAR, _SHEET = "#1f2d2e", "#51605f", "#eeebe4", "#0b5c63", "#ffffff"
_MARGIN, _TOP, _BOTTOM = 96, 270, 930
_LABELS, _TOLD = 820, 300
"""How much of the width labels of lying bars take, and the words at their ends."""


def draw_bars(
    title: str,
    unit: str,
    labels: Sequence[str],
    values: Sequence[int | None],
    told: Sequence[str],
    *,
    top: int | None = None,
    lying: bool = False,
    note: str = "",
) -> bytes:
    """Bars with their words, standing or (for long labels) lying, as high as their values. `top` is
    what a whole bar stands for, where there is such a thing.
    """
    picture = Image.new("RGB", SIZE, _SHEET)
    pen = ImageDraw.Draw(picture)
    _head(pen, title, unit)
    whole = max(top or 0, *(value or 0 for value in values), 1)
    shares = [None if value is None else value / whole for value in values]
    if lying:
        _lie(pen, labels, shares, told)
    else:
        _stand(pen, labels, shares, told)
    pen.text((_MARGIN, 1000), note, font=_fit(note, 26, SIZE[0] - 2 * _MARGIN), fill=_SOFT)
    output = BytesIO()
    picture.save(output, "PNG")
    return output.getvalue()


def _head(pen: ImageDraw.ImageDraw, title: str, unit: str) -> None:
    width = SIZE[0] - 2 * _MARGIN
    pen.text((_MARGIN, 70), title, font=_fit(title, 56, width, bold=True), fill=_INK)
    pen.text((_MARGIN, 160), unit, font=_font(34), fill=_SOFT)
    pen.line([(_MARGIN, 225), (SIZE[0] - _MARGIN, 225)], fill=_BAR, width=4)


def _stand(
    pen: ImageDraw.ImageDraw,
    labels: Sequence[str],
    shares: Sequence[float | None],
    told: Sequence[str],
) -> None:
    slot = (SIZE[0] - 2 * _MARGIN) / max(len(labels), 1)
    bar, foot, highest = min(slot * 0.6, 260), _BOTTOM - 70, _BOTTOM - _TOP - 140
    pen.line([(_MARGIN, foot), (SIZE[0] - _MARGIN, foot)], fill=_SOFT, width=2)
    for place, (label, share, words) in enumerate(zip(labels, shares, told, strict=True)):
        middle = _MARGIN + slot * (place + 0.5)
        head = foot - highest * (share or 0)
        if share:
            pen.rectangle([(middle - bar / 2, head), (middle + bar / 2, foot)], fill=_BAR)
        font = _fit(words, 36, slot - 16, bold=True)
        pen.text((middle, head - 14), words, font=font, fill=_INK, anchor="ms")
        pen.text(
            (middle, foot + 50), label, font=_fit(label, 36, slot - 16), fill=_INK, anchor="ms"
        )


def _lie(
    pen: ImageDraw.ImageDraw,
    labels: Sequence[str],
    shares: Sequence[float | None],
    told: Sequence[str],
) -> None:
    row = min((_BOTTOM - 245) / max(len(labels), 1), 80)
    size, left = int(min(row * 0.68, 32)), _MARGIN + _LABELS
    longest = SIZE[0] - _MARGIN - _TOLD - left
    for place, (label, share, words) in enumerate(zip(labels, shares, told, strict=True)):
        middle = 250 + row * (place + 0.5)
        head, foot = middle - row * 0.34, middle + row * 0.34
        font = _font(size)
        pen.text((_MARGIN, middle), _cut(label, font), font=font, fill=_INK, anchor="lm")
        pen.rectangle([(left, head), (left + longest, foot)], fill=_TRACK)
        if share:
            pen.rectangle([(left, head), (left + longest * share, foot)], fill=_BAR)
        place_of_words = (left + longest + 20, middle)
        pen.text(place_of_words, words, font=_font(size, bold=True), fill=_INK, anchor="lm")


def _cut(label: str, font: FreeTypeFont) -> str:
    """A label as far as it has room."""
    if font.getlength(label) <= _LABELS - 24:
        return label
    while label and font.getlength(f"{label}…") > _LABELS - 24:
        label = label[:-1]
    return f"{label.rstrip()}…"


def _fit(words: str, size: int, width: float, *, bold: bool = False) -> FreeTypeFont:
    """The font in which words have room in a width: their size, or smaller."""
    font = _font(size, bold=bold)
    needed = font.getlength(words)
    return font if needed <= width else _font(max(int(size * width / needed), 10), bold=bold)


@cache
def _font(size: int, *, bold: bool = False) -> FreeTypeFont:
    name = "be-vietnam-pro-600.v1.woff2" if bold else "be-vietnam-pro-400.v1.woff2"
    return ImageFont.truetype(_FONTS / name, size)
