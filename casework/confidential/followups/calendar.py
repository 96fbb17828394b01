"""The due days as a calendar file (RFC 5545): how many things are due on which day, and codes.

No name, no kind of thing, no word of what the work is about: calendars lie open on phones.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

MOST_OCTETS = 75
_ESCAPED = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}


def write_calendar(
    days: Mapping[date, tuple[str, Sequence[str]]], *, owner: UUID, made_at: datetime
) -> bytes:
    """One event a day, which takes no time: `days` gives its title and its codes."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//casework//due//VI",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
    ]
    for on, (title, codes) in sorted(days.items()):
        lines += _event(on, title, codes, owner, made_at)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line)).encode()


def _event(on: date, title: str, codes: Sequence[str], owner: UUID, made_at: datetime) -> list[str]:
    # The same day of the same account keeps its id: loading the file again replaces the event.
    uid = uuid5(NAMESPACE_URL, f"{owner}/{on.isoformat()}")
    return [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{made_at:%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{on:%Y%m%d}",
        f"DTEND;VALUE=DATE:{on + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_escaped(title)}",
        f"DESCRIPTION:{_escaped(', '.join(codes))}",
        "CLASS:PRIVATE",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _escaped(text: str) -> str:
    return "".join(_ESCAPED.get(letter, letter) for letter in text)


def _folded(line: str) -> Iterator[str]:
    """A line in parts of at most 75 octets; no letter is cut, and each later part begins with a
    space.
    """
    part, size = "", 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > MOST_OCTETS:
            yield part
            part, size = " ", 1
        part, size = part + letter, size + octets
    yield part
