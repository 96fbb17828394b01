"""What every test of core may ask for."""

import pytest

from tests.confidential.test_cases import open_case


@pytest.fixture
def counselor(client_as):
    return client_as("counselor")


@pytest.fixture
def case(counselor) -> str:
    """The address of a case the counselor has."""
    return open_case(counselor)
