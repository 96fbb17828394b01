"""Minutes: drafted, frozen under a number and a digest, signed by both sides, never changed."""

import json
import re
from datetime import date
from hashlib import sha256
from io import BytesIO
from threading import Barrier, Thread

import pytest
import time_machine
from docx import Document
from pypdf import PdfReader
from sqlalchemy import text, update

from casework.core.database import db
from casework.inspection.inspections.models import Inspection, InspectionPlan, TeamMember, Visitor
from casework.inspection.minutes.models import Minutes, MinutesSignature
from casework.inspection.minutes.rules import canonical, read_digest
from casework.inspection.recommendations.models import Recommendation
from casework.inspection.visits.models import Visit
from tests.inspection.minuting import (
    ASSESSMENT,
    FINDINGS,
    OPINION,
    add_colleague,
    freeze,
    sign,
    visit_closed,
    write,
)

SCAN = b"%PDF-1.4 signed"


@pytest.fixture(autouse=True)
def _october():
    """Everything happens on the day of the visit."""
    with time_machine.travel("2026-10-15 05:00:00+00:00", tick=False):
        yield


@pytest.fixture
def visited(app, cast):
    with app.app_context():
        return visit_closed(cast)[0]


def minutes_of(app, inspection_id) -> Minutes:
    with app.app_context():
        return db.session.query(Minutes).filter_by(inspection_id=inspection_id).one()


def status_of(app, inspection_id) -> str:
    with app.app_context():
        return db.session.get_one(Inspection, inspection_id).status


def test_those_of_the_team_who_came_stand_in_the_minutes(app, client_as, visited):
    with app.app_context():
        plan = db.session.get_one(Inspection, visited).plan_id
        team = db.session.query(TeamMember).filter_by(plan_id=plan).order_by(TeamMember.role).all()
        db.session.add(Visitor(inspection_id=visited, member_id=team[0].id))
        db.session.commit()
    inspector = client_as("inspector")
    at = write(inspector, visited)
    words = inspector.get(f"{at}/preview").words
    assert "Võ Văn Tám – Trưởng đoàn" in words
    assert "Lưu Thị Khách, Hội LHPN tỉnh" not in words
    assert "Lưu Thị Khách" in words


def test_frozen_minutes_hold_everything_in_one_way(app, client_as, visited):
    inspector = client_as("inspector")
    at = freeze(inspector, visited)
    minutes = minutes_of(app, visited)
    content = json.loads(minutes.content)
    assert (minutes.number, minutes.year, minutes.code) == (1, 2026, "01/BB-ĐKT")
    assert minutes.content == json.dumps(
        content, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    assert minutes.digest == sha256(minutes.content.encode()).hexdigest()
    assert content["assessment"] == ASSESSMENT
    assert [each["text"] for each in content["findings"]] == [each[2] for each in FINDINGS]
    assert content["versions"] == [1]
    b1 = next(each for each in content["criteria"] if each["code"] == "B1")
    assert (b1["numerator"], b1["denominator"], b1["met"], b1["rating"]) == (8, 12, 90, "not_met")
    assert b1["figure"] == "8/12 buổi (66\u00a0%)", "Vietnamese on an English screen too"
    assert [each["code"] for each in content["recommendations"]] == ["B1", "E2"]
    assert status_of(app, visited) == "minutes_drafted"
    page = inspector.get(at)
    assert minutes.digest in page.words
    assert "whole" in page.words


def test_the_text_praises_first_and_ends_as_papers_do(client_as, visited):
    inspector = client_as("inspector")
    at = write(inspector, visited)
    words = inspector.get(f"{at}/preview").words
    order = [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "BIÊN BẢN KIỂM TRA",
        "DỰ THẢO",
        "Căn cứ kế hoạch công tác năm",
        "Hôm nay, hồi 08 giờ 00 phút, ngày 15 tháng 10 năm 2026, tại Trụ sở UBND",
        "I. NỘI DUNG",
        "II. KẾT QUẢ",
        "1. Ưu điểm",
        FINDINGS[0][2],
        "2. Tồn tại, hạn chế",
        "Bên cạnh đó, đơn vị còn một số tồn tại, hạn chế",
        FINDINGS[2][2],
        "Nguyên nhân khách quan",
        "Bão lũ",
        "Nguyên nhân chủ quan",
        "Kế toán mới",
        FINDINGS[4][2],
        "III. KIẾN NGHỊ",
        "14/11/2026",
        "IV. Ý KIẾN CỦA ĐƠN VỊ",
        OPINION,
        "đọc lại cho mọi người cùng nghe",
        "02 bản",
        "./.",
        "ĐẠI DIỆN ĐƠN VỊ",
        "TRƯỞNG ĐOÀN",
        "THƯ KÝ",
        "PHỤ LỤC",
        "8/12 buổi",
    ]
    places = [words.index(each) for each in order]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("update visits set closed_at = null", "The visit has not ended yet."),
        ("update findings set status = 'proposed' where code = 'E2'", "proposed only"),
        ("update inspection_minutes set place = ''", "Say where"),
        ("update inspection_minutes set assessment = ''", "Write the assessment."),
        ("update inspection_minutes set unit_opinion = ''", "Write what the unit says"),
    ],
)
def test_what_is_missing_stands_against_freezing(app, client_as, visited, change, said):
    inspector = client_as("inspector")
    at = write(inspector, visited)
    alter(app, change)
    page = inspector.submit(f"{at}/preview", f"{at}/freeze")
    assert page.status == 422
    assert said in page.words
    assert minutes_of(app, visited).number is None


def alter(app, statement: str) -> None:
    """Change a table of rounds behind the program's back."""
    with app.app_context():
        if db.engine.dialect.name == "postgresql":
            statement = re.sub("^update ", "update rounds.", statement)
        db.session.execute(text(statement))
        db.session.commit()


def test_a_draft_that_changed_meanwhile_is_not_frozen(app, client_as, visited):
    inspector = client_as("inspector")
    at = write(inspector, visited)
    read = inspector.get(f"{at}/preview")
    assert inspector.submit(f"{at}/edit", f"{at}/edit", assessment="Khác.").status == 303
    page = inspector.submit(read, f"{at}/freeze")
    assert page.status == 409
    assert not minutes_of(app, visited).is_frozen


def test_both_sides_sign_and_recommendations_are_in_force(app, client_as, visited):
    at = sign(client_as, visited, notified=False)
    assert status_of(app, visited) == "signed"
    with app.app_context():
        days = {row.in_force_on for row in db.session.query(Recommendation)}
        signed = {each.digest for each in db.session.query(MinutesSignature)}
    assert signed == {minutes_of(app, visited).digest}
    assert days == {date(2026, 10, 15)}
    inspector = client_as("inspector")
    assert inspector.submit(at, f"{at}/notify").status == 303
    assert status_of(app, visited) == "notified"
    assert inspector.post(f"{at}/notify", {"csrf_token": token(inspector)}).status == 422


def token(visitor) -> str:
    return visitor.get("/account").form("/sign-out")["csrf_token"]


def test_who_may_not_sign(app, cast, client_as, visited):
    inspector = client_as("inspector")
    at = freeze(inspector, visited)
    digest = minutes_of(app, visited).digest

    def try_to(who, side):
        visitor = client_as(who) if isinstance(who, str) else who
        sent = {"csrf_token": token(visitor), "digest": digest}
        return visitor.post(f"{at}/sign-for-{side}", sent).status

    assert try_to("unithead-b", "unit") == 404
    assert try_to("counselor", "unit") == try_to("inspector", "unit") == 403
    assert try_to("unithead", "team") == try_to("manager", "team") == 403
    assert try_to("inspector-elsewhere", "team") == 404
    member = add_colleague(app, cast, visited, "member")
    assert try_to(member, "team") == 422
    assert try_to("unithead", "unit") == 303
    assert try_to("unithead", "unit") == 422, "a side signs once"


def test_signing_what_changed_meanwhile_is_refused_with_both_digests(app, client_as, visited):
    inspector, head = client_as("inspector"), client_as("unithead")
    at = freeze(inspector, visited)
    seen = head.get(at)
    before = minutes_of(app, visited).digest
    again = inspector.submit(at, f"{at}/reopen", reason="Ghi nhầm")
    assert again.status == 303
    assert inspector.submit(f"{at}/edit", f"{at}/edit", assessment="Sửa lại.").status == 303
    assert inspector.submit(f"{at}/preview", f"{at}/freeze").status == 303
    after = minutes_of(app, visited).digest
    assert before != after
    page = head.submit(seen, f"{at}/sign-for-unit")
    assert page.status == 409
    assert before in page.words and after in page.words
    # The page that says so shows the minutes as they are now: whoever read them can sign them.
    assert head.submit(page, f"{at}/sign-for-unit").status == 303


def test_opened_again_they_keep_their_number_and_say_why(app, client_as, visited):
    inspector = client_as("inspector")
    at = freeze(inspector, visited)
    assert inspector.submit(at, f"{at}/reopen", reason="").status == 422
    assert inspector.submit(at, f"{at}/reopen", reason="Thiếu một đề xuất").status == 303
    assert status_of(app, visited) == "visited"
    moved = inspector.submit(f"{at}/edit", f"{at}/edit", on="2025-12-31")
    assert moved.status == 422
    assert "they stay in its year" in moved.words
    assert inspector.submit(f"{at}/preview", f"{at}/freeze").status == 303
    assert minutes_of(app, visited).number == 1
    assert "Thiếu một đề xuất" in inspector.get(at).words


def test_after_the_first_signature_nothing_changes(app, client_as, visited):
    inspector = client_as("inspector")
    at = freeze(inspector, visited)
    open_form = inspector.get(at)
    assert client_as("unithead").submit(at, f"{at}/sign-for-unit").status == 303
    refused = inspector.submit(open_form, f"{at}/reopen", reason="Sửa")
    assert refused.status == 422
    assert "Somebody has signed" in refused.words
    sent = {"csrf_token": token(inspector), "on": "2026-10-15", "assessment": "Khác"}
    version = minutes_of(app, visited).version
    edited = inspector.post(f"{at}/edit", {**sent, "version": version})
    assert edited.status == 422
    assert minutes_of(app, visited).assessment == ASSESSMENT


@pytest.mark.parametrize(
    "change",
    [
        "update inspection_minutes set content = replace(content, '8/12', '12/12')",
        "update inspection_minutes set digest = '{}'".format("0" * 64),
        "update inspection_minutes set number = 7",
        "update inspection_minutes set on_day = '2026-10-16'",
    ],
)
def test_altered_minutes_are_seen(app, client_as, visited, change):
    inspector = client_as("inspector")
    at = freeze(inspector, visited)
    digest = minutes_of(app, visited).digest
    alter(app, change)
    page = inspector.get(at)
    assert "altered after they were frozen" in page.words
    assert "BIÊN BẢN" not in page.words, "what is not whole is not shown as minutes"
    assert inspector.submit(page, f"{at}/sign-for-team").status == 422
    found = inspector.get(f"/minutes/verify?digest={digest}")
    assert "altered" in found.words or "No minutes" in found.words
    assert inspector.get(f"{at}/paper.pdf").status == 409


def test_a_signature_on_paper_comes_with_its_scan(app, cast, client_as, visited):
    inspector = client_as("inspector")
    at = freeze(inspector, visited)
    form = f"{at}/on-paper"
    told = {"side": "unit", "name": "Huỳnh Văn Ba", "on": "2026-10-15"}
    without = inspector.submit(form, form, **told)
    assert without.status == 422
    assert "Choose a file." in without.words
    early = inspector.submit(form, form, **{**told, "on": "2026-10-14"}, paper=scan())
    assert early.status == 422
    member = add_colleague(app, cast, visited, "member")
    assert member.submit(form, form, **told, paper=scan()).status == 422
    secretary = add_colleague(app, cast, visited, "secretary", name="Trần Thị Chín")
    assert secretary.submit(form, form, **told, paper=scan()).status == 303
    assert secretary.submit(form, form, **told, paper=scan()).status == 422
    words = client_as("unithead").get(at).words
    assert "on paper, recorded by Trần Thị Chín" in words
    assert "bien-ban.pdf" in words
    assert inspector.submit(at, f"{at}/sign-for-team").status == 303
    assert status_of(app, visited) == "signed"


def scan():
    return BytesIO(SCAN), "bien-ban.pdf"


def test_supplements_are_added_and_covered_by_digests(app, client_as, visited):
    inspector = client_as("inspector")
    at = freeze(inspector, visited)
    form = f"{at}/supplements/new"
    early = inspector.submit(form, form, text="Bổ sung")
    assert early.status == 422
    assert client_as("unithead").submit(at, f"{at}/sign-for-unit").status == 303
    assert inspector.submit(at, f"{at}/sign-for-team").status == 303
    for number in (1, 2):
        added = inspector.submit(form, form, text=f"Bổ sung thứ {number}")
        assert added.status == 303
    page = client_as("unithead").get(at)
    assert "Bổ sung thứ 2" in page.words
    assert "was altered" not in page.words
    for kind in ("docx", "pdf"):
        told = read(inspector, f"{at}/supplements/2.{kind}")
        assert "Bổ sung thứ 2" in told
        assert minutes_of(app, visited).digest in told.replace(" ", "")
    assert inspector.get(f"{at}/supplements/3.docx").status == 404
    alter(app, "update inspection_minutes_supplements set text = 'Khác' where number = 1")
    words = inspector.get(at).words
    assert "Supplement 1 was altered" in words
    assert "Supplement 2 was altered" not in words
    digest = minutes_of(app, visited).digest
    assert (
        "altered" in inspector.get(f"/minutes/verify?digest={digest}").words.split("01/BB-ĐKT")[1]
    )


def read(visitor, address: str) -> str:
    """What a paper says, with single spaces."""
    answer = visitor.client.get(address)
    assert answer.status_code == 200, answer.status_code
    assert "attachment" in answer.headers["Content-Disposition"]
    file = BytesIO(answer.data)
    if address.endswith("pdf"):
        words = " ".join(page.extract_text() for page in PdfReader(file).pages)
    else:
        document = Document(file)
        cells = [c.text for t in document.tables for row in t.rows for c in row.cells]
        foot = [each.text for each in document.sections[0].footer.paragraphs]
        words = " ".join([*(each.text for each in document.paragraphs), *cells, *foot])
    return re.sub(r"\s+", " ", words)


@pytest.mark.parametrize("kind", ["docx", "pdf"])
def test_papers_read_back_in_the_official_form(app, client_as, visited, kind):
    at = sign(client_as, visited)
    told = read(client_as("unithead"), f"{at}/paper.{kind}")
    for each in (
        "SỞ Y TẾ TỈNH CÀ MAU",
        "Số: 01/BB-ĐKT",
        "Độc lập - Tự do - Hạnh phúc",
        "Cà Mau, ngày 15 tháng 10 năm 2026",
        "BIÊN BẢN KIỂM TRA",
        "Huỳnh Văn Ba",
        "ĐẠI DIỆN ĐƠN VỊ",
        FINDINGS[2][2],
        "Kế toán đơn vị",
        "Nơi nhận:",
        "mỗi bên giữ 01 bản./.",
        "8/12 buổi",
        "/minutes/verify",
    ):
        assert each in told, each
    assert minutes_of(app, visited).digest in told.replace(" ", "")
    names = client_as("unithead").client.get(f"{at}/paper.{kind}").headers["Content-Disposition"]
    assert f"bien-ban-1-2026.{kind}" in names


@pytest.mark.parametrize("kind", ["docx", "pdf"])
@pytest.mark.parametrize("attendees", ["", " \n "])
def test_minutes_of_a_visit_without_names_say_so(app, client_as, visited, kind, attendees):
    with app.app_context():
        db.session.execute(update(Visit).values(attendees=attendees))
        db.session.commit()
    told = read(client_as("unithead"), f"{sign(client_as, visited)}/paper.{kind}")
    assert "2. Đại diện đơn vị: không ghi nhận người tham dự. I. NỘI DUNG" in told
    assert "……" not in told


def test_once_signed_the_page_begins_with_the_minutes_and_folds_the_self_report(client_as, visited):
    at, inspector = f"/inspections/{visited}", client_as("inspector")

    def shown(page):
        panels = [each for each in page.all("section") if each.get("hx-get")]
        return [each.get("id").removeprefix("panel-") for each in panels]

    page = inspector.get(at)
    assert shown(page) == ["self-report", "checklist", "findings", "minutes", "recommendations"]
    assert page.all("details", class_="more") == []
    sign(client_as, visited)
    for who in ("inspector", "unithead"):
        page = client_as(who).get(at)
        assert shown(page) == ["minutes", "recommendations", "findings", "checklist", "self-report"]
        (folded,) = page.all("details", class_="more")
        assert folded.get("open") is None
        assert [each.get("id") for each in folded.iter("section")] == ["panel-self-report"]


def test_a_paper_is_found_by_its_digest_within_reach(app, client_as, visited):
    at = sign(client_as, visited)
    digest = minutes_of(app, visited).digest
    spaced = " ".join(digest[i : i + 8].upper() for i in range(0, 64, 8))
    for who, typed in (("unithead", digest), ("manager", spaced), ("counselor", digest[:8])):
        words = client_as(who).get("/minutes/verify", query_string={"digest": typed}).words
        assert "01/BB-ĐKT" in words and "whole" in words, who
    for who, typed in (("unithead-b", digest), ("inspector-elsewhere", digest)):
        assert "No minutes" in client_as(who).get(f"/minutes/verify?digest={typed}").words
    other = client_as("inspector").get(f"/minutes/verify?digest={'0' * 64}")
    assert "No minutes" in other.words
    assert "at least eight" in client_as("inspector").get("/minutes/verify?digest=xyz").words
    supplement = f"{at}/supplements/new"
    client_as("inspector").submit(supplement, supplement, text="Bổ sung")
    page = client_as("inspector").get(at)
    added = re.findall(r"[0-9a-f]{64}", page.words)[-1]
    assert "01/BB-ĐKT" in client_as("inspector").get(f"/minutes/verify?digest={added}").words


def test_digests_are_read_as_people_type_them():
    assert read_digest("AB12 cd34\n") == "ab12cd34"
    for typed in ("", "ab12cd3", "%" * 20, "ab12cd3_", "zz" * 32):
        assert read_digest(typed) == ""


def test_a_content_has_one_way_to_be_written():
    decomposed = {"b": "Vi\u0065\u0302\u0323t", "a": [{"y": 1, "x": None}]}
    assert canonical(decomposed) == '{"a":[{"x":null,"y":1}],"b":"Việt"}'


def test_numbers_count_within_province_and_year(app, cast, client_as):
    with app.app_context():
        made = visit_closed(cast, ("a", "b")) + visit_closed(cast, ("a",))
        plan = db.session.get_one(Inspection, made[2]).plan_id
        db.session.get_one(InspectionPlan, plan).title = "Năm trước"
        db.session.commit()
    inspector = client_as("inspector")
    for inspection_id in made[:2]:
        freeze(inspector, inspection_id)
    at = write(inspector, made[2])
    assert inspector.submit(f"{at}/edit", f"{at}/edit", on="2025-12-20").status == 303
    assert inspector.submit(f"{at}/preview", f"{at}/freeze").status == 303
    told = [(each.year, each.number) for each in (minutes_of(app, one) for one in made)]
    assert told == [(2026, 1), (2026, 2), (2025, 1)]


def test_two_who_freeze_at_once_get_two_numbers(app, cast, client_as):
    with app.app_context():
        made = visit_closed(cast, ("a", "b"))
    visitors, pages = [client_as("inspector") for _ in made], []
    for visitor, inspection_id in zip(visitors, made, strict=True):
        at = write(visitor, inspection_id)
        pages.append((at, visitor.get(f"{at}/preview").form(f"{at}/freeze")))
    together, answers = Barrier(2), []

    def go(visitor, at, form):
        together.wait()
        answers.append(visitor.client.post(f"{at}/freeze", data=form).status_code)

    threads = [
        Thread(target=go, args=(visitor, *page))
        for visitor, page in zip(visitors, pages, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303, 303]
    assert {minutes_of(app, one).number for one in made} == {1, 2}


def test_freezing_twice_is_freezing_once(app, client_as, visited):
    inspector = client_as("inspector")
    at = write(inspector, visited)
    form = inspector.get(f"{at}/preview").form(f"{at}/freeze")
    first, second = (inspector.post(f"{at}/freeze", form) for _ in range(2))
    assert (first.status, second.status, first.location) == (303, 303, second.location)
    assert inspector.post(f"{at}/freeze", {**form, "operation": ""}).status in (409, 422)
    assert minutes_of(app, visited).number == 1


def test_the_unit_writes_its_own_opinion(app, client_as, visited):
    head, inspector = client_as("unithead"), client_as("inspector")
    at = f"/inspections/{visited}/minutes"
    assert "the opinion of the unit" in head.get(at).words
    opened = inspector.get(f"{at}/edit")
    said = head.submit(f"{at}/opinion", f"{at}/opinion", unit_opinion="Đề nghị hỗ trợ thêm.")
    assert said.status == 303
    # The team had its form open before: it sees both texts.
    refused = inspector.submit(opened, f"{at}/edit", assessment="A", unit_opinion="Khác")
    assert refused.status == 409
    assert "Đề nghị hỗ trợ thêm." in refused.words
    assert head.submit(f"{at}/opinion", f"{at}/opinion", unit_opinion="").status == 422
    assert client_as("unithead-b").get(f"{at}/opinion").status == 404
    assert client_as("counselor").get(f"{at}/opinion").status == 403


def test_a_unit_reads_nothing_before_the_minutes_are_frozen(client_as, visited):
    inspector, head = client_as("inspector"), client_as("unithead")
    at = write(inspector, visited)
    assert ASSESSMENT not in head.get(at).words
    assert head.get(f"{at}/preview").status == head.get(f"{at}/edit").status == 403
    assert head.get(f"{at}/paper.docx").status == 404
    inspector.submit(f"{at}/preview", f"{at}/freeze")
    assert ASSESSMENT in head.get(at).words
    assert ASSESSMENT in client_as("counselor").get(at).words


def test_only_the_team_writes(app, cast, client_as, visited):
    stranger = add_colleague(app, cast, None, "none")
    at = f"/inspections/{visited}/minutes"
    refused = stranger.submit(f"{at}/edit", f"{at}/edit", assessment="A")
    assert refused.status == 422
    assert "Only the team" in refused.words
    assert client_as("manager").get(f"{at}/edit").status == 403


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("on", "2026-10-16"),
        ("on", "hôm qua"),
        ("on", ""),
        ("place", "x" * 201),
        ("assessment", "a\0b"),
        ("unit_opinion", "x" * 20_001),
    ],
)
def test_bad_input_comes_back_as_it_was_sent(app, client_as, visited, field, typed):
    inspector = client_as("inspector")
    at = f"/inspections/{visited}/minutes/edit"
    page = inspector.submit(at, at, **{"assessment": "Đã gõ", field: typed})
    assert page.status == 422
    assert field == "assessment" or "Đã gõ" in page.text
    with app.app_context():
        assert not db.session.query(Minutes).count()


def test_the_panel_says_how_far_the_minutes_are(client_as, visited):
    inspector = client_as("inspector")
    at = freeze(inspector, visited)
    fragment = {"HX-Request": "true", "HX-Request-Type": "partial"}
    words = inspector.get(at, headers=fragment).words
    assert "frozen, to be signed" in words
    assert "BIÊN BẢN" not in words


def test_reading_a_paper_leaves_a_row(app, client_as, visited):
    at = sign(client_as, visited)
    client_as("counselor").client.get(f"{at}/paper.pdf")
    with app.app_context():
        query = text("select count(*) from audit_entries where action = 'minutes.export'")
        if db.engine.dialect.name == "postgresql":
            query = text("select count(*) from core.audit_entries where action = 'minutes.export'")
        assert db.session.scalar(query) == 1
