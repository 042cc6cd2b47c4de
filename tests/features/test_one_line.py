"""Adding a feature is one line of the catalogue: what docs/features.md tells, on a line that nobody will declare."""

import pytest
from hypothesis import given, settings

from antifraud.domain.decision import Action, Evidence
from antifraud.domain.errors import FingerprintMismatch
from antifraud.domain.rule import LANGUAGES, Rule
from features.catalogue import CATALOGUE, PAYEE
from features.dictionary import dictionary
from features.online import OnlineState
from features.phrases import Phrasebook
from features.rules import CompiledRules
from features.schema import fingerprint, names
from features.snapshot import load, save
from features.spec import DAY
from tests.parity import engines, oracle
from tests.parity.test_parity import differences
from tests.strategies import histories

LINE = PAYEE.distinct("payee_distinct_payers_11d", "payer", over=11 * DAY, why="strangers in a row")
LONGER = (*CATALOGUE, LINE)


@settings(max_examples=25)
@given(histories())
def test_both_engines_compute_it_as_the_definitions_say(history):
    expected = oracle.vectors(LONGER, *history)
    assert differences(engines.offline(LONGER, *history), expected) == []
    assert differences(engines.online(LONGER, *history), expected) == []


def test_the_page_has_a_row_for_it_and_another_fingerprint():
    row = f"| `{LINE.name}` | "
    assert row not in dictionary(CATALOGUE)
    page = dictionary(LONGER)
    assert row in page
    assert "`distinct of payer where payee = this payee over 950400s`" in page
    assert fingerprint(LONGER) in page
    assert fingerprint(LONGER) != fingerprint(CATALOGUE)


def test_a_reason_that_names_it_is_said_in_every_language():
    said = Phrasebook(LONGER).evidence(Evidence(LINE.name, 7.0, 1.0, 0.5))
    assert tuple(said) == LANGUAGES
    assert all("7" in words for words in said.values())
    assert "11" in said["en"]


def test_a_rule_may_name_it(one_transfer):
    rule = Rule(
        rule_id="r",
        version=1,
        condition=f"{LINE.name} >= 0",
        action=Action.HOLD,
        text=dict.fromkeys(LANGUAGES, "-"),
    )
    vector = OnlineState(LONGER).take([one_transfer], observe=False)[0]
    fired, unreadable = CompiledRules([rule], names(LONGER)).hits(vector)
    assert [reason.code for reason in fired] == [rule.code]
    assert not unreadable


def test_a_snapshot_from_before_it_is_refused(tmp_path):
    save(OnlineState(CATALOGUE), tmp_path / "state.npz")
    with pytest.raises(FingerprintMismatch):
        load(tmp_path / "state.npz", LONGER)
