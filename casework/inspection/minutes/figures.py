"""What minutes say, put together from what the inspection holds. Vietnamese, whatever the language
of the screen.
"""

from collections.abc import Sequence
from uuid import UUID

from flask_babel import force_locale
from sqlalchemy import select

from casework.core.database import db
from casework.inspection.findings.models import Finding, FindingKind
from casework.inspection.findings.queries import list_accepted
from casework.inspection.inspections.models import Inspection, TeamMember
from casework.inspection.inspections.queries import Visited, list_goers, list_team
from casework.inspection.minutes.models import Content, Minutes
from casework.inspection.minutes.rules import FORM
from casework.inspection.readmodel.models import Rating, UnitOfCount
from casework.inspection.recommendations.models import Recommendation
from casework.inspection.recommendations.queries import list_of
from casework.inspection.visits.models import Check, ObservedSkill, SampleTick, Visit
from casework.inspection.visits.queries import find_visit, list_checks, list_observed
from casework.inspection.visits.rules import count_ticks, mean_level, tell_check
from casework.organisation.members.models import Skill
from casework.organisation.units.queries import get_unit


def compose(found: Visited, minutes: Minutes) -> Content:
    """Everything the minutes say, as it stands now."""
    inspection, plan, unit = found.inspection, found.plan, found.unit
    visit = find_visit(inspection.id)
    province = get_unit(plan.province_id)
    checks = list_checks(inspection.id)
    goers = list_goers([inspection.id]).get(inspection.id, ())
    with force_locale("vi"):
        return {
            "form": FORM,
            "number": minutes.number,
            "year": minutes.year,
            "on": minutes.on.isoformat(),
            "place": minutes.place,
            "province": {"name": province.name, "label": province.label},
            "unit": {"id": str(unit.id), "label": unit.label},
            "plan": {
                "number": plan.number,
                "title": plan.title,
                "legal_basis": plan.legal_basis.splitlines(),
                "purpose": plan.purpose,
                "from_on": plan.from_on.isoformat(),
                "until_on": plan.until_on.isoformat(),
            },
            "visit": _visit(inspection, visit),
            "team": [_member(each, goers) for each in list_team(plan.id)],
            "criteria": [_criterion(each) for each in checks],
            "versions": sorted({each.set_number for each in checks}),
            "skills": _skills(list_observed(inspection.id)),
            "sample": _sample(visit),
            "assessment": minutes.assessment,
            "findings": [_finding(each) for each in list_accepted(inspection.id)],
            "recommendations": [_recommendation(each) for each in list_of(inspection.id)],
            "unit_opinion": minutes.unit_opinion,
        }


def _visit(inspection: Inspection, visit: Visit | None) -> Content:
    return {
        "on": inspection.visit_on.isoformat() if inspection.visit_on else "",
        "place": inspection.place,
        "started_at": visit.started_at if visit else "",
        "ended_at": visit.ended_at if visit else "",
        "attendees": visit.attendees.splitlines() if visit else [],
        "period": visit.period if visit else "",
        "favourable": visit.favourable if visit else "",
        "difficulties": visit.difficulties if visit else "",
        "proposals": visit.proposals if visit else "",
    }


def _member(member: TeamMember, goers: Sequence[UUID]) -> Content:
    """Somebody of the team, and whether they came: where nobody was named, all did."""
    came = not goers or member.id in goers
    return {"name": member.name, "office": member.office, "role": member.role, "came": came}


def _criterion(check: Check) -> Content:
    """A criterion with its figure. Amounts of money are told as a share: who reads minutes may not
    be of those who read budgets.
    """
    said = tell_check(check, sees_money=False)
    is_money = check.unit_of_value == UnitOfCount.DONG
    figures = {} if is_money else {
        "numerator": check.numerator, "denominator": check.denominator, "value": check.value,
    }  # fmt: skip
    return {
        "code": check.code,
        "text": check.text,
        "set_id": str(check.set_id),
        "set_number": check.set_number,
        "met": check.met,
        "partly": check.partly,
        "unit_of_value": check.unit_of_value,
        "computed": check.computed,
        "rating": check.rating or check.computed or Rating.NO_DATA,
        "remark": check.remark,
        "figure": said.figure if said else "",
        **figures,
    }


def _skills(observed: Sequence[ObservedSkill]) -> list[Content]:
    levels: dict[str, list[int]] = {}
    for each in observed:
        levels.setdefault(each.skill, []).append(each.level)
    return [
        {
            "skill": skill,
            "label": Skill(skill).label,
            "members": len(levels[skill]),
            "mean": mean_level(levels[skill]),
        }
        for skill in sorted(levels)
    ]


def _sample(visit: Visit | None) -> list[Content]:
    if visit is None or visit.sample_id is None:
        return []
    query = select(SampleTick).where(SampleTick.sample_id == visit.sample_id)
    return [
        {"question": str(question), "label": question.label, "yes": yes, "of": of}
        for question, yes, of in count_ticks(db.session.scalars(query))
    ]


def _finding(finding: Finding) -> Content:
    return {
        "kind": str(FindingKind(finding.kind)),
        "code": finding.code,
        "text": finding.text,
        "cause": finding.cause,
        "cause_text": finding.cause_text,
    }


def _recommendation(recommendation: Recommendation) -> Content:
    return {
        "id": str(recommendation.id),
        "code": recommendation.code,
        "text": recommendation.text,
        "responsible": recommendation.responsible,
        "due_on": recommendation.first_due_on.isoformat(),
        "is_money": recommendation.is_money,
    }
