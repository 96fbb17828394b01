"""The administrator on a phone and on a desktop: rates, clusters, succession, proposals, review."""

from datetime import timedelta

from playwright.sync_api import Page, expect

from casework.core.clock import today
from tests.browser.hand import Hand
from tests.browser.records import proposal
from tests.browser.test_organisation import shown


def test_a_new_base_salary_from_a_day_with_its_source(
    screen: Page, sign_in, records, accessible, screenshot
):
    sign_in(screen, "admin")
    hand = Hand(screen)
    hand.menu("Settings", "Administration")
    accessible(screen)
    screenshot(screen, "settings")
    screen.goto("/admin/settings/rates")
    hand.go("Enter a base salary")
    hand.write("Base salary in đồng a month", "2.530.000")
    hand.write("Holds from", f"{today() + timedelta(days=30)}")
    hand.write("Source: number of the document, or who decided", "Nghị định 99/NĐ-CP")
    accessible(screen)
    hand.press("Enter a base salary")
    expect(shown(screen, "Nghị định 99/NĐ-CP")).to_be_visible()
    expect(shown(screen, "not yet")).to_be_visible()
    accessible(screen)
    screenshot(screen, "rates")


def test_a_cluster_is_made_and_a_unit_follows_another(
    screen: Page, sign_in, cast, accessible, screenshot
):
    sign_in(screen, "admin")
    hand = Hand(screen)
    screen.goto(f"/admin/clusters?province={cast.units['province']}")
    hand.write("Name of the cluster", "Cụm ven biển")
    hand.press("Make the cluster")
    screen.wait_for_load_state()
    if screen.get_by_role("heading", name="Put units in").count() == 0:
        hand.go("Cụm ven biển")
    hand.tick("Phường Bạc Liêu")
    hand.press("Put them in")
    expect(screen.locator("main table", has_text="Phường Bạc Liêu")).to_be_visible()
    accessible(screen)
    screenshot(screen, "cluster")

    screen.goto(f"/units/{cast.units['b']}")
    hand.go("Merge, split, rename")
    hand.choose("How", "merged into")
    hand.write("First day of what follows", f"{today()}")
    hand.write("Document", "Nghị quyết 202/2025/QH15")
    hand.tick("Phường Bạc Liêu")
    accessible(screen)
    screenshot(screen, "succession")
    hand.press("Let them follow")
    expect(shown(screen, "Nghị quyết 202/2025/QH15")).to_be_visible()
    expect(shown(screen, "This unit ended on")).to_be_visible()
    accessible(screen)


def test_a_proposal_is_answered_and_access_reviewed(
    screen: Page, sign_in, records, write, accessible, screenshot
):
    write(proposal, records.unit)
    sign_in(screen, "admin")
    hand = Hand(screen)
    hand.menu("Proposals", "Administration")
    accessible(screen)
    hand.go("accounts and roles")
    hand.tick("done")
    hand.write("Answer", "Đã cấp tài khoản.")
    accessible(screen)
    hand.press("Keep the answer")
    expect(shown(screen, "No proposals here")).to_be_visible()
    hand.choose("State", "done")
    hand.press("Show")
    expect(shown(screen, "Đã cấp tài khoản.")).to_be_visible()

    hand.menu("Access review", "Administration")
    accessible(screen)
    screenshot(screen, "access-review")
    hand.go("Phường Bạc Liêu")
    keep = screen.locator("main label").get_by_text("Keep", exact=True)
    expect(keep.first).to_be_visible()
    for answer in keep.all():
        hand.tap(answer)
    accessible(screen)
    screenshot(screen, "access-review-unit")
    hand.press("Keep the review")
    expect(shown(screen, "The review of Phường Bạc Liêu is kept.")).to_be_visible()
    screen.goto("/admin/access-review")
    expect(shown(screen, "reviewed this month")).to_be_visible()


def test_an_account_is_opened_with_a_role_for_a_time_and_disabled_at_once(
    screen: Page, open_page, sign_in, cast, accessible, screenshot
):
    sign_in(screen, "admin")
    hand = Hand(screen)
    expect(screen.get_by_role("heading", level=1)).to_have_text("Accounts")
    accessible(screen)
    screenshot(screen, "accounts")
    screen.goto(f"/admin/accounts/new?province={cast.units['province']}")
    hand.write("Sign-in name", "doi.vien.moi")
    hand.write("Name", "Ngô Thị Mười Hai")
    hand.choose("Role", "Volunteer")
    hand.choose("Unit", "Phường Bạc Liêu")
    accessible(screen)
    screenshot(screen, "account-new")
    hand.press("Open the account")
    password = screen.locator("main code").last.inner_text().strip()

    newcomer = open_page(screen.viewport_size)
    newcomer.goto("/sign-in")
    newcomer.locator("input[name=username]").fill("doi.vien.moi")
    newcomer.locator("input[name=password]").fill(password)
    newcomer.locator("input[name=password]").press("Enter")
    expect(newcomer.get_by_role("button", name="Sign out")).to_be_visible()

    screen.goto("/admin/accounts")
    hand.go("Ngô Thị Mười Hai")
    hand.go("Set the last day")
    hand.write("Account's last day", f"{today() + timedelta(days=90)}")
    accessible(screen)
    hand.press("Set the last day")
    accessible(screen)
    screenshot(screen, "account")
    hand.press("Disable at once")
    expect(shown(screen, "disabled")).to_be_visible()
    newcomer.goto("/account")
    assert "/sign-in" in newcomer.url
