"""What an account's caseload received in a year, as a workbook for the accountant: by case code,
never a name, never a note. Vietnamese whatever the language of the screen.
"""

from collections.abc import Sequence

from flask_babel import force_locale

from casework.confidential.services.models import ServiceKind
from casework.confidential.services.queries import Given, sum_up
from casework.core.workbooks import write_sheet
from casework.organisation.budgets.models import FundingSource

COLUMNS = ("Mã hồ sơ", "Ngày", "Loại hỗ trợ", "Hình thức", "Nguồn", "Số chứng từ", "Số tiền")


def write_caseload(year: int, given: Sequence[Given]) -> bytes:
    """One row an item, oldest first; what was given, its worth and what was lent summed below."""
    total = sum_up(each.service for each in given)
    with force_locale("vi"):
        rows = [_cells(each) for each in reversed(given)]
    sums = (("Tiền", total.given), ("Hiện vật (trị giá)", total.worth), ("Cho vay", total.lent))
    below = [["Cộng", "", "", word, "", "", amount] for word, amount in sums]
    return write_sheet("Hỗ trợ", COLUMNS, rows, above=[f"HỖ TRỢ NĂM {year}"], below=below)


def _cells(each: Given) -> list[object]:
    service = each.service
    return [
        each.reference,
        service.on,
        ServiceKind(service.kind).label,
        "Tiền" if service.is_money else "Hiện vật",
        FundingSource(service.funding_source).label,
        service.voucher,
        service.amount,
    ]
