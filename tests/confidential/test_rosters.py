"""Members who are cases and members who are not; the sheet to sign."""

from datetime import date
from io import BytesIO
from uuid import UUID

import pytest
import time_machine
from docx import Document
from sqlalchemy import select

from casework.confidential.cases.models import Case
from casework.confidential.groups.models import GroupMember
from casework.core.audit import AuditEntry
from casework.core.database import db
from tests.confidential.test_cases import open_case
from tests.confidential.test_groups import TWELVE, SignIn, add, count, open_group
from tests.page import Page, Visitor, words

NAMES = ("Đào Thị Hương", "Lê Văn Bình", "Trịnh Thị Lài")


@pytest.fixture(autouse=True)
def pinned_clock():
    with time_machine.travel(date(2026, 10, 15), tick=False):
        yield


@pytest.fixture
def counselor(client_as: SignIn) -> Visitor:
    return client_as("counselor")


@pytest.fixture
def group(counselor: Visitor) -> str:
    return open_group(counselor)


@pytest.fixture
def cases(counselor: Visitor) -> list[UUID]:
    """Three cases of the counselor; the last one has an alias."""
    return [
        UUID(open_case(counselor, name=name, alias="Mười" if name == NAMES[2] else "")[-36:])
        for name in NAMES
    ]


def tick(page: Page, address: str, chosen: list[UUID], **names: str) -> dict[str, str]:
    """The form of candidates with some of them ticked."""
    fields = page.form(address)
    for key, value in list(fields.items()):
        if key.endswith("-case") and UUID(value) in chosen:
            fields[key.replace("-case", "-joins")] = "y"
    return {**fields, **names}


def join(counselor: Visitor, group: str, chosen: list[UUID], **names: str) -> Page:
    address = f"{group}/members/cases"
    return counselor.post(address, tick(counselor.get(address), address, chosen, **names))


def member_of(app, case: UUID) -> GroupMember:
    with app.app_context():
        return db.session.scalars(select(GroupMember).where(GroupMember.case_id == case)).one()


def test_several_cases_join_at_once_by_the_name_the_group_uses(app, counselor, group, cases):
    answer = join(counselor, group, cases[1:])
    page = counselor.follow(answer)
    # The alias, else the given name alone: a full name is nobody's business here.
    assert "Mười" in page.words and "Bình" in page.words and "Lê Văn Bình" not in page.words
    with app.app_context():
        reference = db.session.get_one(Case, cases[1]).reference
        rows = db.session.scalars(
            select(AuditEntry.subject_id).where(AuditEntry.action == "case.group.link")
        ).all()
    assert reference in page.words and set(rows) == set(cases[1:])
    again = counselor.get(f"{group}/members/cases")
    assert "Đào Thị Hương" in again.words and "Lê Văn Bình" not in again.words


def test_a_refused_form_of_candidates_comes_back_as_sent(app, counselor, group, cases):
    add(counselor, group, ["bình"])
    page = join(counselor, group, cases[:2])
    assert page.status == 422 and "In the group already: Bình" in page.words
    address = f"{group}/members/cases"
    sent = page.form(address)
    joined = {value for key, value in sent.items() if key.endswith("-joins")}
    assert joined and count(app, GroupMember) == 1
    place = next(k for k, v in sent.items() if v == str(cases[1])).replace("-case", "-name")
    page = counselor.post(address, {**sent, place: ""})
    assert page.status == 422 and "Write the name" in page.words
    assert counselor.post(address, {**sent, place: "Bình (2)"}).status == 303
    assert count(app, GroupMember) == 3


def test_nobody_chosen_and_two_of_one_name_are_told(app, counselor, group, cases):
    assert "Choose somebody first" in join(counselor, group, []).words
    address = f"{group}/members/cases"
    fields = tick(counselor.get(address), address, cases)
    for key in [key for key in fields if key.endswith("-name")]:
        fields[key] = "Sen"
    page = counselor.post(address, fields)
    assert page.status == 422 and "can't be told apart" in page.words
    assert count(app, GroupMember) == 0


def test_only_own_cases_are_offered_and_taken(app, client_as, counselor, group, cases):
    other = client_as("counselor2")
    foreign = UUID(open_case(other, name="Người Lạ")[-36:])
    address = f"{group}/members/cases"
    page = counselor.get(address)
    assert "Người Lạ" not in page.words
    searched = counselor.submit(page, f"{address}/search", words="nguoi la")
    assert "Người Lạ" not in searched.words and "No case of yours matches" in searched.words
    forged = {"candidates-0-case": str(foreign), "candidates-0-joins": "y"}
    page = counselor.post(address, {**page.form(address), **forged})
    assert page.status == 422 and "Choose somebody first" in page.words
    add(counselor, group, ["Chị Bảy"])
    with app.app_context():
        member = db.session.scalars(select(GroupMember.id)).one()
    link = f"{group}/members/{member}/case"
    token = counselor.get("/account").all("input", name="csrf_token")[0].get("value")
    for wrong in (str(foreign), "x", ""):
        assert counselor.post(link, {"case": wrong, "csrf_token": token}).status == 404
    assert count(app, GroupMember, GroupMember.case_id.is_not(None)) == 0


def test_search_folds_marks_and_every_list_leaves_a_row(app, counselor, group, cases):
    address = f"{group}/members/cases"
    before = count(app, AuditEntry, AuditEntry.action == "case.list")
    page = counselor.submit(address, f"{address}/search", words="dao thi")
    assert "Đào Thị Hương" in page.words and "Lê Văn Bình" not in page.words
    assert count(app, AuditEntry, AuditEntry.action == "case.list") == before + 2


def test_a_member_is_linked_and_unlinked(app, counselor, group, cases):
    add(counselor, group, ["Chị Bảy"])
    with app.app_context():
        member = db.session.scalars(select(GroupMember.id)).one()
    address = f"{group}/members/{member}"
    page = counselor.get(f"{address}/case")
    found = counselor.submit(page, f"{address}/case/search", words="huong")
    answer = counselor.submit(found, f"{address}/case")
    assert answer.status == 303
    page = counselor.follow(answer)
    assert "a case of yours" in page.words
    assert member_of(app, cases[0]).id == member
    # Linked once, and a person once in a group.
    token = page.all("input", name="csrf_token")[0].get("value")
    fields = {"case": str(cases[1]), "csrf_token": token}
    again = counselor.post(f"{address}/case", fields)
    assert again.status == 422 and "linked to a case already" in again.words
    add(counselor, group, ["Anh Tư"])
    with app.app_context():
        other = db.session.scalars(select(GroupMember.id).where(GroupMember.id != member)).one()
    fields["case"] = str(cases[0])
    twice = counselor.post(f"{group}/members/{other}/case", fields)
    assert twice.status == 422 and "is a member of the group already" in twice.words
    assert counselor.submit(page, f"{address}/case/remove").status == 303
    assert "Linked to no case" in counselor.get(address).words
    assert counselor.post(f"{address}/case/remove", fields).status == 404


def test_a_closed_case_joins_no_group(app, counselor, group, cases):
    page = counselor.get(f"{group}/members/cases")
    closure = f"/cases/{cases[0]}/closure"
    assert counselor.submit(closure, closure, reason="moved").status == 303
    address = f"{group}/members/cases"
    page = counselor.post(address, tick(page, address, [cases[0]]))
    assert page.status == 422 and count(app, GroupMember) == 0


def test_another_who_leads_the_group_learns_no_code(app, cast, client_as, counselor, group, cases):
    join(counselor, group, [cases[0]])
    facilitators = f"{group}/facilitators"
    second = str(cast.accounts["counselor2"])
    assert counselor.submit(facilitators, facilitators, counselor=second).status == 303
    other, member = client_as("counselor2"), member_of(app, cases[0]).id
    with app.app_context():
        reference = db.session.get_one(Case, cases[0]).reference
    for address in (f"{group}/members", f"{group}/members/{member}"):
        page = other.get(address)
        assert "Hương" in page.text and reference not in page.text
        assert str(cases[0]) not in page.text and "inked" in page.words
    token = other.get("/account").all("input", name="csrf_token")[0].get("value")
    unlink = f"{group}/members/{member}/case/remove"
    assert other.post(unlink, {"csrf_token": token}).status == 404
    assert member_of(app, cases[0]).id == member


def test_the_sheet_is_neutral_and_leaves_a_row(app, counselor, group, cases):
    add(counselor, group, TWELVE)
    join(counselor, group, [cases[0]])
    before = count(app, AuditEntry, AuditEntry.action == "group.sheet")
    answer = counselor.client.get(f"{group}/members/sheet.docx")
    assert "danh-sach-tham-du.docx" in answer.headers["Content-Disposition"]
    assert count(app, AuditEntry, AuditEntry.action == "group.sheet") == before + 1
    paper = Document(BytesIO(answer.data))
    told = "\n".join(p.text for p in paper.paragraphs)
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    assert "DANH SÁCH THAM DỰ" in told and "Hoa Sen" in told
    assert [name for name in (*TWELVE, "Hương") if name not in cells] == []
    with app.app_context():
        reference = db.session.get_one(Case, cases[0]).reference
    for word in (reference, "Đào Thị", "tự lực", "cai nghiện", "hồ sơ", "Nhóm A"):
        assert word not in told + "\n".join(cells)
    # Room for those who come for the first time.
    numbers = [row.cells[0].text for row in paper.tables[1].rows[1:]]
    assert numbers == [str(n) for n in range(1, 19)]


def test_many_own_cases_are_searched_not_listed(counselor, group):
    for number in range(28):
        open_case(counselor, name=f"Người Thứ {number:02}", alias="")
    page = counselor.get(f"{group}/members/cases")
    assert "25 of 28 cases" in page.words
    address = f"{group}/members/cases"
    found = counselor.submit(page, f"{address}/search", words="thu 27")
    assert "Người Thứ 27" in found.words
    chosen = [UUID(value) for key, value in found.form(address).items() if key.endswith("-case")]
    assert counselor.post(address, tick(found, address, chosen)).status == 303
    assert "27" in counselor.get(f"{group}/members").words


def test_names_typed_and_not_saved_are_offered_in_sight(counselor, group):
    """The form stands folded beneath the list: what was begun in it opens it."""
    address = f"{group}/members"
    add(counselor, group, ["Chị Bảy"])
    page = counselor.get(address)
    assert page.one("details", class_="panel").get("open") is None
    counselor.post("/drafts", {**page.form(address), "names": "Anh Tư\nAnh Năm"})
    page = counselor.get(address)
    assert page.one("details", class_="panel").get("open") is not None
    (offer,) = [a.get("href") for a in page.all("a") if "kept=" in (a.get("href") or "")]
    used = counselor.get(offer)
    assert used.one("details", class_="panel").get("open") is not None
    assert used.form(address)["names"] == "Anh Tư\nAnh Năm"
    assert counselor.submit(used, address).status == 303
    assert "Anh Năm" in counselor.get(address).words


def test_a_case_tells_of_the_groups_that_its_reader_leads(counselor, client_as, group, cases, app):
    address = f"/cases/{cases[0]}"
    panel = {"HX-Request": "true", "HX-Target": "panel-groups"}
    assert f"{address}/groups" in [
        each.get("hx-get") for each in counselor.get(address).all("section")
    ]
    assert "In no group that you lead" in counselor.get(f"{address}/groups", headers=panel).words
    join(counselor, group, [cases[0]], joined_on="2026-10-01")
    page = counselor.get(f"{address}/groups", headers=panel)
    (link,) = page.all("a")
    assert words(link) == "Hoa Sen"
    assert (link.get("href") or "").startswith(f"{group}/members/")
    assert "since 01/10/2026" in page.words
    whole = counselor.get(f"{address}/groups")
    assert whole.h1 == "Groups"
    with app.app_context():
        query = select(AuditEntry.action).where(AuditEntry.subject_id == cases[0])
        assert db.session.scalars(query.order_by(AuditEntry.position)).all()[-1] == "case.read"
    assert client_as("counselor2").get(f"{address}/groups").status == 404


def test_who_reads_a_case_and_leads_no_group_of_it_learns_of_none(
    counselor, client_as, group, cases, cast
):
    join(counselor, group, [cases[0]])
    cover = f"/cases/{cases[0]}/cover"
    colleague = str(cast.accounts["counselor2"])
    day = str(date(2026, 11, 1))
    assert counselor.submit(cover, cover, colleague=colleague, last_day=day).status == 303
    page = client_as("counselor2").get(f"/cases/{cases[0]}/groups")
    assert "Hoa Sen" not in page.text
    assert "In no group that you lead" in page.words
