"""Everything that a participant asks of the engine."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self
from uuid import uuid4

import httpx

from antifraud.client.answers import Decision, Event, Json, Life, Report
from antifraud.client.refusals import Refused
from antifraud.client.retries import Patience, answered

_REPLAY: Final = "idempotent-replay"
_AT_ONCE: Final = 500


class Client:
    """One participant's door to the engine; close it at the end, or use it as `async with`.

    What is sent again after a broken connection is done once: transfers and reports by their ids, acts by an
    Idempotency-Key that is made anew for each call. `http` is a client of your own, with your own limits and
    certificates; its base URL is the engine.
    """

    def __init__(
        self, url: str, key: str, *, patience: Patience | None = None, http: httpx.AsyncClient | None = None
    ) -> None:
        self._own = http is None
        self._http = httpx.AsyncClient(base_url=url, timeout=10.0) if http is None else http
        self._headers = {"Authorization": f"Bearer {key}"}
        self._patience = patience or Patience()

    async def __aenter__(self) -> Self:
        """Return it."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        await self.close()

    async def close(self) -> None:
        """Let go of connections that it opened itself."""
        if self._own:
            await self._http.aclose()

    async def decide(self, transfer: Json) -> Decision:
        """Ask about one transfer before it is executed; raise Refused or Unanswered: then nothing may be executed."""
        response = await self._send("POST", "/v1/decisions", transfer)
        return Decision.of(response.json(), repeated=_REPLAY in response.headers)

    async def decide_batch(self, transfers: Sequence[Json]) -> Sequence[Decision | Refused]:
        """Ask about up to 1,000 transfers in order; a refused one stands in the place of its answer."""
        items = (await self._send("POST", "/v1/decisions/batch", transfers)).json()
        return [
            Decision.of(each["decision"], repeated=each["status"] == httpx.codes.OK)
            if "decision" in each
            else Refused.of(each["status"], each["problem"])
            for each in items
        ]

    async def decision(self, transfer_id: str) -> Decision:
        """Return what was decided."""
        return Decision.of((await self._send("GET", f"/v1/decisions/{transfer_id}")).json(), repeated=True)

    async def report(self, transfer_id: str, *, fraud: bool, source: str, **more: str) -> Report:
        """Say that a transfer was fraud, or, with `fraud=False`, that it was not after all."""
        said = {"transfer_id": transfer_id, "fraud": fraud, "source": source, **more}
        response = await self._send("POST", "/v1/reports", said)
        return Report(transfer_id=transfer_id, repeated=_REPLAY in response.headers, body=response.json())

    async def begin(self, kind: str, body: Json, *, key: str | None = None) -> Life:
        """Begin something in the Center: `holds`, `incidents`, `lists`, `cooling-offs`, `webhooks`."""
        return Life.of((await self._act(f"/v1/{kind}", body, None, key)).json())

    async def act(
        self, kind: str, life_id: str, act: str, body: Json, *, version: int | None = None, key: str | None = None
    ) -> Life:
        """Do one act, as `act("holds", hold.life_id, "release", {...}, version=hold.version)`.

        With `version` it is refused (409) if somebody acted since. A `key` of your own makes the same call one act even
        when this program dies in between.
        """
        return Life.of((await self._act(f"/v1/{kind}/{life_id}/{act}", body, version, key)).json())

    async def get(self, kind: str, life_id: str) -> Life:
        """Return one of them as it is now."""
        return Life.of((await self._send("GET", f"/v1/{kind}/{life_id}")).json())

    async def find(self, kind: str, **asked: str | Sequence[str]) -> AsyncIterator[Life]:
        """Yield all of a kind that you may see, page by page, as `find("holds", status=["held"])`."""
        cursor: str | None = None
        while True:
            parameters = asked if cursor is None else {**asked, "cursor": cursor}
            page = (await self._send("GET", f"/v1/{kind}", parameters=parameters)).json()
            for each in page["items"]:
                yield Life.of(each)
            cursor = page.get("next")
            if cursor is None:
                return

    async def listed(self, kind: str, value: str) -> Sequence[Life]:
        """Return the entries of the lists about a person, account, phone, card, wallet or device."""
        found = (await self._send("GET", "/v1/lists", parameters={"kind": kind, "value": value})).json()
        return [Life.of(each) for each in found["entries"]]

    async def events(
        self, after: int = 0, *, types: Sequence[str] = (), again_after_s: float | None = None
    ) -> AsyncIterator[Event]:
        """Yield events after a place in the journal, in order; to the end, or for ever when `again_after_s` is given.

        Write each event's `sequence` down in one transaction with what you did about it, and begin there next time.
        """
        while True:
            parameters: dict[str, Any] = {"after": after, "limit": _AT_ONCE, "type": list(types)}
            page = (await self._send("GET", "/v1/events", parameters=parameters)).json()
            for each in map(Event.of, page):
                after = each.sequence
                yield each
            if not page:
                if again_after_s is None:
                    return
                await asyncio.sleep(again_after_s)

    async def _act(self, path: str, body: Json, version: int | None, key: str | None) -> httpx.Response:
        headers = {"Idempotency-Key": key or str(uuid4())}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return await self._send("POST", path, body, headers=headers)

    async def _send(
        self,
        method: str,
        path: str,
        body: Json | Sequence[Json] | None = None,
        *,
        parameters: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        sent = {**self._headers, **(headers or {})}

        async def send() -> httpx.Response:
            return await self._http.request(method, path, json=body, params=parameters, headers=sent)

        response = await answered(send, self._patience)
        if response.is_success:
            return response
        try:
            document = response.json()
        except ValueError:
            document = response.text
        raise Refused.of(response.status_code, document)
