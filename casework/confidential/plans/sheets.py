"""The plan on paper, for both to sign: goals, what is done for them by whom until when, how far it
is, and the reviews.

Vietnamese whatever the language of the screen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import force_locale

from casework.confidential.assessments.models import NeedArea
from casework.confidential.plans.models import (
    ActionStatus,
    Plan,
    PlanReview,
    Responsible,
    ReviewResult,
)
from casework.confidential.plans.queries import Pursued
from casework.core.papers import END, Paper

_COLUMNS = ("Việc làm", "Người thực hiện", "Hạn", "Tiến độ")


@dataclass(frozen=True, slots=True)
class Signers:
    """The unit and the place where it writes, who is supported, and who counsels them."""

    agency: str
    place: str
    called: str
    reference: str
    counselor: str


def write_plan(
    signers: Signers, plan: Plan, pursued: Sequence[Pursued], reviews: Sequence[PlanReview]
) -> bytes:
    """The plan as a paper to be signed."""
    paper = Paper(
        agency=signers.agency, place=signers.place, on=plan.agreed_on, title="Kế hoạch hỗ trợ"
    )
    paper.line(f"Lần thứ {plan.number}. Mã hồ sơ: {signers.reference}", italic=True, before=4)
    paper.line(f"Người được hỗ trợ: {signers.called}.", before=8)
    paper.line(f"Tư vấn viên: {signers.counselor}, {signers.agency}.")
    if plan.summary:
        paper.section("I. NỘI DUNG CHUNG")
        for part in plan.summary.splitlines():
            paper.line(part)
    paper.section("II. MỤC TIÊU VÀ VIỆC LÀM" if plan.summary else "I. MỤC TIÊU VÀ VIỆC LÀM")
    with force_locale("vi"):
        for number, each in enumerate(pursued, start=1):
            _write_goal(paper, number, each)
    paper.section("III. XEM XÉT KẾ HOẠCH" if plan.summary else "II. XEM XÉT KẾ HOẠCH")
    with force_locale("vi"):
        rows = [(review.on, ReviewResult(review.result).label, review.note) for review in reviews]
    if rows:
        paper.table(("Ngày", "Kết quả", "Ghi chú"), rows)
    paper.line(
        f"Ngày xem xét tiếp theo: {plan.review_on:%d/%m/%Y}. Kế hoạch được lập thành hai bản, "
        "mỗi bên giữ một bản" + END,
        before=6,
    )
    paper.signatures(("Người được hỗ trợ", ""), ("Tư vấn viên", signers.counselor))
    return paper.content()


def _write_goal(paper: Paper, number: int, each: Pursued) -> None:
    area = NeedArea(each.goal.area).label
    paper.line(f"{number}. {area[:1].upper()}{area[1:]}", bold=True, before=6)
    for part in each.goal.goal.splitlines():
        paper.line(part)
    if each.actions:
        paper.table(
            _COLUMNS,
            [
                (
                    action.what,
                    Responsible(action.responsible).label,
                    action.due_on,
                    ActionStatus(action.status).label,
                )
                for action in each.actions
            ],
        )
