"""One list of kinds of fraud: everybody who names one has words for all of them, and the past stays readable."""

import pytest

from antifraud.domain.center.incident_acts import Opened
from antifraud.domain.rule import LANGUAGES
from antifraud.domain.typology import FraudType
from antifraud.store.center.form import act_from_json, act_to_json
from api.casefile.words import Tongue, states
from api.console.words import FRAUD
from features.catalogue import CATALOGUE
from features.phrases import Phrasebook
from tests.center.incidents import ANALYSTS, opened, seed
from tests.center.passages import START, passage


@pytest.mark.parametrize("kind", FraudType)
def test_a_client_is_warned_and_people_read_it_in_every_language(kind):
    warned = Phrasebook(CATALOGUE).warning(kind)
    assert set(warned) == set(LANGUAGES)
    assert all(warned.values())
    assert len({*warned.values()}) == len(LANGUAGES)
    assert FRAUD[kind]
    assert all(states(tongue)[kind.value] for tongue in Tongue)


@pytest.mark.parametrize(
    ("before", "now"), [("call", FraudType.SCAM_CALL), ("dropper", FraudType.MULE), ("other", FraudType.UNKNOWN)]
)
def test_an_act_from_before_there_was_one_list_is_read_as_what_it_meant(book, before, now):
    stolen = [passage(0, "b1:victim", "b2:mule", 900, 0)]

    def work(page):
        seed(page, stolen)
        return page.acts_of(opened(page, stolen, START, by=ANALYSTS["bank-1"]).life_id)[0]

    written = book.write_now(work)
    assert isinstance(written.act, Opened)
    old = act_to_json(written.name, written.act).replace('"scam_call"', f'"{before}"')
    assert before in old
    assert act_from_json(written.name, old).fraud_type is now
    with pytest.raises(ValueError, match="fraud_type"):
        act_from_json(written.name, old.replace(f'"{before}"', '"nonsense"'))
