"""An inspection of unit a whose visit is closed: its checklist answered, its findings accepted; and
ways to bring it further.
"""

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from casework.authz.permissions import Role
from casework.core.audit import SYSTEM
from casework.core.clock import now, today
from casework.core.database import db
from casework.inspection.findings.models import Finding
from casework.inspection.inspections.models import Inspection, TeamMember
from casework.inspection.recommendations.models import Recommendation
from casework.inspection.visits.models import Check, Visit
from casework.organisation.accounts import sessions
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.operations import create_account, give_role
from casework.vault import locks
from tests.cast import PASSWORD
from tests.inspection.rounds import inspection_of, make_plan
from tests.inspection.visiting import DAY
from tests.page import Visitor

if TYPE_CHECKING:
    from tests.rules.world import World

FINDINGS = (
    ("strength", "A1", "Câu lạc bộ được thành lập đúng quyết định", "", ""),
    ("strength", "H1", "Phối hợp tốt với Hội Liên hiệp Phụ nữ", "", ""),
    ("shortcoming", "B1", "Sinh hoạt Câu lạc bộ chưa đúng định kỳ: 8/12 kỳ", "objective", "Bão lũ"),
    (
        "shortcoming",
        "E2",
        "Thanh quyết toán còn chậm: 1/3 dòng đúng hạn",
        "subjective",
        "Kế toán mới",
    ),
    ("proposal", "", "Hỗ trợ thêm kinh phí", "", ""),
)
ASSESSMENT = "Đơn vị hoạt động nền nếp."
OPINION = "Đơn vị thống nhất với biên bản."


def visit_closed(cast, units=("a",), on: date = DAY) -> list[UUID]:
    """A round in which every unit was visited on a day; the ids of its inspections."""
    plan, set_id = make_plan(cast, *units, visit_on=on), uuid4()
    made = [inspection_of(plan, cast.units[unit]).id for unit in units]
    for inspection_id in made:
        inspection = db.session.get_one(Inspection, inspection_id)
        inspection.status, inspection.visit_on = "visited", on
        visit = Visit(inspection_id=inspection_id, period="2026-09")
        visit.started_at, visit.ended_at, visit.closed_at = "08:00", "11:30", now()
        visit.attendees = "Ông Huỳnh Văn Ba, Chủ nhiệm\nBà Đỗ Thị Năm, Kế toán"
        db.session.add(visit)
        for position, (code, rating) in enumerate((("A1", "met"), ("B1", "not_met")), start=1):
            check = Check(inspection_id=inspection_id, code=code, position=position, text=code)
            check.set_id, check.set_number, check.method = set_id, 1, "computed"
            check.numerator, check.denominator = (2, 2) if code == "A1" else (8, 12)
            check.value = None if code == "A1" else 0
            check.unit_of_value = "bodies" if code == "A1" else "sessions"
            check.met, check.partly = (None, None) if code == "A1" else (90, 70)
            check.computed = check.rating = rating
            db.session.add(check)
        for position, (kind, code, text, cause, why) in enumerate(FINDINGS, start=1):
            finding = Finding(inspection_id=inspection_id, kind=kind, code=code, text=text)
            finding.position, finding.cause, finding.cause_text = position, cause, why
            finding.status = "accepted"
            db.session.add(finding)
    db.session.commit()
    return made


def add_colleague(
    app, cast, inspection_id: UUID | None, role: str, *, name="Lâm Thị Mười"
) -> Visitor:
    """Another inspector of the province, signed in; in the team of a round with a role."""
    with app.test_request_context():
        account = create_account(f"inspector-{role}", name, PASSWORD, by=SYSTEM, temporary=False)
        db.session.flush()
        province = cast.units["province"]
        give_role(account, Role.INSPECTOR, province, by=SYSTEM, on=date(2025, 7, 1))
        for held in account_roles(account.id):
            held.awaits_approval = False
        if inspection_id is not None:
            plan_id = db.session.get_one(Inspection, inspection_id).plan_id
            member = TeamMember(plan_id=plan_id, account_id=account.id, name=name, role=role)
            db.session.add(member)
        db.session.flush()
        secret = locks.open_with_organisation_key(account.id, cast.organisation_secret) or b""
        token = sessions.start_session(
            db.session.get_one(Account, account.id), secret, awaits_code=False
        )
        db.session.commit()
        cookie = sessions.cookie_name()
    client = app.test_client()
    client.set_cookie(cookie, token)
    return Visitor(client)


def account_roles(account_id: UUID):
    from casework.organisation.accounts.models import AccountRole

    return db.session.query(AccountRole).filter_by(account_id=account_id)


def write(inspector: Visitor, inspection_id: UUID) -> str:
    """Draft recommendations and minutes; the address of the minutes."""
    at = f"/inspections/{inspection_id}"
    drafted = inspector.submit(f"{at}/recommendations", f"{at}/recommendations/draft")
    assert drafted.status == 303, drafted.words
    told = {"assessment": ASSESSMENT, "unit_opinion": OPINION}
    saved = inspector.submit(f"{at}/minutes/edit", f"{at}/minutes/edit", **told)
    assert saved.status == 303, saved.words
    return f"{at}/minutes"


def freeze(inspector: Visitor, inspection_id: UUID) -> str:
    """Minutes that are frozen; their address."""
    at = write(inspector, inspection_id)
    frozen = inspector.submit(f"{at}/preview", f"{at}/freeze")
    assert frozen.status == 303, frozen.words
    return at


def sign(client_as, inspection_id: UUID, *, notified=True, head="unithead") -> str:
    """Minutes that both sides signed, and whose results were told; their address."""
    inspector = client_as("inspector")
    at = freeze(inspector, inspection_id)
    for who, side in ((client_as(head), "unit"), (inspector, "team")):
        signed = who.submit(at, f"{at}/sign-for-{side}")
        assert signed.status == 303, signed.words
    if notified:
        assert inspector.submit(at, f"{at}/notify").status == 303
    return at


def minute_a_unit(world: "World", unit: str) -> dict[str, UUID]:
    """Minutes that were signed, with a supplement and a recommendation, and minutes that are still
    a draft; for the rules of the whole program.
    """
    with world.app.app_context():
        signed, drafted = (visit_closed(world.cast, (unit,), on=today())[0] for _ in range(2))
    inspector = world.sign_in("inspector")
    at = sign(world.sign_in, signed, head="unithead" if unit == "a" else "unithead-b")
    new = f"{at}/supplements/new"
    assert inspector.submit(new, new, text="Bổ sung").status == 303
    write(inspector, drafted)
    return {
        "minuted_id": signed,
        "drafted_id": drafted,
        "recommendation_id": recommendations_of(world.app, signed)["E2"],
    }


def recommendations_of(app, inspection_id: UUID) -> dict[str, UUID]:
    """The recommendations of an inspection, by criterion."""
    with app.app_context():
        rows = db.session.query(Recommendation).filter_by(inspection_id=inspection_id)
        return {row.code: row.id for row in rows}
