"""Attaching papers and pictures, and taking them away again."""

from uuid import UUID, uuid4

from flask import current_app

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import now
from casework.core.database import db
from casework.core.uploads import Upload
from casework.organisation.documents.models import AttachedFile
from casework.vault import envelope


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
    """Take a file away: its content is gone, the row says who put it there and who removed it."""
    file.sealed, file.removed_by, file.removed_at = None, by.id, now()
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
