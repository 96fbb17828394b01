"""Trainings: courses with those who took part, and who counsels without training."""

from calendar import monthrange
from datetime import date, timedelta
from io import BytesIO
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from casework.core.clock import add_months, today
from casework.core.database import db
from casework.organisation.bodies.models import Body, BodyKind
from casework.organisation.members.models import Member, MemberRole, Post, Skill
from casework.organisation.settings.models import Setting, SettingValue
from casework.organisation.trainings import queries
from casework.organisation.trainings.models import Training, TrainingPlace, TrainingSkill
from tests.days import in_days
from tests.page import words

START, NEW = "/trainings", "/trainings/new"
BEGAN, ENDED = today() - timedelta(days=3), today() - timedelta(days=1)
COURSE = {
    "title": "Kỹ năng tư vấn",
    "organiser": "Sở Y tế",
    "from_on": str(BEGAN),
    "until_on": str(ENDED),
    "days": "2",
    "skills": ["counselling", "communication"],
    "paper": None,
}


def add_members(app, cast, *names, unit="a", role=MemberRole.COUNSELOR, since=None, until=None):
    """Members of a club of the unit, each with a post; gives back their ids."""
    since = since or date(2025, 7, 1)
    with app.app_context():
        club = Body(
            unit_id=cast.units[unit],
            kind=BodyKind.CLUB,
            name=f"Câu lạc bộ {len(names)}",
            active_from=since,
        )
        members = [Member(unit_id=cast.units[unit], name=name) for name in names]
        db.session.add_all([club, *members])
        db.session.flush()
        db.session.add_all(
            Post(member_id=m.id, body_id=club.id, role=role, from_on=since, until_on=until)
            for m in members
        )
        ids = [str(member.id) for member in members]
        db.session.commit()
    return ids


def add_course(unit_id, until_on, member_ids, *skills):
    """A course of one day in the open transaction."""
    training = Training(
        unit_id=unit_id, title="Tập huấn", from_on=until_on, until_on=until_on, days=1
    )
    db.session.add(training)
    db.session.flush()
    db.session.add_all(TrainingSkill(training_id=training.id, skill=skill) for skill in skills)
    db.session.add_all(TrainingPlace(training_id=training.id, member_id=m) for m in member_ids)
    db.session.flush()
    return training


def log(visitor, **values):
    """Log a course; gives back the address of its page."""
    page = visitor.submit(NEW, NEW, **{**COURSE, **values})
    assert page.status == 303, page.words
    return page.location


def trainings_of(app):
    with app.app_context():
        return list(db.session.scalars(select(Training)))


def test_a_course_is_logged_with_those_who_took_part(app, cast, client_as):
    hoa, _duc = add_members(app, cast, "Nguyễn Thị Hoa", "Trần Văn Đức")
    volunteer = client_as("volunteer")
    paper = (BytesIO(b"%PDF-1.7 x"), "danh-sach.pdf")
    page = volunteer.get(log(volunteer, members=[hoa], paper=paper, note="Có chứng nhận."))
    for said in ("Kỹ năng tư vấn", "Sở Y tế", "counselling, communication", "Nguyễn Thị Hoa",
                 "danh-sach.pdf", "Có chứng nhận.", "Phạm Văn Út"):  # fmt: skip
        assert said in page.words
    assert "Trần Văn Đức" not in page.words
    (training,) = trainings_of(app)
    assert (training.unit_id, training.days) == (cast.units["a"], 2)
    page = volunteer.get(START)
    assert "1/2 counselling members trained in the last 24 months" in page.words
    assert "Trần Văn Đức: never trained in counselling" in page.words
    assert "Nguyễn Thị Hoa: " not in page.words
    last = f"{ENDED:%d/%m/%Y}"
    (row,) = [r for r in page.all("tr") if words(r).startswith("Nguyễn Thị Hoa")]
    assert words(row).endswith(f"counsels, trained counselling {last} communication {last}")


@pytest.mark.parametrize(
    ("values", "field", "message"),
    [
        ({"days": "0"}, "days", "Between 1 and 3 days: the course ran from"),
        ({"days": "4"}, "days", "Between 1 and 3 days: the course ran from"),
        ({"days": "-1"}, "days", "Between 1 and 3 days: the course ran from"),
        ({"days": "1.5"}, "days", "Not a valid integer value."),
        ({"days": ""}, "days", "Fill this in."),
        ({"days": "9" * 5000}, "days", "Not a valid integer value."),
        ({"until_on": in_days(-9)}, "until_on",
         "The last day is before the first."),
        ({"until_on": in_days(1)}, "until_on",
         "This course is not over yet. Log it once it was held."),
        ({"from_on": in_days(5),
          "until_on": in_days(6)}, "until_on",
         "This course is not over yet. Log it once it was held."),
        ({"until_on": "9999-12-31"}, "until_on", "This date is too far ahead."),
        ({"from_on": "1990-01-01"}, "from_on", "This date is too long ago."),
        ({"from_on": "hôm qua"}, "from_on", "Not a date."),
        ({"title": " "}, "title", "Fill this in."),
        ({"skills": []}, "skills", "Tick at least one skill."),
        ({"skills": ["flying"]}, "skills", "Choose skills of the list."),
        ({"members": []}, "members", "Tick who took part."),
        ({"members": ["x"]}, "members", "Choose members of the list."),
        ({"members": [str(uuid4())]}, "members", "Choose members of the list."),
        ({"paper": b"MZ"}, "paper", "Only these kinds may be sent"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_beside_its_field(app, cast, client_as, values, field, message):
    if isinstance(values.get("paper"), bytes):  # a stream is read once, the test runs twice
        values = {**values, "paper": (BytesIO(values["paper"]), "a.pdf")}
    (hoa,) = add_members(app, cast, "Nguyễn Thị Hoa")
    page = client_as("volunteer").submit(
        NEW, NEW, **{**COURSE, "members": [hoa], "note": "giữ nguyên", **values}
    )
    assert page.status == 422
    (fault,) = [div for div in page.all("div") if div.get("id") == f"{field}-error"]
    assert message in words(fault)
    assert "giữ nguyên" in page.words and page.form(NEW)["organiser"] == "Sở Y tế"
    assert trainings_of(app) == []


def test_a_course_of_all_its_days_and_one_that_ends_today(app, cast, client_as):
    (hoa,) = add_members(app, cast, "Nguyễn Thị Hoa")
    volunteer = client_as("volunteer")
    log(volunteer, members=[hoa], days="3")
    log(volunteer, members=[hoa], days="1", from_on=str(today()), until_on=str(today()))
    assert sorted(training.days for training in trainings_of(app)) == [1, 3]


def test_only_who_held_a_post_then_can_be_ticked(app, cast, client_as):
    gone_on = today() - timedelta(days=20)
    (now_here,) = add_members(app, cast, "Lê Thị Mới", since=gone_on + timedelta(days=1))
    (gone,) = add_members(app, cast, "Võ Văn Cũ", until=gone_on)
    (foreign,) = add_members(app, cast, "Người Xã Khác", unit="b")
    volunteer = client_as("volunteer")
    page = volunteer.get(NEW)
    assert "Lê Thị Mới" in page.words and "Võ Văn Cũ" not in page.words
    assert "Người Xã Khác" not in page.words
    page = volunteer.submit(NEW, NEW, **COURSE, members=[foreign])
    assert page.status == 422 and "Choose members of the list." in page.words
    # The last day of a post still counts, the day before the first does not yet.
    then = {"from_on": str(gone_on), "until_on": str(gone_on), "days": "1"}
    page = volunteer.submit(NEW, NEW, **{**COURSE, **then, "members": [now_here]})
    assert page.status == 422 and "Others held a post on these days." in page.words
    assert "Võ Văn Cũ" in page.words and "Lê Thị Mới" not in page.words
    assert volunteer.submit(page, NEW, members=[gone], paper=None).status == 303


def test_without_members_the_page_says_what_comes_first(client_as):
    page = client_as("volunteer").get(NEW)
    assert "Enter members and their posts first." in page.words
    page = client_as("volunteer").get(START)
    assert "No member counsels" in page.words and "No training in this year" in page.words


def test_a_correction_keeps_what_it_corrects(app, cast, client_as):
    hoa, duc = add_members(app, cast, "Nguyễn Thị Hoa", "Trần Văn Đức")
    volunteer = client_as("volunteer")
    address = log(volunteer, members=[hoa])
    correct = address + "/correct"
    shown = volunteer.get(correct)
    ticked = {box.get("value") for box in shown.all("input", checked="")}
    assert ticked == {hoa, "counselling", "communication"}
    page = volunteer.submit(
        shown, correct, title="Nhóm", members=[duc], skills=["group_work"], days="3"
    )
    page = volunteer.follow(page)
    assert "Nhóm" in page.words and "Skills trained group work" in page.words
    (earlier,) = [words(each) for each in page.all("details") if "What it said" in words(each)]
    for said in ("Kỹ năng tư vấn", "Nguyễn Thị Hoa", "counselling, communication", "Days 2",
                 "· Phạm Văn Út"):  # fmt: skip
        assert said in earlier
    assert "Trần Văn Đức" not in earlier
    ticks = {"members": [duc], "skills": ["group_work"]}
    page = volunteer.submit(correct, correct, days="4", **ticks)
    assert page.status == 422 and "Between 1 and 3 days" in page.words
    # Whoever took part stays on the list of the course's own days, whatever became of the post.
    with app.app_context():
        for post in db.session.scalars(select(Post)):
            post.until_on = today() - timedelta(days=100)
        db.session.commit()
    shown = volunteer.get(correct)
    assert "Trần Văn Đức" in shown.words and "Nguyễn Thị Hoa" not in shown.words


def test_the_second_of_two_correctors_sees_both_texts(app, cast, client_as):
    hoa, duc = add_members(app, cast, "Nguyễn Thị Hoa", "Trần Văn Đức")
    volunteer, head = client_as("volunteer"), client_as("unithead")
    address = log(volunteer, members=[hoa])
    correct, ticks = address + "/correct", {"skills": COURSE["skills"], "members": [hoa]}
    shown = volunteer.get(correct)
    page = head.submit(
        correct, correct, title="Của trưởng", skills=["outreach"], members=[hoa, duc]
    )
    assert page.status == 303
    page = volunteer.submit(shown, correct, title="Của tôi", **ticks)
    assert page.status == 409
    for said in ("Yours, not saved yet Của tôi", "Saved now Của trưởng", "Saved now outreach",
                 "Saved now Trần Văn Đức, Nguyễn Thị Hoa"):  # fmt: skip
        assert said in page.words
    assert volunteer.submit(page, correct, **ticks).status == 303
    assert "Của tôi" in volunteer.get(address).words


@pytest.mark.parametrize("changed", ["skills", "members"])
def test_other_ticks_alone_are_a_change_too(app, cast, client_as, changed):
    hoa, duc = add_members(app, cast, "Nguyễn Thị Hoa", "Trần Văn Đức")
    volunteer, head = client_as("volunteer"), client_as("unithead")
    correct = log(volunteer, members=[hoa]) + "/correct"
    ticks = {"skills": COURSE["skills"], "members": [hoa]}
    others = {**ticks, changed: {"skills": ["outreach"], "members": [duc]}[changed]}
    shown = volunteer.get(correct)
    assert head.submit(correct, correct, **others).status == 303
    assert volunteer.submit(shown, correct, **ticks).status == 409


def test_who_may_open_and_correct_what(app, cast, client_as):
    (hoa,) = add_members(app, cast, "Nguyễn Thị Hoa")
    own = log(client_as("counselor"), members=[hoa])
    correct = own + "/correct"
    for who, reads, corrects in (
        ("counselor", 200, 200),
        ("unithead", 200, 200),
        ("volunteer", 200, 404),
        ("counselor2", 200, 404),
        ("coordinator", 200, 403),
        ("counselor-b", 404, 404),
        ("unithead-b", 404, 404),
        ("inspector", 403, 403),
        ("manager", 403, 403),
        ("accountant", 403, 403),
        ("admin", 403, 403),
    ):
        visitor = client_as(who)
        page = visitor.get(own)
        assert (page.status, visitor.get(correct).status) == (reads, corrects), who
        assert (correct in [a.get("href") for a in page.all("a")]) == (corrects == 200), who
        token = visitor.get("/account").form("/sign-out")["csrf_token"]
        for address in (correct, own + "/files"):
            if corrects != 200:
                sent = {"csrf_token": token, "title": "x"}
                assert visitor.post(address, sent).status == corrects, (who, address)
    assert client_as("coordinator").get(NEW).status == 403
    assert client_as("coordinator").get(START).all("a", href=NEW) == []
    assert client_as("inspector").get(START).status == 403
    head = client_as("unithead")
    for address in (START, NEW):
        assert head.get(f"{address}?unit={cast.units['b']}").status == 404
    assert "Kỹ năng tư vấn" not in client_as("unithead-b").get(START).words


def test_a_paper_comes_later(app, cast, client_as):
    (hoa,) = add_members(app, cast, "Nguyễn Thị Hoa")
    volunteer = client_as("volunteer")
    address = log(volunteer, members=[hoa])
    page = volunteer.submit(address, address + "/files", paper=None)
    assert page.status == 422 and "Choose a file." in page.words
    paper = (BytesIO(b"%PDF-1.7 x"), "chung-nhan.pdf")
    assert volunteer.submit(address, address + "/files", paper=paper).status == 303
    assert "chung-nhan.pdf" in volunteer.get(address).words


def test_one_form_sent_twice_is_one_course(app, cast, client_as):
    (hoa,) = add_members(app, cast, "Nguyễn Thị Hoa")
    volunteer = client_as("volunteer")
    fields = {**volunteer.get(NEW).form(NEW), **COURSE, "members": [hoa]}
    del fields["paper"]
    answers = {volunteer.post(NEW, fields).location for _ in range(3)}
    assert len(answers) == 1 and len(trainings_of(app)) == 1


def is_within(earlier, later, months):
    """Whether a day lies at most so many months back, read off the calendar: the same day of its
    month, or that month's last where it is shorter, is the first that counts.
    """
    apart = (later.year * 12 + later.month) - (earlier.year * 12 + earlier.month)
    same_day = min(later.day, monthrange(earlier.year, earlier.month)[1])
    return apart < months or (apart == months and earlier.day >= same_day)


@pytest.mark.parametrize(
    ("trained_on", "on", "is_due"),
    [
        (date(2024, 10, 15), date(2026, 10, 15), False),
        (date(2024, 10, 14), date(2026, 10, 15), True),
        (date(2024, 10, 16), date(2026, 10, 15), False),
        (date(2024, 2, 29), date(2026, 2, 28), False),
        (date(2024, 2, 28), date(2026, 2, 28), False),
        (date(2024, 2, 27), date(2026, 2, 28), True),
        (date(2026, 10, 15), date(2026, 10, 15), False),
        (date(2026, 10, 16), date(2026, 10, 15), True),
    ],
)
def test_training_counts_for_exactly_so_many_months(app, cast, trained_on, on, is_due):
    (hoa,) = map(UUID, add_members(app, cast, "Nguyễn Thị Hoa"))
    with app.app_context():
        add_course(cast.units["a"], trained_on, [hoa], Skill.COUNSELLING)
        add_course(cast.units["a"], on, [hoa], Skill.COMMUNICATION)
        (line,) = queries.list_counsellors([cast.units["a"]], on, 24)
        assert line.is_due is is_due
        assert line.last[Skill.COMMUNICATION] == on
        assert line.counselling_on == (trained_on if trained_on <= on else None)
        trained = (0 if is_due else 1, 1)
        assert queries.trained_counsellors([cast.units["a"]], on, 24) == trained


COURSES = st.lists(
    st.tuples(
        st.dates(date(2023, 1, 1), date(2027, 3, 1)),
        st.sets(st.sampled_from([Skill.COUNSELLING, Skill.OUTREACH]), min_size=1),
        st.sets(st.integers(0, 2), min_size=1),
    ),
    max_size=8,
)


def test_who_is_due_against_an_independent_count(app, cast):
    ids = [UUID(i) for i in add_members(app, cast, "Chị Một", "Anh Hai", "Chị Ba")]
    unit_ids = [cast.units["a"]]
    with app.app_context():

        @settings(max_examples=60)
        @given(COURSES, st.dates(date(2025, 7, 1), date(2027, 1, 1)), st.integers(1, 36))
        def check(courses, on, months):
            db.session.rollback()
            for until_on, skills, who in courses:
                add_course(cast.units["a"], until_on, [ids[number] for number in who], *skills)
            trained = {
                ids[number]
                for until, skills, who in courses
                for number in who
                if Skill.COUNSELLING in skills and until <= on and is_within(until, on, months)
            }
            lines = queries.list_counsellors(unit_ids, on, months)
            assert {line.member.id for line in lines if not line.is_due} == trained
            assert queries.trained_counsellors(unit_ids, on, months) == (len(trained), 3)
            by_month = queries.count_by_month(unit_ids, 2026)
            assert list(by_month) == list(range(1, 13))
            for month, count in by_month.items():
                ended = [
                    until for until, *_ in courses if (until.year, until.month) == (2026, month)
                ]
                assert count == len(ended)
            db.session.rollback()

        check()


def test_who_does_not_counsel_is_not_due(app, cast, client_as):
    add_members(app, cast, "Người Thư Ký", role=MemberRole.SECRETARY)
    add_members(app, cast, "Người Tư Vấn")
    add_members(app, cast, "Đã Nghỉ", until=today() - timedelta(days=1))
    page = client_as("coordinator").get(START)
    assert "0/1 counselling members trained" in page.words
    names = [words(th) for th in page.all("th", scope="row")]
    assert names == ["Người Tư Vấn", "Người Thư Ký"]
    assert "Đã Nghỉ" not in page.words
    with app.app_context():
        assert queries.trained_counsellors([cast.units["a"]], today(), 24) == (0, 1)
        assert queries.trained_counsellors([cast.units["b"]], today(), 24) == (0, 0)


def test_a_course_recorded_by_another_unit_counts_for_its_member(app, cast):
    (hoa,) = map(UUID, add_members(app, cast, "Nguyễn Thị Hoa"))
    with app.app_context():
        add_course(cast.units["b"], today(), [hoa], Skill.COUNSELLING)
        assert queries.trained_counsellors([cast.units["a"]], today(), 24) == (1, 1)
        assert queries.count_by_month([cast.units["a"]], today().year)[today().month] == 0


def test_the_months_are_the_setting_of_the_province(app, cast, client_as):
    (hoa,) = map(UUID, add_members(app, cast, "Nguyễn Thị Hoa"))
    with app.app_context():
        add_course(cast.units["a"], add_months(today(), -18), [hoa], Skill.COUNSELLING)
        db.session.commit()
    head = client_as("unithead")
    assert "1/1 counselling members trained in the last 24 months" in head.get(START).words
    with app.app_context():
        db.session.add(
            SettingValue(
                key=Setting.TRAINING_MONTHS,
                province_id=cast.units["province"],
                from_on=today(),
                value="12",
                source="test",
            )
        )
        db.session.commit()
    page = head.get(START)
    assert "0/1 counselling members trained in the last 12 months" in page.words
    day = add_months(today(), -18).strftime("%d/%m/%Y")
    assert f"Nguyễn Thị Hoa: last trained until {day}" in page.words


def test_courses_are_listed_by_the_year_they_ended_in(app, cast, client_as):
    ids = [UUID(i) for i in add_members(app, cast, *(f"Người {n}" for n in range(20)))]
    with app.app_context():
        for number in range(10):
            add_course(cast.units["a"], date(2025, 12, 31), ids[:3], *Skill).title = f"Cũ {number}"
        add_course(cast.units["a"], date(2026, 1, 1), ids, Skill.OUTREACH).title = "Mới"
        db.session.commit()
    head = client_as("unithead")
    page = head.get(f"{START}?year=2025")
    assert "Cũ 9" in page.words and "Mới" not in page.words
    page = head.get(f"{START}?year=2026")
    assert "Cũ 9" not in page.words and "Mới" in page.words
    (row,) = [r for r in page.all("tr") if words(r).startswith("Mới")]
    assert words(row) == "Mới 01/01/2026 1 outreach — 20"
    for odd in ("0", "x", "9999"):
        assert head.get(f"{START}?year={odd}").status == 200
