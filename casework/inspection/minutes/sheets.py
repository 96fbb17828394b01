"""Minutes as an official paper (Decree 30/2020): as DOCX, as PDF, and on the screen before either.

All three are written by one function out of what the minutes say, and by nothing else.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from typing import Any

from casework.core.papers import END, Paper, Writing
from casework.core.pdf import PdfPaper
from casework.inspection.findings.models import Cause, FindingKind
from casework.inspection.inspections.models import TeamRole
from casework.inspection.minutes.models import Content, MinutesSignature, MinutesSupplement, Side

KINDS: dict[str, Callable[..., Writing]] = {"docx": Paper, "pdf": PdfPaper}
DRAFT = "DỰ THẢO"
ROLES = {
    TeamRole.HEAD: "Trưởng đoàn",
    TeamRole.DEPUTY: "Phó Trưởng đoàn",
    TeamRole.SECRETARY: "Thư ký",
    TeamRole.MEMBER: "Thành viên",
}
RATINGS = {
    "met": "Đạt",
    "partly": "Đạt một phần",
    "not_met": "Chưa đạt",
    "na": "Không áp dụng",
    "no_data": "Không đủ số liệu",
}
_CAUSES = {Cause.OBJECTIVE: "Nguyên nhân khách quan", Cause.SUBJECTIVE: "Nguyên nhân chủ quan"}
_MIX = (
    "Bên cạnh đó, đơn vị còn tồn tại, hạn chế sau:",
    "Bên cạnh đó, đơn vị còn một số tồn tại, hạn chế sau:",
)


@dataclass(slots=True)
class Shown:
    """A paper on the screen: its parts in order, each with the name of what it is."""

    head: dict[str, Any]
    parts: list[tuple[str, Any]] = field(default_factory=list)

    def line(self, text: str, **looks: Any) -> None:
        """A paragraph."""
        self.parts.append(("italic" if looks.get("italic") else "line", text))

    def subtitle(self, text: str) -> None:
        """What the paper is about."""
        self.parts.append(("subtitle", text))

    def body(self, text: str) -> None:
        """Running text."""
        self.parts += [("line", each) for each in text.splitlines() if each]

    def section(self, text: str) -> None:
        """A heading."""
        self.parts.append(("section", text))

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Any]], **_looks: Any) -> None:
        """A table."""
        self.parts.append(("table", (columns, list(rows))))

    def signatures(self, *places: tuple[str, str]) -> None:
        """Who signs."""
        self.parts.append(("signatures", places))

    def receivers(self, *lines: str) -> None:
        """Who gets the paper."""
        self.parts.append(("receivers", lines))

    def annex(self, title: str, note: str) -> None:
        """What comes along."""
        self.parts.append(("annex", (title, note)))

    def foot(self, text: str) -> None:
        """Small print."""
        self.parts.append(("foot", text))

    def content(self) -> bytes:
        """On the screen nothing is a file."""
        return b""


def write_minutes(
    kind: str,
    content: Content,
    digest: str,
    address: str,
    signatures: Sequence[MinutesSignature] = (),
) -> bytes:
    """The minutes as a file, `docx` or `pdf`. `address` is where the digest can be looked up."""
    paper = KINDS[kind](**_head(content))
    _write(paper, content, digest, address, signatures)
    return paper.content()


def show_minutes(
    content: Content,
    digest: str,
    address: str,
    signatures: Sequence[MinutesSignature] = (),
) -> Shown:
    """The same on the screen."""
    shown = Shown(_head(content))
    _write(shown, content, digest, address, signatures)
    return shown


def write_supplement(
    kind: str, content: Content, digest: str, supplement: MinutesSupplement, address: str
) -> bytes:
    """A supplement as a paper of its own, which names the minutes it belongs to."""
    head = _head(content)
    head |= {"title": "Phụ lục bổ sung biên bản", "on": supplement.on}
    paper = KINDS[kind](**head)
    of = f"Biên bản số {code_of(content)} ngày {_day(content['on'])}"
    paper.subtitle(f"Bổ sung lần {supplement.number} {of[:1].lower()}{of[1:]}")
    paper.body(f"Đơn vị được kiểm tra: {content['unit']['label']}.")
    paper.body(supplement.text)
    paper.body(
        f"Nội dung trên là một phần của {of[:1].lower()}{of[1:]}; các nội dung khác của biên bản"
        f" không thay đổi{END}"
    )
    paper.signatures(("Người lập", supplement.by_name))
    paper.foot(
        f"Mã xác thực (SHA-256): {supplement.digest}\n"
        f"Mã xác thực của biên bản: {digest}. Đối chiếu tại {address}"
    )
    return paper.content()


def code_of(content: Content) -> str:
    """The number as papers say it; to be written where there is none yet."""
    return f"{content['number']:02}/BB-ĐKT" if content["number"] else ""


def _head(content: Content) -> dict[str, Any]:
    return {
        "parent": f"Sở Y tế {content['province']['label']}",
        "agency": "Đoàn kiểm tra",
        "number": code_of(content),
        "place": content["province"]["name"],
        "on": date.fromisoformat(content["on"]),
        "title": "Biên bản kiểm tra",
    }


def _write(
    paper: Writing,
    content: Content,
    digest: str,
    address: str,
    signatures: Sequence[MinutesSignature],
) -> None:
    paper.subtitle(content["plan"]["title"])
    if not digest:
        paper.subtitle(DRAFT)
    _write_beginning(paper, content)
    _write_results(paper, content)
    _write_recommendations(paper, content)
    paper.section("IV. Ý KIẾN CỦA ĐƠN VỊ")
    paper.body(content["unit_opinion"] or "……")
    _write_end(paper, content, signatures)
    _write_annex(paper, content)
    paper.foot(
        f"Biên bản số {code_of(content)}. Mã xác thực (SHA-256): {digest}\nĐối chiếu tại {address}"
        if digest
        else DRAFT
    )


def _write_beginning(paper: Writing, content: Content) -> None:
    plan, visit = content["plan"], content["visit"]
    for basis in plan["legal_basis"]:
        if basis.strip():
            told = basis.strip().rstrip(";.")
            is_so = told.lower().startswith("căn cứ")
            paper.line(f"{told};" if is_so else f"Căn cứ {told};", italic=True)
    number = f" số {plan['number']}/KH-SYT" if plan["number"] else ""
    paper.line(f"Căn cứ Kế hoạch{number} về {plan['title'][:1].lower()}{plan['title'][1:]}.",
               italic=True)  # fmt: skip
    hour = f"hồi {_hour(visit['started_at'])}, " if visit["started_at"] else ""
    paper.body(
        f"Hôm nay, {hour}ngày {_day_in_words(visit['on'] or content['on'])}, tại"
        f" {visit['place'] or content['place']}, Đoàn kiểm tra đã làm việc với"
        f" {content['unit']['label']}."
    )
    paper.section("THÀNH PHẦN")
    paper.body("1. Đoàn kiểm tra:")
    for member in filter(itemgetter("came"), content["team"]):
        office = f", {member['office']}" if member["office"] else ""
        paper.body(f"- {member['name']}{office} – {ROLES[TeamRole(member['role'])]};")
    lines = [line.strip() for line in content["visit"]["attendees"] if line.strip()]
    nobody = "" if lines else " không ghi nhận người tham dự."
    paper.body(f"2. Đại diện đơn vị:{nobody}")
    for line in lines:
        paper.body(f"- {line.lstrip('- ').rstrip(';.')};")
    paper.section("I. NỘI DUNG")
    versions = ", ".join(map(str, content["versions"]))
    against = (
        f" theo {len(content['criteria'])} tiêu chí của bộ tiêu chí phiên bản {versions} (Phụ lục"
        " kèm theo)"
        if versions
        else ""
    )
    paper.body(
        f"Kiểm tra hoạt động của đơn vị từ ngày {_day(plan['from_on'])} đến ngày"
        f" {_day(plan['until_on'])}{against}."
    )
    paper.body(plan["purpose"])


def _write_results(paper: Writing, content: Content) -> None:
    paper.section("II. KẾT QUẢ")
    paper.body(content["assessment"])
    paper.section("1. Ưu điểm")
    strengths = [each["text"] for each in _of(content, FindingKind.STRENGTH)]
    _write_list(paper, strengths, "Không ghi nhận.")
    paper.section("2. Tồn tại, hạn chế")
    shortcomings = _of(content, FindingKind.SHORTCOMING)
    if shortcomings:
        paper.body(_MIX[len(shortcomings) > 1])
    _write_list(paper, [each["text"] for each in shortcomings], "Không ghi nhận tồn tại, hạn chế.")
    for cause, title in _CAUSES.items():
        reasons = [
            each["cause_text"] or each["text"] for each in shortcomings if each["cause"] == cause
        ]
        if reasons:
            paper.body(f"{title}:")
            _write_list(paper, reasons, "")
    visit = content["visit"]
    for title, kind, own in (
        (
            "3. Thuận lợi, khó khăn, vướng mắc của đơn vị",
            FindingKind.DIFFICULTY,
            visit["difficulties"],
        ),
        ("4. Đề xuất của đơn vị", FindingKind.PROPOSAL, visit["proposals"]),
    ):
        paper.section(title)
        if kind is FindingKind.DIFFICULTY and visit["favourable"]:
            paper.body("Thuận lợi:")
            _write_list(paper, visit["favourable"].splitlines(), "")
            paper.body("Khó khăn, vướng mắc:")
        told = [each["text"] for each in _of(content, kind)] or own.splitlines()
        _write_list(paper, told, "Không có.")


def _write_recommendations(paper: Writing, content: Content) -> None:
    paper.section("III. KIẾN NGHỊ")
    if not content["recommendations"]:
        paper.body("Không có kiến nghị.")
        return
    paper.body("Đoàn kiểm tra đề nghị đơn vị thực hiện các nội dung sau:")
    paper.table(
        ("STT", "Việc", "Người chịu trách nhiệm", "Thời hạn"),
        [
            (str(number), each["text"], each["responsible"], date.fromisoformat(each["due_on"]))
            for number, each in enumerate(content["recommendations"], start=1)
        ],
        widths=(15, 80, 42, 28),
    )


def _write_end(paper: Writing, content: Content, signatures: Sequence[MinutesSignature]) -> None:
    ended = content["visit"]["ended_at"]
    hour = f"hồi {_hour(ended)} cùng ngày" if ended else "cùng ngày"
    paper.body(
        f"Buổi làm việc kết thúc {hour}. Biên bản đã được đọc lại cho mọi người cùng nghe, được lập"
        f" thành 02 bản có giá trị như nhau, mỗi bên giữ 01 bản{END}"
    )
    signed = {each.side: each.name for each in signatures}
    named = {member["role"]: member["name"] for member in reversed(content["team"])}
    paper.signatures(
        ("Đại diện đơn vị", signed.get(Side.UNIT, "")),
        ("Trưởng đoàn", signed.get(Side.TEAM) or named.get(TeamRole.HEAD, "")),
        ("Thư ký", named.get(TeamRole.SECRETARY, "")),
    )
    for each in signatures:
        if not each.is_on_paper:
            whom = "đơn vị" if each.side == Side.UNIT else "đoàn kiểm tra"
            paper.line(
                f"{each.name} đã xác nhận thay mặt {whom} trong chương trình ngày"
                f" {each.on:%d/%m/%Y}.",
                italic=True,
                size=11,
            )
    paper.receivers(f"{content['unit']['label']};", "Đoàn kiểm tra;", "Lưu: VT.")


def _write_annex(paper: Writing, content: Content) -> None:
    if not content["criteria"]:
        return
    paper.annex("Phụ lục", f"(Kèm theo Biên bản số {code_of(content) or '……'})")
    period = content["visit"]["period"]
    until = f", số liệu công bố đến hết tháng {period[5:]}/{period[:4]}" if period else ""
    versions = ", ".join(map(str, content["versions"]))
    paper.section(f"1. Kết quả theo bộ tiêu chí phiên bản {versions}{until}")
    paper.table(
        ("Mã", "Tiêu chí", "Số liệu", "Đánh giá"),
        [
            (each["code"], each["text"], _told(each), RATINGS[each["rating"]])
            for each in content["criteria"]
        ],
        widths=(14, 66, 57, 28),
    )
    if content["skills"]:
        paper.section("2. Kỹ năng quan sát được (1 yếu – 5 tốt)")
        paper.table(
            ("Kỹ năng", "Số thành viên", "Trung bình"),
            [(each["label"], each["members"], each["mean"]) for each in content["skills"]],
            right=(1, 2),
            widths=(95, 35, 35),
        )
    if content["sample"]:
        paper.section("3. Mẫu hồ sơ giấy được xem")
        paper.table(
            ("Nội dung", "Đạt/số xem"),
            [(each["label"], f"{each['yes']}/{each['of']}") for each in content["sample"]],
            right=(1,),
            widths=(130, 35),
        )


def _of(content: Content, kind: FindingKind) -> list[Content]:
    return [each for each in content["findings"] if each["kind"] == kind]


def _write_list(paper: Writing, texts: Iterable[str], otherwise: str) -> None:
    """Each once, however often it was said: several shortcomings may have one cause."""
    told = list(dict.fromkeys(text.strip().rstrip(";.") for text in texts if text.strip()))
    for text in told:
        paper.body(f"- {text}.")
    if not told and otherwise:
        paper.body(otherwise)


def _told(criterion: Content) -> str:
    figure = criterion["figure"] if criterion["figure"] not in ("", "–") else ""
    return ". ".join(part for part in (figure, criterion["remark"]) if part)


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%d/%m/%Y}"


def _day_in_words(text: str) -> str:
    on = date.fromisoformat(text)
    return f"{on.day:02} tháng {on.month:02} năm {on.year}"


def _hour(text: str) -> str:
    """08:30 as papers say it."""
    hour, _, minute = text.partition(":")
    return f"{hour} giờ {minute} phút"
