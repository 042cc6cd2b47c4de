"""`antifraud replay`: send a history to a running server, as a bank would have."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import orjson
import polars as pl
import typer

from antifraud.domain.errors import InvalidValue, NotPermitted, Unavailable
from antifraud.tables import REPORTS, TRANSFERS
from api.progress import progress_bars
from api.schemas import MAX_BATCH, TransferIn
from features.replay import as_heard

_SENT: Final = tuple(TransferIn.model_fields)
_SAID: Final = ("transfer_id", "fraud", "source", "fraud_type", "known_at")
_REFUSED: Final = (httpx.codes.NOT_FOUND, httpx.codes.UNPROCESSABLE_ENTITY)  # one report, and the next may be taken


def replay(
    file: Annotated[Path, typer.Argument(help="Transfers as `antifraud import` writes them: parquet, or CSV.")],
    reports: Annotated[
        Path | None, typer.Option(help="Reports of them, written likewise: sent in between, by their known_at.")
    ] = None,
    url: Annotated[str, typer.Option(help="Where the server listens.")] = "http://127.0.0.1:8000",
    key: Annotated[str, typer.Option(envvar="ANTIFRAUD_API_KEY", help="The participant's API key.")] = "",
    batch: Annotated[int, typer.Option(min=1, max=MAX_BATCH, help="Transfers in one request.")] = MAX_BATCH,
    first: Annotated[int | None, typer.Option(min=1, help="Send only so many, from the beginning.")] = None,
) -> None:
    """Send a file of transfers, in its order, through the batch endpoint of a running server.

    With --reports each report goes to the server once it was known: before the first transfer that comes later, and
    after the transfer that it is about.

    A server started with ANTIFRAUD_CLOCK=occurred_at takes for its clock what the transfers say: a transfer is received
    at its occurred_at, or at the latest one before it. So its features are those of `antifraud features` over the same
    files, bit for bit, where the file's received_at is just that, as in an import without a column for it. A simulated
    history has moments of receipt of its own, so features about time differ, and one line says so. The rest is up to
    the server: an empty store, the base currency and rates of the file, every transfer accepted, none decided blind.

    All is sent under the participant of the key. What the server refuses is counted; what it already knows is not
    decided again, so an interrupted replay is simply started again (where reports are taken back: in another store).

    Example: antifraud replay var/payments/transfers.parquet --reports var/payments/reports.parquet --key afk_...
    """
    transfers = _read(file, TRANSFERS, _SENT, "received_at")
    clock = transfers["occurred_at"].dt.timestamp("us").fill_null(0).cum_max()
    known = REPORTS.to_frame() if reports is None else _read(reports, REPORTS, _SAID)
    placed = _placed(known, transfers, clock)
    if placed.height < known.height:
        typer.echo(f"reports about no transfer of {file} are left out: {known.height - placed.height:,}", err=True)
    _warn_of_receipt(file, transfers, clock)
    if first is not None:
        transfers = transfers.head(first)
        placed = placed.filter(pl.col("place") <= first)
    of = {"transfers": transfers.height, "reports": placed.height}
    counts: dict[str, Counter[int]] = {what: Counter() for what in of}
    problem = ""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client, progress_bars() as progress:
        for what, rows in _requests(transfers.select(_SENT), placed, batch):
            for item in _reported(client, rows[0]) if what == "reports" else _decided(client, rows):
                counts[what][item["status"]] += 1
                problem = problem or item.get("problem", {}).get("detail", "")
            progress(what, counts[what].total(), of[what])
    typer.echo(f"decided {_told(counts['transfers'])}")
    if reports is not None:
        typer.echo(f"reported {_told(counts['reports'])}")
    if any(map(_refused, counts.values())):
        typer.echo(f"the first refusal: {problem}", err=True)
        raise typer.Exit(1)


def _read(file: Path, schema: pl.Schema, needed: Sequence[str], perhaps: str | None = None) -> pl.DataFrame:
    """Return the columns that are needed, and one more if it is there, in the types of the schema."""
    if not file.is_file():
        raise InvalidValue("file", "there is no such file", str(file))
    try:
        table = pl.read_parquet(file) if file.suffix == ".parquet" else pl.read_csv(file, schema_overrides=dict(schema))
        missing = [name for name in needed if name not in table.columns]
        if missing:
            raise InvalidValue("file", f"lacks the columns {', '.join(missing)}", str(file))
        found = [name for name in schema if name in needed or (name == perhaps and name in table.columns)]
        return table.select(found).cast({name: schema[name] for name in found})
    except pl.exceptions.PolarsError as error:
        raise InvalidValue("file", f"{file} cannot be read", str(error).splitlines()[0]) from None


def _placed(reports: pl.DataFrame, transfers: pl.DataFrame, clock: pl.Series) -> pl.DataFrame:
    """Return what the server is told of these transfers, in order, and how many of them it has received by then."""
    arrived = transfers.select("transfer_id", arrived=clock).unique("transfer_id", keep="first", maintain_order=True)
    heard = as_heard(reports.join(arrived, on="transfer_id", how="inner", maintain_order="left"))
    said = heard.select(*_SAID[:-1], learnt_at="known_at")
    return said.with_columns(place=clock.search_sorted(heard["known"], side="right"))


def _warn_of_receipt(file: Path, transfers: pl.DataFrame, clock: pl.Series) -> None:
    if "received_at" in transfers.columns:
        other = (transfers["received_at"].dt.timestamp("us") != clock).sum()
        if other:
            typer.echo(
                f"received_at is not occurred_at in {other:,} of {transfers.height:,} transfers of {file}: "
                "the server's features are not those of `antifraud features`",
                err=True,
            )


def _requests(
    transfers: pl.DataFrame, reports: pl.DataFrame, size: int
) -> Iterator[tuple[str, Sequence[dict[str, Any]]]]:
    """Yield batches of transfers and single reports in the order of time; what is absent is left out of each."""
    sent = 0
    for row in reports.iter_rows(named=True):
        place = row.pop("place")
        yield from (("transfers", _rows(part)) for part in transfers[sent:place].iter_slices(size))
        yield "reports", [_present(row)]
        sent = place
    yield from (("transfers", _rows(part)) for part in transfers[sent:].iter_slices(size))


def _rows(part: pl.DataFrame) -> list[dict[str, Any]]:
    return [_present(row) for row in part.iter_rows(named=True)]


def _present(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _refused(counts: Counter[int]) -> int:
    return sum(count for status, count in counts.items() if status >= httpx.codes.BAD_REQUEST)


def _told(counts: Counter[int]) -> str:
    return f"{counts[201]}, known before {counts[200]}, refused {_refused(counts)}"


def _decided(client: httpx.Client, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the items of the server's answer, or say in one line why there is none."""
    status, said = _answer(client, "/v1/decisions/batch", rows)
    if status == httpx.codes.OK and isinstance(said, list):
        return said
    raise Unavailable(f"the server refuses: {_detail(said, status)}")


def _reported(client: httpx.Client, row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what came of a report, in the shape of an item of a batch."""
    status, said = _answer(client, "/v1/reports", row)
    if status in (httpx.codes.OK, httpx.codes.CREATED):
        return [{"status": status}]
    if status in _REFUSED:
        return [{"status": status, "problem": {"detail": f"report of {row['transfer_id']}: {_detail(said, status)}"}}]
    raise Unavailable(f"the server refuses: {_detail(said, status)}")


def _answer(client: httpx.Client, path: str, body: object) -> tuple[int, Any]:
    """Return the status and the content of an answer; raise Unavailable if it is none that this engine gives."""
    try:
        answer = client.post(path, content=orjson.dumps(body))
    except httpx.TransportError as error:
        raise Unavailable(f"{client.base_url} does not answer: {error}") from None
    try:
        said = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        raise Unavailable(
            f"{client.base_url} answers {answer.status_code} with what is no JSON: does this engine listen there?"
        ) from None
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise NotPermitted(f"the server refuses the key: {_detail(said, answer.status_code)}")
    return answer.status_code, said


def _detail(said: object, status: int) -> object:
    return (said.get("detail") if isinstance(said, dict) else None) or status
