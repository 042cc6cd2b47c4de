"""Pictures of every page, in a simulated country where people work: `make screenshots`.

A history is simulated until yesterday and learnt from; its last weeks are sent to a server that takes each transfer's
own time, as banks would have sent them; then people of a bank, the police and a prosecution work on what was held.
Each page is shot on a desk and on a telephone, light and dark, into var/screenshots. With `--publish` the few that the
documentation shows are put under docs/pictures.
"""

import argparse
import shutil
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

import httpx
import orjson
import polars as pl
from PIL import Image
from rich.console import Console

from antifraud.domain.center.people import Role
from antifraud.domain.center.person import Person
from antifraud.store import open_store
from api.clock import utc_now
from api.commands.story import POLICE, PROSECUTION, Story, make_keys
from api.schemas import TransferIn
from tests.api.making import MADE_AT
from tests.api.signing_in import known_hash, people_of
from tests.console.browser.seat import DESKTOP, PHONE, seat
from tests.console.browser.world import explore
from tests.console.desk import serving, token_of
from tests.servers import running_chromium

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "var" / "screenshots"
PUBLISHED = ROOT / "docs" / "pictures"
DAYS, SENT_DAYS = 70, 30
SLICE = timedelta(hours=2)
JSON = {"Content-Type": "application/json"}
SHAPES = {"desk": DESKTOP, "phone": PHONE}
SHOWN = ("queue-desk-light.png", "case-desk-light.png", "incident-desk-dark.png", "case-phone-light.png")
NOTES = (
    "Called back on the number that the bank knows: nobody answers yet.",
    "The client says that a caller from the bank told him to move his savings.",
    "Salary account, first transfer to this payee; the contract was promised by noon.",
)


def main():
    """Make the world and shoot it."""
    parser = argparse.ArgumentParser(description="Pictures of every page, in a simulated country.")
    parser.add_argument("--accounts", type=int, default=2_000, help="bank accounts of the simulated country")
    parser.add_argument("--language", default="en", choices=("kk", "ru", "en"))
    parser.add_argument("--publish", action="store_true", help="also put the few of the documentation in their place")
    parser.add_argument("--whole", action="store_true", help="whole pages on a telephone, not the first screen of them")
    parser.add_argument("--again", action="store_true", help="shoot the world of the last run once more")
    asked = parser.parse_args()
    folder = PICTURES / "world"
    if not asked.again:
        make_world(folder, asked.accounts)
    with serving(folder) as server, running_chromium() as browser:
        if not asked.again:
            work(server, folder)
        shoot(server, browser, asked.language, whole=asked.whole)
    if asked.publish:
        PUBLISHED.mkdir(exist_ok=True)
        for name in SHOWN:
            publish(PICTURES / name)


def publish(picture):
    """Put a picture into the documentation: in as many colours as a page of text needs, so that it is small."""
    with Image.open(picture) as image:
        few = image.convert("RGB").quantize(255, dither=Image.Dither.NONE)
        few.save(PUBLISHED / picture.name, optimize=True)
    assert (PUBLISHED / picture.name).stat().st_size < 150_000, picture.name


def make_world(folder, accounts):
    """Simulate, learn, and live through the last weeks."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    folder.mkdir(parents=True)
    start = (utc_now() - timedelta(days=DAYS)).date()
    own("simulate", "--out", folder / "history", "--accounts", accounts, "--days", DAYS, "--start", start)
    own("train", "--history", folder / "history", "--shelf", folder / "shelf", "--serve", "--no-track")
    live_through(folder)


def live_through(folder):
    """Send the last weeks of a history, hour by hour, each transfer by its bank and in its own time."""
    transfers = pl.read_parquet(folder / "history" / "transfers.parquet")
    with open_store(f"sqlite:///{folder}/engine.db") as store:
        keys = {}
        for bank in transfers["participant"].unique().sort():
            store.keys.register(bank, f"Fictional {bank}", MADE_AT)
            keys[bank] = store.keys.create(bank, None, "pictures", MADE_AT).token
    late = transfers.filter(pl.col("received_at") > utc_now() - timedelta(days=SENT_DAYS)).sort("occurred_at")
    with serving(folder, ANTIFRAUD_CLOCK="occurred_at") as server:
        for (_, bank), part in late.group_by(
            pl.col("occurred_at").dt.truncate(SLICE), "participant", maintain_order=True
        ):
            rows = part.select(list(TransferIn.model_fields)).iter_rows(named=True)
            body = orjson.dumps([{name: value for name, value in row.items() if value is not None} for row in rows])
            answer = server.post("/v1/decisions/batch", content=body, headers=JSON | {"X-Api-Key": keys[bank]})
            assert answer.status_code == httpx.codes.OK, answer.text


def own(*words):
    """Run one of our own commands."""
    subprocess.run([sys.executable, "-m", "api", *map(str, words)], check=True)


def busiest(folder):
    """Return the bank at whose desk most is to be seen."""
    return pl.read_parquet(folder / "history" / "transfers.parquet")["participant"].value_counts(sort=True)[0, 0]


def work(server, folder):
    """Let people do a morning's work."""
    bank = busiest(folder)
    keys = make_keys(server.database)
    for name, role, where in (
        ("aliya", Role.BANK_ANALYST, bank),
        ("bolat", Role.BANK_OFFICER, bank),
        ("dana", Role.INVESTIGATOR, POLICE),
        ("farida", Role.PROSECUTOR, PROSECUTION),
    ):
        somebody = Person(
            name=name, full_name=name.title(), participant=where, roles=frozenset({role}), created_at=MADE_AT
        )
        with people_of(server) as people:
            people.register.add(somebody, known_hash())
    while any(server.get("/v1/feed", headers={"X-Api-Key": key}).status_code == 401 for key in keys.values()):
        pass  # it looks for new keys twice a second
    Story(Console(quiet=True), str(server.base_url), keys).tell()
    with at_api(server, "aliya") as aliya, at_api(server, "bolat") as bolat:
        waiting = aliya.get("/v1/holds", params={"status": "held", "limit": 20}).json()["items"]
        for each, note in zip(waiting[1:], NOTES, strict=False):
            place = f"/v1/holds/{each['life_id']}"
            done(aliya.post(f"{place}/assign", json={"to": "aliya", "reason": "next in the queue"}))
            done(aliya.post(f"{place}/notes", json={"reason": note}))
        place = f"/v1/holds/{waiting[2]['life_id']}"
        done(aliya.post(f"{place}/escalate", json={"reason": "I am not sure of the contract.", "whom": "officer"}))
        for each in waiting[4:7]:
            done(bolat.post(f"/v1/holds/{each['life_id']}/assign", json={"to": "bolat", "reason": "mine"}))
    with at_api(server, "aliya") as aliya:
        advert = {"kind": "account", "value": waiting[0]["account"], "fraud_type": "investment", "confidence": 0.8}
        advert |= {"source": "monitoring of adverts (fictional)", "seen_at": (utc_now() - SLICE).isoformat()}
        done(aliya.post("/v1/indicators", json=advert))
    open_incident(server, folder, bank)


def open_incident(server, folder, bank):
    """Let the bank report what its victim lost, and the police take the lead."""
    with at_api(server, "aliya") as aliya, at_api(server, "dana") as dana:
        ways = ([each for each in way if went(aliya, each)] for way in stolen(folder, bank))
        about = [{"transfer_id": each} for each in next(filter(None, ways))]
        said = {"source": "complaint", "fraud_type": "scam_call", "transfers": about, "ground": "complaint 26-1"}
        said["reason"] = "A false bank called the client (fictional)."
        incident = done(aliya.post("/v1/incidents", json=said))
        why = {"reason": "Three complaints name the same caller.", "ground": "fictional case 26-1"}
        done(dana.post(f"/v1/incidents/{incident['life_id']}/lead", json=why))


def went(client, transfer_id):
    """Say whether a transfer was let through."""
    return done(client.get(f"/v1/decisions/{transfer_id}"))["action"] == "allow"


def stolen(folder, bank):
    """Yield what a victim at a bank sent, for each way of stolen money of the last weeks, the longest first."""
    history = folder / "history"
    truth = pl.read_parquet(history / "truth.parquet").filter(pl.col("stolen_minor") > 0)
    moved = truth.join(pl.read_parquet(history / "transfers.parquet"), on=["participant", "transfer_id"])
    recent = moved.filter(pl.col("received_at") > utc_now() - timedelta(days=20)).drop_nulls("chain_id")
    ways = recent.partition_by("chain_id")
    for way in sorted(ways, key=lambda each: (each["hop"].n_unique(), each.height), reverse=True):
        first = way.filter((pl.col("hop") == pl.col("hop").min()) & (pl.col("participant") == bank))
        if not first.is_empty():
            yield first["transfer_id"].to_list()


@contextmanager
def at_api(server, name):
    """Yield a client in which somebody signed in."""
    with httpx.Client(base_url=server.base_url, timeout=60) as client:
        client.cookies.set("antifraud", token_of(server, name), domain="127.0.0.1", path="/")
        client.headers["X-CSRF-Token"] = client.get("/v1/session").json()["csrf_token"]
        client.event_hooks["request"] = [lambda sent: sent.headers.update({"Idempotency-Key": token_hex(8)})]
        yield client


def done(answer):
    """Return what was answered to an act that must succeed."""
    assert answer.is_success, answer.text
    return answer.json()


def shoot(server, browser, language, *, whole=False):
    """Take pictures of a page of each kind, as the first who finds one sees it; of those that are shown, as it says."""
    pages = {}
    for role, name in (("bank_analyst", "aliya"), ("investigator", "dana"), ("prosecutor", "farida")):
        for page in explore(server, role, name, ["/console", "/console/overview"]):
            if page.status == httpx.codes.OK:
                pages.setdefault(page.route, (name, page.address))
            if page.route.endswith("{incident_id}") and role == "investigator":
                pages[page.route] = name, page.address  # the last that they found: of a fraud that came to its end
    for route, (name, address) in pages.items():
        for scheme in ("light", "dark"):
            for shape, size in SHAPES.items():
                with seat(browser, server, name, language, viewport=size, color_scheme=scheme) as at:
                    at.go(address)
                    at.tab.screenshot(path=PICTURES / f"{named(route)}-{shape}-{scheme}.png", full_page=whole)


def named(route):
    """Return a word for a kind of page: `queue`, `search`, `case`, `incidents`, `incident`.

    >>> named("/console/incidents/{incident_id}")
    'incident'
    """
    words = {"/console": "queue", "/console/holds/{hold_id}": "case", "/console/entities/{kind}/{ident}": "entity"}
    last = route.rsplit("/", 1)[1]
    return words.get(route) or last.strip("{}").removesuffix("_id")


if __name__ == "__main__":
    main()
