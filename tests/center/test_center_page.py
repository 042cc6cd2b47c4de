"""What the page of the Center says about lives is what their tables say."""

from pathlib import Path

import pytest

from antifraud.domain.errors import InvalidValue
from api.exchange.lives_page import write_tables

PAGE = Path(__file__).parents[2] / "docs" / "center.md"


def test_the_tables_of_the_page_are_those_of_the_code(tmp_path):
    written = tmp_path / "center.md"
    written.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    write_tables(written)
    assert written.read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8"), (
        "run: antifraud lives --doc docs/center.md"
    )


def test_a_page_without_a_place_for_them_is_left_alone(tmp_path):
    other = tmp_path / "other.md"
    other.write_text("Nothing", encoding="utf-8")
    with pytest.raises(InvalidValue, match="doc: needs one line"):
        write_tables(other)
    assert other.read_text(encoding="utf-8") == "Nothing"
