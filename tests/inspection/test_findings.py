"""Findings: in the inspectors' phrasing, of what the inspector rated; decided by people."""

from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import func, select

from casework.core.audit import AuditEntry
from casework.core.database import db
from casework.core.sheets import read_sheet
from casework.inspection.findings.models import Finding, FindingKind
from casework.inspection.findings.queries import list_accepted
from casework.inspection.findings.rules import (
    PHRASES,
    SKILL_NAMES,
    phrase,
    propose,
    propose_own_words,
    weak_skills,
)
from casework.inspection.inspections.models import Inspection
from casework.inspection.readmodel.models import Rating
from casework.inspection.visits.models import Check, ObservedSkill
from casework.organisation.members.models import Skill
from casework.organisation.settings.operations import DATA
from tests.inspection.visiting import have_only, judge_fully, plan_round


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel("2026-10-15 01:30:00+00:00", tick=False):
        yield


# ---- phrasing


def check(code: str, rating: str, computed: str = "", **facts) -> Check:
    return Check(
        code=code, text=f"Tiêu chí {code}", rating=rating, computed=computed or rating,
        **{"remark": "", **facts},
    )  # fmt: skip


def of(part: int, whole: int, value: int | None = None) -> dict:
    return {"numerator": part, "denominator": whole, "value": value}


def codes() -> list[str]:
    rows = read_sheet(DATA / "criteria_v1.csv", ("code", "text", "method", "met", "partly"))
    return [row["code"] for row in rows]


def test_every_criterion_has_its_own_two_sentences():
    assert set(PHRASES) == set(codes()) - {"K1"}
    sentences = [text for each in PHRASES.values() for text in (each.praise, each.fault)]
    sentences += [each.partly for each in PHRASES.values() if each.partly]
    assert len(set(sentences)) == len(sentences)
    assert all(text[0].isupper() and not text.endswith((".", ";", ":")) for text in sentences)
    assert set(SKILL_NAMES) == set(Skill)


@pytest.mark.parametrize("code", sorted(PHRASES))
@pytest.mark.parametrize("rating", ["met", "partly", "not_met"])
def test_every_criterion_can_be_told_with_and_without_figures(code, rating):
    whole = phrase(check(code, rating, numerator=2, denominator=3, value=50), Rating(rating))
    bare = phrase(check(code, rating, "no_data"), Rating(rating))
    assert whole.startswith(bare)
    assert "None" not in whole
    assert bare == bare.strip()


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (check("B1", "not_met", **of(8, 12, 0)), "Sinh hoạt Câu lạc bộ chưa đúng định kỳ: 8/12 kỳ"),
        (
            check("B2", "met", **of(9, 9)),
            "Duy trì sinh hoạt nhóm đúng định kỳ: 9/9 kỳ (nhóm thấp nhất)",
        ),
        (
            check("A3", "partly", value=2),
            "Chưa đủ các nhóm chuyên sâu (truyền thông, tư vấn, tự lực): 2/3 nhóm",
        ),
        (
            check("E2", "not_met", **of(1, 3, 1045)),
            (
                "Thanh quyết toán kinh phí còn chậm, quá thời hạn quy định: "
                "1/3 khoản đúng hạn, trễ nhất 1.045 ngày"
            ),
        ),
        (check("E1", "partly", **of(899, 1000)), "Kinh phí bố trí chưa đủ so với dự toán: 89%"),
        (
            check("D1", "partly", denominator=89, value=70),
            "Một số hồ sơ chưa có đánh giá nhu cầu còn hiệu lực: 70–89% số hồ sơ",
        ),
        (
            check("D1", "not_met", denominator=49, value=0),
            "Nhiều hồ sơ chưa có đánh giá nhu cầu còn hiệu lực: dưới 50% số hồ sơ",
        ),
        (
            check("D2", "met", denominator=100, value=90),
            "Hồ sơ có kế hoạch hỗ trợ và được rà soát đúng hạn: từ 90% số hồ sơ",
        ),
        (
            check("B3", "not_met", denominator=1, value=62),
            "Khoảng cách giữa hai kỳ sinh hoạt còn quá dài: 62 ngày (quy định mỗi tháng một kỳ)",
        ),
        (
            check("C1", "partly", **of(3, 7, 5)),
            "Truyền thông chưa phủ hết các ấp, khóm trên địa bàn: 5 cuộc, 3/7 ấp, khóm được phủ",
        ),
        (
            check("D6", "partly", **of(9, 10, 2)),
            "Nguồn lực hỗ trợ chưa đa dạng: 2 nguồn, nguồn lớn nhất chiếm 90%",
        ),
        (
            check("A5", "not_met", **of(1, 2, 75)),
            (
                "Chưa kịp thời kiện toàn Ban chủ nhiệm, Đội khi có thay đổi: "
                "chức danh khuyết lâu nhất 75 ngày, 1 tổ chức còn gắn với đơn vị hành chính cũ"
            ),
        ),
        (
            check("E4", "partly", "", remark="Thiếu chữ ký.\nKhác"),
            "Một số chứng từ thanh toán chưa đầy đủ: Thiếu chữ ký",
        ),
        (check("Z9", "not_met", ""), "Chưa đạt: Tiêu chí Z9"),
    ],
)  # fmt: skip
def test_the_inspectors_own_phrasing(found, text):
    told = propose(found)
    assert told is not None
    assert told.text == text


def test_a_figure_that_says_otherwise_stays_out():
    met = check("B1", "met", "not_met", **of(8, 12, 0), remark="Đã họp bù.")
    assert propose(met).text == "Duy trì sinh hoạt Câu lạc bộ đúng định kỳ"
    partly = check("B1", "partly", "not_met", **of(8, 12, 0), remark="Hai kỳ vì bão.")
    assert propose(partly).text == "Sinh hoạt Câu lạc bộ chưa đúng định kỳ: 8/12 kỳ"
    fault = check("B1", "not_met", "met", **of(12, 12, 0), remark="Sổ ghi khống")
    assert propose(fault).text == "Sinh hoạt Câu lạc bộ chưa đúng định kỳ: Sổ ghi khống"


@pytest.mark.parametrize("rating", ["", "na", "no_data"])
def test_what_is_not_judged_proposes_nothing(rating):
    assert propose(check("B1", rating, "not_met", **of(8, 12))) is None
    assert propose(check("K1", "met")) is None


def test_weak_skills_are_named_and_nobody():
    seen = [
        ObservedSkill(skill=skill, level=level)
        for skill, level in (
            ("counselling", 2),
            ("counselling", 3),
            ("linking", 3),
            ("outreach", 1),
        )
    ]
    assert weak_skills(seen) == ["tiếp cận cộng đồng", "tư vấn"]
    told = propose(check("F2", "partly", ""), weak_skills(seen))
    assert told.text == (
        "Một số thành viên làm công tác tư vấn còn hạn chế về kỹ năng: tiếp cận cộng đồng, tư vấn"
    )


def test_the_units_own_words_line_by_line():
    told = propose_own_words("- Kinh phí về chậm.\n\n• Thiếu phòng;\n- Kinh phí về chậm.", "")
    assert [(each.kind, each.text) for each in told] == [
        (FindingKind.DIFFICULTY, "Kinh phí về chậm"),
        (FindingKind.DIFFICULTY, "Thiếu phòng"),
    ]


# ---- pages


@pytest.fixture
def inspector(client_as):
    return client_as("inspector")


@pytest.fixture
def base(app, cast, inspector) -> str:
    """A visit of unit a in which parts A and B are answered, and closed."""
    with app.app_context():
        judge_fully(cast)
        inspection = plan_round(cast)
        db.session.commit()
    address = f"/inspections/{inspection}"
    steps = {
        "": {},
        "/A": {},
        "/B": {"rating_B2": "met"},
        "/unit-words": {"difficulties": "Kinh phí về chậm", "proposals": "Xin thêm kinh phí"},
        "/close": {"although": "y"},
    }
    for step, values in steps.items():
        at = address + "/checklist" + step
        assert inspector.submit(at, at, **values).status == 303, step
    return address


def findings(app) -> dict[str, Finding]:
    with app.app_context():
        found = db.session.scalars(select(Finding).order_by(Finding.position))
        return {each.code if each.code != "K1" else each.kind: each for each in found}


def decide(inspector, base, finding: Finding, **values):
    address = f"{base}/findings/{finding.id}"
    return inspector.submit(address, address, **values)


def reopen_and_rate(inspector, base, **values) -> None:
    again = base + "/checklist/reopen"
    assert inspector.submit(base + "/checklist", again).status == 303
    part = base + "/checklist/B"
    assert inspector.submit(part, part, **values).status == 303


def propose_again(inspector, base) -> None:
    address = base + "/findings/propose"
    assert inspector.submit(base + "/findings", address).status == 303


def test_closing_a_visit_proposes_strengths_first(base, inspector):
    words = inspector.get(base + "/findings").words
    assert "Waiting for a decision: 7" in words
    order = [
        words.index(text)
        for text in (
            "A1. Câu lạc bộ, Đội công tác xã hội tình nguyện có quyết định",
            "B2. Duy trì sinh hoạt nhóm đúng định kỳ",
            "A3. Chưa đủ các nhóm chuyên sâu",
            "B1. Sinh hoạt Câu lạc bộ chưa đúng định kỳ: 8/12 kỳ",
            "K1. Kinh phí về chậm",
            "K1. Xin thêm kinh phí",
        )
    ]
    assert order == sorted(order)


def test_the_sentences_are_vietnamese_on_an_english_screen(base, inspector):
    page = inspector.get(base + "/findings")
    assert page.one("html").get("lang") == "en"
    assert "8/12 kỳ" in page.words
    assert "8/12 sessions" not in page.words


def test_many_are_accepted_at_once(app, base, inspector):
    found = findings(app)
    ids = [str(found[code].id) for code in ("A1", "B1")]
    accepting = base + "/findings/accept"
    assert inspector.submit(base + "/findings", accepting, ids=ids).status == 303
    assert [findings(app)[code].status for code in ("A1", "B1", "B2")] == [
        "accepted", "accepted", "proposed",
    ]  # fmt: skip
    for wrong in (str(uuid4()), ids[0], "x", []):
        page = inspector.submit(base + "/findings", accepting, ids=wrong or None)
        assert page.status == 422, wrong


def test_one_is_changed_with_its_cause(app, base, inspector):
    finding = findings(app)["B1"]
    text = "Sinh hoạt Câu lạc bộ có 4 kỳ chưa đúng định kỳ"
    cause = {"cause": "objective", "cause_text": "Mưa bão tháng 9"}
    assert decide(inspector, base, finding, text=text, **cause).status == 303
    found = findings(app)["B1"]
    assert (found.status, found.text, found.cause) == ("accepted", text, "objective")
    words = inspector.get(base + "/findings").words
    assert "Cause of the shortcoming: objective · Mưa bão tháng 9" in words
    assert "The checklist now says" not in words


def test_declining_needs_a_reason(app, base, inspector):
    finding = findings(app)["A3"]
    page = decide(inspector, base, finding, decision="declined")
    assert page.status == 422
    assert "Say why it is declined." in page.words
    reason = {"decision": "declined", "decline_reason": "Nhóm mới lập tuần trước"}
    assert decide(inspector, base, finding, **reason).status == 303
    words = inspector.get(base + "/findings").words
    assert "Declined (1)" in words
    assert "Nhóm mới lập tuần trước" in words


def test_inspectors_add_their_own(app, base, inspector):
    address = base + "/findings/new"
    text = "Câu lạc bộ có góc đọc sách"
    assert inspector.submit(address, address, kind="strength", text=text).status == 303
    with app.app_context():
        own = db.session.scalars(select(Finding).where(Finding.proposed_text == "")).one()
    assert (own.status, own.kind, own.code) == ("accepted", "strength", "")
    for values in ({"text": text}, {"kind": "praise", "text": text}, {"kind": "strength"},
                   {"kind": "strength", "text": "x" * 100_000},
                   {"kind": "strength", "text": "a\0b"}):  # fmt: skip
        assert inspector.submit(address, address, **values).status == 422
    propose_is_quiet(app, inspector, base)


def propose_is_quiet(app, inspector, base) -> None:
    """What inspectors wrote themselves makes no proposal outdated."""
    assert "Propose from the checklist" not in inspector.get(base + "/findings").words


def test_the_order_can_be_changed_within_a_kind(app, base, inspector):
    found = findings(app)
    ids = [str(found[code].id) for code in ("A1", "B2", "B3")]
    inspector.submit(base + "/findings", base + "/findings/accept", ids=ids)
    last = found["B3"].id
    moving = f"{base}/findings/{last}/move"
    token = inspector.get("/account").form("/sign-out")["csrf_token"]

    def send(to: str) -> int:
        sent = {"csrf_token": token, "operation": str(uuid4()), "to": to}
        return inspector.post(moving, sent).status

    def order() -> list[str]:
        with app.app_context():
            inspection = db.session.scalars(select(Inspection.id)).one()
            return [each.code for each in list_accepted(inspection)]

    assert order() == ["A1", "B2", "B3"]
    assert (send("up"), order()) == (303, ["A1", "B3", "B2"])
    assert (send("up"), send("up"), order()) == (303, 303, ["B3", "A1", "B2"])
    assert (send("down"), order()) == (303, ["A1", "B3", "B2"])
    assert send("sideways") == 422


def test_proposing_again_changes_nothing_where_nothing_changed(app, base, inspector):
    before = {code: (each.id, each.version) for code, each in findings(app).items()}
    token = inspector.get("/account").form("/sign-out")["csrf_token"]
    sent = {"csrf_token": token, "operation": str(uuid4())}
    assert inspector.post(base + "/findings/propose", sent).status == 303
    assert {code: (each.id, each.version) for code, each in findings(app).items()} == before


def test_what_nobody_decided_is_renewed_when_ratings_change(app, base, inspector):
    before = findings(app)["B1"]
    reopen_and_rate(inspector, base, rating_B1="met", remark_B1="Đã họp bù.", rating_B2="na")
    assert "Propose from the checklist" in inspector.get(base + "/findings").words
    propose_again(inspector, base)
    after = findings(app)
    assert (after["B1"].id, after["B1"].kind) == (before.id, "strength")
    assert after["B1"].text == "Duy trì sinh hoạt Câu lạc bộ đúng định kỳ"
    assert "B2" not in after
    assert "Propose from the checklist" not in inspector.get(base + "/findings").words


def test_what_was_decided_stays_and_is_marked(app, base, inspector):
    decide(inspector, base, findings(app)["B1"])
    decide(inspector, base, findings(app)["B2"])
    reopen_and_rate(inspector, base, rating_B1="met", remark_B1="Đã họp bù.", rating_B2="na")
    words = inspector.get(base + "/findings").words
    assert "The checklist now says: Duy trì sinh hoạt Câu lạc bộ đúng định kỳ" in words
    assert "The checklist proposes this no more." in words
    assert "Propose from the checklist" not in words, "nothing undecided would change"
    found = findings(app)["B1"]
    assert (found.status, found.kind) == ("accepted", "shortcoming")
    # Whoever decides again has seen it.
    assert decide(inspector, base, found).status == 303
    assert "The checklist now says" not in inspector.get(base + "/findings").words


def test_the_units_words_are_proposed_once_each(app, base, inspector):
    decide(inspector, base, findings(app)["difficulty"], text="Kinh phí cấp về còn chậm")
    inspector.submit(base + "/checklist", base + "/checklist/reopen")
    words = base + "/checklist/unit-words"
    inspector.submit(words, words, difficulties="Kinh phí về chậm\nThiếu phòng", proposals="")
    propose_again(inspector, base)
    with app.app_context():
        query = select(Finding.text, Finding.status).where(Finding.code == "K1")
        assert sorted(map(tuple, db.session.execute(query))) == [
            ("Kinh phí cấp về còn chậm", "accepted"),
            ("Thiếu phòng", "proposed"),
        ]


def test_two_decide_at_once(app, base, inspector):
    address = f"{base}/findings/{findings(app)['B1'].id}"
    one, other = inspector.get(address).form(address), inspector.get(address).form(address)
    assert inspector.post(address, {**one, "text": "Của người kia"}).status == 303
    page = inspector.post(address, {**other, "text": "Của tôi"})
    assert page.status == 409
    assert "both-texts" in page.text
    for text in ("Của người kia", "Của tôi"):
        assert text in page.words
    assert inspector.post(address, page.form(address)).status == 303
    assert findings(app)["B1"].text == "Của tôi"


# ---- who may


def test_the_unit_reads_what_was_accepted_once_it_is_frozen(app, base, inspector, client_as):
    decide(inspector, base, findings(app)["B1"])
    reason = {"decision": "declined", "decline_reason": "Lý do nội bộ"}
    decide(inspector, base, findings(app)["A3"], **reason)
    for who in ("unithead", "counselor"):
        words = client_as(who).get(base + "/findings").words
        assert "once the minutes are drafted" in words
        assert "định kỳ" not in words
    freeze(app)
    for who in ("unithead", "counselor"):
        page = client_as(who).get(base + "/findings")
        assert "Sinh hoạt Câu lạc bộ chưa đúng định kỳ: 8/12 kỳ" in page.words
        for hidden in ("Lý do nội bộ", "Chưa đủ các nhóm", "Duy trì sinh hoạt nhóm"):
            assert hidden not in page.words
    assert client_as("unithead-b").get(base + "/findings").status == 404
    assert client_as("inspector-elsewhere").get(base + "/findings").status == 404


def test_nothing_changes_once_the_minutes_are_frozen(app, base, inspector):
    found = findings(app)["B1"]
    address = f"{base}/findings/{found.id}"
    form = inspector.get(address).form(address)
    freeze(app)
    token = {"csrf_token": form["csrf_token"], "to": "up", "ids": str(found.id)}
    own = {"kind": "strength", "text": "x"}
    for path, sent in (
        (address, form),
        (address + "/move", token),
        (base + "/findings/new", {**token, **own}),
        (base + "/findings/accept", token),
        (base + "/findings/propose", token),
    ):
        page = inspector.post(path, {**sent, "operation": str(uuid4())})
        assert page.status == 422, path
        assert "The minutes are frozen" in page.words, path
    assert findings(app)["B1"].status == "proposed"


def test_only_the_team_decides(app, cast, base, inspector):
    with app.app_context():
        have_only(cast, "manager")
        db.session.commit()
    address = f"{base}/findings/{findings(app)['B1'].id}"
    page = inspector.get(address)
    assert "Only the team of this inspection may write here." in page.words
    token = inspector.get("/account").form("/sign-out")["csrf_token"]
    sent = {"csrf_token": token, "operation": str(uuid4()), "text": "x", "decision": "accepted"}
    assert inspector.post(address, {**sent, "version": "1"}).status == 422
    assert findings(app)["B1"].status == "proposed"


def test_a_finding_of_another_inspection_is_not_found(app, cast, base, inspector):
    with app.app_context():
        other = plan_round(cast, "b")
        db.session.commit()
    finding = findings(app)["B1"].id
    assert inspector.get(f"/inspections/{other}/findings/{finding}").status == 404
    assert inspector.get(f"{base}/findings/{uuid4()}").status == 404


def test_the_log_holds_codes_and_no_words(app, base, inspector):
    decide(inspector, base, findings(app)["B1"], text="Chưa đúng định kỳ")
    with app.app_context():
        rows = db.session.scalars(select(AuditEntry)).all()
        assert db.session.scalar(select(func.count()).where(AuditEntry.action == "finding.propose"))
    assert [row.detail for row in rows if row.action == "finding.accepted"] == ['{"code": "B1"}']
    assert not [row for row in rows if "định kỳ" in row.detail]


def freeze(app) -> None:
    with app.app_context():
        db.session.scalars(select(Inspection)).first().status = "minutes_drafted"
        db.session.commit()
