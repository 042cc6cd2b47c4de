"""The Center under test: every book on both databases."""

import itertools
from datetime import datetime

import pytest

from antifraud.store.center import open_book
from tests.servers import postgres  # noqa: F401 - a fixture

_numbers = itertools.count()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def new_book(request, tmp_path_factory):
    """Return a function that opens a book of its own."""
    books = []

    def new():
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('book')}/center.db"
        else:
            url = request.getfixturevalue("postgres").create_database(f"book_{next(_numbers)}")
        books.append(open_book(url))
        return books[-1]

    yield new
    for book in books:
        book.close()


@pytest.fixture
def book(new_book):
    return new_book()


@pytest.fixture
def noon():
    return datetime.fromisoformat("2026-03-19T07:00:00+00:00")  # a Thursday, two days before Nauryz
