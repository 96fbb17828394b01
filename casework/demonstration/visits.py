"""What was seen at the visits of the demonstration's rounds: checklists with the figures of the
day, skills, ticks of a sample, and what was found, some of it still to be decided.

Rows are written as they would stand, with the times they would have.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random

from casework.core.database import db
from casework.demonstration.rounds import Held, at, figures_of
from casework.inspection.findings.models import Cause, Finding, FindingKind, FindingStatus
from casework.inspection.findings.rules import (
    Proposed,
    propose,
    propose_own_words,
    weak_skills,
)
from casework.inspection.inspections.models import Inspection, InspectionStatus
from casework.inspection.inspections.operations import AFTERNOON
from casework.inspection.readmodel.models import Rating
from casework.inspection.self_reports.models import SelfReport
from casework.inspection.visits.models import (
    Answer,
    Check,
    ObservedSkill,
    PaperQuestion,
    SampleTick,
    Visit,
)
from casework.inspection.visits.operations import copy_checklist
from casework.inspection.visits.rules import JUDGEMENTS, OWN_WORDS
from casework.organisation.members.models import Skill
from casework.organisation.members.queries import counselling_members
from casework.organisation.samples.models import PaperSample
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import list_ids_with_predecessors

TO_BE_VISITED = (InspectionStatus.PLANNED, InspectionStatus.SELF_REPORT)
FILES, DECIDED = 3, 3
ATTENDEES = (
    """\
Bà Nguyễn Thị Lành, Phó Chủ tịch UBND
Ông Trần Văn Phước, Chủ nhiệm Câu lạc bộ
Bà Lê Thị Diễm, Thư ký Câu lạc bộ""",
    """\
Ông Huỳnh Văn Tấn, Phó Chủ tịch UBND
Ông Lý Văn Sang, Đội trưởng
Bà Phạm Thị Hường, kế toán""",
)
FAVOURABLE = (
    "UBND quan tâm bố trí phòng sinh hoạt; đội viên nhiệt tình, hiểu địa bàn.",
    "Được các ngành, đoàn thể phối hợp; nhóm tự lực hoạt động nền nếp.",
)
# What inspectors see for themselves, in turn: mostly well, here and there not yet.
SEEN = (Rating.MET, Rating.PARTLY, Rating.MET)
UNKNOWN = ("D1", "D2", "D3", "D4", "H2")
"""What can't be told without figures: persons, and recommendations before the first round."""
REMARKS = {
    "A3": "chưa có nhóm tự lực",
    "A5": "chức danh Phó Chủ nhiệm khuyết ba tháng",
    "B1": "8/12 kỳ theo sổ sinh hoạt",
    "B2": "7/12 kỳ theo sổ sinh hoạt",
    "B3": "có lúc cách nhau hơn hai tháng",
    "C1": "hai ấp chưa có buổi truyền thông",
    "D6": "chủ yếu từ ngân sách",
    "E2": "quyết toán năm trước nộp chậm hơn một tháng",
    "E3": "thù lao quý IV chi chậm",
    "F1": "ba thành viên chưa qua lớp tập huấn nào",
    "G1": "báo cáo quý nộp sau hạn",
    "A2": "Quy chế chưa cập nhật sau sắp xếp đơn vị",
    "C2": "Nội dung còn chung chung, chưa gắn với địa bàn",
    "E4": "Thiếu chữ ký người nhận ở hai chứng từ",
    "F2": "Một số thành viên còn lúng túng khi xử lý tình huống",
    "G2": "Có tháng chưa rà soát tài khoản",
    "H1": "Chưa có biên bản phối hợp với Hội LHPN, Đoàn thanh niên",
}
CAUSES = {
    "A": (Cause.OBJECTIVE, "Nhân sự thay đổi sau sắp xếp đơn vị hành chính"),
    "B": (Cause.OBJECTIVE, "Mưa bão kéo dài, trụ sở đang sửa chữa"),
    "C": (Cause.SUBJECTIVE, "Chưa chủ động xây dựng lịch truyền thông"),
    "D": (Cause.SUBJECTIVE, "Chưa theo dõi hạn rà soát hồ sơ"),
    "E": (Cause.SUBJECTIVE, "Kế toán kiêm nhiệm, nộp chứng từ chậm"),
    "F": (Cause.OBJECTIVE, "Trong năm chưa có lớp tập huấn được mở"),
    "G": (Cause.SUBJECTIVE, "Chưa phân công người theo dõi"),
    "H": (Cause.SUBJECTIVE, "Chưa ký kết quy chế phối hợp"),
}
DECLINED = "Nội dung này đã được đơn vị khắc phục tại buổi làm việc."
OWN = "Có cách làm hay: mỗi đội viên nhận giúp đỡ một gia đình, hằng tháng báo cáo tại sinh hoạt"


def hold_visits(rounds: Sequence[Held]) -> None:
    """Write what was seen at every visit that was held; the caller commits. Of this year's round
    the last two have findings that wait for a decision.
    """
    for index, held in enumerate(rounds):
        visited = [each for each in held.inspections if each[0].status not in TO_BE_VISITED]
        for number, (inspection, unit, source) in enumerate(visited):
            is_decided = index < len(rounds) - 1 or number < len(visited) - 2
            _visit(inspection, unit, source, number, is_decided=is_decided)


def _visit(
    inspection: Inspection, unit: Unit, source: Unit, number: int, *, is_decided: bool
) -> None:
    on = inspection.visit_on
    assert on is not None  # nosec B101
    begins = 13 if inspection.starts_at == AFTERNOON else 8
    ended = at(on, begins + 3, 10 + number)
    figures = figures_of(source, on)
    report = db.session.scalars(
        db.select(SelfReport).where(SelfReport.inspection_id == inspection.id)
    ).first()
    sample = _sample(unit, on, begins, ended)
    visit = Visit(
        inspection_id=inspection.id,
        period=f"{figures[0].until_on:%Y-%m}" if figures else "",
        started_at=inspection.starts_at,
        ended_at=f"{begins + 3:02}:{10 + number:02}",
        attendees=ATTENDEES[number % len(ATTENDEES)],
        favourable=FAVOURABLE[number % len(FAVOURABLE)],
        difficulties=report.difficulties if report else "",
        proposals=report.proposals if report else "",
        sample_id=sample.id,
        recorded_at=at(on, begins),
        closed_at=ended,
    )
    checks = copy_checklist(inspection, unit, figures, on)
    for check in checks:
        _rate(check, number, at(on, begins + 2))
    skills = _skills(inspection, source, on, begins)
    db.session.add_all([visit, *checks, *skills, *_ticks(sample, number, ended)])
    weak = weak_skills(skills)
    rated = [each for each in (propose(check, weak) for check in checks) if each]
    found = [*rated, *propose_own_words(visit.difficulties, visit.proposals)]
    _find(inspection, found, ended, is_decided=is_decided)


def _rate(check: Check, number: int, moment: datetime) -> None:
    """As the figure says; what no figure tells as it was seen."""
    if check.code == OWN_WORDS:
        return
    seen = SEEN[(number + check.position) % len(SEEN)]
    told = check.computed in (*JUDGEMENTS, Rating.NA)
    unknown = Rating.NO_DATA if check.code in UNKNOWN else seen
    check.rating = check.computed if told else str(unknown)
    if check.rating in (Rating.PARTLY, Rating.NOT_MET):
        check.remark = REMARKS.get(check.code, "")
    check.recorded_at = moment


def _skills(inspection: Inspection, unit: Unit, on: date, begins: int) -> list[ObservedSkill]:
    chance = Random(f"{unit.code}{on}")  # nosec B311: nothing secret comes from it
    members = counselling_members(list_ids_with_predecessors([unit.id]), on)
    return [
        ObservedSkill(
            inspection_id=inspection.id,
            member_id=member.id,
            skill=str(skill),
            level=chance.choice((2, 3, 3, 4, 4, 5)),
            recorded_at=at(on, begins + 2, 30),
        )
        for member in members[:4]
        for skill in (Skill.COUNSELLING, Skill.GROUP_WORK, Skill.LINKING)
    ]


def _sample(unit: Unit, on: date, begins: int, ended: datetime) -> PaperSample:
    sample = PaperSample(
        unit_id=unit.id,
        size=FILES,
        asked_at=at(on, begins + 1),
        shown_at=at(on, begins + 1, 5),
        closed_at=ended,
    )
    db.session.add(sample)
    db.session.flush()
    return sample


def _ticks(sample: PaperSample, number: int, moment: datetime) -> list[SampleTick]:
    return [
        SampleTick(
            sample_id=sample.id,
            position=position,
            question=str(question),
            answer=str(Answer.NO if (position + rank + number) % 6 == 0 else Answer.YES),
            recorded_at=moment,
        )
        for position in range(1, FILES + 1)
        for rank, question in enumerate(PaperQuestion)
    ]


def _find(
    inspection: Inspection, found: Sequence[Proposed], moment: datetime, *, is_decided: bool
) -> None:
    findings = []
    for position, proposed in enumerate(found, start=1):
        finding = Finding(
            inspection_id=inspection.id,
            kind=str(proposed.kind),
            code=proposed.code,
            position=position,
            proposed_text=proposed.text,
            text=proposed.text,
            status=str(FindingStatus.ACCEPTED if is_decided else FindingStatus.PROPOSED),
            recorded_at=moment,
        )
        if is_decided and proposed.kind is FindingKind.SHORTCOMING:
            cause, text = CAUSES[proposed.code[0]]
            finding.cause, finding.cause_text = str(cause), text
        findings.append(finding)
    faults = [each for each in findings if each.kind == FindingKind.SHORTCOMING]
    if is_decided and len(faults) > DECIDED:
        faults[-1].status, faults[-1].decline_reason = str(FindingStatus.DECLINED), DECLINED
    if is_decided:
        findings.append(
            Finding(
                inspection_id=inspection.id,
                kind=str(FindingKind.STRENGTH),
                position=len(found) + 1,
                text=OWN,
                status=str(FindingStatus.ACCEPTED),
                recorded_at=moment + timedelta(hours=1),
            )
        )
    db.session.add_all(findings)
