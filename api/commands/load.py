"""`antifraud load`: how many transfers a deployment decides, and how late."""

import secrets
from collections.abc import Mapping
from typing import Annotated

import orjson
import typer
import uvloop
from rich.console import Console

from api.clock import utc_now
from api.loading import Address, Plan, loaded


def load(
    url: Annotated[str, typer.Option(help="Where the API answers, as https://engine.example")],
    key: Annotated[str, typer.Option(envvar="ANTIFRAUD_API_KEY", help="A key with decisions:write.")],
    rate: Annotated[
        float | None, typer.Option(min=0.01, help="Requests a second; without it as many as are answered.")
    ] = None,
    duration: Annotated[float, typer.Option(min=0.1, help="Seconds.")] = 30.0,
    accounts: Annotated[
        int, typer.Option(min=2, help="How many accounts there are: half pay, half are paid.")
    ] = 100_000,
    connections: Annotated[int, typer.Option(min=1, help="Connections that are kept alive.")] = 8,
    batch: Annotated[int | None, typer.Option(min=1, help="Transfers a request, as batches.")] = None,
    harsh: Annotated[float, typer.Option(min=0, max=1, help="Share that bears the signs of a fraud.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Of the transfers.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")] = False,
) -> None:
    """Load a running API with made-up transfers and say how it answered.

    With a rate the loop is open: requests are due at fixed moments whatever the server does, and latency counts
    from then, so that no queue is hidden. What is decided stays decided: use a key of a participant for tests,
    and a deployment whose history may hold such transfers.

    Example: antifraud load --url http://127.0.0.1:8000 --key KEY --rate 300 --duration 60
    """
    plan = Plan(
        address=Address.of(url),
        key=key,
        rate=rate,
        seconds=duration,
        accounts=accounts,
        connections=connections,
        batch=batch,
        harsh=harsh,
        seed=seed,
    )
    found = uvloop.run(loaded(plan, f"load-{secrets.token_hex(6)}", utc_now))
    statuses = found["statuses"]
    assert isinstance(statuses, dict)  # noqa: S101 - as `loaded` makes it
    if as_json:
        typer.echo(orjson.dumps(found).decode())
    else:
        _say(Console(), found, statuses)
    if set(statuses) - {"200", "201"}:
        raise typer.Exit(1)


def _say(console: Console, found: Mapping[str, object], statuses: Mapping[str, int]) -> None:
    console.print(f"{found['transfers']:,} transfers decided, {found['per_second']:,.1f} a second")
    for what, title in (("allow", "allowed"), ("harsh", "held or blocked")):
        part = found[what]
        assert isinstance(part, dict)  # noqa: S101 - as `loaded` makes it
        if part["count"]:
            quantiles = ", ".join(
                f"{title} {part[name]:.2f} ms"
                for name, title in (
                    ("p50_ms", "p50"), ("p90_ms", "p90"), ("p99_ms", "p99"), ("p999_ms", "p99.9"), ("max_ms", "worst"),
                )
            )  # fmt: skip
            console.print(f"{title}: {part['count']:,}, from the moment each was due: {quantiles}")
    if found["longest_queue"]:
        console.print(f"at most {found['longest_queue']:,} requests waited for a free connection")
    refused = found["refused"]
    assert isinstance(refused, dict)  # noqa: S101 - as `loaded` makes it
    if refused["count"]:
        console.print(f"refused for now: {refused['count']:,}, p99 {refused['p99_ms']:.2f} ms from its sending")
    wrong = {status: count for status, count in statuses.items() if status not in ("200", "201")}
    if wrong:
        console.print("not decided: " + ", ".join(f"{status}: {count:,}" for status, count in sorted(wrong.items())))
