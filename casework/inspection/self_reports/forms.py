"""The form of a unit's report: what it says altogether, and a remark to each criterion."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField

from casework.core.forms import VersionedForm, long_text
from casework.inspection.indicators.rules import Said
from casework.inspection.self_reports.queries import Reported


class SelfReportForm(VersionedForm):
    """What the figures do not say. `period` is that of the figures the writer saw."""

    period = HiddenField()
    achieved = long_text(_l("What was achieved"), render_kw={"rows": 8})
    difficulties = long_text(_l("Difficulties"), render_kw={"rows": 5})
    causes = long_text(_l("Causes"), render_kw={"rows": 4})
    proposals = long_text(_l("Proposals"), render_kw={"rows": 4})

    def remarks(self) -> dict[str, str]:
        """What was written to criteria, by code."""
        return {
            name.removeprefix(_REMARK): field.data or ""
            for name, field in self._fields.items()
            if name.startswith(_REMARK)
        }

    def remark_to(self, said: Said) -> Field:
        """The field of a criterion."""
        return self[_REMARK + said.code]

    def says_more(self, criteria: Iterable[Said]) -> bool:
        """Whether something was written to any of these criteria, or is wrong there."""
        fields = [self.remark_to(said) for said in criteria]
        return any(field.data or field.errors for field in fields)


_REMARK = "remark_"


def form_of(told: Reported, codes: Iterable[str]) -> SelfReportForm:
    """The form with a remark to each of these criteria, as it is saved."""
    fields = {_REMARK + code: _remark(code) for code in codes}
    made: Any = type("FilledReportForm", (SelfReportForm,), fields)
    form: SelfReportForm = made(
        obj=told.report,
        data={
            "version": str(told.version),
            **{_REMARK + code: text for code, text in told.remarks.items()},
        },
    )
    if not form.is_submitted():
        form.period.data = told.period
    return form


def _remark(code: str) -> Any:
    return long_text(_l("Remark to %(code)s", code=code), render_kw={"rows": 2})


def conflicts(form: SelfReportForm, told: Reported) -> Sequence[tuple[str, str, str]]:
    """Both texts of everything that differs: (label, yours, saved)."""
    pairs = [
        (str(form[name].label.text), form[name].data or "", getattr(told.report, name, ""))
        for name in ("achieved", "difficulties", "causes", "proposals")
    ]
    pairs += [
        (str(form[_REMARK + code].label.text), text, told.remarks.get(code, ""))
        for code, text in form.remarks().items()
    ]
    return [pair for pair in pairs if pair[1] != pair[2]]
