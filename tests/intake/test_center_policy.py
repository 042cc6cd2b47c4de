"""The Center's numbers as a file: what it says counts, the rest is as documented, what is wrong is named."""

import pytest

from antifraud.domain.center.policy import CenterPolicy
from antifraud.domain.errors import InvalidValue
from antifraud.intake.center_policy import read_center_policy


def read(tmp_path, text):
    path = tmp_path / "center.yaml"
    path.write_text(text)
    return read_center_policy(path)


def test_without_a_file_all_is_as_documented():
    assert read_center_policy(None) == CenterPolicy()


def test_a_file_changes_what_it_names(tmp_path):
    text = """
    version: bank-7
    second_signature_above_minor: 500
    cooling_off: {short_hours: 9}
    indicators: [{year: 2027, minor: 450000, source: "a fictional budget", mark: M}]
    social_inflow: [{meaning: pensions, codes: ["047"], mark: M}]
    """
    policy = read(tmp_path, text)
    assert (policy.version, policy.second_signature_above_minor) == ("bank-7", 500)
    assert (policy.cooling_off.short_hours, policy.cooling_off.long_hours) == (9, 24)
    assert [each.year for each in policy.indicators] == [2027]
    assert (policy.social("047"), policy.social("332"), policy.living("911")) == (True, False, True)
    assert policy.trace == CenterPolicy().trace


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("answers_kept_days: 3", "version"),
        ("version: ''", "version"),
        ("version: a\nanswers_kept: 3", "answers_kept"),
        ("version: a\ncooling_off: {shrt_hours: 1}", "cooling_off.shrt_hours"),
        ("version: a\nanswers_kept_days: 0", "answers_kept_days"),
        ("version: a\nanswers_kept_days: many", "answers_kept_days"),
        ("version: a\nusable_window_days: 900", "movements_kept_days"),
        ("version: a\nsocial_inflow: [{meaning: x, codes: [047], mark: M}]", "social_inflow.0.codes.0"),
        ("version: a\nsocial_inflow: [{meaning: x, codes: ['47'], mark: M}]", "codes"),
        ("version: a\nsocial_inflow: [{meaning: x, codes: ['047'], mark: Q}]", "social_inflow.0.mark"),
        ("version: a\nindicators: [{year: 2026, minor: 0, source: x, mark: E}]", "indicators"),
        ("- a list", "document"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, field):
    with pytest.raises(InvalidValue) as wrong:
        read(tmp_path, text)
    assert wrong.value.field == field
