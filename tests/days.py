"""Days among the parameters of tests, counted from the day on which the test runs.

Parameters are written when tests are collected. Midnight in Vietnam may pass before the test runs,
and `today() + timedelta(days=1)` is today then.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from casework.core.clock import today

ISO = "%Y-%m-%d"


@dataclass(frozen=True)
class _InDays:
    count: int
    form: str

    def value(self) -> date | str:
        day = today() + timedelta(days=self.count)
        return day.strftime(self.form) if self.form else day


def in_days(count: int, form: str = ISO) -> Any:
    """A day so many days after the test's own, as it is typed; without a form, a date."""
    return _InDays(count, form)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if callspec := getattr(item, "callspec", None):
        callspec.params.update({name: _counted(each) for name, each in callspec.params.items()})


def _counted(parameter: Any) -> Any:
    if isinstance(parameter, _InDays):
        return parameter.value()
    if type(parameter) is dict:
        return {key: _counted(each) for key, each in parameter.items()}
    if type(parameter) in (list, tuple):
        return type(parameter)(map(_counted, parameter))
    return parameter
