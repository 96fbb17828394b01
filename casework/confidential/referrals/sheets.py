"""The letter that goes with a person to a partner: who they are as far as they agreed, what help is
asked for and why, and a slip for the answer. No letter of a group, no note, no way to reach the
person.

Vietnamese whatever the language of the screen.
"""

from dataclasses import dataclass
from datetime import date

from flask_babel import force_locale

from casework.confidential.assessments.models import NeedArea
from casework.confidential.referrals.models import Referral
from casework.core.papers import END, Paper
from casework.organisation.partners.models import Partner
from casework.organisation.units.models import Unit


@dataclass(frozen=True, slots=True)
class Sender:
    """The unit, the place where it writes, and the counselor whom the partner may ask."""

    unit: Unit
    place: str
    counselor: str


def write_letter(
    sender: Sender, partner: Partner, referral: Referral, called: str, on: date
) -> bytes:
    """The letter as a paper to be signed. `called`: the case code, or the name."""
    agency = sender.unit.label
    with force_locale("vi"):
        area = NeedArea(referral.area).label
    paper = Paper(agency=agency, place=sender.place, on=on, title="Phiếu chuyển gửi")
    paper.line(f"Kính gửi: {partner.name}", bold=True, before=8)
    paper.line(f"{agency} trân trọng giới thiệu đến Quý cơ quan: {called}.", before=6)
    paper.line("Người được giới thiệu đã đồng ý việc chuyển gửi này.")
    paper.section("1. Nội dung đề nghị hỗ trợ")
    paper.line(f"{area[:1].upper()}{area[1:]}.")
    paper.section("2. Lý do")
    for part in referral.reason.splitlines():
        paper.line(part)
    paper.section("3. Phản hồi")
    paper.line(
        f"Kính đề nghị Quý cơ quan phản hồi trước ngày {referral.feedback_due_on:%d/%m/%Y}. "
        f"Người liên hệ: {sender.counselor}, {agency}. "
        "Thông tin trong phiếu chỉ dùng cho việc hỗ trợ nêu trên và được giữ kín" + END
    )
    paper.signatures(("Người giới thiệu", sender.counselor), ("Trưởng đơn vị", ""))
    paper.line("PHẦN PHẢN HỒI CỦA CƠ QUAN TIẾP NHẬN", bold=True, before=18)
    paper.table(["Đã tiếp nhận", "Chờ", "Đã hoàn thành", "Từ chối", "Không đến"], [["☐"] * 5])
    paper.line("Ý kiến: " + "." * 90, before=6)
    paper.signatures(("Cơ quan tiếp nhận", ""))
    return paper.content()
