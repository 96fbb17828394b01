"""Groups: many names at once, a session in one post, refusals as sent, corrections with history."""

import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from html import unescape
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select, update

from casework.authz.permissions import Role
from casework.confidential.groups.models import (
    Attendance,
    Facilitator,
    GroupMember,
    GroupSession,
    GroupSessionRevision,
)
from casework.core.audit import SYSTEM, AuditEntry
from casework.core.clock import today
from casework.core.database import db
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.operations import give_role
from casework.organisation.bodies.models import Group
from casework.organisation.meetings.models import Meeting
from casework.vault.grants import Grant, Use, holders_of
from tests.page import STATEMENTS, Page, Visitor

TWELVE = [
    "Nguyễn Thị Hoa",
    "Trần Văn Đức",
    "Lê Thị Ánh",
    "Phạm Văn Út",
    "Huỳnh Văn Ba",
    "Đỗ Thị Năm",
    "Võ Văn Tám",
    "Bùi Thị Sáu",
    "Dương Thị Chín",
    "Ngô Văn Mười",
    "Lý Thị Tư",
    "Hồ Thị Bảy",
]
START = date(2026, 6, 1)
SignIn = Callable[[str], Visitor]


@pytest.fixture(autouse=True)
def pinned_clock():
    with time_machine.travel(date(2026, 10, 15), tick=False):
        yield


def open_group(visitor: Visitor, name: str = "Hoa Sen") -> str:
    """Set a group up through its form; returns its address."""
    answer = visitor.submit(
        "/groups/new", "/groups/new", name=name, active_from=START.isoformat(), kind="self_help"
    )
    assert answer.status == 303, answer.words
    return answer.location.removesuffix("/members")


def add(visitor: Visitor, group: str, names: list[str], on: date = START) -> Page:
    return visitor.submit(
        f"{group}/members", f"{group}/members", names="\n".join(names), joined_on=on.isoformat()
    )


def ticked(page: Page, action: str) -> list[str]:
    """The ids ticked in a form, as a browser would send them."""
    form = next(f for f in page.all("form") if f.get("action") == action)
    boxes = [e for e in form.iter("input") if e.get("name") == "present"]
    return [e.get("value") or "" for e in boxes if e.get("checked") is not None]


def log(visitor: Visitor, group: str, page: Page | None = None, **fields: object) -> Page:
    """Send the session form; whoever is ticked on the page stays so unless told otherwise."""
    address = f"{group}/sessions/new"
    shown = page or visitor.get(address)
    values = {"present": ticked(shown, address), "on": today().isoformat(), **fields}
    return visitor.submit(shown, address, **values)


@pytest.fixture
def counselor(client_as: SignIn) -> Visitor:
    return client_as("counselor")


@pytest.fixture
def group(counselor: Visitor) -> str:
    """A group of twelve."""
    address = open_group(counselor)
    assert add(counselor, address, TWELVE).status == 303
    return address


def count(app: Flask, model: type, *where: object) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def test_a_new_group_has_its_key_its_schedule_and_a_year_of_due_meetings(app, cast, counselor):
    group = open_group(counselor)
    with app.app_context():
        row = db.session.scalars(select(Group)).one()
        assert (row.unit_id, row.name, row.active_from) == (cast.units["a"], "Hoa Sen", START)
        due = db.session.scalars(select(Meeting.due_on).order_by(Meeting.due_on)).all()
        assert due[0] == date(2026, 6, 1) and due[-1] == date(2027, 10, 4) and len(due) == 17
        assert holders_of(row.id, Use.CUSTODY) == {cast.accounts["coordinator"]}
        assert cast.accounts["counselor"] in holders_of(row.id)
        assert cast.accounts["coordinator"] not in holders_of(row.id)
    page = counselor.get("/groups")
    assert "Hoa Sen" in page.words and "02/11/2026" in page.words
    assert f"{group}/sessions/new" in page.text


def test_twelve_members_in_one_post(app, counselor, group):
    page = counselor.get(f"{group}/members")
    assert [name for name in TWELVE if name not in page.words] == []
    # By given name, in the Vietnamese alphabet.
    places = [page.words.index(name) for name in ("Lê Thị Ánh", "Huỳnh Văn Ba", "Trần Văn Đức")]
    assert places == sorted(places)
    with app.app_context():
        sealed = db.session.scalars(select(GroupMember.name_sealed)).all()
        assert not [s for s in sealed if s and b"Hoa" in s]


def test_a_session_of_twelve_in_one_post(app, counselor, group):
    form = counselor.get(f"{group}/sessions/new")
    assert len(ticked(form, f"{group}/sessions/new")) == 12
    answer = log(
        counselor, group, form, walk_ins="Mai Văn Mới\n\n  Tạ   Thị Lan ", visitors="3", note="Vui."
    )
    page = counselor.follow(answer)
    assert "14 of 14" in page.words and "17" in page.words and "Vui." in page.words
    assert "Tạ Thị Lan" in page.words and "Mai Văn Mới" in page.words
    with app.app_context():
        session = db.session.scalars(select(GroupSession)).one()
        meeting = db.session.get_one(Meeting, session.meeting_id)
        assert meeting.held_on == session.held_on == today()
        joined = db.session.scalars(select(GroupMember.joined_on).order_by(GroupMember.joined_on))
        assert joined.all()[-2:] == [today(), today()]
        assert session.note_sealed and b"Vui" not in session.note_sealed
    assert count(app, Attendance, Attendance.was_present) == 14
    assert "14 of 14" in counselor.get(f"{group}/sessions").words


def test_who_is_not_ticked_is_absent(app, counselor, group):
    form = counselor.get(f"{group}/sessions/new")
    present = ticked(form, f"{group}/sessions/new")[:5]
    page = counselor.follow(log(counselor, group, form, present=present))
    assert "5 of 12" in page.words
    assert count(app, Attendance, Attendance.was_present) == 5 and count(app, Attendance) == 12


def test_a_refused_form_comes_back_as_sent(app, counselor, group):
    form = counselor.get(f"{group}/sessions/new")
    present = ticked(form, f"{group}/sessions/new")[3:7]
    long = "rất dài " * 12_500
    sent = {"walk_ins": "Mai Văn Mới", "visitors": "-1", "note": long, "present": present}
    page = log(counselor, group, form, **sent)
    assert page.status == 422 and "At most 20000 characters." in page.words
    assert "A number from 0 to 200." in page.words
    back = page.form(f"{group}/sessions/new")
    assert ticked(page, f"{group}/sessions/new") == present
    assert back["walk_ins"] == "Mai Văn Mới" and back["visitors"] == "-1"
    assert back["note"] == long.strip()
    assert count(app, GroupSession) == 0
    # Nobody ticked stays nobody ticked.
    page = log(counselor, group, page, present=[], note="", visitors="201")
    assert page.status == 422 and ticked(page, f"{group}/sessions/new") == []
    assert log(counselor, group, page, visitors="", note="").status == 303
    assert count(app, Attendance, Attendance.was_present) == 1


@pytest.mark.parametrize("bad", ["x", "1.5", "9" * 400, "-3", "٣٣٣"])
def test_visitors_are_a_small_whole_number(counselor, group, bad):
    page = log(counselor, group, visitors=bad)
    assert page.status == 422 and page.form(f"{group}/sessions/new")["visitors"] == bad


@pytest.mark.parametrize(
    ("on", "said"),
    [
        ("2026-10-16", "not come yet"),
        ("2126-10-15", "not come yet"),
        ("9999-12-31", "not come yet"),
        ("2026-05-31", "exists from 01/06/2026"),
        ("0001-01-01", "exists from 01/06/2026"),
        ("31/02/2026", "Not a date"),
        ("", "Fill this in"),
    ],
)
def test_a_day_that_can_not_be_is_refused_and_ticks_stay(app, counselor, group, on, said):
    form = counselor.get(f"{group}/sessions/new")
    present = ticked(form, f"{group}/sessions/new")[:2]
    page = log(counselor, group, form, on=on, present=present, note="giữ lại")
    assert page.status == 422 and said in page.words
    assert ticked(page, f"{group}/sessions/new") == present
    assert page.form(f"{group}/sessions/new")["note"] == "giữ lại"
    assert count(app, GroupSession) == 0


def test_save_back_save_is_told_and_led_to_the_session(app, counselor, group):
    first = log(counselor, group, note="một")
    again = log(counselor, group, note="hai")
    assert again.status == 422 and "already logged" in again.words
    assert again.form(f"{group}/sessions/new")["note"] == "hai"
    assert [a for a in again.all("a") if a.get("href") == first.location]
    assert count(app, GroupSession) == 1 and count(app, Meeting, Meeting.held_on.is_not(None)) == 1


def test_the_same_form_fifty_times_is_one_session(app, counselor, group):
    form = counselor.get(f"{group}/sessions/new")
    answers = {log(counselor, group, form, walk_ins="Mai Văn Mới").location for _ in range(50)}
    assert len(answers) == 1
    assert count(app, GroupSession) == 1 and count(app, GroupMember) == 13


def test_eight_at_once_make_one_session(app, client_as, group):
    address = f"{group}/sessions/new"
    visitors = [client_as("counselor") for _ in range(8)]
    forms = [visitor.get(address) for visitor in visitors]
    assert len({form.form(address)["operation"] for form in forms}) == 8
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda pair: log(pair[0], group, pair[1]).status, zip(visitors, forms, strict=True)
            )
        )
    assert sorted(answers) == [303] + [422] * 7
    assert count(app, GroupSession) == 1 and count(app, Attendance) == 12


def test_text_and_ticks_survive_an_expired_session(app, counselor, group, demo_password):
    address = f"{group}/sessions/new"
    form = counselor.get(address)
    present = ticked(form, address)[4:]
    with time_machine.travel(datetime(2026, 10, 15, 1, tzinfo=UTC), tick=False):
        lost = log(counselor, group, form, present=present, walk_ins="Mai Văn Mới", note="giữ lại")
        assert lost.status == 303 and lost.location.startswith("/sign-in")
        door = counselor.get(lost.location)
        back = counselor.follow(
            counselor.submit(door, "/sign-in", username="counselor", password=demo_password)
        )
        assert ticked(back, address) == present
        assert back.form(address)["walk_ins"] == "Mai Văn Mới"
        assert back.form(address)["note"] == "giữ lại"
        assert log(counselor, group, back).status == 303
    assert count(app, Attendance, Attendance.was_present) == 9


def test_the_roster_is_that_of_the_day(app, counselor, group):
    add(counselor, group, ["Mai Văn Mới"], on=date(2026, 9, 1))
    early = counselor.get(f"{group}/sessions/new?on=2026-08-03")
    late = counselor.get(f"{group}/sessions/new?on=2026-09-07")
    assert "Mai Văn Mới" not in early.words and "Mai Văn Mới" in late.words
    # The form was opened for another day: nobody is absent who was not on the list.
    moved = log(counselor, group, early, on="2026-09-07", present=[])
    assert moved.status == 422 and "another one on this day" in moved.words
    assert len(ticked(moved, f"{group}/sessions/new")) == 1
    page = counselor.follow(log(counselor, group, moved, on="2026-09-07"))
    assert "1 of 13" in page.words
    again = counselor.get(f"{group}/sessions/new?on=2026-08-03")
    assert "12 of 12" in counselor.follow(log(counselor, group, again, on="2026-08-03")).words


def test_a_name_twice_is_told(app, counselor, group):
    page = add(counselor, group, ["trần văn  đức", "Trần Văn Dức"])
    assert page.status == 422 and "In the group already: trần văn đức" in page.words
    assert page.form(f"{group}/members")["names"] == "trần văn  đức\nTrần Văn Dức"
    page = add(counselor, group, ["Mai", "MAI"])
    assert page.status == 422 and "Written twice: Mai" in page.words
    page = log(counselor, group, walk_ins="Lê Thị Ánh")
    assert page.status == 422 and "In the group already" in page.words
    assert count(app, GroupMember) == 12 and count(app, GroupSession) == 0


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (unicodedata.normalize("NFD", "Đặng Thị Thuỷ"), "Đặng Thị Thuỷ"),
        ("Lan 🌸", "Lan 🌸"),
        ("<b>Lan</b> & 'Hồng'", "<b>Lan</b> & 'Hồng'"),
    ],
)
def test_what_can_be_typed_can_be_read_again(counselor, group, typed, kept):
    assert add(counselor, group, [typed]).status == 303
    assert kept in counselor.get(f"{group}/members").words
    note = f"{typed}\n  thụt vào\nhết"
    page = counselor.follow(log(counselor, group, note=note))
    assert f"{kept}\n  thụt vào\nhết" in unescape(page.text)


@pytest.mark.parametrize(
    "names",
    ["", " \n ", "x" * 201, "\n".join(f"Tên {i}" for i in range(101)), "a\0b", "x" * 100_000],
)
def test_names_that_can_not_be_kept_are_refused(app, counselor, group, names):
    page = add(counselor, group, [names])
    assert page.status == 422 and "Nothing was saved yet" in page.words
    assert page.form(f"{group}/members")["names"] == names.replace("\0", "").strip()
    assert count(app, GroupMember) == 12


def test_a_member_is_renamed_leaves_and_stays_on_past_lists(app, counselor, group):
    session = log(counselor, group, on="2026-09-07").location
    with app.app_context():
        member_id = db.session.scalars(
            select(GroupMember.id).order_by(GroupMember.id).limit(1)
        ).one()
    address = f"{group}/members/{member_id}"
    stale = counselor.get(address)
    assert counselor.submit(address, address, left_on="2026-09-06").status == 422
    assert counselor.submit(address, address, joined_on="2026-09-08").status == 422
    assert counselor.submit(address, address, name=TWELVE[0]).status in (303, 422)
    answer = counselor.submit(address, address, name="Chị Hai", left_on="2026-09-30")
    assert answer.status == 303
    assert "Former members: 1" in counselor.follow(answer).words
    assert "12 of 12" in counselor.get(session).words and "Chị Hai" in counselor.get(session).words
    assert "Members: 11" in counselor.get(f"{group}/members").words
    refused = counselor.submit(stale, address, name="Anh Ba")
    assert refused.status == 409 and "Chị Hai" in refused.words and "Anh Ba" in refused.words
    assert counselor.submit(refused, address).status == 303


def test_a_correction_keeps_what_was_there(app, counselor, group):
    session = log(counselor, group, note="bản đầu", visitors="2").location
    address = f"{session}/correct"
    form = counselor.get(address)
    present = ticked(form, address)
    assert len(present) == 12
    stale = counselor.get(address)
    answer = counselor.submit(form, address, present=present[2:], note="bản sau", visitors="1")
    page = counselor.follow(answer)
    assert "10 of 12" in page.words and "bản đầu" in page.words and "bản sau" in page.words
    assert "Absent: nobody" in page.words
    refused = counselor.submit(stale, address, present=present, note="của tôi")
    assert refused.status == 409 and "của tôi" in refused.words and "bản sau" in refused.words
    assert ticked(refused, address) == present
    assert count(app, Attendance, Attendance.was_present) == 10
    answer = counselor.submit(refused, address, present=present)
    assert "12 of 12" in counselor.follow(answer).words
    assert count(app, GroupSessionRevision) == 2
    assert refused.form(address)["note"] == "của tôi"


def test_ticks_alone_count_as_a_change(counselor, group):
    session = log(counselor, group).location
    address = f"{session}/correct"
    one, two = counselor.get(address), counselor.get(address)
    present = ticked(one, address)
    assert counselor.submit(one, address, present=present[1:]).status == 303
    assert counselor.submit(two, address, present=present[:-1]).status == 409


def test_somebody_forgotten_is_added_and_then_ticked(counselor, group):
    session = log(counselor, group, on="2026-09-07").location
    add(counselor, group, ["Mai Văn Mới"], on=date(2026, 9, 7))
    form = counselor.get(f"{session}/correct")
    assert "Mai Văn Mới" in form.words and len(ticked(form, f"{session}/correct")) == 12
    everybody = form.form(f"{session}/correct")["shown"].split()
    answer = counselor.submit(form, f"{session}/correct", present=everybody)
    assert "13 of 13" in counselor.follow(answer).words


def addresses(group: str, session: str, member: UUID) -> list[str]:
    return [
        f"{group}/members",
        f"{group}/attendance",
        f"{group}/members/{member}",
        f"{group}/sessions/new",
        session,
        f"{session}/correct",
    ]


def test_only_those_who_lead_a_group_reach_it(app, cast, client_as, counselor, group):
    session = log(counselor, group).location
    with app.app_context():
        member = db.session.scalars(select(GroupMember.id)).first()
    assert member
    pages = addresses(group, session, member)
    for username, status in (
        ("counselor2", 404),
        ("counselor-b", 404),
        ("unithead", 403),
        ("coordinator", 403),
        ("inspector", 403),
        ("admin", 403),
    ):
        stranger = client_as(username)
        token = stranger.get("/account").all("input", name="csrf_token")[0].get("value")
        for address in pages:
            assert stranger.get(address).status == status
            if not address.endswith("/attendance") and address != session:
                assert stranger.post(address, {"csrf_token": token}).status == status
    assert "Hoa Sen" not in client_as("counselor2").get("/groups").words
    # A stranger's own group does not open another's session or member.
    other = open_group(client_as("counselor2"), "Bằng Lăng")
    second = client_as("counselor2")
    assert second.get(f"{other}/sessions/{session.rsplit('/', 1)[1]}").status == 404
    assert second.get(f"{other}/members/{member}").status == 404
    assert counselor.get(f"/groups/{uuid4()}").status == 404
    # Whoever no longer leads it is out the day after.
    with app.app_context():
        db.session.execute(
            update(Facilitator)
            .where(Facilitator.account_id == cast.accounts["counselor"])
            .values(until_on=today() - timedelta(days=1))
        )
        db.session.commit()
    assert {counselor.get(address).status for address in pages} == {404}


def test_a_foreign_member_in_the_form_is_not_listed(app, client_as, counselor, group):
    other = client_as("counselor2")
    strange = open_group(other, "Bằng Lăng")
    add(other, strange, ["Người Lạ"])
    with app.app_context():
        foreign = db.session.scalars(
            select(GroupMember.id).where(GroupMember.group_id == UUID(strange[-36:]))
        ).one()
    assert log(counselor, group, present=[str(foreign), "x"]).status == 303
    assert count(app, Attendance, Attendance.member_id == foreign) == 0
    assert count(app, Attendance, Attendance.was_present) == 0


def test_every_page_with_names_leaves_a_read(app, cast, counselor, group):
    session = log(counselor, group).location
    with app.app_context():
        member = db.session.scalars(select(GroupMember.id)).first()
    assert member
    for address in addresses(group, session, member):
        before = count(app, AuditEntry, AuditEntry.outcome == "read")
        assert counselor.get(address).status == 200
        assert count(app, AuditEntry, AuditEntry.outcome == "read") == before + 1
    with app.app_context():
        last = db.session.scalars(
            select(AuditEntry).order_by(AuditEntry.position.desc()).limit(1)
        ).one()
        assert (last.subject_kind, str(last.subject_id)) == ("group", group[-36:])
        assert last.unit_id == cast.units["a"]


def test_a_refused_form_shows_names_and_leaves_a_read(app, counselor, group):
    before = count(app, AuditEntry, AuditEntry.outcome == "read")
    assert log(counselor, group, visitors="-1").status == 422
    assert count(app, AuditEntry, AuditEntry.outcome == "read") == before + 2


def test_sixty_members_and_many_sessions_stay_within_the_budget(app, counselor):
    group = open_group(counselor)
    add(counselor, group, [f"Thành viên {i}" for i in range(60)])
    for week in range(27):
        on = START + timedelta(days=5 * week)
        answer = log(counselor, group, counselor.get(f"{group}/sessions/new?on={on}"), on=str(on))
        assert answer.status == 303
    form = counselor.get(f"{answer.location}/correct")
    assert counselor.submit(form, f"{answer.location}/correct", present=[]).status == 303
    with app.app_context():
        member = db.session.scalars(select(GroupMember.id)).first()
    assert member
    for address in [
        "/groups",
        group,
        f"{group}/sessions",
        f"{group}/year",
        *addresses(group, answer.location, member),
    ]:
        page = counselor.get(address)
        assert page.status == 200 and 0 < len(page.statements) <= STATEMENTS


def test_older_sessions_are_a_page_further(counselor, group):
    for week in range(27):
        on = START + timedelta(days=5 * week)
        log(counselor, group, counselor.get(f"{group}/sessions/new?on={on}"), on=str(on))
    seen: set[str | None] = set()
    addresses = [f"{group}/sessions"]
    while addresses:
        page = counselor.get(addresses[0])
        seen |= {a.get("href") for a in page.all("a") if "/sessions/" in (a.get("href") or "")}
        addresses = [a.get("href") or "" for a in page.all("a") if a.get("rel") == "next"]
    assert len([address for address in seen if "/sessions/new" not in (address or "")]) == 27
    assert START.strftime("%d/%m/%Y") in page.words


def test_a_missed_meeting_is_shown_and_can_be_excused(app, client_as, counselor, group):
    page = counselor.get(f"{group}/sessions")
    assert "not held" in page.words and "02/11/2026" in page.words
    links = [a.get("href") or "" for a in page.all("a") if "/excuse" in (a.get("href") or "")]
    # June to September are missed, October's window is past too, November is to come.
    assert len(links) == 6
    address = links[-1]
    assert counselor.submit(address, address, excuse="  ").status == 422
    assert client_as("counselor2").get(address).status == 404
    answer = counselor.submit(address, address, excuse="Bão số 5")
    assert counselor.follow(answer).h1 == "Hoa Sen"
    page = counselor.get(f"{group}/sessions")
    assert "Bão số 5" in page.words and "postponed with a reason" in page.words
    assert counselor.submit(address, address, excuse="Bão").status == 303
    assert "Bão" in client_as("unithead").get("/meetings?month=2026-06").words


def test_a_name_that_can_not_be_opened_leaves_the_rest_in_place(app, counselor, group):
    session = log(counselor, group, note="ghi chú").location
    with app.app_context():
        first = db.session.scalars(select(GroupMember).limit(1)).one()
        first.name_sealed = b"\x01" * 80
        db.session.scalars(select(GroupSession)).one().note_sealed = b"\x01" * 80
        db.session.commit()
    for address in addresses(group, session, first_id := first_member(app)):
        page = counselor.get(address)
        assert page.status == 200
        if str(first_id) not in address:
            assert "can't be opened" in page.words
    assert "12 of 12" in counselor.get(session).words
    form = counselor.get(f"{session}/correct")
    present = ticked(form, f"{session}/correct")
    assert len(present) == 12
    counselor.submit(form, f"{session}/correct", present=present[1:], note="mới")
    with app.app_context():
        assert db.session.scalars(select(GroupSession)).one().note_sealed == b"\x01" * 80


def first_member(app: Flask) -> UUID:
    with app.app_context():
        return db.session.scalars(select(GroupMember.id).limit(1)).one()


def test_without_the_key_nothing_is_written_and_it_is_said(app, counselor, group):
    with app.app_context():
        db.session.query(Grant).filter(Grant.subject_id == UUID(group[-36:])).delete()
        db.session.commit()
    assert counselor.get(group).status == 200
    page = log(counselor, group, note="chữ của tôi")
    assert page.status == 422 and "do not hold the key" in page.words
    assert page.form(f"{group}/sessions/new")["note"] == "chữ của tôi"
    page = add(counselor, group, ["Mai Văn Mới"])
    assert page.status == 422 and "do not hold the key" in page.words


def test_a_group_is_opened_in_a_unit_of_ones_own(app, cast, counselor):
    page = counselor.submit(
        "/groups/new", "/groups/new", name="X", unit=str(cast.units["b"]), kind="self_help"
    )
    assert page.status == 303
    with app.app_context():
        assert db.session.scalars(select(Group.unit_id)).one() == cast.units["a"]


def test_with_several_units_one_is_chosen(app, cast, client_as):
    with app.app_context():
        account = db.session.get_one(Account, cast.accounts["counselor"])
        give_role(account, Role.COUNSELOR, cast.units["b"], by=SYSTEM, on=START)
        db.session.commit()
    counselor = client_as("counselor")
    fields = {"name": "Hoa Sen", "kind": "peer"}
    for foreign in (str(cast.units["c"]), "x", str(uuid4())):
        page = counselor.submit("/groups/new", "/groups/new", unit=foreign, **fields)
        assert page.status == 422
    unit = str(cast.units["b"])
    assert counselor.submit("/groups/new", "/groups/new", unit=unit, **fields).status == 303
    with app.app_context():
        assert db.session.scalars(select(Group.unit_id)).all() == [cast.units["b"]]


@pytest.mark.parametrize(
    "field",
    [
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 201},
        {"kind": "communication"},
        {"week": "9"},
        {"weekday": "x"},
        {"interval_months": "0"},
        {"active_from": "9999-01-01"},
        {"active_from": "1999-01-01"},
    ],
)
def test_a_group_that_can_not_be_is_refused(app, counselor, field):
    fields = {"name": "Hoa Sen", "kind": "peer", **field}
    page = counselor.submit("/groups/new", "/groups/new", **fields)
    assert page.status == 422 and page.form("/groups/new")["name"] == fields["name"].strip()
    assert count(app, Group) == 0


@pytest.mark.parametrize("on", ["x", "9999-12-31", "0001-01-01", "2026-02-31", "%00"])
def test_odd_days_in_addresses_do_no_harm(counselor, group, on):
    assert counselor.get(f"{group}/sessions/new?on={on}").status == 200
    assert counselor.get(f"{group}/sessions?until={on}").status == 200
