"""Referring a person to a partner: consent, answers in their order, the letter."""

from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pytest
import time_machine
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from casework.authz.permissions import Permission
from casework.confidential.cases.models import Case
from casework.confidential.consent.models import Consent, Purpose
from casework.confidential.referrals.models import Referral, ReferralStatus, ReferralStep
from casework.confidential.referrals.queries import list_unanswered
from casework.confidential.referrals.rules import FOLLOWING, is_answer
from casework.core.audit import AuditEntry
from casework.core.clock import now, today
from casework.core.database import db
from casework.organisation.accounts.models import Account
from casework.organisation.partners.models import Partner, PartnerKind
from casework.organisation.settings.models import Setting, SettingValue
from tests.confidential.test_cases import INTAKE, open_case
from tests.rules.test_routes import identity_of

PANEL = {"HX-Request": "true", "HX-Target": "x"}
REASON = "Cần giới thiệu việc làm gần nhà.\nĐã có nghề sửa xe."


@pytest.fixture
def counselor(client_as):
    return client_as("counselor")


@pytest.fixture
def case(counselor):
    return open_case(counselor, opened_on=ago(60))


@pytest.fixture
def partner(app, cast):
    return enter(app, cast.units["a"], "Trạm y tế phường", PartnerKind.HEALTH_STATION)


def ago(days):
    return str(today() - timedelta(days=days))


def enter(app, unit_id, name, kind=PartnerKind.EMPLOYMENT, **days):
    """A partner of a unit."""
    days = {"active_from": today() - timedelta(days=300), **days}
    with app.app_context():
        made = Partner(unit_id=unit_id, kind=kind, name=name, contact="0290 000 000", **days)
        db.session.add(made)
        db.session.commit()
        return made.id


def agree(app, case, partner_id, *, is_given=True, on=40, until=None):
    """The person's answer to one partner, so many days ago."""
    with app.app_context():
        db.session.add(
            Consent(
                case_id=UUID(case.split("/")[-1]),
                purpose=Purpose.REFERRAL,
                partner_id=partner_id,
                is_given=is_given,
                method="signed",
                on=today() - timedelta(days=on),
                until_on=today() + timedelta(days=until) if until is not None else None,
                recorded_by=UUID(int=1),
            )
        )
        db.session.commit()


def refer(visitor, case, partner_id, **values):
    address = case + "/referrals/new"
    told = {"partner": str(partner_id), "area": "job", "reason": REASON}
    return visitor.submit(address, address, **{**told, **values})


@pytest.fixture
def referral(counselor, case, partner, app):
    """The address of a referral sent twenty days ago."""
    agree(app, case, partner)
    page = refer(counselor, case, partner, sent_on=ago(20))
    assert page.status == 303, page.words
    return page.location


def answer(visitor, referral, status, on=0, **values):
    address = referral + "/answer"
    return visitor.submit(address, address, status=status, on=ago(on), **values)


def test_without_consent_nothing_is_sent_and_what_is_missing_is_offered(
    counselor, case, partner, app
):
    page = refer(counselor, case, partner)
    assert page.status == 422
    assert "has not been asked yet: Refer to Trạm y tế phường" in page.words
    (offer,) = [a for a in page.all("a") if "/consents/new" in a.get("href", "")]
    assert f"partner={partner}" in offer.get("href")
    kept = page.form(case + "/referrals/new")
    assert kept["reason"] == REASON
    assert kept["partner"] == str(partner)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Referral)) == 0
    agree(app, case, partner, on=0)
    assert counselor.submit(page, case + "/referrals/new").status == 303


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([{"is_given": False}], "did not agree"),
        ([{}, {"is_given": False, "on": 3}], "withdrew"),
        ([{"on": 40, "until": -10}], "expired"),
        ([{"on": 5}], "asked only on"),
    ],
)
def test_a_consent_that_does_not_hold_on_the_day_is_none(
    counselor, case, partner, app, answers, said
):
    for each in answers:
        agree(app, case, partner, **each)
    page = refer(counselor, case, partner, sent_on=ago(6) if said == "asked only on" else ago(0))
    assert page.status == 422
    assert said in page.words


def test_consent_to_one_partner_is_none_to_another(counselor, case, partner, app, cast):
    agree(app, case, partner)
    other = enter(app, cast.units["a"], "Hội LHPN", PartnerKind.WOMENS_UNION)
    assert refer(counselor, case, other).status == 422
    options = [
        "".join(option.itertext())
        for option in counselor.get(case + "/referrals/new").all("option")
    ]
    assert [told for told in options if "the person agrees" in told] == [
        "Trạm y tế phường (health station): the person agrees"
    ]


def test_a_referral_is_sent_and_read_back(counselor, case, referral, cast):
    page = counselor.get(referral)
    assert "Đã có nghề sửa xe." in page.words
    assert "Trạm y tế phường" in page.words
    due = today() - timedelta(days=5)
    assert f"answer due {due:%d/%m/%Y} · overdue" in page.words
    panel = counselor.get(case + "/referrals", headers=PANEL)
    assert "Answered: 0 of 1" in panel.words
    words = counselor.get("/referrals").words
    assert "overdue" in words
    assert "0/1" in words
    assert INTAKE["name"] not in words


def test_the_days_to_answer_are_the_provinces_on_that_day(counselor, case, partner, app, cast):
    with app.app_context():
        told = {"province_id": cast.units["province"], "source": "x"}
        for days, first in (("30", 50), ("7", 10)):
            from_on = today() - timedelta(days=first)
            db.session.add(
                SettingValue(key=Setting.FEEDBACK_DAYS, value=days, from_on=from_on, **told)
            )
        db.session.commit()
    agree(app, case, partner, on=55)
    refer(counselor, case, partner, sent_on=ago(20), area="job")
    refer(counselor, case, partner, sent_on=ago(3), area="legal")
    with app.app_context():
        days = db.session.execute(select(Referral.sent_on, Referral.feedback_due_on)).all()
    assert sorted((due - sent).days for sent, due in days) == [7, 30]


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"partner": ""}, "partner", "Fill this in"),
        ({"partner": "x"}, "partner", "Not a valid choice"),
        ({"partner": str(UUID(int=5))}, "partner", "Not a valid choice"),
        ({"area": "moon"}, "area", "Invalid Choice"),
        ({"area": ""}, "area", "Fill this in"),
        ({"reason": "  "}, "reason", "Fill this in"),
        ({"reason": "a\x00b"}, "reason", "can't be kept"),
        ({"sent_on": "2126-01-01"}, "sent_on", "too far ahead"),
        ({"sent_on": "x"}, "sent_on", "Not a date"),
    ],
)
def test_bad_input_is_named_beside_its_field_and_kept(
    counselor, case, partner, app, values, field, said
):
    agree(app, case, partner)
    page = refer(counselor, case, partner, **values)
    assert page.status == 422
    (fault,) = [e for e in page.root.iter() if e.get("id") == f"{field}-error"]
    assert said in "".join(fault.itertext())


def test_not_before_the_case_and_not_to_a_partner_of_other_days(
    counselor, case, partner, app, cast
):
    agree(app, case, partner, on=100)
    assert "opened after this day" in refer(counselor, case, partner, sent_on=ago(61)).words
    new = enter(app, cast.units["a"], "Trung tâm mới", active_from=today() - timedelta(days=5))
    agree(app, case, new)
    assert "was no partner on this day" in refer(counselor, case, new, sent_on=ago(6)).words
    gone = enter(app, cast.units["a"], "Trung tâm cũ", active_until=today() - timedelta(days=1))
    foreign = enter(app, cast.units["b"], "Trạm y tế xã khác")
    for other in (gone, foreign):
        agree(app, case, other)
        page = refer(counselor, case, other)
        assert page.status == 422
        assert "Not a valid choice" in page.words
    whole = enter(app, cast.units["province"], "Trung tâm trợ giúp pháp lý tỉnh")
    agree(app, case, whole)
    assert refer(counselor, case, whole).status == 303


def test_the_same_is_not_sent_twice_while_it_waits(counselor, case, partner, referral):
    page = refer(counselor, case, partner)
    assert page.status == 422
    assert "was referred there for this" in page.words
    assert refer(counselor, case, partner, area="legal").status == 303
    answer(counselor, referral, "declined")
    assert refer(counselor, case, partner).status == 303


def test_a_partner_answers_step_by_step(counselor, case, referral, app):
    assert answer(counselor, referral, "waitlisted", on=10, note="Chờ lớp tháng sau").status == 303
    assert answer(counselor, referral, "accepted", on=5).status == 303
    page = answer(counselor, referral, "completed", on=6)
    assert page.status == 422
    assert "Not before" in page.words
    assert answer(counselor, referral, "completed", on=5).status == 303
    words = counselor.get(referral).words
    assert "Chờ lớp tháng sau" in words
    assert "overdue" not in words
    assert "Answered: 1 of 1" in counselor.get(case + "/referrals").words
    assert "1/1" in counselor.get("/referrals").words
    with app.app_context():
        sent = db.session.scalars(select(Referral)).one()
        assert (today() - sent.answered_on).days == 10
        assert sent.status == "completed"


@pytest.mark.parametrize(
    ("status", "on", "said"),
    [
        ("sent", 0, "does not follow"),
        ("moon", 0, "Invalid Choice"),
        ("accepted", 21, "Not before"),
        ("accepted", -1, "too far ahead"),
        ("unknown", 6, "has until"),
    ],
)
def test_an_answer_that_can_not_be_is_refused(counselor, referral, status, on, said):
    page = answer(counselor, referral, status, on=on, note="giữ lại")
    assert page.status == 422
    assert said in page.words
    assert page.form(referral + "/answer")["note"] == "giữ lại"


def test_no_answer_is_none_until_one_comes(counselor, referral, app):
    assert answer(counselor, referral, "unknown", on=5).status == 303
    assert "no answer" in counselor.get("/referrals").words
    assert answer(counselor, referral, "no_show", on=2).status == 303
    assert "No referral waits" in counselor.get("/referrals").words
    with app.app_context():
        assert (today() - db.session.scalars(select(Referral.answered_on)).one()).days == 2


@given(st.lists(st.sampled_from(list(ReferralStatus)), max_size=12))
def test_no_path_leads_back(path):
    """Whatever is tried: never back to sent, and never unknown again after an answer."""
    status, answered = ReferralStatus.SENT, False
    for tried in path:
        if tried in FOLLOWING[status]:
            status = tried
            assert status is not ReferralStatus.SENT
            assert not (answered and status is ReferralStatus.UNKNOWN)
            answered = answered or is_answer(status)
    assert set(FOLLOWING) == set(ReferralStatus)
    assert all(status not in following for status, following in FOLLOWING.items())


def test_the_second_of_two_who_record_an_answer_is_told(counselor, referral, app):
    mine, other = (counselor.get(referral + "/answer") for _ in range(2))
    counselor.submit(mine, referral + "/answer", status="accepted", on=ago(3))
    page = counselor.submit(other, referral + "/answer", status="waitlisted", note="của tôi")
    assert page.status == 409
    assert "Somebody else recorded an answer meanwhile: accepted" in page.words
    assert page.form(referral + "/answer")["note"] == "của tôi"
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(ReferralStep)) == 1


def test_a_correction_keeps_what_it_said_and_asks_for_consent_again(
    counselor, case, partner, referral, app
):
    link = referral + "/correct"
    assert counselor.submit(link, link, reason="Lý do mới", area="legal").status == 303
    assert "Lý do mới" in counselor.get(referral).words
    earlier = counselor.get(link).words.partition("Before it was corrected")[2]
    assert "Đã có nghề sửa xe." in earlier
    assert counselor.submit(link, link, sent_on=ago(50)).status == 422
    answer(counselor, referral, "accepted", on=10)
    page = counselor.submit(link, link, sent_on=ago(5))
    assert page.status == 422
    assert "became known" in page.words
    opened = [counselor.get(link) for _ in range(2)]
    counselor.submit(opened[0], link, reason="của tôi")
    page = counselor.submit(opened[1], link, reason="của người kia")
    assert page.status == 409
    assert "của tôi" in page.words


def test_what_was_taken_back_counts_nowhere(counselor, case, partner, referral):
    link = referral + "/take-back"
    assert counselor.submit(link, link, reason="").status == 422
    assert counselor.submit(link, link, reason="Chưa gửi gì cả").status == 303
    words = counselor.get(case + "/referrals").words
    assert "No referral yet" in words
    assert "Chưa gửi gì cả" in words
    assert "No referral waits" in counselor.get("/referrals").words
    assert answer(counselor, referral, "accepted").status == 422
    assert counselor.get(referral + "/letter").location == referral
    assert refer(counselor, case, partner).status == 303


def letter_of(visitor, referral, query=""):
    got = visitor.client.get(referral + "/letter" + query)
    assert got.status_code == 200
    document = Document(BytesIO(got.data))
    cells = [c.text for t in document.tables for row in t.rows for c in row.cells]
    return got, "\n".join([*(p.text for p in document.paragraphs), *cells])


def test_the_letter_says_what_the_person_agreed_to_and_nothing_else(counselor, case, referral, app):
    counselor.submit(case + "/contacts/new", case + "/contacts/new", closed_note="rất riêng")
    got, text = letter_of(counselor, referral)
    with app.app_context():
        reference = db.session.scalars(select(Case.reference)).one()
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert f"phieu-chuyen-gui-{reference}.docx" in got.headers["Content-Disposition"]
    for told in ("PHIẾU CHUYỂN GỬI", "Trạm y tế phường", reference, "Đã có nghề sửa xe.",
                 "Nguyễn Thị Hoa", "Cà Mau, ngày", "./."):  # fmt: skip
        assert told in text
    secrets = [INTAKE[name] for name in ("name", "alias", "phone", "address", "safe_contact")]
    for secret in (*secrets, "rất riêng", "cai nghiện", "1990", "Nhóm A"):
        assert secret not in text
    refused = counselor.follow(counselor.get(referral + "/letter?called=name"))
    assert "did not agree to be named" in refused.words


def test_the_letter_names_only_who_agreed_to_be_named(counselor, case, partner, app):
    agree(app, case, partner)
    referral = refer(counselor, case, partner, names_person="y").location
    assert INTAKE["name"] not in letter_of(counselor, referral)[1]
    got, text = letter_of(counselor, referral, "?called=name")
    assert INTAKE["name"] in text
    assert INTAKE["alias"] not in text
    assert "Dao" not in got.headers["Content-Disposition"]
    with app.app_context():
        actions = db.session.scalars(
            select(AuditEntry.action).where(
                AuditEntry.subject_id == UUID(case.split("/")[-1]),
                AuditEntry.action.startswith("referral.letter"),
            )
        ).all()
    assert sorted(actions) == ["referral.letter", "referral.letter_with_name"]


def test_after_a_withdrawal_no_letter_goes_out_and_the_page_says_so(
    counselor, case, partner, referral, app
):
    agree(app, case, partner, is_given=False, on=0)
    page = counselor.get(referral)
    assert "no longer agrees to this partner" in page.words
    assert not [a for a in page.all("a") if a.get("href", "").endswith("/letter")]
    refused = counselor.follow(counselor.get(referral + "/letter"))
    assert "withdrew" in refused.words
    assert answer(counselor, referral, "declined").status == 303


def test_a_closed_case_takes_late_answers_and_nothing_else(counselor, case, partner, referral):
    counselor.submit(case + "/closure", case + "/closure", reason="moved")
    assert "No referral waits" in counselor.get("/referrals").words
    assert refer(counselor, case, partner, area="legal").status == 422
    for path in ("/correct", "/take-back"):
        assert counselor.submit(referral + path, referral + path, reason="x").status == 422
    assert answer(counselor, referral, "completed").status == 303


def test_fifty_times_the_same_form_is_one_referral(counselor, case, partner, app):
    agree(app, case, partner)
    form = counselor.get(case + "/referrals/new")
    told = {"partner": str(partner), "area": "job", "reason": REASON}
    went = {counselor.submit(form, case + "/referrals/new", **told).location for _ in range(50)}
    assert len(went) == 1
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Referral)) == 1


@pytest.mark.parametrize(
    "who", ["counselor2", "counselor-b", "coordinator", "unithead", "inspector", "dpo"]
)
def test_nobody_else_sees_a_referral(case, referral, client_as, who):
    other = client_as(who)
    for path in ("", "/answer", "/correct", "/take-back", "/letter"):
        page = other.get(referral + path)
        assert page.status in (403, 404)
        assert "sửa xe" not in page.text
    assert other.get(case + "/referrals").status in (403, 404)
    assert referral not in other.get("/referrals").text


def test_what_waits_is_what_the_account_is_entrusted_with(referral, app, cast):
    with app.test_request_context():
        reads = [
            identity_of(cast, who).access(Permission.CASE_READ)
            for who in ("counselor", "counselor2")
        ]
        assert [len(list_unanswered(access)) for access in reads] == [1, 0]
        assert db.session.get(Account, cast.accounts["counselor"]) is not None


def test_a_kept_reason_survives_an_expired_session(counselor, case, partner, client_as, app):
    agree(app, case, partner)
    address = case + "/referrals/new"
    form = counselor.get(address)
    with time_machine.travel(now().timestamp() + 16 * 60, tick=True):
        page = counselor.submit(form, address, reason="viết dở", partner=str(partner))
        assert "/sign-in" in page.location
        kept = client_as("counselor").get(address + "?kept=1").form(address)
        assert kept["reason"] == "viết dở"
        assert kept["partner"] == str(partner)
