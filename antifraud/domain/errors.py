"""Every error the engine raises on purpose.

AntifraudError
├── InvalidValue            a field holds what it may not; names the field and what it was
├── NotFound                the named thing does not exist
├── Conflict                the request contradicts what is already recorded
│   ├── TransferConflict    the same transfer id came with another body
│   ├── IllegalTransition   a life does not allow that act where it stands
│   └── StaleVersion        somebody else acted on the same life since the caller looked
├── NotPermitted            the caller may not do this
├── FingerprintMismatch     a model was trained on another catalogue than the one that serves
├── DamagedFile             a bundle or snapshot fails its checksum or cannot be read
└── Unavailable             a part is missing for now; the caller may try again
    └── NotDurable          the decision could not be made durable, so it was not given

The edge translates each class to one HTTP status; nothing else decides on statuses.
"""


class AntifraudError(Exception):
    """Anything the engine refuses or cannot do, said in one sentence."""


class InvalidValue(AntifraudError):
    """A field holds what it may not. `was` is None for what is missing, or may not be shown.

    >>> str(InvalidValue("amount_minor", "must be above zero", -5))
    'amount_minor: must be above zero, was -5'
    >>> str(InvalidValue("amount_minor", "is missing", None))
    'amount_minor: is missing'
    """

    def __init__(self, field: str, problem: str, was: object) -> None:
        super().__init__(f"{field}: {problem}" if was is None else f"{field}: {problem}, was {was!r}")
        self.field = field
        self.problem = problem
        self.was = was


class NotFound(AntifraudError):
    """The named thing does not exist."""


class Conflict(AntifraudError):
    """The request contradicts what is already recorded."""


class TransferConflict(Conflict):
    """The same participant sent the same transfer id with another body."""


class IllegalTransition(Conflict):
    """A life does not allow that act where it stands."""


class StaleVersion(Conflict):
    """Somebody else acted on the same life since the caller looked."""


class NotPermitted(AntifraudError):
    """The caller may not do this."""


class FingerprintMismatch(AntifraudError):
    """A model was trained on another catalogue than the one that serves."""


class DamagedFile(AntifraudError):
    """A bundle or snapshot fails its checksum or cannot be read."""


class Unavailable(AntifraudError):
    """A part is missing for now; the caller may try again."""


class NotDurable(Unavailable):
    """The decision could not be made durable, so it was not given."""
