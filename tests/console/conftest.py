"""One server and one browser for all tests of a module."""

import pytest

from tests.console.desk import running_desk
from tests.servers import chromium  # noqa: F401 - a fixture


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A server of a bank that holds every transfer."""
    with running_desk(tmp_path_factory.mktemp("desk")) as server:
        yield server
