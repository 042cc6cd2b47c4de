"""`antifraud replay`: send a history to a running server, as a bank would have."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import orjson
import polars as pl
import typer

from antifraud.domain.errors import InvalidValue, NotPermitted, Unavailable
from antifraud.tables import TRANSFERS
from api.progress import progress_bars
from api.schemas import MAX_BATCH, TransferIn

_SENT: Final = tuple(TransferIn.model_fields)


def replay(
    file: Annotated[Path, typer.Argument(help="Transfers as `antifraud import` writes them: parquet, or CSV.")],
    url: Annotated[str, typer.Option(help="Where the server listens.")] = "http://127.0.0.1:8000",
    key: Annotated[str, typer.Option(envvar="ANTIFRAUD_API_KEY", help="The participant's API key.")] = "",
    batch: Annotated[int, typer.Option(min=1, max=MAX_BATCH, help="Transfers in one request.")] = MAX_BATCH,
    first: Annotated[int | None, typer.Option(min=1, help="Send only so many, from the beginning.")] = None,
) -> None:
    """Send a file of transfers, in its order, through the batch endpoint of a running server.

    A server started with ANTIFRAUD_CLOCK=occurred_at takes each transfer's own time for its clock; then its
    features are those of `antifraud features` over the same file, bit for bit. All transfers are sent under
    the participant of the key. What the server refuses is counted; what it already knows is not decided again,
    so an interrupted replay can simply be started again.

    Example: ANTIFRAUD_API_KEY=afk_... antifraud replay var/history/transfers.parquet --url http://127.0.0.1:8000
    """
    transfers = _read(file)
    if first is not None:
        transfers = transfers.head(first)
    counts: dict[int, int] = {}
    problem = ""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client, progress_bars() as report:
        done = 0
        for body, size in _bodies(transfers, batch):
            for item in _answers(client, body):
                counts[item["status"]] = counts.get(item["status"], 0) + 1
                problem = problem or item.get("problem", {}).get("detail", "")
            done += size
            report("transfers", done, transfers.height)
    refused = sum(count for status, count in counts.items() if status >= httpx.codes.BAD_REQUEST)
    typer.echo(f"decided {counts.get(201, 0)}, known before {counts.get(200, 0)}, refused {refused}")
    if refused:
        typer.echo(f"the first refusal: {problem}", err=True)
        raise typer.Exit(1)


def _read(file: Path) -> pl.DataFrame:
    """Return the columns that a participant sends."""
    if not file.is_file():
        raise InvalidValue("file", "there is no such file", str(file))
    try:
        if file.suffix == ".parquet":
            table = pl.read_parquet(file)
        else:
            table = pl.read_csv(file, schema_overrides=dict(TRANSFERS))
    except pl.exceptions.PolarsError as error:
        raise InvalidValue("file", f"{file} cannot be read", str(error).splitlines()[0]) from None
    missing = [name for name in _SENT if name not in table.columns]
    if missing:
        raise InvalidValue("file", f"lacks the columns {', '.join(missing)}", str(file))
    return table.select(_SENT)


def _bodies(transfers: pl.DataFrame, size: int) -> Iterator[tuple[bytes, int]]:
    """Yield the body of each batch and how many transfers it has; what is absent is left out."""
    for part in transfers.iter_slices(size):
        rows = [{name: value for name, value in row.items() if value is not None} for row in part.iter_rows(named=True)]
        yield orjson.dumps(rows), part.height


def _said(client: httpx.Client, answer: httpx.Response) -> Any:  # noqa: ANN401 - whatever JSON can say
    """Return what an answer says; raise Unavailable if it is none that this engine gives."""
    try:
        return orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        raise Unavailable(
            f"{client.base_url} answers {answer.status_code} with what is no JSON: does this engine listen there?"
        ) from None


def _answers(client: httpx.Client, body: bytes) -> list[dict[str, Any]]:
    """Return the items of the server's answer, or say in one line why there is none."""
    try:
        answer = client.post("/v1/decisions/batch", content=body)
    except httpx.TransportError as error:
        raise Unavailable(f"{client.base_url} does not answer: {error}") from None
    said = _said(client, answer)
    if answer.status_code == httpx.codes.OK and isinstance(said, list):
        return said
    detail = (said.get("detail") if isinstance(said, dict) else None) or answer.status_code
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise NotPermitted(f"the server refuses the key: {detail}")
    raise Unavailable(f"the server refuses: {detail}")
