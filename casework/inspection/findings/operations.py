"""Finding: what the checklist proposes is nothing until an inspector stands by it.

Proposing again renews what nobody decided on, and leaves what was decided as it is. Nothing changes
once the minutes are frozen; only the team writes.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l

from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.inspection.findings.models import Finding, FindingKind, FindingStatus
from casework.inspection.findings.queries import list_findings, list_proposed
from casework.inspection.findings.rules import Proposed, key, wanted_of
from casework.inspection.inspections.models import Inspection
from casework.inspection.visits.operations import (
    follow_visits,
    require_before_minutes,
    wait_for_others,
)
from casework.inspection.visits.queries import Room, list_checks


@follow_visits
def propose_findings(room: Room, by: Actor) -> None:
    """Propose what the checklist says as it is answered now. Raises RuleBroken."""
    wait_for_others(room)
    visit = require_before_minutes(room, by=by)
    inspection = room.inspection
    findings = list_findings(inspection.id)
    wanted = wanted_of(findings, list_proposed(visit, list_checks(inspection.id)))
    waiting = {
        key(each.code, each.kind, each.proposed_text): each
        for each in findings
        if each.status == FindingStatus.PROPOSED
    }
    for index, proposed in enumerate(wanted, start=_last(findings) + 1):
        known = waiting.pop(key(proposed.code, proposed.kind, proposed.text), None)
        if known is None:
            db.session.add(_made(inspection, proposed, index, by))
        else:
            known.kind, known.text = str(proposed.kind), proposed.text
            known.proposed_text = proposed.text
    for gone in waiting.values():
        db.session.delete(gone)
    _note("finding.propose", inspection, by, count=len(wanted))


def accept(room: Room, finding_ids: Collection[UUID], *, by: Actor) -> None:
    """Stand by proposals as they are. Raises RuleBroken."""
    wait_for_others(room)
    require_before_minutes(room, by=by)
    for finding in list_findings(room.inspection.id):
        if finding.id in finding_ids and finding.status == FindingStatus.PROPOSED:
            finding.status, finding.recorded_by = str(FindingStatus.ACCEPTED), by.id
            _note("finding.accept", room.inspection, by, code=finding.code)


def decide(room: Room, finding: Finding, answer: dict[str, Any], *, by: Actor) -> None:
    """Accept a finding, in words of one's own if need be, or decline it with a reason. Raises
    RuleBroken.
    """
    wait_for_others(room)
    visit = require_before_minutes(room, by=by)
    status: FindingStatus = answer["decision"]
    if status is FindingStatus.DECLINED and not answer["decline_reason"]:
        raise RuleBroken(_l("Say why it is declined."), field="decline_reason")
    _say(finding, answer)
    finding.status, finding.recorded_by = str(status), by.id
    is_declined = status is FindingStatus.DECLINED
    finding.decline_reason = answer["decline_reason"] if is_declined else ""
    if finding.proposed_text:
        # Whoever decides has seen what the checklist says now.
        own = key(finding.code, finding.kind, finding.proposed_text)
        for each in list_proposed(visit, list_checks(room.inspection.id)):
            if key(each.code, each.kind, each.text) == own:
                finding.proposed_text = each.text
    _note(f"finding.{status}", room.inspection, by, code=finding.code)


def add_finding(room: Room, answer: dict[str, Any], *, by: Actor) -> Finding:
    """A finding of the inspectors' own. Raises RuleBroken."""
    wait_for_others(room)
    require_before_minutes(room, by=by)
    finding = Finding(
        inspection_id=room.inspection.id,
        kind=str(answer["kind"]),
        position=_last(list_findings(room.inspection.id)) + 1,
        status=str(FindingStatus.ACCEPTED),
        recorded_by=by.id,
    )
    _say(finding, answer)
    db.session.add(finding)
    _note("finding.add", room.inspection, by)
    return finding


def move(room: Room, finding: Finding, *, up: bool, by: Actor) -> None:
    """Have a finding stand before or behind its neighbour of the same kind that inspectors stand
    by. Raises RuleBroken.
    """
    wait_for_others(room)
    require_before_minutes(room, by=by)
    shown = [
        each
        for each in list_findings(room.inspection.id)
        if each.kind == finding.kind and each.status == FindingStatus.ACCEPTED
    ]
    if finding not in shown:
        raise RuleBroken(_l("Only what is accepted has a place in the report."))
    index = shown.index(finding)
    other = index - 1 if up else index + 1
    if not 0 <= other < len(shown):
        return
    shown[index], shown[other] = shown[other], shown[index]
    for position, each in zip(sorted(each.position for each in shown), shown, strict=True):
        each.position = position
    _note("finding.move", room.inspection, by)


def _say(finding: Finding, answer: dict[str, Any]) -> None:
    finding.text = answer["text"]
    is_shortcoming = finding.kind == FindingKind.SHORTCOMING
    finding.cause = str(answer["cause"] or "") if is_shortcoming else ""
    finding.cause_text = (answer["cause_text"] or "") if is_shortcoming else ""


def _made(inspection: Inspection, proposed: Proposed, position: int, by: Actor) -> Finding:
    return Finding(
        inspection_id=inspection.id,
        kind=str(proposed.kind),
        code=proposed.code,
        position=position,
        proposed_text=proposed.text,
        text=proposed.text,
        status=str(FindingStatus.PROPOSED),
        recorded_by=by.id,
    )


def _last(findings: Collection[Finding]) -> int:
    return max((each.position for each in findings), default=0)


def _note(action: str, inspection: Inspection, by: Actor, **detail: str | int) -> None:
    audit.record(action, "inspection", inspection.id, by=by, unit_id=inspection.unit_id, **detail)
