"""An inspector reads how the persons of a province divide by group, sex, age and reason."""

from playwright.sync_api import expect

from tests.inspection.apart import tell, tell_quarter, tell_year
from tests.inspection.editions import publish

PARTS = {
    "open.group.A": (842, 842), "open.group.B": (105, 109), "open.group.C": (40, 49),
    "open.group.D": (60, None), "open.sex.female": (231, 231), "open.sex.male": (815, 819),
    "new.group.A": (96, 96), "new.group.B": (10, 14), "new.sex.female": (25, 29),
    "new.sex.male": (80, 84), "closed.group.A": (71, 71), "closed.sex.male": (None, None),
    "open.age.under_18": (5, 9), "open.age.18-29": (301, 301), "open.age.30-44": (455, 459),
    "open.age.45_and_over": (280, 284), "closed.reason.goals_met": (131, 131),
    "closed.reason.moved": (35, 39), "closed.reason.lost_contact": (20, 24),
    "closed.reason.transferred": (15, 19),
}  # fmt: skip


def two_years_of_a_province(cast) -> None:
    """Eight quarters; 2025 told as a year."""
    province = cast.units["province"]
    for year, month in ((year, month) for year in (2024, 2025) for month in (3, 6, 9, 12)):
        edition = publish(province, f"{year}-{month:02}")
        tell(edition, province, "open", edition.period, 1051, 1051)
        tell(edition, province, "new", f"{year}-Q{month // 3}", 118, 118)
        tell(edition, province, "closed", f"{year}-Q{month // 3}", 80, 84)
        tell_quarter(edition, province, PARTS)
        if edition.period == "2025-12":
            tell(edition, province, "new", "2025", 433, 433)
            tell(edition, province, "closed", "2025", 377, 377)
            tell_year(edition, province, PARTS)


def test_the_province_by_group_sex_and_age(screen, sign_in, cast, write, accessible, screenshot):
    write(two_years_of_a_province, cast)
    sign_in(screen, "inspector")
    screen.goto(f"/figures/{cast.units['province']}")
    panel = screen.locator("#panel-categories")
    expect(panel.get_by_role("heading", name="Quarter 4/2025")).to_be_visible()
    expect(panel.locator("table").first).to_contain_text("842")
    panel.get_by_text("Quarter by quarter").click()
    expect(panel.get_by_role("columnheader", name="Q1/2024").first).to_be_visible()
    accessible(screen)
    screenshot(screen, "figures-by-category-panel")
    screen.goto(f"/figures/{cast.units['province']}/categories")
    screen.get_by_text("Quarter by quarter").click()
    accessible(screen)
    screenshot(screen, "figures-by-category")
    screen.goto(f"/figures/{cast.units['province']}/years")
    expect(screen.get_by_text("goals met")).to_be_visible()
    accessible(screen)
    screenshot(screen, "figures-by-category-year")
