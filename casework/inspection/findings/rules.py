"""What inspectors write of a criterion, in their own phrasing: praise where it is met, else what is
lacking, with the figure. Nothing here asks a database.

The sentences are Vietnamese whatever the screen's language: they go into official papers. Each ends
without a full stop; the paper that lists them sets it. A figure stands in a sentence only where it
says the same as the inspector: who rates otherwise than the figure has seen something else. Nothing
is said of persons but the band that was printed, and of money but shares.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from casework.inspection.findings.models import Finding, FindingKind, FindingStatus
from casework.inspection.readmodel.models import Rating
from casework.inspection.visits.models import Check, ObservedSkill
from casework.inspection.visits.rules import OWN_WORDS, SKILLS
from casework.organisation.members.models import Skill

_SHORTCOMINGS = (Rating.PARTLY, Rating.NOT_MET)
WEAK = 3
"""A skill whose levels are below this on the mean is named."""
LONGEST_REMARK = 300
ALL = 100


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a checklist proposes to find."""

    code: str
    kind: FindingKind
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A finding as its page shows it; `differs` is what the checklist says now where that is not
    what it proposed, `is_gone` where it proposes nothing any more.
    """

    finding: Finding
    differs: str
    is_gone: bool


@dataclass(frozen=True, slots=True)
class Phrasing:
    """How a criterion is praised and how it is faulted; `partly` where being met in part is said
    otherwise; `figure` is what follows, as far as there is one.
    """

    praise: str
    fault: str
    partly: str = ""
    figure: Callable[[Check], str] = lambda _check: ""


def propose(check: Check, weak: Sequence[str] = ()) -> Proposed | None:
    """What a rated criterion proposes; nothing where it does not apply, can't be told, or is not
    rated. `weak` are the skills in which members were seen to be weak.
    """
    if check.code == OWN_WORDS or not check.rating:
        return None
    rating = Rating(check.rating)
    if rating is Rating.MET:
        return Proposed(check.code, FindingKind.STRENGTH, phrase(check, rating))
    if rating in _SHORTCOMINGS:
        text = phrase(check, rating, weak)
        return Proposed(check.code, FindingKind.SHORTCOMING, text)
    return None


def phrase(check: Check, rating: Rating, weak: Sequence[str] = ()) -> str:
    """The sentence for a criterion with a rating. A criterion that nobody wrote a sentence for is
    told by its own text.
    """
    wording = PHRASES.get(check.code) or Phrasing(check.text, f"Chưa đạt: {check.text}")
    if rating is Rating.MET:
        base = wording.praise
    else:
        base = (wording.partly if rating is Rating.PARTLY else "") or wording.fault
    told = wording.figure(check) if _agrees(wording, check, rating) else ""
    if check.code == SKILLS and rating is not Rating.MET and weak:
        told = ", ".join(weak)
    if not told and rating is not Rating.MET:
        told = _first_line(check.remark)
    return f"{base}: {told}" if told else base


def propose_own_words(difficulties: str, proposals: str) -> list[Proposed]:
    """What the unit says itself, one finding for each line."""
    return [
        Proposed(OWN_WORDS, kind, line)
        for kind, text in (
            (FindingKind.DIFFICULTY, difficulties),
            (FindingKind.PROPOSAL, proposals),
        )
        for line in dict.fromkeys(_lines(text))
    ]


def weak_skills(observed: Iterable[ObservedSkill]) -> list[str]:
    """The skills seen to be weak, on the mean of all members, as papers name them."""
    levels: dict[str, list[int]] = {}
    for each in observed:
        levels.setdefault(each.skill, []).append(each.level)
    return [
        SKILL_NAMES[skill]
        for skill in Skill
        if levels.get(skill) and sum(levels[skill]) < WEAK * len(levels[skill])
    ]


def compare(findings: Sequence[Finding], proposed: Sequence[Proposed]) -> list[Line]:
    """Each finding beside what the checklist proposes now."""
    return [_line(finding, proposed) for finding in findings]


def is_outdated(findings: Sequence[Finding], proposed: Sequence[Proposed]) -> bool:
    """Whether proposing again would change anything: something new, or something undecided that
    now says otherwise.
    """
    waiting = {
        (each.code, each.kind, each.proposed_text)
        for each in findings
        if each.status == FindingStatus.PROPOSED
    }
    wanted = {(each.code, str(each.kind), each.text) for each in wanted_of(findings, proposed)}
    return waiting != wanted


def wanted_of(findings: Sequence[Finding], proposed: Sequence[Proposed]) -> list[Proposed]:
    """What is to be decided: proposals on which nobody has decided yet."""
    decided = {
        key(each.code, each.kind, each.proposed_text)
        for each in findings
        if each.proposed_text and each.status != FindingStatus.PROPOSED
    }
    return [each for each in proposed if key(each.code, each.kind, each.text) not in decided]


def key(code: str, kind: str, text: str) -> tuple[str, ...]:
    """What makes two proposals the same: the criterion; of the unit's own words, the words."""
    return (code, str(kind), text) if code == OWN_WORDS else (code,)


def _line(finding: Finding, proposed: Sequence[Proposed]) -> Line:
    own = key(finding.code, finding.kind, finding.proposed_text)
    if not finding.proposed_text or finding.status == FindingStatus.PROPOSED:
        return Line(finding, "", is_gone=False)
    for each in proposed:
        if key(each.code, each.kind, each.text) == own:
            differs = "" if each.text == finding.proposed_text else each.text
            return Line(finding, differs, is_gone=False)
    return Line(finding, "", is_gone=True)


def _agrees(wording: Phrasing, check: Check, rating: Rating) -> bool:
    """Whether the figure says what the sentence says."""
    both_fault = check.computed in _SHORTCOMINGS and rating in _SHORTCOMINGS
    return check.computed == rating or (both_fault and not wording.partly)


def _first_line(text: str) -> str:
    first = next(iter(_lines(text)), "")
    return first if len(first) <= LONGEST_REMARK else ""


def _lines(text: str) -> list[str]:
    """Lines without bullets and full stops at their ends."""
    stripped = (
        line.strip().lstrip("-+•*").strip().rstrip(".;").strip() for line in text.split("\n")
    )
    return [line for line in stripped if line]


# Figures as papers write them.


def _number(value: int) -> str:
    return f"{value:,}".replace(",", ".")


def _of(word: str) -> Callable[[Check], str]:
    """So many of so many."""

    def told(check: Check) -> str:
        if check.numerator is None or not check.denominator:
            return ""
        return f"{_number(check.numerator)}/{_number(check.denominator)} {word}"

    return told


def _share(check: Check) -> str:
    """Per cent, rounded down: 89,9 % is not told as 90 %."""
    if check.numerator is None or not check.denominator:
        return ""
    return f"{check.numerator * 100 // check.denominator}%"


def _value(word: str) -> Callable[[Check], str]:
    return lambda check: "" if check.value is None else f"{_number(check.value)} {word}"


def _band(check: Check) -> str:
    """The band that was printed; the figure keeps its ends in whole per cent."""
    low, high = check.value, check.denominator
    if low is None or high is None:
        return ""
    if not low:
        return f"dưới {high + 1}% số hồ sơ"
    return f"từ {low}% số hồ sơ" if high >= ALL else f"{low}–{high}% số hồ sơ"


def _groups(check: Check) -> str:
    return "" if check.value is None else f"{check.value}/3 nhóm"


def _vacant(check: Check) -> str:
    parts = []
    if check.value:
        parts.append(f"chức danh khuyết lâu nhất {_number(check.value)} ngày")
    unbound = (check.denominator or 0) - (check.numerator or 0)
    if unbound > 0:
        parts.append(f"{unbound} tổ chức còn gắn với đơn vị hành chính cũ")
    return ", ".join(parts)


def _gap(check: Check) -> str:
    if check.value is None or not check.denominator:
        return ""
    every = "mỗi tháng một kỳ" if check.denominator == 1 else f"{check.denominator} tháng một kỳ"
    return f"{_number(check.value)} ngày (quy định {every})"


def _communication(check: Check) -> str:
    if check.value is None:
        return ""
    held = f"{_number(check.value)} cuộc"
    covered = _of("ấp, khóm được phủ")(check)
    return f"{held}, {covered}" if covered else held


def _sources(check: Check) -> str:
    if check.value is None:
        return ""
    told = f"{_number(check.value)} nguồn"
    share = _share(check)
    return f"{told}, nguồn lớn nhất chiếm {share}" if share else told


def _settled(check: Check) -> str:
    told = _of("khoản đúng hạn")(check)
    if told and check.value:
        return f"{told}, trễ nhất {_number(check.value)} ngày"
    return told


PHRASES: dict[str, Phrasing] = {
    "A1": Phrasing(
        "Câu lạc bộ, Đội công tác xã hội tình nguyện có quyết định thành lập còn hiệu lực",
        "Chưa có quyết định thành lập Câu lạc bộ, Đội công tác xã hội tình nguyện còn hiệu lực",
        "Còn tổ chức chưa có quyết định thành lập còn hiệu lực",
        _of("tổ chức có quyết định"),
    ),
    "A2": Phrasing(
        "Đã ban hành quy chế hoạt động",
        "Chưa ban hành quy chế hoạt động",
        "Quy chế hoạt động ban hành chưa đầy đủ",
        _of("tổ chức có quy chế còn hiệu lực"),
    ),
    "A3": Phrasing(
        "Thành lập đủ các nhóm chuyên sâu (truyền thông, tư vấn, tự lực)",
        "Chưa thành lập các nhóm chuyên sâu (truyền thông, tư vấn, tự lực)",
        "Chưa đủ các nhóm chuyên sâu (truyền thông, tư vấn, tự lực)",
        _groups,
    ),
    "A4": Phrasing(
        "Nhân sự đủ số lượng, đúng cơ cấu",
        "Nhân sự chưa đủ số lượng, chưa đúng cơ cấu",
        "Nhân sự chưa thật đủ về số lượng, cơ cấu",
        _of("điều kiện đạt"),
    ),
    "A5": Phrasing(
        "Kịp thời kiện toàn Ban chủ nhiệm, Đội khi có thay đổi",
        "Chưa kịp thời kiện toàn Ban chủ nhiệm, Đội khi có thay đổi",
        figure=_vacant,
    ),
    "A6": Phrasing(
        "Có xây dựng kế hoạch hoạt động năm",
        "Chưa xây dựng kế hoạch hoạt động năm",
        "Kế hoạch hoạt động năm chưa đầy đủ, cụ thể",
    ),
    "B1": Phrasing(
        "Duy trì sinh hoạt Câu lạc bộ đúng định kỳ",
        "Sinh hoạt Câu lạc bộ chưa đúng định kỳ",
        figure=_of("kỳ"),
    ),
    "B2": Phrasing(
        "Duy trì sinh hoạt nhóm đúng định kỳ",
        "Sinh hoạt nhóm chưa đúng định kỳ",
        figure=_of("kỳ (nhóm thấp nhất)"),
    ),
    "B3": Phrasing(
        "Khoảng cách giữa các kỳ sinh hoạt bảo đảm theo quy định",
        "Khoảng cách giữa hai kỳ sinh hoạt còn quá dài",
        figure=_gap,
    ),
    "B4": Phrasing(
        "Các kỳ sinh hoạt có biên bản, ghi rõ nội dung và số lượng người dự",
        "Biên bản các kỳ sinh hoạt chưa đầy đủ, chưa ghi rõ nội dung và số lượng người dự",
        figure=_of("kỳ có biên bản"),
    ),
    "C1": Phrasing(
        "Tổ chức truyền thông thường xuyên, phủ các ấp, khóm trên địa bàn",
        "Chưa tổ chức truyền thông đến các ấp, khóm trên địa bàn",
        "Truyền thông chưa phủ hết các ấp, khóm trên địa bàn",
        _communication,
    ),
    "C2": Phrasing(
        "Nội dung truyền thông đúng, không kỳ thị, phân biệt đối xử",
        "Nội dung truyền thông chưa bảo đảm yêu cầu",
        "Nội dung truyền thông có phần chưa phù hợp",
    ),
    "D1": Phrasing(
        "Hồ sơ có đánh giá nhu cầu còn hiệu lực",
        "Nhiều hồ sơ chưa có đánh giá nhu cầu còn hiệu lực",
        "Một số hồ sơ chưa có đánh giá nhu cầu còn hiệu lực",
        _band,
    ),
    "D2": Phrasing(
        "Hồ sơ có kế hoạch hỗ trợ và được rà soát đúng hạn",
        "Nhiều hồ sơ chưa có kế hoạch hỗ trợ hoặc chưa rà soát đúng hạn",
        "Một số hồ sơ chưa có kế hoạch hỗ trợ hoặc chưa rà soát đúng hạn",
        _band,
    ),
    "D3": Phrasing(
        "Duy trì liên hệ, tư vấn thường xuyên với người được hỗ trợ",
        "Chưa duy trì liên hệ, tư vấn thường xuyên với người được hỗ trợ",
        "Việc liên hệ, tư vấn với người được hỗ trợ có lúc chưa thường xuyên",
        _band,
    ),
    "D4": Phrasing(
        "Các trường hợp chuyển gửi được phản hồi đầy đủ",
        "Nhiều trường hợp chuyển gửi chưa có phản hồi",
        "Một số trường hợp chuyển gửi chưa có phản hồi",
        _of("lượt chuyển gửi có phản hồi"),
    ),
    "D5": Phrasing(
        "Hồ sơ có đầy đủ sự đồng ý theo từng mục đích",
        "Nhiều hồ sơ chưa có đầy đủ sự đồng ý theo từng mục đích",
        "Một số hồ sơ chưa có đầy đủ sự đồng ý theo từng mục đích",
        _band,
    ),
    "D6": Phrasing(
        "Huy động được nguồn lực hỗ trợ đa dạng",
        "Nguồn lực hỗ trợ chưa đa dạng",
        figure=_sources,
    ),
    "E1": Phrasing(
        "Kinh phí được bố trí đầy đủ so với dự toán",
        "Kinh phí bố trí còn thấp so với dự toán",
        "Kinh phí bố trí chưa đủ so với dự toán",
        _share,
    ),
    "E2": Phrasing(
        "Thanh quyết toán kinh phí đúng hạn",
        "Thanh quyết toán kinh phí còn chậm, quá thời hạn quy định",
        "Một số khoản thanh quyết toán còn chậm so với thời hạn quy định",
        _settled,
    ),
    "E3": Phrasing(
        "Chi trả thù lao đủ, đúng tháng, đúng mức",
        "Chi trả thù lao chưa đủ, chưa đúng tháng",
        "Chi trả thù lao có tháng còn chậm hoặc chưa đủ",
        _of("tháng chi đủ, đúng hạn"),
    ),
    "E4": Phrasing(
        "Chứng từ thanh toán hợp lệ, đầy đủ",
        "Chứng từ thanh toán chưa hợp lệ",
        "Một số chứng từ thanh toán chưa đầy đủ",
    ),
    "F1": Phrasing(
        "Thành viên làm công tác tư vấn được tập huấn kỹ năng",
        "Thành viên làm công tác tư vấn chưa được tập huấn kỹ năng",
        "Một số thành viên làm công tác tư vấn chưa được tập huấn kỹ năng",
        _of("thành viên đã tập huấn"),
    ),
    "F2": Phrasing(
        "Thành viên có kỹ năng tư vấn, hỗ trợ tốt",
        "Kỹ năng của thành viên làm công tác tư vấn còn yếu",
        "Một số thành viên làm công tác tư vấn còn hạn chế về kỹ năng",
    ),
    "G1": Phrasing(
        "Thực hiện chế độ báo cáo đúng hạn",
        "Thực hiện chế độ báo cáo chưa đúng hạn",
        "Một số báo cáo còn chậm",
        _of("báo cáo đúng hạn"),
    ),
    "G2": Phrasing(
        "Công tác bảo mật được bảo đảm, không dùng chung tài khoản, nhật ký truy cập được rà soát",
        "Công tác bảo mật chưa bảo đảm",
        "Việc rà soát tài khoản, nhật ký truy cập chưa đều",
        _of("kỳ rà soát hằng tháng"),
    ),
    "H1": Phrasing(
        "Phối hợp tốt với các ngành, đoàn thể liên quan",
        "Công tác phối hợp với các ngành, đoàn thể liên quan còn hạn chế",
        "Công tác phối hợp với các ngành, đoàn thể liên quan chưa chặt chẽ",
        _value("đối tác có hoạt động"),
    ),
    "H2": Phrasing(
        "Thực hiện đúng hạn các kiến nghị của kỳ kiểm tra trước",
        "Chưa thực hiện các kiến nghị của kỳ kiểm tra trước",
        "Một số kiến nghị của kỳ kiểm tra trước thực hiện còn chậm",
        _of("kiến nghị đúng hạn"),
    ),
}
"""By code of the checklist's first version; a test knows that none is missing."""

SKILL_NAMES: dict[str, str] = {
    Skill.OUTREACH: "tiếp cận cộng đồng",
    Skill.CASE_MANAGEMENT: "quản lý trường hợp",
    Skill.COUNSELLING: "tư vấn",
    Skill.LINKING: "kết nối dịch vụ",
    Skill.GROUP_WORK: "làm việc nhóm",
    Skill.RESOURCE_MOBILISATION: "huy động nguồn lực",
    Skill.COMMUNICATION: "truyền thông",
    Skill.DATA_PROTECTION: "bảo mật thông tin",
}
