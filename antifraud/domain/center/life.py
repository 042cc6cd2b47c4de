"""What all lives share: a literal table of steps, and one way to refuse everything that is not in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Generic, Protocol, Self, TypeVar

from antifraud.domain.center.act import Act
from antifraud.domain.center.people import Role
from antifraud.domain.errors import IllegalTransition, NotPermitted

S = TypeVar("S", bound=StrEnum)


class Sight(Enum):
    """How much of a life a participant may see."""

    NOTHING = 0
    MINIMUM = 1  # what a counterpart needs to act: sums, accounts of its own, states and clocks
    WHOLE = 2


class Life(Protocol):
    """Something that people and clocks move by acts. Values never change; `apply` returns the next one."""

    @property
    def life_id(self) -> str:
        """Name it, for ever."""
        ...

    @property
    def version(self) -> int:
        """Count its acts: 1 after its birth."""
        ...

    @property
    def status(self) -> StrEnum:
        """Say where in its table it stands."""
        ...

    @property
    def due_at(self) -> datetime | None:
        """Return when the platform has to act next, None: never by itself."""
        ...

    @property
    def parties(self) -> frozenset[str]:
        """Return the participants that may see at least the minimum of it."""
        ...

    @property
    def keys(self) -> frozenset[str]:
        """Return what it can be found by, as `kind:value`."""
        ...

    def seen_by(self, participant: str) -> Sight:
        """Say how much of it a participant may see."""
        ...

    def apply(self, act: Act) -> Self:
        """Return it after `act`; raise IllegalTransition, NotPermitted or InvalidValue."""
        ...

    def due(self, now: datetime) -> Act | None:
        """Return what the platform does at `now`, or None when nothing is due: pure, and never skips an act."""
        ...


@dataclass(frozen=True, slots=True)
class Step(Generic[S]):
    """Where an act leads, and in which roles it may be done."""

    to: S
    roles: frozenset[Role]


Table = Mapping[tuple[S, type[Act]], Step[S]]


def following(table: Table[S], name: str, status: S, act: Act) -> S:
    """Return the status after `act`; what is not in the table is refused with the acts that are."""
    step = table.get((status, type(act)))
    if step is None:
        open_to = sorted(kind.__name__ for state, kind in table if state is status)
        rest = f"only {', '.join(open_to)}" if open_to else "nothing more"
        raise IllegalTransition(f"{name} is {status.value}: {type(act).__name__} is not allowed, {rest}")
    permit(name, act, step.roles)
    return step.to


def permit(name: str, act: Act, roles: frozenset[Role]) -> None:
    """Raise NotPermitted unless the act is done in one of the roles."""
    if act.by.role not in roles:
        allowed = ", ".join(sorted(role.value for role in roles))
        raise NotPermitted(f"{name}: {type(act).__name__} is for {allowed}, not for {act.by.role.value}")


def second_signature(name: str, first: Act, second: Act) -> None:
    """Raise NotPermitted when both signatures are of one person."""
    if first.by.same_person(second.by):
        raise NotPermitted(f"{name}: the second signature must be another person's than {first.by.person}'s")
