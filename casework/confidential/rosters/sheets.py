"""The sheet on which those who come to a session sign. It says nothing of what they have in common.

Vietnamese whatever the language of the screen. Names are those the group uses: no codes, no letter.
"""

from collections.abc import Sequence
from datetime import date

from casework.confidential.groups.models import GroupMember
from casework.core.papers import Paper
from casework.organisation.bodies.models import Group
from casework.organisation.units.models import Unit

TITLE = "Danh sách tham dự"
ROOM_FOR_OTHERS = 5


def write_attendance_sheet(
    group: Group, unit: Unit, roster: Sequence[GroupMember], on: date
) -> bytes:
    """The roster of a day as a DOCX, with room to sign and for people who come for the first
    time.
    """
    paper = Paper(agency=unit.label, place=unit.name, on=on, title=TITLE)
    paper.line(f"{group.name}, ngày {on:%d/%m/%Y}", before=6)
    names = [member.name or "" for member in roster] + [""] * ROOM_FOR_OTHERS
    rows = [[number, name, "", ""] for number, name in enumerate(names, start=1)]
    paper.table(["STT", "Tên gọi", "Ký tên", "Ghi chú"], rows)
    paper.signatures(("Người ghi", ""))
    return paper.content()
