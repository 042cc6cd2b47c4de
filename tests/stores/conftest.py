"""Every test here runs on both databases: a SQLite file, and a real PostgreSQL server."""

import itertools

import pytest

from antifraud.store import open_store
from tests.servers import postgres  # noqa: F401 - a fixture

_numbers = itertools.count()


@pytest.fixture(scope="module")
def new_sqlite(tmp_path_factory):
    return lambda: f"sqlite:///{tmp_path_factory.mktemp('store')}/antifraud.db"


@pytest.fixture(scope="module")
def new_postgres(postgres):  # noqa: F811
    return lambda: postgres.create_database(f"test_{next(_numbers)}")


@pytest.fixture(scope="module", params=["new_sqlite", "new_postgres"])
def new_database(request):
    """Return a function that makes an empty database and returns its URL."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def shared_store(new_database):
    """One store for many examples: each must use names of its own."""
    with open_store(new_database()) as store:
        yield store


@pytest.fixture
def url(new_database):
    return new_database()


@pytest.fixture
def store(url):
    with open_store(url) as store:
        yield store
