"""The fictional people of a demo, who sign in to its console."""

import asyncio
from typing import Final

import typer

from antifraud.domain.center.people import ParticipantKind, Role
from antifraud.domain.errors import Conflict
from api.commands.offices import Offices, offices

ANALYST: Final = "aliya"
_POLICE: Final = ("demo-police", "Fictional police", ParticipantKind.POLICE)
_PROSECUTION: Final = ("demo-prosecution", "Fictional prosecution", ParticipantKind.PROSECUTION)


def add_people(database: str, bank: str) -> dict[str, str]:
    """Let an analyst and an officer of a bank, an investigator and a prosecutor take part; return their passwords.

    Each password is to hand over: it is changed at the first sign-in. Who is there already gets another one.
    """
    people = {
        ANALYST: ("Aliya (fictional)", bank, Role.BANK_ANALYST),
        "bolat": ("Bolat (fictional)", bank, Role.BANK_OFFICER),
        "dana": ("Dana (fictional)", _POLICE[0], Role.INVESTIGATOR),
        "farida": ("Farida (fictional)", _PROSECUTION[0], Role.PROSECUTOR),
    }
    with offices(database) as at:
        return asyncio.run(_added(at, people))


async def _added(at: Offices, people: dict[str, tuple[str, str, Role]]) -> dict[str, str]:
    for participant, name, kind in (_POLICE, _PROSECUTION):
        await at.keys.register(at.by, participant, name, kind)
    passwords = {}
    for name, (full_name, participant, role) in people.items():
        try:
            passwords[name] = await at.people.add(at.by, participant, name, full_name, [role])
        except Conflict:  # a start that was broken off had added him
            passwords[name] = await at.people.reset(at.by, None, name)
    return passwords


def say_who(url: str, passwords: dict[str, str], file: object) -> None:
    """Print where the console is and how to get in."""
    typer.echo(
        f"console        {url}/console\n"
        f"               sign in as {ANALYST} with {passwords[ANALYST]} and choose a password of your own;\n"
        f"               an officer, an investigator and a prosecutor are in {file}"
    )
