"""Periods, and a unit's report on itself: drafted, handed in once, then frozen with its figures."""

from datetime import date, datetime, timedelta
from io import BytesIO

import pytest
import time_machine
from docx import Document
from sqlalchemy import func, select

from casework.core.clock import VIETNAM
from casework.core.database import db
from casework.organisation.bodies.models import Body, Group
from casework.organisation.budgets.models import BudgetLine, Movement
from casework.organisation.communications.models import CommunicationSession, CoveredHamlet
from casework.organisation.history.models import Revision
from casework.organisation.meetings.models import Meeting
from casework.organisation.members.models import Member, Post
from casework.organisation.partners.models import JointActivity, JointPartner, Partner
from casework.organisation.plans.models import PlannedActivity, YearlyPlan
from casework.organisation.regulations.models import Regulation
from casework.organisation.reports import queries
from casework.organisation.reports.models import Figure, ReportPeriod, UnitReport
from casework.organisation.trainings.models import Training
from casework.organisation.units.models import Hamlet, Unit
from tests.page import words

REPORTS, PERIODS, NEW = "/reports", "/reports/periods", "/reports/periods/new"
TEXTS = {"achieved": "Đã họp đều đặn.", "difficulties": "Thiếu phòng.", "proposals": "Xin bàn ghế."}
HALF = {
    "name": "6 tháng đầu năm 2026",
    "from_on": "2025-12-15",
    "until_on": "2026-06-14",
    "due_on": "2026-06-20",
    "source": "Công văn 12/SYT",
}


def at(day):
    """A morning in Vietnam."""
    return time_machine.travel(datetime.fromisoformat(f"{day} 08:00").replace(tzinfo=VIETNAM))


def ask_for_report(visitor, cast, province="province", **changes):
    address = f"{NEW}?province={cast.units[province]}"
    fields = visitor.get(address).form(NEW)
    return visitor.post(address, {**fields, **HALF, **changes})


@pytest.fixture
def period(app, cast):
    """The half-year 15/12–14/6 of the province, due on 20/6/2026."""
    days = {name: date.fromisoformat(value) for name, value in HALF.items() if name[-3:] == "_on"}
    texts = {"name": HALF["name"], "source": HALF["source"]}
    with app.app_context():
        row = ReportPeriod(province_id=cast.units["province"], **texts, **days)
        db.session.add(row)
        db.session.commit()
        return str(row.id)


def own(period):
    return f"{REPORTS}/{period}/own"


def write(visitor, period, **changes):
    """Fill the draft in and save it."""
    return visitor.submit(f"{own(period)}/change", f"{own(period)}/change", **{**TEXTS, **changes})


def paper_of(visitor, period):
    """The report as a file."""
    answer = visitor.client.get(f"{own(period)}/docx")
    assert answer.status_code == 200
    return answer.headers, Document(BytesIO(answer.data))


def hand_in(visitor, period, **changes):
    return write(visitor, period, hand_in="1", **changes)


def figures_on(page):
    """What the table of figures says, by the words of its rows."""
    return {
        words(next(row.iter("th"))): words(next(row.iter("td")))
        for row in page.all("tr")
        if len(list(row.iter("td"))) == 1
    }


def fill_unit(app, unit_id):
    """Records of unit a in and around the half-year; the expected figures stand beside the test."""
    with app.app_context():
        club = Body(unit_id=unit_id, kind="club", name="CLB", active_from=date(2024, 1, 1))
        team = Body(
            unit_id=unit_id, kind="volunteer_team", name="Đội", active_from=date(2026, 6, 1)
        )
        ended = Body(
            unit_id=unit_id,
            kind="club",
            name="Cũ",
            active_from=date(2020, 1, 1),
            active_until=date(2026, 6, 13),
        )
        member = Member(unit_id=unit_id, name="Lê Thị Sen")
        hamlets = [
            Hamlet(unit_id=unit_id, name=f"Ấp {n}", active_from=date(2025, 7, 1)) for n in "12"
        ]
        partner = Partner(unit_id=unit_id, kind="ngo", name="X", active_from=date(2024, 1, 1))
        plan = YearlyPlan(unit_id=unit_id, year=2026)
        db.session.add_all([club, team, ended, member, *hamlets, partner, plan])
        db.session.flush()
        group = Group(
            unit_id=unit_id, body_id=club.id, kind="peer", name="N", active_from=date(2025, 12, 15)
        )
        db.session.add(group)
        db.session.add_all(
            Regulation(
                body_id=body.id,
                number="1",
                signed_on=date(2024, 1, 1),
                valid_from=date(2024, 1, 1),
                valid_until=until,
            )
            for body, until in ((club, None), (team, date(2026, 6, 13)))
        )
        for role, body, until in (
            ("chair", club, None),
            ("secretary", club, date(2026, 1, 1)),
            ("team_leader", team, None),
        ):
            db.session.add(
                Post(
                    member_id=member.id,
                    body_id=body.id,
                    role=role,
                    from_on=date(2024, 1, 1),
                    until_on=until,
                )
            )
        db.session.flush()
        for due, held in (
            ("2025-12-20", "2025-12-20"),  # on time
            ("2026-01-20", "2026-02-10"),  # late
            ("2026-03-20", None),  # missed
            ("2026-06-14", "2026-06-14"),  # the last day counts
            ("2026-06-15", "2026-06-15"),  # the day after doesn't
        ):
            days = {"due_on": date.fromisoformat(due), "held_on": held and date.fromisoformat(held)}
            db.session.add(Meeting(unit_id=unit_id, body_id=club.id, **days))
        for day, attendances in (("2025-12-15", 40), ("2026-06-14", 25), ("2025-12-14", 99)):
            on = date.fromisoformat(day)
            session = CommunicationSession(
                unit_id=unit_id,
                form="talk",
                topic="x",
                held_on=on,
                attendances=attendances,
                materials=150,
            )
            activity = JointActivity(unit_id=unit_id, held_on=on, topic="x")
            training = Training(unit_id=unit_id, title="x", from_on=on, until_on=on, days=1)
            db.session.add_all([session, activity, training])
            db.session.flush()
            db.session.add(CoveredHamlet(session_id=session.id, hamlet_id=hamlets[0].id))
            db.session.add(JointPartner(activity_id=activity.id, partner_id=partner.id))
        # January to May end within the half-year, June does not; 2025 has no plan.
        for month in range(1, 7):
            db.session.add(
                PlannedActivity(plan_id=plan.id, activity="training", month=month, count=2)
            )
        line = BudgetLine(
            unit_id=unit_id,
            body_id=club.id,
            year=2026,
            funding_source="local_budget",
            purpose="activity",
            title="Sinh hoạt",
            estimate_amount=9_000_000,
            due_on=date(2026, 12, 1),
        )
        db.session.add(line)
        db.session.flush()
        for kind, amount, day in (
            ("allotment", 9_000_000, date(2026, 1, 5)),
            ("advance", 5_000_000, date(2026, 2, 1)),
            ("expense", 1_250_000, date(2026, 6, 14)),
            ("expense", 700_000, date(2026, 6, 15)),
        ):
            db.session.add(
                Movement(line_id=line.id, unit_id=unit_id, kind=kind, on=day, amount=amount)
            )
        db.session.commit()


# Counted by hand from `fill_unit`.
EXPECTED = {
    Figure.BODIES: 2,
    Figure.GROUPS: 1,
    Figure.REGULATIONS: 1,
    Figure.MEMBERS: 1,
    Figure.VACANCIES: 3,  # vice-chair and secretary of the club, deputy of the team
    Figure.MEETINGS_DUE: 4,
    Figure.MEETINGS_HELD: 3,
    Figure.MEETINGS_ON_TIME: 2,
    Figure.MEETINGS_EXCUSED: 0,
    Figure.COMMUNICATION: 2,
    Figure.ATTENDANCES: 65,
    Figure.MATERIALS: 300,
    Figure.HAMLETS_COVERED: 1,
    Figure.HAMLETS: 2,
    Figure.TRAININGS: 2,
    Figure.JOINT_ACTIVITIES: 2,
    Figure.PARTNERS: 1,
    Figure.PLANNED: 10,
    Figure.DONE: 9,  # three meetings, two of each other kind
    Figure.SESSIONS_HELD: 0,
    Figure.MISSING_MINUTES: 3,
    # The club's, from February to June. Neither the team, nor the club that ended, nor the group
    # had to meet or did.
    Figure.MEETINGS_GAP: 124,
    Figure.SESSIONS_GAP: None,
}


def test_a_period_has_explicit_days_and_its_source(app, cast, client_as):
    admin = client_as("admin")
    page = admin.follow(ask_for_report(admin, cast))
    assert "15/12/2025" in page.words and "14/06/2026" in page.words and "12/SYT" in page.words
    for who in ("unithead", "inspector", "manager", "accountant", "dpo"):
        page = client_as(who).get(f"{PERIODS}?province={cast.units['province']}")
        assert "14/06/2026" in page.words and NEW not in page.text, who
        assert client_as(who).get(NEW).status == 403
    assert "14/06/2026" not in client_as("inspector-elsewhere").get(PERIODS).words
    assert client_as("volunteer").get(PERIODS).status == 403


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"until_on": "2025-12-14"}, "until_on", "The last day lies before the first."),
        ({"due_on": "2026-06-13"}, "due_on", "Nothing can be due before its period has ended."),
        (
            {"name": "6 THANG đầu  năm 2026"},
            "name",
            "Another period of this province has this name.",
        ),
        ({"name": ""}, "name", "Fill this in."),
        ({"source": " "}, "source", "Fill this in."),
        ({"from_on": "15/13/2025"}, "from_on", "Not a date."),
        ({"from_on": "1999-01-01"}, "from_on", "This date is too long ago."),
    ],
)
def test_a_wrong_period_is_told_beside_its_field(
    app, cast, client_as, period, changes, field, message
):
    page = ask_for_report(client_as("admin"), cast, **{"name": "khác", **changes})
    assert page.status == 422 and message in words(page.one("div", id=f"{field}-error"))
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(ReportPeriod)) == 1


def test_overlapping_periods_are_allowed_with_a_warning(cast, client_as, period):
    admin = client_as("admin")
    page = admin.follow(
        ask_for_report(
            admin,
            cast,
            name="Quý II",
            from_on="2026-06-14",
            due_on="2026-09-30",
            until_on="2026-09-14",
        )
    )
    assert "It shares days with the period 6 tháng đầu năm 2026." in page.words
    page = admin.follow(
        ask_for_report(
            admin,
            cast,
            name="Quý IV",
            from_on="2026-09-15",
            due_on="2026-12-30",
            until_on="2026-12-14",
        )
    )
    assert "It shares days" not in page.words
    elsewhere = ask_for_report(admin, cast, "elsewhere")
    assert elsewhere.status == 303, "another province has its own names"
    assert "It shares days" not in admin.follow(elsewhere).words


def test_a_period_is_corrected_until_somebody_answered_it(app, client_as, period):
    admin, address = client_as("admin"), f"{PERIODS}/{period}"
    first, second = admin.get(address), admin.get(address)
    assert admin.submit(first, address, due_on="2026-06-25").status == 303
    page = admin.submit(second, address, due_on="2026-06-30")
    assert page.status == 409 and "25/06/2026" in page.words and "30/06/2026" in page.words
    assert "20/06/2026" in admin.get(address).words, "what it said before stays readable"
    with at("2026-06-15"):
        assert hand_in(client_as("unithead"), period).status == 303
    page = admin.submit(address, address, due_on="2026-07-30")
    assert page.status == 422
    assert "A unit handed in its report for this period" in page.words
    with app.app_context():
        assert db.session.scalars(select(ReportPeriod)).one().due_on == date(2026, 6, 25)
        assert db.session.scalar(select(func.count()).select_from(Revision)) == 1


@pytest.mark.parametrize(
    ("day", "status", "late"),
    [
        ("2026-06-14", "the period is still running", "–"),
        ("2026-06-15", "to be handed in", "–"),
        ("2026-06-20", "to be handed in", "–"),
        ("2026-06-21", "not handed in", "1"),
        ("2026-07-20", "not handed in", "30"),
    ],
)
def test_what_is_not_handed_in_is_due_and_then_missing(client_as, period, day, status, late):
    with at(day):
        [row] = [
            row for row in client_as("unithead").get(REPORTS).all("tr") if list(row.iter("td"))
        ]
        cells = [words(cell) for cell in row.iter("td")]
    assert (cells[2], cells[4], cells[5]) == (status, late, f"Begin the report {HALF['name']}")


@pytest.mark.parametrize(
    ("day", "status", "late"),
    [("2026-06-20", "handed in on time", "–"), ("2026-06-22", "handed in late", "2")],
)
def test_handed_in_on_time_or_late_by_days(client_as, period, day, status, late):
    head = client_as("unithead")
    with at(day):
        assert hand_in(head, period).status == 303
    [row] = [row for row in head.get(REPORTS).all("tr") if list(row.iter("td"))]
    cells = [words(cell) for cell in row.iter("td")]
    assert (cells[2], cells[4], cells[5]) == (status, late, "")


def test_the_day_is_that_of_vietnam(client_as, period):
    head = client_as("unithead")
    with time_machine.travel("2026-06-20T16:59:00Z"):  # 23:59 in Vietnam
        assert hand_in(head, period).status == 303
    assert "handed in on time" in head.get(own(period)).words


def test_before_its_end_a_period_takes_a_draft_only(app, client_as, period):
    head = client_as("unithead")
    with at("2026-06-14"):
        page = hand_in(head, period, achieved="chữ không được mất")
        assert page.status == 422 and "chữ không được mất" in page.text
        assert "This period ends on 14/06/2026: the report can be handed in from" in page.words
        page = head.follow(write(head, period, achieved="chữ không được mất"))
        assert "chữ không được mất" in page.words and "still running" in page.words
    with at("2026-06-15"):
        page = hand_in(head, period, achieved=" ", difficulties="vẫn còn")
        assert page.status == 422 and "vẫn còn" in page.text
        assert "Say what was achieved" in words(page.one("div", id="achieved-error"))
        assert hand_in(head, period).status == 303


def test_a_draft_is_saved_any_time_and_keeps_what_it_said(client_as, period):
    head = client_as("unithead")
    assert write(head, period, achieved="bản một").status == 303
    assert write(head, period, achieved="bản hai").status == 303
    page = head.get(own(period))
    assert "bản một" in words(page.one("details", class_="no-print")) and "bản hai" in page.words
    too_long = write(head, period, achieved="x" * 20_001)
    assert too_long.status == 422 and "x" * 20_001 in too_long.text


def test_two_writers_at_once_see_both_texts(client_as, period):
    head, address = client_as("unithead"), f"{own(period)}/change"
    first, second = head.get(address), head.get(address)
    assert head.submit(first, address, achieved="lời thứ nhất").status == 303
    page = head.submit(second, address, achieved="lời thứ hai")
    assert page.status == 409 and "lời thứ nhất" in page.words and "lời thứ hai" in page.words
    assert head.submit(page, address).status == 303


def test_figures_are_those_counted_by_hand(app, cast, period, client_as):
    fill_unit(app, cast.units["a"])
    fill_unit(app, cast.units["b"])
    with app.app_context(), at("2026-06-30"):
        unit, days = (
            db.session.get_one(Unit, cast.units["a"]),
            (date(2025, 12, 15), date(2026, 6, 14)),
        )
        found = queries.count_figures([unit.id], *days)
        money = queries.count_money([unit.id], *days)
    assert {figure: found[figure] for figure in EXPECTED} == EXPECTED
    assert [money[f] for f in (Figure.ALLOTTED, Figure.ADVANCED, Figure.SPENT, Figure.SETTLED)] == [
        9_000_000,
        5_000_000,
        1_250_000,
        0,
    ]
    assert money[Figure.SOURCES] == 1
    shown = figures_on(client_as("unithead").get(own(period)))
    assert shown["Attendances at communication sessions"] == "65 attendances"
    assert shown["Members"] == "1 persons"
    assert "Money spent" not in shown
    shown = figures_on(client_as("unithead").get(f"{own(period)}/money"))
    assert shown["Money spent"] == "1,250,000 đồng"


def test_no_figure_counts_persons_supported():
    measured = {figure for figure in Figure if figure.measure == "persons"}
    assert measured == {Figure.MEMBERS}


def test_frozen_figures_do_not_change_when_records_do(app, cast, client_as, period):
    fill_unit(app, cast.units["a"])
    head = client_as("unithead")
    with at("2026-06-16"):
        assert hand_in(head, period).status == 303
    before = figures_on(head.get(own(period)))
    assert before["Communication sessions"] == "2 sessions"
    assert before["Money spent"] == "1,250,000 đồng"
    with app.app_context():
        for session in db.session.scalars(select(CommunicationSession)):
            session.attendances, session.held_on = 7, date(2026, 3, 3)
        db.session.scalars(select(Body)).first().active_until = date(2025, 1, 1)
        db.session.commit()
    page = head.get(own(period))
    assert figures_on(page) == before and "Figures of the day it was handed in" in page.words
    assert "Handed in on 16/06/2026 08:00." in page.words


def test_after_handing_in_nothing_changes_but_one_supplement(app, client_as, period):
    address, action = f"{own(period)}/change", f"{own(period)}/supplement"
    with at("2026-06-16"):
        head = client_as("unithead")
        write(head, period)
        stale = head.get(address)
        assert hand_in(head, period).status == 303
        assert head.get(address).location.startswith(own(period))
        page = head.submit(stale, address, achieved="sửa sau khi nộp")
        assert page.status == 409 and "sửa sau khi nộp" in page.text
        page = head.submit(page, address)
        assert page.status == 422 and "handed in and is frozen" in page.words
    with at("2026-06-19"):
        head = client_as("unithead")
        page, later = head.get(own(period)), head.get(own(period))
        assert head.submit(page, action, supplement="  ").status == 422
        assert head.submit(page, action, supplement="Thêm một buổi.").status == 303
        page = head.submit(later, action, supplement="Thêm nữa")
        assert page.status == 409 and "Thêm nữa" in page.text
        page = head.get(own(period))
    assert "Supplement of 19/06/2026" in page.words and "Thêm một buổi." in page.words
    assert action not in page.text
    with app.app_context():
        report = db.session.scalars(select(UnitReport)).one()
        assert (report.achieved, report.supplement) == (TEXTS["achieved"], "Thêm một buổi.")


def test_a_second_supplement_is_refused(client_as, period):
    head, action = client_as("unithead"), f"{own(period)}/supplement"
    with at("2026-06-16"):
        hand_in(head, period)
        page = head.get(own(period))
        fields = page.form(action)
        head.submit(page, action, supplement="Một")
        version = str(int(fields["version"]) + 1)
        page = head.post(
            action, {**fields, "operation": "", "version": version, "supplement": "Hai"}
        )
    assert page.status == 422 and "There is a supplement already; a report gets one." in page.words


def test_the_signed_paper_is_kept_with_the_report(client_as, period):
    head, action = client_as("unithead"), f"{own(period)}/paper"
    with at("2026-06-16"):
        hand_in(head, period)
    page = head.get(own(period))
    refused = head.submit(page, action, paper=(BytesIO(b"MZ"), "x.pdf"))
    assert refused.status == 422 and "Only these kinds may be sent" in refused.words
    assert "Choose a file." in head.submit(page, action, paper=None).words
    assert head.submit(page, action, paper=(BytesIO(b"%PDF-1.7 signed"), "da-ky.pdf")).status == 303
    assert "da-ky.pdf" in client_as("volunteer").get(own(period)).words


def test_the_signed_paper_of_a_report_handed_in_stays(app, client_as, period):
    head, action = client_as("unithead"), f"{own(period)}/paper"
    with at("2026-06-16"):
        hand_in(head, period)
    assert head.submit(own(period), action, paper=(BytesIO(b"%PDF-1.7"), "da-ky.pdf")).status == 303
    page = head.get(own(period))
    assert "Remove the file" not in page.words
    (link,) = [a.get("href") for a in page.all("a") if "/files/" in (a.get("href") or "")]
    token = page.form(action)["csrf_token"]
    page = head.follow(head.post(f"{link}/remove", {"csrf_token": token, "back": own(period)}))
    assert "its papers stay with it" in page.words and "da-ky.pdf" in page.words
    assert head.get(link).status == 200


def test_the_paper_reads_back_in_the_official_form(app, cast, client_as, period):
    fill_unit(app, cast.units["a"])
    head = client_as("unithead")
    write(head, period)
    _, draft = paper_of(head, period)
    assert "DỰ THẢO" in [p.text for p in draft.paragraphs]
    with at("2026-06-16"):
        hand_in(head, period)
        page = head.get(own(period))
        action = f"{own(period)}/supplement"
        assert head.submit(page, action, supplement="Thêm một buổi.").status == 303
    headers, document = paper_of(head, period)
    assert "bao-cao-2026-06-14.docx" in headers["Content-Disposition"]
    lines = [paragraph.text for paragraph in document.paragraphs if paragraph.text]
    assert lines == [
        "BÁO CÁO 6 THÁNG ĐẦU NĂM 2026",
        "(Từ ngày 15/12/2025 đến ngày 14/06/2026)",
        "I. KẾT QUẢ",
        TEXTS["achieved"],
        "II. KHÓ KHĂN, VƯỚNG MẮC",
        TEXTS["difficulties"],
        "III. ĐỀ XUẤT",
        TEXTS["proposals"],
        "BỔ SUNG NGÀY 16/06/2026",
        "Thêm một buổi.",
        "./.",
    ]
    top, table, signed = document.tables
    assert top.cell(0, 0).text.splitlines()[:2] == ["TỈNH CÀ MAU", "PHƯỜNG BẠC LIÊU"]
    assert "Cà Mau, ngày 16 tháng 06 năm 2026" in top.cell(0, 1).text
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert rows[0] == ["STT", "Nội dung", "Đơn vị tính", "Số liệu"]
    told = {row[1]: (row[3], row[2]) for row in rows[1:]}
    assert len(told) == len(Figure) == len(rows) - 1
    assert told["Lượt người dự truyền thông"] == ("65", "lượt người")
    assert told["Kinh phí đã chi"] == ("1.250.000", "đồng")
    assert "TRƯỞNG ĐƠN VỊ" in signed.cell(0, 1).text


def test_who_reads_and_who_writes_a_report(app, cast, client_as, period):
    for unit in ("a", "b"):
        fill_unit(app, cast.units[unit])
    write(client_as("unithead"), period, achieved="bản nháp của a")
    address = f"{own(period)}?unit={cast.units['a']}"
    for who in ("counselor", "coordinator", "volunteer", "unithead"):
        assert "bản nháp của a" in client_as(who).get(address).words, who
    for who in ("inspector", "manager"):
        page = client_as(who).get(address)
        assert page.status == 200 and "bản nháp của a" not in page.words, who
        assert "a draft is for the unit alone" in page.words
        assert client_as(who).get(f"{own(period)}/docx?unit={cast.units['a']}").status == 404
    with at("2026-06-16"):
        hand_in(client_as("unithead"), period, achieved="đã nộp của a")
    for who in ("inspector", "manager", "volunteer"):
        page = client_as(who).get(address)
        assert "đã nộp của a" in page.words
        # A volunteer may not read budgets.
        assert ("Money spent" in figures_on(page)) == (who != "volunteer"), who
        assert client_as(who).get(f"{own(period)}/change").status == 403
        assert f"{own(period)}/supplement" not in page.text
    for who in ("unithead-b", "counselor-b", "inspector-elsewhere"):
        assert client_as(who).get(address).status == 404, who
    for who in ("accountant", "dpo", "admin"):
        assert client_as(who).get(address).status == 403, who
    other = client_as("unithead-b")
    token = {
        "csrf_token": other.get(f"{own(period)}/change").form(f"{own(period)}/change")["csrf_token"]
    }
    for tail in ("change", "supplement", "paper"):
        assert other.post(f"{own(period)}/{tail}?unit={cast.units['a']}", token).status == 404
    _, paper = paper_of(client_as("volunteer"), period)
    assert "Kinh phí" not in "".join(
        cell.text for row in paper.tables[1].rows for cell in row.cells
    )


def test_money_of_a_draft_is_for_those_who_read_budgets(app, cast, client_as, period):
    fill_unit(app, cast.units["a"])
    address = f"{own(period)}/money"
    for who, status in {
        "unithead": 200,
        "accountant": 200,
        "inspector": 200,
        "volunteer": 403,
        "counselor": 403,
    }.items():
        assert client_as(who).get(address).status == status, who
    foreign = f"{address}?unit={cast.units['a']}"
    assert client_as("unithead-b").get(foreign).status == 404
    assert address in client_as("unithead").get(own(period)).text
    assert address not in client_as("volunteer").get(own(period)).text


def test_periods_of_another_province_are_not_found(app, cast, client_as):
    admin = client_as("admin")
    assert ask_for_report(admin, cast, "elsewhere").status == 303
    with app.app_context():
        period = str(db.session.scalars(select(ReportPeriod.id)).one())
    for who in ("unithead", "inspector"):
        fill = client_as(who).get(own(period))
        assert fill.status == 404, who
    assert "No report is asked for yet" in client_as("unithead").get(REPORTS).words


def test_the_department_sees_its_units_for_a_period(app, cast, client_as, period):
    for unit in ("a", "b", "c"):
        fill_unit(app, cast.units[unit])
    with at("2026-06-16"):
        hand_in(client_as("unithead"), period)
    with at("2026-06-25"):
        page = client_as("inspector").get(REPORTS)
        rows = [[words(cell) for cell in row] for row in page.all("tr") if list(row.iter("td"))]
        assert rows == [
            ["Phường Bạc Liêu", "handed in on time", "16/06/2026", "–"],
            ["Xã Năm Căn", "not handed in", "—", "5"],
        ]
        assert "1/2 reports" in page.words
        assert "No period yet" in client_as("inspector-elsewhere").get(REPORTS).words
        page = client_as("manager").get(f"{REPORTS}?unit={cast.units['b']}")
        assert HALF["name"] in page.words and "not handed in" in page.words
        foreign = f"{REPORTS}?unit={cast.units['c']}"
        assert client_as("manager").get(foreign).status == 404


def test_the_department_chooses_a_period(app, cast, client_as, period):
    fill_unit(app, cast.units["a"])
    admin = client_as("admin")
    ask_for_report(admin, cast, name="Cả năm", until_on="2026-12-14", due_on="2026-12-20")
    with at("2026-06-25"):
        inspector = client_as("inspector")
        assert words(inspector.get(REPORTS).one("h2", hx_ignore="")) == HALF["name"], (
            "the newest that has ended"
        )
        with app.app_context():
            chosen = db.session.scalar(select(ReportPeriod.id).where(ReportPeriod.name == "Cả năm"))
        page = inspector.get(f"{REPORTS}?period={chosen}")
        assert words(page.one("h2", hx_ignore="")) == "Cả năm" and "still running" in page.words


def test_what_other_pages_ask_about_reports(app, cast, client_as, period):
    unit_id = cast.units["a"]
    span = (date(2026, 6, 20), date(2026, 6, 20))
    with app.app_context(), at("2026-06-18"):
        unit = db.session.get_one(Unit, unit_id)
        assert queries.reports_due(unit, date(2026, 6, 14)) == []
        assert [line.status for line in queries.reports_due(unit, date(2026, 6, 15))] == ["due"]
        assert [line.days_late for line in queries.reports_due(unit, date(2026, 6, 23))] == [3]
        assert queries.on_time_reports([unit_id], *span) == queries.OnTime(0, 0)
    with app.app_context(), at("2026-06-21"):
        assert queries.on_time_reports([unit_id], *span) == queries.OnTime(0, 1)
    with at("2026-06-20"):
        hand_in(client_as("unithead"), period)
    with app.app_context(), at("2026-06-21"):
        unit = db.session.get_one(Unit, unit_id)
        assert queries.reports_due(unit, date(2026, 6, 23)) == []
        assert queries.on_time_reports([unit_id, cast.units["b"]], *span) == queries.OnTime(1, 2)
        before = (date(2026, 1, 1), date(2026, 6, 19))
        assert queries.on_time_reports([unit_id], *before) == queries.OnTime(0, 0)


def test_nothing_is_asked_of_a_unit_before_it_was_at_work(app, cast, client_as, period):
    with app.app_context():
        body = {"kind": "club", "name": "Mới", "active_from": date(2026, 6, 15)}
        db.session.add(Body(unit_id=cast.units["a"], **body))
        db.session.commit()
    assert "No report is asked for yet" in client_as("unithead").get(REPORTS).words
    with app.app_context():
        db.session.scalars(select(Body)).one().active_from -= timedelta(days=1)
        db.session.commit()
    assert HALF["name"] in client_as("unithead").get(REPORTS).words
