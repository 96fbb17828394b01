"""Attaching papers and pictures, and taking them away again.

What was attached is evidence: taking it away hides it and destroys nothing, and a record that was
approved or handed in keeps its papers.
"""

from collections.abc import Callable
from uuid import UUID, uuid4

from flask import current_app
from flask_babel import lazy_gettext as _l

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import now
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.uploads import Upload
from casework.organisation.documents.models import AttachedFile
from casework.vault import envelope

Keeper = Callable[[UUID], bool]
_keepers: dict[str, Keeper] = {}


def keep_with(kind: str) -> Callable[[Keeper], Keeper]:
    """Have a feature above this one say whether a record of its kind keeps its papers, by the
    record's id: documents know no approval.
    """

    def keep(keeper: Keeper) -> Keeper:
        _keepers[kind] = keeper
        return keeper

    return keep


def attach_file(
    upload: Upload, owner_kind: str, owner_id: UUID, unit_id: UUID, *, by: Actor
) -> AttachedFile:
    """Seal a file and keep it with a record. `owner_kind` is one of `queries.READ_WITH`."""
    file_id = uuid4()
    file = AttachedFile(
        id=file_id,
        unit_id=unit_id,
        owner_kind=owner_kind,
        owner_id=owner_id,
        filename=upload.filename,
        media_type=upload.media_type,
        size=upload.size,
        sealed=envelope.seal(upload.content, _key(file_id), file_id, _binding(file_id)),
        added_by=by.id,
    )
    db.session.add(file)
    audit.record("file.attach", owner_kind, owner_id, by=by, unit_id=unit_id, file=str(file_id))
    return file


def open_file(file: AttachedFile) -> bytes:
    """The content. Raises envelope.CannotOpen when it was altered or the pepper is another one."""
    return envelope.unseal(file.sealed or b"", _key(file.id), _binding(file.id))


def remove_file(file: AttachedFile, *, by: Actor) -> None:
    """Take a file away: nobody opens it any more, but its sealed content stays with who put it
    there and who removed it. Raises RuleBroken when its record was approved or handed in.
    """
    keeper = _keepers.get(file.owner_kind)
    if keeper is not None and keeper(file.owner_id):
        raise RuleBroken(
            _l("This record is approved, closed or handed in: its papers stay with it.")
        )
    file.removed_by, file.removed_at = by.id, now()
    audit.record(
        "file.remove",
        file.owner_kind,
        file.owner_id,
        by=by,
        unit_id=file.unit_id,
        file=str(file.id),
    )


def _key(file_id: UUID) -> bytes:
    pepper: bytes = current_app.config["SETTINGS"].pepper
    return envelope.derive(pepper, "attached file", file_id.bytes)


def _binding(file_id: UUID) -> bytes:
    return envelope.Place("attached_files", "sealed", file_id, "organisation").binding()
