"""A column of checked values keeps the first thing that was wrong, and never writes into its input."""

import polars as pl

from antifraud.intake.checked import as_text, fine, refuse


def test_the_first_reason_stays_and_the_input_is_untouched():
    source = pl.Series("amount", [1, 2, 3])
    first = refuse(fine(source), pl.Series([True, False, None]), source, "is odd")
    second = refuse(first, pl.Series([True, True, False]), source, "is small")
    assert second.wrong.to_list() == ["amount: is odd, was 1", "amount: is small, was 2", None]
    assert second.values.to_list() == [None, None, 3]
    assert first.wrong.to_list() == ["amount: is odd, was 1", None, None]
    assert source.to_list() == [1, 2, 3]


def test_numbers_that_came_as_floats_name_the_same_thing_as_whole_ones():
    assert as_text(pl.Series([12.0, 12.5, None, -0.0]), "id").to_list() == ["12", "12.5", None, "0"]
    assert as_text(pl.Series([12, None]), "id").to_list() == ["12", None]
    assert as_text(pl.Series([" a ", "", "  "]), "id").to_list() == ["a", None, None]
