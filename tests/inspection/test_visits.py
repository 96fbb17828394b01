"""The visit: who may open and write it, what it copies, and that nothing typed is lost."""

import re
import unicodedata
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from sqlalchemy import func, select

from casework.confidential.cases.models import Case
from casework.confidential.samples.models import SampledCase
from casework.confidential.samples.queries import list_drawable
from casework.core.audit import AuditEntry
from casework.core.clock import now
from casework.core.database import db
from casework.inspection.inspections.models import Inspection
from casework.inspection.self_reports.models import SelfReport
from casework.inspection.visits.models import Check, ObservedSkill, SampleTick, Visit
from casework.inspection.visits.rules import Entry, fingerprint, mean_level
from casework.organisation.members.models import Member
from casework.organisation.samples.models import PaperSample
from casework.organisation.settings.models import CriteriaSet, Criterion
from tests.anonymisation import work
from tests.confidential.test_cases import open_case
from tests.inspection.editions import publish
from tests.inspection.visiting import DAY, have_only, judge_fully, plan_round
from tests.page import words as words_of


@pytest.fixture(autouse=True)
def _on_the_day():
    """Half past eight in the morning of the visit."""
    with time_machine.travel("2026-10-15 01:30:00+00:00", tick=False):
        yield


@pytest.fixture
def base(app, cast) -> str:
    """The address of an inspection of unit a, with figures of September."""
    with app.app_context():
        judge_fully(cast)
        inspection = plan_round(cast)
        db.session.commit()
        return f"/inspections/{inspection}"


@pytest.fixture
def inspector(client_as):
    return client_as("inspector")


@pytest.fixture
def opened(base, inspector) -> str:
    """The same, with its visit opened."""
    assert inspector.submit(base + "/checklist", base + "/checklist").status == 303
    return base


def checks(app) -> dict[str, Check]:
    with app.app_context():
        return {check.code: check for check in db.session.scalars(select(Check))}


def visit(app) -> Visit:
    with app.app_context():
        return db.session.scalars(select(Visit)).one()


def status(app) -> str:
    with app.app_context():
        return db.session.scalars(select(Inspection.status)).one()


def set_status(app, value: str) -> None:
    with app.app_context():
        db.session.scalars(select(Inspection)).one().status = value
        db.session.commit()


def count(app, kind) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(kind)) or 0


# ---- opening


def test_opening_copies_the_newest_figures_and_the_rest_of_the_checklist(app, base, inspector):
    page = inspector.submit(base + "/checklist", base + "/checklist")
    words = inspector.follow(page).words
    assert "0 of 29 answered" in words
    assert "Figures as published for 09/2026." in words
    assert "B1. Sinh hoạt CLB đúng định kỳ not answered 8/12 sessions (66 %)" in words.replace(
        "\u00a0", " "
    )
    copied = checks(app)
    assert list(copied)[:2] == ["A1", "A2"]
    assert len(copied) == 29
    assert (copied["B1"].computed, copied["B1"].numerator, copied["B1"].met) == ("not_met", 8, 90)
    assert (copied["E4"].computed, copied["E4"].method) == ("", "answered")
    assert copied["K1"].position == 29
    assert copied["A2"].method == "both"
    assert {check.rating for check in copied.values()} == {""}
    assert (visit(app).period, visit(app).started_at) == ("2026-09", "08:30")


def test_a_later_edition_and_a_new_checklist_change_nothing(app, cast, opened, inspector):
    with app.app_context():
        publish(cast.units["province"], "2026-10")
        new = CriteriaSet(number=2, from_on=DAY, source="mới")
        db.session.add(new)
        db.session.flush()
        db.session.add(
            Criterion(set_id=new.id, code="B1", position=1, text="Khác", method="computed", met=50)
        )
        db.session.commit()
    assert "Khác" not in inspector.get(opened + "/checklist").text
    assert checks(app)["B1"].met == 90


def test_without_figures_that_is_said(app, cast, inspector):
    with app.app_context():
        judge_fully(cast, figures={})
        inspection = plan_round(cast)
        db.session.commit()
    address = f"/inspections/{inspection}/checklist"
    page = inspector.follow(inspector.submit(address, address))
    assert "Nothing was published for this unit when the visit was opened" in page.words
    assert len(checks(app)) == 29


def test_without_a_checklist_there_is_nothing_to_open(app, cast, inspector):
    with app.app_context():
        inspection = plan_round(cast)
        db.session.commit()
    address = f"/inspections/{inspection}/checklist"
    page = inspector.submit(address, address)
    assert page.status == 422
    assert "No checklist is in force" in page.words
    assert count(app, Visit) == 0


def test_it_can_be_opened_early_with_a_hint(app, base, inspector):
    with app.app_context():
        db.session.scalars(select(Inspection)).one().visit_on = DAY + timedelta(days=3)
        db.session.commit()
    page = inspector.get(base + "/checklist")
    assert "The visit is planned for 18/10/2026" in page.words
    assert inspector.submit(page, base + "/checklist").status == 303
    assert visit(app).started_at == "08:00"


def test_it_is_opened_once(app, base, inspector):
    page = inspector.get(base + "/checklist")
    fields = page.form(base + "/checklist")
    assert inspector.post(base + "/checklist", fields).status == 303
    assert inspector.post(base + "/checklist", fields).status == 303, "the same form again"
    again = inspector.post(base + "/checklist", {**fields, "operation": str(uuid4())})
    assert again.status == 422
    assert "opened already" in again.words
    assert (count(app, Visit), count(app, Check)) == (1, 29)


def test_what_the_unit_reported_comes_along(app, base, inspector):
    with app.app_context():
        inspection = db.session.scalars(select(Inspection)).one()
        report = SelfReport(inspection_id=inspection.id, achieved="Tốt", difficulties="Thiếu người")
        report.submitted_at = now()
        db.session.add(report)
        db.session.commit()
    inspector.submit(base + "/checklist", base + "/checklist")
    assert visit(app).unit_words == ("Tốt", "Thiếu người", "")
    assert "1 of 29 answered" in inspector.get(base + "/checklist").words


def test_a_report_that_is_not_submitted_stays_the_units(app, base, inspector):
    with app.app_context():
        inspection = db.session.scalars(select(Inspection)).one()
        db.session.add(SelfReport(inspection_id=inspection.id, difficulties="Nháp"))
        db.session.commit()
    inspector.submit(base + "/checklist", base + "/checklist")
    assert visit(app).unit_words == ("", "", "")


# ---- who may


@pytest.mark.parametrize(
    "path", ["", "/B", "/meeting", "/unit-words", "/skills", "/sample", "/close"]
)
def test_who_is_not_on_the_team_can_not_write(app, cast, client_as, path):
    with app.app_context():
        judge_fully(cast)
        inspection = plan_round(cast)
        have_only(cast, "manager")
        db.session.add(Visit(inspection_id=inspection, period=""))
        db.session.add(
            Check(
                inspection_id=inspection, code="B1", position=1, text="B", method="computed",
                set_id=uuid4(), set_number=1,
            )
        )  # fmt: skip
        db.session.commit()
    address = f"/inspections/{inspection}/checklist{path}"
    visitor = client_as("inspector")
    page = visitor.get(address)
    assert page.status == 200
    assert not [f for f in page.all("form") if (f.get("action") or "").startswith(address)]
    token = visitor.get("/account").form("/sign-out")["csrf_token"]
    sent = {
        "csrf_token": token, "operation": str(uuid4()), "rating_B1": "met", "favourable": "x",
        "size": "3", "although": "y", "attendees": "x",
    }  # fmt: skip
    answer = visitor.post(address, sent)
    assert answer.status == 422
    assert "Only the team of this inspection may write here." in answer.words or (
        "Somebody saved" in answer.words
    )
    assert checks(app)["B1"].rating == ""
    assert (count(app, PaperSample), visit(app).attendees, visit(app).favourable) == (0, "", "")


def test_another_province_finds_nothing(opened, client_as):
    visitor = client_as("inspector-elsewhere")
    for path in ("/checklist", "/checklist/B", "/checklist/sample", "/checklist/close"):
        assert visitor.get(opened + path).status == 404
    for who in ("unithead-b", "counselor-b"):
        assert client_as(who).get(opened + "/checklist").status == 404


def test_the_unit_reads_nothing_before_the_minutes_are_frozen(app, opened, inspector, client_as):
    page = inspector.get(opened + "/checklist/B")
    assert inspector.submit(page, opened + "/checklist/B", remark_B1="Hai kỳ bỏ.").status == 303
    for who in ("unithead", "counselor"):
        words = client_as(who).get(opened + "/checklist").words
        assert "once the minutes are drafted" in words
        assert "Hai kỳ bỏ" not in words
        assert "answered" not in words
    set_status(app, "minutes_drafted")
    for who in ("unithead", "counselor"):
        assert "Hai kỳ bỏ" in client_as(who).get(opened + "/checklist").words


def test_amounts_are_for_those_who_may_read_budgets(app, opened, client_as):
    set_status(app, "signed")
    assert "12,000,000/15,000,000" in client_as("unithead").get(opened + "/checklist").words
    page = client_as("counselor").get(opened + "/checklist")
    assert "12,000,000" not in page.text
    assert "80" in page.words


# ---- answering


def test_a_part_is_preset_by_the_figures_and_changed_with_a_remark(app, opened, inspector):
    page = inspector.get(opened + "/checklist/B")
    fields = page.form(opened + "/checklist/B")
    assert (fields["rating_B1"], fields["rating_B3"], fields.get("rating_B2")) == (
        "not_met", "met", None,
    )  # fmt: skip
    assert "8/12 sessions" in page.words
    assert "met from 90 %, partly from 70 %" in page.words.replace("\u00a0", " ")
    bare = inspector.submit(page, opened + "/checklist/B", rating_B1="partly")
    assert bare.status == 422
    assert "Say why it is rated otherwise than the figure." in bare.words
    values = {"rating_B1": "partly", "remark_B1": "Hai kỳ vì bão.", "rating_B2": "met"}
    told = inspector.submit(page, opened + "/checklist/B", **values)
    assert (told.status, told.location) == (303, opened + "/checklist/C")
    found = checks(app)
    assert (found["B1"].rating, found["B1"].remark) == ("partly", "Hai kỳ vì bão.")
    assert (found["B2"].rating, found["B3"].rating, found["B4"].rating) == ("met", "met", "")
    assert found["B1"].computed == "not_met"
    assert found["B4"].recorded_by is None


def test_after_a_part_comes_the_next_with_something_missing(opened, inspector):
    part = opened + "/checklist/C"
    page = inspector.submit(part, part, rating_C1="met", rating_C2="met")
    assert page.location == opened + "/checklist/D"
    words = inspector.follow(page).words
    assert "Part C is saved." in words
    assert "C. Communication 2/2" in words


def test_progress_says_what_is_missing_and_leads_there(opened, inspector):
    page = inspector.get(opened + "/checklist")
    links = [link.get("href") for link in page.all("a")]
    assert f"{opened}/checklist/B#rating_B1" in links
    assert f"{opened}/checklist/unit-words" in links
    target = inspector.get(f"{opened}/checklist/B")
    assert target.one("fieldset", id="rating_B1") is not None


def test_two_answer_different_criteria_at_once(app, opened, inspector):
    one, other = opened_twice(opened, inspector, inspector)
    assert inspector.post(*sent(opened, one, rating_B2="met")).status == 303
    assert inspector.post(*sent(opened, other, rating_B4="not_met")).status == 303
    found = checks(app)
    assert (found["B2"].rating, found["B4"].rating) == ("met", "not_met")


def test_two_answer_the_same_criterion(app, opened, inspector):
    one, other = opened_twice(opened, inspector, inspector)
    assert inspector.post(*sent(opened, one, rating_B2="met", remark_B2="Đều.")).status == 303
    page = inspector.post(*sent(opened, other, rating_B2="not_met", remark_B2="Không đều."))
    assert page.status == 409
    assert "both-texts" in page.text
    for text in ("Đều.", "Không đều."):
        assert text in page.words
    assert checks(app)["B2"].remark == "Đều."
    again = page.form(opened + "/checklist/B")
    assert again["remark_B2"] == "Không đều."
    assert inspector.post(opened + "/checklist/B", again).status == 303, "now it is meant"
    assert checks(app)["B2"].remark == "Không đều."


def test_who_touched_nothing_takes_nothing_back(app, opened, inspector):
    one, other = opened_twice(opened, inspector, inspector)
    assert inspector.post(*sent(opened, one, rating_B1="met", remark_B1="Đã bù đủ.")).status == 303
    assert inspector.post(*sent(opened, other, rating_B4="met")).status == 303
    assert checks(app)["B1"].rating == "met"


def test_a_form_sent_twice_is_carried_out_once(app, opened, inspector):
    fields = inspector.get(opened + "/checklist/B").form(opened + "/checklist/B")
    first = inspector.post(opened + "/checklist/B", {**fields, "rating_B2": "met"})
    second = inspector.post(opened + "/checklist/B", {**fields, "rating_B2": "met"})
    assert (first.status, second.status, second.location) == (303, 303, first.location)
    with app.app_context():
        query = select(func.count()).where(AuditEntry.action == "visit.answer")
        assert db.session.scalar(query) == 1


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"rating_B1": "excellent"}, "could not coerce"),
        ({"remark_B1": "x" * 100_000}, "At most 20000 characters."),
        ({"remark_B1": "a\0b"}, "can't be kept"),
    ],
)
def test_what_can_not_be_kept_comes_back(app, opened, inspector, values, words):
    page = inspector.submit(opened + "/checklist/B", opened + "/checklist/B", **values)
    assert page.status == 422
    assert words in page.words
    assert checks(app)["B1"].rating == ""


def test_decomposed_letters_are_composed(app, opened, inspector):
    typed = unicodedata.normalize("NFD", "Thiếu biên bản hai kỳ")
    inspector.submit(opened + "/checklist/B", opened + "/checklist/B", remark_B1=typed)
    assert checks(app)["B1"].remark == unicodedata.normalize("NFC", typed)


def test_a_criterion_of_another_part_is_not_written(app, opened, inspector):
    page = inspector.get(opened + "/checklist/B")
    inspector.submit(page, opened + "/checklist/B", rating_A1="not_met", remark_A1="x")
    assert checks(app)["A1"].rating == ""
    for letter in ("Z", "b", "AB"):
        assert inspector.get(f"{opened}/checklist/{letter}").status == 404


def test_the_log_holds_codes_and_no_words(app, opened, inspector):
    inspector.submit(opened + "/checklist/B", opened + "/checklist/B", remark_B1="Hai kỳ vì bão.")
    with app.app_context():
        rows = db.session.scalars(select(AuditEntry)).all()
    assert [row.detail for row in rows if row.action == "visit.answer"] == ['{"codes": "B1 B3"}']
    assert not [row for row in rows if "bão" in row.detail]


# ---- the meeting and the unit's own words


def test_time_and_people(app, opened, inspector):
    address = opened + "/checklist/meeting"
    for ended, words in (("07:00", "It ended before it began."), ("25:00", "Write a time of day")):
        page = inspector.submit(address, address, ended_at=ended)
        assert page.status == 422
        assert words in page.words
    values = {"ended_at": "11:15", "attendees": "Bà Lê Thị Ánh, Chủ nhiệm"}
    page = inspector.submit(address, address, **values)
    assert page.status == 303
    assert (visit(app).ended_at, visit(app).attendees) == ("11:15", "Bà Lê Thị Ánh, Chủ nhiệm")


def test_the_unit_says_its_words_while_the_visit_is_open(app, opened, inspector, client_as):
    head, address = client_as("unithead"), opened + "/own-words"
    assert address in [link.get("href") for link in head.get(opened + "/checklist").all("a")]
    page = head.submit(address, address, difficulties="Kinh phí về chậm\nThiếu phòng")
    assert page.status == 303
    assert "Kinh phí về chậm" in inspector.get(opened + "/checklist").words
    assert client_as("counselor").get(address).status == 403
    assert client_as("unithead-b").get(address).status == 404
    form = head.get(address).form(address)
    close(inspector, opened)
    refused = head.post(address, {**form, "difficulties": "Khác"})
    assert refused.status == 422
    assert "The visit is closed." in refused.words
    assert visit(app).difficulties == "Kinh phí về chậm\nThiếu phòng"


def test_the_unit_and_the_team_see_one_anothers_words(app, opened, inspector, client_as):
    mine, head = opened + "/checklist/unit-words", client_as("unithead")
    form = inspector.get(mine).form(mine)
    own = opened + "/own-words"
    assert head.submit(own, own, proposals="Xin thêm kinh phí").status == 303
    page = inspector.post(mine, {**form, "proposals": "Không có"})
    assert page.status == 409
    assert "Xin thêm kinh phí" in page.words
    assert "Không có" in page.text
    # Time and people are another form: nobody is in the way.
    meeting = opened + "/checklist/meeting"
    assert inspector.submit(meeting, meeting, attendees="Ông Ba").status == 303


# ---- skills


@pytest.fixture
def counsellors(app, cast) -> list[Member]:
    with app.app_context():
        club = work.add_body(cast.units["a"])
        work.add_staff(cast.units["a"], club, "club", 2)
        db.session.commit()
        query = select(Member).where(Member.unit_id == cast.units["a"]).order_by(Member.id)
        return list(db.session.scalars(query))


def test_skills_of_those_who_counsel(app, counsellors, opened, inspector):
    address = opened + "/checklist/skills"
    page = inspector.get(address)
    names = [name for name in page.form(address) if name.endswith("_counselling")]
    levels = [name for name in names if name.startswith("level_")]
    assert len(levels) == 2, "two counsel; the board does not"
    values = {levels[0]: "4", levels[1]: "3", levels[0].replace("level", "remark"): "Lắng nghe tốt"}
    assert inspector.submit(page, address, **values).status == 303
    words = inspector.get(opened + "/checklist").words
    assert "counselling: 4/5 · Lắng nghe tốt" in words
    assert "Mean of all levels: 3,5 of 5" in words
    assert inspector.submit(address, address, **{levels[1]: ""}).status == 303
    assert count(app, ObservedSkill) == 1


@pytest.mark.parametrize("level", ["0", "6", "-1", "4.5", "x"])
def test_a_level_is_from_one_to_five(app, counsellors, opened, inspector, level):
    address = opened + "/checklist/skills"
    page = inspector.get(address)
    name = next(n for n in page.form(address) if n.startswith("level_"))
    refused = inspector.submit(page, address, **{name: level})
    assert refused.status == 422
    assert count(app, ObservedSkill) == 0


def test_a_member_of_elsewhere_is_not_observed(app, counsellors, opened, inspector):
    address = opened + "/checklist/skills"
    inspector.submit(address, address, **{f"level_{uuid4().hex}_counselling": "5"})
    assert count(app, ObservedSkill) == 0


def test_two_observe_the_same_skill(app, counsellors, opened, inspector):
    address = opened + "/checklist/skills"
    one = inspector.get(address).form(address)
    other = inspector.get(address).form(address)
    name = next(n for n in one if n.startswith("level_"))
    assert inspector.post(address, {**one, name: "2"}).status == 303
    page = inspector.post(address, {**other, name: "5"})
    assert page.status == 409
    assert "both-texts" in page.text
    assert inspector.post(address, page.form(address)).status == 303
    with app.app_context():
        assert db.session.scalars(select(ObservedSkill.level)).one() == 5


def test_nobody_counsels(opened, inspector):
    assert "Nobody counsels here" in inspector.get(opened + "/checklist/skills").words


# ---- the blind sample


@pytest.fixture
def asked(opened, inspector) -> str:
    """Three files were asked for."""
    address = opened + "/checklist/sample"
    assert inspector.submit(address, address, size="3").status == 303
    return opened


def drawn(coordinator) -> str:
    """Draw what was asked for; the address that shows it."""
    links = [link.get("href") or "" for link in coordinator.get("/samples").all("a")]
    address = next(link for link in links if re.fullmatch(r"/samples/[0-9a-f-]{36}", link))
    page = coordinator.submit(address, address)
    assert page.status == 303
    return page.location


def test_the_coordinator_hears_of_it_on_today_until_the_files_were_looked_up(asked, client_as):
    coordinator = client_as("coordinator")
    page = coordinator.get("/")
    assert "Inspectors ask to see 3 paper files" in page.words
    (link,) = [each for each in page.all("a") if words_of(each) == "See which files"]
    assert link.get("href") == drawn(coordinator)
    for who in ("coordinator", "coordinator-b", "counselor"):
        assert "paper files" not in client_as(who).get("/").words


def test_a_sample_of_a_closed_visit_is_not_asked_for_any_more(asked, inspector, client_as):
    address = asked + "/checklist/close"
    assert inspector.submit(address, address, although="y").status == 303
    assert "paper files" not in client_as("coordinator").get("/").words


def test_codes_stand_on_the_units_screen_alone(app, cast, asked, inspector, client_as):
    counselor, coordinator = client_as("counselor"), client_as("coordinator")
    cases = [open_case(counselor, name=f"Người Số {n}") for n in range(5)]
    codes = {counselor.get(case).h1 for case in cases}
    page = coordinator.get(drawn(coordinator))
    shown = set(re.findall(r"[A-Z0-9]{3}-[A-Z0-9]{3}", page.words)) & codes
    assert len(shown) == 3
    assert "Người Số" not in page.text
    again = coordinator.get(page.response.request.path)
    assert set(re.findall(r"[A-Z0-9]{3}-[A-Z0-9]{3}", again.words)) & codes == shown
    for path in ("/checklist", "/checklist/sample"):
        text = inspector.get(asked + path).text
        assert not [code for code in codes if code in text]
    for who in ("unithead", "counselor", "inspector", "manager"):
        assert client_as(who).get(page.response.request.path).status == 403
    assert client_as("coordinator-b").get(page.response.request.path).status == 404
    # Each case notes who saw its code, and its counselor reads it.
    seen = [case for case in cases if counselor.get(case).h1 in shown]
    for case in seen:
        words = counselor.get(case + "/looks").words
        assert "saw the code, to show the paper file to inspectors" in words


def test_the_inspector_learns_nothing_of_how_many_there_are(app, asked, inspector, client_as):
    """Without a case, with one, with many: the same bytes but for tokens."""

    def plain() -> list[str]:
        paths = ("/checklist", "/checklist/sample")
        pages = [inspector.get(asked + path).text for path in paths]
        return [re.sub(r'value="[^"]*"', "", page) for page in pages]

    texts, coordinator = [], client_as("coordinator")
    plain()  # the word that files were asked for is said once
    for already in (0, 1, 12):
        with app.app_context():
            for sample in db.session.scalars(select(PaperSample)):
                sample.shown_at = sample.shown_by = None
            db.session.query(SampledCase).delete()
            db.session.commit()
        counselor = client_as("counselor")
        for n in range(already - len(texts)):
            open_case(counselor, name=f"Người {already} {n}")
        drawn(coordinator)
        texts.append(plain())
    assert texts[0] == texts[1] == texts[2]
    with app.app_context():
        columns = {column.name for column in PaperSample.__table__.columns}
    assert columns == {
        "id", "unit_id", "size", "asked_by", "asked_at", "shown_by", "shown_at", "closed_at",
    }  # fmt: skip


def test_fewer_files_than_numbers(asked, client_as):
    counselor, coordinator = client_as("counselor"), client_as("coordinator")
    open_case(counselor, name="Một Người")
    page = coordinator.get(drawn(coordinator))
    assert "There are fewer files than numbers." in page.words
    assert len(page.all("code")) == 1


def test_what_is_drawn(app, cast, client_as):
    counselor = client_as("counselor")
    ids = [UUID(open_case(counselor, name=f"Người {n}").split("/")[2]) for n in range(6)]
    with app.app_context():
        kept = [db.session.get_one(Case, each) for each in ids]
        ends = {
            1: ("closed", date(2025, 10, 16)),
            2: ("closed", date(2025, 10, 15)),
            3: ("transferred", date(2026, 10, 1)),
            4: ("closed", date(2026, 10, 1)),
        }
        for index, (status_, on) in ends.items():
            kept[index].status, kept[index].closed_on = status_, on
        kept[4].erased_at = now()
        kept[5].unit_id = cast.units["b"]
        db.session.commit()
        assert set(list_drawable(cast.units["a"])) == {ids[0], ids[1]}


def test_a_sample_is_drawn_once(app, asked, client_as):
    counselor, coordinator = client_as("counselor"), client_as("coordinator")
    for n in range(6):
        open_case(counselor, name=f"Người {n}")
    shown_at = drawn(coordinator)
    with app.app_context():
        before = {row.case_id for row in db.session.scalars(select(SampledCase))}
    token = coordinator.get("/account").form("/sign-out")["csrf_token"]
    again = coordinator.post(shown_at, {"csrf_token": token, "operation": str(uuid4())})
    assert again.status == 303
    with app.app_context():
        after = [row.case_id for row in db.session.scalars(select(SampledCase))]
    assert (set(after), len(after)) == (before, 3)


def test_ticks_by_number(app, asked, inspector):
    address, ticks = asked + "/checklist/sample", asked + "/checklist/sample/ticks"
    page = inspector.get(address)
    values = {"tick_1_file": "yes", "tick_1_consent": "no", "tick_2_file": "yes"}
    page = inspector.submit(page, ticks, **values, tick_9_file="yes")
    assert page.status == 303, page.words[:900]
    assert count(app, SampleTick) == 3, "there is no number 9"
    words = inspector.get(asked + "/checklist").words
    assert "The file is there: 2/2" in words
    assert "The consents are signed, by purpose: 0/1" in words
    assert inspector.submit(inspector.get(address), ticks, tick_2_file="-").status == 303
    assert count(app, SampleTick) == 2
    refused = inspector.submit(inspector.get(address), ticks, tick_1_file="maybe")
    assert refused.status == 422


def test_two_tick_the_same_file(app, asked, inspector):
    address, ticks = asked + "/checklist/sample", asked + "/checklist/sample/ticks"
    one, other = (inspector.get(address).form(ticks) for _ in range(2))
    assert inspector.post(ticks, {**one, "tick_1_file": "yes"}).status == 303
    page = inspector.post(ticks, {**other, "tick_1_file": "no"})
    assert page.status == 409
    assert "both-texts" in page.text
    assert inspector.post(ticks, page.form(ticks)).status == 303
    with app.app_context():
        assert db.session.scalars(select(SampleTick.answer)).one() == "no"


@pytest.mark.parametrize("size", ["0", "11", "", "x", "3.5"])
def test_how_many_can_be_asked_for(app, opened, inspector, size):
    address = opened + "/checklist/sample"
    assert inspector.submit(address, address, size=size).status == 422
    assert count(app, PaperSample) == 0


def test_files_are_asked_for_once_a_visit(app, opened, inspector):
    address = opened + "/checklist/sample"
    form = inspector.get(address).form(address)
    assert inspector.post(address, form).status == 303
    again = inspector.post(address, {**form, "operation": str(uuid4())})
    assert again.status == 422
    assert count(app, PaperSample) == 1


def test_a_sample_closes_with_the_visit(app, asked, inspector, client_as):
    counselor, coordinator = client_as("counselor"), client_as("coordinator")
    code = counselor.get(open_case(counselor, name="Một Người")).h1
    address = drawn(coordinator)
    assert code in coordinator.get(address).text
    close(inspector, asked)
    page = coordinator.get(address)
    assert "its codes are shown no more" in page.words
    assert code not in page.text
    with app.app_context():
        reads = select(func.count()).where(AuditEntry.action == "sample.show")
        assert db.session.scalar(reads) == 1, "what is not shown is not read"


# ---- closing


def close(inspector, opened) -> None:
    address = opened + "/checklist/close"
    assert inspector.submit(address, address, although="y").status == 303


def test_when_it_ended_is_only_proposed_on_its_day(app, opened, inspector, client_as):
    """Whoever closes it the next morning would be told that it ended before it began."""
    address = opened + "/checklist/close"
    assert inspector.get(address).form(address)["ended_at"] == "08:30"
    with time_machine.travel("2026-10-16 00:10:00+00:00", tick=False):
        inspector = client_as("inspector")
        page = inspector.get(address)
        assert page.form(address)["ended_at"] == ""
        assert inspector.submit(page, address, although="y").status == 303
    assert visit(app).ended_at == ""


def test_closing_says_what_is_missing(app, opened, inspector):
    address = opened + "/checklist/close"
    page = inspector.get(address)
    assert "Missing: A1 A2" in page.words
    refused = inspector.submit(page, address)
    assert refused.status == 422
    assert "Something is missing." in refused.words
    assert status(app) == "planned"
    assert inspector.submit(page, address, although="y", ended_at="11:00").status == 303
    assert (status(app), visit(app).ended_at) == ("visited", "11:00")


def test_closing_says_that_nobody_of_the_unit_is_written_down(opened, inspector):
    address, meeting = opened + "/checklist/close", opened + "/checklist/meeting"
    page = inspector.get(address)
    assert "Nobody of the unit is written down" in page.words
    assert page.one("a", href=meeting) is not None
    assert inspector.submit(meeting, meeting, attendees="Bà Lê Thị Ánh").status == 303
    assert "Nobody of the unit" not in inspector.get(address).words


def test_nothing_is_written_in_a_closed_visit(app, opened, inspector):
    form = inspector.get(opened + "/checklist/B").form(opened + "/checklist/B")
    close(inspector, opened)
    typed = {**form, "rating_B2": "met", "remark_B2": "Đều đặn hằng tháng."}
    page = inspector.post(opened + "/checklist/B", typed)
    assert page.status == 422
    assert "The visit is closed." in page.words
    assert page.form(opened + "/checklist/B")["remark_B2"] == "Đều đặn hằng tháng."
    assert checks(app)["B2"].rating == ""


def test_it_is_opened_again_until_the_minutes_are_frozen(app, opened, inspector):
    close(inspector, opened)
    again = opened + "/checklist/reopen"
    part = opened + "/checklist/C"
    assert inspector.submit(opened + "/checklist", again).status == 303
    assert status(app) == "visited"
    assert inspector.submit(part, part, rating_C2="met").status == 303
    form = inspector.get(part).form(part)
    close(inspector, opened)
    reopening = inspector.get(opened + "/checklist").form(again)
    set_status(app, "minutes_drafted")
    for address, fields in ((again, reopening), (part, {**form, "rating_C2": "na"})):
        page = inspector.post(address, fields)
        assert page.status == 422
        assert "The minutes are frozen" in page.words
    assert checks(app)["C2"].rating == "met"


# ---- rules


def test_whose_words_stand():
    seen = fingerprint("met", "")
    assert not Entry("B1", seen, ("met", ""), ("partly", "x")).is_meant, "not touched here"
    assert Entry("B1", seen, ("met", ""), ("met", "")).is_meant, "the preset is taken over"
    assert not Entry("B1", seen, ("partly", "x"), ("met", "")).clashes
    assert Entry("B1", seen, ("not_met", "y"), ("partly", "x")).clashes
    assert not Entry("B1", seen, ("partly", "x"), ("partly", "x")).clashes, "both say the same"
    assert Entry("B1", "forged", ("not_met", "y"), ("partly", "x")).clashes


def test_a_mean_is_rounded_as_people_do():
    assert [mean_level(levels) for levels in ([], [3], [3, 4], [1, 1, 2], [2, 2, 3, 4])] == [
        "", "3,0", "3,5", "1,3", "2,8",
    ]  # fmt: skip


def opened_twice(opened, one, other) -> tuple[dict[str, str], dict[str, str]]:
    address = opened + "/checklist/B"
    return one.get(address).form(address), other.get(address).form(address)


def sent(opened: str, form: dict[str, str], **values: str) -> tuple[str, dict[str, str]]:
    return opened + "/checklist/B", {**form, **values}
