"""Recording what a person says to each purpose, partner by partner; a child's own word; taking it
back in two taps; the paper to sign.
"""

import re
from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from docx import Document
from sqlalchemy import select

from casework.confidential.assessments.models import NeedArea
from casework.confidential.cases.models import Case
from casework.confidential.consent.models import Consent
from casework.core.audit import AuditEntry
from casework.core.clock import now, today
from casework.core.database import db
from casework.organisation.partners.models import Partner, PartnerKind
from tests.confidential.test_cases import INTAKE, open_case
from tests.page import words

WITNESS = "Bà Tư Hẻm Nhỏ"


@pytest.fixture
def counselor(client_as):
    return client_as("counselor")


@pytest.fixture
def case(counselor):
    return open_case(counselor)


@pytest.fixture
def partner(app, cast):
    """An office of the unit."""
    with app.app_context():
        found = Partner(
            unit_id=cast.units["a"],
            kind=PartnerKind.EMPLOYMENT,
            name="Trung tâm Dịch vụ việc làm",
            active_from=today(),
        )
        db.session.add(found)
        db.session.commit()
        return found.id


def answer(counselor, case, **values):
    fields = {"purpose": "phone_contact", "answer_given": "yes", "method": "signed", **values}
    return counselor.submit(case + "/consents/new", case + "/consents/new", **fields)


def newest(app):
    with app.app_context():
        return db.session.scalars(select(Consent).order_by(Consent.recorded_at.desc())).first()


def test_nothing_is_chosen_for_anybody(counselor, case):
    fields = counselor.get(case + "/consents/new").form(case + "/consents/new")
    assert (fields["purpose"], fields["method"], fields["witness"]) == ("", "", "")
    assert "answer_given" not in fields
    intake = counselor.get("/cases/new").form("/cases/new")
    assert not [name for name in intake if name.startswith("consent_")]
    page = counselor.submit(case + "/consents/new", case + "/consents/new")
    assert page.status == 422
    assert page.words.count("Fill this in") >= 2


def test_consent_to_one_partner_is_asked_for_and_kept(counselor, case, partner, app):
    page = counselor.get(f"{case}/consents/new?purpose=referral&partner={partner}")
    assert page.form(case + "/consents/new")["purpose"] == f"partner:{partner}"
    page = counselor.submit(
        page, case + "/consents/new", answer_given="yes", method="signed", until_on=str(today())
    )
    shown = counselor.follow(page).words
    assert "Refer to Trung tâm Dịch vụ việc làm agrees" in shown
    assert "Nguyễn Thị Hoa" in shown
    kept = newest(app)
    assert (kept.partner_id, kept.purpose, kept.to_unit_id) == (partner, "referral", None)


def test_consent_to_hand_over_names_one_unit_of_any_province(counselor, case, cast, app):
    for unit in ("b", "c"):
        target = cast.units[unit]
        address = f"{case}/consents/new?purpose=referral&unit={target}"
        page = counselor.get(address)
        assert page.form(case + "/consents/new")["purpose"] == f"unit:{target}"
        assert answer(counselor, case, purpose=f"unit:{target}").status == 303
        assert newest(app).to_unit_id == target


@pytest.mark.parametrize(
    "asked", ["purpose=moon", "partner=x", "unit=x", "unit=00000000-0000-0000-0000-000000000000"]
)
def test_what_is_not_offered_is_not_chosen(counselor, case, asked):
    page = counselor.get(f"{case}/consents/new?{asked}")
    assert page.form(case + "/consents/new")["purpose"] == ""


@pytest.mark.parametrize("kind", ["partner", "unit"])
def test_an_id_of_elsewhere_is_no_choice(counselor, case, cast, app, kind):
    with app.app_context():
        foreign = Partner(
            unit_id=cast.units["b"], kind=PartnerKind.NGO, name="Tổ chức xa", active_from=today()
        )
        db.session.add(foreign)
        db.session.commit()
        value = f"partner:{foreign.id}" if kind == "partner" else f"unit:{cast.units['a']}"
    page = answer(counselor, case, purpose=value)
    assert page.status == 422
    assert "Not a valid choice" in page.words


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"method": ""}, "Say how the person agreed"),
        ({"method": "oral_witnessed"}, "Name the witness"),
        ({"method": "spoken"}, "Not a valid choice"),
        ({"answer_given": "maybe"}, "Not a valid choice"),
        ({"on": "2126-01-01"}, "too far ahead"),
        ({"until_on": "2020-01-01"}, "too long ago"),
        ({"witness": "x" * 201}, "At most 200"),
        ({"witness": "a\x00b"}, "can't be kept"),
        ({"purpose": "referral"}, "Not a valid choice"),
    ],
)
def test_bad_input_is_named_beside_its_field_and_kept(counselor, case, values, said):
    page = answer(counselor, case, **{"purpose": "record", **values})
    assert page.status == 422
    assert said in page.words
    kept = page.form(case + "/consents/new")
    assert kept["witness"] == values.get("witness", "").replace("\x00", "")


def test_a_no_may_be_spoken(counselor, case, app):
    assert answer(counselor, case, answer_given="no", method="").status == 303
    assert newest(app).method == "spoken"
    assert "does not agree" in counselor.get(case + "/consents").words


def test_a_withdrawal_takes_two_taps_and_closes_the_gate(counselor, case, app):
    link = withdrawals(counselor, case)["Contact by phone"]
    assert "nobody calls" in counselor.get(link).words
    assert "withdrawn" in counselor.follow(counselor.submit(link, link)).words
    new = case + "/contacts/new"
    refused = counselor.submit(new, new, kind="phone", note="gọi")
    assert refused.status == 422
    assert "withdrew the consent" in refused.words
    offered = f"{case}/consents/new?purpose=phone_contact"
    assert refused.one("a", href=offered).get("target") == "_blank", "what was typed stays"
    # The form that was open in another window finds nothing to withdraw any more.
    again = counselor.submit(link, link)
    assert again.status == 422
    assert "No consent holds" in again.words
    assert answer(counselor, case).status == 303
    assert counselor.submit(new, new, kind="phone", note="gọi").status == 303


WRITING = {
    "contacts/new": ("note", {"kind": "home", "note": "mới"}),
    "support/new": (
        "note",
        {"kind": "gift", "how": "in_kind", "funding_source": "charity", "note": "mới"},
    ),
    "assessments/new": ("summary", {f"level_{area}": "1" for area in NeedArea}),
    "plans/new": (
        "summary",
        {
            "goals-0-area": "job",
            "goals-0-goal": "mới",
            "goals-0-actions-0-what": "mới",
            "goals-0-actions-0-responsible": "person",
        },
    ),
}


@pytest.mark.parametrize("form", sorted(WRITING))
def test_nothing_new_is_written_once_the_consent_to_the_record_is_withdrawn(counselor, case, form):
    field, values = WRITING[form]
    address = f"{case}/{form}"
    link = withdrawals(counselor, case)["Keep this record"]
    assert counselor.submit(link, link).status == 303
    page = counselor.submit(address, address, **values)
    assert page.status == 422
    beside = words(page.one("div", id=f"{field}-error"))
    assert "The person withdrew the consent on" in beside
    assert "Keep this record" in beside
    again = f"{case}/consents/new?purpose=record"
    assert page.one("a", href=again).get("target") == "_blank", "what was typed stays"
    assert page.one("a", href=f"{case}/closure").get("target") == "_blank"
    # Agreed to once more, the same form goes through.
    assert answer(counselor, case, purpose="record").status == 303
    assert counselor.submit(page, address).status == 303


def test_without_consent_to_the_record_no_referral_and_no_review(counselor, case, partner):
    plan, values = case + "/plans/new", WRITING["plans/new"][1]
    assert counselor.submit(plan, plan, **values).status == 303
    answer(counselor, case, purpose=f"partner:{partner}")
    link = withdrawals(counselor, case)["Keep this record"]
    assert counselor.submit(link, link).status == 303
    send = case + "/referrals/new"
    page = counselor.submit(send, send, partner=str(partner), area="job", reason="mới")
    assert page.status == 422
    assert "withdrew the consent" in words(page.one("div", id="reason-error"))
    links = [a.get("href") for a in counselor.get(case + "/plans").all("a")]
    review = next(each for each in links if each and "/reviews/new" in each)
    page = counselor.submit(review, review, result="continue", note="mới")
    assert page.status == 422
    assert "withdrew the consent" in words(page.one("div", id="note-error"))


def test_without_consent_to_the_record_it_is_put_right_asked_about_and_closed(counselor, case):
    new = case + "/contacts/new"
    assert counselor.submit(new, new, kind="home", note="đầu").status == 303
    link = withdrawals(counselor, case)["Keep this record"]
    counselor.submit(link, link)
    links = [a.get("href") or "" for a in counselor.get(case + "/contacts").all("a")]
    contact = next(each for each in links if "/contacts/" in each and "new" not in each)
    assert counselor.submit(contact, contact, note="đúng hơn").status == 303
    ask = case + "/rights/requests/new"
    assert counselor.submit(ask, ask, kind="erase", wish="xóa hết").status == 303
    closure = case + "/closure"
    assert counselor.submit(closure, closure, reason="withdrew").status == 303


def test_nothing_new_is_written_after_the_last_day_of_the_consent(case, counselor, client_as):
    answer(counselor, case, purpose="record", until_on=str(today()))
    with time_machine.travel(now() + timedelta(days=1)):
        address = case + "/contacts/new"
        values = {"kind": "home", "note": "mới"}
        page = client_as("counselor").submit(address, address, **values)
        assert page.status == 422
        assert "The consent expired on" in page.words


def test_what_withdrawing_means_is_said(counselor, case):
    answer(counselor, case, purpose="anonymous_statistics")
    links = withdrawals(counselor, case)
    assert "erased" in counselor.get(links["Keep this record"]).words
    assert "changes no figure" in counselor.get(links["Count in anonymous statistics"]).words


def test_a_withdrawal_is_not_older_than_the_consent(counselor, case):
    link = withdrawals(counselor, case)["Keep this record"]
    page = counselor.submit(link, link, on=str(today() - timedelta(days=1)))
    assert page.status == 422
    assert "No consent holds" in page.words


def test_a_consent_of_another_case_is_not_found(counselor, case):
    other = open_case(counselor, name="Người Khác", alias="")
    link = withdrawals(counselor, other)["Keep this record"]
    assert counselor.get(link.replace(other, case)).status == 404


def test_a_consent_expires_after_its_last_day(counselor, case, client_as):
    assert answer(counselor, case, until_on=str(today())).status == 303
    assert "Contact by phone agrees" in counselor.get(case + "/consents").words
    with time_machine.travel(now() + timedelta(days=1), tick=True):
        shown = client_as("counselor").get(case + "/consents").words
    assert "Contact by phone has expired" in shown


def test_under_eighteen_a_guardian_agrees_and_the_child_from_seven_on(counselor, app):
    born = today().year - 14
    page = counselor.submit("/cases/new", "/cases/new", **{**INTAKE, "birth": str(born)})
    assert "guardian has to agree" in page.words
    guarded = {"birth": str(born), "method": "guardian", "witness": WITNESS}
    page = counselor.submit("/cases/new", "/cases/new", **{**INTAKE, **guarded})
    assert page.status == 422
    assert "the child is asked too" in page.words
    page = counselor.submit(
        "/cases/new", "/cases/new", **{**INTAKE, **guarded, "child_agrees": "no"}
    )
    assert page.status == 422
    assert "this is no consent" in page.words
    case = open_case(counselor, **guarded, child_agrees="yes")
    assert WITNESS in counselor.get(case).words, "the guardian is known from the consent"
    assert (
        answer(counselor, case, purpose="record", method="guardian", witness=WITNESS).status == 422
    )
    kept = answer(
        counselor, case, purpose="record", method="guardian", witness=WITNESS, child_agrees="yes"
    )
    assert "The child agrees" in counselor.follow(kept).words
    # A child alone may say no.
    assert answer(counselor, case, answer_given="no", method="").status == 303


def test_below_seven_the_guardian_alone_agrees(counselor, app):
    born = today().year - 3
    open_case(counselor, birth=str(born), method="guardian", witness=WITNESS, alias="Bé Út")
    assert newest(app).child_agrees is None


def test_of_an_adult_no_child_is_asked(counselor, case, app):
    assert "child" not in counselor.get(case + "/consents/new").words
    answer(counselor, case, child_agrees="no")
    assert newest(app).child_agrees is None


def test_whoever_may_be_under_age_is_treated_so(counselor):
    """Born in this year eighteen years ago, the day unknown."""
    page = counselor.submit(
        "/cases/new", "/cases/new", **{**INTAKE, "birth": str(today().year - 18)}
    )
    known = f"01/01/{today().year - 18}"
    assert page.status == 422
    assert open_case(counselor, birth=known)


def test_the_paper_holds_what_was_said_and_leaves_a_row(counselor, case, partner, app):
    answer(counselor, case, purpose=f"partner:{partner}")
    sent = counselor.client.get(case + "/consents/paper")
    assert re.search(r"filename=phieu-dong-y-\w{3}-\w{3}.docx", sent.headers["Content-Disposition"])
    text = _paper(sent)
    assert "PHIẾU ĐỒNG Ý" in text
    assert INTAKE["name"] in text
    assert "Trung tâm Dịch vụ việc làm" in text
    assert "sau cai nghiện" not in text
    with app.app_context():
        rows = db.session.scalars(
            select(AuditEntry).where(AuditEntry.action == "consent.print")
        ).all()
        assert [str(row.subject_id) for row in rows] == [case.split("/")[2]]


def test_the_empty_paper_names_nobody_and_leaves_a_row(counselor, case, app):
    text = _paper(counselor.client.get("/cases/new/paper"))
    assert "Họ tên hoặc bí danh: …" in text
    assert "Đào" not in text
    with app.app_context():
        assert db.session.scalars(
            select(AuditEntry.action).where(AuditEntry.action == "consent.print_empty")
        ).all() == ["consent.print_empty"]


def test_consent_can_be_withdrawn_after_the_case_is_closed(counselor, case):
    counselor.submit(case + "/closure", case + "/closure", reason="goals_met")
    link = withdrawals(counselor, case)["Keep this record"]
    assert counselor.submit(link, link).status == 303


def test_the_year_of_birth_follows_a_correction(counselor, case, app):
    address = case + "/identity"
    assert counselor.submit(address, address, birth="05/02/1991").status == 303
    with app.app_context():
        assert db.session.scalars(select(Case.birth_year)).one() == 1991


def withdrawals(counselor, case):
    """The links by which consents are taken back, by what was agreed to."""
    links = counselor.get(case + "/consents").all("a")
    return {
        words(link).removeprefix("Withdraw: "): link.get("href")
        for link in links
        if words(link).startswith("Withdraw")
    }


def _paper(answer):
    document = Document(BytesIO(answer.data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)
