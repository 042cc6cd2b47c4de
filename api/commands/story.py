"""`antifraud story`: one fraud between three banks, the police and a prosecution, all through the public API."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import httpx
import lightgbm
import numpy as np
import typer
from rich.console import Console

from antifraud.domain.center.people import ParticipantKind
from antifraud.domain.decision import Action
from antifraud.domain.errors import AntifraudError, Unavailable
from antifraud.domain.policy import Policy
from antifraud.domain.rule import Rule, RuleBook, RuleState
from antifraud.store import open_store
from antifraud.store.center import open_book
from antifraud.store.center.journal import verify
from api.clock import utc_now
from api.commands.demo import start_server, wait_until_ready
from api.settings import read_settings
from features.catalogue import CATALOGUE
from features.rules import write_rules
from features.schema import fingerprint, names
from models.bundle import Bundle
from models.calibration import Calibrator
from models.deciding import lineup_desk
from models.lineup import Choice
from models.shelf import put_rules

BANKS: Final = ("story-bank-1", "story-bank-2", "story-bank-3")
POLICE: Final = "story-police"
PROSECUTION: Final = "story-prosecution"
PARTS: Final[Mapping[str, ParticipantKind]] = {
    **dict.fromkeys(BANKS, ParticipantKind.BANK),
    POLICE: ParticipantKind.POLICE,
    PROSECUTION: ParticipantKind.PROSECUTION,
}
"""Who plays: the ids that a keys file names."""

_FIRST, _SECOND, _THIRD = BANKS
_STOLEN, _PASSED_ON, _STILL_THERE = 90_000_000, 50_000_000, 30_000_000
_PATIENCE_S: Final = 30.0
_LEARNT: Final = Rule(
    rule_id="reported_payee",
    version=1,
    state=RuleState.ACTIVE,
    action=Action.HOLD,
    condition="payee_reports_1d >= 1",
    text={
        "kk": "Осы алушыға жасалған аударым жақында алаяқтық деп танылды",
        "ru": "Перевод этому получателю недавно признан мошенническим",
        "en": "A transfer to this payee was found to be fraud not long ago",
    },
)
"""The one rule of the story's own server: what was learnt shows as the reason of the next decision."""
_WHY: Final = {"reason": "A false bank called the client (fictional).", "ground": "fictional case 26-1"}


def story(
    url: Annotated[str | None, typer.Option(help="A running server; default: one of its own, gone afterwards.")] = None,
    keys_file: Annotated[
        Path | None, typer.Option(help=f"With --url: JSON of a key for each of {', '.join(PARTS)}.", exists=True)
    ] = None,
    port: Annotated[int, typer.Option(help="Where its own server listens, on loopback.")] = 8123,
) -> None:
    """Play one fraud from the first transfer until the money is back and the dropper is refused; all of it fictional.

    Every step is a request that anybody with those keys could send, and says what came back. The first answer that is
    not what it should be ends it with an error. Its own server has a made-up model that lets everything through: there,
    people and lists decide.

    Example: antifraud story
    """
    console = Console(highlight=False)
    if url is not None:
        if keys_file is None:
            raise typer.BadParameter("a running server needs the keys of those who play", param_hint="--keys-file")
        Story(console, url, json.loads(keys_file.read_text(encoding="utf-8"))).tell()
        return
    with TemporaryDirectory(prefix="antifraud-story-") as name:
        folder = Path(name)
        database = f"sqlite:///{folder / 'antifraud.db'}"
        keys = make_keys(database)
        _let_all_through(folder / "bundles")
        server = start_server(folder, database, folder / "bundles", None, port)
        try:
            own = f"http://127.0.0.1:{port}"
            wait_until_ready(server, own)
            Story(console, own, keys, has_rule=True).tell()
        finally:
            server.terminate()
            server.wait(30)
        _check_journal(console, read_settings(database_url=database).book_url)


def make_keys(database: str) -> dict[str, str]:
    """Register everybody who plays, and return a key of each."""
    with open_store(database, recording=False) as store:
        for name, kind in PARTS.items():
            store.keys.register(name, f"Fictional {name}", utc_now(), kind=kind)
        return {name: store.keys.create(name, None, "story", utc_now()).token for name in PARTS}


def _let_all_through(shelf: Path) -> None:
    """Put a model there that says nothing, with thresholds that no score reaches, and one rule."""
    draw = np.random.default_rng(0)
    features = names(CATALOGUE)
    made_up = lightgbm.Dataset(draw.random((200, len(features))), draw.random(200) > 0.5)
    trees = lightgbm.train({"objective": "binary", "verbosity": -1, "num_threads": 1}, made_up, 1)
    model = Bundle(
        fingerprint=fingerprint(CATALOGUE),
        features=features,
        trees=trees.model_to_string(),
        calibrator=Calibrator(1.0, 0.0),
        policy=Policy(version="story", hold_at=1.5, block_at=1.6),
        usual=dict.fromkeys(features, 1.0),
        about={"label": "made up for a story"},
    )
    model.write(shelf)
    book = shelf / "story-rules.yaml"
    write_rules(RuleBook((_LEARNT,)), book)
    choice = Choice(champion=model.version, rules=put_rules(shelf, book, CATALOGUE))
    lineup_desk(shelf, CATALOGUE).begin(choice, by="story", why="a story", at=utc_now())


class StoryBroke(AntifraudError):
    """A step did not give what it should."""


@dataclass
class Story:
    """The fraud of `antifraud story`, told on a running server with a key of each of PARTS."""

    console: Console
    url: str
    keys: Mapping[str, str]
    has_rule: bool = False  # the server decides by the story's own rule

    def __post_init__(self) -> None:
        missing = [name for name in PARTS if name not in self.keys]
        if missing:
            raise StoryBroke(f"the keys file has no key of {', '.join(missing)}")
        self._number = 0
        self._run = token_hex(4)  # so that it can be told again on the same server
        self._clients = {
            name: httpx.Client(base_url=self.url, headers={"X-Api-Key": self.keys[name]}, timeout=30) for name in PARTS
        }
        self._victim, self._mule, self._second = (f"fictional-{who}-{self._run}" for who in ("victim", "mule", "mule2"))

    def tell(self) -> None:
        """Tell all of it."""
        try:
            stolen = self.steal()
            incident = self.report(stolen)
            holds = self._answer(incident)
            self._confirm(incident, holds)
            self._return(incident, holds)
            self._refuse_the_dropper()
        except httpx.TransportError as problem:
            raise StoryBroke(f"the story broke: {self.url} does not answer: {problem}") from problem
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the connections."""
        for client in self._clients.values():
            client.close()

    def steal(self) -> str:
        """Let the money go from a victim over two accounts; return the id of the first transfer."""
        self.console.rule("A victim is talked into a transfer, and half of it goes on")
        stolen = self._pays(_FIRST, self._victim, self._mule, _STOLEN, _SECOND)
        self._pays(_SECOND, self._mule, self._second, _PASSED_ON, _THIRD)
        return stolen

    def report(self, stolen: str) -> str:
        """Let the victim's bank report a transfer; return the id of the incident, which has asked two banks."""
        self.console.rule("The victim reports it, and the money is followed")
        said = {**_WHY, "source": "complaint", "fraud_type": "scam_call", "transfers": [{"transfer_id": stolen}]}
        incident = self._say(_FIRST, "opens an incident", "/v1/incidents", said, 201)
        place = f"/v1/incidents/{incident['life_id']}"

        def followed() -> dict[str, Any] | None:
            trace = self._read(_FIRST, f"{place}/trace")
            return trace if len(trace["accounts"]) == 2 else None

        trace = self._wait("the money to be found two hops away", followed)
        for each in trace["accounts"]:
            self._tell(_FIRST, f"sees {_money(each['still_minor'])} at {each['bank']}, hop {each['hop']}")
        self._check({each["bank"] for each in trace["accounts"]} == {_SECOND, _THIRD}, "two banks have it", trace)
        return str(incident["life_id"])

    def _answer(self, incident: str) -> dict[str, tuple[str, int]]:
        self.console.rule("Both banks are asked, and hold what is still there")
        holds = {}
        for bank, there in ((_SECOND, _STOLEN - _PASSED_ON), (_THIRD, _STILL_THERE)):

            def asked(bank: str = bank) -> dict[str, Any] | None:
                found = self._read(bank, "/v1/inquiries", incident=incident)["items"]
                return next((each for each in found if each["incident_id"] == incident), None)

            inquiry = self._wait(f"{bank} to be asked", asked)
            path = f"/v1/inquiries/{inquiry['life_id']}/answer"
            answer = self._say(bank, f"holds {_money(there)}", path, {**_WHY, "held_minor": there}, 200)
            holds[bank] = (answer["hold_ids"][0], there)
        return holds

    def _confirm(self, incident: str, holds: Mapping[str, tuple[str, int]]) -> None:
        self.console.rule("The police lead, review and confirm")
        place = f"/v1/incidents/{incident}"
        parts = [{"hold_id": hold, "amount_minor": amount} for hold, amount in holds.values()]
        self._say(POLICE, "takes the lead", f"{place}/lead", _WHY, 200)
        self._say(POLICE, "reviews", f"{place}/review", _WHY, 200)
        self._say(_FIRST, "may not confirm", f"{place}/confirm", {**_WHY, "parts": parts}, 403)
        before = self._verdicts()
        if self.has_rule:
            answer = self._next_to_the_mule()
            self._check(answer["action"] == "allow", "nothing is known of the payee yet", answer["reasons"])
        self._say(POLICE, "confirms the fraud", f"{place}/confirm", {**_WHY, "parts": parts}, 200)
        if not self.has_rule:  # by which rules another server decides is its own affair
            self._wait("the verdict to be learnt", lambda: {"learnt": True} if self._verdicts() > before else None)
            self._tell("the engine", "learnt the verdict as a label of the victim's transfer")
            return

        def held() -> dict[str, Any] | None:
            answer = self._next_to_the_mule()
            return answer if answer["action"] == "hold" else None

        answer = self._wait("the verdict to count in the next decision", held)
        (reason,) = answer["reasons"]
        self._check(reason["code"] == _LEARNT.code, "it is held for what was learnt", answer["reasons"])
        self._tell("the engine", "learnt the verdict and holds the next transfer to him")
        self._tell("", reason["text"]["en"])

    def _next_to_the_mule(self) -> dict[str, Any]:
        """Ask about a small transfer of a stranger to the account that took the stolen money."""
        return self._transfer(_THIRD, f"fictional-stranger-{self._run}", self._mule, 100, _SECOND)[1]

    def _return(self, incident: str, holds: Mapping[str, tuple[str, int]]) -> None:
        self.console.rule("The money goes back, with a prosecutor's sanction and not before")
        for bank, (hold, amount) in holds.items():
            draft = {**_WHY, "hold_id": hold, "amount_minor": amount, "prosecution": PROSECUTION}
            order = self._say(
                POLICE, f"drafts a return of {_money(amount)}", f"/v1/incidents/{incident}/returns", draft, 201
            )
            place, payment = f"/v1/returns/{order['life_id']}", {**_WHY, "payment": f"back-{self._run}-{bank}"}
            self._say(bank, "may not pay yet", f"{place}/execute", payment, 409)
            self._say(PROSECUTION, "sanctions it", f"{place}/sanction", {**_WHY, "document": "fictional S-1"}, 200)
            self._say(bank, "pays the victim", f"{place}/execute", payment, 200)
        ended = self._read(_FIRST, f"/v1/incidents/{incident}")
        returned = sum(amount for _, amount in holds.values())
        self._check(ended["status"] == "returned", "the incident is returned", ended["status"])
        self._check(ended["sums"]["returned_minor"] == returned, "the sums balance", ended["sums"])
        self._tell(_FIRST, f"sees {_money(returned)} of {_money(_STOLEN)} back with the victim")

    def _refuse_the_dropper(self) -> None:
        self.console.rule("The dropper is listed, and his next attempt is refused")
        listed = {"kind": "account", "value": self._mule, "ground": "a fictional article"}
        entry = self._say(POLICE, "puts the dropper on the grey list", "/v1/lists", listed, 201)
        path = f"/v1/lists/{entry['life_id']}/confirm"
        shade = self._say(POLICE, "confirms it", path, {"document": "fictional no. 1"}, 200)["shade"]
        self._check(shade == "black", "the entry is black", shade)
        _, answer = self._transfer(_THIRD, f"fictional-next-{self._run}", self._mule, 100, _SECOND)
        self._check(answer["action"] == "block", "a transfer to him is blocked", answer["action"])
        reason = next(each for each in answer["reasons"] if each["kind"] == "list")
        self._tell(_THIRD, "is told to block the next transfer to him")
        self._tell("", reason["text"]["en"])

    def _pays(self, bank: str, payer: str, payee: str, amount: int, to_bank: str) -> str:
        """Let money move: what the engine holds, the bank lets go because its client insists. Victims do."""
        transfer_id, answer = self._transfer(bank, payer, payee, amount, to_bank)
        self._tell(bank, f"asks about {_money(amount)} to {to_bank}: {answer['action']}")
        if answer["action"] == "hold":

            def held() -> dict[str, Any] | None:
                found = self._read(bank, "/v1/holds", account=payer)["items"]
                return next((each for each in found if each["transfer_id"] == transfer_id), None)

            place = f"/v1/holds/{self._wait('the hold', held)['life_id']}"
            said = {**_WHY, "says": "confirms"}
            self._say(bank, "asks its client, who confirms", f"{place}/client-answer", said, 200)
            self._say(bank, "lets the money go", f"{place}/release", {**_WHY, "because": "client_insists"}, 200)
        else:
            self._check(answer["action"] == "allow", "the transfer is let through", answer["action"])

        def followed() -> dict[str, Any] | None:
            around = self._read(bank, f"/v1/accounts/{payer}/network")
            return around if payee in {each["account"] for each in around["accounts"]} else None

        self._wait("the transfer to be known where money is followed", followed)
        return transfer_id

    def _transfer(self, bank: str, payer: str, payee: str, amount: int, to_bank: str) -> tuple[str, dict[str, Any]]:
        self._number += 1
        transfer_id = f"story-{self._run}-{self._number}"
        body = {
            "transfer_id": transfer_id,
            "payer": payer,
            "payee": payee,
            "amount_minor": amount,
            "currency": "KZT",
            "channel": "app",
            "occurred_at": utc_now().isoformat(),
            "payer_bank": bank,
            "payee_bank": to_bank,
        }
        return transfer_id, self.post(bank, "/v1/decisions", body, 201)

    def _say(self, who: str, what: str, path: str, body: Mapping[str, object], status: int) -> dict[str, Any]:
        found = self.post(who, path, body, status)
        self._tell(who, f"{what} [{status}]")
        return found

    def post(self, who: str, path: str, body: Mapping[str, object], status: int) -> dict[str, Any]:
        """Send something in somebody's name; raise StoryBroke when another status comes back."""
        answer = self._clients[who].post(path, json=body, headers={"Idempotency-Key": token_hex(8)})
        self._check(answer.status_code == status, f"POST {path} by {who} answers {status}", answer.text)
        found: dict[str, Any] = answer.json()
        return found

    def _read(self, who: str, path: str, **asked: str | int) -> dict[str, Any]:
        answer = self._clients[who].get(path, params=asked)
        self._check(answer.status_code == httpx.codes.OK, f"GET {path} by {who} answers 200", answer.text)
        found: dict[str, Any] = answer.json()
        return found

    def _verdicts(self) -> float:
        """Return how many verdicts the engine has learnt."""
        lines = self._clients[POLICE].get("/metrics").text.splitlines()
        return sum(
            float(line.split()[-1])
            for line in lines
            if line.startswith("antifraud_reports_total{") and "verdict" in line
        )

    def _wait(self, what: str, look: Callable[[], dict[str, Any] | None]) -> dict[str, Any]:
        until = time.monotonic() + _PATIENCE_S
        while (found := look()) is None:
            self._check(time.monotonic() < until, f"{what} takes less than {_PATIENCE_S:.0f} seconds", None)
            time.sleep(0.1)
        return found

    def _tell(self, who: str, what: str) -> None:
        self.console.print(f"{who:>18}  {what}", markup=False)

    def _check(self, right: bool, what: str, was: object) -> None:
        if not right:
            raise StoryBroke(f"the story broke: it should be that {what}, was {was!r}")


def _money(minor: int) -> str:
    return f"{minor // 100:,} KZT"


def _check_journal(console: Console, url: str) -> None:
    """Verify every act of the book against its hash and the one before."""
    book = open_book(url)
    try:
        with book.engine.connect() as connection:
            found = verify(connection)
    finally:
        book.close()
    if found.problem is not None:
        raise Unavailable(f"the journal is damaged: {found.problem}")
    console.rule("The journal is verified")
    console.print(f"{found.acts} acts, head {found.head.hash[:16]}", markup=False)
