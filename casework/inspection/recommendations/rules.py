"""What is proposed for a shortcoming, by the criterion it belongs to: how inspectors ask for its
remedy, and who answers for it. It asks no database.

The texts go into minutes, which are Vietnamese whatever the language of the screen.
"""

from dataclasses import dataclass

DAYS = 30
"""How long a unit has for a recommendation, unless the inspectors say otherwise."""
MONEY = "E"
"""Criteria about money begin with this letter: the unit's accountant answers too."""

_COMMITTEE = "Ủy ban nhân dân xã, phường"
_CHAIR = "Chủ nhiệm Câu lạc bộ, Đội trưởng"
_COORDINATOR = "Người điều phối hồ sơ"
_HEAD = "Trưởng đơn vị"
_ACCOUNTANT = "Kế toán đơn vị"

_ASKED = {
    "A1": ("Ban hành hoặc bổ sung quyết định thành lập Câu lạc bộ, Đội còn hiệu lực.", _COMMITTEE),
    "A2": ("Ban hành quy chế hoạt động, phổ biến đến từng thành viên.", _CHAIR),
    "A3": ("Kiện toàn đủ ba nhóm chuyên sâu: truyền thông, tư vấn, tự lực.", _CHAIR),
    "A4": ("Bổ sung nhân sự còn thiếu, bảo đảm đúng cơ cấu.", _COMMITTEE),
    "A5": ("Kiện toàn kịp thời chức danh còn khuyết.", _COMMITTEE),
    "A6": ("Xây dựng kế hoạch hoạt động năm và gửi về Sở.", _HEAD),
    "B1": (
        "Duy trì sinh hoạt Câu lạc bộ đúng định kỳ theo quy chế; kỳ phải hoãn thì ghi rõ lý do.",
        _CHAIR,
    ),
    "B2": ("Duy trì sinh hoạt của các nhóm đúng định kỳ.", "Trưởng nhóm"),
    "B3": ("Không để khoảng cách giữa hai kỳ sinh hoạt kéo dài quá quy định.", _CHAIR),
    "B4": ("Lập biên bản đầy đủ cho từng kỳ sinh hoạt.", "Thư ký Câu lạc bộ"),
    "C1": ("Tổ chức truyền thông đến các ấp, khóm chưa được phủ.", "Trưởng nhóm truyền thông"),
    "C2": ("Rà soát nội dung truyền thông, bảo đảm đúng và không kỳ thị.", _CHAIR),
    "D1": ("Hoàn thành đánh giá nhu cầu cho các hồ sơ còn thiếu hoặc hết hạn.", _COORDINATOR),
    "D2": ("Lập và rà soát kế hoạch hỗ trợ đúng hạn.", _COORDINATOR),
    "D3": ("Duy trì liên hệ tư vấn với người được hỗ trợ đúng thời hạn.", _COORDINATOR),
    "D4": ("Theo dõi, đôn đốc phản hồi của các trường hợp đã chuyển gửi.", _COORDINATOR),
    "D5": ("Hoàn thiện phiếu đồng ý theo từng mục đích.", _COORDINATOR),
    "D6": ("Vận động thêm nguồn lực hỗ trợ, không phụ thuộc một nguồn.", _HEAD),
    "E1": ("Bố trí đủ kinh phí theo dự toán được duyệt.", _COMMITTEE),
    "E2": ("Thanh quyết toán kinh phí còn chậm, nộp hồ sơ về Sở.", _ACCOUNTANT),
    "E3": ("Chi trả thù lao đủ, đúng tháng, đúng mức cho tình nguyện viên.", _ACCOUNTANT),
    "E4": ("Bổ sung chứng từ còn thiếu, hoàn thiện hồ sơ thanh toán.", _ACCOUNTANT),
    "F1": ("Cử thành viên làm công tác tư vấn tham gia tập huấn kỹ năng.", _HEAD),
    "F2": ("Bồi dưỡng, thực hành kỹ năng tư vấn cho thành viên.", "Trưởng nhóm tư vấn"),
    "G1": ("Thực hiện báo cáo đúng hạn.", _HEAD),
    "G2": ("Rà soát quyền truy cập hằng tháng; không dùng chung tài khoản.", _HEAD),
    "H1": ("Tăng cường phối hợp với các ngành, đoàn thể liên quan.", _HEAD),
    "H2": ("Thực hiện dứt điểm các kiến nghị của kỳ kiểm tra trước.", _HEAD),
}


@dataclass(frozen=True, slots=True)
class Wording:
    """What is asked, of whom, and whether it is about money."""

    text: str
    responsible: str
    is_money: bool


def propose(code: str, shortcoming: str) -> Wording:
    """What is asked to remedy a shortcoming: by its criterion; without one, the shortcoming is to
    be remedied as it is told.
    """
    asked, responsible = _ASKED.get(code, ("", _HEAD))
    text = asked or f"Khắc phục tồn tại: {shortcoming.rstrip(' .')}."
    return Wording(text, responsible, code.startswith(MONEY))
