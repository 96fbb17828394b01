"""Recommendations: drafted, in force when both sides signed, answered, confirmed, late, closed."""

from datetime import date, timedelta
from io import BytesIO
from uuid import UUID

import pytest
import time_machine

from casework.core.database import db
from casework.inspection.inspections.models import Inspection, InspectionPlan
from casework.inspection.recommendations.models import Recommendation, RecommendationStep
from casework.organisation.units.models import Succession
from tests.inspection.minuting import (
    add_colleague,
    freeze,
    recommendations_of,
    sign,
    visit_closed,
    write,
)

EVIDENCE = b"%PDF-1.4 evidence"
MONEY = "Thanh quyết toán kinh phí còn chậm"
MEETINGS = "Duy trì sinh hoạt Câu lạc bộ đúng định kỳ"


@pytest.fixture(autouse=True)
def clock():
    """Everything happens on the day of the visit, unless moved."""
    with time_machine.travel("2026-10-15 05:00:00+00:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def visited(app, cast):
    with app.app_context():
        return visit_closed(cast)[0]


@pytest.fixture
def asked(app, client_as, visited):
    """The addresses of recommendations in force, by criterion."""
    sign(client_as, visited)
    ids = recommendations_of(app, visited)
    return {code: f"/recommendations/{each}" for code, each in ids.items()}


def row_of(app, address: str) -> Recommendation:
    with app.app_context():
        return db.session.get_one(Recommendation, UUID(address.rsplit("/", 1)[1]))


def evidence():
    return BytesIO(EVIDENCE), "chung-tu.pdf"


def answer(visitor, address, progress="done", **values):
    return visitor.submit(
        address, f"{address}/answer", **{"progress": progress, "said": "Đã nộp hồ sơ", **values}
    )


def decide(visitor, address, decision, **values):
    return visitor.submit(address, f"{address}/decision", decision=decision, **values)


def test_drafts_come_from_shortcomings_in_the_usual_words(app, client_as, visited):
    inspector = client_as("inspector")
    at = f"/inspections/{visited}/recommendations"
    assert inspector.submit(at, f"{at}/draft").status == 303
    words = inspector.get(at).words
    assert MEETINGS in words and MONEY in words
    with app.app_context():
        rows = {row.code: row for row in db.session.query(Recommendation)}
    assert rows.keys() == {"B1", "E2"}
    assert (rows["E2"].is_money, rows["B1"].is_money) == (True, False)
    assert rows["E2"].responsible == "Kế toán đơn vị"
    assert {row.due_on for row in rows.values()} == {date(2026, 11, 14)}
    again = inspector.submit(at, f"{at}/draft")
    assert again.status == 422
    assert "Every shortcoming has its recommendation already." in again.words


def test_a_draft_is_read_by_the_department_alone(app, client_as, visited):
    inspector = client_as("inspector")
    write(inspector, visited)
    draft = f"/recommendations/{recommendations_of(app, visited)['B1']}"
    assert client_as("manager").get(draft).status == 200
    assert MEETINGS not in client_as("manager").get("/recommendations?state=all").words
    for who in ("unithead", "counselor", "accountant", "inspector-elsewhere"):
        assert client_as(who).get(draft).status == 404
        assert MEETINGS not in client_as(who).get("/recommendations").words
    assert (
        MEETINGS not in client_as("unithead").get(f"/inspections/{visited}/recommendations").words
    )


def test_a_draft_is_changed_and_taken_out_until_the_minutes_are_frozen(app, client_as, visited):
    inspector = client_as("inspector")
    write(inspector, visited)
    ids = recommendations_of(app, visited)
    change, drop = (f"/recommendations/{ids['B1']}/{what}" for what in ("change", "drop"))
    opened = inspector.get(change)
    assert inspector.submit(opened, change, text="Sinh hoạt đủ 12 kỳ").status == 303
    second = inspector.submit(opened, change, operation=None, text="Sinh hoạt mỗi tháng")
    assert second.status == 409
    assert "Sinh hoạt đủ 12 kỳ" in second.words and "Sinh hoạt mỗi tháng" in second.text
    token = {"csrf_token": second.form(change)["csrf_token"]}
    assert inspector.post(drop, token).status == 303
    assert recommendations_of(app, visited).keys() == {"E2"}
    at = f"/inspections/{visited}"
    assert inspector.submit(f"{at}/minutes/preview", f"{at}/minutes/freeze").status == 303
    kept = f"/recommendations/{ids['E2']}"
    assert inspector.post(f"{kept}/drop", token).status == 422
    assert inspector.submit(f"{kept}/change", f"{kept}/change", text="Khác").status == 422
    new = f"{at}/recommendations/new"
    refused = inspector.submit(new, new, text="Thêm", responsible="Ai đó")
    assert refused.status == 422
    assert "The minutes are frozen" in refused.words


def test_only_the_team_drafts(app, cast, client_as, visited):
    stranger = add_colleague(app, cast, None, "none")
    new = f"/inspections/{visited}/recommendations/new"
    told = {"text": "Thêm", "responsible": "Ai đó"}
    assert stranger.submit(new, new, **told).status == 422
    assert client_as("manager").get(new).status == 403
    assert client_as("unithead").get(new).status == 403
    assert client_as("inspector").submit(new, new, **told).status == 303


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("text", ""),
        ("text", "a\0b"),
        ("responsible", " "),
        ("responsible", "x" * 201),
        ("due_on", ""),
        ("due_on", "31/02/2026"),
        ("due_on", "2126-01-01"),
        ("finding", "nothing"),
    ],
)
def test_bad_drafts_come_back_as_they_were_sent(app, client_as, visited, field, typed):
    new = f"/inspections/{visited}/recommendations/new"
    told = {"text": "Nội dung đã gõ", "responsible": "Người đã gõ", field: typed}
    page = client_as("inspector").submit(new, new, **told)
    assert page.status == 422
    assert "đã gõ" in page.text
    with app.app_context():
        assert not db.session.query(Recommendation).count()


def test_a_unit_reads_its_own_and_the_accountant_those_about_money(client_as, asked):
    for who in ("unithead", "counselor", "inspector", "manager"):
        words = client_as(who).get("/recommendations").words
        assert MEETINGS in words and MONEY in words, who
    accountant = client_as("accountant")
    words = accountant.get("/recommendations").words
    assert MONEY in words and MEETINGS not in words
    assert accountant.get(asked["B1"]).status == 404
    assert accountant.get(asked["E2"]).status == 200
    for who in ("unithead-b", "inspector-elsewhere"):
        assert client_as(who).get(asked["B1"]).status == 404
        assert MONEY not in client_as(who).get("/recommendations").words
    for who in ("volunteer", "admin", "dpo"):
        assert client_as(who).get("/recommendations").status == 403


def test_the_unit_answers_with_evidence(app, client_as, asked):
    accountant = client_as("accountant")
    assert answer(accountant, asked["E2"], paper=evidence()).status == 303
    row = row_of(app, asked["E2"])
    assert (row.status, row.done_on) == ("done", date(2026, 10, 15))
    page = client_as("inspector").get(asked["E2"])
    assert "Đã nộp hồ sơ" in page.words and "chung-tu.pdf" in page.words
    file = next(a.get("href") for a in page.all("a") if "/files/" in (a.get("href") or ""))
    assert client_as("inspector").client.get(file).data == EVIDENCE
    assert accountant.client.get(file).data == EVIDENCE
    assert client_as("unithead-b").get(file).status == 404
    token = {"csrf_token": accountant.get("/account").form("/sign-out")["csrf_token"]}
    told = {**token, "progress": "done", "said": "x", "version": "1"}
    assert accountant.post(f"{asked['B1']}/answer", told).status == 404
    assert client_as("counselor").get(asked["B1"]).status == 200
    assert not client_as("counselor").get(asked["B1"]).all("form", action=f"{asked['B1']}/answer")


def test_evidence_of_what_is_not_about_money_is_not_for_the_accountant(client_as, asked):
    head = client_as("unithead")
    assert answer(head, asked["B1"], "in_progress", paper=evidence()).status == 303
    page = head.get(asked["B1"])
    assert "being remedied" in page.words
    file = next(a.get("href") for a in page.all("a") if "/files/" in (a.get("href") or ""))
    assert client_as("accountant").get(file).status == 404
    assert client_as("counselor").get(file).status == 200


@pytest.mark.parametrize(
    "values",
    [
        {"said": ""},
        {"said": "a\0b"},
        {"said": "x" * 20_001},
        {"progress": ""},
        {"progress": "verified"},
        {"done_on": "2026-10-16"},
        {"done_on": "2026-10-14"},
        {"done_on": "hôm nay"},
        {"paper": (b"MZ", "x.exe")},
        {"paper": (b"", "x.pdf")},
    ],
)
def test_bad_answers_are_refused(app, client_as, asked, values):
    if "paper" in values:  # a stream is read once, and each database reads it
        content, name = values["paper"]
        values = {"paper": (BytesIO(content), name)}
    page = answer(client_as("unithead"), asked["B1"], **values)
    assert page.status == 422
    assert row_of(app, asked["B1"]).status == "open"
    with app.app_context():
        assert not db.session.query(RecommendationStep).count()


def test_an_answer_sent_twice_is_one_answer(app, client_as, asked):
    head = client_as("unithead")
    shown = head.get(asked["B1"])
    for _ in range(2):
        sent = {
            **shown.form(f"{asked['B1']}/answer"),
            "progress": "in_progress",
            "said": "Đang làm",
        }
        assert head.post(f"{asked['B1']}/answer", sent).status == 303
    with app.app_context():
        assert db.session.query(RecommendationStep).count() == 1


def test_of_two_the_second_is_told(client_as, asked):
    head = client_as("unithead")
    opened = head.get(asked["B1"])
    assert answer(head, asked["B1"]).status == 303
    sent = {**opened.form(f"{asked['B1']}/answer"), "progress": "done", "said": "Lần hai"}
    page = head.post(f"{asked['B1']}/answer", sent)
    assert page.status == 409
    assert "Lần hai" in page.text and "Đã nộp hồ sơ" in page.words


def test_inspectors_return_and_confirm(app, client_as, asked):
    head, inspector = client_as("unithead"), client_as("inspector")
    early = decide(inspector, asked["B1"], "return", reason="Chưa")
    assert early.status == 422
    answer(head, asked["B1"])
    assert decide(inspector, asked["B1"], "return").status == 422, "a reason is needed"
    assert decide(inspector, asked["B1"], "return", reason="Thiếu biên bản").status == 303
    row = row_of(app, asked["B1"])
    assert (row.status, row.done_on) == ("in_progress", None)
    assert "Thiếu biên bản" in head.get(asked["B1"]).words
    answer(head, asked["B1"], done_on="2026-10-15")
    assert decide(inspector, asked["B1"], "verification").status == 303
    row = row_of(app, asked["B1"])
    assert (row.status, row.done_on, row.verified_on) == (
        "verified",
        date(2026, 10, 15),
        date(2026, 10, 15),
    )
    token = {"csrf_token": head.get("/account").form("/sign-out")["csrf_token"]}
    more = {**token, "version": row.version, "progress": "done", "said": "Nữa"}
    settled = head.post(f"{asked['B1']}/answer", more)
    assert settled.status == 422
    assert "is settled: nothing is added" in settled.words


def test_more_time_keeps_the_first_day_readable(app, client_as, asked):
    inspector = client_as("inspector")
    for on in ("", "2026-11-14", "2026-11-01", "2126-01-01"):
        page = decide(inspector, asked["B1"], "extension", on=on, reason="Mùa bão")
        assert page.status == 422, on
    given = decide(inspector, asked["B1"], "extension", on="2026-12-01", reason="Mùa bão")
    assert given.status == 303
    row = row_of(app, asked["B1"])
    assert (row.due_on, row.first_due_on) == (date(2026, 12, 1), date(2026, 11, 14))
    words = client_as("unithead").get(asked["B1"]).words
    assert "first 14/11/2026" in words
    assert "Mùa bão" in words


def test_the_head_of_the_team_waives(app, cast, client_as, visited, asked):
    member = add_colleague(app, cast, visited, "member")
    refused = decide(member, asked["B1"], "waiver", reason="Không còn CLB")
    assert refused.status == 422
    assert decide(client_as("inspector"), asked["B1"], "waiver").status == 422
    waived = decide(client_as("inspector"), asked["B1"], "waiver", reason="Không còn CLB")
    assert waived.status == 303
    assert "Không còn CLB" in client_as("manager").get(asked["B1"]).words


def test_who_decides_is_of_the_team_or_of_a_later_round(app, cast, client_as, asked):
    stranger = add_colleague(app, cast, None, "none")
    assert not stranger.get(asked["B1"]).all("form", action=f"{asked['B1']}/decision")
    token = {"csrf_token": stranger.get("/account").form("/sign-out")["csrf_token"]}
    sent = {**token, "decision": "verification", "version": row_of(app, asked["B1"]).version}
    assert stranger.post(f"{asked['B1']}/decision", sent).status == 422
    assert client_as("manager").post(f"{asked['B1']}/decision", sent).status in (400, 403)
    with app.app_context():
        later = visit_closed(cast, ("a",))[0]
        plan = db.session.get_one(Inspection, later).plan_id
        db.session.get_one(InspectionPlan, plan).from_on = date(2026, 10, 1)
        db.session.commit()
    colleague = add_colleague(app, cast, later, "deputy")
    assert decide(colleague, asked["B1"], "verification").status == 303


def test_late_is_seen_by_all_concerned(client_as, asked, clock):
    answer(client_as("unithead"), asked["E2"])
    clock.move_to("2026-11-14 05:00:00+00:00")
    assert "overdue" not in client_as("unithead").get(asked["B1"]).words
    clock.move_to("2026-11-15 05:00:00+00:00")
    for who in ("unithead", "counselor", "inspector", "manager"):
        visitor = client_as(who)
        assert "the unit is late" in visitor.get(asked["B1"]).words
        late = visitor.get("/recommendations?state=overdue").words
        # What the unit says is done waits for the inspectors: the unit is not late with it.
        assert MEETINGS in late and MONEY not in late
    waiting = client_as("inspector").get("/recommendations?state=waiting").words
    assert MONEY in waiting and MEETINGS not in waiting


def test_the_inspection_is_closed_when_nothing_is_open(app, client_as, visited, asked):
    def status():
        with app.app_context():
            return db.session.get_one(Inspection, visited).status

    assert status() == "notified"
    answer(client_as("unithead"), asked["B1"])
    assert status() == "following"
    inspector = client_as("inspector")
    decide(inspector, asked["B1"], "verification")
    assert status() == "following"
    decide(inspector, asked["E2"], "waiver", reason="Kinh phí chưa về")
    assert status() == "closed"
    settled = inspector.get("/recommendations?state=settled").words
    assert MONEY in settled and MEETINGS in settled


def test_whoever_followed_a_unit_goes_on(app, cast, client_as, asked):
    with app.app_context():
        db.session.add(
            Succession(
                predecessor_id=cast.units["a"],
                successor_id=cast.units["b"],
                kind="merge",
                on=date(2026, 10, 10),
                document="NQ",
            )
        )
        db.session.commit()
    head = client_as("unithead-b")
    assert MEETINGS in head.get("/recommendations").words
    assert answer(head, asked["B1"]).status == 303
    panel = head.get(f"/recommendations/of-unit/{cast.units['b']}").words
    assert MEETINGS in panel


def test_the_next_inspection_sees_what_is_open(app, cast, client_as, visited, asked):
    with app.app_context():
        later = visit_closed(cast, ("a",))[0]
    inspector = client_as("inspector")
    words = inspector.get(f"/inspections/{later}/recommendations/earlier").words
    assert MEETINGS in words and MONEY in words
    assert (
        "Open from earlier rounds" in inspector.get(f"/inspections/{later}/recommendations").words
    )
    own = inspector.get(f"/inspections/{visited}/recommendations").words
    assert "Open from earlier rounds" not in own


def test_a_list_is_narrowed_and_paged(app, cast, client_as, visited, asked):
    with app.app_context():
        first = db.session.query(Recommendation).filter_by(code="B1").one()
        plan = db.session.get_one(Inspection, visited).plan_id
        for number in range(60):
            db.session.add(
                Recommendation(
                    inspection_id=visited,
                    unit_id=first.unit_id,
                    position=number + 10,
                    text=f"Việc số {number:02}",
                    responsible="Chủ nhiệm",
                    due_on=first.due_on + timedelta(days=number),
                    first_due_on=first.due_on,
                    in_force_on=first.in_force_on,
                )
            )
        db.session.commit()
    inspector = client_as("inspector")
    page = inspector.get("/recommendations")
    assert "Việc số 47" in page.words and "Việc số 48" not in page.words
    second = inspector.get("/recommendations?page=2").words
    assert "Việc số 48" in second and "Việc số 47" not in second
    unit, other = cast.units["a"], cast.units["b"]
    assert MEETINGS in inspector.get(f"/recommendations?unit={unit}&round={plan}").words
    assert "None of these" in inspector.get(f"/recommendations?unit={other}").words
    for bad in ("unit=x", "state=y", "page=z", "round=1"):
        assert inspector.get(f"/recommendations?{bad}").status == 404


def test_a_file_is_taken_away_until_it_is_settled(client_as, asked):
    head, inspector = client_as("unithead"), client_as("inspector")
    answer(head, asked["B1"], paper=evidence())
    page = head.get(asked["B1"])
    remove = next(f.get("action") for f in page.all("form") if "/remove" in f.get("action", ""))
    decide(inspector, asked["B1"], "verification")
    head.submit(page, remove)
    assert "chung-tu.pdf" in head.get(asked["B1"]).words


def test_frozen_minutes_without_recommendations_close_when_told(app, client_as, visited):
    inspector = client_as("inspector")
    at = freeze(inspector, visited)
    with app.app_context():
        db.session.query(Recommendation).delete()
        db.session.commit()
    assert client_as("unithead").submit(at, f"{at}/sign-for-unit").status == 303
    assert inspector.submit(at, f"{at}/sign-for-team").status == 303
    assert inspector.submit(at, f"{at}/notify").status == 303
    with app.app_context():
        assert db.session.get_one(Inspection, visited).status == "closed"
