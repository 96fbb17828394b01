"""Communication sessions: logged on a phone, counted in three units that never mix, and which
hamlets they reached.
"""

from datetime import date, timedelta
from io import BytesIO
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from PIL import Image
from sqlalchemy import select, text

from casework.core.audit import AuditEntry
from casework.core.clock import today
from casework.core.database import db
from casework.organisation.bodies.models import Body, BodyKind
from casework.organisation.communications import queries
from casework.organisation.communications.models import CommunicationForm, CommunicationSession
from casework.organisation.units.models import Hamlet, Succession, SuccessionKind, Unit
from tests.page import words

ABSENT = str(UUID(int=7))  # the id of nothing
START, NEW = "/communications", "/communications/new"
TALK = {
    "form": "talk",
    "topic": "Kết nối y tế",
    "attendances": "45",
    "materials": "30",
    "picture": None,
}


def add(app, *rows):
    """Keep rows; gives back their ids."""
    with app.app_context():
        db.session.add_all(rows)
        db.session.flush()
        ids = [row.id for row in rows]
        db.session.commit()
    return ids


def add_hamlets(app, cast, *names, unit="a", since=date(2025, 7, 1), until=None):
    made = [
        Hamlet(unit_id=cast.units[unit], name=name, active_from=since, active_until=until)
        for name in names
    ]
    return [str(hamlet_id) for hamlet_id in add(app, *made)]


def log(visitor, **values):
    """Log a talk; gives back the address of its page."""
    page = visitor.submit(NEW, NEW, **{**TALK, **values})
    assert page.status == 303, page.words
    return page.location


def sessions_of(app):
    with app.app_context():
        return list(db.session.scalars(select(CommunicationSession)))


def picture(name="buoi.jpg"):
    content = BytesIO()
    Image.new("RGB", (30, 20), "green").save(content, "JPEG")
    return BytesIO(content.getvalue()), name


def test_a_volunteer_logs_a_session_in_one_post(app, cast, client_as):
    one, two, _three = add_hamlets(app, cast, "Khóm 1", "Khóm 2", "Khóm 10")
    volunteer = client_as("volunteer")
    address = log(
        volunteer,
        audience="Phụ huynh",
        hamlets=[one, two],
        attendances="1.250",
        picture=picture(),
        note="Trời mưa,\nvẫn đông.",
    )
    page = volunteer.get(address)
    for said in ("Kết nối y tế", "Phụ huynh", "1,250", "Khóm 1, Khóm 2", "Phạm Văn Út", "buoi.jpg"):
        assert said in page.words
    (session,) = sessions_of(app)
    assert (session.attendances, session.materials, session.held_on) == (1250, 30, today())
    assert session.unit_id == cast.units["a"]
    page = volunteer.get(START)
    assert "1/3 hamlets covered" not in page.words and "2/3 hamlets covered" in page.words
    assert "Not reached this year: Khóm 10" in page.words
    with app.app_context():
        row = db.session.scalar(select(AuditEntry).where(AuditEntry.action == "communication.log"))
        assert row.subject_id == session.id and "Kết" not in row.detail


def test_one_form_sent_twice_is_one_session(app, cast, client_as):
    volunteer = client_as("volunteer")
    fields = {**volunteer.get(NEW).form(NEW), **TALK}
    answers = [volunteer.post(NEW, fields) for _ in range(3)]
    assert {answer.location for answer in answers} == {answers[0].location}
    assert len(sessions_of(app)) == 1


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("attendances", "0", "Somebody listened: write how many attendances there were"),
        ("attendances", "", "Somebody listened"),
        ("attendances", "-5", "A whole number from 0 to 100,000"),
        ("attendances", "12,5", "A whole number from 0 to 100,000"),
        ("attendances", "100001", "A whole number from 0 to 100,000"),
        ("attendances", "chừng 40", "A whole number from 0 to 100,000"),
        ("attendances", "9" * 6000, "A whole number from 0 to 100,000"),
        ("materials", "1.5", "A whole number from 0 to 100,000"),
        ("materials", "٣", "A whole number from 0 to 100,000"),
        ("topic", "  ", "Fill this in."),
        ("topic", "x" * 201, "At most 200 characters."),
        ("form", "", "Fill this in."),
        ("form", "rumour", "Invalid Choice: could not coerce."),
        ("held_on", "31/02/2026", "Not a date."),
        ("held_on", "", "Fill this in."),
        ("held_on", "01/01/1990", "This date is too long ago."),
        ("hamlets", ["no id"], "Choose hamlets of the list."),
        ("hamlets", [ABSENT], "Choose hamlets of the list."),
        ("body", ABSENT, "Not a valid choice."),
    ],
)
def test_bad_input_is_refused_beside_its_field(app, client_as, field, value, message):
    page = client_as("volunteer").submit(
        NEW, NEW, **{**TALK, "note": "giữ nguyên", "audience": "Thanh niên", field: value}
    )
    assert page.status == 422
    (fault,) = [div for div in page.all("div") if div.get("id") == f"{field}-error"]
    assert message in words(fault)
    assert "giữ nguyên" in page.words and page.form(NEW)["audience"] == "Thanh niên"
    assert sessions_of(app) == []


@pytest.mark.parametrize(
    ("form", "attendances", "status"),
    [
        ("talk", 0, 422),
        ("integrated", 0, 422),
        ("contest", 0, 422),
        ("loudspeaker", 0, 303),
        ("banner", 0, 303),
        ("online", 0, 303),
        ("leaflet", 0, 303),
        ("talk", 1, 303),
        ("talk", 100_000, 303),
    ],
)
def test_what_has_listeners_counts_them(client_as, form, attendances, status):
    page = client_as("volunteer").submit(
        NEW, NEW, **{**TALK, "form": form, "attendances": str(attendances)}
    )
    assert page.status == status


def test_no_session_is_logged_ahead(app, client_as):
    volunteer = client_as("volunteer")
    tomorrow = str(today() + timedelta(days=1))
    page = volunteer.submit(NEW, NEW, **TALK, held_on=tomorrow)
    assert page.status == 422
    assert (
        page.words.count("This day has not come yet. Log a communication session once it was held.")
        == 2
    )
    assert page.form(NEW)["held_on"] == tomorrow and sessions_of(app) == []


def test_a_body_holds_sessions_while_it_exists(app, cast, client_as):
    since, until = today() - timedelta(days=60), today() - timedelta(days=10)
    club = Body(
        unit_id=cast.units["a"],
        kind=BodyKind.CLUB,
        name="Câu lạc bộ Hướng Dương",
        active_from=since,
        active_until=until,
    )
    (body_id,) = add(app, club)
    volunteer = client_as("volunteer")
    for day, message in (
        (since - timedelta(days=1), "Câu lạc bộ Hướng Dương did not exist yet on this day."),
        (until + timedelta(days=1), "Câu lạc bộ Hướng Dương no longer existed on this day."),
    ):
        page = volunteer.submit(NEW, NEW, **TALK, held_on=str(day), body=str(body_id))
        assert page.status == 422 and message in page.words
    for day in (since, until):
        address = log(volunteer, held_on=str(day), body=str(body_id))
    assert "Held by Câu lạc bộ Hướng Dương" in volunteer.get(address).words


def test_the_same_session_twice_asks_first(app, client_as):
    volunteer = client_as("volunteer")
    log(volunteer, topic="Học nghề")
    again = {**TALK, "topic": "  hoc  NGHỀ "}
    page = volunteer.submit(NEW, NEW, **again)
    assert page.status == 422 and "is recorded for this day already" in page.words
    assert "another" in {field.get("name") for field in page.all("input")}
    assert len(sessions_of(app)) == 1
    assert volunteer.submit(page, NEW, another="y", picture=None).status == 303
    assert len(sessions_of(app)) == 2
    # Another form, or another day, is another session without a question.
    log(volunteer, topic="Học nghề", form="leaflet")
    log(volunteer, topic="Học nghề", held_on=str(today() - timedelta(days=1)))


def test_the_same_session_in_another_unit_is_no_double(app, cast, client_as):
    log(client_as("volunteer"))
    log(client_as("counselor-b"))
    assert {s.unit_id for s in sessions_of(app)} == {cast.units["a"], cast.units["b"]}


def test_hamlets_are_those_of_the_unit_on_that_day(app, cast, client_as):
    today_ = today()
    (old,) = add_hamlets(app, cast, "Khóm Cũ", until=today_ - timedelta(days=5))
    (new,) = add_hamlets(app, cast, "Khóm Mới", since=today_ - timedelta(days=4))
    (foreign,) = add_hamlets(app, cast, "Ấp Xa", unit="b")
    volunteer = client_as("volunteer")
    page = volunteer.get(NEW)
    assert "Khóm Mới" in page.words
    assert "Khóm Cũ" not in page.words and "Ấp Xa" not in page.words
    page = volunteer.submit(NEW, NEW, **TALK, hamlets=[foreign])
    assert page.status == 422 and "Choose hamlets of the list." in page.words
    # The list shown was that of today: the session of last week asks for its own hamlets.
    week_ago = str(today_ - timedelta(days=7))
    page = volunteer.submit(NEW, NEW, **TALK, hamlets=[new], held_on=week_ago)
    assert page.status == 422 and "The unit had other hamlets on this day." in page.words
    assert "Khóm Cũ" in page.words and "Khóm Mới" not in page.words
    assert volunteer.submit(page, NEW, hamlets=[old], picture=None).status == 303


def test_without_hamlets_the_page_says_who_enters_them(client_as):
    page = client_as("unithead").get(NEW)
    assert page.one("a", href="/bodies/hamlets") is not None
    page = client_as("volunteer").get(NEW)
    assert page.all("a", href="/bodies/hamlets") == [] and "The unit head enters them" in page.words


def test_a_picture_is_checked_and_a_paper_comes_later(app, cast, client_as):
    volunteer = client_as("volunteer")
    bad = {**TALK, "picture": (BytesIO(b"MZ not a picture"), "anh.jpg")}
    page = volunteer.submit(NEW, NEW, **bad)
    assert page.status == 422 and "Only these kinds may be sent: .jpg, .png." in page.words
    address = log(volunteer)
    files = address + "/files"
    page = volunteer.submit(address, files, paper=None)
    assert page.status == 422 and "Choose a file." in page.words
    page = volunteer.submit(address, files, paper=(BytesIO(b"%PDF-1.7 x"), "giay.pdf"))
    assert page.status == 303
    client_as("unithead").submit(address, files, paper=picture("anh.jpg"))
    page = volunteer.get(address)
    # One's own paper can be taken away again, somebody else's not.
    assert "Remove the file giay.pdf" in page.words and "anh.jpg" in page.words
    assert "Remove the file anh.jpg" not in page.words
    (form,) = [f for f in page.all("form") if f.get("action", "").endswith("/remove")]
    assert volunteer.follow(volunteer.submit(page, form.get("action"))).status == 200
    assert "giay.pdf" not in volunteer.get(address).words


def test_a_correction_keeps_what_it_corrects(app, cast, client_as):
    one, two = add_hamlets(app, cast, "Khóm 1", "Khóm 2")
    volunteer = client_as("volunteer")
    address = log(volunteer, hamlets=[one])
    correct = address + "/correct"
    shown = volunteer.get(correct)
    ticked = [box.get("value") for box in shown.all("input", name="hamlets", checked="")]
    assert ticked == [one] and shown.form(correct)["attendances"] == "45"
    page = volunteer.submit(shown, correct, attendances="54", hamlets=[two], topic="Việc làm")
    page = volunteer.follow(page)
    assert "Attendances 54" in page.words and "Hamlets reached Khóm 2" in page.words
    (earlier,) = [words(each) for each in page.all("details") if "What it said" in words(each)]
    for said in ("Kết nối y tế", "45", "Khóm 1", "· Phạm Văn Út", "talk on a topic"):
        assert said in earlier
    assert "Khóm 2" not in earlier
    # The rules of a new session hold for a correction.
    page = volunteer.submit(correct, correct, attendances="0")
    assert page.status == 422 and "Somebody listened" in page.words
    log(volunteer)
    page = volunteer.submit(correct, correct, topic="kết nối y tế")
    assert page.status == 422 and "is recorded for this day already" in page.words


def test_a_confirmed_double_is_corrected_without_another_question(client_as):
    volunteer = client_as("volunteer")
    log(volunteer)
    correct = log(volunteer, another="y") + "/correct"
    assert volunteer.submit(correct, correct, attendances="46").status == 303


def test_the_second_of_two_correctors_sees_both_texts(app, cast, client_as):
    one, two = add_hamlets(app, cast, "Khóm 1", "Khóm 2")
    volunteer, head = client_as("volunteer"), client_as("unithead")
    address = log(volunteer, hamlets=[one])
    correct = address + "/correct"
    shown = volunteer.get(correct)
    assert head.submit(correct, correct, topic="Học nghề", hamlets=[one, two]).status == 303
    page = volunteer.submit(shown, correct, topic="Vay vốn", hamlets=[one])
    assert page.status == 409
    for said in ("Yours, not saved yet Vay vốn", "Saved now Học nghề", "Saved now Khóm 1, Khóm 2"):
        assert said in page.words
    assert page.form(correct)["topic"] == "Vay vốn"
    assert volunteer.submit(page, correct).status == 303
    assert "Topic Vay vốn" in volunteer.get(address).words


def test_other_hamlets_alone_are_a_change_too(app, cast, client_as):
    one, two = add_hamlets(app, cast, "Khóm 1", "Khóm 2")
    volunteer, head = client_as("volunteer"), client_as("unithead")
    correct = log(volunteer, hamlets=[one]) + "/correct"
    shown = volunteer.get(correct)
    assert head.submit(correct, correct, hamlets=[two]).status == 303
    page = volunteer.submit(shown, correct, hamlets=[one])
    assert page.status == 409 and "Saved now Khóm 2" in page.words


def test_who_may_open_and_correct_what(app, cast, client_as):
    own = log(client_as("counselor"))
    correct = own + "/correct"
    # The unit reads; the head corrects everything, the others what they recorded.
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
        assert (visitor.get(own).status, visitor.get(correct).status) == (reads, corrects), who
        page = visitor.get(own)
        links = [link.get("href") for link in page.all("a")]
        assert (correct in links) == (corrects == 200), who
        token = visitor.get("/account").form("/sign-out")["csrf_token"]
        for address in (correct, own + "/files"):
            if corrects != 200:
                answer = visitor.post(address, {**TALK, "csrf_token": token})
                assert answer.status == corrects, (who, address)
    assert client_as("coordinator").get(START).all("a", href=NEW) == []
    assert client_as("coordinator").get(NEW).status == 403
    assert client_as("inspector").get(START).status == 403
    assert client_as("inspector").get(START + "/sheet").status == 403


def test_a_unit_beyond_reach_is_not_found(cast, client_as):
    head = client_as("unithead")
    for address in (START, START + "/sheet", NEW):
        assert head.get(f"{address}?unit={cast.units['b']}").status == 404
    fields = {**head.get(NEW).form(NEW), **TALK}
    assert head.post(f"{NEW}?unit={cast.units['b']}", fields).status == 404


def test_sessions_of_a_merged_unit_go_on_with_its_successor(app, cast, client_as):
    (before,) = add(
        app,
        Unit(
            code="31813", name="5", kind="ward", valid_from=date(2004, 1, 1),
            valid_until=date(2025, 6, 30), parent_id=cast.units["province"],
            province_id=cast.units["province"], is_province=False, source="test",
        ),
    )  # fmt: skip
    merge = Succession(
        predecessor_id=before,
        successor_id=cast.units["a"],
        kind=SuccessionKind.MERGE,
        on=date(2025, 7, 1),
        document="test",
    )
    (hamlet, *_) = add(
        app,
        Hamlet(unit_id=before, name="Khóm Nhà Cũ", active_from=date(2024, 1, 1)),
        merge,
        CommunicationSession(
            unit_id=before, held_on=date(2025, 5, 5), form="talk", topic="Trước sáp nhập",
            attendances=20, materials=0,
        ),
    )  # fmt: skip
    add_hamlets(app, cast, "Khóm Mới")
    head = client_as("unithead")
    page = head.get(f"{START}?year=2025")
    assert "Trước sáp nhập" in page.words and "0/2 hamlets covered" in page.words
    assert "Not reached this year: Khóm Mới, Khóm Nhà Cũ (Phường 5)" in page.words
    # A late entry of the time before the merger ticks the hamlets of that time.
    page = head.submit(NEW, NEW, **TALK, held_on="2025-05-06")
    assert page.status == 422 and "The unit had other hamlets on this day." in page.words
    assert "Khóm Nhà Cũ (Phường 5)" in page.words and "Khóm Mới" not in page.words
    assert head.submit(page, NEW, hamlets=[str(hamlet)], picture=None).status == 303
    assert "1/2 hamlets covered" in head.get(f"{START}?year=2025").words
    (link,) = [a for a in head.get(f"{START}?year=2025").all("a") if words(a) == "Trước sáp nhập"]
    assert head.submit(link.get("href") + "/correct", link.get("href") + "/correct",
                       attendances="21").status == 303  # fmt: skip
    assert client_as("unithead-b").get(link.get("href")).status == 404


def test_the_list_shows_a_year_of_one_unit_and_says_each_unit_of_count(app, cast, client_as):
    volunteer = client_as("volunteer")
    log(volunteer, topic="Năm nay")
    log(volunteer, topic="Tờ rơi", form="leaflet", attendances="0", materials="200")
    other = client_as("counselor-b")
    log(other, topic="Nơi khác")
    page = volunteer.get(START)
    (table,) = [t for t in page.all("table") if "What was done, by form" in words(t)]
    rows = [[words(cell) for cell in row][:4] for row in table.iter("tr")]
    assert rows == [
        ["Form of communication", "Communication sessions held", "Attendances", "Materials"],
        ["talk on a topic", "1", "45", "30"],
        ["leaflets handed out", "1", "0", "200"],
        ["All forms", "2", "45", "230"],
    ]
    assert "Nơi khác" not in page.words
    last = volunteer.get(f"{START}?year={today().year - 1}")
    assert "Năm nay" not in last.words and "No communication session in this year" in last.words
    for odd in ("0", "9999", "x", "-1", "99999999999999999999"):
        assert "Năm nay" in volunteer.get(f"{START}?year={odd}").words


def test_the_workbook_holds_texts_days_and_numbers(app, cast, client_as):
    (one,) = add_hamlets(app, cast, "Khóm 1")
    volunteer = client_as("volunteer")
    log(volunteer, topic="=1+1", hamlets=[one])
    answer = volunteer.client.get(START + "/sheet")
    assert answer.headers["Content-Disposition"].endswith(f"truyen-thong-{today().year}.xlsx")
    rows = list(load_workbook(BytesIO(answer.data)).active.iter_rows(values_only=True))
    head = rows.index(next(row for row in rows if row[0] == "Held on"))
    assert rows[head][4:7] == ("Attendances", "Materials", "Hamlets reached")
    first, total = rows[head + 1], rows[head + 2]
    assert first[0].date() == today() and first[1:7] == (
        "talk on a topic", "=1+1", None, 45, 30, "Khóm 1",
    )  # fmt: skip
    assert total[1:6] == ("talk on a topic", "1 communication sessions", None, 45, 30)


def test_a_year_of_sessions_stays_within_its_statements(app, cast, client_as):
    hamlets = [UUID(i) for i in add_hamlets(app, cast, *(f"Khóm {n}" for n in range(1, 31)))]
    made = [a_session(cast.units["a"], today() - timedelta(days=n % 30)) for n in range(60)]
    ids = add(app, *made)
    cover(app, [(session, hamlet) for session in ids for hamlet in hamlets[:7]])
    volunteer = client_as("volunteer")
    page = volunteer.get(START)
    assert "7/30 hamlets covered" in page.words
    assert "Not reached this year: Khóm 8, Khóm 9, Khóm 10, Khóm 11" in page.words
    assert volunteer.get(NEW).status == 200


def a_session(unit_id, held_on, form=CommunicationForm.TALK, attendances=10, materials=1):
    return CommunicationSession(
        unit_id=unit_id,
        held_on=held_on,
        form=form,
        topic="Chủ đề",
        attendances=attendances,
        materials=materials,
    )


def cover(app, pairs):
    rows = [
        {"id": uuid4(), "session_id": session, "hamlet_id": hamlet} for session, hamlet in pairs
    ]
    with app.app_context():
        db.session.execute(queries.CoveredHamlet.__table__.insert(), rows)
        db.session.commit()


SESSIONS = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.dates(date(2024, 12, 25), date(2026, 1, 5)),
        st.sampled_from(list(CommunicationForm)),
        st.integers(0, 100_000),
        st.integers(0, 100_000),
        st.sets(st.integers(0, 3)),
    ),
    max_size=12,
)


def test_coverage_and_totals_against_an_independent_count(app, cast):
    """Counted again in plain Python out of what was made, for units a and b."""
    with app.app_context():
        unit = {key: db.session.get_one(Unit, cast.units[key]) for key in "ab"}
        hamlets = {
            key: [Hamlet(unit_id=cast.units[key], name=f"Khóm {n}", active_from=date(2024, 1, 1))
                  for n in range(4)]
            for key in "ab"
        }  # fmt: skip
        db.session.add_all([*hamlets["a"], *hamlets["b"]])
        db.session.commit()

        @settings(max_examples=25)
        @given(SESSIONS)
        def check(made):
            db.session.rollback()
            for key, on, form, attendances, materials, reached in made:
                session = a_session(cast.units[key], on, form, attendances, materials)
                db.session.add(session)
                db.session.flush()
                for number in reached:
                    db.session.add(
                        queries.CoveredHamlet(
                            session_id=session.id, hamlet_id=hamlets[key][number].id
                        )
                    )
            db.session.flush()
            for key in "ab":
                ids = [cast.units[key]]
                year = [row for row in made if row[0] == key and row[1].year == 2025]
                found = queries.coverage(ids, unit[key], 2025)
                by_name = {line.hamlet.name: (line.sessions, line.last_on) for line in found.lines}
                for number in range(4):
                    days = [row[1] for row in year if number in row[5]]
                    assert by_name[f"Khóm {number}"] == (len(days), max(days, default=None))
                never = [n for n in range(4) if not any(n in row[5] for row in year)]
                assert [hamlet.name for hamlet in found.missing] == [f"Khóm {n}" for n in never]
                assert [line.sessions for line in found.lines][: len(never)] == [0] * len(never)
                assert (found.covered, found.all) == (4 - len(never), 4)
                totals = queries.totals(ids, date(2025, 1, 1), date(2025, 12, 31))
                assert totals.sessions == len(year)
                assert totals.attendances == sum(row[3] for row in year)
                assert totals.materials == sum(row[4] for row in year)
                months = queries.count_by_month(ids, 2025)
                assert list(months) == list(range(1, 13))
                for month in months:
                    assert months[month] == len([row for row in year if row[1].month == month])
            db.session.rollback()

        check()


def test_coverage_counts_the_hamlets_of_the_last_day(app, cast):
    """Beside the program's own query: counted by plain SQL."""
    end = date(2025, 12, 31)
    add_hamlets(app, cast, "Khóm Giữ")
    add_hamlets(app, cast, "Khóm Hết", until=end - timedelta(days=1))
    add_hamlets(app, cast, "Khóm Sau", since=end + timedelta(days=1))
    add_hamlets(app, cast, "Khóm Cuối", until=end)
    add_hamlets(app, cast, "Khóm Đầu", since=end)
    with app.app_context():
        unit = db.session.get_one(Unit, cast.units["a"])
        found = queries.coverage([unit.id], unit, 2025)
        table = Hamlet.__table__.name
        prefix = "organisation." if db.engine.dialect.name == "postgresql" else ""
        counted = db.session.execute(
            text(
                f"SELECT count(*) FROM {prefix}{table} WHERE active_from <= '2025-12-31'"
                " AND (active_until IS NULL OR active_until >= '2025-12-31')"
            )
        ).scalar_one()
        assert found.all == counted == 3
        names = [line.hamlet.name for line in found.lines]
    assert names == ["Khóm Cuối", "Khóm Đầu", "Khóm Giữ"]


def test_an_empty_year_says_what_to_do(client_as):
    page = client_as("coordinator").get(START)
    assert "No communication session in this year" in page.words
