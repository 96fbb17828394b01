"""What a person may ask about their own record, with a clock; the paper they take home; and what
authorities are told.
"""

import io
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from docx import Document
from sqlalchemy import select, update

from casework.confidential.cases.models import Case
from casework.confidential.rights.models import Disclosure, RightsRequest
from casework.confidential.rights.queries import list_unanswered
from casework.core.audit import SYSTEM, AuditEntry
from casework.core.clock import now, today
from casework.core.database import db
from casework.organisation.settings.models import Setting, SettingValue
from tests.authz.test_lists_and_doors import _identity
from tests.confidential.test_cases import open_case
from tests.days import in_days

LETTER = {
    "agency": "Công an xã Năm Căn",
    "number": "123/CV-CAX",
    "ground": "Điều 10 Luật số 91/2025/QH15",
}


@pytest.fixture
def counselor(client_as):
    return client_as("counselor")


@pytest.fixture
def case(counselor):
    return open_case(counselor)


def ask(counselor, case, **changes):
    new = case + "/rights/requests/new"
    values = {"kind": "correct", "wish": "Địa chỉ của tôi ghi sai"}
    return counselor.submit(new, new, **{**values, **changes})


def disclose(counselor, case, **changes):
    new = case + "/rights/disclosures/new"
    return counselor.submit(new, new, **{**LETTER, **changes})


def the_only(app, kind, case):
    part = "requests" if kind is RightsRequest else "disclosures"
    with app.app_context():
        return f"{case}/rights/{part}/{db.session.scalars(select(kind.id)).one()}"


def paper_of(visitor, case):
    answer = visitor.client.get(case + "/rights/paper.docx")
    assert answer.status_code == 200
    document = Document(io.BytesIO(answer.data))
    cells = [cell.text for t in document.tables for row in t.rows for cell in row.cells]
    return answer, "\n".join([*(p.text for p in document.paragraphs), *cells])


def test_a_request_has_the_clock_of_the_province_on_the_day_it_came_in(counselor, case, app, cast):
    with app.app_context():
        province = cast.units["province"]
        for days, on in (("5", date(2026, 1, 1)), ("9", today())):
            value = {"value": days, "source": "thử", "province_id": province, "from_on": on}
            db.session.add(SettingValue(key=Setting.REQUEST_DAYS, **value))
        moved = update(Case).values(opened_on=today() - timedelta(days=10))
        db.session.execute(moved)
        db.session.commit()
    assert ask(counselor, case, received_on=str(today())).status == 303
    assert ask(counselor, case, received_on=str(today() - timedelta(days=1))).status == 303
    with app.app_context():
        rows = db.session.scalars(select(RightsRequest)).all()
        assert {(row.due_on - row.received_on).days for row in rows} == {5, 9}


def test_a_request_waits_is_overdue_and_is_answered(counselor, client_as, case, app):
    ask(counselor, case)
    panel = counselor.get(case + "/rights")
    assert "to have it corrected" in panel.words
    assert "waiting" in panel.words
    assert "overdue" not in panel.words
    with time_machine.travel(now() + timedelta(days=16), tick=False):
        assert "overdue" in client_as("counselor").get(case + "/rights").words
        register = client_as("dpo").get("/rights")
        assert "overdue" in register.words
        assert "Requests and disclosures 1" in register.words, "counted in the menu"
        page, visitor = the_only(app, RightsRequest, case), client_as("counselor")
        shown = visitor.get(page)
        assert "Địa chỉ của tôi ghi sai" in shown.words
        assert visitor.submit(shown, page, outcome="done", reply="Đã sửa").status == 303
        assert "Requests and disclosures 1" not in client_as("dpo").get("/rights").words
        assert "done" in visitor.get(case + "/rights").words
    assert counselor.get(case + "/rights").status == 303, "a clock set back signs out, no worse"


def test_today_is_told_what_waits_soonest_first(counselor, client_as, case, app, cast):
    ask(counselor, case, kind="see", wish="Cho tôi xem")
    ask(client_as("counselor-b"), open_case(client_as("counselor-b")))
    identity = _identity(app, cast, "counselor")
    with app.test_request_context():
        access = identity.access("confidential:rights:write")
        assert [request.kind for request, _code in list_unanswered(access)] == ["see"]


@pytest.mark.parametrize("outcome", ["refused", "partly"])
def test_who_is_refused_is_told_why_and_may_state_their_own_view(counselor, case, app, outcome):
    ask(counselor, case)
    page = the_only(app, RightsRequest, case)
    unsaid = counselor.submit(page, page, outcome=outcome, statement="Tôi ở ấp 3")
    assert unsaid.status == 422
    assert "the reason that the person was told" in unsaid.words
    assert unsaid.form(page)["statement"] == "Tôi ở ấp 3"
    assert counselor.submit(unsaid, page, reply="Giấy tờ ghi ấp 2").status == 303
    panel = counselor.get(case + "/rights").words
    assert "The person's own statement" in panel
    assert "Tôi ở ấp 3" in panel
    assert "Ý kiến của tôi: Tôi ở ấp 3" in paper_of(counselor, case)[1]


@pytest.mark.parametrize(("kind", "outcome"), [("see", "refused"), ("correct", "done")])
def test_a_statement_stands_only_beside_a_refused_correction(counselor, case, app, kind, outcome):
    ask(counselor, case, kind=kind)
    page = the_only(app, RightsRequest, case)
    answer = {"outcome": outcome, "reply": "x", "statement": "khác"}
    page_again = counselor.submit(page, page, **answer)
    assert (page_again.status, "own statement" in page_again.words) == (422, True)


def test_a_corrected_answer_keeps_the_earlier_one_and_the_second_saver_is_told(
    counselor, case, app
):
    ask(counselor, case)
    page = the_only(app, RightsRequest, case)
    mine, yours = counselor.get(page), counselor.get(page)
    assert counselor.submit(mine, page, outcome="refused", reply="Lý do một").status == 303
    late = counselor.submit(yours, page, outcome="done", reply="Lý do hai")
    assert late.status == 409
    assert "Lý do một" in late.words
    assert counselor.submit(late, page).status == 303
    shown = counselor.get(page).words
    assert "Before it was corrected" in shown
    assert "Lý do một" in shown


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": ""},
        {"kind": "sue"},
        {"wish": ""},
        {"wish": "x" * 20_001},
        {"wish": "a\x00b"},
        {"received_on": ""},
        {"received_on": "2026-02-30"},
        {"received_on": in_days(1)},
        {"received_on": in_days(-400)},
    ],
)
def test_a_wrong_request_is_refused_with_its_text(counselor, case, app, wrong):
    page = ask(counselor, case, **wrong)
    assert page.status == 422
    if "wish" not in wrong:
        assert page.form(case + "/rights/requests/new")["wish"] == "Địa chỉ của tôi ghi sai"
    with app.app_context():
        assert db.session.scalars(select(RightsRequest)).all() == []


def test_an_answer_before_the_request_is_refused(counselor, case, app):
    ask(counselor, case)
    page = the_only(app, RightsRequest, case)
    early = str(today() - timedelta(days=1))
    answer = counselor.submit(page, page, outcome="done", answered_on=early)
    assert (answer.status, "before the request" in answer.words) == (422, True)


def test_an_authority_is_answered_on_a_numbered_letter_only(counselor, case, app):
    for number in ("", "không số"):
        page = disclose(counselor, case, number=number)
        assert page.status == 422, number
        assert page.form(case + "/rights/disclosures/new")["agency"] == LETTER["agency"]
    for name in ("agency", "ground"):
        assert disclose(counselor, case, **{name: " "}).status == 422
    assert disclose(counselor, case).status == 303
    page = the_only(app, Disclosure, case)
    unsaid = counselor.submit(page, page, decision="partly")
    assert (unsaid.status, "what the authority was told" in unsaid.words) == (422, True)
    assert counselor.submit(unsaid, page, told="Chỉ xác nhận nơi cư trú").status == 303
    assert "given in part" in counselor.get(case + "/rights").words
    assert counselor.submit(page, page, decision="refused", told="Rút lại").status == 303
    assert "Chỉ xác nhận nơi cư trú" in counselor.get(page).words


def test_the_officer_reads_both_registers_without_names_or_what_was_told(
    counselor, client_as, case, app
):
    ask(counselor, case)
    disclose(counselor, case)
    page = the_only(app, Disclosure, case)
    counselor.submit(page, page, decision="given", told="Nơi cư trú hiện nay")
    register = client_as("dpo").get("/rights")
    for told in ("123/CV-CAX", "Công an xã Năm Căn", "Điều 10", "Phường Bạc Liêu", "given"):
        assert told in register.words, told
    for kept in ("Đào", "Bé Ba", "Địa chỉ của tôi", "Nơi cư trú hiện nay", "0900"):
        assert kept not in register.told, kept
    assert case not in register.text, "no way into the case"
    with app.app_context():
        row = db.session.scalars(select(Disclosure)).one()
        for sealed in (row.agency_sealed, row.number_sealed, row.ground_sealed, row.told_sealed):
            assert b"C\xc3\xb4ng an" not in sealed
            assert b"CAX" not in sealed
        logged = select(AuditEntry).where(AuditEntry.action == "rights.register")
        assert db.session.scalars(logged).one().subject_id is None


def test_the_register_is_of_a_year_and_keeps_what_waits(counselor, client_as, case, app):
    ask(counselor, case)
    ask(counselor, case, kind="see")
    with app.app_context():
        for kind, answered in (("correct", None), ("see", date(2025, 3, 9))):
            old = {"received_on": date(2025, 3, 1), "due_on": date(2025, 3, 16)}
            done = {"answered_on": answered, "outcome": "done" if answered else None}
            query = update(RightsRequest).where(RightsRequest.kind == kind)
            db.session.execute(query.values(**old, **done))
        db.session.commit()
    dpo = client_as("dpo")
    assert "to have it corrected" in dpo.get("/rights").words
    assert "to see what is kept" not in dpo.get("/rights").words
    assert "to see what is kept" in dpo.get("/rights?year=2025").words
    for year in ("1999", "99999999999", "x", ""):
        assert dpo.get(f"/rights?year={year}").status == 200


PLACES = ("", "/paper.docx", "/requests/new", "/disclosures/new")


@pytest.mark.parametrize(
    "who",
    [
        "counselor2",
        "counselor-b",
        "coordinator",
        "unithead",
        "inspector",
        "manager",
        "dpo",
        "admin",
    ],
)
def test_nobody_else_reads_or_writes_them(counselor, client_as, case, app, who):
    ask(counselor, case)
    disclose(counselor, case)
    places = [case + "/rights" + place for place in PLACES]
    places += [the_only(app, RightsRequest, case), the_only(app, Disclosure, case)]
    visitor = client_as(who)
    for place in places:
        assert visitor.get(place).status in (403, 404), place
    token = visitor.get("/account").form("/sign-out")["csrf_token"]
    for place in places[2:]:
        assert visitor.post(place, {"csrf_token": token}).status in (403, 404), place


@pytest.mark.parametrize("who", ["counselor", "coordinator", "unithead", "manager", "admin"])
def test_the_registers_are_the_officers_alone(client_as, who):
    assert client_as(who).get("/rights").status == 403


def test_a_request_of_another_case_is_not_found(counselor, case, app):
    ask(counselor, case)
    other = open_case(counselor, name="Người Khác")
    request = the_only(app, RightsRequest, case).rpartition("/")[2]
    assert counselor.get(f"{other}/rights/requests/{request}").status == 404
    assert counselor.get(f"{other}/rights/requests/{uuid4()}").status == 404
    assert counselor.get(f"{other}/rights/disclosures/{request}").status == 404


def test_a_closed_case_still_has_rights_and_an_erased_one_is_gone(counselor, case, app):
    counselor.submit(case + "/closure", case + "/closure", reason="goals_met")
    assert ask(counselor, case, kind="erase", wish="Xóa hết").status == 303
    page = the_only(app, RightsRequest, case)
    assert "propose to erase it" in counselor.get(page).words
    with app.app_context():
        db.session.execute(update(Case).values(erased_at=now()))
        db.session.commit()
    for place in PLACES:
        assert counselor.get(f"{case}/rights{place}").status == 404, place


def test_the_own_paper_says_everything_and_leaves_a_row(counselor, client_as, case, app):
    new = case + "/contacts/new"
    counselor.submit(new, new, note="Muốn học sửa xe", closed_note="Điều riêng của tư vấn viên")
    ask(counselor, case)
    disclose(counselor, case)
    page = the_only(app, Disclosure, case)
    waiting = paper_of(counselor, case)[1]
    assert "123/CV-CAX" not in waiting, "not before it is answered"
    counselor.submit(page, page, decision="refused", told="Không đủ căn cứ")
    answer, text = paper_of(counselor, case)
    for told in (
        "PHIẾU THÔNG TIN CỦA TÔI",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Đào Thị Ngọc Ánh",
        "Bé Ba",
        "0900 123 456",
        "Gọi sau 19 giờ",
        "Muốn học sửa xe",
        "Địa chỉ của tôi ghi sai",
        "123/CV-CAX",
        "Không đủ căn cứ",
        "Nguyễn Thị Hoa",
        "Lê Thị Ánh",
        "có 1 ghi chú kín",
        "91/2025/QH15",
        "trong 15 ngày./.",
    ):
        assert told in text, told
    assert "Điều riêng" not in text
    assert "Đào" not in answer.headers["Content-Disposition"]
    assert case[7:] not in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    with app.app_context():
        printed = select(AuditEntry).where(AuditEntry.action == "rights.print")
        rows = db.session.scalars(printed).all()
        assert {row.subject_id for row in rows} == {UUID(case[7:])}
        assert len(rows) == 2
    assert "printed the person's own information" in counselor.get(case + "/looks").words


def test_what_does_not_open_is_said_so_on_the_paper(counselor, case, app):
    with app.app_context():
        sealed = "UPDATE identities SET phone_sealed = name_sealed"
        if db.engine.dialect.name == "postgresql":
            sealed = sealed.replace("identities", "confidential.identities")
        db.session.connection().exec_driver_sql(sealed)
        db.session.commit()
    text = paper_of(counselor, case)[1]
    assert "Điện thoại: (không mở được)" in text


def test_the_same_form_twice_is_one_request(counselor, case, app):
    new = case + "/rights/requests/new"
    page = counselor.get(new)
    for _ in range(3):
        assert counselor.submit(page, new, kind="see", wish="Cho xem").status == 303
    with app.app_context():
        assert len(db.session.scalars(select(RightsRequest)).all()) == 1
        assert SYSTEM.id is None
