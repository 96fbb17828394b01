"""The end of a statutory status is computed, shown and on Today in time; a paper is kept, saved
again, refused for what it lies about, and taken away.
"""

import io
from datetime import timedelta

from PIL import Image
from playwright.sync_api import Page, expect

from casework.core.clock import today
from tests.browser.hand import Hand
from tests.confidential.test_cases import open_case

DAY, MODEL = "%d/%m/%Y", 0x0110
CAMERA = "Máy ảnh của chị Hai"


def photo() -> bytes:
    """A picture that says with what it was taken."""
    written, exif = io.BytesIO(), Image.Exif()
    exif[MODEL] = CAMERA
    Image.new("RGB", (300, 200), "teal").save(written, "JPEG", exif=exif)
    return written.getvalue()


def test_a_status_ends_on_the_computed_day_or_earlier(
    screen: Page, client_as, sign_in, accessible, screenshot
):
    begun = today() - timedelta(days=345)
    if begun.month == 2:  # no year is asked for its 29th
        begun = begun.replace(day=11)
    last = begun.replace(year=begun.year + 1) - timedelta(days=1)
    case = open_case(client_as("counselor"))
    sign_in(screen, "counselor")
    hand = Hand(screen)
    screen.goto(case + "/statutory")
    expect(screen.get_by_text("None. Most people have none.")).to_be_visible()
    hand.go("Record a status")
    hand.press("Save")
    expect(screen.locator("#kind-error")).to_be_visible()
    hand.choose("Kind", "after voluntary rehabilitation")
    hand.write("First day", f"{begun}")
    accessible(screen)
    screenshot(screen, "status-form")
    hand.press("Save")
    row = screen.locator("main tbody tr").first
    expect(row).to_contain_text(f"{last:{DAY}}")
    expect(row).to_contain_text("12 months")
    expect(row).to_contain_text("runs")
    accessible(screen)
    screenshot(screen, "status-runs")
    screen.goto("/due?kind=statutory")
    expect(screen.locator("main li", has_text="status ends")).to_contain_text(f"{last:{DAY}}")

    screen.goto(case + "/statutory")
    hand.go("Correct or end")
    ended = today() - timedelta(days=1)
    hand.write("Ended early on", f"{ended}")
    hand.press("Save")
    expect(row).to_contain_text(f"{ended:{DAY}}")
    expect(row).to_contain_text(f"ended early; would have ended on {last:{DAY}}")
    expect(row).not_to_contain_text("runs")
    accessible(screen)
    screenshot(screen, "status-ended")
    screen.goto("/due?kind=statutory")
    expect(screen.get_by_text("Nothing is due")).to_be_visible()


def test_a_picture_is_kept_saved_again_and_taken_away_and_a_lying_file_refused(
    screen: Page, client_as, sign_in, accessible, screenshot
):
    case = open_case(client_as("counselor"))
    sign_in(screen, "counselor")
    hand = Hand(screen)
    screen.goto(case + "/attachments")
    code = screen.locator("main .eyebrow a").inner_text()
    hand.go("Add a paper")
    hand.choose("Kind", "answer of a partner")
    hand.attach("File", "phieu.jpg", b"<!doctype html><script>alert(1)</script>", "image/jpeg")
    hand.press("Keep the paper")
    expect(screen.locator("#paper-error")).to_contain_text("Only these kinds may be sent")
    expect(screen.locator("[name=kind]")).to_have_value("referral")
    accessible(screen)
    screenshot(screen, "paper-refused")
    hand.attach("File", "phieu.pdf", photo())
    hand.press("Keep the paper")
    expect(screen.locator("#paper-error")).to_contain_text("something else than its content")
    hand.attach("File", "phiếu trả lời.jpg", photo(), "image/jpeg")
    hand.press("Keep the paper")
    expect(screen.get_by_text("phiếu trả lời.jpg")).to_be_visible()
    accessible(screen)
    screenshot(screen, "paper-kept")

    with screen.expect_download() as saved:
        hand.go("Save")
    assert saved.value.suggested_filename == f"{code}-{today()}.jpg"
    with Image.open(saved.value.path()) as picture:
        assert picture.size == (300, 200)
        assert not picture.getexif()

    hand.go("Take away")
    accessible(screen)
    screenshot(screen, "paper-removal")
    hand.press("Take away")
    expect(screen.get_by_text("taken away by Nguyễn Thị Hoa")).to_be_visible()
    expect(screen.get_by_text("phiếu trả lời.jpg")).to_have_count(0)
    expect(screen.locator("main tbody a")).to_have_count(0)
