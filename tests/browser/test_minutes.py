"""From the draft of the minutes to a recommendation that was done: the team and the unit, each on a
screen of their own.
"""

from io import BytesIO

from docx import Document
from playwright.sync_api import expect
from pypdf import PdfReader

from casework.core.clock import today
from casework.core.database import db
from casework.inspection.minutes.models import Minutes
from tests.browser.hand import Hand
from tests.inspection.minuting import visit_closed

ASSESSMENT = "Đơn vị hoạt động nền nếp, cần chấn chỉnh một số việc."
OPINION = "Đơn vị thống nhất, sẽ khắc phục đúng hạn."


def a_visit_that_ended(cast) -> str:
    return f"/inspections/{visit_closed(cast, on=today())[0]}"


def digest_of(app) -> str:
    with app.app_context():
        return str(db.session.query(Minutes).one().digest)


def test_minutes_and_what_follows(
    screen, open_page, sign_in, cast, app, write, accessible, screenshot
):
    base = write(a_visit_that_ended, cast)
    sign_in(screen, "inspector")
    inspector = Hand(screen)

    # What the unit is asked to do, in the usual words.
    screen.goto(f"{base}/recommendations")
    inspector.press("Draft one for each shortcoming")
    accessible(screen)
    screenshot(screen, "recommendations-drafted")
    inspector.go("Change 1")
    inspector.write("Who answers for it", "Chủ nhiệm Câu lạc bộ")
    accessible(screen)
    screenshot(screen, "recommendation-draft")
    inspector.press("Save the recommendation")

    # The unit's head types what the unit says on a screen of their own.
    other = open_page(screen.viewport_size)
    sign_in(other, "unithead")
    head = Hand(other)
    other.goto(f"{base}/minutes")
    head.go("Write the opinion of the unit")
    head.write("Opinion of the unit", OPINION)
    accessible(other)
    screenshot(other, "minutes-opinion")
    head.press("Save the opinion")

    # The team writes, reads aloud and freezes.
    screen.goto(f"{base}/minutes")
    inspector.go("Go on writing")
    expect(inspector.field("Opinion of the unit")).to_have_value(OPINION)
    inspector.write("Assessment on the whole", ASSESSMENT)
    accessible(screen)
    screenshot(screen, "minutes-edit")
    inspector.press("Save the draft")
    inspector.go("Read the whole and freeze it")
    expect(screen.get_by_text(ASSESSMENT)).to_be_visible()
    accessible(screen)
    screenshot(screen, "minutes-preview")
    inspector.press("Freeze the minutes")
    accessible(screen)
    screenshot(screen, "minutes-frozen")

    # Both sides sign what they see.
    other.goto(f"{base}/minutes")
    expect(other.locator("span.digest")).to_have_text(digest_of(app))
    head.press("Sign for the unit")
    screen.goto(f"{base}/minutes")
    inspector.press("Sign as head of the team")
    inspector.press("The results were told to the unit")
    accessible(screen)
    screenshot(screen, "minutes-signed")

    # The papers say the same, and are found by what stands at their foot.
    other.goto(f"{base}/minutes")
    papers = [head.save("Save as DOCX"), head.save("Save as PDF")]
    for told in (read_docx(papers[0]), read_pdf(papers[1])):
        assert ASSESSMENT in told and OPINION in told
        assert "BIÊN BẢN KIỂM TRA" in told and "mỗi bên giữ 01 bản./." in told
        assert digest_of(app) in told.replace(" ", "")
    head.go("Check a paper by its digest")
    head.write("Digest (SHA-256)", digest_of(app))
    head.press("Look it up")
    expect(other.locator("main .tag", has_text="whole")).to_be_visible()
    accessible(other)
    screenshot(other, "minutes-verify")

    follow(inspector, head, accessible, screenshot)


def follow(inspector: Hand, head: Hand, accessible, screenshot) -> None:
    """The unit answers with evidence, the inspector confirms."""
    head.menu("Recommendations", "Inspection")
    accessible(head.page)
    screenshot(head.page, "recommendations")
    head.go("Thanh quyết toán kinh phí còn chậm")
    head.pick("It is done")
    head.write("What was done, or is being done", "Đã nộp hồ sơ quyết toán.")
    head.attach("Evidence", "quyet-toan.pdf", b"%PDF-1.4 quyet toan")
    accessible(head.page)
    screenshot(head.page, "recommendation-answer")
    head.press("Send the answer")
    expect(head.page.get_by_role("link", name="quyet-toan.pdf")).to_be_visible()

    inspector.menu("Recommendations", "Inspection")
    inspector.choose("Which", "waiting to be confirmed (1)")
    inspector.press("Show")
    inspector.go("Thanh quyết toán kinh phí còn chậm")
    assert inspector.save("quyet-toan.pdf") == b"%PDF-1.4 quyet toan"
    inspector.pick("Confirm that it is done")
    accessible(inspector.page)
    screenshot(inspector.page, "recommendation-decision")
    inspector.press("Keep the decision")
    expect(inspector.page.locator(".page-head .tag")).to_have_text("confirmed")
    screenshot(inspector.page, "recommendation-confirmed")


def read_docx(content: bytes) -> str:
    document = Document(BytesIO(content))
    foot = document.sections[0].footer.paragraphs
    return " ".join(each.text for each in [*document.paragraphs, *foot])


def read_pdf(content: bytes) -> str:
    words = " ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    return " ".join(words.split())
