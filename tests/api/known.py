"""What a fuzzing client knows: a little at first, then what answers named."""

from collections import defaultdict, deque

LIFE_OF = {
    "holds": "hold_id",
    "incidents": "incident_id",
    "inquiries": "inquiry_id",
    "returns": "return_id",
    "cooling-offs": "cooling_off_id",
    "lists": "entry_id",
    "indicators": "indicator_id",
    "webhooks": "webhook_id",
}
SAME_AS = {"payer": "account", "payee": "account", "to_account": "account", "next": "cursor"}
TOLD = {"account", "participant", "person", "cursor", "amount_minor", *LIFE_OF.values()}
KNOWN_AT_FIRST = {
    "account": ["KZ86125KZT5004100100", "wallet:7f3a", "+77010000000"],
    "currency": ["KZT"],
    "occurred_at": ["2026-03-01T12:00:00Z", "2026-03-01T17:00:00.5+05:00"],
    "learnt_at": ["2026-03-02T12:00:00Z"],
    "transfer_id": [f"t{number}" for number in range(20)],
    "reason": ["A fictional reason."],
    "payer_iin_bin": ["001399500016"],
    "payee_iin_bin": ["001399500701"],
    "payer_phone": ["+77010000000"],
    "payee_phone": ["+77010000001"],
    "ip": ["192.0.2.1"],
}


class Memory:
    """What is known by name: at first, and from answers. What keeps the callers in is never learnt."""

    def __init__(self):
        self.own = set()
        self.values = defaultdict(lambda: deque(maxlen=30))
        for name, values in KNOWN_AT_FIRST.items():
            self.values[name].extend(values)

    def learn(self, operation, answer):
        """Remember what a JSON answer names."""
        collection = [part for part in operation.path.split("/") if part in LIFE_OF]
        waiting = [answer]
        while waiting:
            each = waiting.pop()
            if isinstance(each, list):
                waiting.extend(each)
            elif isinstance(each, dict):
                for name, value in each.items():
                    if name == "life_id" and collection:
                        name = LIFE_OF[collection[-1]]
                    name = SAME_AS.get(name, name)
                    if isinstance(value, dict | list):
                        waiting.append(value)
                    elif (name in TOLD or name.endswith("_id")) and value is not None:
                        self._note(name, value)

    def _note(self, name, value):
        if value not in self.own and value not in self.values[name]:
            self.values[name].append(value)

    def mended(self, given, luck, often=0.8):
        """Return what was made up, with what is known under the same name in most places."""
        if isinstance(given, list):
            return [self.mended(each, luck, often) for each in given]
        if not isinstance(given, dict):
            return given
        found = {}
        for name, value in given.items():
            known = [each for each in self.values.get(SAME_AS.get(name, name), ()) if type(each) is type(value)]
            found[name] = luck.choice(known) if known and luck.random() < often else self.mended(value, luck, often)
        return found
