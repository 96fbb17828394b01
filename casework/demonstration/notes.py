"""What counselors write, put together from sentences: respectful, never about results or acts.

`{p}` is how the counselor calls the person.
"""

from datetime import date
from random import Random

from casework.confidential.cases.models import Sex
from casework.confidential.contacts.models import ContactKind, Topic

OPENINGS = {
    ContactKind.OFFICE: (
        "{P} đến văn phòng đúng hẹn.",
        "{P} đến sớm, ngồi nói chuyện thoải mái.",
        "Gặp {p} tại phòng tiếp dân, cửa đóng, không ai khác.",
        "{P} đến cùng một người thân; trao đổi riêng trước, rồi mới mời người thân vào.",
    ),
    ContactKind.HOME: (
        "Đến thăm tại nhà theo lời hẹn.",
        "Ghé nhà buổi chiều, {p} đang phụ gia đình.",
        "Đến nhà, gia đình tiếp đón vui vẻ; nói chuyện với {p} ngoài hiên.",
        "Thăm nhà cùng một thành viên trong Đội, {p} đồng ý trước.",
    ),
    ContactKind.GROUP: (
        "Tư vấn trong buổi nhóm, {p} nghe nhiều hơn nói.",
        "Sau buổi nhóm {p} ở lại trao đổi thêm.",
    ),
    ContactKind.PHONE: (
        "Gọi đúng giờ {p} dặn.",
        "{P} gọi lại sau khi xong việc.",
        "Trao đổi qua điện thoại, đường truyền tốt.",
    ),
    ContactKind.ONLINE: ("Gọi hình theo lời hẹn, {p} ở nơi riêng tư.",),
    ContactKind.FIELD: (
        "Gặp trong buổi đi ấp, nói chuyện ngắn.",
        "Tiếp cận tại nơi {p} hẹn, trao tờ thông tin dịch vụ.",
    ),
}
# With what each is about.
MATTERS = {
    "{P} cho biết ngủ ngon hơn, ăn uống đều, tinh thần ổn định.": Topic.SITUATION,
    "{P} đang tìm việc làm gần nhà để tiện chăm mẹ.": Topic.WORK,
    "Đã bàn hai nghề {p} thích: sửa xe và điện lạnh; {p} sẽ đi xem lớp.": Topic.WORK,
    "{P} muốn vay vốn nuôi tôm quảng canh; đã giải thích thủ tục và thời gian chờ.": Topic.WORK,
    "Giấy tờ tùy thân còn thiếu, hẹn cùng đi làm lại căn cước.": Topic.PAPERS,
    "Con nhỏ chuẩn bị vào lớp một, gia đình lo chi phí đầu năm học.": Topic.FAMILY,
    "{P} đi làm được ba tuần, chủ cơ sở nhận xét siêng năng.": Topic.WORK,
    "Gia đình đã nói chuyện lại với nhau, {p} thấy nhẹ lòng.": Topic.FAMILY,
    "{P} còn lo hàng xóm bàn tán; đã cùng tập cách trả lời.": Topic.SITUATION,
    "Đã hướng dẫn cách mua bảo hiểm y tế hộ gia đình.": Topic.PAPERS,
    "{P} hỏi về quyền được trợ giúp pháp lý, đã đưa địa chỉ trung tâm.": Topic.PAPERS,
    "Nhà dột sau mưa bão, cần vận động sửa mái.": Topic.SUPPORT,
    "{P} tham gia buổi sinh hoạt tháng này và muốn đi tiếp.": Topic.SITUATION,
    "{P} chăm vườn rau, bán được ở chợ ấp.": Topic.WORK,
    "{P} thấy mệt mỏi, ít nói; đã lắng nghe và không hỏi dồn.": Topic.SITUATION,
    "Đã cùng xem lại mục tiêu quý: hai việc xong, một việc dời sang tháng sau.": Topic.NEEDS,
    "{P} đề nghị được gặp tư vấn viên nữ trong lần tới.": Topic.OTHER,
    "Kết nối y tế: {p} đồng ý đến trạm vào sáng thứ Ba.": Topic.HEALTH_LINK,
    "{P} đã nộp hồ sơ học nghề, chờ ngày khai giảng.": Topic.WORK,
    "{P} để dành được một ít tiền, dự định mua lưới.": Topic.WORK,
    "Bàn cách xử lý khi căng thẳng: đi bộ, gọi người thân, gọi tư vấn viên.": Topic.SAFETY,
    "{P} nhận phương tiện sinh kế tuần trước và đã dùng.": Topic.SUPPORT,
    "{P} xin đổi giờ hẹn vì đi làm ca.": Topic.OTHER,
    "Gia đình cần thêm thông tin về chính sách hỗ trợ, đã để lại tài liệu.": Topic.PAPERS,
}
CLOSINGS = (
    "Hẹn gặp lại theo lịch.",
    "Lần tới sẽ xem lại kế hoạch.",
    "{P} biết số để gọi khi cần.",
    "Đã thống nhất việc cần làm trước lần gặp sau.",
    "{P} cảm ơn và hẹn lần tới.",
    "Sẽ báo lại khi có tin từ đối tác.",
    "",
)
CLOSED_NOTES = (
    "Cảm nhận riêng: {p} tin cậy hơn trước, nên giữ nhịp gặp đều.",
    "Điều {p} kể chỉ để tư vấn viên biết; không nhắc lại trước gia đình.",
    "Cần xin ý kiến người có chuyên môn tâm lý nếu {p} còn mất ngủ.",
    "{P} chưa sẵn sàng nói về gia đình, không gợi lại.",
)
SAFE_CALLS = (
    "Gọi sau 17 giờ; chỉ nói là người quen ở xã.",
    "Không nhắn tin. Không để lại lời nhắn với người khác.",
    "Gọi vào giờ nghỉ trưa. Nếu người khác nghe máy thì nói nhầm số.",
    "Gọi trước rồi mới đến; không mặc đồng phục.",
    "Nhắn qua chị gái, chỉ hẹn giờ, không nói nội dung.",
)
SAFE_VISITS = (
    "Gặp tại văn phòng, không đến nhà.",
    "Có thể đến nhà vào buổi sáng; mẹ biết và ủng hộ.",
    "Không gọi, không nhắn. Hẹn lần sau ngay khi gặp.",
)
# When, what must not be said, where no message may be left; empty where nobody asked for it.
SAFE_MORE = {
    "safe_times": ("Sau 19 giờ", "Trưa thứ Bảy", "Giờ hành chính", ""),
    "never_say": ("Không nói tên câu lạc bộ", "Không nói lý do gọi", ""),
    "no_message": ("Điện thoại của cha mẹ", "Hàng xóm", "Nơi làm việc", ""),
}
FLOOD = "Mùa nước nổi, đường vào ấp ngập"
REMINDERS = (
    "Hỏi lại kết quả nộp hồ sơ vay vốn.",
    "Mang giùm tờ khai cấp lại căn cước đã in.",
    "Gọi trung tâm dạy nghề hỏi ngày khai giảng lớp may.",
    "Nhắc mang sổ hộ khẩu cũ khi đến gặp.",
    "Hẹn người nhà nói chuyện, nếu {p} đồng ý.",
)
SESSION_NOTES = (
    "Mọi người kể một việc vui trong tháng. Không khí cởi mở.",
    "Chủ đề: tìm việc làm gần nhà. Ba người chia sẻ kinh nghiệm.",
    "Bàn cách giữ bình tĩnh khi căng thẳng, thực hành theo cặp.",
    "Hướng dẫn làm hồ sơ vay vốn; nhóm hỏi nhiều về thời hạn.",
    "Nhóm tự điều hành nửa buổi đầu, trưởng nhóm làm tốt.",
    "Chia sẻ về con cái và việc học đầu năm.",
    "Ôn nội quy: chuyện trong nhóm ở lại trong nhóm.",
    "Chủ đề: chi tiêu trong gia đình, ghi sổ thu chi.",
    "Nhóm góp ý lịch sinh hoạt quý tới, chọn buổi chiều.",
    "Một số người đến trễ do mưa; buổi sinh hoạt kết thúc đúng giờ.",
)
EXCUSES_TET = ("Tết Nguyên đán", "Nghỉ Tết, thành viên về quê")
EXCUSES = (
    "Mưa bão, ngập đường",
    "Triều cường",
    "Trùng ngày bầu cử tổ dân cư",
    "Phòng họp sửa chữa",
)


def contact_note(rng: Random, kind: ContactKind, pronoun: str) -> tuple[str, str]:
    """The general note of a contact, one to four sentences, and the codes of its topics."""
    matters = rng.sample(list(MATTERS), rng.choices((1, 2, 3), (5, 4, 1))[0])
    sentences = [rng.choice(OPENINGS[kind]), *matters, rng.choice(CLOSINGS)]
    spoken = _spoken(" ".join(sentence for sentence in sentences if sentence), pronoun)
    about = {MATTERS[matter] for matter in matters}
    return spoken, " ".join(topic for topic in Topic if topic in about)


def closed_note(rng: Random, pronoun: str) -> str:
    """What only the counselor should read."""
    return _spoken(rng.choice(CLOSED_NOTES), pronoun)


def reminder(rng: Random, pronoun: str) -> str:
    """Something a counselor wants to be reminded of."""
    return _spoken(rng.choice(REMINDERS), pronoun)


def pronoun(sex: Sex, birth_year: int, on: date) -> str:
    """How a counselor of middle age politely calls the person."""
    age = on.year - birth_year
    if age < 25 or sex is Sex.OTHER:
        return "em" if age < 25 else "bạn"
    elder = age >= 55
    if sex is Sex.MALE:
        return "chú" if elder else "anh"
    return "cô" if elder else "chị"


def _spoken(text: str, pronoun: str) -> str:
    return text.replace("{p}", pronoun).replace("{P}", pronoun.capitalize())
