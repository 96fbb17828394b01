"""A review conference that the department prepares over the time of the demonstration. Its figures
are computed when it is opened; here stands what only people know.
"""

from sqlalchemy import select

from casework.core.database import db
from casework.demonstration.horizon import Horizon
from casework.demonstration.places import choose_units
from casework.inspection.conferences.models import BestPractice, ReviewConference
from casework.organisation.accounts.models import Account
from casework.organisation.units.models import Unit

TITLE = "Tổng kết mô hình hỗ trợ hòa nhập cộng đồng {province} giai đoạn {first}–{last}"
SITUATION = """\
Sau sắp xếp đơn vị hành chính, các Câu lạc bộ, Đội công tác xã hội tình nguyện tiếp tục hoạt động \
trên địa bàn mới; một số đơn vị có hai tổ chức cùng duy trì cho đến khi kiện toàn.
Đội ngũ phần lớn kiêm nhiệm, gắn bó với địa bàn; nhu cầu được hỗ trợ tập trung vào việc làm, giấy \
tờ tùy thân và kết nối y tế."""
CAUSES = """\
Nhân sự thay đổi sau sắp xếp, một số thành viên mới chưa qua tập huấn.
Kinh phí cấp chậm vào quý đầu năm nên tạm ứng và quyết toán dồn về cuối kỳ.
Một số Ban chủ nhiệm chưa chủ động chốt lịch sinh hoạt cả năm."""
LESSONS = """\
Nơi nào người đứng đầu trực tiếp dự sinh hoạt thì nơi đó giữ được định kỳ.
Lồng ghép truyền thông với sinh hoạt của Hội Phụ nữ, Đoàn Thanh niên thì đông người dự hơn."""
DIRECTIONS = """\
Giữ vững sinh hoạt định kỳ, nâng chất lượng tư vấn tại nhà.
Mở rộng nguồn lực xã hội hóa; tăng phối hợp giới thiệu việc làm, học nghề."""
TASKS = """\
Kiện toàn Ban chủ nhiệm, Đội ở các đơn vị mới sáp nhập trong quý I.
Tập huấn kỹ năng tư vấn cho thành viên chưa được tập huấn trong 24 tháng.
Quyết toán đúng hạn từng khoản; Sở nhắc trước mười ngày."""
PRACTICES = (
    "Họp vào tối thứ Bảy để thành viên đi làm xa cùng dự; lịch cả năm dán tại nhà văn hóa ấp.",
    "Mỗi ấp có một đội viên phụ trách, gặp gỡ tại nhà ít nhất một lần mỗi tháng.",
    "Vận động cơ sở may trên địa bàn nhận người học nghề, có phụ cấp trong thời gian học.",
)


def prepare_conference(province: Unit, told: Horizon) -> None:
    """Write one conference over the closed months, not closed yet; the caller commits. Done
    already, nothing is changed.
    """
    if db.session.scalar(select(ReviewConference.id).limit(1)) is not None:
        return
    inspector = db.session.scalars(select(Account).where(Account.username == "inspector")).one()
    units = choose_units([province.code], len(PRACTICES))
    first, last = told.begins_on, told.closes_on
    conference = ReviewConference(
        province_id=province.id,
        title=TITLE.format(province=f"tỉnh {province.name}", first=first.year, last=last.year),
        from_on=first,
        until_on=last,
        place=f"Hội trường Sở Y tế tỉnh {province.name}",
        written_by="Sở Y tế",
        situation=SITUATION,
        causes=CAUSES,
        lessons=LESSONS,
        directions=DIRECTIONS,
        tasks=TASKS,
        recorded_by=inspector.id,
    )
    db.session.add(conference)
    db.session.flush()
    db.session.add_all(
        BestPractice(
            conference_id=conference.id, unit_id=unit.id, text=text, recorded_by=inspector.id
        )
        for unit, text in zip(units, PRACTICES, strict=True)
    )
