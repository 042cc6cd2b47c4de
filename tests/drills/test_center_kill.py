"""Killed between any two steps of an incident's life, the server comes back with it in one of them, once."""

from antifraud.domain.center.people import ParticipantKind
from tests.api import making
from tests.drills.world import BANK, World

WHY = {"reason": "A false bank called.", "ground": "fictional case 26-1"}


def test_killed_between_two_steps_an_incident_is_in_one_of_them_and_each_act_is_done_once(tmp_path):
    world = World(tmp_path, hold_at=1.5, block_at=1.6)
    bank = world.key = making.register(world.url, BANK, None)
    police = making.register(world.url, "fictional-police", None, kind=ParticipantKind.POLICE)
    opening = {**WHY, "source": "complaint", "fraud_type": "scam_call", "transfers": [{"transfer_id": "t1"}]}
    steps = [
        (bank, "/v1/incidents", opening, 201),
        (police, "/v1/incidents/{}/lead", WHY, 200),
        (police, "/v1/incidents/{}/review", WHY, 200),
        (police, "/v1/incidents/{}/deny", WHY, 200),
    ]
    name, before = "", []
    for number, (key, path, said, status) in enumerate(steps):
        with world.living() as life:
            http = life.http
            if number == 0:
                assert http.post("/v1/decisions", json=making.body(1)).status_code == 201
            headers = {"X-Api-Key": key, "Idempotency-Key": f"step-{number}"}
            for old_key, old_path, old_said, old_number in before:  # what was answered is answered again, and not done
                again = http.post(
                    old_path, json=old_said, headers={"X-Api-Key": old_key, "Idempotency-Key": f"step-{old_number}"}
                )
                assert again.headers["Idempotent-Replay"] == "true"
            answer = http.post(path.format(name), json=said, headers=headers)
            assert answer.status_code == status, answer.text
            name, last = answer.json()["life_id"], answer.json()
            before.append((key, path.format(name), said, number))
            life.kill()
    with world.living() as life:
        http = life.http
        found = http.get(f"/v1/incidents/{name}").json()
        events = http.get("/v1/events", params={"after": 0, "limit": 1000}).json()
        listed = http.get("/v1/incidents", params={"limit": 200}).json()["items"]
    assert [each["life_id"] for each in listed] == [name]
    assert found["version"] >= last["version"]
    done = [each["type"] for each in events if each["subject"].endswith(name)]
    for act in ("opened", "lead_taken", "review_begun", "denied"):
        assert done.count(f"antifraud.incident.{act}") == 1
