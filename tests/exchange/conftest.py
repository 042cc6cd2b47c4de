"""What leaves the Center, under test on both databases."""

from tests.center.conftest import book, new_book, noon  # noqa: F401 - fixtures
from tests.servers import postgres  # noqa: F401 - a fixture
