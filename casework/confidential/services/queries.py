"""Reading support: of a case, and of everything entrusted to an account in a year.

What was taken back counts nowhere. Money lent is no money given: loans stand apart in every total.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select

from casework.authz.enforce import Access
from casework.confidential.cases.models import Case
from casework.confidential.cases.queries import reached
from casework.confidential.services.models import Service, ServiceKind
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.organisation.budgets.models import FundingSource
from casework.organisation.budgets.queries import list_voucher_units, voucher_key

# Who pays out of these books asks for a voucher.
PUBLIC = (
    FundingSource.STATE_BUDGET,
    FundingSource.LOCAL_BUDGET,
    FundingSource.PROGRAMME,
    FundingSource.CLUB_FUND,
)


@dataclass(slots=True)
class Total:
    """What came from one source: how often, money given, what goods were worth, money lent; in
    whole đồng.
    """

    items: int = 0
    given: int = 0
    worth: int = 0
    lent: int = 0

    def add(self, service: Service) -> None:
        """Count one item."""
        amount = service.amount or 0
        self.items += 1
        if service.kind == ServiceKind.LOAN:
            self.lent += amount
        elif service.is_money:
            self.given += amount
        else:
            self.worth += amount


@dataclass(frozen=True, slots=True)
class Given:
    """An item of support with the code of its case."""

    service: Service
    reference: str


def list_services(case: Case) -> tuple[list[Service], list[Service]]:
    """Everything the person received, newest first; and apart, what was logged by mistake."""
    found = db.session.scalars(_of(case)).all()
    standing = [service for service in found if service.taken_back_at is None]
    return standing, [service for service in found if service.taken_back_at is not None]


def get_service(case: Case, service_id: UUID) -> Service:
    """An item of this case. Raises OutOfReach."""
    service = db.session.scalar(_of(case).where(Service.id == service_id))
    if service is None:
        raise OutOfReach
    return service


def list_of_caseload(access: Access, year: int) -> list[Given]:
    """What everybody received whose case an access reaches, open or closed, newest first."""
    query = (
        select(Service, Case.reference)
        .join(Case, Case.id == Service.case_id)
        .where(reached(access), Service.taken_back_at.is_(None), _in(year))
        .order_by(Service.on.desc(), Service.recorded_at.desc())
    )
    return [Given(service, reference) for service, reference in db.session.execute(query)]


def totals_by_source(services: Iterable[Service]) -> dict[FundingSource, Total]:
    """The totals of each source that gave something, in the order of sources."""
    totals = {source: Total() for source in FundingSource}
    for service in services:
        totals[FundingSource(service.funding_source)].add(service)
    return {source: total for source, total in totals.items() if total.items}


def sum_up(services: Iterable[Service]) -> Total:
    """The total of all sources."""
    total = Total()
    for service in services:
        total.add(service)
    return total


def lacks_voucher(service: Service) -> bool:
    """Whether money was paid out of public books and its voucher is not known yet."""
    return service.is_money and not service.voucher and service.funding_source in PUBLIC


def use_of_voucher(voucher: str, on: date) -> str | None:
    """A voucher as a unit compares it: its number, however spelt, in the year of a day."""
    return f"{on.year} {voucher_key(voucher)}" if voucher else None


def find_voucher(
    voucher: str, unit_id: UUID, year: int, *, but: UUID | None = None
) -> Service | None:
    """Where a unit's support used a voucher in a year, however it is spelt."""
    query = select(Service).where(
        Service.unit_id.in_(list_voucher_units(unit_id)),
        Service.voucher != "",
        Service.taken_back_at.is_(None),
        _in(year),
    )
    used = (each for each in db.session.scalars(query) if each.id != but)
    return next((each for each in used if voucher_key(each.voucher) == voucher_key(voucher)), None)


def _of(case: Case) -> Select[Service]:
    newest = (Service.on.desc(), Service.recorded_at.desc())
    return select(Service).where(Service.case_id == case.id).order_by(*newest)


def _in(year: int) -> ColumnElement[bool]:
    return Service.on.between(date(year, 1, 1), date(year, 12, 31))
