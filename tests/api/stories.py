"""Stories through the public API, each step an operation that succeeds: what fuzzing starts from, and then damages.

A story is a generator that yields steps and is sent their answers.
"""

import itertools
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl, urlsplit

import pyotp
import requests

from antifraud.domain.center.people import ParticipantKind, Role
from tests.api.making import body
from tests.api.signing_in import PASSWORD

BANK, OTHER, POLICE, PROSECUTION = "fuzz-bank", "fuzz-payment-organisation", "fuzz-police", "fuzz-prosecution"
ANALYST, OFFICER = (ParticipantKind.BANK, Role.BANK_ANALYST), (ParticipantKind.BANK, Role.BANK_OFFICER)
THEIRS = (ParticipantKind.PAYMENT_ORGANISATION, Role.BANK_ANALYST)
DETECTIVE = (ParticipantKind.POLICE, Role.INVESTIGATOR)
PROSECUTOR = (ParticipantKind.PROSECUTION, Role.PROSECUTOR)
WHY = {"reason": "A false bank called.", "ground": "fictional case 26-1"}
STOLEN, LARGE = 1_000_000, 200_000_000
NUMBER = itertools.count(1)


@dataclass
class Step:
    """One request that succeeds; `who` is a kind and a role, or a caller."""

    operation: str
    who: object
    body: object = None
    path: dict = field(default_factory=dict)
    query: dict = field(default_factory=dict)
    headers: dict = field(default_factory=dict)
    until: object = lambda answer: True  # false as long as what another step began has not come to pass


class Told(dict):
    """An answer: what it says, where it sends to, and its cookies."""

    def __init__(self, answer):
        given = {name: values[0] for name, values in answer.headers.items()}
        super().__init__(answer.json() if answer.content and "json" in given.get("content-type", "") else {})
        self.location = given.get("location")
        kept = SimpleCookie()
        for each in answer.headers.get("set-cookie", []):
            kept.load(each)
        self.cookies = {name: morsel.value for name, morsel in kept.items()}


def on(name, life):
    return {name: life["life_id"]}


def held(amount=STOLEN):
    """A transfer is held; returns it with its hold."""
    number = next(NUMBER)
    transfer = body(
        f"story{number}", payer=f"victim{number}", payee=f"mule{number}", payee_bank=OTHER, amount_minor=amount
    )
    yield Step("decide", ANALYST, transfer)
    asked = {"account": transfer["payer"]}
    found = yield Step("listHolds", ANALYST, query=asked, until=lambda page: page["items"])
    return transfer, found["items"][0]


def released_in_two():
    _, hold = yield from held(LARGE)
    at = on("hold_id", hold)
    yield Step("assignHold", OFFICER, {**WHY, "to": "fuzz-bank-bank-officer"}, at)
    yield Step("addBasis", ANALYST, {**WHY, "basis": "coercion"}, at)
    yield Step("endBasis", ANALYST, {**WHY, "basis": "coercion"}, at)
    honest = {**WHY, "because": "proven_honest"}
    yield Step("releaseHold", ANALYST, honest, at)
    yield Step("declineHold", OFFICER, WHY, at)
    yield Step("releaseHold", ANALYST, honest, at)
    yield Step("countersignHold", OFFICER, WHY, at)


def opened():
    """A held transfer was let go, and was fraud; returns its incident with what its bank is asked."""
    transfer, hold = yield from held()
    yield Step("releaseHold", ANALYST, {**WHY, "because": "proven_honest"}, on("hold_id", hold))
    claimed = [{"transfer_id": transfer["transfer_id"]}]
    said = {**WHY, "source": "complaint", "fraud_type": "scam_call", "transfers": claimed}
    incident = yield Step("openIncident", ANALYST, said)
    asked = {"account": transfer["payee"]}
    found = yield Step("listInquiries", THEIRS, query=asked, until=lambda page: page["items"])
    inquiry = yield Step("getInquiry", THEIRS, path=on("inquiry_id", found["items"][0]))
    return incident, inquiry


def withdrawn():
    incident, _ = yield from opened()
    yield Step("withdrawIncident", ANALYST, WHY, on("incident_id", incident))


def handed_over():
    incident, _ = yield from opened()
    yield Step("leadIncident", DETECTIVE, WHY, on("incident_id", incident))
    yield Step("handOverIncident", DETECTIVE, {**WHY, "police": f"{POLICE}-2"}, on("incident_id", incident))


def denied():
    incident, _ = yield from opened()
    for act in ("leadIncident", "reviewIncident", "denyIncident"):
        yield Step(act, DETECTIVE, WHY, on("incident_id", incident))


def drafted():
    """An incident is confirmed and the return of its money drafted; returns the incident and the draft."""
    incident, inquiry = yield from opened()
    at, asked = on("incident_id", incident), on("inquiry_id", inquiry)
    yield Step("leadIncident", DETECTIVE, WHY, at)
    yield Step("askSuspension", DETECTIVE, WHY, asked)
    yield Step("answerSuspension", THEIRS, {**WHY, "suspended": True}, asked)
    answer = yield Step("answerInquiry", THEIRS, {**WHY, "held_minor": STOLEN}, asked)
    yield Step("reviewIncident", DETECTIVE, WHY, at)
    part = {"hold_id": answer["hold_ids"][0], "amount_minor": STOLEN}
    yield Step("confirmIncident", DETECTIVE, {**WHY, "parts": [part]}, at)
    order = yield Step("draftReturn", DETECTIVE, {**WHY, **part, "prosecution": PROSECUTION}, at)
    return at, on("return_id", order)


def returned():
    at, order = yield from drafted()
    yield Step("getReturn", DETECTIVE, path=order)
    yield Step("refuseReturn", PROSECUTOR, WHY, order)
    yield Step("redraftReturn", DETECTIVE, {**WHY, "amount_minor": STOLEN}, order)
    yield Step("sanctionReturn", PROSECUTOR, {**WHY, "document": "fictional S-1"}, order)
    yield Step("executeReturn", THEIRS, {**WHY, "payment": f"back-{next(NUMBER)}"}, order)
    yield Step("getPacs004", THEIRS, path=order)
    yield Step("getCamt029", ANALYST, path=at)
    yield Step("closeIncident", DETECTIVE, WHY, at)


def cancelled():
    _, order = yield from drafted()
    yield Step("cancelReturn", DETECTIVE, WHY, order)


def listed():
    """An account is proposed for the lists."""
    entry = {"kind": "account", "value": f"listed{next(NUMBER)}", "ground": "a fictional article"}
    proposed = yield Step("list", ANALYST, entry)
    return on("entry_id", proposed)


def dropped():
    at = yield from listed()
    yield Step("dropFromList", ANALYST, {}, at)


def delisted():
    at = yield from listed()
    yield Step("agreeToList", OFFICER, None, at)
    yield Step("confirmListed", DETECTIVE, {"document": "fictional 1"}, at)
    for ending in ("keepListed", "removeListed"):
        yield Step("appealListed", THEIRS, {"words": "It was not me."}, at)
        yield Step(ending, DETECTIVE, {"document": "fictional 2"}, at)


def announced():
    """A loan so small that it needs no pause."""
    loan = {"loan_id": f"loan{next(NUMBER)}", "iin": "001399500016", "kind": "loan", "amount_minor": 1}
    life = yield Step("announceLoan", ANALYST, loan | {"currency": "KZT"})
    return on("cooling_off_id", life)


def loaned():
    at = yield from announced()
    yield Step("withdrawLoan", ANALYST, WHY, at)


def lent():
    at = yield from announced()
    yield Step("payOutLoan", ANALYST, WHY, at)


def listened(receiver):
    made = yield Step("registerWebhook", ANALYST, {**WHY, "url": receiver, "types": []})
    at = on("webhook_id", made)
    yield Step("getWebhook", ANALYST, path=at)
    yield Step("pingWebhook", ANALYST, path=at)
    yield from loaned()
    sent = yield Step("listDeliveries", ANALYST, path=at, until=lambda page: page["items"])
    yield Step("redeliver", ANALYST, {"sequence": sent["items"][0]["sequence"]}, at)
    for act in ("rotateWebhookSecret", "disableWebhook", "enableWebhook", "removeWebhook"):
        yield Step(act, ANALYST, WHY, at)


def employed(everybody):
    name, keeper = f"hired{next(NUMBER)}", everybody.session(*OFFICER)
    at = {"person": name}
    added = {"person": name, "full_name": "Fictional", "roles": ["bank_analyst"]}
    lent = yield Step("addPerson", keeper, added)
    elsewhere = {"X-Forwarded-For": f"10.1.{next(NUMBER) // 250}.{next(NUMBER) % 250}"}
    signing = {"person": name, "password": lent["password"]}
    session = yield Step("signIn", everybody.nobody, signing, headers=elsewhere)
    cookie = {"Cookie": f"antifraud={session.cookies['antifraud']}", "X-CSRF-Token": session["csrf_token"]}
    own = everybody.with_headers(cookie)
    changed = yield Step("changePassword", own, {"old": lent["password"], "new": PASSWORD}, headers=elsewhere)
    token = changed.cookies.get("antifraud", session.cookies["antifraud"])
    own = everybody.with_headers({"Cookie": f"antifraud={token}", "X-CSRF-Token": changed["csrf_token"]})
    offered = yield Step("offerSecondFactor", own)
    yield Step("confirmSecondFactor", own, {"code": pyotp.parse_uri(offered["uri"]).now()})
    yield Step("setRights", keeper, {"roles": ["bank_officer"]}, at)
    for act in ("disablePerson", "enablePerson"):
        yield Step(act, keeper, path=at)
    yield Step("resetPerson", keeper, {"second_factor": True}, at)


def vouched_for(everybody, issuer):
    """Somebody leaves for the identity provider and comes back."""
    subject = f"vouched{next(NUMBER)}"
    claims = {"preferred_username": subject, "name": "Fictional", "realm_access": {"roles": ["desk"]}}
    requests.put(f"{issuer}/people/{subject}", json={"claims": claims}, timeout=30).raise_for_status()
    left = yield Step("signInWith", everybody.nobody, path={"provider": "fictional-idp"})
    sent_to = f"{left.location}&as={subject}"
    back = requests.get(sent_to, allow_redirects=False, timeout=30).headers["location"]
    cookies = "; ".join(f"{name}={value}" for name, value in left.cookies.items())
    browser = everybody.with_headers({"Cookie": cookies})
    yield Step("signInCallback", browser, query=dict(parse_qsl(urlsplit(back).query)))


def spotted():
    found = {"kind": "phone", "value": "+77001234567", "source": "a fictional advertisement", "confidence": 0.5}
    told = {"fraud_type": "fake_shop", "seen_at": "2026-03-01T12:00:00Z"}
    indicator = yield Step("spot", ANALYST, found | told)
    yield Step("withdrawIndicator", ANALYST, {"reason": "It was a true one."}, on("indicator_id", indicator))


def looked_up():
    """A device is proposed for the lists, and found there and with what is known of it."""
    device = f"device{next(NUMBER)}"
    yield Step("list", ANALYST, {"kind": "device", "value": device, "ground": "a fictional article"})
    yield Step("findListed", ANALYST, query={"kind": "device", "value": device})
    yield Step("getEntity", ANALYST, path={"kind": "device", "ident": device})


def all_stories(everybody, receiver, issuer):
    """Return the stories: each call begins one anew."""
    return [
        *(released_in_two, withdrawn, handed_over, denied, returned, cancelled, dropped, delisted, loaned, lent),
        spotted,
        looked_up,
        lambda: listened(receiver),
        lambda: employed(everybody),
        lambda: vouched_for(everybody, issuer),
    ]
