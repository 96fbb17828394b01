"""Reading what an inspection found, and what its checklist would propose now."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.inspection.findings.models import Finding, FindingKind, FindingStatus
from casework.inspection.findings.rules import (
    Proposed,
    propose,
    propose_own_words,
    weak_skills,
)
from casework.inspection.visits.models import Check, Visit
from casework.inspection.visits.queries import list_observed
from casework.inspection.visits.rules import SKILLS

_RANK = {kind: rank for rank, kind in enumerate(FindingKind)}


def list_findings(inspection_id: UUID) -> list[Finding]:
    """Everything found, in the order of a report: strengths first, each kind in its own order."""
    found = db.session.scalars(select(Finding).where(Finding.inspection_id == inspection_id))
    return sorted(found, key=_in_order)


def list_accepted(inspection_id: UUID) -> list[Finding]:
    """What inspectors stand by, in the order of a report: what minutes and recommendations build
    on.
    """
    return [
        finding
        for finding in list_findings(inspection_id)
        if finding.status == FindingStatus.ACCEPTED
    ]


def get_finding(inspection_id: UUID, finding_id: UUID) -> Finding:
    """A finding of this inspection. Raises OutOfReach."""
    query = select(Finding).where(Finding.id == finding_id, Finding.inspection_id == inspection_id)
    finding = db.session.scalar(query)
    if finding is None:
        raise OutOfReach
    return finding


def list_proposed(visit: Visit | None, checks: Sequence[Check]) -> list[Proposed]:
    """What the checklist proposes as it is answered now."""
    if visit is None:
        return []
    needs_skills = any(check.code == SKILLS and check.rating for check in checks)
    weak = weak_skills(list_observed(visit.inspection_id)) if needs_skills else []
    rated = [each for each in (propose(check, weak) for check in checks) if each]
    return [*rated, *propose_own_words(visit.difficulties, visit.proposals)]


def _in_order(finding: Finding) -> tuple[int, int, str]:
    return _RANK[FindingKind(finding.kind)], finding.position, str(finding.id)
