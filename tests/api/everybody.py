"""A client for each kind of participant and role, on one application."""

from contextlib import asynccontextmanager

import httpx

from antifraud.domain.center.people import ParticipantKind, Role
from antifraud.domain.center.rights import usual_scopes
from antifraud.store import open_store
from tests.api.inside import running
from tests.api.making import MADE_AT

KEY = "ab" * 32
WHO = {
    "analyst": ("fictional-bank", ParticipantKind.BANK, Role.BANK_ANALYST),
    "officer": ("fictional-bank", ParticipantKind.BANK, Role.BANK_OFFICER),
    "other": ("other-bank", ParticipantKind.BANK, Role.BANK_ANALYST),
    "police": ("fictional-police", ParticipantKind.POLICE, Role.INVESTIGATOR),
    "prosecutor": ("fictional-prosecution", ParticipantKind.PROSECUTION, Role.PROSECUTOR),
    "operator": ("fictional-operator", ParticipantKind.OPERATOR, Role.OPERATOR),
    "auditor": ("fictional-auditor", ParticipantKind.AUDITOR, Role.AUDITOR),
}


@asynccontextmanager
async def everybody(folder, **settings):
    """Yield a client for each of WHO, on one application."""
    async with running(folder, **{"identifier_key": KEY, **settings}) as first:
        with open_store(f"sqlite:///{folder}/engine.db", recording=False) as store:
            keys = {}
            for name, (participant, kind, role) in WHO.items():
                if participant not in {each.participant for each in store.keys.participants()}:
                    store.keys.register(participant, participant, MADE_AT, kind=kind)
                keys[name] = store.keys.create(participant, usual_scopes(role), name, MADE_AT, role=role).token
        first.engine.gatekeeper._keys._read_at = None  # keys made beside the running engine count at once
        transport = first._transport
        clients = {
            name: httpx.AsyncClient(transport=transport, base_url="http://engine", headers={"X-Api-Key": key})
            for name, key in keys.items()
        }
        for client in clients.values():
            client.engine = first.engine
        yield clients
        for client in clients.values():
            await client.aclose()
