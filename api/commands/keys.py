"""`antifraud keys`: participants, and the API keys they call with."""

import asyncio
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from antifraud.domain.center.banks import BankCodes
from antifraud.domain.center.people import ParticipantKind, Role
from antifraud.domain.decision import Action
from api.auth import Scope
from api.clock import utc_now
from api.commands.offices import Database, offices

Bics = Annotated[list[str] | None, typer.Option("--bic", help="Of the bank or a branch; may be given again.")]
BankCodesGiven = Annotated[
    list[str] | None, typer.Option("--bank-code", help="Three digits of its KZ IBANs; may be given again.")
]

keys = typer.Typer(no_args_is_help=True, help="Participants, and the API keys they call with.")


@keys.command()
def register(
    participant: Annotated[str, typer.Argument(help="The id that stands in every transfer, as a bank code.")],
    name: Annotated[str, typer.Option(help="What people call it.")],
    kind: Annotated[ParticipantKind, typer.Option(help="What it is; decides its roles.")] = ParticipantKind.BANK,
    blind: Annotated[Action | None, typer.Option(help="What blind means for it: hold (default) or block.")] = None,
    bic: Bics = None,
    bank_code: BankCodesGiven = None,
    database: Database = None,
) -> None:
    """Register an organisation that takes part.

    Example: antifraud keys register bank-1 --name "First Fictional Bank" --bic FICTKZKA --bank-code 125
    """
    codes = _codes(bic, bank_code)
    with offices(database) as at:
        _, repeated = asyncio.run(at.keys.register(at.by, participant, name, kind, blind, codes))
    if repeated:
        typer.echo(f"{participant} was registered before")


@keys.command()
def codes(
    participant: Annotated[str, typer.Argument(help="A registered participant that keeps accounts.")],
    bic: Bics = None,
    bank_code: BankCodesGiven = None,
    database: Database = None,
) -> None:
    """Say by which BICs transfers name a participant and which bank codes its accounts have; no others count any more.

    Example: antifraud keys codes bank-1 --bic FICTKZKA --bank-code 125 --bank-code 126
    """
    with offices(database) as at:
        asyncio.run(at.keys.set_codes(at.by, participant, _codes(bic, bank_code)))


@keys.command()
def create(
    participant: Annotated[str, typer.Argument(help="A registered participant.")],
    label: Annotated[str, typer.Option(help="Where the key will be used.")] = "",
    role: Annotated[Role | None, typer.Option(help="In which it acts; default: the usual one of its kind.")] = None,
    scope: Annotated[
        list[Scope] | None, typer.Option(help="May be given again; default: all of the role but administration.")
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, help="How long it is good for; default: until revoked.")] = None,
    database: Database = None,
) -> None:
    """Make a key and print it, once: only its hash is kept.

    Example: antifraud keys create bank-1 --label "payment hub" --scope decisions:write --days 90
    """
    expires = None if days is None else utc_now() + timedelta(days=days)
    with offices(database) as at:
        made = at.keys.make(at.by, participant, role=role, scopes=scope, label=label, expires_at=expires)
        typer.echo(asyncio.run(made).token)


@keys.command()
def revoke(key_id: Annotated[str, typer.Argument(help="As `keys list` shows it.")], database: Database = None) -> None:
    """Take a key out of use; servers refuse it within seconds."""
    with offices(database) as at:
        asyncio.run(at.keys.revoke(at.by, None, key_id))


@keys.command()
def rotate(
    key_id: Annotated[str, typer.Argument(help="As `keys list` shows it.")],
    overlap_hours: Annotated[float, typer.Option(min=0, help="How long the old one still works.")] = 24,
    database: Database = None,
) -> None:
    """Make a new key like an old one, print it once, and let the old one run out."""
    with offices(database) as at:
        typer.echo(asyncio.run(at.keys.rotate(at.by, None, key_id, timedelta(hours=overlap_hours))).token)


@keys.command("list")
def list_keys(database: Database = None) -> None:
    """Show all keys, without what opens doors."""
    with offices(database) as at:
        table = Table(
            Column("key", no_wrap=True), "participant", "role", "label", "scopes", "created", "expires", "revoked"
        )
        for key in asyncio.run(at.keys.list(None)):
            moments = (
                "" if at is None else f"{at:%Y-%m-%d %H:%M}" for at in (key.created_at, key.expires_at, key.revoked_at)
            )
            table.add_row(key.key_id, key.participant, key.role, key.label, " ".join(sorted(key.scopes)), *moments)
        Console().print(table)


def _codes(bics: list[str] | None, bank_codes: list[str] | None) -> BankCodes:
    return BankCodes(bics=frozenset(bics or ()), bank_codes=frozenset(bank_codes or ()))
