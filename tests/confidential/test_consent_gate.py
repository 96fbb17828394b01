"""What needs a consent is not done without: which answer counts on which day, and what is said when
none does.
"""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.confidential.cases.models import Case
from casework.confidential.consent.models import Consent, Purpose
from casework.confidential.consent.operations import ConsentMissing, require_consent
from casework.confidential.consent.queries import find_consent, has_consent
from casework.core.clock import now
from casework.core.database import db
from casework.organisation.partners.models import Partner, PartnerKind
from tests.cast import TODAY

PHONE, REFERRAL = Purpose.PHONE_CONTACT, Purpose.REFERRAL


@pytest.fixture
def case(app, cast):
    """A case nobody has been asked about yet, and the application context it is looked at in."""
    with app.test_request_context():
        found = Case(
            reference="K7M-4QX",
            unit_id=cast.units["a"],
            target_group="A",
            sex="female",
            source="self",
            status="intake",
            opened_on=TODAY - timedelta(days=90),
        )
        db.session.add(found)
        db.session.flush()
        yield found
        db.session.rollback()


@pytest.fixture
def partners(case):
    """Two offices of the unit."""
    found = [
        Partner(
            unit_id=case.unit_id,
            kind=PartnerKind.EMPLOYMENT,
            name=name,
            active_from=date(2025, 7, 1),
        )
        for name in ("Trung tâm Dịch vụ việc làm", "Trung tâm Trợ giúp pháp lý")
    ]
    db.session.add_all(found)
    db.session.flush()
    return found


def answer(case, is_given, *, ago=10, purpose=PHONE, until=None, at=None, **about):
    """The person's answer some days ago."""
    db.session.add(
        Consent(
            case_id=case.id,
            purpose=purpose,
            is_given=is_given,
            method="signed",
            on=TODAY - timedelta(days=ago),
            until_on=until,
            recorded_by=uuid4(),
            recorded_at=at or now(),
            **about,
        )
    )
    db.session.flush()


def missing(case, purpose=PHONE, on=TODAY, **about):
    """What the refusal says."""
    with pytest.raises(ConsentMissing) as refused:
        require_consent(case, purpose, on, field="kind", **about)
    assert refused.value.field == "kind"
    return refused.value


def test_nobody_agrees_before_they_are_asked(case):
    refusal = missing(case)
    assert str(refusal.message) == "The person has not been asked yet: Contact by phone."
    assert refusal.remedies[0].endpoint == "consent.new"
    assert refusal.remedies[0].values == {"case_id": str(case.id), "purpose": "phone_contact"}


def test_a_yes_holds_from_its_day_on(case):
    answer(case, True)
    assert require_consent(case, PHONE, TODAY, field="kind").is_given
    assert has_consent(case, PHONE, TODAY - timedelta(days=10))
    assert not has_consent(case, PHONE, TODAY - timedelta(days=11))
    assert "was asked only on 05/10/2026" in str(
        missing(case, on=TODAY - timedelta(days=11)).message
    )


def test_an_answer_to_one_purpose_is_none_to_another(case):
    answer(case, True)
    assert not has_consent(case, Purpose.RECORD, TODAY)


def test_the_last_day_counts_and_the_next_does_not(case):
    answer(case, True, until=TODAY)
    assert has_consent(case, PHONE, TODAY)
    said = str(missing(case, on=TODAY + timedelta(days=1)).message)
    assert said == "The consent expired on 15/10/2026: Contact by phone."


def test_a_refusal_and_a_withdrawal_are_told_apart(case):
    answer(case, False, ago=20)
    assert "did not agree on 25/09/2026" in str(missing(case).message)
    answer(case, True, ago=10)
    assert has_consent(case, PHONE, TODAY)
    answer(case, False, ago=2)
    assert "withdrew the consent on 13/10/2026" in str(missing(case).message)
    # What was done while the person agreed stays right.
    assert has_consent(case, PHONE, TODAY - timedelta(days=5))


def test_of_two_answers_of_one_day_the_later_counts(case):
    morning = now()
    answer(case, True, at=morning)
    answer(case, False, at=morning + timedelta(hours=3))
    assert not has_consent(case, PHONE, TODAY)


def test_of_two_answers_of_one_instant_the_refusal_counts(case):
    instant = now()
    answer(case, False, at=instant)
    answer(case, True, at=instant)
    assert not has_consent(case, PHONE, TODAY)


def test_a_referral_needs_the_consent_to_this_partner(case, partners):
    jobs, law = partners
    answer(case, True, purpose=REFERRAL)
    assert not has_consent(case, REFERRAL, TODAY)
    assert not has_consent(case, REFERRAL, TODAY, partner_id=jobs.id)
    answer(case, True, purpose=REFERRAL, partner_id=jobs.id)
    assert find_consent(case, REFERRAL, TODAY, partner_id=jobs.id).partner_id == jobs.id
    refusal = missing(case, REFERRAL, partner_id=law.id)
    assert "Refer to Trung tâm Trợ giúp pháp lý" in str(refusal.message)
    assert refusal.remedies[0].values["partner"] == str(law.id)


def test_a_transfer_needs_the_consent_to_this_unit(case, cast):
    answer(case, True, purpose=REFERRAL, to_unit_id=cast.units["b"])
    assert has_consent(case, REFERRAL, TODAY, to_unit_id=cast.units["b"])
    refusal = missing(case, REFERRAL, to_unit_id=cast.units["c"])
    assert "Long Xuyên" in str(refusal.message)
    assert refusal.remedies[0].values["unit"] == str(cast.units["c"])


def test_another_case_lends_no_consent(case, cast):
    other = Case(
        reference="B2C-3DE",
        unit_id=cast.units["a"],
        target_group="A",
        sex="male",
        source="self",
        status="intake",
        opened_on=TODAY - timedelta(days=90),
    )
    db.session.add(other)
    db.session.flush()
    answer(other, True)
    assert not has_consent(case, PHONE, TODAY)


ANSWERS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 60), st.none() | st.integers(-30, 60)), max_size=6
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=ANSWERS, asked=st.integers(0, 60))
def test_the_gate_is_the_rule_written_once_more(case, answers, asked):
    """However many answers: the last one given until the day decides alone."""
    with db.session.begin_nested() as step:
        start, on = now(), TODAY - timedelta(days=asked)
        for place, (said, ago, lasts) in enumerate(answers):
            until = None if lasts is None else TODAY + timedelta(days=lasts)
            answer(case, said, ago=ago, until=until, at=start + timedelta(minutes=place))
        known = [
            (-ago, place, said, lasts)
            for place, (said, ago, lasts) in enumerate(answers)
            if ago >= asked
        ]
        expected = False
        if known:
            _, _, said, lasts = max(known)
            expected = said and (lasts is None or TODAY + timedelta(days=lasts) >= on)
        assert has_consent(case, PHONE, on) == expected
        step.rollback()
