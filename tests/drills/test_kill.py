"""What a killed server must not leave behind: an answer that rests on what is in no log."""

import asyncio
import threading

from features.catalogue import CATALOGUE
from features.schema import names
from models.scorer import LightGbmScorer
from tests.api import making
from tests.api.inside import running
from tests.drills.world import BANK


class SlowToExplain(LightGbmScorer):
    """Explains only when told, or half a second later: who waits for what is up to the desk."""

    told, asked = threading.Event(), threading.Event()

    def explain(self, vector, also=()):
        self.asked.set()
        self.told.wait(0.5)
        return super().explain(vector, also)


def test_what_an_answered_transfer_saw_is_in_the_log_before_it_is_answered(tmp_path):
    async def scenario():
        async with running(tmp_path) as client:
            scorer = SlowToExplain(making.bundle(hold_at=0.0, block_at=1.0))
            client.engine.desk.scorer = scorer
            held = asyncio.create_task(client.post("/v1/decisions", json=making.body("held")))
            await asyncio.to_thread(scorer.asked.wait)
            client.engine.desk.scorer = LightGbmScorer(making.bundle(hold_at=1.0, block_at=1.0))
            await client.post("/v1/decisions", json=making.body("allowed"))
            before = await client.engine.log.find(BANK, "theld")
            scorer.told.set()
            await held
            saw = (await client.engine.log.find(BANK, "tallowed")).vector[
                names(CATALOGUE).index("payee_received_count_30d")
            ]
            return saw, before

    saw, before = asyncio.run(scenario())
    assert saw == 0 or before is not None
