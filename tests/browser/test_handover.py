"""Work passes on in the browser: standing in, a caseload, another unit, the end of a record."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from casework.confidential.consent.models import Consent, ConsentMethod, Purpose
from casework.core.clock import today
from casework.core.database import db
from tests.browser.conftest import SCREENS, OpenPage
from tests.cast import Cast
from tests.confidential.test_cases import open_case
from tests.confidential.test_closures import closed_long_ago

NAME = "Đào Thị Ngọc Ánh"


def agree(cast: Cast, address: str) -> None:
    """The person agrees to go on in unit b."""
    consent = Consent(
        case_id=UUID(address.split("/")[2]),
        purpose=Purpose.REFERRAL,
        to_unit_id=cast.units["b"],
        is_given=True,
        method=ConsentMethod.SIGNED,
        on=today(),
        recorded_by=cast.accounts["counselor"],
    )
    db.session.add(consent)


@pytest.mark.parametrize("size", SCREENS)
@pytest.mark.parametrize("javascript", [True, False], ids=["htmx", "plain"])
def test_work_passes_on(
    size: str,
    javascript: bool,
    open_page: OpenPage,
    app: Flask,
    cast: Cast,
    client_as: Callable[[str], Any],
    sign_in: Callable[[Page, str], None],
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], None],
    write: Callable[..., Any],
) -> None:
    counselor = client_as("counselor")
    first, second, over = (open_case(counselor, name=NAME, alias="") for _ in range(3))
    write(agree, cast, first)
    closed_long_ago(counselor, app, over)

    def look(page: Page, name: str) -> None:
        page.wait_for_load_state("networkidle")
        if javascript:
            accessible(page)
            screenshot(page, f"handover-{name}")

    page = open_page(SCREENS[size], javascript=javascript)
    sign_in(page, "counselor")
    page.goto(second + "/cover")
    page.locator("[name=colleague]").select_option(str(cast.accounts["counselor2"]))
    page.locator("[name=last_day]").fill((today() + timedelta(days=3)).isoformat())
    look(page, "cover")
    page.locator("main form .btn-primary").click()
    expect(page.locator("main .tag-info").first).to_contain_text("Trần Văn Đức")
    look(page, "case")
    page.goto(first + "/transfer")
    page.locator("[name=unit]").select_option(str(cast.units["b"]))
    look(page, "transfer")
    page.locator("main form .btn-primary").click()
    page.wait_for_url(f"**{first}")
    page.goto(first + "/course")
    look(page, "course")
    page.goto(second + "/closure")
    look(page, "closure")

    receiver = open_page(SCREENS[size], javascript=javascript)
    sign_in(receiver, "coordinator-b")
    receiver.goto("/transfers")
    look(receiver, "transfers")
    receiver.locator("main table a").first.click()
    look(receiver, "answer")
    receiver.locator("[name=counselor]").select_option(str(cast.accounts["counselor-b"]))
    receiver.locator("main form .btn-primary").first.click()
    receiver.wait_for_url(f"**{first}")
    assert NAME not in receiver.content()

    coordinator = open_page(SCREENS[size], javascript=javascript)
    sign_in(coordinator, "coordinator")
    coordinator.goto("/caseloads")
    look(coordinator, "caseloads")
    coordinator.locator("main table a").first.click()
    coordinator.locator("[name=receiver]").select_option(str(cast.accounts["counselor2"]))
    look(coordinator, "caseload")
    coordinator.locator("main form .btn-primary").click()
    coordinator.wait_for_url("**/caseloads")
    coordinator.goto("/erasures")
    coordinator.locator("main .tick-list label").first.click()
    look(coordinator, "due")
    coordinator.locator("main form .form-actions .btn-primary").click()
    coordinator.wait_for_url("**/erasures")

    officer = open_page(SCREENS[size], javascript=javascript)
    sign_in(officer, "dpo")
    officer.goto("/erasures/proposed")
    code = officer.locator("main table a").first.inner_text()
    officer.locator("main table a").first.click()
    officer.locator("[name=code]").fill(code)
    look(officer, "decision")
    officer.locator("main form .btn-primary").first.click()
    officer.wait_for_url("**/erasures/proposed")
    look(officer, "decided")
    coordinator.goto(over)
    look(coordinator, "erased")
