"""Which tests go together, when the suite runs on several cores.

A worker takes a whole file, or a whole folder where its tests share what is costly to make: every
page opened by everybody, a loaded demonstration, a browser. It keeps the order they were collected
in. Every worker has databases of its own (tests/conftest.py).
"""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

SHARING = ("tests/browser", "tests/demonstration", "tests/rules")


class WholeFiles(LoadScopeScheduling):
    """Hands out what has most tests first, so that the workers end together."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        folder = file.rpartition("/")[0]
        return folder if folder in SHARING else file


@pytest.hookimpl(optionalhook=True)  # there is none with `-p no:xdist`
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> WholeFiles:
    return WholeFiles(config, log)
