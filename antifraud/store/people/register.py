"""The register of people: who they are, and what proves it."""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from antifraud.domain.center.people import Role
from antifraud.domain.center.person import Person
from antifraud.domain.errors import Conflict, NotFound
from antifraud.domain.moment import micros, moment_of
from antifraud.store.people.schema import people

Transaction = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True, slots=True)
class Proof:
    """What proves who somebody is: a hash, and the secret of his codes with the step of the last one used."""

    password: str | None
    factor: str | None
    factor_offered: str | None
    factor_step: int | None


class Register:
    """People by sign-in name."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, person: Person, password: str | None) -> None:
        """Add somebody, with the hash of his password or without; raise Conflict if the name is taken."""
        row = {
            "name": person.name,
            "full_name": person.full_name,
            "participant": person.participant,
            "roles": _joined(person.roles),
            "administers": person.administers,
            "created_at": micros(person.created_at),
            "password": password,
            "must_change": person.must_change,
            "issuer": person.issuer,
            "subject": person.subject,
        }
        try:
            with self._transaction() as connection:
                connection.execute(insert(people).values(row))
        except IntegrityError:
            raise Conflict(f"the sign-in name {person.name} is taken") from None

    def find(self, name: str) -> Person | None:
        """Return somebody, or None."""
        found = self._row(name)
        return None if found is None else person_of(found)

    def get(self, name: str) -> Person:
        """Return somebody; raise NotFound."""
        found = self.find(name)
        if found is None:
            raise NotFound(f"there is nobody with the sign-in name {name}")
        return found

    def of_subject(self, issuer: str, subject: str) -> Person | None:
        """Return whom a provider knows as `subject`, or None."""
        with self._transaction() as connection:
            where = (people.c.issuer == issuer) & (people.c.subject == subject)
            row = connection.execute(select(people).where(where)).mappings().first()
        return None if row is None else person_of(row)

    def proof(self, name: str) -> Proof | None:
        """Return what proves that somebody is who he says, or None for nobody."""
        row = self._row(name)
        return None if row is None else Proof(*(row[each] for each in Proof.__slots__))

    def list(self, participant: str | None = None) -> list[Person]:
        """Return all people, or those of one participant, by name."""
        wanted = select(people).order_by(people.c.name)
        if participant is not None:
            wanted = wanted.where(people.c.participant == participant)
        with self._transaction() as connection:
            return [person_of(row) for row in connection.execute(wanted).mappings()]

    def set_password(self, name: str, password: str, *, must_change: bool) -> None:
        """Keep another hash; raise NotFound."""
        self._change(name, {"password": password, "must_change": must_change})

    def set_rights(self, name: str, roles: Collection[Role], *, administers: bool) -> None:
        """Let somebody act in other roles; raise NotFound."""
        self._change(name, {"roles": _joined(roles), "administers": administers})

    def set_disabled(self, name: str, at: datetime | None) -> None:
        """Shut somebody out from that moment, or (None) let him in again; raise NotFound."""
        self._change(name, {"disabled_at": None if at is None else micros(at)})

    def offer_factor(self, name: str, secret: str) -> None:
        """Keep a secret that was shown, until it is confirmed; raise NotFound."""
        self._change(name, {"factor_offered": secret})

    def set_factor(self, name: str, secret: str | None, step: int | None) -> None:
        """Ask somebody for codes of that secret from now on, None: for none; raise NotFound."""
        self._change(name, {"factor": secret, "factor_offered": None, "factor_step": step})

    def use_step(self, name: str, step: int) -> bool:
        """Note that the code of a step was used; False if it, or a later one, was used before."""
        fresh = (people.c.name == name) & (people.c.factor_step.is_(None) | (people.c.factor_step < step))
        with self._transaction() as connection:
            return connection.execute(update(people).where(fresh).values(factor_step=step)).rowcount == 1

    def _row(self, name: str) -> RowMapping | None:
        with self._transaction() as connection:
            return connection.execute(select(people).where(people.c.name == name)).mappings().first()

    def _change(self, name: str, values: Mapping[str, object]) -> None:
        with self._transaction() as connection:
            if connection.execute(update(people).where(people.c.name == name).values(values)).rowcount != 1:
                raise NotFound(f"there is nobody with the sign-in name {name}")


def person_of(row: RowMapping) -> Person:
    """Return the person that a row of `people` keeps."""
    return Person(
        name=row["name"],
        full_name=row["full_name"],
        participant=row["participant"],
        roles=frozenset(map(Role, row["roles"].split())),
        administers=row["administers"],
        created_at=moment_of(row["created_at"]),
        disabled_at=None if row["disabled_at"] is None else moment_of(row["disabled_at"]),
        must_change=row["must_change"],
        second_factor=row["factor"] is not None,
        issuer=row["issuer"],
        subject=row["subject"],
    )


def _joined(roles: Collection[Role]) -> str:
    return " ".join(sorted(roles))
