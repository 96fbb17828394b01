"""A month on its way to its edition: complete, signed, tried, published, made known."""

import json
import os
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from flask_babel import lazy_gettext
from sqlalchemy import func, select, update

from casework.anonymisation import runs, writing
from casework.anonymisation.models import (
    CompletenessMark,
    NoticeRead,
    Outcome,
    Publication,
    PublicationRun,
    Signature,
)
from casework.anonymisation.periods import Stage, list_months
from casework.anonymisation.publish import family_of, publish_backlog
from casework.anonymisation.runs import Wanted, ask_for_run, carry_out
from casework.anonymisation.signing import Work, figures_of
from casework.anonymisation.wording import name_cell
from casework.anonymisation.wording import tell as tell_run
from casework.anonymisation.writing import Refused
from casework.authz.permissions import Role
from casework.confidential.cases.models import Case
from casework.confidential.consent.models import Consent
from casework.confidential.contacts.models import Contact
from casework.confidential.referrals.models import Referral
from casework.core.audit import SYSTEM, Actor, AuditEntry
from casework.core.database import db
from casework.inspection.readmodel.models import ActivityFigure, Edition, Figure
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.operations import give_role
from casework.organisation.bodies.models import Body, BodyKind
from casework.organisation.communications.models import CommunicationSession
from casework.organisation.meetings.models import Meeting
from casework.organisation.partners.models import Partner
from casework.organisation.plans.models import PlannedActivity, YearlyPlan
from casework.organisation.reports.models import ReportPeriod
from casework.organisation.settings.models import SettingValue
from casework.organisation.units.models import Succession, Unit
from tests.anonymisation.records import add_case, add_contact, add_group, add_meeting, add_session

SEPTEMBER = "2026-09"
SVG = "{http://www.w3.org/2000/svg}svg"
PEOPLE = ("counselor", "coordinator", "volunteer", "unithead", "accountant", "inspector", "manager",
          "dpo", "admin")  # fmt: skip


@pytest.fixture(autouse=True)
def _october():
    """Everything happens from 15 October 2026 on: September has closed on the tenth."""
    with time_machine.travel("2026-10-15 03:00:00+00:00", tick=True):
        yield


@pytest.fixture
def worked(app, cast):
    """September in two units: cases, contacts, sessions; some of it is missing."""
    with app.app_context():
        for key in ("a", "b"):
            unit = cast.units[key]
            group = add_group(unit)
            add_session(unit, group, date(2026, 9, 5), present=3, visitors=2)
            add_meeting(unit, group, date(2026, 9, 19))
            for number in range(7):
                case = add_case(unit, date(2026, 9, 1 + number))
                if number:
                    add_contact(case, unit, date(2026, 9, 10))
        db.session.commit()
    return cast


@pytest.fixture
def ended():
    """Runs go on when the page is shown: wait for them before the database is looked at."""

    def wait() -> None:
        for thread in threading.enumerate():
            if thread.name.startswith("publication"):
                thread.join(timeout=60)
                assert not thread.is_alive()

    yield wait
    wait()


def of_unit(cast, page, unit="a") -> str:
    return f"/publishing/units/{cast.units[unit]}/{page}"


def of_province(cast, page="") -> str:
    return f"/publishing/provinces/{cast.units['province']}{page}"


def sign(client_as, cast, who="unithead", unit="a"):
    address = of_unit(cast, "signature", unit)
    return client_as(who).submit(address, address, confirmed="y")


def complete(client_as, cast, who="coordinator", unit="a"):
    address = of_unit(cast, "completeness", unit)
    return client_as(who).submit(address, address)


def publish(visitor, cast, **answers):
    address = of_province(cast, "/publication")
    return visitor.submit(address, address, **{"final": "y", "without": "y", **answers})


def rows(app, kind):
    with app.app_context():
        return list(db.session.scalars(select(kind)))


def editions(app) -> list[str]:
    with app.app_context():
        return sorted(db.session.scalars(select(Edition.period)))


def logged(app, action) -> list[dict]:
    with app.app_context():
        query = select(AuditEntry.detail).where(AuditEntry.action == action)
        return [json.loads(detail or "{}") for detail in db.session.scalars(query)]


def cells(page) -> dict[str, list[str]]:
    """The rows of the page's tables by their first cell."""
    found = {}
    for row in page.all("tr"):
        words = [" ".join("".join(cell.itertext()).split()) for cell in row if len(row)]
        found[words[0]] = words[1:]
    return found


def test_a_coordinator_sees_what_is_missing_and_marks_the_month_complete(app, client_as, worked):
    page = client_as("coordinator").get(of_unit(worked, "completeness"))
    missing = {name: values[0] for name, values in cells(page).items()}
    assert missing["Meetings due, neither held nor postponed"] == "1"
    assert missing["Meetings held without minutes or attendance"] == "nothing"
    assert missing["Open cases without a contact in the month"] == "1"
    assert missing["Referrals without an answer"] == "nothing"
    assert missing["Yearly plan"] == "missing"
    assert f"/meetings?unit={worked.units['a']}&month=2026-09" in [
        link.get("href") for link in page.all("a")
    ]
    assert complete(client_as, worked).status == 303
    mark = rows(app, CompletenessMark)[0]
    assert (mark.unit_id, mark.period) == (worked.units["a"], SEPTEMBER)
    assert mark.marked_by == worked.accounts["coordinator"]
    assert logged(app, "figures.complete") == [{"period": SEPTEMBER}]
    coordinator = client_as("coordinator")
    again = coordinator.get(of_unit(worked, "completeness"))
    assert "complete Lê Thị Ánh" in again.words
    back = of_unit(worked, "completeness/withdrawal")
    assert coordinator.submit(again, back).status == 303
    assert rows(app, CompletenessMark) == []
    assert logged(app, "figures.incomplete") == [{"period": SEPTEMBER}]


def test_meetings_without_minutes_plans_teams_and_budgets_are_missed(app, client_as, worked):
    a = worked.units["a"]
    with app.app_context():
        body = Body(
            unit_id=a, kind=BodyKind.VOLUNTEER_TEAM, name="Đội", active_from=date(2025, 8, 1)
        )
        db.session.add(body)
        add_meeting(a, add_group(a, "communication"), date(2026, 9, 8), date(2026, 9, 9))
        db.session.commit()
    shown = cells(client_as("coordinator").get(of_unit(worked, "completeness")))
    assert shown["Meetings held without minutes or attendance"][0] == "1"
    assert shown["Teams without remuneration entered"][0] == "1"
    assert shown["Budget of the year"][0] == "missing"
    # Of August nothing is asked but what belongs to August.
    august = client_as("coordinator").get(of_unit(worked, "completeness?period=2026-08")).words
    assert "There is no such month here" in august


def test_plans_reports_and_referrals_are_missed_until_they_are_there(app, client_as, worked):
    a = worked.units["a"]
    with app.app_context():
        body = Body(unit_id=a, kind=BodyKind.CLUB, name="CLB", active_from=date(2025, 8, 1))
        plan = YearlyPlan(unit_id=a, year=2026)
        db.session.add_all([body, plan])
        db.session.flush()
        db.session.add_all(
            [
                PlannedActivity(plan_id=plan.id, activity="communication", month=9, count=3),
                PlannedActivity(plan_id=plan.id, activity="communication", month=10, count=9),
                CommunicationSession(
                    unit_id=a, held_on=date(2026, 9, 9), form="talk", topic="x", attendances=9
                ),
                a_report(worked, "quý III", date(2026, 9, 30), date(2026, 10, 5)),
                # Neither due before the month closes, nor of this month.
                a_report(worked, "năm", date(2026, 9, 30), date(2026, 12, 5)),
                a_report(worked, "quý II", date(2026, 6, 30), date(2026, 7, 5)),
            ]
        )
        case = add_case(a, date(2026, 8, 1))
        add_contact(case, a, date(2026, 9, 2))
        partner = Partner(unit_id=a, kind="other", name="Trạm", active_from=date(2026, 1, 1))
        db.session.add(partner)
        db.session.flush()
        consent = db.session.scalars(select(Consent.id).where(Consent.case_id == case)).first()
        taken_back = datetime(2026, 9, 4, tzinfo=UTC)
        for due, answered, back in (
            (20, None, None),
            (20, None, taken_back),
            (21, date(2026, 9, 22), None),
            (None, None, None),
        ):
            referral = Referral(
                case_id=case,
                unit_id=a,
                taken_back_at=back,
                partner_id=partner.id,
                consent_id=consent,
                area="job",
                sent_on=date(2026, 9, 3),
                feedback_due_on=date(2026, 9, due) if due else date(2026, 10, 3),
                answered_on=answered,
                status="accepted" if answered else "sent",
                recorded_by=worked.accounts["counselor"],
            )
            db.session.add(referral)
        db.session.commit()
    shown = cells(client_as("coordinator").get(of_unit(worked, "completeness")))
    assert shown["Communication sessions planned and not logged"][0] == "2"
    assert shown["Yearly plan"][0] == "nothing"
    assert shown["Reports not handed in"][0] == "1"
    assert shown["Referrals without an answer"][0] == "1"
    other = cells(client_as("coordinator-b").get(of_unit(worked, "completeness", "b")))
    assert other["Referrals without an answer"][0] == "nothing"
    # Without a body no report is asked of a unit.
    assert other["Reports not handed in"][0] == "nothing"


def a_report(cast, name, until, due) -> ReportPeriod:
    return ReportPeriod(
        province_id=cast.units["province"],
        name=name,
        from_on=date(2026, 1, 1),
        until_on=until,
        due_on=due,
    )


def test_the_unit_head_sees_work_as_it_will_be_printed_and_no_person(client_as, worked):
    page = client_as("unithead").get(of_unit(worked, "signature"))
    shown = cells(page)
    assert shown["Group sessions due"] == ["2 sessions"]
    assert shown["Group sessions held"] == ["1 sessions"]
    assert shown["Counselling contacts"] == ["6 contacts"]
    for word in (
        "Open cases",
        "New cases",
        "Persons supported",
        "Closed cases",
        "without a contact",
    ):
        assert word not in page.words


def test_few_contacts_are_signed_as_they_are_printed(app, client_as, worked):
    b = client_as("unithead-b")
    assert cells(b.get(of_unit(worked, "signature", "b")))["Counselling contacts"] == ["6 contacts"]
    with app.app_context():
        taken = select(Contact.id).where(Contact.unit_id == worked.units["b"]).limit(3)
        db.session.execute(
            update(Contact)
            .where(Contact.id.in_(db.session.scalars(taken).all()))
            .values(taken_back_at=datetime(2026, 10, 1, tzinfo=UTC))
        )
        db.session.commit()
    assert cells(b.get(of_unit(worked, "signature", "b")))["Counselling contacts"] == [
        "under 5 contacts"
    ]


def test_a_signature_holds_until_a_number_changes(app, client_as, worked):
    assert sign(client_as, worked).status == 303
    signature = rows(app, Signature)[0]
    assert (signature.unit_id, signature.period) == (worked.units["a"], SEPTEMBER)
    assert logged(app, "figures.sign") == [{"period": SEPTEMBER, "digest": signature.digest}]
    address = of_unit(worked, "signature")
    assert "Nothing is left to do here" in client_as("unithead").get(address).words
    # A case of October changes nothing of September's work, a contact in September does.
    with app.app_context():
        case = add_case(worked.units["a"], date(2026, 10, 2))
        db.session.commit()
    assert "Nothing is left to do here" in client_as("unithead").get(address).words
    with app.app_context():
        add_contact(case, worked.units["a"], date(2026, 9, 30))
        db.session.commit()
    page = client_as("unithead").get(address)
    assert "changed since it was signed" in page.words
    assert "Counselling contacts: 7 now, 6 when signed" in page.words
    line = cells(client_as("manager").get(of_province(worked)))["Phường Bạc Liêu"]
    assert line[1].startswith("changed since it was signed")
    assert sign(client_as, worked).status == 303
    assert len(rows(app, Signature)) == 2
    line = cells(client_as("manager").get(of_province(worked)))["Phường Bạc Liêu"]
    assert line[1].startswith("signed, unchanged since Huỳnh Văn Ba")


def test_what_was_not_shown_is_not_signed(app, client_as, worked):
    unithead, address = client_as("unithead"), of_unit(worked, "signature")
    shown = unithead.get(address)
    with app.app_context():
        add_meeting(worked.units["a"], add_group(worked.units["a"], "other"), date(2026, 9, 3))
        db.session.commit()
    page = unithead.submit(shown, address, confirmed="y")
    assert (page.status, rows(app, Signature)) == (422, [])
    assert "The figures changed while you looked" in page.words
    assert unithead.submit(page, address, confirmed="y").status == 303


def test_a_signature_is_no_slip_of_the_finger_and_is_kept_once(app, client_as, worked):
    unithead, address = client_as("unithead"), of_unit(worked, "signature")
    shown = unithead.get(address)
    page = unithead.submit(shown, address)
    assert (page.status, "Tick that the figures are right" in page.words) == (422, True)
    fields = {**shown.form(address), "confirmed": "y"}
    answers = [unithead.post(address, fields) for _ in range(3)]
    assert [answer.status for answer in answers] == [303] * 3
    assert len(rows(app, Signature)) == 1
    fields["operation"] = str(uuid4())
    assert "signed already" in unithead.post(address, fields).words


def test_what_is_signed_is_what_is_printed(app, worked):
    with app.app_context():
        province = db.session.get_one(Unit, worked.units["province"])
        units = [worked.units["a"], worked.units["b"]]
        db.session.add(
            CommunicationSession(
                unit_id=units[0],
                held_on=date(2026, 9, 9),
                form="talk",
                topic="Phòng ngừa",
                attendances=31,
            )
        )
        earlier = Unit(
            code="31826",
            name="Phường 5",
            kind="ward",
            valid_from=date(2025, 7, 1),
            valid_until=date(2026, 8, 31),
            province_id=province.id,
            is_province=False,
            source="test",
        )
        db.session.add(earlier)
        db.session.flush()
        db.session.add(
            Succession(
                predecessor_id=earlier.id,
                successor_id=units[0],
                kind="merge",
                on=date(2026, 9, 1),
                document="12/NQ",
            )
        )
        for place, day in ((units[0], 3), (earlier.id, 8), (units[1], 12)):
            club = Body(unit_id=place, kind="club", name="CLB", active_from=date(2025, 8, 1))
            db.session.add(club)
            db.session.flush()
            due, held = date(2026, 9, day), date(2026, 9, day + 1)
            db.session.add(Meeting(unit_id=place, body_id=club.id, due_on=due, held_on=held))
        db.session.add(Meeting(unit_id=units[1], body_id=club.id, due_on=date(2026, 9, 28)))
        db.session.commit()
        month = next(m for m in list_months(province.id) if m.period == SEPTEMBER)
        signed = figures_of(units, month)
        assert signed[units[0]][Work.COMMUNICATION_ATTENDANCES] == (31, 31)
        publish_backlog(province, SEPTEMBER, SYSTEM)
        compared = Counter()
        for kind in (Figure, ActivityFigure):
            for figure in db.session.scalars(select(kind).where(kind.unit_id.in_(units))):
                if figure.measure in set(Work) and not getattr(figure, "kind", ""):
                    work = Work(figure.measure)
                    assert signed[figure.unit_id][work] == (figure.low, figure.high), work
                    compared[work] += 1
        # A merged ward's club goes on under its old unit: the new one tells of it.
        assert signed[units[0]][Work.MEETINGS_HELD] == (2, 2)
        assert compared == dict.fromkeys(Work, 2)


@pytest.mark.parametrize(
    "period", ["2026-10", "2026-13", "October", "x" * 500, "2031-01", "2020-01"]
)
def test_a_bad_month_is_told(app, client_as, worked, period):
    for who, page in (("coordinator", "completeness"), ("unithead", "signature")):
        address = of_unit(worked, page)
        visitor = client_as(who)
        assert visitor.get(f"{address}?period={period}").status == 200
        answer = visitor.submit(address, address, period=period, confirmed="y")
        assert answer.status == 422
        assert "no such month here" in answer.words or "not over yet" in answer.words
        assert "names no month" in visitor.submit(address, address, period="").words
    manager = client_as("manager")
    for path in ("", "/missing", "/publication"):
        assert manager.get(f"{of_province(worked, path)}?period={period}").status == 200
    for path in ("/trial", "/publication"):
        page = manager.get(of_province(worked, "/publication" if "pub" in path else ""))
        fields = {"period": period, "final": "y", "without": "y"}
        assert manager.submit(page, of_province(worked, path), **fields).status == 422
    assert rows(app, CompletenessMark) == rows(app, Signature) == rows(app, PublicationRun) == []


def test_a_month_closes_on_the_day_that_the_province_has_set(app, client_as, worked):
    manager = client_as("manager")
    assert "closed, waits for publication" in manager.get(of_province(worked)).words
    with app.app_context():
        db.session.add(
            SettingValue(
                key="closing_days",
                province_id=worked.units["province"],
                from_on=date(2026, 9, 1),
                value="20",
                source="test",
            )
        )
        db.session.commit()
    page = manager.get(of_province(worked))
    assert "over, records may still come" in page.words
    assert "It can be published from 20/10/2026 on" in page.words
    assert publish(manager, worked).status == 422
    # It may be marked and signed all the same.
    assert complete(client_as, worked).status == 303


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2026-09-30", "not over yet"),
        ("2026-10-01", "over, records may still come"),
        ("2026-10-09", "over, records may still come"),
        ("2026-10-10", "closed, waits for publication"),
        ("2026-12-31", "closed, waits for publication"),
    ],
)
def test_ten_days_after_its_end_a_month_is_closed(app, worked, day, told):
    with time_machine.travel(f"{day} 03:00:00+00:00"), app.test_request_context():
        months = list_months(worked.units["province"])
        assert [month.stage.label for month in months if month.period == SEPTEMBER] == [told]
        assert months[0].period == day[:7] and months[0].stage is Stage.RUNNING


def test_somebody_with_two_roles_finds_both_parts(app, client_as, worked):
    with app.app_context():
        manager = db.session.get_one(Account, worked.accounts["manager"])
        since = date(2026, 1, 1)
        give_role(manager, Role.COORDINATOR, worked.units["b"], by=SYSTEM, on=since)
        db.session.commit()
    visitor = client_as("manager")
    page = visitor.get("/publishing")
    assert page.h1 == "Tỉnh Cà Mau"
    assert "/publishing?own=1" in [link.get("href") for link in page.all("a")]
    assert "Xã Năm Căn" in visitor.get("/publishing?own=1").words
    assert visitor.get(of_unit(worked, "completeness", "b")).status == 200
    assert visitor.get(of_unit(worked, "completeness")).status == 404
    assert client_as("manager").get("/publishing?province=x").status == 404


ALLOWED = {
    "/publishing": {"coordinator", "unithead", "manager"},
    "completeness": {"coordinator"},
    "signature": {"unithead"},
    "province": {"manager"},
    "/publishing/notices": {"coordinator", "unithead", "inspector"},
}


@pytest.mark.parametrize("who", PEOPLE)
def test_everybody_has_their_own_part(client_as, cast, who):
    visitor = client_as(who)
    addresses = {
        "completeness": [of_unit(cast, "completeness")],
        "signature": [of_unit(cast, "signature")],
        "province": [of_province(cast, path) for path in ("", "/missing", "/publication")],
    }
    for name, people in ALLOWED.items():
        for address in addresses.get(name, [name]):
            assert visitor.get(address).status == (200 if who in people else 403), address
    assert visitor.get("/how-figures-are-protected").status == 200


def test_other_units_and_provinces_are_not_found(app, client_as, worked):
    for who, page in (("coordinator-b", "completeness"), ("unithead-b", "signature")):
        visitor, address = client_as(who), of_unit(worked, page)
        assert visitor.get(address).status == 404
        own = visitor.get(of_unit(worked, page, "b"))
        fields = {**own.form(of_unit(worked, page, "b")), "confirmed": "y"}
        assert visitor.post(address, fields).status == 404
    manager, elsewhere = client_as("manager"), worked.units["elsewhere"]
    for path in ("", "/missing", "/publication"):
        assert manager.get(f"/publishing/provinces/{elsewhere}{path}").status == 404
    # A unit is no province, and the other way round.
    assert manager.get(f"/publishing/provinces/{worked.units['a']}").status == 404
    fields = manager.get(of_province(worked)).form(of_province(worked, "/trial"))
    assert manager.post(f"/publishing/provinces/{elsewhere}/trial", fields).status == 404
    assert rows(app, PublicationRun) == []
    with app.app_context():
        run = ask_for_run(Wanted(elsewhere, (SEPTEMBER,), True), by=SYSTEM_ACTOR)
        run_id = run.id
        db.session.commit()
    assert manager.get(f"/publishing/runs/{run_id}").status == 404
    assert manager.get(f"/publishing/runs/{uuid4()}").status == 404


SYSTEM_ACTOR = Actor(UUID(int=7), "Bùi Thị Sáu")


def test_the_manager_sees_every_unit_and_no_count_of_cases(client_as, worked):
    complete(client_as, worked)
    sign(client_as, worked)
    manager = client_as("manager")
    shown = cells(manager.get(of_province(worked)))
    assert shown["Phường Bạc Liêu"][0].startswith("complete")
    assert shown["Xã Năm Căn"][0] == "not marked complete"
    assert shown["Xã Năm Căn"][1] == "not signed"
    page = manager.get(of_province(worked, "/missing"))
    assert "Meetings due, neither held nor postponed: 1" in page.words
    assert "without a contact" not in page.words and "Referrals" not in page.words
    assert cells(manager.get("/publishing"))["09/2026"][2:4] == ["1", "1"]


def test_a_trial_says_what_would_be_won_and_publishes_nothing(app, client_as, worked, ended):
    manager = client_as("manager")
    begun = manager.submit(of_province(worked), of_province(worked, "/trial"))
    assert begun.status == 303
    ended()
    page = manager.follow(begun)
    assert "The trial for 09/2026 went well" in page.words
    assert "Nothing was published" in page.words
    shown = cells(page)
    assert shown["the province"] and "each unit" in shown
    assert editions(app) == [] and rows(app, Publication) == []
    run = rows(app, PublicationRun)[0]
    assert (run.outcome, run.is_trial) == (Outcome.DONE, True)
    assert logged(app, "figures.try") == [{"period": SEPTEMBER, "unsigned": 0}]
    assert "What the last run found" in manager.get(of_province(worked)).words


def test_a_publication_is_asked_twice_and_comes_out_whole(app, client_as, worked, ended):
    sign(client_as, worked)
    manager = client_as("manager")
    question = manager.get(of_province(worked, "/publication"))
    assert "Not signed: 1" in question.words and "Xã Năm Căn: not signed" in question.words
    # Whoever signed meanwhile is no longer among those that go without.
    sign(client_as, worked, "unithead-b", "b")
    address, answers = of_province(worked, "/publication"), {"final": "y", "without": "y"}
    assert "signatures changed while you looked" in (
        manager.submit(question, address, **answers).words
    )
    with app.app_context():
        add_contact(rows(app, Case)[-1].id, worked.units["b"], date(2026, 9, 9))
        db.session.commit()
    assert "Xã Năm Căn: changed since" in manager.get(address).words
    for missing in ("final", "without"):
        assert publish(manager, worked, **{missing: None}).status == 422
    assert rows(app, PublicationRun) == []
    begun = publish(manager, worked)
    assert begun.status == 303
    ended()
    assert "The figures of 09/2026 are out" in manager.follow(begun).words
    assert editions(app) == [SEPTEMBER]
    assert rows(app, Edition)[0].published_by == "Bùi Thị Sáu"
    assert logged(app, "figures.ask") == [{"period": SEPTEMBER, "unsigned": 1}]
    assert logged(app, "figures.publish") == [{"period": SEPTEMBER}]
    assert "published" in cells(manager.get("/publishing"))["09/2026"][0]


def test_sent_twice_it_runs_once(app, client_as, worked, ended):
    manager, address = client_as("manager"), of_province(worked, "/publication")
    fields = {**manager.get(address).form(address), "final": "y", "without": "y"}
    answers = [manager.post(address, fields) for _ in range(3)]
    assert len({answer.location for answer in answers}) == 1
    ended()
    assert len(rows(app, PublicationRun)) == 1
    assert editions(app) == [SEPTEMBER]


def test_once_it_is_out_nothing_of_the_month_is_signed_or_marked(app, client_as, worked):
    with app.app_context():
        publish_backlog(db.session.get_one(Unit, worked.units["province"]), SEPTEMBER, SYSTEM)
    for who, name in (("unithead", "signature"), ("coordinator", "completeness")):
        address = of_unit(worked, name)
        page = client_as(who).get(address + "?period=2026-09")
        assert "nothing of it changes any more" in page.words
        assert not [form for form in page.all("form") if form.get("action") == address]
    assert rows(app, Signature) == rows(app, CompletenessMark) == []
    manager = client_as("manager")
    page = manager.get(of_province(worked, "/publication?period=2026-09"))
    refused = manager.submit(page, of_province(worked, "/publication"), final="y", without="y")
    assert refused.status == 422
    assert "is out already" in refused.words


def test_a_frozen_month_refuses_a_form_that_was_open(app, client_as, worked):
    unithead, coordinator = client_as("unithead"), client_as("coordinator")
    forms = [
        (unithead, of_unit(worked, "signature"), {"confirmed": "y"}),
        (coordinator, of_unit(worked, "completeness"), {}),
    ]
    opened = [(who, address, who.get(address), more) for who, address, more in forms]
    with app.app_context():
        publish_backlog(db.session.get_one(Unit, worked.units["province"]), SEPTEMBER, SYSTEM)
    for who, address, page, more in opened:
        answer = who.submit(page, address, **more)
        assert answer.status == 422
        assert "is published: nothing of it changes any more" in answer.words
    assert rows(app, Signature) == rows(app, CompletenessMark) == []


def test_while_one_works_another_waits(app, client_as, worked):
    province = worked.units["province"]
    with app.app_context():
        ask_for_run(Wanted(province, (SEPTEMBER,), False), by=SYSTEM_ACTOR)
        db.session.commit()
    manager = client_as("manager")
    page = publish(manager, worked)
    assert (page.status, len(rows(app, PublicationRun))) == (422, 1)
    assert "being worked on already" in page.words
    assert "The figures are being worked on" in manager.get("/publishing").words


def test_of_several_who_begin_at_once_one_does(app, client_as, worked, ended, monkeypatch):
    """Different forms, sent in the same moment: the database holds the province for one."""
    answered, prepare = threading.Event(), runs.prepare

    def prepare_(province, periods, *, watch):
        db.session.commit()
        assert answered.wait(60)
        return prepare(province, periods, watch=watch)

    monkeypatch.setattr(runs, "prepare", prepare_)
    address = of_province(worked, "/trial")
    sent = []
    for _ in range(4):
        visitor = client_as("manager")
        sent.append((visitor, visitor.get(of_province(worked)).form(address)))
    with ThreadPoolExecutor(len(sent)) as pool:
        pages = list(pool.map(lambda each: each[0].post(address, each[1]), sent))
    answered.set()
    ended()
    assert sorted(page.status for page in pages) == [303, 422, 422, 422]
    assert [run.outcome for run in rows(app, PublicationRun)] == [Outcome.DONE]


def test_while_it_lives_a_run_says_so_again_and_again(app, worked, monkeypatch):
    seen = []

    def prepare(_province, _periods, *, watch):
        db.session.commit()
        for settled in (10, 20):
            watch("unit", settled, 100)
            time.sleep(0.3)
            run = db.session.scalars(select(PublicationRun)).one()
            seen.append((run.stage, run.settled, run.beat_at))
            db.session.commit()
        raise Refused("enough")

    monkeypatch.setattr(runs, "prepare", prepare)
    monkeypatch.setattr(runs, "BEAT_SECONDS", 0.05)
    wanted = Wanted(worked.units["province"], (SEPTEMBER,), True)
    with app.app_context():
        run_id = ask_for_run(wanted, by=SYSTEM_ACTOR).id
        db.session.commit()
    carry_out(app, run_id, wanted, SYSTEM_ACTOR)
    assert [each[:2] for each in seen] == [("unit", 10), ("unit", 20)]
    assert seen[0][2] < seen[1][2]
    assert rows(app, PublicationRun)[0].outcome == Outcome.REFUSED


def test_a_run_that_works_is_shown_and_asks_again_by_itself(app, client_as, worked):
    with app.app_context():
        run = ask_for_run(Wanted(worked.units["province"], (SEPTEMBER,), False), by=SYSTEM_ACTOR)
        run.stage, run.settled, run.all_cells = "attack", 30, 120
        address = f"/publishing/runs/{run.id}"
        db.session.commit()
    manager = client_as("manager")
    page = manager.get(address)
    assert page.one("progress").get("value") == "25"
    assert "Attacking what would be printed" in page.words
    assert page.one("div", id="run").get("hx-trigger") == "every 2s"
    fragment = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "run"}
    part = manager.get(address + "/progress", headers=fragment)
    assert part.one("progress").get("value") == "25"
    assert manager.get(address + "/progress").h1 == "Publication of the figures"
    # A minute later nobody has heard of it.
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=90), tick=True):
        page = manager.get(address)
        assert "Stopped without an answer" in page.words
        assert page.one("div", id="run").get("hx-get") is None


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Proving that no small count becomes known"),
        ("vi", "Đang chứng minh không ai suy ra được số nhỏ"),
    ],
)
def test_every_step_of_the_proof_is_told_in_words(app, client_as, worked, language, told):
    with app.app_context():
        run = ask_for_run(Wanted(worked.units["province"], (SEPTEMBER,), False), by=SYSTEM_ACTOR)
        run_id = run.id
        db.session.commit()
    manager = client_as("manager")
    manager.client.set_cookie("casework_language", language)
    for step in ("crossings", "cluster", "units", "years", "widen", "cell"):
        with app.app_context():
            db.session.get_one(PublicationRun, run_id).stage = step
            db.session.commit()
        page = manager.get(f"/publishing/runs/{run_id}")
        assert page.one("progress").get("aria-label") == told, step


@pytest.mark.parametrize(
    ("silence", "language", "told"),
    [
        ("by_category", "en", "none of it is told"),
        ("by_category", "vi", "không công bố các bảng đó"),
        ("all_new", "en", "no new number of persons could be protected"),
        ("all_new", "vi", "chưa bảo vệ được số người nào"),
    ],
)
def test_what_could_not_be_told_is_said(app, client_as, worked, silence, language, told):
    with app.app_context():
        run = ask_for_run(Wanted(worked.units["province"], (SEPTEMBER,), True), by=SYSTEM_ACTOR)
        run.ended_at, run.outcome = datetime.now(UTC), "done"
        shown = [["unit", "open", "band", 2]]
        run.told = json.dumps({"periods": [SEPTEMBER], "shown": shown, "silence": silence})
        address = f"/publishing/runs/{run.id}"
        db.session.commit()
    manager = client_as("manager")
    manager.client.set_cookie("casework_language", language)
    assert told in manager.get(address).words


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(app, client_as, worked):
    with app.app_context():
        run = ask_for_run(Wanted(worked.units["province"], (SEPTEMBER,), True), by=SYSTEM_ACTOR)
        address = f"/publishing/runs/{run.id}"
        db.session.commit()
    manager, begun = client_as("manager"), datetime.now(UTC)
    with time_machine.travel(begun + timedelta(minutes=10)):
        assert manager.get(address + "/progress").status == 200
    with time_machine.travel(begun + timedelta(minutes=16)):
        assert manager.get(address).location.startswith("/sign-in")


@pytest.mark.parametrize("stage", ["prove", "attack", "write", "reveal", "note"])
def test_a_killed_run_publishes_nothing_and_the_next_goes_on(
    app, client_as, worked, ended, monkeypatch, stage
):
    """Killed with SIGKILL in a process of its own, as a server that is switched off."""
    province = worked.units["province"]
    wanted = Wanted(province, (SEPTEMBER,), False)
    with app.app_context():
        run_id = ask_for_run(wanted, by=SYSTEM_ACTOR).id
        db.session.commit()
        for engine in db.engines.values():
            engine.dispose()
    child = os.fork()
    if child == 0:
        _die_at(stage, monkeypatch)
        carry_out(app, run_id, wanted, SYSTEM_ACTOR)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert editions(app) == ([SEPTEMBER] if stage == "note" else [])
    assert rows(app, PublicationRun)[0].ended_at is None
    manager = client_as("manager")
    assert publish(manager, worked).status == 422  # it may be alive
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=90), tick=True):
        if stage in ("reveal", "note"):
            assert "proved, not yet out" in manager.get(of_province(worked)).words
            words = client_as("unithead").get(of_unit(worked, "signature")).words
            assert "nothing of it changes any more" in words
        begun = publish(manager, worked)
        assert begun.status == 303
        ended()
        page = manager.follow(begun)
    assert "The figures of 09/2026 are out" in page.words
    assert ("Finished, as an interrupted run" in page.words) == (stage in ("reveal", "note"))
    assert editions(app) == [SEPTEMBER]
    with app.app_context():
        outcomes = db.session.scalars(
            select(PublicationRun.outcome).order_by(PublicationRun.started_at)
        ).all()
        assert outcomes == [Outcome.LOST, Outcome.DONE]
        assert db.session.scalar(select(func.count()).select_from(Publication)) == 1


def _die_at(stage, monkeypatch):
    def die(*_arguments, **_named):
        os.kill(os.getpid(), signal.SIGKILL)

    if stage in ("reveal", "note"):
        monkeypatch.setattr(writing, "_reveal" if stage == "reveal" else "_note_published", die)
        return
    tell = runs._Pulse.tell

    def watched(self, told, settled, all_cells):
        tell(self, told, settled, all_cells)
        if stage == (told if told in ("attack", "write") else "prove"):
            die()

    monkeypatch.setattr(runs._Pulse, "tell", watched)


def test_a_run_that_was_taken_over_writes_nothing(app, worked):
    """It was only slow, not dead: whoever took over has the province now."""
    wanted = Wanted(worked.units["province"], (SEPTEMBER,), False)
    with app.app_context():
        slow = ask_for_run(wanted, by=SYSTEM_ACTOR)
        slow_id = slow.id
        slow.beat_at = datetime.now(UTC) - timedelta(minutes=5)
        db.session.commit()
        ask_for_run(wanted, by=SYSTEM_ACTOR)
        db.session.commit()
    carry_out(app, slow_id, wanted, SYSTEM_ACTOR)
    assert editions(app) == [] and rows(app, Publication) == []
    with app.app_context():
        assert db.session.get_one(PublicationRun, slow_id).outcome == Outcome.LOST


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (
            lazy_gettext("%(period)s has to be published first.", period="2026-08"),
            "08/2026 has to be published first.",
        ),
        ("The attack stops 2026-09: at two counts.", "The attack stops 09/2026: at two counts."),
    ],
)
def test_a_refusal_is_told_in_the_readers_language_and_in_words(
    app, client_as, worked, ended, monkeypatch, reason, told
):
    def refuse(*_arguments, **_named):
        raise Refused(reason, ["unit:31825:open:2026-09", "province:province:new:2026-Q3"])

    monkeypatch.setattr(runs, "prepare", refuse)
    manager = client_as("manager")
    begun = publish(manager, worked)
    ended()
    page = manager.follow(begun)
    assert "Nothing was published" in page.words
    assert told in page.words
    assert "Phường Bạc Liêu: Open cases, 09/2026" in page.words
    assert "Tỉnh Cà Mau: New cases, quarter 3/2026" in page.words
    kept = json.loads(rows(app, PublicationRun)[0].told)
    assert set(kept["reason"]) == {"vi", "en"}
    assert logged(app, "figures.refused") == [{"period": SEPTEMBER}]
    assert editions(app) == []


def test_a_fault_of_the_program_is_told_and_lets_go(app, client_as, worked, ended, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(runs, "prepare", lambda *_, **__: 1 / 0)
        manager = client_as("manager")
        begun = publish(manager, worked)
        ended()
    assert "Broken off" in manager.follow(begun).words
    assert editions(app) == []
    assert publish(manager, worked).status == 303
    ended()
    assert editions(app) == [SEPTEMBER]


def test_units_are_told_until_they_have_read_it(app, client_as, worked):
    assert "Nothing new" in client_as("unithead").get("/publishing/notices").words
    with app.app_context():
        publish_backlog(db.session.get_one(Unit, worked.units["province"]), SEPTEMBER, SYSTEM)
        out = db.session.scalars(select(Publication.id)).one()
    for who in ("unithead", "coordinator", "inspector", "unithead-b"):
        assert "Figures of 09/2026 are out" in client_as(who).get("/publishing/notices").words
    elsewhere = client_as("inspector-elsewhere")
    assert "Nothing new" in elsewhere.get("/publishing/notices").words
    token = elsewhere.get("/account").form("/sign-out")["csrf_token"]
    address = f"/publishing/notices/{out}"
    assert elsewhere.post(address, {"csrf_token": token}).status == 404
    unithead = client_as("unithead")
    shown = unithead.get("/publishing/notices")
    fields = {"csrf_token": shown.all("input", name="csrf_token")[0].get("value")}
    assert unithead.post(address, {**fields, "follow": "1"}).location == "/figures"
    assert unithead.post(address, fields).location == "/publishing/notices"
    assert "Nothing new" in unithead.get("/publishing/notices").words
    assert len(rows(app, NoticeRead)) == 1
    assert "Figures of 09/2026" in client_as("inspector").get("/publishing/notices").words
    # On the pages where people begin it is a panel of its own.
    for who, page in (("coordinator", "/"), ("unithead", "/overview"), ("inspector", "/figures")):
        asked = [e.get("hx-get") for e in client_as(who).get(page).all("p")]
        assert "/publishing/notices" in asked
    with time_machine.travel("2026-12-24 03:00:00+00:00"):
        assert "Nothing new" in client_as("inspector").get("/publishing/notices").words


def test_everybody_may_read_how_it_is_done(visitor, client_as, worked, app):
    page = visitor.get("/how-figures-are-protected")
    assert page.status == 200
    assert "under 5, 5–9, 10–14" in page.words
    assert len(page.all(SVG, class_="drawn")) == 2
    with app.app_context():
        publish_backlog(db.session.get_one(Unit, worked.units["province"]), SEPTEMBER, SYSTEM)
    figures = client_as("unithead").get(f"/figures/{worked.units['a']}")
    notes = [note for note in figures.all("p", class_="figure-note") if list(note.iter(SVG))]
    assert notes
    for note in notes:
        assert [link.get("href") for link in note.iter("a")] == ["/how-figures-are-protected"]


def test_counts_are_named_by_their_unit_measure_and_period(app):
    names = {"31825": "Phường Bạc Liêu", "province": "Tỉnh Cà Mau"}
    with app.test_request_context():
        assert name_cell("unit:31825:closed:2026", names) == "Phường Bạc Liêu: Closed cases, 2026"
        told = name_cell("unproved: unit:31825:open:2026-10:A:female::job", names)
        assert told == "Phường Bạc Liêu: Open cases, 10/2026 (A, female, a job)"
        assert name_cell("unit:9:slack-x:2026-Q1", {}) == "9: slack-x, quarter 1/2026"
        assert name_cell("no cell at all", names) == "no cell at all"
        told = name_cell("unit:31825:service.job:2025", names)
        assert told == "Phường Bạc Liêu: Persons by kind of support: a job, 2025"
        told = name_cell("province:province:open.group.A:2026-09", names)
        assert told == "Tỉnh Cà Mau: Open cases: Group A, 09/2026"
        told = name_cell("province:province:new.age.18-29:2026", names)
        assert told == "Tỉnh Cà Mau: New cases: 18 to 29, 2026"
        told = name_cell("province:province:closed.reason.lost_contact:2026", names)
        assert told == "Tỉnh Cà Mau: Closed cases: contact lost, 2026"
        told = name_cell("unit:31825:D1:2026-09 tells of another count", names)
        assert told == "Phường Bạc Liêu: D1, 09/2026"


def test_a_trial_tells_in_words_how_persons_told_apart_come_out(app, cast):
    shown = [
        ["province", "closed.reason", "exact", 3],
        ["province", "open.group", "band", 9],
        ["province", "open.group", "exact", 3],
        ["province", "open", "exact", 4],
        ["unit", "open", "band", 8],
    ]
    widened = [["province:province:open.group.C:2026-09", "double"]]
    run = PublicationRun(
        province_id=cast.units["province"], told=json.dumps({"shown": shown, "widened": widened})
    )
    with app.test_request_context(headers={"Cookie": "casework_language=en"}):
        told = tell_run(run)
    assert [(each.measure, each.exact, each.ranges) for each in told.won] == [
        ("Open cases", 4, 0),
        ("Open cases by group", 3, 9),
        ("Closed cases by reason", 3, 0),
        ("Open cases", 0, 8),
    ]
    assert told.widened[0].measure == "Open cases: Group C"
    assert told.widened[0].named == ["Tỉnh Cà Mau: Open cases: Group C, 09/2026"]


@pytest.mark.parametrize(
    ("measure", "family"),
    [("open", "open"), ("service.job", "service"), ("open.age.18-29", "open.age")],
)
def test_a_report_counts_families_of_figures(measure, family):
    assert family_of(measure) == family
