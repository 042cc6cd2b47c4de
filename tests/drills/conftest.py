from tests.servers import postgres  # noqa: F401 - a fixture
