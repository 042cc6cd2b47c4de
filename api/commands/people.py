"""`antifraud people`: who may sign in, and as what."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from antifraud.domain.center.people import Role
from api.commands.offices import Database, offices

people = typer.Typer(no_args_is_help=True, help="People who sign in, and in which roles they act.")

Name = Annotated[str, typer.Argument(help="The sign-in name.")]


@people.command()
def add(
    name: Name,
    participant: Annotated[str, typer.Option(help="A registered participant, for whom this person works.")],
    role: Annotated[list[Role], typer.Option(help="May be given again: one of them is chosen at sign-in.")],
    full_name: Annotated[str, typer.Option(help="What people call him.")],
    administers: Annotated[bool, typer.Option(help="May change people and keys of the participant.")] = False,
    database: Database = None,
) -> None:
    """Add somebody and print a password to hand over, once; it must be changed at the first sign-in.

    Example: antifraud people add aliya --participant bank-1 --role bank_analyst --full-name "Aliya (fictional)"
    """
    with offices(database) as at:
        adding = at.people.add(at.by, participant, name, full_name, role, administers=administers)
        typer.echo(asyncio.run(adding))


@people.command()
def disable(name: Name, database: Database = None) -> None:
    """Shut somebody out and end his sessions, at once."""
    with offices(database) as at:
        asyncio.run(at.people.disable(at.by, None, name))


@people.command()
def enable(name: Name, database: Database = None) -> None:
    """Let somebody in again who was shut out."""
    with offices(database) as at:
        asyncio.run(at.people.enable(at.by, None, name))


@people.command()
def reset(
    name: Name,
    second_factor: Annotated[bool, typer.Option(help="Ask for no codes either, until they are set again.")] = False,
    database: Database = None,
) -> None:
    """Print another password to hand over, once; sessions end, and whoever was locked out may try again."""
    with offices(database) as at:
        typer.echo(asyncio.run(at.people.reset(at.by, None, name, second_factor=second_factor)))


@people.command("list")
def list_people(database: Database = None) -> None:
    """Show who may sign in."""
    with offices(database) as at:
        table = Table(
            Column("name", no_wrap=True),
            "full name",
            "participant",
            "roles",
            "administers",
            "signs in with",
            "disabled",
        )
        for person in asyncio.run(at.people.list(None)):
            proof = person.issuer or ("password and code" if person.second_factor else "password")
            disabled = "" if person.disabled_at is None else f"{person.disabled_at:%Y-%m-%d %H:%M}"
            administers = "yes" if person.administers else ""
            roles = " ".join(sorted(person.roles))
            table.add_row(person.name, person.full_name, person.participant, roles, administers, proof, disabled)
        Console().print(table)
