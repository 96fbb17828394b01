"""Activity figures against a count in plain loops over all rows, and what small numbers say."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest
import time_machine
from sqlalchemy import event, select

from casework.anonymisation.activity import answered_of, count_of_few
from casework.anonymisation.measures import days_of
from casework.anonymisation.models import PublishedActivity, PublishedCriterion
from casework.anonymisation.publish import publish_backlog, publish_period
from casework.anonymisation.work import count_work, read_sources
from casework.core.audit import SYSTEM
from casework.core.clock import add_months, month_end
from casework.core.database import db
from casework.inspection.readmodel.models import (
    SINGLES_OUT,
    ActivityFigure,
    ActivityMeasure,
    CriterionFigure,
    Edition,
    Span,
)
from casework.organisation.bodies.models import Body, Group
from casework.organisation.budgets.models import BudgetLine, Movement
from casework.organisation.communications.models import CommunicationSession, CoveredHamlet
from casework.organisation.meetings.models import Meeting, Minutes
from casework.organisation.members.models import Post
from casework.organisation.partners.models import JointActivity, JointPartner
from casework.organisation.regulations.models import Regulation
from casework.organisation.remuneration.models import Payment
from casework.organisation.reports.models import ReportPeriod, UnitReport
from casework.organisation.settings.operations import load_usual
from casework.organisation.trainings.models import Training, TrainingPlace
from casework.organisation.units.models import Hamlet, Unit
from tests.anonymisation import work
from tests.anonymisation.records import add_case, fill

M = ActivityMeasure
LEADERS = {
    "club": ("chair", "vice_chair", "secretary"),
    "volunteer_team": ("team_leader", "deputy_leader"),
}
PAID = {"team_leader": 1_404_000, "deputy_leader": 1_170_000, "volunteer": 936_000}


@pytest.fixture(autouse=True)
def _october():
    """Everything happens on 15 October 2026."""
    with time_machine.travel("2026-10-15 03:00:00+00:00", tick=False):
        yield


def counted(cast, *months, units=("a", "b")):
    """The figures of months by (place, measure, kind): the printed ends."""
    db.session.commit()
    here = {month: [cast.units[name] for name in units] for month in months}
    with db.engine.connect() as connection:
        sources = read_sources(connection, cast.units["province"], here)
    found = count_work(sources, here, {})
    return {
        month: {(one.unit_id, one.measure, one.kind): one for one in made.figures}
        for month, made in found.items()
    }


def number(figures, place, measure, kind=""):
    one = figures.get((place, measure, kind))
    assert one is None or one.low == one.high
    return one.low if one else 0


def every(model):
    return db.session.scalars(select(model)).all()


def holds(first, last, on):
    return first <= on and (last is None or last >= on)


def plain_count(units, on):
    """What is counted of units on a last day, by nothing but loops over whole tables."""
    got = Counter()
    bodies = [body for body in every(Body) if body.unit_id in units]
    plain_bodies(got, bodies, units, on)
    plain_members(got, bodies, on)
    plain_meetings(got, units, on)
    plain_gaps(got, bodies, units, on)
    plain_communication(got, units, on)
    for line in every(BudgetLine):
        if line.unit_id in units:
            plain_money(got, line, on)
    plain_remuneration(got, bodies, on)
    plain_reports(got, units, on)
    since = add_months(on, -12)
    activities = {
        each.id
        for each in every(JointActivity)
        if each.unit_id in units and since < each.held_on <= on
    }
    got[M.PARTNERS, ""] = len(
        {each.partner_id for each in every(JointPartner) if each.activity_id in activities}
    )
    return got


def plain_bodies(got, bodies, units, on):
    for body in bodies:
        if not holds(body.active_from, body.active_until, on):
            continue
        got[M.BODIES, ""] += 1
        got[M.BODIES, body.kind] += 1
        got[M.REGULATIONS, ""] += any(
            rule.body_id == body.id and holds(rule.valid_from, rule.valid_until, on)
            for rule in every(Regulation)
        )
    for group in every(Group):
        if group.unit_id in units and holds(group.active_from, group.active_until, on):
            got[M.GROUPS, ""] += 1
            got[M.GROUPS, group.kind] += 1


def plain_members(got, bodies, on):
    ids = {body.id for body in bodies if holds(body.active_from, body.active_until, on)}
    held = [p for p in every(Post) if p.body_id in ids and holds(p.from_on, p.until_on, on)]
    got[M.MEMBERS, ""] = len({post.member_id for post in held})
    for role in {post.role for post in held}:
        got[M.MEMBERS, role] = len({post.member_id for post in held if post.role == role})
    filled = {(post.body_id, post.role) for post in held}
    for body in bodies:
        if body.id in ids:
            got[M.VACANCIES, ""] += len({(body.id, role) for role in LEADERS[body.kind]} - filled)
    counsel = {post.member_id for post in held if post.role == "counselor"}
    got[M.COUNSELLORS, ""] = len(counsel)
    ended = {course.id: course.until_on for course in every(Training)}
    trained = {
        place.member_id
        for place in every(TrainingPlace)
        if add_months(on, -24) <= ended[place.training_id] <= on
    }
    got[M.TRAINED, ""] = len(counsel & trained)


def plain_meetings(got, units, on):
    first = on.replace(day=1)
    secret = {group.id for group in every(Group) if group.kind in ("self_help", "peer")}
    minuted = {minutes.meeting_id for minutes in every(Minutes)}
    for one in every(Meeting):
        if one.unit_id not in units:
            continue
        if one.body_id and first <= (one.due_on or one.held_on) <= on:
            is_excused = one.held_on is None and bool(one.excuse)
            got[M.MEETINGS_EXCUSED, ""] += bool(one.due_on and is_excused)
            got[M.MEETINGS_DUE, ""] += bool(one.due_on and not is_excused)
            got[M.MEETINGS_HELD, ""] += one.held_on is not None
            if one.due_on and one.held_on:
                got[M.MEETINGS_ON_TIME, ""] += abs((one.held_on - one.due_on).days) <= 7
        if one.held_on and first <= one.held_on <= on and one.group_id not in secret:
            got[M.MINUTES_DUE, ""] += 1
            got[M.MINUTES, ""] += one.id in minuted


def plain_gaps(got, bodies, units, on):
    since = add_months(on, -12) + timedelta(1)
    for body in bodies:
        own = [one for one in every(Meeting) if one.body_id == body.id and one.unit_id in units]
        # A meeting postponed with a reason begins the count anew, as one held does.
        marked = [one.held_on or (one.due_on if one.excuse else None) for one in own]
        days = [day for day in marked if day and since <= day <= on]
        marks = [max(body.active_from, since), *sorted(days), on]
        longest = max((later - earlier).days for earlier, later in pairwise(marks))
        got[M.MEETINGS_GAP, ""] = max(got[M.MEETINGS_GAP, ""], longest)


def plain_communication(got, units, on):
    first, since = on.replace(day=1), add_months(on, -12)
    sessions = {s.id: s for s in every(CommunicationSession) if s.unit_id in units}
    month = [each for each in sessions.values() if first <= each.held_on <= on]
    got[M.COMMUNICATION, ""] = len(month)
    got[M.COMMUNICATION_ATTENDANCES, ""] = sum(each.attendances for each in month)
    year = {each.id for each in sessions.values() if since < each.held_on <= on}
    reached = {each.hamlet_id for each in every(CoveredHamlet) if each.session_id in year}
    here = [each for each in every(Hamlet) if each.unit_id in units]
    there = {each.id for each in here if holds(each.active_from, each.active_until, on)}
    got[M.HAMLETS, ""] = len(there)
    got[M.HAMLETS_COVERED, ""] = len(there & reached)


def plain_reports(got, units, on):
    days = {(each.unit_id, each.period_id): each.submitted_at.date() for each in every(UnitReport)}
    for period in every(ReportPeriod):
        if not add_months(on, -12) < period.due_on < on:
            continue
        for unit in every(Unit):
            lasting = holds(unit.valid_from, unit.valid_until, period.until_on)
            if unit.id in units and unit.province_id == period.province_id and lasting:
                got[M.REPORTS_DUE, ""] += 1
                day = days.get((unit.id, period.id), date.max)
                got[M.REPORTS_ON_TIME, ""] += day <= period.due_on


def plain_money(got, line, on):
    undone = {each.corrects_id for each in every(Movement) if each.corrects_id}
    sums, cleared = Counter(), date.min
    for one in every(Movement):
        stands = one.line_id == line.id and not one.corrects_id and one.id not in undone
        if stands and one.on <= on and (one.kind != "settlement" or one.approved_at):
            sums[one.kind] += one.amount
            cleared = max(cleared, one.on) if one.kind == "settlement" else cleared
    if line.year == on.year:
        got[M.ESTIMATED, ""] += line.estimate_amount
        got[M.ALLOTTED, ""] += sums["allotment"]
        got[M.ADVANCED, ""] += sums["advance"]
        got[M.SPENT, ""] += sums["expense"]
        got[M.SETTLED, ""] += sums["settlement"]
    if add_months(on, -12) < line.due_on <= on and sums["advance"]:
        is_clear = sums["advance"] == sums["settlement"]
        late = ((cleared if is_clear else on) - line.due_on).days
        got[M.LINES_DUE, ""] += 1
        got[M.LINES_ON_TIME, ""] += is_clear and late <= 0
        got[M.DAYS_LATE, ""] = max(got[M.DAYS_LATE, ""], late)


def plain_remuneration(got, bodies, on):
    teams = {body.id for body in bodies if body.kind == "volunteer_team"}
    for post in every(Post):
        if post.body_id in teams and post.role in PAID:
            for back in range(1, 18):
                plain_month(got, post, add_months(on.replace(day=1), -back), on)


def plain_month(got, post, month, on):
    last, due = month_end(month.year, month.month), PAID[post.role]
    payable = last + timedelta(days=15)
    days = (min(last, post.until_on or last) - max(month, post.from_on)).days + 1
    if not add_months(on, -12) < payable <= on or days < 15:
        return
    paid = [
        each
        for each in every(Payment)
        if each.member_id == post.member_id and each.month == month and each.paid_on <= on
    ]
    amount = sum(each.amount for each in paid)
    got[M.MONTHS_DUE, ""] += 1
    got[M.MONTHS_PAID, ""] += amount == due
    got[M.MONTHS_IN_TIME, ""] += amount == due and all(p.paid_on <= payable for p in paid)
    got[M.REMUNERATION_PAID, ""] += amount
    got[M.REMUNERATION_OWED, ""] += max(0, due - amount)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_exact_figure_equals_a_plain_count(app, cast, seed):
    a, b, province = (cast.units[name] for name in ("a", "b", "province"))
    with app.app_context():
        load_usual(by=SYSTEM)
        old = work.add_unit(province)
        work.fill_work(province, [a, b, old], seed)
        work.fill_work(cast.units["elsewhere"], [cast.units["c"]], seed)
        work.merge(old, a, date(2026, 8, 16))
        months = ("2026-06", "2026-08", "2026-09")
        got = counted(cast, *months)
        seen = set()
        for month in months:
            on = days_of(month)[1]
            line = {a, old} if month > "2026-07" else {a}
            for place, units in ((a, line), (b, {b}), (province, {a, b, old})):
                plain = plain_count(units, on)
                for key in {key[1:] for key in got[month] if key[0] == place} | plain.keys():
                    if key[0] in SINGLES_OUT:
                        continue
                    found = number(got[month], place, *key)
                    assert found == plain[key], (month, place == province, key)
                    seen.add((key[0], found > 0))
    exact = set(M) - SINGLES_OUT
    assert {measure for measure, _ in seen} == exact
    assert {measure for measure, above in seen if above} == exact


def test_every_figure_says_its_days_and_what_it_counts(app, cast):
    with app.app_context():
        load_usual(by=SYSTEM)
        work.fill_work(cast.units["province"], [cast.units["a"]], 3)
        got = counted(cast, "2026-09")["2026-09"]
    firsts = {
        Span.DAY: date(2026, 9, 30),
        Span.MONTH: date(2026, 9, 1),
        Span.QUARTER: date(2026, 7, 1),
        Span.YEAR: date(2026, 1, 1),
        Span.TWELVE_MONTHS: date(2025, 10, 1),
    }
    for (_, measure, _), one in got.items():
        assert (one.from_on, one.until_on) == (firsts[measure.span], date(2026, 9, 30))
    regulations = got[cast.units["a"], M.REGULATIONS, ""]
    assert regulations.on == (date(2026, 2, 1) if regulations.low else None)


def test_two_clubs_of_a_merged_ward_are_two_until_one_is_reorganised(app, cast):
    a, b, province = (cast.units[name] for name in ("a", "b", "province"))
    with app.app_context():
        old = work.add_unit(province)
        mine, theirs = work.add_body(a), work.add_body(old)
        work.merge(old, a, date(2026, 8, 16))
        work.add_meeting(old, date(2026, 8, 10), date(2026, 8, 10), body_id=theirs)
        work.add_meeting(a, date(2026, 8, 20), date(2026, 8, 20), body_id=mine)
        work.add_meeting(old, date(2026, 8, 25), date(2026, 8, 25), body_id=theirs)
        db.session.commit()
        work.decide(theirs, b, date(2026, 9, 10), "reorganisation")
        db.session.commit()
        here = {"2026-07": [a, b, old], "2026-08": [a, b, old], "2026-09": [a, b, old]}
        with db.engine.connect() as connection:
            found = count_work(read_sources(connection, province, here), here, {})
        got = {
            month: {(one.unit_id, one.measure, one.kind): one.low for one in made.figures}
            for month, made in found.items()
        }
    bodies = {
        month: [got[month].get((place, M.BODIES, "")) for place in (a, b, old, province)]
        for month in got
    }
    assert bodies["2026-07"] == [1, 0, 1, 2]
    # The old ward is told as it was on its last day, and its club with the ward that followed it.
    assert bodies["2026-08"] == [2, 0, 1, 2]
    # Reorganised into another unit: where its decision puts it. The old ward is no more.
    assert bodies["2026-09"] == [1, 1, None, 2]
    held = [got["2026-08"][place, M.MEETINGS_HELD, ""] for place in (a, old, province)]
    assert held == [3, 1, 3]


def test_postponed_meetings_are_not_due_and_late_ones_not_on_time(app, cast):
    a = cast.units["a"]
    with app.app_context():
        body, due = work.add_body(a), date(2026, 8, 10)
        work.add_meeting(a, due, due + timedelta(7), body_id=body)
        work.add_meeting(a, due + timedelta(1), due + timedelta(9), body_id=body)
        work.add_meeting(a, due + timedelta(2), excuse="bão", body_id=body)
        work.add_meeting(a, due + timedelta(3), due + timedelta(3), excuse="bão", body_id=body)
        work.add_meeting(a, due + timedelta(4), body_id=body)
        work.add_meeting(a, None, due, body_id=body)
        got = counted(cast, "2026-08")["2026-08"]
        found = [
            number(got, a, measure)
            for measure in (
                M.MEETINGS_DUE,
                M.MEETINGS_HELD,
                M.MEETINGS_ON_TIME,
                M.MEETINGS_EXCUSED,
            )
        ]
    assert found == [4, 4, 2, 1]


def test_a_unit_without_any_record_counts_zero(app, cast):
    with app.app_context():
        got = counted(cast, "2026-09")["2026-09"]
    for (_, measure, _), one in got.items():
        if measure is M.SUPPORT_AMOUNT:
            assert one.low is None
        elif measure in SINGLES_OUT and not one.is_province:
            assert (one.low, one.high) == (0, 4), "zero is inside under five"
        elif measure not in SINGLES_OUT:
            assert one.low == one.high == 0
    assert {measure for _, measure, _ in got} == set(M)


def test_whoever_counsels_by_account_or_in_a_counselling_group_counts_once(app, cast):
    a = cast.units["a"]
    with app.app_context():
        body = work.add_body(a)
        group = work.add_group(a, body, "counselling")
        one = work.add_member(a, cast.accounts["counselor"])
        work.add_post(one, body, "counselor")
        two = work.add_member(a, cast.accounts["counselor2"])
        three = work.add_member(a)
        work.add_post(three, body, "member", group=group)
        work.add_post(work.add_member(a), body, "member")
        work.train(a, two, date(2024, 9, 30))  # exactly 24 months ago: still within
        work.train(a, three, date(2024, 9, 29))
        work.train(a, one, date(2026, 9, 1), skill="outreach")
        work.train(a, one, date(2026, 10, 1))  # after the month
        got = counted(cast, "2026-09")["2026-09"]
        assert number(got, a, M.COUNSELLORS) == 3
        assert number(got, a, M.TRAINED) == 1


@pytest.mark.parametrize("count", range(12))
def test_few_are_under_five_zero_among_them(count):
    assert count_of_few(count) == ((0, 4) if count < 5 else (count, count))


def test_no_count_of_answers_or_of_silences_below_five_is_told():
    """Whoever knows the rule and both prints has five whole numbers left for each small part."""
    for sent in range(60):
        prints: dict[tuple, set[int]] = {}
        for answered in range(sent + 1):
            ends = answered_of(sent, answered)
            assert ends[0] <= answered <= ends[1]
            prints.setdefault((count_of_few(sent), ends), set()).add(answered)
        for answers in prints.values():
            small = any(0 < n < 5 or 0 < sent - n < 5 for n in answers)
            if small and sent >= 5:
                assert len(answers) >= 5
                assert max(answers) - min(answers) >= 4


def test_referrals_and_support_are_told_by_quarter_with_care(app, cast):
    a, b, province = (cast.units[name] for name in ("a", "b", "province"))
    on = date(2026, 8, 5)
    with app.app_context():
        for number_ in range(12):
            work.refer(a, on, answered=number_ < 6)
        for number_ in range(6):
            work.refer(b, on, answered=number_ < 3)
        for _ in range(5):
            work.support(a, on, "charity", 200_000)
        same = add_case(a, date(2026, 1, 5))
        for _ in range(6):
            work.support(a, on, "programme", 300_000, case=same)
        for _ in range(7):
            work.support(a, on, "vbsp_loan", 20_000_000, kind="loan")
        for _ in range(4):
            work.support(b, on, "charity", 200_000)
        got = counted(cast, "2026-08", "2026-09")
    assert not any(key[1] in SINGLES_OUT for key in got["2026-08"]), "only with the quarter's end"
    got = {key: (one.low, one.high) for key, one in got["2026-09"].items()}
    assert got[a, M.REFERRALS_SENT, ""] == (12, 12)
    assert got[a, M.REFERRALS_ANSWERED, ""] == (6, 6)
    assert got[b, M.REFERRALS_SENT, ""] == (6, 6)
    assert got[b, M.REFERRALS_ANSWERED, ""] == (0, 6)
    assert got[province, M.REFERRALS_SENT, ""] == (18, 18)
    assert got[province, M.REFERRALS_ANSWERED, ""] == (6, 12)
    assert got[a, M.SUPPORT_ITEMS, "charity"] == (5, 5)
    assert got[a, M.SUPPORT_AMOUNT, "charity"] == (1_000_000, 1_000_000)
    assert got[b, M.SUPPORT_ITEMS, "charity"] == (0, 4)
    assert got[b, M.SUPPORT_AMOUNT, "charity"] == (None, None)
    assert got[province, M.SUPPORT_ITEMS, "charity"] == (5, 9)
    assert got[province, M.SUPPORT_AMOUNT, "charity"] == (1_000_000, None)
    # Six items to one person: how many is told, how much is not.
    assert got[a, M.SUPPORT_ITEMS, "programme"] == (6, 6)
    assert got[a, M.SUPPORT_AMOUNT, "programme"] == (None, None)
    # Loans follow the figure of borrowers.
    assert got[a, M.SUPPORT_ITEMS, "vbsp_loan"] == (0, 4)


def test_a_unit_that_ended_is_within_the_range_of_the_province(app, cast):
    a, province = cast.units["a"], cast.units["province"]
    with app.app_context():
        old = work.add_unit(province)
        for _ in range(9):
            work.refer(old, date(2026, 7, 20), answered=True)
        work.merge(old, a, date(2026, 8, 16))
        got = counted(cast, "2026-09")["2026-09"]
        low, high = (
            got[province, M.REFERRALS_SENT, ""].low,
            got[province, M.REFERRALS_SENT, ""].high,
        )
        assert low <= 9 <= high
        # Subtracting the old ward from the new one finds nothing: they are not added up here.
        assert got[a, M.REFERRALS_SENT, ""].high == 4


def test_statements_do_not_grow_with_units_or_months(app, cast):
    asked = []
    with app.app_context():
        load_usual(by=SYSTEM)
        work.fill_work(cast.units["province"], [cast.units["a"], cast.units["b"]], 4)
        db.session.commit()
        event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
        counted(cast, "2026-09", units=("a",))
        one = len(asked)
        asked.clear()
        counted(cast, "2026-06", "2026-07", "2026-08", "2026-09")
    assert 0 < len([s for s in asked if s.startswith(("SELECT", "WITH"))]) <= one <= 40


def test_an_edition_holds_what_was_counted_and_keeps_it(app, cast):
    a = cast.units["a"]
    with app.app_context():
        load_usual(by=SYSTEM)
        fill([a, cast.units["b"]], 1, date(2026, 3, 1), 210)
        work.fill_work(cast.units["province"], [a], 5)
        db.session.commit()
        province = db.session.get_one(Unit, cast.units["province"])
        publish_backlog(province, "2026-08", SYSTEM)
        before = prints(ActivityFigure), prints(CriterionFigure)
        assert before[0] == prints(PublishedActivity)
        assert before[1] == prints(PublishedCriterion)
        got = counted(cast, "2026-08")["2026-08"]
        edition = db.session.scalars(select(Edition).where(Edition.period == "2026-08")).one()
        printed = {
            (one.unit_id, one.measure, one.kind): (one.low, one.high)
            for one in every(ActivityFigure)
            if one.edition_id == edition.id
        }
        assert printed == {key: (one.low, one.high) for key, one in got.items()}
        work.communicate(a, date(2026, 8, 3), 99)
        work.communicate(a, date(2026, 9, 3), 1)
        db.session.commit()
        publish_period(province, "2026-09", by=SYSTEM)
        assert before[0].items() <= prints(ActivityFigure).items()
        assert before[1].items() <= prints(CriterionFigure).items()


def prints(table):
    skipped = {"id", "edition_id", "publication_id"}
    names = [c.key for c in table.__mapper__.column_attrs if c.key not in skipped]
    keys = {"unit_id", "measure", "kind", "until_on", "code"}
    return {
        tuple(str(getattr(row, name)) for name in names if name in keys): tuple(
            getattr(row, name) for name in names if name not in keys
        )
        for row in every(table)
    }


def test_amounts_beyond_32_bits_are_kept(app, cast):
    a = cast.units["a"]
    with app.app_context():
        line = work.add_line(a, work.add_body(a), date(2026, 12, 31), 9_000_000_000)
        work.move(a, line, "allotment", date(2026, 1, 5), 8_000_000_001)
        fill([a, cast.units["b"]], 1, date(2026, 9, 1), 29)
        db.session.commit()
        province = db.session.get_one(Unit, cast.units["province"])
        publish_period(province, "2026-09", by=SYSTEM)
        query = select(ActivityFigure.low).where(
            ActivityFigure.measure == M.ALLOTTED, ActivityFigure.unit_id == a
        )
        assert db.session.scalar(query) == 8_000_000_001
