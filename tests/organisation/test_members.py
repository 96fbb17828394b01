"""Members and their posts: who may hold what when, what stands vacant, and sheets in and out."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from uuid import UUID, uuid4

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from casework.authz.permissions import Role
from casework.core.audit import SYSTEM, AuditEntry, Outcome
from casework.core.clock import today
from casework.core.database import Base, db
from casework.core.forms import RuleBroken
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.operations import give_role
from casework.organisation.bodies.models import Body, BodyKind, Group, GroupKind
from casework.organisation.members.models import FITTING as FITTING_ROLES
from casework.organisation.members.models import (
    HELD_BY_ONE,
    IN_GROUPS,
    LEADING,
    Condition,
    Member,
    MemberRole,
    Post,
)
from casework.organisation.members.operations import add_member
from casework.organisation.members.queries import (
    counselling_members,
    find_member_of,
    list_members,
    list_posts,
)
from casework.organisation.members.rules import Held, conditions_of, count_staff, phone_of
from casework.organisation.posts.operations import give_post
from casework.organisation.posts.rules import Terms, check_post
from casework.organisation.posts.sheets import COLUMNS, NEEDED
from casework.organisation.settings.models import Setting, SettingValue
from casework.organisation.settings.queries import settings_on
from casework.organisation.units.models import Succession, Unit, UnitKind
from tests.confidential.test_cases import open_case
from tests.page import words

TODAY = date(2026, 10, 15)
FOUNDED = date(2024, 1, 1)
NAME = "Trịnh Quốc Khởi"


@pytest.fixture(autouse=True)
def pinned_clock():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def places(app, cast):
    """A club with a counselling group and a volunteer team in unit a, a club in unit b."""
    with app.app_context():
        made = {
            "club": Body(unit_id=cast.units["a"], kind="club", name="CLB Vươn Lên"),
            "team": Body(unit_id=cast.units["a"], kind="volunteer_team", name="Đội Bạc Liêu"),
            "other": Body(unit_id=cast.units["b"], kind="club", name="CLB Năm Căn"),
        }
        for body in made.values():
            body.active_from = FOUNDED
        db.session.add_all(made.values())
        db.session.flush()
        group = Group(
            unit_id=cast.units["a"],
            body_id=made["club"].id,
            kind=GroupKind.COUNSELLING,
            name="Nhóm Tư vấn",
            active_from=FOUNDED,
        )
        db.session.add(group)
        db.session.commit()
        return {**{name: body.id for name, body in made.items()}, "group": group.id}


def member_of(visitor, address="/members/new", **changes):
    """Record a member through the form; answers the address of their page."""
    page = visitor.submit(address, visitor_action(visitor, address), **{"name": NAME, **changes})
    assert page.status == 303, page.words
    return page.location


def visitor_action(visitor, address):
    """Where the only form of a page inside its content posts to."""
    forms = [f.get("action") for f in visitor.get(address).all("form")]
    return next(a.split("?")[0] for a in forms if a and a.startswith("/members/"))


def post_of(visitor, member, body, **changes):
    """Give a post through the form."""
    new = f"{member}/posts/new"
    return visitor.submit(new, new, **{"body": str(body), "role": "chair",
                                       "from_on": "2025-01-01", **changes})  # fmt: skip


def posts_in(app):
    with app.app_context():
        rows = db.session.scalars(select(Post).order_by(Post.from_on, Post.role))
        return [(post.role, post.from_on, post.until_on) for post in rows]


def only_post(app):
    with app.app_context():
        return db.session.scalars(select(Post.id)).one()


def logged(app, action):
    with app.app_context():
        query = select(func.count()).where(AuditEntry.action == action)
        return db.session.scalar(query)


def put(app, cast, places, name, role="chair", body="club", unit="a", **changes):
    """A member with a post, straight into the database; answers both ids."""
    with app.app_context():
        member = add_member(
            cast.units[unit],
            {"name": name, **{k: v for k, v in changes.items() if k in MEMBER_COLUMNS}},
            by=SYSTEM,
        )
        db.session.flush()
        post = Post(
            id=uuid4(),
            member_id=member.id,
            body_id=places[body],
            role=role,
            from_on=changes.get("from_on", date(2025, 1, 1)),
            until_on=changes.get("until_on"),
            group_id=changes.get("group_id"),
        )
        db.session.add(post)
        db.session.commit()
        return member.id, post.id


MEMBER_COLUMNS = {"birth_year", "phone", "works_here", "lives_here_since", "account_id", "skills"}


# What is recorded of a member


def test_a_member_is_recorded_with_skills_and_read_back(client_as, places, app):
    head = client_as("unithead")
    member = member_of(
        head,
        name="  Trịnh   Quốc Khởi ",
        birth_year="1971",
        phone="912 345 678",
        occupation="giáo viên",
        lives_here_since="2010-05-01",
        skills=["counselling", "outreach"],
    )
    page = head.get(member)
    assert page.h1 == NAME
    for told in ("1971", "0912345678", "giáo viên", "outreach, counselling", "born in 1971"):
        assert told in page.words
    assert NAME not in page.one("title").text, "names stand in no title"
    assert logged(app, "member.add") == 1


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("name", "", "Fill this in."),
        ("name", "x" * 201, "At most 200 characters."),
        ("birth_year", "1899", "A year such as 1985."),
        ("birth_year", "2027", "A year such as 1985."),
        ("birth_year", "nghìn", "Not a valid integer value."),
        ("phone", "12345", "A phone number has ten digits and begins with 0."),
        ("lives_here_since", "2026-10-16", "This date is too far ahead."),
        ("skills", ["flying"], "is not a valid choice"),
    ],
)
def test_a_bad_member_comes_back_with_the_text_and_the_fault(client_as, app, field, value, told):
    head = client_as("unithead")
    values = {"occupation": "thợ may", field: value}
    page = head.submit("/members/new", "/members/new", **{"name": NAME, **values})
    assert page.status == 422
    assert told in page.words
    assert page.form("/members/new")["occupation"] == "thợ may"
    if field == "phone":
        assert page.form("/members/new")["phone"] == "12345"
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Member)) == 0


def test_the_same_person_is_not_recorded_twice(client_as):
    head = client_as("unithead")
    member = member_of(head, birth_year="1971")
    page = head.submit("/members/new", "/members/new", name="trinh quoc khoi", birth_year="1971")
    assert page.status == 422
    assert "Somebody of this name and birth year is recorded here already." in page.words
    other = member_of(head, birth_year="1972")
    change = f"{other}/change"
    assert head.submit(change, change, birth_year="1971").status == 422
    assert head.submit(f"{member}/change", f"{member}/change", phone="").status == 303


def test_a_correction_keeps_what_it_corrects_and_the_second_saver_sees_both(client_as, app):
    head, other = client_as("unithead"), client_as("unithead")
    member = member_of(head, occupation="thợ hồ", skills=["outreach"])
    change = f"{member}/change"
    opened = other.get(change)
    assert head.submit(change, change, occupation="thợ may", skills=["linking"]).status == 303
    page = other.submit(opened, change, occupation="nông dân")
    assert page.status == 409
    assert "nông dân" in page.words and "thợ may" in page.words
    assert page.form(change)["occupation"] == "nông dân"
    assert other.submit(page, change).status == 303, "who saw both may save"
    page = head.get(member)
    assert "What it said earlier (2)" in page.words
    assert "thợ hồ" in page.words and "thợ may" in page.words and "nông dân" in page.words
    assert "Huỳnh Văn Ba" in page.words, "who changed it"


def test_new_skills_alone_make_a_stale_form_stale(client_as):
    head, other = client_as("unithead"), client_as("unithead")
    change = f"{member_of(head)}/change"
    opened = other.get(change)
    assert head.submit(change, change, skills=["linking"]).status == 303
    assert other.submit(opened, change, skills=["outreach"]).status == 409


def test_an_account_is_one_member_s_and_of_the_unit(client_as, cast, app):
    head = client_as("unithead")
    offered = [o.get("value") for o in head.get("/members/new").one("select", id="account_id")]
    assert str(cast.accounts["counselor"]) in offered
    assert str(cast.accounts["counselor-b"]) not in offered
    mine = str(cast.accounts["counselor"])
    member = member_of(head, account_id=mine)
    assert "counselor" in head.get(member).words
    assert mine not in head.get("/members/new").text
    assert mine in head.get(f"{member}/change").text
    foreign = str(cast.accounts["counselor-b"])
    for taken in (mine, foreign):
        page = head.submit("/members/new", "/members/new", name="Ai Đó", account_id=taken)
        assert page.status == 422 and "Not a valid choice" in page.words
    with app.app_context():
        assert find_member_of(UUID(mine)).name == NAME
        assert find_member_of(UUID(foreign)) is None
        with pytest.raises(RuleBroken) as broken:
            add_member(cast.units["b"], {"name": "Ai Đó", "account_id": UUID(mine)}, by=SYSTEM)
        assert broken.value.field == "account_id"


# Posts


def test_a_post_is_given_and_several_different_ones_are_seen_on_one_line(client_as, places, app):
    head = client_as("unithead")
    member = member_of(head)
    assert post_of(head, member, places["club"], decision="12/QĐ-UBND").status == 303
    answer = post_of(head, member, places["team"], role="volunteer", from_on="2025-03-01")
    assert answer.status == 303, answer.words
    answer = post_of(head, member, places["club"], role="counselor", group=str(places["group"]))
    assert answer.status == 303, answer.words
    page = head.get("/members")
    lines = [row for row in page.all("tr") if NAME in words(row)]
    assert len(lines) == 1
    line = words(lines[0])
    assert "Chair · CLB Vươn Lên since 01/01/2025 · 12/QĐ-UBND" in line
    assert "Volunteer · Đội Bạc Liêu since 01/03/2025" in line
    assert "Counselor · CLB Vươn Lên, Nhóm Tư vấn" in line
    assert logged(app, "post.give") == 3


def test_overlapping_roles_of_one_member_are_refused_by_name_and_days(client_as, places, app):
    head = client_as("unithead")
    member = member_of(head)
    given = {"role": "volunteer", "from_on": "2025-01-01", "until_on": "2025-06-30"}
    assert post_of(head, member, places["team"], **given).status == 303
    page = post_of(
        head, member, places["team"], role="volunteer", from_on="2025-06-30", decision="7/QĐ"
    )
    assert page.status == 422
    told = f"{NAME} holds this post already from 01/01/2025 until 30/06/2025."
    assert told in words(page.one("div", id="from_on-error"))
    assert page.form(f"{member}/posts/new")["decision"] == "7/QĐ", "nothing typed is lost"
    assert len(posts_in(app)) == 1
    again = post_of(head, member, places["team"], role="volunteer", from_on="2025-07-01")
    assert again.status == 303, "the day after is free"
    page = post_of(head, member, places["team"], role="volunteer", from_on="2026-01-01")
    assert f"{NAME} holds this post already since 01/07/2025, without a last day." in page.words


def test_the_same_role_in_the_body_and_in_its_group_are_two_posts(client_as, places):
    head = client_as("unithead")
    member = member_of(head)
    assert post_of(head, member, places["club"], role="member").status == 303
    group = str(places["group"])
    assert post_of(head, member, places["club"], role="member", group=group).status == 303
    assert post_of(head, member, places["club"], role="member", group=group).status == 422


def test_a_chair_has_no_second_chair_and_the_page_leads_to_ending_the_first(client_as, places, app):
    head = client_as("unithead")
    first, second = member_of(head), member_of(head, name="Lâm Thị Hạnh")
    assert post_of(head, first, places["club"]).status == 303
    page = post_of(head, second, places["club"], from_on="2026-02-01")
    assert page.status == 422
    told = f"{NAME} holds this post since 01/01/2025, without a last day, and only one person may."
    assert told in words(page.one("div", id="role-error"))
    end = f"/members/posts/{only_post(app)}/end"
    assert page.one("a", href=end) is not None
    ended = head.submit(end, end, until_on="2026-01-31", end_reason="chuyển công tác")
    assert ended.status == 303
    assert post_of(head, second, places["club"], from_on="2026-02-01").status == 303
    assert "chuyển công tác" in head.get(first).words


def test_four_chairs_at_once_are_one_chair(client_as, places, app):
    head = client_as("unithead")
    members = [member_of(head, name=f"Người {number}") for number in range(4)]
    visitors = [client_as("unithead") for _ in members]
    forms = [v.get(f"{m}/posts/new") for v, m in zip(visitors, members, strict=True)]
    values = {"body": str(places["club"]), "role": "chair", "from_on": "2025-01-01"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(
                lambda v, f, m: v.submit(f, f"{m}/posts/new", **values).status,
                visitors,
                forms,
                members,
            )
        )
    assert sorted(answers) == [303] + [422] * 3
    assert len(posts_in(app)) == 1


def test_two_vice_chairs_are_fine(client_as, places):
    head = client_as("unithead")
    for name in (NAME, "Lâm Thị Hạnh"):
        member = member_of(head, name=name)
        assert post_of(head, member, places["club"], role="vice_chair").status == 303


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"role": "volunteer"}, "role", "A club has these posts: Chair, Vice-chair"),
        ({"role": "chair", "group": "GROUP"}, "group", "Chair is a post of the whole body"),
        ({"from_on": "2023-12-31"}, "from_on", "The body was set up on 01/01/2024"),
        ({"until_on": "2024-12-31"}, "until_on", "The last day is before the first."),
        ({"from_on": ""}, "from_on", "Fill this in."),
        ({"from_on": "mai"}, "from_on", "Not a date."),
        ({"body": ""}, "body", "Fill this in."),
        ({"body": "OTHER"}, "body", "Not a valid choice."),
        ({"body": "TEAM", "role": "volunteer", "group": "GROUP"}, "group", "another body"),
    ],
)
def test_a_bad_post_is_refused_beside_its_field(client_as, places, app, changes, field, told):
    ids = {"GROUP": places["group"], "OTHER": places["other"], "TEAM": places["team"]}
    head = client_as("unithead")
    member = member_of(head)
    values = {name: str(ids.get(value, value)) for name, value in changes.items()}
    page = post_of(head, member, values.pop("body", places["club"]), **values)
    assert page.status == 422
    assert told in words(page.one("div", id=f"{field}-error"))
    assert posts_in(app) == []


def test_a_post_ends_with_its_body(client_as, places, app):
    head = client_as("unithead")
    member = member_of(head)
    with app.app_context():
        db.session.get_one(Body, places["club"]).active_until = date(2026, 5, 31)
        db.session.commit()
    page = post_of(head, member, places["club"])
    assert "The body was dissolved on 31/05/2026; a post ends by then." in words(
        page.one("div", id="until_on-error")
    )
    assert post_of(head, member, places["club"], until_on="2026-05-31").status == 303
    page = post_of(head, member, places["club"], role="member", from_on="2026-06-01")
    assert page.status == 422


def test_a_volunteer_under_eighteen_is_refused_and_a_club_takes_them(client_as, places):
    head = client_as("unithead")
    member = member_of(head, birth_year="2008")
    page = post_of(head, member, places["team"], role="volunteer", from_on="2025-12-31")
    assert page.status == 422
    assert f"at least 18 years old; {NAME} was born in 2008." in page.words
    answer = post_of(head, member, places["team"], role="volunteer", from_on="2026-01-01")
    assert answer.status == 303
    change = f"{member}/change"
    page = head.submit(change, change, birth_year="2009")
    assert page.status == 422
    assert "a post in a volunteer team since 01/01/2026, which asks for 18 years" in page.words
    young = member_of(head, name="Út Nhỏ", birth_year="2010")
    assert post_of(head, young, places["club"], role="member").status == 303
    assert "lacks: old enough born in 2010, under 18" in head.get(young).words


def test_a_volunteer_is_as_old_as_was_asked_on_the_first_day(client_as, places, app, cast):
    with app.app_context():
        for years, day in ((20, date(2026, 7, 1)), (16, date(2027, 1, 1))):
            db.session.add(
                SettingValue(key=Setting.LEAST_AGE, value=str(years), source="test",
                             from_on=day, province_id=cast.units["province"])
            )  # fmt: skip
        db.session.commit()
    head = client_as("unithead")

    def give(member, day):
        return post_of(head, member, places["team"], role="volunteer", from_on=day)

    member = member_of(head, birth_year="2008")
    page = give(member, "2026-07-01")
    assert page.status == 422 and "is at least 20 years old" in page.words
    assert give(member, "2026-06-30").status == 303, "eighteen were asked then, whatever is today"
    younger = member_of(head, name="Út Nhỏ", birth_year="2011")
    assert give(younger, "2027-01-01").status == 303, "sixteen will be enough by then"
    change = f"{member}/change"
    page = head.submit(change, change, birth_year="2009")
    assert page.status == 422 and "since 30/06/2026, which asks for 18 years" in page.words
    assert head.submit(change, change, birth_year="2007").status == 303
    row = {"birth_year": 2008, "body": "Đội Bạc Liêu", "role": "volunteer"}
    rows = [{**row, "name": "Một", "from_on": "2026-07-01"},
            {**row, "name": "Hai", "from_on": "2026-06-30"}]  # fmt: skip
    page = send(head, workbook(*rows))
    assert [cells[:2] for cells in faults_in(page)] == [("2", "body")]
    assert send(head, workbook(rows[1])).status == 303


def test_a_post_is_corrected_under_the_same_rules_and_keeps_what_it_said(client_as, places, app):
    head, other = client_as("unithead"), client_as("unithead")
    member = member_of(head)
    post_of(head, member, places["club"], decision="12/QĐ-UBND")
    change = f"/members/posts/{only_post(app)}/change"
    opened = other.get(change)
    assert opened.form(change)["body"] == str(places["club"])
    page = head.submit(change, change, from_on="2023-01-01")
    assert page.status == 422 and "The body was set up on 01/01/2024" in page.words
    assert head.submit(change, change, from_on="2025-02-01", decision="13/QĐ").status == 303
    page = other.submit(opened, change, from_on="2025-03-01")
    assert page.status == 409
    assert "01/03/2025" in page.words and "01/02/2025" in page.words
    page = head.get(member)
    assert "12/QĐ-UBND" in page.words and "13/QĐ" in page.words
    assert posts_in(app) == [("chair", date(2025, 2, 1), None)]
    team = {"body": str(places["team"]), "role": "team_leader"}
    assert head.submit(change, change, **team).status == 303
    assert "CLB Vươn Lên" in head.get(member).words, "the earlier body by name"


def test_a_post_ends_on_a_day_of_its_own_and_only_once(client_as, places, app):
    head, other = client_as("unithead"), client_as("unithead")
    member = member_of(head)
    post_of(head, member, places["club"])
    end = f"/members/posts/{only_post(app)}/end"
    opened = other.get(end)
    page = head.submit(end, end, until_on="2024-12-31", end_reason="x")
    assert page.status == 422 and "The post begins on 01/01/2025 only." in page.words
    assert head.submit(end, end, until_on="2026-09-30", end_reason="").status == 422
    assert head.submit(end, end, until_on="2026-09-30", end_reason="tuổi cao").status == 303
    assert other.submit(opened, end, end_reason="khác").status == 409
    assert posts_in(app) == [("chair", date(2025, 1, 1), date(2026, 9, 30))]
    assert logged(app, "post.end") == 1


def test_ending_a_post_never_lengthens_it_over_its_successor_s(client_as, places, app):
    head = client_as("unithead")
    member, second = member_of(head), member_of(head, name="Lâm Thị Hạnh")
    post_of(head, member, places["club"], until_on="2026-12-31")
    end = f"/members/posts/{only_post(app)}/end"
    assert post_of(head, second, places["club"], from_on="2027-01-01").status == 303
    page = head.submit(end, end, until_on="2027-01-01", end_reason="ở lại")
    assert page.status == 422
    told = "The post ends on 31/12/2026 already. Correct it to make it last longer."
    assert told in words(page.one("div", id="until_on-error"))
    change = end.replace("/end", "/change")
    assert head.submit(change, change, until_on="2027-01-01").status == 422
    assert head.submit(end, end, until_on="2026-12-30", end_reason="nghỉ").status == 303


def test_a_post_entered_by_mistake_was_never_held(client_as, places, app, cast):
    head = client_as("unithead")
    member = member_of(head)
    post_of(head, member, places["club"])
    end = f"/members/posts/{only_post(app)}/end"
    assert head.submit(end, end, end_reason="nhập nhầm", never_held="y").status == 303
    assert "never held" in head.get(member).words
    with app.app_context():
        assert list_posts([cast.units["a"]]) == []
    assert post_of(head, member, places["club"]).status == 303, "its days are free"


def test_who_left_has_all_posts_ended_and_is_told_about_the_account(client_as, places, app, cast):
    head = client_as("unithead")
    member = member_of(head, account_id=str(cast.accounts["volunteer"]))
    post_of(head, member, places["club"])
    post_of(head, member, places["team"], role="volunteer", until_on="2027-12-31")
    post_of(head, member, places["team"], role="deputy_leader", from_on="2026-12-01")
    leave = f"{member}/leave"
    assert "have the administrator disable it" in head.get(leave).words
    assert head.submit(leave, leave, until_on="2026-10-01", end_reason="").status == 422
    answer = head.submit(leave, leave, until_on="2026-10-01", end_reason="chuyển nơi ở")
    assert answer.status == 303
    assert posts_in(app) == [
        ("chair", date(2025, 1, 1), date(2026, 10, 1)),
        ("volunteer", date(2025, 1, 1), date(2026, 10, 1)),
        ("deputy_leader", date(2026, 12, 1), date(2026, 11, 30)),
    ]
    page = head.get(member)
    assert "left the work" in page.words and "the account can still sign in" in page.words
    account = f"/admin/accounts/{cast.accounts['volunteer']}"
    assert not page.all("a", href=account), "no link that does not open"
    assert len(client_as("admin").get(member).all("a", href=account)) == 2
    assert "Former members (1)" in head.get("/members").words
    page = head.submit(leave, leave, until_on="2026-10-02", end_reason="x")
    assert page.status == 422 and "No post lasts beyond this day." in page.words
    assert post_of(head, member, places["club"], from_on="2026-10-02").status == 303
    assert "Former members" not in head.get("/members").words, "who comes back"


def test_posts_of_somebody_whose_account_is_closed_ask_to_be_handed_over(
    client_as, places, app, cast
):
    head = client_as("unithead")
    member = member_of(head, account_id=str(cast.accounts["volunteer"]))
    post_of(head, member, places["club"])
    assert "Posts are not handed over" not in head.get(member).words
    with app.app_context():
        account = db.session.get_one(Account, cast.accounts["volunteer"])
        account.expires_on = date(2026, 10, 14)
        db.session.commit()
    page = head.get(member)
    assert "Posts are not handed over" in page.words and "expired" in page.words
    leave = f"{member}/leave"
    assert head.submit(leave, leave, until_on="2026-10-14", end_reason="nghỉ").status == 303
    page = head.get(member)
    assert "Posts are not handed over" not in page.words
    assert "the account can still sign in" not in page.words, "it has expired"


ROLES_OF_A_CLUB = st.sampled_from(FITTING_ROLES[BodyKind.CLUB])
SPANS = st.tuples(st.integers(0, 12), st.one_of(st.none(), st.integers(0, 12)))
CLUB = Body(unit_id=uuid4(), kind="club", name="CLB", active_from=date(2025, 1, 1))
GROUP = Group(unit_id=CLUB.unit_id, body_id=CLUB.id, kind="other", name="N")
PEOPLE = [Member(unit_id=CLUB.unit_id, name=name) for name in ("Một", "Hai")]


@given(
    st.lists(st.tuples(st.sampled_from((0, 1)), ROLES_OF_A_CLUB, st.booleans(), SPANS), max_size=9)
)
def test_no_day_ever_sees_a_post_twice(tried):
    """Whatever is given in whatever order, each day is right when its holders are counted; and
    what was refused would have made one wrong.
    """
    start, horizon = CLUB.active_from, 40
    held: list[Held] = []

    def days_of(role, group_id, who=None, extra=()):
        """For each day how many hold a role (of one person in one group, if told)."""
        posts = [h for h in (*held, *extra) if h.post.role == role]
        if who is not None:
            posts = [h for h in posts if h.member is who and h.post.group_id == group_id]
        counts = []
        for number in range(horizon):
            day = start + timedelta(days=number)
            counts.append(sum(1 for h in posts if h.post.held_on(day)))
        return counts

    for number, role, in_group, (first, length) in tried:
        who, group = PEOPLE[number], GROUP if in_group and role in IN_GROUPS else None
        until = None if length is None else start + timedelta(days=first + length)
        terms = Terms(CLUB, role, start + timedelta(days=first), until, group)
        post = Post(member_id=who.id, body_id=CLUB.id, group_id=group.id if group else None,
                    role=role, from_on=terms.from_on, until_on=until)  # fmt: skip
        wanted = Held(post, who, CLUB, group)
        twice = max(days_of(role, post.group_id, who, [wanted])) > 1
        crowded = role in HELD_BY_ONE and max(days_of(role, None, None, [wanted])) > 1
        try:
            check_post(who, terms, held, least_age=18)
        except RuleBroken:
            assert twice or crowded
        else:
            assert not twice and not crowded
            held.append(wanted)


# Vacancies, numbers, conditions


def test_vacancies_count_from_the_last_holder_or_the_founding(app, cast, places):
    put(app, cast, places, "Một", until_on=date(2026, 8, 15))
    put(app, cast, places, "Hai", until_on=date(2025, 5, 1), role="vice_chair")
    put(app, cast, places, "Ba", role="secretary", from_on=date(2026, 10, 16))
    put(app, cast, places, "Bốn", role="team_leader", body="team", from_on=TODAY)
    with app.app_context():
        bodies = [db.session.get_one(Body, places[name]) for name in ("club", "team")]
        settings = settings_on(cast.units["province"], TODAY)

        def vacancies_on(day):
            posts = list_posts(body_ids=list(places.values()))
            manned = count_staff(bodies, posts, day, settings)
            return [vacancy for staffing in manned for vacancy in staffing.vacancies]

        found = [(v.body.name, v.role, v.since, v.days, v.too_long) for v in vacancies_on(TODAY)]
        assert found == [
            ("CLB Vươn Lên", "chair", date(2026, 8, 16), 61, True),
            ("CLB Vươn Lên", "vice_chair", date(2025, 5, 2), 532, True),
            ("CLB Vươn Lên", "secretary", FOUNDED, 1019, True),
            ("Đội Bạc Liêu", "deputy_leader", FOUNDED, 1019, True),
        ]
        (chair,) = [v for v in vacancies_on(TODAY - timedelta(days=1)) if v.role == "chair"]
        assert (chair.days, chair.too_long) == (60, False), "sixty days are allowed"
        bodies[0].active_until = date(2026, 9, 1)
        assert {v.body.name for v in vacancies_on(TODAY)} == {"Đội Bạc Liêu"}


def test_every_leading_post_fits_its_body():
    for kind in BodyKind:
        assert set(LEADING[kind]) <= set(FITTING_ROLES[kind])
        assert not set(LEADING[kind]) & IN_GROUPS
    assert not HELD_BY_ONE & IN_GROUPS


def test_the_page_counts_persons_and_warns_of_few_many_and_long_vacancies(
    client_as, places, app, cast
):
    head = client_as("unithead")
    member, _ = put(app, cast, places, "Một")
    with app.app_context():
        who = db.session.get_one(Member, member)
        club = db.session.get_one(Body, places["club"])
        give_post(who, Terms(club, MemberRole.COUNSELOR, date(2025, 1, 1)), by=SYSTEM)
        db.session.commit()
    page = head.get("/members")
    assert "1 fewer than 5" in page.words, "one person, two posts"
    assert "Secretary vacant since 01/01/2024 (1,019 days)" in page.words
    bad = [words(e) for e in page.all("span", class_="tag tag-bad")]
    assert len([text for text in bad if "vacant" in text]) == 4
    for number in range(10):
        put(app, cast, places, f"Người {number}", role="member")
    assert "11 more than 10" in head.get("/members").words
    with app.app_context():
        for key, value in ((Setting.MOST_MEMBERS, "11"), (Setting.VACANT_DAYS, "2000")):
            db.session.add(
                SettingValue(
                    key=key,
                    value=value,
                    source="test",
                    from_on=TODAY,
                    province_id=cast.units["province"],
                )
            )
        db.session.commit()
    page = head.get("/members")
    assert "more than 10" not in page.words
    assert not [e for e in page.all("span", class_="tag tag-bad") if "vacant" in words(e)]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"birth_year": 2008, "works_here": True, "is_voluntary": True}, [True, True, True]),
        ({"birth_year": 2009, "works_here": False, "is_voluntary": False}, [False, False, None]),
        ({"birth_year": None, "lives_here_since": date(2026, 4, 15)}, [None, True, True]),
        ({"birth_year": None, "lives_here_since": date(2026, 4, 16)}, [None, True, False]),
    ],
)
def test_conditions_of_a_volunteer_team(app, values, wanted):
    member = Member(unit_id=uuid4(), name=NAME, **{"is_voluntary": True, **values})
    with app.test_request_context():
        signs = conditions_of(member, settings_on(None, TODAY), TODAY)
    assert [sign.condition for sign in signs] == list(Condition)
    assert [sign.met for sign in signs] == wanted


def test_the_list_is_sorted_by_given_name_and_filtered_by_body_and_name(
    client_as, places, app, cast
):
    for name in ("Trần Văn Đức", "Lê Thị Ánh", "Huỳnh Văn Ba", "Nguyễn Thị Dung"):
        put(app, cast, places, name, role="member")
    put(app, cast, places, "Cao Văn Đội", role="volunteer", body="team")
    put(app, cast, places, "Đào Thị Cũ", role="member", until_on=date(2025, 6, 1))
    head = client_as("unithead")
    page = head.get("/members")
    names = [words(a) for a in page.all("a") if len(a.get("href") or "") == len("/members/") + 36]
    assert names == ["Lê Thị Ánh", "Huỳnh Văn Ba", "Nguyễn Thị Dung", "Cao Văn Đội",
                     "Trần Văn Đức", "Đào Thị Cũ"]  # fmt: skip
    page = head.get(f"/members?body={places['team']}")
    assert "Cao Văn Đội" in page.words and "Trần Văn Đức" not in page.words
    page = head.get("/members?q=tran van duc")
    assert "Trần Văn Đức" in page.words and "Lê Thị Ánh" not in page.words
    page = head.get("/members?q=dao thi cu")
    assert "No member like this" in page.words and "Đào Thị Cũ" in page.words
    assert head.get("/members?q=" + "x" * 101).status == 422
    assert head.get(f"/members?body={places['other']}").status == 422
    assert head.get("/members?body=x").status == 422


def test_who_begins_later_is_no_former_member_and_who_lost_their_body_is(
    client_as, places, app, cast
):
    put(app, cast, places, "Sắp Vào", role="member", from_on=date(2026, 12, 1))
    put(app, cast, places, "Đã Nghỉ", role="volunteer", body="team")
    with app.app_context():
        db.session.get_one(Body, places["team"]).active_until = date(2026, 9, 30)
        db.session.commit()
    page = client_as("unithead").get("/members")
    (former,) = page.all("details", class_="panel")
    assert "Đã Nghỉ" in words(former) and "until 30/09/2026" in words(former)
    assert "Sắp Vào" not in words(former) and "from 01/12/2026" in page.words


# Rights


@pytest.mark.parametrize(
    ("who", "listed", "sees_phone"),
    [
        ("unithead", 200, True),
        ("counselor", 200, True),
        ("volunteer", 200, True),
        ("accountant", 200, True),
        ("coordinator", 200, True),
        ("inspector", 200, False),
        ("manager", 200, False),
        ("admin", 200, False),
        ("dpo", 403, False),
    ],
)
def test_who_sees_members_and_their_phones(client_as, places, app, cast, who, listed, sees_phone):
    member, post = put(app, cast, places, NAME, phone="0912345678")
    with app.app_context():
        held = db.session.get_one(Member, member)
        held.phone = "0987654321"
        db.session.commit()
    head = client_as("unithead")
    change = f"/members/{member}/change"
    head.submit(change, change, phone="0912345678")
    visitor, unit = client_as(who), cast.units["a"]
    for address in (f"/members?unit={unit}", f"/members/{member}"):
        page = visitor.get(address)
        assert page.status == listed, address
        if listed == 200:
            assert NAME in page.words
            assert ("0912345678" in page.text) == sees_phone
            assert "0987654321" not in page.text or sees_phone, "an earlier number neither"
            assert ("/change" in page.text) == (who == "unithead" and "?" not in address)
    export = f"/members/export?unit={unit}"
    if listed == 200:
        sheet = sheet_in(download(visitor, export))
        assert any("0912345678" in row for row in sheet) == sees_phone
    else:
        assert visitor.get(export).status == listed
    if who != "unithead":
        writing = ["/members/new", "/members/import", "/members/template", change,
                   f"/members/{member}/leave", f"/members/{member}/posts/new",
                   f"/members/posts/{post}/change", f"/members/posts/{post}/end"]  # fmt: skip
        for address in writing:
            assert visitor.get(address).status == 403, address
            if address != "/members/template":
                assert visitor.post(address, visitor_token(visitor)).status == 403


def visitor_token(visitor):
    form = visitor.get("/account").form("/sign-out")
    return {"csrf_token": form["csrf_token"]}


def test_the_members_of_another_unit_are_not_found(client_as, places, app, cast):
    member, post = put(app, cast, places, NAME, body="other", unit="b")
    for who in ("unithead", "counselor"):
        assert client_as(who).get(f"/members/{member}").status == 404
    head = client_as("unithead")
    b = cast.units["b"]
    addresses = (
        f"/members/{member}/change",
        f"/members/{member}/leave",
        f"/members/{member}/posts/new",
        f"/members/posts/{post}/change",
        f"/members/posts/{post}/end",
        f"/members/new?unit={b}",
        f"/members/import?unit={b}",
    )
    for address in addresses:
        assert head.get(address).status == 404, address
        assert head.post(address, visitor_token(head)).status == 404, address
    assert head.get(f"/members/export?unit={b}").status == 404
    assert NAME not in head.get("/members").text
    assert client_as("unithead-b").get(f"/members/{member}").status == 200
    assert client_as("inspector-elsewhere").get(f"/members/{member}").status == 404


def test_who_reads_in_two_units_changes_only_where_they_are_head(client_as, places, app, cast):
    with app.app_context():
        account = db.session.get_one(Account, cast.accounts["coordinator-b"])
        give_role(account, Role.UNIT_HEAD, cast.units["a"], by=SYSTEM, on=FOUNDED)
        db.session.commit()
    here, _ = put(app, cast, places, NAME)
    there, _ = put(app, cast, places, "Lâm Thị Hạnh", body="other", unit="b")
    visitor = client_as("coordinator-b")
    assert visitor.get(f"/members/{here}").all("a", href=f"/members/{here}/change")
    assert not visitor.get(f"/members/{there}").all("a", href=f"/members/{there}/change")
    page = visitor.get(f"/members?unit={cast.units['b']}")
    assert "Lâm Thị Hạnh" in page.words and "New member" not in page.words


def test_a_merged_unit_goes_on_with_the_members_of_its_predecessor(client_as, places, app, cast):
    with app.app_context():
        old = Unit(code="9999", name="Phường 5", kind=UnitKind.WARD, valid_from=date(2020, 1, 1),
                   valid_until=date(2025, 6, 30), parent_id=cast.units["province"],
                   province_id=cast.units["province"], is_province=False,
                   source="test")  # fmt: skip
        db.session.add(old)
        db.session.flush()
        db.session.add(Succession(predecessor_id=old.id, successor_id=cast.units["a"],
                                  kind="merge", on=date(2025, 7, 1), document="x"))  # fmt: skip
        cast_units = {**cast.units, "old": old.id}
        db.session.commit()
    merged = replace(cast, units=cast_units)
    member, _ = put(app, merged, places, NAME, unit="old")
    head = client_as("unithead")
    page = head.get("/members")
    assert NAME in page.words
    page = post_of(head, f"/members/{member}", places["team"], role="volunteer")
    assert page.status == 303, page.words
    assert client_as("unithead-b").get(f"/members/{member}").status == 404
    page = head.submit("/members/new", "/members/new", name=NAME)
    assert page.status == 422, "known from before the merger"


def test_a_volunteer_stands_on_no_page_of_persons_supported(client_as, places, app, cast):
    head, counselor = client_as("unithead"), client_as("counselor")
    member = member_of(head, account_id=str(cast.accounts["volunteer"]))
    post_of(head, member, places["team"], role="volunteer")
    case = open_case(counselor)
    group = counselor.submit("/groups/new", "/groups/new", name="Sen", active_from="2026-06-01")
    address = group.location.removesuffix("/members")
    for page in ("/cases", "/cases/new", case, f"{case}/contacts", f"{case}/contacts/new",
                 "/groups", address, f"{address}/members", f"{address}/sessions/new"):  # fmt: skip
        opened = counselor.get(page)
        assert opened.status == 200, page
        assert NAME not in opened.text, page
    assert "Đào Thị Ngọc Ánh" not in head.get("/members").text


# What other features ask


def test_no_table_joins_members_with_persons_supported():
    """Nor can it be declared by mistake: nothing confidential refers to members or their posts."""
    staff = {"members", "posts", "member_skills", "payments", "training_places"}
    confidential = [
        table for table in Base.metadata.tables.values() if table.schema == "confidential"
    ]
    assert {"cases", "identities", "group_members", "attendances"} <= {
        table.name for table in confidential
    }
    referred = {key.column.table.name for table in confidential for key in table.foreign_keys}
    assert not referred & staff
    for table in (Base.metadata.tables[f"organisation.{name}"] for name in staff):
        schemas = {key.column.table.schema for key in table.foreign_keys}
        assert schemas <= {"organisation"}, table.name


def test_lists_of_a_day_hold_who_holds_a_post_then(app, cast, places):
    put(app, cast, places, "Một", until_on=date(2026, 1, 31))
    put(app, cast, places, "Hai", role="member", from_on=date(2026, 2, 1))
    put(app, cast, places, "Ba", role="volunteer", body="team")
    with app.app_context():
        units = [cast.units["a"]]

        def on(day):
            return [member.name for member in list_members(units, day)]

        assert on(date(2024, 12, 31)) == []
        assert on(date(2026, 1, 31)) == ["Ba", "Một"]
        assert on(date(2026, 2, 1)) == ["Ba", "Hai"]
        assert [member.name for member in list_members(units)] == ["Ba", "Hai", "Một"]
        assert len(list_posts(body_ids=[places["club"]])) == 2
        assert list_posts([cast.units["b"]]) == []
        db.session.get_one(Body, places["team"]).active_until = date(2026, 3, 1)
        db.session.flush()
        assert on(date(2026, 3, 2)) == ["Hai"], "a post ends with its body"


def test_counselling_members_by_post_by_group_and_by_account(app, cast, places):
    put(app, cast, places, "Một", role="counselor")
    put(app, cast, places, "Hai", role="member", group_id=places["group"])
    put(app, cast, places, "Ba", role="member", account_id=cast.accounts["counselor"])
    put(app, cast, places, "Bốn", role="member", account_id=cast.accounts["volunteer"])
    put(app, cast, places, "Năm", role="counselor", until_on=date(2026, 10, 14))
    put(app, cast, places, "Sáu", role="counselor", body="other", unit="b")
    with app.app_context():
        found = counselling_members([cast.units["a"]], TODAY)
        assert [member.name for member in found] == ["Ba", "Hai", "Một"]


# Sheets


def workbook(*rows, columns=COLUMNS, merge=None):
    book = Workbook()
    sheet = book.active
    sheet.append(list(columns))
    for row in rows:
        sheet.append([row.get(column, "") for column in columns])
    if merge:
        sheet.merge_cells(merge)
    output = BytesIO()
    book.save(output)
    return output.getvalue()


def semicolons(*rows):
    lines = [COLUMNS, *([str(row.get(c, "")) for c in COLUMNS] for row in rows)]
    return ("\ufeff" + "\r\n".join(";".join(line) for line in lines)).encode()


def send(visitor, content, filename="members.xlsx", **values):
    fields = visitor.get("/members/import").form("/members/import")
    fields = {k: v for k, v in {**fields, "only_check": None, **values}.items() if v is not None}
    data = {**fields, "sheet": (BytesIO(content), filename)}
    return visitor.post("/members/import", data, content_type="multipart/form-data")


def download(visitor, address):
    """A file: no page, so it is not looked at as one."""
    answer = visitor.client.get(address)
    assert answer.status_code == 200
    return answer


def sheet_in(answer):
    book = load_workbook(BytesIO(answer.get_data()))
    return [[str(cell or "") for cell in row] for row in book.active.iter_rows(values_only=True)]


def faults_in(page):
    return [
        tuple(words(cell) for cell in row)
        for row in page.all("tr")
        if len(row) == 3 and row.find("td") is not None
    ]


CHAIR = {
    "name": NAME,
    "birth_year": 1971,
    "phone": 912345678,
    "occupation": "giáo viên",
    "works_here": "x",
    "body": "clb vuon len",
    "role": "chair",
    "from_on": date(2025, 1, 1),
    "decision": "12/QĐ-UBND",
}
COUNSELS = {
    "name": NAME,
    "birth_year": 1971,
    "body": "CLB Vươn Lên",
    "group": "Nhóm Tư vấn",
    "role": "Counselor",
    "from_on": "01/02/2025",
    "until_on": "2025-12-31",
}


def test_the_sheet_handed_out_is_what_the_import_reads(client_as, places):
    head = client_as("unithead")
    assert sheet_in(download(head, "/members/template")) == [list(COLUMNS)]
    page = send(head, download(head, "/members/template").get_data())
    assert page.status == 422 and "The file holds no rows." in page.words
    page = head.get("/members/import")
    for told in (*COLUMNS, "CLB Vươn Lên", "deputy_leader"):
        assert told in page.words
    assert "CLB Năm Căn" not in page.words


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_one_member_with_two_rows_has_two_posts(client_as, places, app, kind):
    head = client_as("unithead")
    rows = [CHAIR, COUNSELS, {"name": "Lâm Thị Hạnh"}]
    content, name = (workbook(*rows), "m.xlsx") if kind == "xlsx" else (semicolons(*rows), "m.csv")
    page = send(head, content, name, only_check="y")
    assert page.status == 200
    assert "2 members and 2 posts are new, 0 rows were known already." in page.words
    assert "nothing is written yet" in page.words
    assert posts_in(app) == [], "a dry run writes nothing"
    assert "only_check" not in page.form("/members/import"), "next it is written"
    page = head.follow(send(head, content, name))
    assert "2 members and 2 posts are new" in page.words
    assert posts_in(app) == [
        ("chair", date(2025, 1, 1), None),
        ("counselor", date(2025, 2, 1), date(2025, 12, 31)),
    ]
    with app.app_context():
        member = db.session.scalars(select(Member).where(Member.name == NAME)).one()
        assert (member.phone, member.birth_year, member.works_here) == ("0912345678", 1971, True)
    page = head.follow(send(head, content, name))
    assert "0 members and 0 posts are new, 3 rows were known already." in page.words
    assert logged(app, "members.import") == 1, "repeating it changes nothing"


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([CHAIR, CHAIR], [(3, "role", "An earlier row says the same.")]),
        ([{"name": "A"}, {"name": "a"}], [(3, "name", "An earlier row says the same.")]),
        (
            [CHAIR, {**CHAIR, "from_on": "2025-06-01"}],
            [(3, "from_on", "holds this post already since 01/01/2025")],
        ),
        (
            [CHAIR, {**CHAIR, "name": "Lâm Thị Hạnh"}],
            [(3, "role", "only one person may")],
        ),
        (
            [CHAIR, {**COUNSELS, "birth_year": ""}],
            [(3, "birth_year", "without a birth year")],
        ),
        ([CHAIR, {**COUNSELS, "phone": "0987654321"}], [(3, "phone", "Something else")]),
        ([{**CHAIR, "name": ""}], [(2, "name", "Fill this in.")]),
        ([{**CHAIR, "birth_year": "71"}], [(2, "birth_year", "A year such as 1985.")]),
        ([{**CHAIR, "phone": "123"}], [(2, "phone", "ten digits")]),
        ([{**CHAIR, "works_here": "maybe"}], [(2, "works_here", "Write x, or leave it empty.")]),
        ([{**CHAIR, "body": "CLB Năm Căn"}], [(2, "body", "Nothing here has this name.")]),
        ([{**CHAIR, "body": ""}], [(2, "body", "Fill this in.")]),
        ([{**CHAIR, "role": "boss"}], [(2, "role", "One of chair (Chair)")]),
        ([{**CHAIR, "role": "volunteer"}], [(2, "role", "A club has these posts")]),
        ([{**CHAIR, "from_on": "31/02/2025"}], [(2, "from_on", "Not a date.")]),
        ([{**CHAIR, "from_on": "2023-01-01"}], [(2, "from_on", "The body was set up on")]),
        ([{**CHAIR, "until_on": "2024-01-01"}], [(2, "until_on", "before the first")]),
        ([{**CHAIR, "group": "Không Có"}], [(2, "group", "There are: Nhóm Tư vấn.")]),
        ([{**CHAIR, "occupation": "=1+1"}], [(2, "occupation", "A formula stands here.")]),
        (
            [{**CHAIR, "role": "boss", "phone": "1"}, {**COUNSELS, "from_on": "x"}],
            [(2, "phone", "ten digits"), (2, "role", "One of"), (3, "from_on", "Not a date.")],
        ),
    ],
)
def test_a_bad_sheet_is_refused_whole_with_every_fault(client_as, places, app, rows, wanted):
    page = send(client_as("unithead"), workbook({"name": "Người Tốt"}, *rows))
    assert page.status == 422
    found = faults_in(page)
    assert [(int(row) - 1, column) for row, column, _ in found] == [w[:2] for w in wanted]
    for (_, _, reason), (_, _, told) in zip(found, wanted, strict=True):
        assert told in reason
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Member)) == 0


def test_what_is_recorded_already_is_not_overwritten_by_a_sheet(client_as, places, app, cast):
    put(app, cast, places, NAME, birth_year=1971, phone="0900000000", role="member")
    head = client_as("unithead")
    page = send(head, workbook(CHAIR))
    assert [row[:2] for row in faults_in(page)] == [("2", "phone")]
    assert (
        send(head, workbook({**CHAIR, "phone": "", "occupation": "", "works_here": ""})).status
        == 303
    )
    assert len(posts_in(app)) == 2


@pytest.mark.parametrize(
    ("content", "filename", "told"),
    [
        (workbook(CHAIR, columns=NEEDED[1:]), "m.xlsx", "This column is missing."),
        (workbook(CHAIR, merge="A2:A3"), "m.xlsx", "The sheet has merged cells."),
        (b"%PDF-1.4 x", "m.pdf", "Only these kinds may be sent"),
        (b"", "m.csv", "The file is empty."),
        ("tên\n".encode("utf-16"), "m.csv", "Only these kinds may be sent"),
        (b"PK\x03\x04 broken", "m.xlsx", "Only these kinds may be sent"),
        (workbook(CHAIR), "m.csv", "says it is something else"),
        (b"", "", "Fill this in."),
    ],
)
def test_a_wrong_file_is_refused_in_words(client_as, places, app, content, filename, told):
    page = send(client_as("unithead"), content, filename)
    assert page.status == 422
    assert told in page.words
    assert posts_in(app) == []


def test_the_old_template_without_group_and_last_day_is_read_too(client_as, places, app):
    assert send(client_as("unithead"), workbook(CHAIR, columns=NEEDED)).status == 303
    assert posts_in(app) == [("chair", date(2025, 1, 1), None)]


def test_the_sheet_handed_out_of_members_holds_former_ones_and_leaves_a_row(
    client_as, places, app, cast
):
    put(app, cast, places, NAME, phone="0912345678", until_on=date(2025, 6, 1))
    put(app, cast, places, "=Lâm Thị Hạnh", role="volunteer", body="team")
    head = client_as("unithead")
    member_of(head, name="Chưa Có Việc")
    answer = download(head, "/members/export")
    rows = sheet_in(answer)
    assert rows[0][0] == "Members of Phường Bạc Liêu"
    assert [row[0] for row in rows[4:]] == ["=Lâm Thị Hạnh", NAME, "Chưa Có Việc"]
    assert "2025-06-01 00:00:00" in rows[5] and "CLB Vươn Lên" in rows[5]
    assert NAME not in answer.headers["Content-Disposition"]
    with app.app_context():
        entry = db.session.scalars(
            select(AuditEntry).where(AuditEntry.action == "member.export")
        ).one()
        assert (entry.outcome, entry.unit_id) == (Outcome.READ, cast.units["a"])


def test_a_phone_number_comes_back_from_a_spreadsheet():
    assert [phone_of(t) for t in ("912345678", "+84 912 345 678", "0912.345.678", "12", None)] == [
        "0912345678", "0912345678", "0912345678", "12", ""
    ]  # fmt: skip


def test_whoever_reaches_no_unit_with_bodies_is_told_so(client_as):
    page = client_as("inspector").get("/members")
    assert page.status == 200 and "No unit to show yet" in page.words
    assert client_as("inspector").get("/members/export").location == "/members"
    assert today() == TODAY
