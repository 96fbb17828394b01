"""Names of people who don't exist, in the manner of the Mekong delta. NFC, like all that is stored.

Family names by how common they are. Given names that would make up the name of a well-known person
together with a common family name are left out on purpose.
"""

from random import Random

from casework.confidential.cases.models import Sex
from casework.organisation.units.models import UnitKind

FAMILIES = {
    "Nguyễn": 30, "Trần": 13, "Lê": 10, "Phạm": 8, "Huỳnh": 7, "Võ": 5, "Phan": 5, "Trương": 4,
    "Đặng": 3, "Bùi": 2, "Đỗ": 2, "Hồ": 2, "Ngô": 2, "Dương": 2, "Lý": 2, "Lâm": 3, "Thạch": 2,
    "Sơn": 1, "Kim": 1, "Châu": 1, "Tạ": 1, "Mai": 1, "Quách": 1, "Tăng": 1,
}  # fmt: skip
MIDDLES = {
    Sex.MALE: ("Văn", "Văn", "Văn", "Hữu", "Hoàng", "Thành", "Nhựt", "Phước"),
    Sex.FEMALE: ("Thị", "Thị", "Thị", "Ngọc", "Kim", "Cẩm", "Bích", "Hồng", "Thúy"),
}
GIVEN = {
    Sex.MALE: (
        "An", "Bảo", "Bé", "Chiến", "Công", "Cảnh", "Danh", "Đạt", "Đậm", "Đệ", "Điền",
        "Đông", "Giàu", "Hải", "Hậu", "Hiền", "Hiếu", "Hòa", "Hợp", "Huy", "Kha", "Khang", "Khôi",
        "Lành", "Lộc", "Lợi", "Luân", "Mến", "Nam", "Nghĩa", "Nhân", "Nhẫn", "Nhí", "Phú",
        "Quí", "Tài", "Tân", "Thạnh", "Thơ", "Thuận", "Tiến", "Tính",
        "Trung", "Truyền", "Tuấn", "Út", "Vinh", "Vĩnh", "Xuyên", "Ý",
    ),
    Sex.FEMALE: (
        "An", "Ánh", "Bé", "Cúc", "Diễm", "Diệu", "Dung", "Đào", "Đẹp", "Điệp", "Giang",
        "Hạnh", "Hằng", "Hân", "Hiền", "Hoa", "Huệ", "Huyền", "Hương", "Kiều", "Lan", "Lành", "Lệ",
        "Liên", "Liễu", "Loan", "Lụa", "Ly", "Mến", "Muội", "Mười", "My", "Nga", "Ngân",
        "Nguyệt", "Nhàn", "Nhi", "Như", "Nhung", "Oanh", "Phượng", "Quyên", "Sáu", "Sương", "Thảo",
        "Thắm", "Thơ", "Thu", "Thư", "Tiên", "Trang", "Trinh", "Tuyền", "Tươi", "Út", "Vân", "Xuân",
        "Yến",
    ),
}  # fmt: skip
# In the south children are called by their rank: the eldest is Hai.
RANKS = ("Hai", "Ba", "Tư", "Năm", "Sáu", "Bảy", "Tám", "Chín", "Mười", "Út")
ALIAS_WORDS = (
    "Bần", "Bông", "Bưởi", "Cau", "Cò", "Dừa", "Đước", "Én", "Gừng", "Khế", "Lúa", "Mận", "Me",
    "Mía", "Mù U", "Nắng", "Ổi", "Phèn", "Quao", "Sa", "Sậy", "Sen", "Sông", "Tràm", "Vẹt", "Xoài",
)  # fmt: skip
# No network has numbers that begin with 0100.
PHONE_PREFIX = "0100"
FIRST_SOUTHERN_PROVINCE = "75"


def full_name(rng: Random, sex: Sex) -> str:
    """Family, middle and given name."""
    listed = sex if sex in GIVEN else rng.choice((Sex.MALE, Sex.FEMALE))
    family = rng.choices(tuple(FAMILIES), tuple(FAMILIES.values()))[0]
    return f"{family} {rng.choice(MIDDLES[listed])} {rng.choice(GIVEN[listed])}"


def alias(rng: Random) -> str:
    """What somebody wants to be called."""
    return f"{rng.choice(RANKS)} {rng.choice(ALIAS_WORDS)}"


def phone(rng: Random) -> str:
    """Ten digits that ring nowhere."""
    return f"{PHONE_PREFIX}{rng.randrange(10**6):06}"


def hamlet(rng: Random, kind: str, province_code: str) -> str:
    """Ấp and khóm in the south, thôn and tổ dân phố elsewhere."""
    southern, urban = province_code >= FIRST_SOUTHERN_PROVINCE, kind == UnitKind.WARD
    if southern:
        return f"{'Khóm' if urban else 'Ấp'} {rng.randint(1, 12)}"
    return f"{'Tổ dân phố' if urban else 'Thôn'} {rng.randint(1, 12)}"
