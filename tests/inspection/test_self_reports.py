"""The report of a unit on itself: prefilled, completed, submitted once, and frozen."""

import json
from datetime import date
from io import BytesIO
from uuid import uuid4

import pytest
import time_machine
from docx import Document
from sqlalchemy import select

from casework.core.database import db
from casework.inspection.inspections.models import Inspection, InspectionStatus, PlanStatus
from casework.inspection.self_reports.models import SelfReport, SelfReportRemark
from casework.organisation.units.models import Succession, SuccessionKind, Unit
from tests.inspection.editions import judge, publish
from tests.inspection.rounds import inspection_of, make_plan

# Units report until 28 October; the visit is on 2 November.
NOW, DUE, VISIT = "2026-10-15T08:00:00+07:00", date(2026, 10, 28), date(2026, 11, 2)
TEXTS = {
    "achieved": "Câu lạc bộ duy trì sinh hoạt hằng tháng.",
    "difficulties": "Kinh phí cấp chậm.",
    "causes": "Phân bổ dự toán muộn.",
    "proposals": "Cấp kinh phí từ đầu quý.",
}


@pytest.fixture(autouse=True)
def pinned():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def inspection(app, cast):
    """The address of an approved inspection of unit a, judged in an edition."""
    with app.app_context():
        plan = make_plan(cast, "a", "b", visit_on=VISIT)
        plan.report_due_on = DUE
        tell_edition(cast, "2026-08", "not_met")
        address = f"/inspections/{inspection_of(plan, cast.units['a']).id}"
        db.session.commit()
    return address


def tell_edition(cast, period, rating):
    edition = publish(cast.units["province"], period)
    ratings = {"A1": "met", "B1": rating}
    texts = {"A1": "Có quyết định", "B1": "Sinh hoạt đúng định kỳ"}
    judge(edition, cast.units["a"], ratings, uuid4(), texts)


def send(visitor, inspection, *, submit=False, **values):
    address = inspection + "/self-report/write"
    button = {"submit_report": "1"} if submit else {}
    return visitor.submit(address, address, **{**TEXTS, **values, **button})


def test_from_the_draft_to_the_frozen_report(client_as, app, inspection):
    head, inspector = client_as("unithead"), client_as("inspector")
    page = head.get(inspection + "/self-report/write")
    assert "B1. Sinh hoạt đúng định kỳ" in page.words
    assert "1. Tổ chức 2. Hoạt động" in page.words
    page = send(head, inspection, remark_B1="Tháng 8 hoãn do bão, 1/12 kỳ.")
    assert page.location.endswith("/self-report/write")
    assert head.follow(page).form(page.location)["remark_B1"] == "Tháng 8 hoãn do bão, 1/12 kỳ."
    # The draft is the unit's own.
    shown = inspector.get(inspection + "/self-report").words
    assert "A draft is for the unit alone." in shown
    assert "bão" not in shown
    assert inspector.get(inspection + "/self-report/paper.docx").status == 404
    assert "bão" in client_as("counselor").get(inspection + "/self-report").words
    page = send(head, inspection, submit=True, remark_B1="Hoãn do bão.")
    shown = head.follow(page)
    assert "Submitted on 15/10/2026 08:00." in shown.words
    assert "days late" not in shown.words
    assert "Hoãn do bão." in inspector.get(inspection + "/self-report").words
    assert "the unit has reported" in inspector.get(inspection).words
    with app.app_context():
        report = db.session.scalars(select(SelfReport)).one()
        assert report.period == "2026-08"
        figures = json.loads(report.figures)
        assert [(row["code"], row["rating"]) for row in figures] == [
            ("A1", "met"),
            ("B1", "not_met"),
        ]
        status = select(Inspection.status).where(Inspection.id == report.inspection_id)
        assert db.session.scalars(status).one() == InspectionStatus.SELF_REPORT


def test_a_submitted_report_stays_as_it_was(client_as, app, cast, inspection):
    head = client_as("unithead")
    opened = head.get(inspection + "/self-report/write")
    assert send(head, inspection, submit=True).status == 303
    with app.app_context():
        tell_edition(cast, "2026-09", "met")
        db.session.commit()
    page = head.get(inspection + "/self-report")
    assert "Not met" in page.words
    assert not page.all("a", href=inspection + "/self-report/write")
    address = inspection + "/self-report/write"
    values = {**opened.form(address), **TEXTS, "achieved": "Khác"}
    assert head.post(address, values).status == 409
    page = send(head, inspection, achieved="Khác")
    assert (page.status, "is frozen" in page.words) == (422, True)
    with app.app_context():
        assert db.session.scalars(select(SelfReport.achieved)).one() == TEXTS["achieved"]


def test_newer_figures_are_seen_before_they_are_frozen(client_as, app, cast, inspection):
    head, address = client_as("unithead"), inspection + "/self-report/write"
    opened = head.get(address)
    with app.app_context():
        tell_edition(cast, "2026-09", "met")
        db.session.commit()
    page = head.submit(opened, address, **TEXTS, submit_report="1", remark_A1="Còn đây")
    assert page.status == 422
    assert "Newer figures were published" in page.words
    assert "Còn đây" in page.words
    assert head.submit(page, address, submit_report="1").status == 303
    with app.app_context():
        assert db.session.scalars(select(SelfReport.period)).one() == "2026-09"


def test_without_an_edition_it_can_be_submitted_all_the_same(client_as, app, cast):
    with app.app_context():
        plan = make_plan(cast, "b", visit_on=VISIT)
        address = f"/inspections/{inspection_of(plan, cast.units['b']).id}"
        db.session.commit()
    head = client_as("unithead-b")
    page = head.get(address + "/self-report/write")
    assert "No figures of this unit are published yet." in page.words
    page = send(head, address, submit=True)
    assert "No figures of this unit were published by then." in head.follow(page).words
    content = head.client.get(address + "/self-report/paper.docx").get_data()
    lines = [p.text for p in Document(BytesIO(content)).paragraphs]
    assert "Chưa có số liệu được công bố cho đơn vị." in lines


def test_it_is_late_after_the_day_it_was_due(client_as, inspection):
    with time_machine.travel("2026-10-28T23:00:00+07:00"):
        assert "Not submitted yet" in client_as("unithead").get(inspection + "/self-report").words
    with time_machine.travel("2026-10-31T00:30:00+07:00"):
        head = client_as("unithead")
        page = head.get(inspection + "/self-report")
        assert "Due on 28/10/2026, 3 days ago." in page.words
        page = head.follow(send(head, inspection, submit=True))
        assert "3 days late." in page.words


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"achieved": " "}, "Say what was achieved"),
        ({"causes": "a\x00b"}, "holds a character"),
        ({"remark_B1": "x" * 20_001}, "At most 20000 characters."),
    ],
)
def test_a_refused_report_comes_back_as_it_was_sent(client_as, app, inspection, values, message):
    page = send(client_as("unithead"), inspection, submit=True, **values)
    assert page.status == 422
    assert message in page.words
    assert TEXTS["difficulties"] in page.words
    with app.app_context():
        assert db.session.scalars(select(SelfReport)).all() == []


def test_a_draft_may_be_empty_and_forged_remarks_are_left_out(client_as, app, inspection):
    page = send(client_as("unithead"), inspection, achieved="", remark_Z9="lạ", remark_A1="Đủ")
    assert page.status == 303
    with app.app_context():
        assert db.session.scalars(select(SelfReportRemark.code)).all() == ["A1"]


def test_the_second_of_two_writers_sees_both_texts(client_as, app, inspection):
    first, second = client_as("unithead"), client_as("unithead")
    address = inspection + "/self-report/write"
    opened = second.get(address)
    assert send(first, inspection, remark_A1="Của người thứ nhất").status == 303
    page = second.submit(opened, address, remark_A1="Của người thứ hai")
    assert page.status == 409
    assert "Của người thứ nhất" in page.words
    assert "Của người thứ hai" in page.words
    # A remark alone is a change too.
    opened = second.get(address)
    assert send(first, inspection, remark_A1="Sửa").status == 303
    assert second.submit(opened, address, remark_A1="Khác").status == 409
    with app.app_context():
        assert db.session.scalars(select(SelfReportRemark.text)).all() == ["Sửa"]


def test_the_same_form_again_is_the_same_report(client_as, app, inspection):
    head, address = client_as("unithead"), inspection + "/self-report/write"
    values = {**head.get(address).form(address), **TEXTS, "submit_report": "1"}
    assert {head.post(address, values).status for _ in range(3)} == {303}
    with app.app_context():
        assert len(db.session.scalars(select(SelfReport)).all()) == 1


def test_after_the_visit_no_report_is_needed(client_as, app, inspection):
    with app.app_context():
        for each in db.session.scalars(select(Inspection)):
            each.status = InspectionStatus.VISITED
        db.session.commit()
    page = send(client_as("unithead"), inspection)
    assert (page.status, "was visited already" in page.words) == (422, True)


def test_only_the_head_of_the_unit_writes(client_as, app, cast, inspection):
    address = inspection + "/self-report/write"
    expected = {"unithead-b": 404, "counselor": 403, "inspector": 403, "manager": 403}
    for who, status in expected.items():
        assert client_as(who).get(address).status == status, who
    for who in ("unithead-b", "inspector-elsewhere"):
        assert client_as(who).get(inspection + "/self-report").status == 404
    assert not client_as("counselor").get(inspection + "/self-report").all("a", href=address)
    with app.app_context():
        draft = make_plan(cast, "a", status=PlanStatus.DRAFT)
        hidden = f"/inspections/{inspection_of(draft, cast.units['a']).id}"
        db.session.commit()
    assert client_as("unithead").get(hidden + "/self-report/write").status == 404


def test_the_head_of_the_unit_that_followed_writes_for_a_merged_one(client_as, app, cast):
    with app.app_context():
        before = Unit(
            code="31825", name="8", kind="ward", valid_from=date(2004, 1, 1),
            valid_until=date(2026, 9, 30), province_id=cast.units["province"],
            is_province=False, source="test",
        )  # fmt: skip
        db.session.add(before)
        db.session.flush()
        db.session.add(
            Succession(
                predecessor_id=before.id, successor_id=cast.units["a"],
                kind=SuccessionKind.MERGE, on=date(2026, 10, 1), document="test",
            )
        )  # fmt: skip
        edition = publish(cast.units["province"], "2026-08")
        judge(edition, before.id, {"A1": "partly"}, uuid4())
        publish(cast.units["province"], "2026-09")
        plan = make_plan(cast, visit_on=VISIT)
        inspection = Inspection(plan_id=plan.id, unit_id=before.id, visit_on=VISIT)
        db.session.add(inspection)
        db.session.flush()
        address = f"/inspections/{inspection.id}"
        db.session.commit()
    head = client_as("unithead")
    assert "Partly met" in head.get(address + "/self-report/write").words
    assert send(head, address, submit=True).status == 303
    assert client_as("unithead-b").get(address + "/self-report").status == 404


def test_the_paper_has_the_official_form(client_as, inspection):
    head, address = client_as("unithead"), inspection + "/self-report/paper.docx"
    assert send(head, inspection, remark_B1="Hoãn do bão.").status == 303
    draft = Document(BytesIO(head.client.get(address).get_data()))
    assert any("(DỰ THẢO)" in p.text for p in draft.paragraphs)
    assert send(head, inspection, submit=True, remark_B1="Hoãn do bão.").status == 303
    answer = client_as("inspector").client.get(address)
    assert "bao-cao-tu-kiem-tra-31825-2026-11.docx" in answer.headers["Content-Disposition"]
    paper = Document(BytesIO(answer.get_data()))
    lines = [p.text for p in paper.paragraphs]
    cells = [c.text for t in paper.tables for row in t.rows for c in row.cells]
    assert "BÁO CÁO TỰ KIỂM TRA" in lines
    assert not any("DỰ THẢO" in line for line in lines)
    told = [*list(TEXTS.values())[:-1], "Cấp kinh phí từ đầu quý./."]
    order = [lines.index(text) for text in told]
    assert order == sorted(order)
    assert {"B1", "Chưa đạt", "Hoãn do bão."} <= set(cells)
    assert any("PHƯỜNG BẠC LIÊU" in cell for cell in cells)
    assert any("ngày 15 tháng 10 năm 2026" in cell for cell in cells)
    pdf = client_as("inspector").client.get(address.replace(".docx", ".pdf"))
    assert (pdf.mimetype, pdf.get_data()[:5]) == ("application/pdf", b"%PDF-")


def test_panels_are_loaded_and_open_as_pages(client_as, inspection):
    head = client_as("unithead")
    panels = [s.get("hx-get") for s in head.get(inspection).all("section") if s.get("hx-get")]
    assert inspection + "/self-report" in panels
    fragment = head.get(
        inspection + "/self-report", headers={"HX-Request": "true", "HX-Target": "panel"}
    )
    assert not fragment.text.lstrip().startswith("<!")
    assert "Self-report" in fragment.words
