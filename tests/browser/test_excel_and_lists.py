"""A log kept in Excel becomes thirty cases; they are sorted, filtered, searched and turned over;
and taken out again with a reason.
"""

import io
import re
from datetime import timedelta
from typing import Any

from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from casework.core.clock import today
from tests.browser.hand import Hand

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# In Vietnamese order, as the list has to show them.
GIVEN = [
    "An", "Ánh", "Bình", "Cúc", "Dung", "Dũng", "Đào", "Đức", "Giang", "Hà", "Hạnh", "Hoa", "Hùng",
    "Khánh", "Lan", "Liên", "Mai", "Nam", "Nga", "Ngọc", "Nhung", "Oanh", "Phúc", "Quân", "Sơn",
    "Tâm", "Thảo", "Út", "Vân", "Yến",
]  # fmt: skip
PAGE, GROUP_B, SAFE = 25, 4, "Chỉ gọi buổi sáng"


def person(number: int, given: str) -> dict[str, Any]:
    """A row of the log: a person and the first contact."""
    return {
        "number": f"HS {number:02}",
        "name": f"Đào Thị {given}",
        "sex": "Nữ",
        "birth_year": 1970 + number,
        "group": "B" if number < GROUP_B else "A",
        "source": "Tự đến",
        "opened_on": today() - timedelta(days=200 + number),
        "safe_contact": SAFE,
        "agrees_record": "x",
        "method": "Ký",
        "contact_on": today() - timedelta(days=100),
        "contact_kind": "Tại nhà",
        "note": "Chép từ sổ cũ.",
    }


def filled_in(template: bytes, rows: list[dict[str, Any]]) -> bytes:
    """The empty sheet with these rows, saved again by a spreadsheet program."""
    book = load_workbook(io.BytesIO(template))
    columns = [cell.value for cell in book.active[1]]
    for row in rows:
        book.active.append([row.get(column) for column in columns])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def names(page: Page) -> list[str]:
    """Whom the list shows, from the top."""
    return page.locator("main tbody th a").all_inner_texts()


def test_a_log_in_excel_becomes_a_caseload_and_leaves_with_a_reason(
    screen: Page, sign_in, accessible, screenshot
):
    # The log was not kept in the order of names.
    rows = [person(number, given) for number, given in enumerate(reversed(GIVEN))]
    sign_in(screen, "counselor")
    hand = Hand(screen)
    hand.menu("Cases")
    hand.go("From Excel")
    template = hand.save("Save the empty sheet")
    faulty = {**rows[3], "sex": "chị"}, {**rows[4], "opened_on": "31/02/2026"}
    hand.attach("Sheet", "sổ theo dõi.xlsx", filled_in(template, [*rows[:3], *faulty]), XLSX)
    hand.press("Send the sheet")
    faults = screen.locator("main table", has_text="What is wrong").locator("tbody tr")
    expect(faults).to_have_count(2)
    assert [row.split()[:2] for row in faults.all_inner_texts()] == [
        ["5", "sex"],
        ["6", "opened_on"],
    ]
    accessible(screen)
    screenshot(screen, "import-faults")
    good = filled_in(template, rows)
    hand.attach("Sheet", "sổ theo dõi.xlsx", good, XLSX)
    hand.press("Send the sheet")
    expect(screen.get_by_text("The sheet is good; nothing is written yet")).to_be_visible()
    expect(screen.get_by_text("30 cases with 30 contacts.")).to_be_visible()
    # Dung and Dũng: marks do not tell two people apart, and the sheet is good all the same.
    alike = screen.locator("main table", has_text="To be looked at: 1").locator("tbody tr")
    expect(alike).to_have_text(re.compile(r"row \d+\s+row \d+"))
    accessible(screen)
    screenshot(screen, "import-checked")
    assert "Đào Thị" not in screen.request.get("/cases").text()
    hand.attach("Sheet", "sổ theo dõi.xlsx", good, XLSX)
    hand.press("Send the sheet")
    expect(screen.locator("#somebody_else-error")).to_have_text("Look at these rows first.")
    hand.attach("Sheet", "sổ theo dõi.xlsx", good, XLSX)
    hand.tick("I have looked: these are other people")
    hand.press("Send the sheet")
    expect(screen.locator("caption")).to_have_text("25 of 30 cases")
    expect(screen.get_by_text("30 cases with 30 contacts.")).to_be_visible()
    accessible(screen)
    screenshot(screen, "cases-newest")
    assert names(screen)[0] == f"Đào Thị {GIVEN[-1]}", "taken in last stands first"

    hand.choose("Order", "name")
    hand.press("Show")
    expected = [f"Đào Thị {given}" for given in GIVEN]
    assert names(screen) == expected[:PAGE]
    hand.go("Next")
    expect(screen.locator("main tbody tr")).to_have_count(5)
    assert names(screen) == expected[PAGE:]
    screenshot(screen, "cases-second-page")
    hand.go("Previous")
    expect(screen.locator("main tbody tr")).to_have_count(PAGE)
    assert names(screen) == expected[:PAGE]

    hand.tap(screen.get_by_text("Filter and order"))
    hand.choose("Group", "B")
    hand.press("Show")
    expect(screen.locator("main tbody tr")).to_have_count(GROUP_B)
    assert sorted(names(screen)) == sorted(f"Đào Thị {given}" for given in GIVEN[-GROUP_B:])
    hand.write("Name, alias or code", "dao thi duc")
    hand.press("Search")
    expect(screen.locator("main tbody tr")).to_have_count(1)
    assert names(screen) == ["Đào Thị Đức"]
    assert "duc" not in screen.url
    accessible(screen)
    screenshot(screen, "cases-found")

    hand.go("All my cases")
    hand.go("Save as Excel")
    hand.press("Save as Excel")
    expect(screen.locator("#reason-error")).to_be_visible()
    accessible(screen)
    screenshot(screen, "export-refused")
    hand.choose("Reason", "to prepare a case meeting")
    for with_names in (False, True):
        if with_names:
            hand.tick("With names, telephone numbers and addresses")
        with screen.expect_download() as saved:
            screen.locator("main form .btn-primary").click()
        told = list(load_workbook(io.BytesIO(saved.value.path().read_bytes())).active.values)
        assert len(told) == 1 + len(GIVEN)
        assert ("Đào Thị Đức" in str(told)) is with_names
        assert SAFE not in str(told)
