"""Two units at work: a case with a contact and a group with a session in each, made through the
forms, and one record of each kind of the organisation; and ways to fill any address of the program
with ids of one unit, of the other, or of nobody.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from io import BytesIO
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from casework.anonymisation.models import Outcome, Publication
from casework.anonymisation.runs import Wanted, ask_for_run
from casework.authz.enforce import permission_of
from casework.authz.permissions import Role
from casework.confidential.assessments.models import NeedArea
from casework.confidential.cases.models import Case
from casework.confidential.closures.models import ErasureCause
from casework.confidential.closures.operations import propose_erasure
from casework.confidential.consent.models import Consent, ConsentMethod, Purpose
from casework.confidential.groups.models import Facilitator
from casework.confidential.transfers.models import Transfer
from casework.core.audit import SYSTEM, Actor
from casework.core.clock import add_months, now, today
from casework.core.database import db
from casework.inspection.conferences.operations import (
    add_practice,
    close_conference,
    open_conference,
)
from casework.inspection.conferences.queries import Held, list_units_of, read_report
from casework.inspection.readmodel.models import Measure
from casework.organisation.accounts import sessions
from casework.organisation.accounts.models import Account, AccountRole
from casework.organisation.accounts.operations import create_account, give_role
from casework.organisation.meetings.models import Meeting
from casework.organisation.partners.models import Partner, PartnerKind
from casework.organisation.units.models import Unit
from casework.vault import locks
from tests.cast import PASSWORD, Cast
from tests.confidential.test_cases import open_case
from tests.inspection.editions import judge, publish, tell_year
from tests.inspection.minuting import minute_a_unit
from tests.inspection.rounds import plan_a_round
from tests.inspection.visiting import visit_a_unit
from tests.page import Visitor
from tests.rules.organisation_world import record_everything

# One account of each role in unit a (or above it), and one that holds two roles in two units.
EVERYBODY = (
    "counselor",
    "coordinator",
    "volunteer",
    "unithead",
    "accountant",
    "inspector",
    "manager",
    "dpo",
    "admin",
    "two-roles",
)
NOBODY = "nobody"
# What a name in an address stands for. Another name in an address needs a line here and in `_ids`.
PARAMETERS = frozenset(
    {
        "case_id",
        "contact_id",
        "assessment_id",
        "consent_id",
        "service_id",
        "referral_id",
        "status_id",
        "paper_id",
        "plan_id",
        "action_id",
        "group_id",
        "member_id",
        "facilitator_id",
        "reminder_id",
        "session_id",
        "meeting_id",
        "unit_id",
        "account_id",
        "role_id",
        "opening_id",
        "request_id",
        "disclosure_id",
        # Of the organisation: organisation_world.py makes one of each.
        "body_id",
        "decision_id",
        "regulation_id",
        "hamlet_id",
        "file_id",
        "staff_id",
        "post_id",
        "pause_id",
        "communication_id",
        "training_id",
        "partner_id",
        "activity_id",
        "programme_id",
        "phase_id",
        "line_id",
        "movement_id",
        "payment_id",
        "period_id",
        "value_id",
        "rate_id",
        "agency_id",
        "set_id",
        "proposal_id",
        "cluster_id",
        "membership_id",
        "erasure_id",
        "transfer_id",
        # Of the figures, which belong to provinces.
        "province_id",
        "run_id",
        "publication_id",
        # Of inspections: rounds.py makes a round of each.
        "inspection_id",
        "finding_id",
        "recommendation_id",
        "sample_id",
        "conference_id",
        "practice_id",
        "team_member_id",
    }
)
# Names that stand for no record.
TEXTS = {"filename": "casework.css", "letter": "A", "kind": "pdf", "number": "1"}
# Where the same name stands for another kind of record: the blueprint or endpoint, the name in the
# address, the name in `ids`.
OTHERWISE = {
    ("meetings", "meeting_id"): "body_meeting_id",
    ("inspections", "plan_id"): "round_id",
    ("minutes", "inspection_id"): "minuted_id",
    ("minutes.preview", "inspection_id"): "drafted_id",
    ("conferences.edit", "conference_id"): "open_conference_id",
    ("conferences.change", "conference_id"): "open_conference_id",
    ("pauses.edit_of_province", "pause_id"): "province_pause_id",
    ("pauses.correct_of_province", "pause_id"): "province_pause_id",
    ("partners.edit_of_province", "partner_id"): "province_partner_id",
    ("partners.change_of_province", "partner_id"): "province_partner_id",
    ("reports.edit", "period_id"): "current_period_id",
    ("reports.save", "period_id"): "current_period_id",
    ("reports.money", "period_id"): "current_period_id",
    ("approvals", "role_id"): "waiting_role_id",
    ("assignments", "account_id"): "entrusted_id",
    ("closures.erasure", "case_id"): "closed_case_id",
    ("closures.propose", "case_id"): "closed_case_id",
}
# Answers the browser itself asks for; they are no page of the program.
ASSETS = frozenset({"static"})


@dataclass
class World:
    """The program with its people, and the ids of what they made: by unit, then by name."""

    app: Flask
    cast: Cast
    ids: dict[str, dict[str, UUID]]

    def sign_in(self, username: str) -> Visitor:
        """Another computer at which somebody signs in (or nobody)."""
        client = self.app.test_client()
        if username != NOBODY:
            with self.app.test_request_context():
                account = db.session.get_one(Account, self.cast.accounts[username])
                secret = self.cast.secrets[username]
                token = sessions.start_session(account, secret, awaits_code=False)
                db.session.commit()
                name = sessions.cookie_name()
            client.set_cookie(name, token)
        return Visitor(client)

    def address(self, rule: Rule, unit: str = "a") -> str:
        """A rule's address with the ids of a unit; those of nobody for `absent`."""
        unknown = rule.arguments - PARAMETERS - TEXTS.keys()
        assert not unknown, f"tests/rules/world.py does not know what to put for {unknown}"
        ids = self.ids.get(unit, {})
        values = {
            name: TEXTS.get(name) or ids.get(meant(rule, name)) or uuid4()
            for name in rule.arguments
        }
        with self.app.test_request_context():
            adapter = self.app.url_map.bind("localhost")
            return adapter.build(rule.endpoint, values)


def meant(rule: Rule, name: str) -> str:
    """What a name in an address stands for."""
    blueprint = rule.endpoint.partition(".")[0]
    return OTHERWISE.get((rule.endpoint, name)) or OTHERWISE.get((blueprint, name), name)


def build(app: Flask, cast: Cast) -> World:
    """Have the counselors of both units take a person in, log a contact and hold a session."""
    cast = replace(cast, accounts=dict(cast.accounts), secrets=dict(cast.secrets))
    _add_an_account_with_two_roles(app, cast)
    world = World(app, cast, {})
    for unit, counselor in (("a", "counselor"), ("b", "counselor-b")):
        ids = _ids(world, world.sign_in(counselor), unit, counselor)
        world.ids[unit] = ids | record_everything(app, cast, unit, ids["group_id"])
    for unit, province in (("a", "province"), ("b", "elsewhere")):
        world.ids[unit] |= _publish(world, cast.units[province])
        world.ids[unit] |= _look_back(world, cast.units[province])
        world.ids[unit] |= plan_a_round(world, unit)
        world.ids[unit] |= visit_a_unit(world, unit, world.ids[unit]["inspection_id"])
        world.ids[unit] |= minute_a_unit(world, unit)
    for unit, other, counselor in (("a", "b", "counselor-b"), ("b", "a", "counselor2")):
        world.ids[unit]["transfer_id"] = _offer_a_case(world, world.sign_in(counselor), other, unit)
    return world


def ways(app: Flask) -> list[tuple[Rule, str]]:
    """Every rule with each of its methods."""
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in ASSETS
        for method in sorted((rule.methods or set()) - {"OPTIONS"})
    ]


def undeclared(app: Flask, open_to_anybody: frozenset[str]) -> set[str]:
    """Endpoints that name no permission and are not listed as open."""
    return {
        endpoint
        for endpoint, view in app.view_functions.items()
        if permission_of(view) is None and endpoint not in open_to_anybody
    }


def _add_an_account_with_two_roles(app: Flask, cast: Cast) -> None:
    """Coordinator in one unit, unit head in the other; and an account nobody acts with."""
    for name in ("two-roles", "target"):
        with app.app_context():
            account = create_account(name, "Mai Văn Hai", PASSWORD, by=SYSTEM, temporary=False)
            db.session.flush()
            secret = locks.open_with_organisation_key(account.id, cast.organisation_secret)
            for role, unit in ((Role.COORDINATOR, "b"), (Role.UNIT_HEAD, "a")):
                give_role(account, role, cast.units[unit], by=SYSTEM, on=date(2025, 7, 1))
            cast.accounts[name], cast.secrets[name] = account.id, secret or b""
            db.session.commit()


def _ids(world: World, counselor: Visitor, unit: str, username: str) -> dict[str, UUID]:
    case = open_case(counselor, name=f"Người Của {unit.upper()}")
    new = case + "/contacts/new"
    assert counselor.submit(new, new, note=f"ghi chép {unit}").status == 303
    contact = _links(counselor, case + "/contacts", "/contacts/")
    assessment = _assess(counselor, case)
    give = case + "/support/new"
    told = {"kind": "gift", "how": "in_kind", "funding_source": "charity"}
    assert counselor.submit(give, give, note=f"ghi chép {unit}", **told).status == 303
    service = _links(counselor, case + "/support", "/support/")
    referral = _refer(world, counselor, unit, case)
    plan, action = _plan(counselor, case)
    request, disclosure = _ask_about(counselor, case)
    asker = world.sign_in("counselor2" if unit == "a" else "coordinator-b")
    opening = _ask_out_of_turn(world, asker, counselor.get(case).h1)
    group, member, session = _hold_a_session(counselor)
    reminder = _remind(counselor, case)
    account = world.cast.accounts["target" if unit == "a" else username]
    with world.app.app_context():
        roles = select(AccountRole.id).where(AccountRole.account_id == account)
        due = select(Meeting.id).where(
            Meeting.group_id == UUID(group.split("/")[2]), Meeting.held_on.is_(None)
        )
        leading = select(Facilitator.id).where(Facilitator.group_id == UUID(group.split("/")[2]))
        role, meeting, facilitator = (
            db.session.scalars(query).first() for query in (roles, due, leading)
        )
    assert role is not None
    assert facilitator is not None
    assert meeting is not None
    return {
        "case_id": UUID(case.split("/")[2]),
        "contact_id": contact,
        "assessment_id": assessment,
        "status_id": _record_a_status(counselor, case),
        "paper_id": _add_a_paper(counselor, case),
        "consent_id": _links(counselor, case + "/consents", "/consents/", "/withdrawal"),
        "service_id": service,
        "referral_id": referral,
        "plan_id": plan,
        "action_id": action,
        "group_id": UUID(group.split("/")[2]),
        "member_id": member,
        "facilitator_id": facilitator,
        "reminder_id": reminder,
        "session_id": session,
        "meeting_id": meeting,
        "unit_id": world.cast.units[unit],
        "account_id": account,
        "entrusted_id": world.cast.accounts[username],
        **_propose_an_erasure(world, counselor),
        "role_id": role,
        "opening_id": opening,
        "request_id": request,
        "disclosure_id": disclosure,
    }


def _publish(world: World, province_id: UUID) -> dict[str, UUID]:
    """A province's edition of an earlier month, and a trial of the last one that was done."""
    last, before = (f"{add_months(today(), -back):%Y-%m}" for back in (1, 2))
    with world.app.app_context():
        publication = Publication(
            province_id=province_id, period=before, prepared_by="test", published_at=now()
        )
        run = ask_for_run(
            Wanted(province_id, (last,), is_trial=True), by=Actor(world.cast.accounts["manager"])
        )
        run.ended_at, run.outcome = now(), Outcome.DONE
        db.session.add(publication)
        edition = publish(province_id, before)
        units = select(Unit.id).where(Unit.province_id == province_id, ~Unit.is_province)
        for unit in db.session.scalars(units):
            judge(edition, unit, {"A1": "not_met", "B1": "met"}, uuid4())
        for unit in (province_id, *db.session.scalars(units)):
            tell_year(edition, unit, Measure.CLOSED, 5, 9)
        made = {"province_id": province_id, "run_id": run.id, "publication_id": publication.id}
        db.session.commit()
    return made


def _look_back(world: World, province_id: UUID) -> dict[str, UUID]:
    """A conference of a province over what was published, with a best practice, closed, so that its
    units read it; and one that is being prepared.
    """
    by = Actor(world.cast.accounts["inspector"])
    phase = {"from_on": date(today().year - 2, 1, 1), "until_on": today().replace(day=1)}
    with world.app.app_context():
        province = db.session.get_one(Unit, province_id)
        conference = open_conference(
            province, {"title": "Tổng kết", **phase, "held_on": today()}, by=by
        )
        held = Held(conference, province, is_department=True)
        unit = list_units_of(conference)[0]
        practice = add_practice(conference, unit.id, "họp tối", by=by)
        db.session.flush()
        close_conference(conference, read_report(held), by=by)
        draft = open_conference(province, {"title": "Sắp tới", **phase, "held_on": None}, by=by)
        made = {
            "conference_id": conference.id,
            "open_conference_id": draft.id,
            "practice_id": practice.id,
        }
        db.session.commit()
    return made


def _assess(counselor: Visitor, case: str) -> UUID:
    address = case + "/assessments/new"
    levels = {f"level_{area}": "2" for area in NeedArea}
    page = counselor.submit(address, address, **levels, note_job="ghi chép a")
    assert page.status == 303, page.words
    return _links(counselor, case + "/assessments", "/assessments/")


def _offer_a_case(world: World, counselor: Visitor, unit: str, to: str) -> UUID:
    """A case of one unit, offered to the other."""
    case = open_case(counselor, name="Người Chuyển Đi")
    with world.app.app_context():
        case_id, to_unit = UUID(case.split("/")[2]), world.cast.units[to]
        db.session.add(
            Consent(
                case_id=case_id,
                purpose=Purpose.REFERRAL,
                to_unit_id=to_unit,
                is_given=True,
                method=ConsentMethod.SIGNED,
                on=today(),
                recorded_by=world.cast.accounts["counselor"],
            )
        )
        db.session.commit()
    transfer = case + "/transfer"
    page = counselor.submit(transfer, transfer, unit=str(to_unit))
    assert page.status == 303, page.words
    with world.app.app_context():
        query = select(Transfer.id).where(Transfer.case_id == case_id)
        return db.session.scalars(query).one()


def _propose_an_erasure(world: World, counselor: Visitor) -> dict[str, UUID]:
    """A second case, closed and proposed for erasure."""
    case = open_case(counselor, name="Người Đã Về")
    closure = case + "/closure"
    assert counselor.submit(closure, closure, reason="withdrew").status == 303
    with world.app.test_request_context():
        closed = db.session.get_one(Case, UUID(case.split("/")[2]))
        erasure = propose_erasure(closed, ErasureCause.REQUEST, by=SYSTEM)
        made = {"closed_case_id": closed.id, "erasure_id": erasure.id}
        db.session.commit()
    return made


def _remind(counselor: Visitor, case: str) -> UUID:
    new = f"{case}/reminders/new"
    page = counselor.submit(new, new, text="nhắc việc", due_on=str(today()))
    assert page.status == 303, page.words
    return _links(counselor, f"{case}/reminders", "/reminders/")


def _plan(counselor: Visitor, case: str) -> tuple[UUID, UUID]:
    new, action = f"{case}/plans/new", "goals-0-actions-0-"
    told = {"goals-0-area": "job", "goals-0-goal": "có việc làm", action + "what": "hỏi việc"}
    page = counselor.submit(new, new, **told, **{action + "responsible": "counselor"})
    assert page.status == 303, page.words
    plan = _links(counselor, f"{case}/plans", "/plans/", "/signing")
    return plan, _links(counselor, f"{case}/plans", "/plans/actions/")


def _refer(world: World, counselor: Visitor, unit: str, case: str) -> UUID:
    case_id, unit_id = UUID(case.split("/")[2]), world.cast.units[unit]
    with world.app.app_context():
        kind, since = PartnerKind.OTHER, today() - timedelta(days=9)
        partner = Partner(unit_id=unit_id, kind=kind, name=f"Trạm {unit}", active_from=since)
        db.session.add(partner)
        db.session.flush()
        told = {"purpose": Purpose.REFERRAL, "method": ConsentMethod.SIGNED, "is_given": True}
        consent = Consent(case_id=case_id, partner_id=partner.id, on=today(), **told)
        consent.recorded_by = partner.id
        db.session.add(consent)
        partner_id = str(partner.id)
        db.session.commit()
    send, reason = case + "/referrals/new", f"ghi chép {unit}"
    page = counselor.submit(send, send, partner=partner_id, area="job", reason=reason)
    assert page.status == 303, page.words
    return UUID(page.location.split("/")[-1])


def _record_a_status(counselor: Visitor, case: str) -> UUID:
    new = case + "/statutory/new"
    page = counselor.submit(new, new, kind="pr_voluntary", from_on=str(today()))
    assert page.status == 303, page.words
    return _links(counselor, case + "/statutory", "/statutory/")


def _add_a_paper(counselor: Visitor, case: str) -> UUID:
    new = case + "/attachments/new"
    paper = BytesIO(b"%PDF-1.4 Anh T\xc6\xb0"), "giay.pdf"
    page = counselor.submit(new, new, kind="other", paper=paper)
    assert page.status == 303, page.words
    return _links(counselor, case + "/attachments", "/attachments/", "/removal")


def _ask_about(counselor: Visitor, case: str) -> tuple[UUID, UUID]:
    """A request of the person, and one of an authority."""
    new = case + "/rights/requests/new"
    assert counselor.submit(new, new, kind="correct", wish="sửa địa chỉ").status == 303
    new = case + "/rights/disclosures/new"
    letter = {"agency": "Công an xã", "number": "12/CV-CAX", "ground": "Điều 10"}
    assert counselor.submit(new, new, **letter).status == 303
    panel = case + "/rights"
    return (
        _links(counselor, panel, "/rights/requests/"),
        _links(counselor, panel, "/rights/disclosures/"),
    )


def _ask_out_of_turn(world: World, asker: Visitor, reference: str) -> UUID:
    asked = {"compartment": "notes", "reason": "danger", "explanation": "không gọi được"}
    new = "/emergency/new"
    assert asker.submit(new, new, reference=reference, **asked).status == 303
    return _links(world.sign_in("dpo"), "/emergency/decisions", "/emergency/")


def _hold_a_session(counselor: Visitor) -> tuple[str, UUID, UUID]:
    since = today() - timedelta(days=40)
    page = counselor.submit("/groups/new", "/groups/new", name="Hoa Sen", active_from=str(since))
    members = page.location
    group = members.removesuffix("/members")
    page = counselor.submit(members, members, names="Chị Bảy\nAnh Tư", joined_on=str(since))
    assert page.status == 303, page.words
    member = _links(counselor, members, "/members/")
    page = counselor.submit(f"{group}/sessions/new", f"{group}/sessions/new", note="buổi đầu")
    assert page.status == 303, page.words
    return group, member, UUID(page.location.split("/")[-1])


def _links(visitor: Visitor, address: str, before: str, after: str = "") -> UUID:
    """The id in the first link of a page that has one between these words."""
    for link in visitor.get(address).all("a"):
        last = (link.get("href") or "").removesuffix(after).rpartition(before)[2]
        if len(last) == 36:
            return UUID(last)
    raise AssertionError(f"no link to {before} on {address}")
