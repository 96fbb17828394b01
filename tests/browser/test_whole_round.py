"""A whole round on demonstration data: the seven units that followed the eight pilot units are
planned for, one is visited, its minutes are signed and what they ask for is done; then the phase is
told to a conference.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from flask import Flask
from flask_migrate import upgrade
from playwright.sync_api import expect
from sqlalchemy import select

from casework.anonymisation.publish import publish_periods
from casework.core.audit import SYSTEM
from casework.core.clock import today
from casework.core.database import db
from casework.demonstration.horizon import horizon
from casework.demonstration.loading import Wish, load
from casework.demonstration.places import choose_units
from casework.inspection.minutes.models import Minutes
from casework.organisation.units.models import Succession, Unit
from tests.browser.hand import Hand
from tests.browser.test_minutes import read_docx, read_pdf
from tests.browser.test_round_plan import type_day
from tests.browser.test_visit import rate, remark
from tests.conftest import MIGRATIONS
from tests.demonstration.conftest import dispose, sqlite_app

PILOT = {
    "5", "8", "Hòa Bình", "Hộ Phòng", "1", "Láng Tròn", "Phong Thạnh Tây B", "Gành Hào",
}  # fmt: skip
UNITS, MONTHS = 7, 3
CODE = r"\b[0-9A-Z]{3}-[0-9A-Z]{3}\b"
TITLE = "Kiểm tra hoạt động mô hình hỗ trợ hòa nhập cộng đồng"
ASSESSMENT = "Đơn vị hoạt động nền nếp, cần chấn chỉnh một số việc."
OPINION = "Đơn vị thống nhất, sẽ khắc phục đúng hạn."
SEEN = "Quyết định thành lập chưa cập nhật tên đơn vị sau sáp nhập."
ASKED = "Ban hành hoặc bổ sung quyết định thành lập"
DONE = "Đã trình và có quyết định mới."


@pytest.fixture
def app(tmp_path: Path, demo_password: str) -> Iterator[Flask]:
    """The smallest demonstration with all pilot units: three months, of which two are published."""
    app, told = sqlite_app(tmp_path), horizon(MONTHS, None, today())
    with app.app_context():
        upgrade(directory=MIGRATIONS)
        wish = Wish(told, units=UNITS, cases=70, own_cases=12)
        load(wish, demo_password, app.config["SETTINGS"].pepper, tmp_path, recovery=False)
        db.session.commit()
        publish_periods(choose_province(), told.periods[:-1], by=SYSTEM)
        db.session.commit()
    yield app
    dispose(app)


def choose_province() -> Unit:
    query = select(Unit).where(Unit.code == "96", Unit.is_province, Unit.valid_until.is_(None))
    return db.session.scalars(query).one()


@pytest.fixture
def labels(app: Flask) -> list[str]:
    """The pilot units as they are today; the people of the demonstration work in the first."""
    with app.app_context():
        units = choose_units(["96"], UNITS)
        query = (
            select(Unit.name)
            .join(Succession, Succession.predecessor_id == Unit.id)
            .where(Succession.successor_id.in_([unit.id for unit in units]))
        )
        assert set(db.session.scalars(query)) == PILOT
        return [unit.label for unit in units]


def test_a_whole_round(open_page, sign_in, app, labels, accessible, screenshot):
    hands = {}
    for name in ("inspector", "manager", "unithead", "coordinator"):
        hands[name] = Hand(open_page())
        sign_in(hands[name].page, name)
    inspector, head = hands["inspector"], hands["unithead"]

    plan(inspector, labels, accessible, screenshot)
    approve(hands["manager"], accessible, screenshot)
    report(head, labels[0], accessible, screenshot)
    base = visit(inspector, hands["coordinator"], labels[0], accessible, screenshot)
    conclude(inspector, head, base, app, labels[0], screenshot)
    follow(inspector, head, base, accessible, screenshot)
    tell(inspector, hands["manager"], labels, accessible, screenshot)


def plan(hand: Hand, labels: list[str], accessible, screenshot) -> None:
    """Why, which units, who, when."""
    hand.menu("Rounds and visits", "Inspection")
    hand.go("New plan")
    hand.write("Title", TITLE)
    hand.write("Legal basis", "Căn cứ Kế hoạch công tác năm của Sở Y tế")
    hand.write("Purpose", "Đánh giá hoạt động của Câu lạc bộ, Đội")
    hand.write("Outline of the units' reports", "1. Tổ chức\n2. Hoạt động\n3. Kinh phí")
    for label, days in (
        ("Looks at the days from", -90),
        ("until", -1),
        ("First day of the visits", 0),
        ("Last day of the visits", 20),
        ("Units report until", 0),
    ):
        type_day(hand, label, days)
    hand.press("Save the plan")
    for label in labels:
        hand.tick(label)
    screenshot(hand.page, "whole-1-units")
    hand.press("Save the units")
    hand.go("Choose the team")
    hand.choose("Role in the team", "Head of the team")
    hand.choose("Inspector", "Võ Văn Tám")
    hand.press("Put in")
    hand.choose("Role in the team", "Secretary of the team")
    hand.write("Or a guest's name", "Lưu Thị Khách")
    hand.write("Office", "Hội Liên hiệp Phụ nữ tỉnh")
    hand.press("Put in")
    hand.go("Back to the plan")
    hand.press("Suggest days for those without one")
    rows = hand.page.locator("tbody tr")
    expect(rows).to_have_count(UNITS)
    hand.tap(rows.filter(has_text=labels[0]).get_by_role("link", name="Set the day"))
    type_day(hand, "Day of the visit", 0)
    hand.press("Save the day")
    accessible(hand.page)
    screenshot(hand.page, "whole-2-plan")
    hand.press("Submit the plan for approval")


def approve(hand: Hand, accessible, screenshot) -> None:
    """A department manager reads it and gives it its number."""
    hand.menu("Rounds and visits", "Inspection")
    hand.go("A plan waits for your approval")
    hand.pick("Approve it")
    hand.write("Number", "45")
    screenshot(hand.page, "whole-3-decision")
    hand.press("Save the decision")
    expect(hand.page.get_by_text("Its units can read it now.")).to_be_visible()
    hand.go("All rounds")
    screenshot(hand.page, "whole-4-rounds")


def report(hand: Hand, label: str, accessible, screenshot) -> None:
    """The unit reads of its visit and reports."""
    hand.menu("Rounds and visits", "Inspection")
    hand.go(f"{label} will be inspected on")
    hand.go("Begin the report")
    hand.write("What was achieved", "Câu lạc bộ duy trì sinh hoạt hằng tháng.")
    screenshot(hand.page, "whole-5-report")
    hand.press("Save and submit")
    expect(hand.page.get_by_text("Submitted on")).to_be_visible()


def visit(hand: Hand, coordinator: Hand, label: str, accessible, screenshot) -> str:
    """The checklist, the paper files, the findings; answers the address of the inspection."""
    page = hand.page
    hand.menu("Rounds and visits", "Inspection")
    hand.go(f"{label} has submitted its self-report.")
    screenshot(page, "whole-6-inspection")
    base = re.sub(r"[?#].*", "", page.url)
    page.goto(f"{base}/checklist")
    hand.press("Open the visit")
    parts = [each.get_attribute("href") for each in page.locator("nav.jumps a").all()]
    for address in parts[:-1]:
        page.goto(address)
        if address == parts[0]:
            rate(page, "A1", "Not met")
            remark(page, "A1")
            page.keyboard.type(SEEN)
        for criterion in page.locator("fieldset.picked").all():
            if not criterion.locator("input:checked").count():
                criterion.locator(".picks label").first.click()
        if address == parts[0]:
            accessible(page)
            screenshot(page, "whole-7-part")
        hand.press("Save and go on")
    page.goto(parts[-1])
    hand.write("Difficulties", "Kinh phí cấp về chậm")
    hand.press("Save")

    page.goto(f"{base}/checklist/sample")
    hand.press("Ask for files")
    coordinator.menu("Files for inspectors", "Activities")
    coordinator.page.locator("table a").first.click()
    coordinator.press("Draw the files")
    drawn = re.findall(CODE, coordinator.page.locator("tbody").inner_text())
    assert len(drawn) == 3
    screenshot(coordinator.page, "whole-8-drawn")
    page.reload()
    assert not [code for code in drawn if code in page.content()]
    for picks in page.locator("main .picks").all():
        picks.locator("label").first.click()
    screenshot(page, "whole-9-ticks")
    hand.press("Save")

    page.goto(f"{base}/checklist")
    screenshot(page, "whole-10-checklist")
    hand.go("Close the visit")
    hand.press("Close the visit")
    page.goto(f"{base}/findings")
    screenshot(page, "whole-11-proposed")
    hand.press("All")
    hand.press("Accept the ticked")
    screenshot(page, "whole-12-findings")
    return base


def conclude(inspector: Hand, head: Hand, base: str, app, label: str, screenshot) -> None:
    """Recommendations and minutes, signed by both sides; the papers say the same."""
    page = inspector.page
    page.goto(f"{base}/recommendations")
    inspector.press("Draft one for each shortcoming")
    screenshot(page, "whole-13-recommendations")
    head.page.goto(f"{base}/minutes")
    head.go("Write the opinion of the unit")
    head.write("Opinion of the unit", OPINION)
    head.press("Save the opinion")
    page.goto(f"{base}/minutes")
    inspector.go("Go on writing")
    inspector.write("Assessment on the whole", ASSESSMENT)
    inspector.press("Save the draft")
    inspector.go("Read the whole and freeze it")
    screenshot(page, "whole-14-preview")
    inspector.press("Freeze the minutes")
    head.page.goto(f"{base}/minutes")
    head.press("Sign for the unit")
    page.goto(f"{base}/minutes")
    inspector.press("Sign as head of the team")
    inspector.press("The results were told to the unit")
    screenshot(page, "whole-15-minutes")

    with app.app_context():
        minutes = db.session.scalars(select(Minutes)).one()
        digest, number = minutes.digest, minutes.number
    papers = inspector.save("Save as DOCX"), inspector.save("Save as PDF")
    for told in (read_docx(papers[0]) + cells_of(papers[0]), read_pdf(papers[1])):
        assert "BIÊN BẢN KIỂM TRA" in told and "mỗi bên giữ 01 bản./." in told
        assert label in told and f"{number:02}/BB-ĐKT" in told and ASKED in told
        assert SEEN in told and ASSESSMENT in told and OPINION in told
        assert digest in told.replace(" ", "")


def cells_of(paper: bytes) -> str:
    """What the tables of a paper say."""
    tables = Document(BytesIO(paper)).tables
    return " ".join(cell.text for table in tables for row in table.rows for cell in row.cells)


def follow(inspector: Hand, head: Hand, base: str, accessible, screenshot) -> None:
    """The unit does all that was asked, the inspector confirms, and the inspection is closed."""
    listed = f"{base}/recommendations"
    head.page.goto(listed)
    asked = [each.get_attribute("href") for each in head.page.locator("tbody th a").all()]
    assert asked
    for address in asked:
        head.page.goto(address)
        head.pick("It is done")
        head.write("What was done, or is being done", DONE)
        head.press("Send the answer")
        inspector.page.goto(address)
        inspector.pick("Confirm that it is done")
        inspector.press("Keep the decision")
    screenshot(inspector.page, "whole-16-confirmed")
    inspector.page.goto(base)
    accessible(inspector.page)
    screenshot(inspector.page, "whole-17-closed")
    expect(inspector.page.locator(".page-head .tag").first).to_have_text("followed to the end")


def tell(inspector: Hand, manager: Hand, labels: list[str], accessible, screenshot) -> None:
    """Four years are told to a conference, and the paper to its participants."""
    page, year = inspector.page, today().year
    page.goto("/conferences")
    inspector.go("Prepare a conference")
    inspector.field("First day of the phase").fill(f"{year - 3}-01-01")
    type_day(inspector, "Last day of the phase", 0)
    type_day(inspector, "Held on", 7)
    inspector.write("Title of the report", f"Tổng kết giai đoạn {year - 3}–{year}")
    inspector.write("Agency that reports", "Sở Y tế")
    inspector.press("Save")
    screenshot(page, "whole-18-conference")
    inspector.press("Close and freeze the report")
    manager.page.goto("/conferences")
    manager.go("Tổng kết")
    accessible(manager.page)
    screenshot(manager.page, "whole-19-conference")
    paper = manager.save("Report as DOCX")
    told = read_docx(paper)
    assert f"Tổng kết giai đoạn {year - 3}–{year}./." in told
    assert "Trong giai đoạn đã kiểm tra 1 lượt tại 1 đơn vị" in told and "Bên cạnh đó" in told
    assert all(label in cells_of(paper) for label in labels)
    pictures = Document(BytesIO(paper)).inline_shapes
    assert len(pictures) == 6
