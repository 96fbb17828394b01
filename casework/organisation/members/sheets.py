"""The members of a unit as a table for Excel."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access
from casework.organisation.members.queries import by_name, list_members, list_posts, works_in
from casework.organisation.members.rules import Held
from casework.organisation.units.models import Unit

LABELS = {
    "name": _l("Name"),
    "birth_year": _l("Birth year"),
    "phone": _l("Phone"),
    "occupation": _l("Occupation"),
    "is_voluntary": _l("Joined of their own free will"),
    "lives_here_since": _l("Lives here since"),
    "works_here": _l("Works here"),
    "skills": _l("Skills"),
    "body_id": _l("Body"),
    "group_id": _l("Group"),
    "role": _l("Post"),
    "from_on": _l("First day"),
    "until_on": _l("Last day"),
    "decision": _l("Number of the decision"),
    "end_reason": _l("Reason"),
}
"""The words for what is recorded of members and posts."""


def list_sheet(
    access: Access, unit: Unit, unit_ids: Sequence[UUID]
) -> tuple[list[str], list[list[Any]]]:
    """The headings and rows of the sheet of a unit's members: a row for each post, past ones too,
    and one for whoever holds none. Phone numbers only for those who work in the unit.
    """
    posts, has_phones = list_posts(unit_ids), works_in(access, unit.id)
    of_post = ("body_id", "group_id", "role", "from_on", "until_on", "decision", "end_reason")
    of_member = ["name", "birth_year", "phone", "occupation", "lives_here_since", "works_here"]
    if not has_phones:
        of_member.remove("phone")
    members = {member.id: member for member in list_members(unit_ids)}
    members |= {held.member.id: held.member for held in posts}
    rows = []
    for member in sorted(members.values(), key=by_name):
        who = [getattr(member, column) for column in of_member]
        held = [_cells(each) for each in posts if each.member.id == member.id]
        rows += [[*who, *cells] for cells in held or [[""] * len(of_post)]]
    return [str(LABELS[column]) for column in (*of_member, *of_post)], rows


def _cells(held: Held) -> list[Any]:
    post = held.post
    place = [held.body.name, held.group.name if held.group else "", post.role_label]
    return [*place, post.from_on, held.until_on, post.decision, post.end_reason]
