"""`antifraud forget`: decisions that are old no longer say whom they were about."""

from datetime import timedelta
from typing import Annotated, Final

import typer

from antifraud.domain.center.identifiers import IdentifierKind, normalised
from antifraud.domain.errors import InvalidValue
from antifraud.intake.center_policy import read_center_policy
from antifraud.store.forgetting import Old, SqlForgetting
from api.clock import utc_now
from api.commands.live import live_store
from api.settings import read_settings
from features.spec import RETENTION

REMEMBERED: Final = 2 * RETENTION
"""How far features look back: over a window, and at who was new in it."""


def forget(
    account: Annotated[list[str] | None, typer.Option(help="Only this account; may be given again.")] = None,
    person: Annotated[list[str] | None, typer.Option(help="Only this IIN or BIN.")] = None,
    phone: Annotated[list[str] | None, typer.Option(help="Only this phone.")] = None,
    device: Annotated[list[str] | None, typer.Option(help="Only this device.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how many, and change nothing.")] = False,
) -> None:
    """Put pseudonyms in the place of names in decisions older than the Center's policy says (`identified_days`).

    With an account, a person, a phone or a device: only of that one, and as soon as no feature looks back so far. It
    may be run beside a server, again and again, as by a timer. The Center's book is not touched: holds, incidents and
    the journal of acts are evidence. What stays, and why: docs/operations.md.

    Example: antifraud forget --dry-run
    """
    settings = read_settings()
    kinds = {
        IdentifierKind.ACCOUNT: account,
        IdentifierKind.PERSON: person,
        IdentifierKind.PHONE: phone,
        IdentifierKind.DEVICE: device,
    }
    named = {normalised(kind, value) for kind, values in kinds.items() for value in values or ()}
    kept = timedelta(days=read_center_policy(settings.center_policy).identified_days)
    if kept < REMEMBERED:
        raise InvalidValue("identified_days", f"features look back {REMEMBERED.days} days", kept.days)
    now = utc_now()
    since = now - REMEMBERED
    old = Old(received_before=since if named else now - kept, unreported_since=since, named=named)
    with live_store(settings.database_url) as store:
        forgetting = SqlForgetting(store.engine, settings.identifier_secret)
        if dry_run:
            typer.echo(f"{forgetting.count(old):,} decisions would no longer name anybody asked for")
            return
        typer.echo(f"{sum(forgetting.forget(old)):,} decisions no longer name anybody asked for")
        if named and (young := forgetting.still_named(named)):
            typer.echo(
                f"{young:,} younger ones do: features still look back at them, so ask again in {REMEMBERED.days} days"
            )
        if named:
            typer.echo("holds, incidents and the journal of the Center stay as they are: they are evidence")
