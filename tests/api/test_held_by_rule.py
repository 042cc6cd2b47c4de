"""What a rule alone holds comes with the numbers that the rule read, whether or not a model could speak."""

import asyncio

import pytest

from models.scorer import LightGbmScorer
from tests.api import making
from tests.api.inside import running
from tests.api.making import body


class Speechless(LightGbmScorer):
    """A model that cannot score."""

    def score(self, vectors):
        raise RuntimeError("the model is gone")


@pytest.mark.parametrize("last_scorer", [LightGbmScorer, Speechless])
def test_the_numbers_behind_a_rule_are_said_in_three_languages(tmp_path, last_scorer):
    async def scenario():
        made = making.bundle(hold_at=1.0, block_at=1.0)  # nothing is held by its score
        making.put_on(tmp_path / "shelf", made)
        async with running(tmp_path) as client:
            for number in range(7):
                if number == 6:
                    client.engine.desk.scorer = last_scorer(made)
                payer, payee = f"wallet:from-{number}", f"wallet:to-{number}"
                answer = await client.post(
                    "/v1/decisions", json=body(number, payer=payer, payee=payee, device_id="d-1")
                )
            return answer.json()

    answer = asyncio.run(scenario())
    assert answer["action"] == "hold"
    assert "one_device_many_payers@1" in {reason["code"] for reason in answer["reasons"]}
    said = {each["feature"]: each for each in answer["evidence"]}
    assert {"device_distinct_payers_1d", "pair_sent_count_30d"} <= set(said)
    device = said["device_distinct_payers_1d"]
    device["text"] = {tongue: text.replace("\N{NO-BREAK SPACE}", " ") for tongue, text in device["text"].items()}
    assert (device["value"], device["usual"]) == (6.0, 1.0)
    assert device["text"] == {
        "kk": "Соңғы 24 сағатта осы құрылғыдан 6 түрлі төлеуші ақша аударды; әдетте: 1",
        "ru": "6 разных плательщиков перевели деньги с этого устройства за последние 24 часа; обычно: 1",  # noqa: RUF001
        "en": "6 different payers sent money on this device in the last 24 hours; usual: 1",
    }
    unscored = last_scorer is Speechless
    assert (answer["score"] is None) is (device["contribution"] is None) is unscored
    assert answer["degraded"] == (["score"] if unscored else [])
