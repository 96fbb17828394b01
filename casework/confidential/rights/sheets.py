"""“Phiếu thông tin của tôi”: everything kept about a person, in plain Vietnamese, for that person.

Law 91/2025/QH15, Article 4, lets persons know how their data are used, see them, and ask for them.
So all of it is printed: identity, consents, needs, plans, talks with their general notes, support,
referrals, papers, who may read, what was asked. Three things are told of, but not printed:

* closed notes, which their writer alone can read, and which may speak of others; their number
  stands there, and the person may ask the writer to read them out;
* what records said before they were corrected: their number stands there, and the person may ask;
* an authority's request that is not answered yet: whether the person may hear of it is decided with
  the answer.

The name stands in the paper alone, never in its file's name.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from flask_babel import force_locale

from casework.confidential.assessments.models import LEVELS, NeedArea
from casework.confidential.attachments.models import PaperKind
from casework.confidential.break_glass.models import Part
from casework.confidential.cases.models import (
    CaseStatus,
    ClosureReason,
    IntakeSource,
    Sex,
    TargetGroup,
)
from casework.confidential.consent.models import ConsentMethod, Purpose
from casework.confidential.contacts.models import ContactKind, Topic
from casework.confidential.plans.models import ActionStatus, Plan, Responsible, ReviewResult
from casework.confidential.referrals.models import ReferralStatus
from casework.confidential.rights.models import DisclosureDecision, RequestKind, RequestOutcome
from casework.confidential.rights.queries import Everything
from casework.confidential.services.models import ServiceKind
from casework.confidential.statutory.models import StatutoryKind
from casework.core.i18n import day, moment
from casework.core.papers import END, Paper
from casework.organisation.budgets.models import FundingSource
from casework.vault.sealed import Unreadable

FILE_NAME = "phieu-thong-tin.docx"
SHUT = "(không mở được)"
NOTHING = "Chưa có."
RIGHTS = (
    "Được biết thông tin của tôi được lưu và dùng như thế nào.",
    "Đồng ý hoặc không đồng ý từng việc, và rút lại sự đồng ý bất cứ lúc nào.",
    "Xem và yêu cầu sửa chỗ chưa đúng; nếu không được sửa, ý kiến của tôi được ghi bên cạnh.",
    "Yêu cầu cung cấp, xóa hoặc hạn chế sử dụng thông tin; phản đối việc sử dụng.",
    "Khiếu nại, tố cáo, khởi kiện, yêu cầu bồi thường theo quy định của pháp luật.",
    "Yêu cầu cơ quan có thẩm quyền bảo vệ thông tin của tôi.",
)


def write_own_paper(told: Everything, place: str, on: date, days: int) -> bytes:
    """The paper. `days` is how long an answer to a request may take."""
    with force_locale("vi"):
        paper = Paper(agency=told.unit.label, place=place, on=on, title="Phiếu thông tin của tôi")
        paper.line(
            "Phiếu này in cho riêng người có tên dưới đây. Xin giữ kín, không đưa cho người khác.",
            italic=True,
        )
        for title, write in _SECTIONS:
            paper.section(title)
            write(paper, told)
        _own_rights(paper, days)
        paper.signatures(("Người nhận phiếu", ""), ("Tư vấn viên", ""))
    return paper.content()


def _identity(paper: Paper, told: Everything) -> None:
    person, case = told.person, told.case
    _facts(
        paper,
        ("Họ và tên", person.name),
        ("Bí danh", person.alias),
        ("Ngày sinh", person.birth_date or case.birth_year),
        ("Giới tính", Sex(case.sex).label),
        ("Điện thoại", person.phone),
        ("Địa chỉ", person.address),
        ("Cách liên hệ an toàn", person.safe_contact),
        ("Giờ liên hệ", person.safe_times),
        ("Không được nói", person.never_say),
        ("Không để lại lời nhắn", person.no_message),
        ("Người giám hộ", person.guardian),
        ("Điện thoại người giám hộ", person.guardian_phone),
    )


def _case(paper: Paper, told: Everything) -> None:
    case = told.case
    _facts(
        paper,
        ("Mã hồ sơ", case.reference),
        ("Nhóm", f"{case.target_group}: {TargetGroup(case.target_group).label}"),
        ("Đến qua", IntakeSource(case.source).label),
        ("Tình trạng", CaseStatus(case.status).label),
        ("Hẹn lần tới", day(case.next_on)),
    )
    for episode in told.episodes:
        ended = f" đến {day(episode.closed_on)}" if episode.closed_on else ""
        why = f" ({ClosureReason(episode.closure_reason).label})" if episode.closure_reason else ""
        paper.line(f"Được hỗ trợ từ {day(episode.opened_on)}{ended}{why}.")
    for status in told.statuses:
        until = status.ended_on or status.until_on
        label = StatutoryKind(status.kind).label
        paper.line(f"Quản lý sau cai {label}: từ {day(status.from_on)} đến {day(until)}.")


def _consents(paper: Paper, told: Everything) -> None:
    rows = [
        (
            Purpose(row.purpose).label
            + (f": {told.partners.get(row.partner_id, '')}" if row.partner_id else ""),
            "Đồng ý" if row.is_given else "Không đồng ý",
            ConsentMethod(row.method).label + (f" ({_said(row.witness)})" if row.witness else ""),
            row.on,
            row.until_on,
        )
        for row in told.consents
    ]
    _table(paper, ["Việc", "Trả lời", "Cách trả lời", "Ngày", "Đến ngày"], rows)


def _assessments(paper: Paper, told: Everything) -> None:
    for row in _or_nothing(paper, told.assessments):
        urgent = " Có việc cần bảo đảm an toàn ngay." if row.is_urgent else ""
        paper.line(f"Ngày {day(row.on)}.{urgent} {_said(row.summary)}")
        areas = [
            (NeedArea(area.area).label, str(LEVELS[area.level]), _said(area.note))
            for area in told.areas[row.id]
        ]
        _table(paper, ["Lĩnh vực", "Mức cần", "Ghi chú"], areas)


def _plans(paper: Paper, told: Everything) -> None:
    for plan in _or_nothing(paper, told.plans):
        paper.line(
            f"Kế hoạch lần {plan.number}, thống nhất ngày {day(plan.agreed_on)}, xem lại ngày "
            f"{day(plan.review_on)}. {_said(plan.summary)}"
        )
        _table(paper, ["Mục tiêu", "Việc làm", "Ai làm", "Hạn", "Đến đâu"], _plan_rows(told, plan))
        for review in told.reviews[plan.id]:
            result = ReviewResult(review.result).label
            paper.line(f"Xem lại ngày {day(review.on)}: {result}. {_said(review.note)}")


def _plan_rows(told: Everything, plan: Plan) -> Iterator[Sequence[Any]]:
    for goal in told.goals[plan.id]:
        wanted = f"{NeedArea(goal.area).label}: {_said(goal.goal)}"
        if not told.actions[goal.id]:
            yield wanted, "", "", "", ""
        for action in told.actions[goal.id]:
            state = ActionStatus(action.status).label
            progress = f"{state}. {_said(action.progress)}" if action.progress_sealed else state
            who = Responsible(action.responsible).label
            yield wanted, _said(action.what), who, action.due_on, progress


def _contacts(paper: Paper, told: Everything) -> None:
    rows = [
        (
            row.on,
            ContactKind(row.kind).label + (f", {row.minutes} phút" if row.minutes else ""),
            told.names.get(row.recorded_by, ""),
            "; ".join(filter(None, [_topics(row.topics), _said(row.note)])),
        )
        for row in told.contacts
    ]
    _table(paper, ["Ngày", "Cách gặp", "Người ghi", "Nội dung"], rows)
    if told.closed_notes:
        paper.line(
            f"Ngoài ra có {told.closed_notes} ghi chú kín, chỉ người viết đọc được nên không in ở "
            "đây. Tôi có thể đề nghị người viết đọc cho tôi nghe."
        )


def _services(paper: Paper, told: Everything) -> None:
    rows = [
        (
            row.on,
            ServiceKind(row.kind).label,
            row.amount,
            FundingSource(row.funding_source).label,
            row.voucher,
            _said(row.note),
        )
        for row in told.services
    ]
    _table(paper, ["Ngày", "Loại", "Trị giá (đồng)", "Nguồn", "Chứng từ", "Ghi chú"], rows)


def _referrals(paper: Paper, told: Everything) -> None:
    rows = [
        (
            row.sent_on,
            told.partners.get(row.partner_id, ""),
            NeedArea(row.area).label,
            ReferralStatus(row.status).label,
            "; ".join(
                filter(None, [_said(row.reason), *(_said(s.note) for s in told.steps[row.id])])
            ),
        )
        for row in told.referrals
    ]
    _table(paper, ["Ngày gửi", "Nơi nhận", "Việc", "Kết quả", "Ghi chú"], rows)


def _papers(paper: Paper, told: Everything) -> None:
    rows = [(row.on, PaperKind(row.kind).label, _said(row.filename)) for row in told.attachments]
    _table(paper, ["Ngày", "Loại", "Tên tệp"], rows)
    if told.earlier:
        paper.line(
            f"Có {told.earlier} bản cũ của những ghi chép đã được sửa. Tôi có thể đề nghị cho xem."
        )
    paper.line(
        "Nếu tôi dự nhóm tự lực hay nhóm đồng đẳng, danh sách và ghi chép của nhóm do người điều "
        "hành nhóm giữ; tôi có thể hỏi người đó."
    )


def _readers(paper: Paper, told: Everything) -> None:
    for assignment, name in told.assignments:
        until = f" đến {day(assignment.until_on)}" if assignment.until_on else " đến nay"
        what = "thay tạm thời" if assignment.is_cover else "tư vấn viên"
        paper.line(f"{name} ({what}): từ {day(assignment.from_on)}{until}.")
    if told.custodians:
        paper.line(f"Giữ chìa khóa để bàn giao, không đọc nội dung: {', '.join(told.custodians)}.")
    for opening in told.openings:
        part = Part(opening.compartment).label
        paper.line(
            f"Mở khẩn cấp ngày {moment(opening.decided_at)}, trong một giờ, chỉ để đọc: {part}."
        )
    paper.line(
        "Lãnh đạo đơn vị và kiểm tra viên không mở được hồ sơ. Ai đã mở hồ "
        "sơ đều được ghi lại; tôi có thể hỏi tư vấn viên."
    )


def _requests(paper: Paper, told: Everything) -> None:
    rows = [
        (
            row.received_on,
            RequestKind(row.kind).label,
            _said(row.wish),
            row.due_on,
            RequestOutcome(row.outcome).label if row.outcome else "Đang chờ",
            "; ".join(
                filter(
                    None,
                    [
                        _said(row.reply),
                        f"Ý kiến của tôi: {_said(row.statement)}" if row.statement_sealed else "",
                    ],
                )
            ),
        )
        for row in told.requests
    ]
    _table(
        paper,
        ["Ngày", "Tôi yêu cầu", "Nội dung", "Hạn", "Kết quả", "Trả lời"],
        rows,
        "Tôi chưa yêu cầu gì.",
    )


def _disclosures(paper: Paper, told: Everything) -> None:
    rows = [
        (
            row.answered_on,
            _said(row.agency),
            _said(row.number),
            DisclosureDecision(row.decision).label,
            _said(row.told),
        )
        for row in told.disclosures
        if row.decision is not None
    ]
    _table(
        paper,
        ["Ngày trả lời", "Cơ quan", "Văn bản số", "Quyết định", "Đã trả lời"],
        rows,
        "Chưa trả lời cơ quan nào.",
    )


def _own_rights(paper: Paper, days: int) -> None:
    paper.section("XII. QUYỀN CỦA TÔI (Luật Bảo vệ dữ liệu cá nhân số 91/2025/QH15)")
    for number, right in enumerate(RIGHTS, start=1):
        paper.line(f"{number}. {right}")
    paper.line(
        f"Tôi nói với tư vấn viên hoặc viết giấy, không cần lý do. Tôi được trả lời trong {days} "
        f"ngày{END}"
    )


def _asked(paper: Paper, told: Everything) -> None:
    _requests(paper, told)
    _disclosures(paper, told)


_SECTIONS = (
    ("I. TÔI LÀ AI", _identity),
    ("II. HỒ SƠ CỦA TÔI", _case),
    ("III. TÔI ĐÃ ĐỒNG Ý NHỮNG GÌ", _consents),
    ("IV. NHỮNG ĐIỀU TÔI CẦN", _assessments),
    ("V. KẾ HOẠCH CỦA TÔI", _plans),
    ("VI. NHỮNG LẦN TRAO ĐỔI", _contacts),
    ("VII. HỖ TRỢ TÔI ĐÃ NHẬN", _services),
    ("VIII. NƠI TÔI ĐƯỢC GIỚI THIỆU ĐẾN", _referrals),
    ("IX. GIẤY TỜ KÈM THEO", _papers),
    ("X. AI ĐƯỢC XEM HỒ SƠ", _readers),
    ("XI. TÔI ĐÃ YÊU CẦU, CƠ QUAN ĐÃ HỎI", _asked),
)


def _facts(paper: Paper, *pairs: tuple[str, Any]) -> None:
    for label, value in pairs:
        if isinstance(value, Unreadable) or value:
            paper.line(f"{label}: {_said(value)}")


def _table(
    paper: Paper, columns: Sequence[str], rows: Iterable[Sequence[Any]], nothing: str = NOTHING
) -> None:
    kept = list(rows)
    if kept:
        paper.table(columns, kept)
    else:
        paper.line(nothing)


def _or_nothing(paper: Paper, rows: Sequence[Any]) -> Sequence[Any]:
    if not rows:
        paper.line(NOTHING)
    return rows


def _said(text: Any) -> str:
    return SHUT if isinstance(text, Unreadable) else str(text)


def _topics(codes: str) -> str:
    return ", ".join(Topic(code).label for code in codes.split())
