"""Partners of a unit and of its province, and what was done together with them."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from casework.core.clock import add_months, last_year_to, today
from casework.core.database import db
from casework.organisation.history.models import Revision
from casework.organisation.partners import queries
from casework.organisation.partners.models import JointActivity, JointPartner, Partner
from casework.organisation.units.models import Unit
from tests.page import words

NEW, ACTIVITIES, LOG = "/partners/new", "/partners/activities", "/partners/activities/new"
PROVINCE = "/partners/province"


def enter(visitor, **changes):
    fields = {
        "kind": "health_station",
        "name": "Trạm y tế Bạc Liêu",
        "contact": "Bàn tiếp đón, 0291 382 0001",
        "agreement": "12/TT-UBND",
        "active_from": "2026-01-01",
        **changes,
    }
    return visitor.submit(NEW, NEW, **fields)


def enter_for_province(visitor, cast, **changes):
    address = f"{PROVINCE}/new?province={cast.units['province']}"
    fields = {"kind": "legal_aid", "name": "Trung tâm trợ giúp pháp lý", **changes}
    shown = visitor.get(address).form(f"{PROVINCE}/new")
    return visitor.post(address, {**shown, "active_from": "2026-01-01", **fields})


def partner_ids(app):
    with app.app_context():
        return {partner.name: str(partner.id) for partner in db.session.scalars(select(Partner))}


def log(visitor, partners, **changes):
    fields = {"held_on": str(today()), "topic": "Thăm hộ khó khăn", "partners": partners}
    return visitor.submit(LOG, LOG, **{**fields, **changes})


def activity_id(app):
    with app.app_context():
        return str(db.session.scalars(select(JointActivity.id)).one())


def test_a_partner_is_entered_and_seen_by_the_unit_and_the_department(client_as):
    head = client_as("unithead")
    assert "No partner yet" in head.get("/partners").words
    page = head.follow(enter(head))
    assert page.h1 == "Trạm y tế Bạc Liêu" and "12/TT-UBND" in page.words
    for who in ("counselor", "volunteer", "coordinator", "unithead"):
        assert "Trạm y tế Bạc Liêu" in client_as(who).get("/partners").words
    address = page.response.request.path
    for who in ("volunteer", "inspector", "manager"):
        assert client_as(who).get(address).status == 200
    for who in ("unithead-b", "counselor-b", "inspector-elsewhere"):
        assert client_as(who).get(address).status == 404
    for who in ("accountant", "dpo", "admin"):
        assert client_as(who).get(address).status == 403


def test_who_may_enter_and_change_partners(app, client_as):
    assert enter(client_as("counselor")).status == 303
    address = f"/partners/{partner_ids(app)['Trạm y tế Bạc Liêu']}/change"
    for who, status in {
        "unithead": 200, "counselor2": 200, "unithead-b": 404, "volunteer": 403, "inspector": 403,
    }.items():  # fmt: skip
        assert client_as(who).get(address).status == status, who
    for who in ("volunteer", "coordinator", "inspector"):
        assert client_as(who).get(NEW).status == 403
        page = client_as(who).get("/partners")
        assert not [a for a in page.all("a") if NEW in (a.get("href") or "")]


def test_the_same_partner_is_not_entered_twice(app, client_as):
    head = client_as("unithead")
    assert enter(head).status == 303
    page = enter(head, name="TRAM Y TE  Bạc Liêu", contact="tôi đã gõ dòng này")
    assert page.status == 422
    assert "This partner stands in the list already: same kind, same name." in words(
        page.one("div", id="name-error")
    )
    assert "tôi đã gõ dòng này" in page.text
    assert enter(head, kind="ngo").status == 303, "another kind is another office"
    assert enter(client_as("unithead-b")).status == 303, "another unit has its own list"


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"name": " "}, "name", "Fill this in."),
        ({"kind": "army"}, "kind", "Invalid Choice: could not coerce."),
        ({"kind": ""}, "kind", "Fill this in."),
        ({"active_until": "2025-12-31"}, "active_until", "The last day lies before the first."),
        ({"active_from": "2300-01-01"}, "active_from", "This date is too far ahead."),
        ({"active_until": "31/02/2026"}, "active_until", "Not a date."),
    ],
)
def test_bad_input_is_told_beside_its_field(app, client_as, changes, field, message):
    page = enter(client_as("unithead"), **changes)
    assert page.status == 422 and message in words(page.one("div", id=f"{field}-error"))
    assert "0291 382 0001" in page.text
    assert partner_ids(app) == {}


def test_a_change_keeps_what_it_changed_and_the_second_saver_sees_both(app, client_as):
    head = client_as("unithead")
    enter(head)
    address = f"/partners/{partner_ids(app)['Trạm y tế Bạc Liêu']}"
    other = client_as("counselor")
    mine, theirs = head.get(f"{address}/change"), other.get(f"{address}/change")
    assert other.submit(theirs, f"{address}/change", contact="Bàn số 2").status == 303
    page = head.submit(mine, f"{address}/change", contact="Bàn số 3")
    assert page.status == 409
    assert "Bàn số 2" in page.words and "Bàn số 3" in page.words
    assert head.submit(page, f"{address}/change").status == 303
    page = head.get(address)
    assert "0291 382 0001" in page.words and "Bàn số 2" in page.words
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Revision)) == 2


def test_an_ended_partner_stands_apart_and_is_offered_for_its_days_only(app, cast, client_as):
    head = client_as("unithead")
    enter(head)
    partner = partner_ids(app)["Trạm y tế Bạc Liêu"]
    address = f"/partners/{partner}/change"
    yesterday = today() - timedelta(days=1)
    assert head.submit(address, address, active_until=str(yesterday)).status == 303
    page = head.get("/partners")
    assert "Ended (1)" in page.words
    refused = log(head, [partner])
    assert refused.status == 422
    assert "Trạm y tế Bạc Liêu was no partner on this day." in words(
        refused.one("fieldset", id="partners")
    )
    assert log(head, [partner], held_on=str(yesterday)).status == 303
    with app.app_context():
        unit = db.session.get_one(Unit, cast.units["a"])
        assert queries.list_partners(unit.id, today()) == []
        assert [p.name for p in queries.list_partners(unit.id, yesterday)] == ["Trạm y tế Bạc Liêu"]


def test_no_activity_falls_outside_its_partners_days(app, client_as):
    head = client_as("unithead")
    enter(head)
    partner = partner_ids(app)["Trạm y tế Bạc Liêu"]
    assert log(head, [partner]).status == 303
    address, told = f"/partners/{partner}/change", f"{today():%d/%m/%Y}"
    page = head.submit(address, address, active_until=str(today() - timedelta(days=1)))
    assert page.status == 422
    assert f"on {told} still." in words(page.one("div", id="active_until-error"))
    with app.app_context():
        db.session.scalars(select(JointActivity)).one().held_on = date(2026, 2, 1)
        db.session.commit()
    page = head.submit(address, address, active_from="2026-02-02")
    assert "on 01/02/2026 already." in words(page.one("div", id="active_from-error"))


def test_partners_of_a_province_are_for_all_its_units(app, cast, client_as):
    admin = client_as("admin")
    assert PROVINCE in admin.get("/account").text, "the menu leads there"
    page = admin.follow(enter_for_province(admin, cast))
    assert "Trung tâm trợ giúp pháp lý" in page.words
    partner = partner_ids(app)["Trung tâm trợ giúp pháp lý"]
    for who, status in {
        "unithead": 200, "unithead-b": 200, "volunteer": 200, "inspector": 200,
        "inspector-elsewhere": 404, "admin": 403,
    }.items():  # fmt: skip
        assert client_as(who).get(f"/partners/{partner}").status == status, who
    head = client_as("unithead")
    assert head.get(f"/partners/{partner}/change").status == 404, "the unit did not enter it"
    assert f"/partners/{partner}/change" not in head.get(f"/partners/{partner}").text
    assert head.get(PROVINCE).status == 403
    assert log(head, [partner]).status == 303
    assert log(client_as("unithead-b"), [partner]).status == 303
    address = f"{PROVINCE}/{partner}"
    assert admin.submit(address, address, contact="Tầng 2").status == 303
    assert "Tầng 2" in head.get(f"/partners/{partner}").words
    with app.app_context():
        units = [[cast.units["a"]], [cast.units["b"]], [cast.units["a"], cast.units["b"]]]
        spans = [queries.active_partners(each, today(), today()) for each in units]
    assert spans == [1, 1, 1], "one partner, whoever works with it"


def test_a_unit_head_sees_of_a_common_partner_only_what_its_own_unit_did(app, cast, client_as):
    enter_for_province(client_as("admin"), cast)
    partner = partner_ids(app)["Trung tâm trợ giúp pháp lý"]
    log(client_as("unithead-b"), [partner], topic="Việc của Năm Căn")
    assert "Việc của Năm Căn" not in client_as("unithead").get(f"/partners/{partner}").words
    assert "Việc của Năm Căn" in client_as("inspector").get(f"/partners/{partner}").words


def test_partners_of_another_unit_can_not_be_ticked(app, client_as):
    enter(client_as("unithead"))
    enter(client_as("unithead-b"), name="Trạm y tế Năm Căn")
    foreign = partner_ids(app)["Trạm y tế Năm Căn"]
    page = log(client_as("unithead"), [foreign])
    assert page.status == 422
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(JointPartner)) == 0


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"partners": []}, "partners", "Tick at least one partner."),
        ({"partners": ["x"]}, "partners", "is not a valid choice for this field."),
        ({"topic": ""}, "topic", "Fill this in."),
        ({"held_on": "2999-01-01"}, "held_on", "This date is too far ahead."),
    ],
)
def test_a_refused_activity_keeps_its_text(app, client_as, changes, field, message):
    head = client_as("unithead")
    enter(head)
    values = {"outcome": "mười hai hộ được thăm", **changes}
    page = log(head, values.pop("partners", list(partner_ids(app).values())), **values)
    assert page.status == 422 and message in words(page.one("div", id=f"{field}-error"))
    assert "mười hai hộ được thăm" in page.text


def test_a_volunteer_logs_and_corrects_their_own_and_the_unit_head_any(app, client_as):
    enter(client_as("unithead"))
    [partner] = partner_ids(app).values()
    volunteer = client_as("volunteer")
    page = volunteer.follow(log(volunteer, [partner]))
    address = f"{ACTIVITIES}/{activity_id(app)}"
    assert address in page.text and "Phạm Văn Út" in page.words
    for who, status in {
        "volunteer": 200, "unithead": 200, "counselor": 404, "unithead-b": 404, "inspector": 403,
    }.items():  # fmt: skip
        assert client_as(who).get(address).status == status, who
        if who in ("counselor", "inspector"):
            assert address not in client_as(who).get(ACTIVITIES).text
    assert client_as("unithead").submit(address, address, topic="Thăm và tặng quà").status == 303
    page = volunteer.get(address)
    assert "Thăm hộ khó khăn" in page.words and "Trạm y tế Bạc Liêu" in page.words


def test_two_corrections_at_once_show_both_texts(app, client_as):
    head = client_as("unithead")
    enter(head)
    log(head, list(partner_ids(app).values()))
    address = f"{ACTIVITIES}/{activity_id(app)}"
    mine, theirs = head.get(address), head.get(address)
    assert head.submit(theirs, address, outcome="tám hộ").status == 303
    page = head.submit(mine, address, outcome="chín hộ")
    assert page.status == 409 and "tám hộ" in page.words and "chín hộ" in page.words


def test_other_partners_alone_are_a_change_too(app, client_as):
    head = client_as("unithead")
    enter(head)
    enter(head, name="Hội Phụ nữ", kind="womens_union")
    station, union = (partner_ids(app)[name] for name in ("Trạm y tế Bạc Liêu", "Hội Phụ nữ"))
    log(head, [station])
    address = f"{ACTIVITIES}/{activity_id(app)}"
    shown = head.get(address)
    assert head.submit(address, address, partners=[union]).status == 303
    assert head.submit(shown, address, partners=[station]).status == 409


def test_activities_are_counted_by_month_and_for_the_last_twelve(app, cast, client_as):
    head = client_as("unithead")
    enter(head, active_from="2023-01-01")
    enter(head, name="Hội Phụ nữ", kind="womens_union", active_from="2023-01-01")
    ids = partner_ids(app)
    one, both = [ids["Hội Phụ nữ"]], list(ids.values())
    year_ago = add_months(today(), -12)
    days = [(today(), both), (year_ago + timedelta(days=1), one), (year_ago, both)]
    for day, partners in [*days, (date(2024, 3, 31), one), (date(2024, 4, 1), one)]:
        assert log(head, partners, held_on=str(day)).status == 303
    row = next(row for row in head.get("/partners").all("tr") if "Hội Phụ nữ" in words(row))
    assert [words(cell) for cell in row.iter("td")][3:] == ["2", f"{today():%d/%m/%Y}"]
    page = head.get(f"{ACTIVITIES}?year=2024")
    assert "2 activities in 2024" in page.words
    with app.app_context():
        unit_ids = [cast.units["a"]]
        counted = queries.count_by_month(unit_ids, 2024)
        assert counted == {month: int(month in (3, 4)) for month in range(1, 13)}
        assert queries.active_partners(unit_ids, date(2024, 3, 31), date(2024, 3, 31)) == 1
        # What was done a year ago to the day is out, on the overview as in the directory.
        assert last_year_to(today()) == (year_ago + timedelta(days=1), today())
        assert queries.active_partners(unit_ids, date(2024, 1, 1), today()) == 2
        assert queries.count_by_month([cast.units["b"]], 2024) == dict.fromkeys(range(1, 13), 0)


@pytest.mark.parametrize("year", ["1999", "2999", "-1"])
def test_years_nobody_wrote_in_are_not_found(client_as, year):
    assert client_as("unithead").get(f"{ACTIVITIES}?year={year}").status == 404


def test_another_unit_in_the_address_is_not_found(cast, client_as):
    foreign = f"?unit={cast.units['b']}"
    head = client_as("unithead")
    for address in ("/partners", NEW, ACTIVITIES, LOG):
        assert head.get(address + foreign).status == 404
    assert client_as("admin").get(f"{PROVINCE}?province={cast.units['a']}").status == 404


def test_without_a_partner_the_form_says_what_comes_first(client_as):
    page = client_as("unithead").get(LOG)
    assert "Enter the partner first" in page.words
    assert "Ask the unit head" in client_as("volunteer").get(LOG).words
