"""The people and places of the tests: two units of one province, a unit of another, and everybody's
accounts.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from casework.authz.permissions import Role
from casework.core.audit import SYSTEM
from casework.core.database import db
from casework.organisation.accounts.operations import create_account, give_role
from casework.organisation.units.models import Unit, UnitKind
from casework.vault import locks

PASSWORD = "chiếc thuyền ngoài xa"
PEPPER = b"a pepper for tests"
TODAY = date(2026, 10, 15)

UNITS = {
    "province": ("96", "Cà Mau", UnitKind.PROVINCE, None),
    "a": ("31825", "Bạc Liêu", UnitKind.WARD, "province"),
    "b": ("32191", "Năm Căn", UnitKind.COMMUNE, "province"),
    "elsewhere": ("91", "An Giang", UnitKind.PROVINCE, None),
    "c": ("30307", "Long Xuyên", UnitKind.WARD, "elsewhere"),
}
# Who holds which role where. None is the whole country.
PEOPLE: dict[str, tuple[str, Role, str | None]] = {
    "counselor": ("Nguyễn Thị Hoa", Role.COUNSELOR, "a"),
    "counselor2": ("Trần Văn Đức", Role.COUNSELOR, "a"),
    "coordinator": ("Lê Thị Ánh", Role.COORDINATOR, "a"),
    "volunteer": ("Phạm Văn Út", Role.VOLUNTEER, "a"),
    "unithead": ("Huỳnh Văn Ba", Role.UNIT_HEAD, "a"),
    "accountant": ("Đỗ Thị Năm", Role.ACCOUNTANT, "a"),
    "inspector": ("Võ Văn Tám", Role.INSPECTOR, "province"),
    "manager": ("Bùi Thị Sáu", Role.MANAGER, "province"),
    "dpo": ("Dương Thị Chín", Role.DPO, None),
    "admin": ("Ngô Văn Mười", Role.ADMINISTRATOR, None),
    "counselor-b": ("Lý Thị Tư", Role.COUNSELOR, "b"),
    "coordinator-b": ("Hồ Thị Bảy", Role.COORDINATOR, "b"),
    "unithead-b": ("Phan Văn Hai", Role.UNIT_HEAD, "b"),
    "inspector-elsewhere": ("Tô Văn Lâm", Role.INSPECTOR, "elsewhere"),
}


@dataclass(frozen=True)
class Cast:
    """Ids of units and accounts, and the accounts' private keys, so that tests need not stretch a
    password each time.
    """

    units: dict[str, UUID]
    accounts: dict[str, UUID]
    secrets: dict[str, bytes]
    organisation_secret: bytes


def assemble() -> Cast:
    """Write the units and accounts into an empty, migrated database; the caller commits."""
    units: dict[str, Unit] = {}
    for key, (code, name, kind, parent) in UNITS.items():
        province = units[parent] if parent else None
        units[key] = Unit(
            code=code,
            name=name,
            kind=kind,
            valid_from=date(2025, 7, 1),
            parent_id=province.id if province else None,
            is_province=province is None,
            source="test",
        )
        units[key].province_id = province.id if province else units[key].id
        db.session.add(units[key])
        db.session.flush()
    _, organisation_secret = locks.make_organisation_key()
    db.session.flush()
    accounts, secrets = {}, {}
    for username, (name, role, unit) in PEOPLE.items():
        account = create_account(username, name, PASSWORD, by=SYSTEM, temporary=False)
        db.session.flush()
        give_role(account, role, units[unit].id if unit else None, by=SYSTEM, on=date(2025, 7, 1))
        accounts[username] = account.id
        secrets[username] = locks.open_with_organisation_key(account.id, organisation_secret) or b""
    return Cast(
        {key: unit.id for key, unit in units.items()}, accounts, secrets, organisation_secret
    )
