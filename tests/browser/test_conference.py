"""The department prepares a review conference, closes it, and takes its pictures along."""

from datetime import date
from io import BytesIO
from zipfile import ZipFile

from docx import Document
from playwright.sync_api import expect

from casework.core.database import db
from tests.browser.conftest import PHONE
from tests.browser.hand import Hand
from tests.inspection import phase


def three_years(cast) -> None:
    """Figures from January 2024 on of a unit that followed two others, and of one more; a round."""
    province, a, b = (cast.units[name] for name in ("province", "a", "b"))
    ends = date(2025, 6, 30)
    old = [
        phase.add_unit(name, code, province, date(2020, 1, 1), ends)
        for name, code in (("Vĩnh Lợi", "x1"), ("Hưng Hội", "x2"))
    ]
    phase.merge(old, a, date(2025, 7, 1))
    there = {
        **dict.fromkeys(old, (date(2024, 1, 1), ends)),
        **dict.fromkeys((a, b), (date(2025, 7, 1), None)),
    }
    phase.publish_months(province, there, "2024-01", "2026-09")
    visits = phase.inspect(province, [a, b, old[0]], date(2026, 3, 10))
    done, late = ("done", date(2026, 6, 30), date(2026, 6, 1)), ("open", date(2026, 6, 30), None)
    phase.recommend(visits[0], a, date(2026, 3, 20), done, late)
    db.session.commit()


def test_a_conference_is_prepared_closed_and_taken_along(
    screen, open_page, sign_in, cast, write, accessible, screenshot
):
    write(three_years, cast)
    sign_in(screen, "inspector")
    screen.goto("/conferences")
    hand = Hand(screen)
    hand.go("Prepare a conference")
    hand.field("First day of the phase").fill("2024-01-01")
    hand.field("Last day of the phase").fill("2026-09-30")
    hand.field("Held on").fill("2026-10-20")
    hand.write("Agency that reports", "Sở Y tế")
    hand.write("Causes of shortcomings", "Cán bộ kiêm nhiệm, thay đổi sau sáp nhập.")
    accessible(screen)
    screenshot(screen, "conference-form")
    hand.press("Save")
    expect(screen.locator("main")).to_contain_text("figures of 33 of 33 months are published")
    accessible(screen)
    screenshot(screen, "conference-draft")

    screen.get_by_text("Add a best practice").click()
    hand.choose("Unit", "Phường Bạc Liêu")
    hand.write("What it did well", "Họp tối thứ Bảy để thành viên đi làm xa cùng dự.")
    hand.press("Add it")
    expect(screen.locator("main")).to_contain_text("Họp tối thứ Bảy")

    with ZipFile(BytesIO(hand.save("All pictures for slides (ZIP)"))) as archive:
        assert len(archive.namelist()) == 6
    paper = Document(BytesIO(hand.save("Report as DOCX")))
    assert any("Bên cạnh đó" in paragraph.text for paragraph in paper.paragraphs)

    hand.press("Close and freeze the report")
    expect(screen.locator("main")).to_contain_text("Its digest is right")
    assert screen.evaluate("document.documentElement.scrollHeight") < 6000
    for fold in screen.locator("main details > summary").all():
        fold.click()
    accessible(screen)
    screenshot(screen, "conference-closed")

    # A unit reads it now, without scripts too, and nothing of the other units.
    reader = open_page(PHONE, javascript=False)
    sign_in(reader, "unithead")
    reader.goto("/conferences")
    Hand(reader).go("Tổng kết")
    expect(reader.locator("main")).to_contain_text("Its digest is right")
    expect(reader.locator("main")).not_to_contain_text("Unit by unit")
