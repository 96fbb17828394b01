"""Setting groups up. A group belongs to one unit; its neutral name may stand in lists."""

from datetime import date
from uuid import UUID, uuid4

from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.organisation.bodies.models import Group, GroupKind


def open_group(unit_id: UUID, kind: GroupKind, name: str, *, by: Actor, on: date) -> Group:
    """A group that exists from a day on."""
    group = Group(id=uuid4(), unit_id=unit_id, kind=kind, name=name, active_from=on)
    db.session.add(group)
    audit.record("group.open", "group", group.id, by=by, unit_id=unit_id, group_kind=str(kind))
    return group
