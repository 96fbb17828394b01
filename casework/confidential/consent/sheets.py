"""The consent form on paper, empty to be filled in by hand, or with what was said so far.

Decree 30/2020/NĐ-CP says how it looks; Law 91/2025/QH15 what the person is told: what is kept, what
for, for how long, and that they may withdraw at any time. It names no group: who finds it learns
nothing.
"""

from collections.abc import Sequence
from datetime import date

from flask_babel import force_locale

from casework.confidential.cases.models import Case, PersonIdentity
from casework.confidential.cases.queries import find_birth
from casework.confidential.consent.models import Purpose, Standing
from casework.confidential.consent.queries import ConsentLine
from casework.core.papers import END, Paper
from casework.organisation.units.models import Unit

_TITLE = "Phiếu đồng ý"
_DOTS = "……………………………………………"
_TOLD = {
    Purpose.RECORD: "Lập và lưu hồ sơ hỗ trợ; chỉ người được giao hồ sơ được xem nội dung",
    Purpose.PHONE_CONTACT: "Liên lạc qua điện thoại theo cách an toàn đã dặn",
    Purpose.ANONYMOUS_STATISTICS: "Được tính vào số liệu thống kê không nêu tên",
}
_COLUMNS = ("TT", "Nội dung", "Đồng ý", "Không đồng ý", "Có giá trị đến ngày")
_RIGHTS = (
    "Việc đồng ý là tự nguyện. Không đồng ý một mục không ảnh hưởng đến các mục khác.",
    "Được xem, sửa, rút lại đồng ý hoặc đề nghị xóa dữ liệu của mình bất cứ lúc nào; nói là đủ.",
    "Đơn vị không ghi kết quả xét nghiệm, không chụp hay lưu ảnh giấy tờ tùy thân.",
    "Hồ sơ được giữ không lâu hơn mức cần thiết, sau đó được xóa.",
)


def write_empty(unit: Unit) -> bytes:
    """The form to be filled in by hand."""
    rows = [(told, "", "", "") for told in _TOLD.values()]
    rows += [(f"Chuyển gửi đến: {_DOTS}", "", "", "")] * 2
    return _write(unit, None, ["", "", ""], rows)


def write_filled(
    case: Case, person: PersonIdentity, unit: Unit, lines: Sequence[ConsentLine], *, on: date
) -> bytes:
    """The form with the person and the answers that stand on a day, to be signed."""
    birth = find_birth(case)
    who = [person.name or person.alias, str(birth or ""), case.reference]
    with force_locale("vi"):
        return _write(unit, on, who, [_row(line, on) for line in lines], person.guardian)


def _row(line: ConsentLine, on: date) -> tuple[str, str, str, str]:
    standing = line.standing(on)
    told = _TOLD.get(line.matter.purpose) or str(line.matter.label)
    until = line.latest.until_on if standing is Standing.AGREES else None
    return (
        told,
        "x" if standing is Standing.AGREES else "",
        "x" if standing in (Standing.REFUSED, Standing.WITHDRAWN) else "",
        f"{until:%d/%m/%Y}" if until else "",
    )


def _write(
    unit: Unit,
    on: date | None,
    who: Sequence[str],
    rows: Sequence[tuple[str, str, str, str]],
    guardian: str = "",
) -> bytes:
    paper = Paper(agency=f"UBND {unit.label}", place=unit.name, on=on, title=_TITLE)
    paper.line("Căn cứ Luật Bảo vệ dữ liệu cá nhân số 91/2025/QH15;", italic=True)
    paper.section("I. NGƯỜI ĐƯỢC HỖ TRỢ")
    name, born, reference = (text or _DOTS for text in who)
    paper.line(f"Họ tên hoặc bí danh: {name}")
    paper.line(f"Năm sinh: {born}    Mã hồ sơ: {reference}")
    paper.line(f"Người giám hộ (nếu dưới 18 tuổi) hoặc người chứng kiến: {guardian or _DOTS}")
    paper.section("II. Ý KIẾN VỀ TỪNG NỘI DUNG (đánh dấu x)")
    paper.table(_COLUMNS, [(number, *row) for number, row in enumerate(rows, start=1)])
    paper.line(
        "Ý kiến của trẻ từ đủ 7 tuổi đến dưới 18 tuổi:   ☐ Đồng ý   ☐ Không đồng ý", before=8
    )
    paper.line("Cách thể hiện:   ☐ Ký   ☐ Điểm chỉ   ☐ Nói trước người chứng kiến   ☐ Giám hộ")
    paper.section("III. QUYỀN CỦA NGƯỜI ĐƯỢC HỖ TRỢ")
    for number, right in enumerate(_RIGHTS, start=1):
        paper.line(f"{number}. {right}")
    paper.line(f"Phiếu được đọc lại cho mọi người cùng nghe và lập thành 02 bản{END}", before=8)
    paper.signatures(
        ("Người được hỗ trợ", ""),
        ("Người giám hộ hoặc chứng kiến", ""),
        ("Người tiếp nhận", ""),
    )
    return paper.content()
