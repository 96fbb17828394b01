"""Caseloads in and out of Excel: everybody or nobody, the same rules as typing, no formula, and a
row of the log for each case.
"""

from datetime import timedelta
from io import BytesIO

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from casework.confidential.cases.models import Assignment, Case, PersonIdentity
from casework.confidential.consent.models import Consent
from casework.confidential.contacts.models import Contact
from casework.core.audit import AuditEntry
from casework.core.clock import today
from casework.core.database import db
from casework.vault.grants import Grant
from tests.confidential.test_cases import open_case
from tests.days import in_days
from tests.page import words

FORM = "/cases/import"
SINCE = today() - timedelta(days=400)
COLUMNS = (
    "number", "name", "alias", "sex", "birth_year", "group", "source", "opened_on", "phone",
    "address", "safe_contact", "agrees_record", "agrees_phone", "agrees_statistics", "method",
    "witness", "child_agrees", "contact_on", "contact_kind", "minutes", "note",
)  # fmt: skip
PERSON = {
    "number": "HS 01", "name": "Đào Thị Ngọc Ánh", "sex": "Nữ", "birth_year": 1990, "group": "A",
    "source": "Tự đến", "opened_on": SINCE, "agrees_record": "x", "agrees_phone": "x",
    "agrees_statistics": "x", "method": "Ký", "phone": "0900123456",
}  # fmt: skip
LATER = {"number": "HS 01", "contact_kind": "phone", "minutes": 20, "note": "Hẹn làm giấy tờ"}


def sheet(*rows, columns=COLUMNS, change=None):
    """A workbook with these rows, and whatever `change` does to it."""
    book = Workbook()
    book.active.append(columns)
    for row in rows:
        book.active.append([row.get(column) for column in columns])
    if change:
        change(book.active)
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def send(visitor, content, name="log.xlsx", **more):
    """Hand a file in; without a word more it is taken in, not only checked."""
    fields = {"sheet": (BytesIO(content), name), "only_check": None, **more}
    return visitor.submit(FORM, FORM, budget=400, **fields)


def count(app, model=Case):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model))


def address_of(visitor, name):
    """The case of a person in the list of one's own."""
    links = visitor.get("/cases").all("a")
    return next(a.get("href") for a in links if name in "".join(a.itertext()))


@pytest.fixture
def counselor(client_as):
    return client_as("counselor")


def test_a_log_is_taken_in_and_read_back(counselor, client_as, app, cast):
    day = today() - timedelta(days=40)
    rows = (
        {**PERSON, "contact_on": SINCE, "contact_kind": "Tại nhà", "note": "Lần đầu"},
        {**LATER, "contact_on": day},
        {**PERSON, "number": "HS 02", "name": None, "alias": "Bé Ba", "agrees_phone": None},
    )
    page = send(counselor, sheet(*rows))
    assert page.status == 303, page.words
    assert "2 cases with 2 contacts" in counselor.follow(page).words
    address = address_of(counselor, "Ngọc Ánh")
    contacts = counselor.get(address + "/contacts").words
    assert "Lần đầu" in contacts and "Hẹn làm giấy tờ" in contacts
    assert client_as("counselor2").get(address).status == 404
    with app.app_context():
        assert {row.account_id for row in db.session.scalars(select(Assignment))} == {
            cast.accounts["counselor"]
        }
        assert db.session.scalar(select(func.count()).select_from(Consent)) == 5
        # Two compartments for the counselor, the coordinator and the organisation, twice.
        assert db.session.scalar(select(func.count()).select_from(Grant)) == 12
        for person in db.session.scalars(select(PersonIdentity)):
            assert "Ánh".encode() not in (person.name_sealed or b"")
        imported = select(AuditEntry).where(AuditEntry.action == "case.import")
        assert "Ánh" not in db.session.scalars(imported).one().detail


def test_only_checked_nothing_is_written(counselor, app):
    page = send(counselor, sheet(PERSON), only_check="y")
    assert page.status == 200
    assert "nothing is written yet" in page.words
    assert "1 cases with 0 contacts" in page.words
    assert (count(app), count(app, Grant)) == (0, 0)


def test_one_fault_and_nobody_is_taken_in(counselor, app):
    rows = (
        PERSON,
        {**PERSON, "number": "2", "name": "Lê Văn Tư", "sex": "??", "opened_on": "31/02/2026"},
        {**PERSON, "number": "3", "name": "Võ Văn Ba", "birth_year": today().year - 12},
        {**PERSON, "number": "4", "name": "Lý Thị Sáu", "agrees_record": None},
    )
    page = send(counselor, sheet(*rows))
    assert page.status == 422
    cells = [
        " ".join("".join(cell.itertext()).split())
        for row in page.all("table")[0].iter("tr")
        for cell in list(row)[:2]
    ]
    # What a cell holds is told first; rules of the work once all cells are good.
    assert cells[2:] == ["3", "sex", "3", "opened_on"]
    assert count(app) == 0
    page = send(counselor, sheet(rows[0], *rows[2:]))
    assert page.status == 422
    assert "guardian has to agree" in page.words
    assert "no record may be kept" in page.words
    assert (count(app), count(app, Grant)) == (0, 0)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (({**PERSON, "number": None},), "Fill this in."),
        ((PERSON, {**PERSON, "name": "Lê Văn Tư"}), "This number stands above already"),
        (({**PERSON, "name": "=HYPERLINK(1)"},), "A formula stands here"),
        (({**PERSON, "opened_on": in_days(3, "")},), "too far ahead"),
        (({**PERSON, "phone": "12"},), "ten digits"),
        (({**PERSON, "name": "N" * 300},), "At most 200 characters"),
        (({**PERSON, "birth_year": 1066},), "Write a year such as"),
        ((PERSON, {**LATER, "contact_on": SINCE - timedelta(days=9)}), "opened after this day"),
        (({**PERSON, "agrees_phone": None}, {**LATER, "contact_on": in_days(0, "")}), "by phone"),
        ((PERSON, {**LATER, "contact_on": in_days(0, ""), "minutes": 9999}), "600 minutes"),
    ],
)
def test_what_is_wrong_is_told_by_row_and_nothing_written(counselor, app, rows, told):
    page = send(counselor, sheet(*rows))
    assert page.status == 422
    assert told in page.words
    assert count(app) == 0


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"", "log.xlsx", "empty"),
        (b"PK\x03\x04 not a workbook", "log.xlsx", "Only these kinds"),
        (sheet(PERSON), "log.csv", "says it is something else"),
        (sheet(PERSON, columns=("name", "phone")), "log.xlsx", "This column is missing"),
        (sheet(PERSON, change=lambda s: s.merge_cells("A2:B2")), "log.xlsx", "merged cells"),
        (sheet(*({**PERSON, "number": n} for n in range(5002))), "log.xlsx", "more than 5000 rows"),
        ("họ tên;số\n".encode("utf-16"), "log.csv", "Only these kinds"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_words(counselor, app, content, name, told):
    page = send(counselor, content, name)
    assert page.status == 422
    assert told in page.words
    assert count(app) == 0


def test_csv_as_vietnamese_excel_writes_it(counselor, app):
    lines = [";".join(COLUMNS)]
    cells = {**PERSON, "opened_on": f"{SINCE:%d/%m/%Y}", "name": "Đa\u0300o Thị Ánh"}
    lines.append(";".join(str(cells.get(column) or "") for column in COLUMNS))
    page = send(counselor, "\ufeff".encode() + "\r\n".join(lines).encode(), "log.csv")
    assert page.status == 303, page.words
    assert "Đào Thị Ánh" in counselor.get("/cases").words


def test_the_template_is_what_the_import_reads(counselor):
    answer = counselor.client.get(FORM + "/template")
    book = load_workbook(BytesIO(answer.get_data()))
    assert tuple(cell.value for cell in book.active[1]) == COLUMNS


def test_a_unit_of_others_is_no_choice(counselor, app, cast):
    page = send(counselor, sheet(PERSON), unit=str(cast.units["b"]))
    assert page.status == 422
    assert count(app) == 0


def test_the_same_form_twice_is_one_import(counselor, app):
    page = counselor.get(FORM)
    for _ in range(2):
        sent = {"sheet": (BytesIO(sheet(PERSON)), "log.xlsx"), "only_check": None}
        assert counselor.submit(page, FORM, budget=400, **sent).status == 303
    assert count(app) == 1


def alike(page):
    """What each row looks like, by its number."""
    rows = [list(row) for table in page.all("table")[:1] for row in table.iter("tr")]
    return {words(row[0]): words(row[1]) for row in rows[1:]}


def test_who_may_have_a_case_already_is_named_and_stops_nobody(counselor, client_as, app):
    known = open_case(counselor, name="Đào Thị Ngọc Ánh", birth="1990")
    code = counselor.get(known).h1
    open_case(client_as("counselor2"), name="Lê Văn Tư", birth="1971")
    rows = (
        {**PERSON, "number": "1", "name": "Người Mới Đến"},
        {**PERSON, "number": "2", "name": "ĐÀO THI NGOC ANH"},
        {**PERSON, "number": "3", "name": "Lê Văn Tư", "birth_year": 1971},
    )
    checked = send(counselor, sheet(*rows), only_check="y")
    assert checked.status == 200
    assert "the sheet is good" in checked.words.lower()
    told = f"{code} Đào Thị Ngọc Ánh · same name and year of birth"
    assert alike(checked) == {"row 3": told}, "nobody else's case is told of"
    with app.app_context():
        query = select(AuditEntry.subject_id).where(AuditEntry.action == "case.list")
        assert str(db.session.scalars(query).all()[-1]) in known

    refused = send(counselor, sheet(*rows))
    assert refused.status == 422
    assert "Look at these rows first." in refused.words
    assert alike(refused) == {"row 3": told}
    assert count(app) == 2
    taken = send(counselor, sheet(*rows), somebody_else="y")
    assert taken.status == 303
    assert count(app) == 5


def test_a_person_who_stands_twice_in_a_log_is_named_by_rows(counselor, app):
    rows = (
        PERSON,
        {**PERSON, "number": "7", "name": "Trịnh Thị Lài", "birth_year": None},
        {**PERSON, "number": "8", "name": None, "alias": "Ngọc Ánh"},
        {**PERSON, "number": "9", "name": "đào thị ngọc ánh", "birth_year": 1961},
    )
    checked = send(counselor, sheet(*rows), only_check="y")
    assert alike(checked) == {"row 4": "row 2", "row 5": "row 2"}
    assert "somebody_else" in checked.form(FORM) or "these are other people" in checked.words
    assert send(counselor, sheet(*rows)).status == 422
    assert count(app) == 0
    assert send(counselor, sheet(*rows), somebody_else="y").status == 303
    assert count(app) == 4


def test_the_command_asks_whether_rows_that_look_alike_are_several_people(app, client_as, log):
    path = log(PERSON, {**PERSON, "number": "2", "birth_year": None})
    dry = run(app, path, "--as", "counselor", "--dry-run")
    assert (dry.exit_code, count(app)) == (0, 0)
    assert "row 3 looks like row 2" in dry.output
    refused = run(app, path, "--as", "counselor")
    assert (refused.exit_code, count(app)) == (1, 0)
    assert "--other-people" in refused.output
    assert run(app, path, "--as", "counselor", "--other-people").exit_code == 0
    assert count(app) == 2


def test_faults_are_told_before_who_looks_alike(counselor, app):
    rows = (PERSON, {**PERSON, "number": "2"}, {**PERSON, "number": "3", "sex": "??"})
    page = send(counselor, sheet(*rows), somebody_else="y")
    assert page.status == 422
    assert "What is wrong" in page.words
    assert "may be known already" not in page.words
    assert count(app) == 0


def exported(counselor, **fields):
    form = counselor.get("/cases/export").form("/cases/export")
    answer = counselor.client.post("/cases/export", data={**form, "reason": "meeting", **fields})
    assert answer.status_code == 200
    return load_workbook(BytesIO(answer.get_data())).active


def test_the_own_cases_are_taken_out_with_a_reason(counselor, client_as, app):
    open_case(counselor, name="=1+1", alias="")
    open_case(client_as("counselor2"), name="Người Khác")
    assert counselor.submit("/cases/export", "/cases/export").status == 422
    codes = exported(counselor)
    assert codes.max_row == 2
    told = [str(cell.value) for row in codes for cell in row]
    assert not any("1+1" in text or "ấp Bình An" in text for text in told)
    cells = [cell for row in exported(counselor, with_names="y") for cell in row]
    assert "=1+1" in [cell.value for cell in cells if cell.data_type == "s"]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert not any("Người Khác" in str(cell.value) for cell in cells)
    assert not any("Gọi sau 19 giờ" in str(cell.value) for cell in cells), "safe contact stays"
    with app.app_context():
        rows = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "case.export"))
        assert [row.detail.count("meeting") for row in rows] == [1, 1]


@pytest.mark.parametrize("who", ["coordinator", "unithead", "inspector", "dpo", "admin"])
def test_nobody_else_takes_cases_in_or_out(client_as, who):
    for path in (FORM, FORM + "/template", "/cases/export"):
        assert client_as(who).get(path).status == 403


def run(app, path, *arguments):
    return app.test_cli_runner().invoke(args=["cases", "import", str(path), *arguments])


@pytest.fixture
def log(tmp_path):
    """A file at the server."""

    def write(*rows):
        path = tmp_path / "log.xlsx"
        path.write_bytes(sheet(*rows))
        return path

    return write


def test_the_command_takes_a_log_in_for_a_counselor(app, client_as, log):
    path = log({**PERSON, "contact_on": SINCE, "contact_kind": "home", "note": "Chào"})
    dry = run(app, path, "--as", "counselor", "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "1 cases with 1 contacts would be taken in" in dry.output
    assert count(app) == 0
    done = run(app, path, "--as", "counselor")
    assert done.exit_code == 0, done.output
    counselor = client_as("counselor")
    address = address_of(counselor, "Ngọc Ánh")
    assert "Chào" in counselor.get(address + "/contacts").words
    assert client_as("coordinator").get(address).status == 200


@pytest.mark.parametrize(
    ("name", "told"), [("nobody", "no account"), ("unithead", "is a counselor in: none")]
)
def test_the_command_needs_a_counselor(app, log, name, told):
    done = run(app, log(PERSON), "--as", name)
    assert done.exit_code == 1
    assert told in done.output
    assert count(app) == 0


def test_the_command_tells_row_column_and_reason(app, log):
    path = log(PERSON, {**PERSON, "number": "2", "name": "Tư", "group": "Z"})
    done = run(app, path, "--as", "counselor")
    assert done.exit_code == 1
    assert "row 3, group:" in done.output
    assert (count(app), count(app, Contact)) == (0, 0)
