"""Every column says what it holds; what names a person or was told in confidence is ciphertext."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.orm import Mapper

from casework import FEATURES, blueprints
from casework.core.database import PARTS, Base, ReadBase
from casework.vault.sealed import Peppered, Sealed, SealedBytes

blueprints(FEATURES)  # every model is loaded with the program
ROOT = Path(__file__).parents[2]
SEALED = (Sealed, SealedBytes, Peppered)
CLASSES = {"identifier", "sensitive", "coded", "operational"}
# The only texts in clear on the confidential side: codes of enumerations, and the random reference.
CLEAR_TEXTS = {
    "cases": {"reference", "target_group", "sex", "source", "status", "closure_reason"},
    "episodes": {"ended_by", "closure_reason", "reopened_because"},
    "consents": {"purpose", "method"},
    "contacts": {"kind", "topics"},
    "contact_revisions": {"kind", "topics"},
    "case_revisions": {"record_kind"},
    "assessed_areas": {"area"},
    "plan_goals": {"area"},
    "plan_actions": {"responsible", "status"},
    "plan_reviews": {"result"},
    # A voucher's number; operations refuse what is none.
    "services": {"kind", "funding_source", "voucher", "voucher_use"},
    "referrals": {"area", "status"},
    "referral_steps": {"status"},
    "attachments": {"kind", "media_type"},
    "statutory_statuses": {"kind"},
    "transfers": {"status", "decline_reason"},
    "erasures": {"cause", "status", "kept_because"},
    "emergency_openings": {"compartment", "reason", "status", "verdict"},
    "rights_requests": {"kind", "outcome"},
    "disclosures": {"decision"},
}
# Columns of other parts that hold ciphertext or keys, and proofs, which are counts packed together;
# they name no person supported.
OTHER_BYTES = {
    "accounts.totp_sealed",
    "account_sessions.token_digest",
    "account_sessions.sealed_secret",
    "grants.wrapped",
    "holders.public_key",
    "key_locks.salt",
    "key_locks.sealed",
    "kept_forms.sealed",
    "attached_files.sealed",
    "published_proofs.moves",
}


def faults_of(column: Column[object], descriptors: set[str]) -> list[str]:
    """What is wrong with one column."""
    classed = column.info.get("classed")
    is_bytes = isinstance(column.type, LargeBinary)
    faults = []
    if classed not in CLASSES:
        faults.append("is not classed")
    if classed in ("identifier", "sensitive"):
        if not (is_bytes and column.name.endswith("_sealed")):
            faults.append("is not ciphertext")
        if column.name not in descriptors:
            faults.append("has no Sealed attribute")
        if column.table.schema != "confidential":
            faults.append("stands outside the confidential side")
    elif is_bytes and f"{column.table.name}.{column.name}" not in OTHER_BYTES:
        faults.append("is bytes of an unknown kind")
    return faults


def columns_with_faults(mappers: Iterator[Mapper[object]]) -> dict[str, list[str]]:
    found = {}
    for mapper in mappers:
        sealed = {a.column for a in vars(mapper.class_).values() if isinstance(a, SEALED)}
        for column in mapper.local_table.columns:
            if faults := faults_of(column, sealed):
                found[f"{mapper.class_.__name__}.{column.name}"] = faults
    return found


@pytest.mark.parametrize("base", [Base, ReadBase])
def test_every_column_is_classed_and_sealed_where_it_must_be(base):
    assert len(list(base.registry.mappers)) >= 2
    assert columns_with_faults(iter(base.registry.mappers)) == {}


def test_texts_in_clear_on_the_confidential_side_are_codes():
    found = {
        table.name: {c.name for c in table.columns if isinstance(c.type, String | Text)}
        for table in Base.metadata.tables.values()
        if table.schema == "confidential"
    }
    assert {name: columns for name, columns in found.items() if columns} == CLEAR_TEXTS


def test_the_binding_of_a_ciphertext_names_its_compartment_once():
    """A descriptor reads the column it is named after: `note` above `note_sealed`."""
    for mapper in Base.registry.mappers:
        for name, attribute in vars(mapper.class_).items():
            if isinstance(attribute, SEALED):
                assert attribute.column == f"{name}_sealed"


def test_every_table_stands_in_the_schema_of_its_part():
    for base in (Base, ReadBase):
        for mapper in base.registry.mappers:
            part = mapper.class_.__module__.split(".")[1]
            is_round = base is Base and part == "inspection"
            assert mapper.local_table.schema == ("rounds" if is_round else part)
            assert mapper.local_table.schema in PARTS


def test_the_read_model_points_to_nothing_else():
    for table in ReadBase.metadata.tables.values():
        for key in table.foreign_keys:
            assert key.target_fullname.startswith("inspection."), f"{table}: {key.target_fullname}"
    assert {table.schema for table in ReadBase.metadata.tables.values()} == {"inspection"}


def test_nothing_outside_points_into_the_confidential_side():
    for table in Base.metadata.tables.values():
        into = [k for k in table.foreign_keys if k.target_fullname.startswith("confidential.")]
        assert table.schema == "confidential" or into == [], str(table)


def test_a_column_without_a_class_is_found():
    table = Table(
        "planted",
        MetaData(),
        Column("unclassed", Text()),
        Column("name", Text(), info={"classed": "identifier"}),
        Column("note_sealed", LargeBinary(), info={"classed": "sensitive"}),
        Column("blob", LargeBinary(), info={"classed": "operational"}),
        schema="organisation",
    )
    assert [faults_of(column, set()) for column in table.columns] == [
        ["is not classed"],
        ["is not ciphertext", "has no Sealed attribute", "stands outside the confidential side"],
        ["has no Sealed attribute", "stands outside the confidential side"],
        ["is bytes of an unknown kind"],
    ]


def test_a_key_from_the_read_model_to_a_case_can_not_be_declared():
    """In a program of its own: a broken model would stay in this one."""
    program = """
from uuid import UUID
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, configure_mappers, relationship
from casework import FEATURES, blueprints
from casework.core.database import ReadBase, operational
blueprints(FEATURES)
class Planted(ReadBase):
    __tablename__ = "planted"
    __module__ = "casework.inspection.planted.models"
    id: Mapped[UUID] = operational(primary_key=True)
    case_id: Mapped[UUID] = operational(ForeignKey("confidential.cases.id"))
ReadBase.metadata.sorted_tables
"""
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert "NoReferencedTableError" in result.stderr
