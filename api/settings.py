"""What an operator can set, read once from the environment (prefix ANTIFRAUD_)."""

import json
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from antifraud.domain.center.identifiers import usable_key
from antifraud.domain.errors import InvalidValue, Unavailable
from antifraud.domain.money import MINOR_DIGITS, Rates
from antifraud.store.address import supported_url
from api.limits import Limits
from api.observing.logs import LogFormat
from api.people.provider import ProviderSettings, safe_address

_SHORTEST_KEY: Final = 16
_LONGEST_KEY: Final = 64
_NEVER_SHOWN: Final = {"database_url", "center_url", "identifier_key", "let_through_key", "oidc"}


class ClockKind(StrEnum):
    """What stamps what is received."""

    NOW = "now"
    OCCURRED_AT = "occurred_at"


class Keeper(StrEnum):
    """Where decisions are followed, the Center's clocks kept and webhooks pushed."""

    BESIDE = "beside"
    INSIDE = "inside"


class Settings(BaseSettings):
    """Settings of the serving process; `ANTIFRAUD_DATABASE_URL` sets `database_url`, and so on."""

    model_config = SettingsConfigDict(env_prefix="ANTIFRAUD_", frozen=True, extra="forbid")

    database_url: Annotated[
        str, Field(repr=False, description="The durable store: sqlite:///FILE or postgresql://USER@HOST/NAME.")
    ] = "sqlite:///var/antifraud.db"
    center_url: Annotated[
        str | None,
        Field(
            repr=False,
            description="The Center's book; by default center.db beside a SQLite store, or the same PostgreSQL.",
        ),
    ] = None
    center_policy: Annotated[
        Path | None, Field(description="The Center's numbers (YAML); by default those that are documented.")
    ] = None
    shelf: Annotated[
        Path,
        Field(description="The folder of bundles and rule books; its lineup says which decide, and is watched."),
    ] = Path("var/bundles")
    history: Annotated[
        Path | None,
        Field(description="A folder of `antifraud import`: transfers and reports from before the log began."),
    ] = None
    state_dir: Annotated[Path, Field(description="Where snapshots of the live state are kept.")] = Path("var/state")
    base_currency: Annotated[str, Field(description="What amounts are added up in, ISO 4217.")] = "KZT"
    rates: Annotated[
        dict[str, Decimal],
        NoDecode,
        Field(
            description='Units of the base currency for one unit of others, as {"USD": "520.5"}; others are refused.'
        ),
    ] = {}
    clock: Annotated[
        ClockKind,
        Field(description="now; or occurred_at, to play a history again into a store of its own."),
    ] = ClockKind.NOW
    occurred_leeway_s: Annotated[
        float, Field(ge=0, description="How far ahead of our clock a participant's may be.")
    ] = 300
    snapshot_every_s: Annotated[
        float, Field(ge=0, description="Seconds between two snapshots; 0: only when stopping.")
    ] = 900
    let_through_key: Annotated[
        SecretStr | None,
        Field(description="Draws which holds a policy with a let_through_share lets through; without it none is."),
    ] = None
    keeper: Annotated[
        Keeper,
        Field(
            description="Who follows decisions, keeps the Center's clocks and pushes webhooks: a process beside the "
            "server, or inside the server's own, which decides more slowly then and needs less memory."
        ),
    ] = Keeper.BESIDE
    shadow_every_s: Annotated[
        float, Field(ge=0, description="Seconds until challengers and shadow rules listen again; 0: not by itself.")
    ] = 60
    drift_every_s: Annotated[
        float, Field(ge=0, description="Seconds until drift is measured again; 0: not by itself.")
    ] = 3_600
    drift_metrics: Annotated[
        Path | None,
        Field(description="The file of `antifraud drift --metrics`, which /metrics shows; default: in state_dir."),
    ] = None
    compare_every_s: Annotated[
        float,
        Field(ge=0, description="Seconds until challengers and rules are judged on live transfers; 0: not by itself."),
    ] = 3_600
    choosers: Annotated[
        str | None,
        Field(
            description="The participant whose officers, or the operator whose people, approve in the console what "
            "decides for everybody; without it only the command line does."
        ),
    ] = None
    shelf_poll_s: Annotated[float, Field(gt=0, description="Seconds between two looks at the shelf.")] = 2
    public_url: Annotated[
        str | None,
        Field(description="What browsers of people call us; needed unless they run on this machine. https:// only."),
    ] = None
    trusted_proxies: Annotated[
        str | None,
        Field(description="Addresses, with commas, of who ends TLS for us: X-Forwarded-For is believed from them."),
    ] = None
    oidc: Annotated[
        dict[str, ProviderSettings],
        Field(description="OpenID Connect providers by name, as JSON; docs/operations.md has an example."),
    ] = {}
    webhooks_to_loopback: Annotated[
        bool, Field(description="Let webhooks go to this machine too, by http: for tests and trials alone.")
    ] = False
    simulated: Annotated[
        bool, Field(description="All people and money here are fictional: every page of the console says so.")
    ] = False
    logs: Annotated[LogFormat, Field(description="How a line of the log looks: text, or json to collect.")] = (
        LogFormat.TEXT
    )
    traces_url: Annotated[
        str | None,
        Field(
            description="Where traces of requests go: OTLP by HTTP, as http://127.0.0.1:4318/v1/traces; "
            "needs the extra `traces`."
        ),
    ] = None
    host: Annotated[str, Field(description="The address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="The port to listen on.")] = 8000
    max_body_bytes: Annotated[int, Field(gt=0, description="Of one transfer or report.")] = Limits().body_bytes
    max_batch_bytes: Annotated[int, Field(gt=0, description="Of a batch.")] = Limits().batch_bytes
    max_on_the_way: Annotated[
        int, Field(gt=0, description="Transfers being decided at once, and reports being taken in; more get 503.")
    ] = Limits().on_the_way
    max_on_the_way_each: Annotated[
        int, Field(gt=0, description="Of one participant at once; it gets 503 for more, and others go on.")
    ] = Limits().on_the_way_each
    budget_ms: Annotated[
        int,
        Field(
            gt=0, description="For a decision; what is not decided by then is decided blind. Callers may ask for less."
        ),
    ] = Limits().budget_ms
    batch_budget_ms: Annotated[int, Field(gt=0, description="The same for the transfers of a batch.")] = (
        Limits().batch_budget_ms
    )
    patience_ms: Annotated[
        int, Field(gt=0, description="How long after its budget an answer may wait to be durable; then 503.")
    ] = Limits().patience_ms

    identifier_key: Annotated[
        SecretStr | None,
        Field(description="Hashes identifiers of people in the Center: 64 or more hex digits, kept for ever."),
    ] = None

    @field_validator("identifier_key")
    @classmethod
    def _hard_to_guess(cls, key: SecretStr | None) -> SecretStr | None:
        """Refuse a key that could be guessed."""
        if key is not None:
            try:
                usable_key(bytes.fromhex(key.get_secret_value()))
            except ValueError:
                raise _refusal("must be hex digits") from None
            except InvalidValue as short:
                raise _refusal(f"{short.problem} in hex, had {short.was}") from None
        return key

    @field_validator("let_through_key")
    @classmethod
    def _of_a_length(cls, key: SecretStr | None) -> SecretStr | None:
        """Refuse a key that is easily guessed or longer than the hash takes."""
        if key is not None and not _SHORTEST_KEY <= len(key.get_secret_value().encode()) <= _LONGEST_KEY:
            raise _refusal(f"must have {_SHORTEST_KEY} to {_LONGEST_KEY} bytes")
        return key

    @field_validator("base_currency")
    @classmethod
    def _known_currency(cls, currency: str) -> str:
        """Refuse a currency whose minor units nobody knows."""
        if currency not in MINOR_DIGITS:
            raise _refusal("must be a currency code of ISO 4217")
        return currency

    @field_validator("rates", mode="before")
    @classmethod
    def _read_rates(cls, given: object) -> object:
        """Read JSON by ourselves: the library would not say which variable was wrong."""
        if not isinstance(given, str):
            return given
        try:
            return json.loads(given)
        except ValueError as error:
            raise _refusal(f'must be JSON, as {{"USD": "520.5"}}: {error}') from None

    @field_validator("rates")
    @classmethod
    def _applicable_rates(cls, rates: dict[str, Decimal]) -> dict[str, Decimal]:
        """Refuse rates that could not be applied."""
        for currency, rate in rates.items():
            if currency not in MINOR_DIGITS:
                raise _refusal(f"{currency} is no currency code of ISO 4217")
            if not (rate.is_finite() and rate > 0):
                raise _refusal(f"the rate of {currency} must be above zero")
        return rates

    @property
    def book_url(self) -> str:
        """Return where the Center's book is: beside the decisions unless the operator says otherwise.

        >>> Settings(database_url="sqlite:///var/antifraud.db").book_url
        'sqlite:///var/center.db'
        """
        if self.center_url is not None:
            return self.center_url
        at = supported_url(self.database_url)
        if at.get_backend_name() != "sqlite" or not at.database:
            return self.database_url
        beside = Path(at.database).with_name("center.db")
        return at.set(database=str(beside)).render_as_string(hide_password=False)

    @property
    def drift_file(self) -> Path:
        """Return where the gauges of drift are."""
        return self.drift_metrics or self.state_dir / "drift.prom"

    @property
    def standings_file(self) -> Path:
        """Return where it is written how challengers and rules do."""
        return self.state_dir / "standings.json"

    @property
    def limits(self) -> Limits:
        """Return what one request, and all together, may bring."""
        return Limits(
            body_bytes=self.max_body_bytes,
            batch_bytes=self.max_batch_bytes,
            on_the_way=self.max_on_the_way,
            on_the_way_each=self.max_on_the_way_each,
            budget_ms=self.budget_ms,
            batch_budget_ms=self.batch_budget_ms,
            patience_ms=self.patience_ms,
        )

    @property
    def money(self) -> Rates:
        """Return the rates into the base currency."""
        return Rates(self.base_currency, self.rates)

    @field_validator("public_url")
    @classmethod
    def _read_by_nobody_else(cls, url: str | None) -> str | None:
        """Refuse an address over which passwords would be read on the way."""
        return None if url is None else safe_address(url)

    @property
    def reached_at(self) -> str:
        """Return what browsers of people call us."""
        return self.public_url or f"http://127.0.0.1:{self.port}"

    @property
    def identifier_secret(self) -> bytes:
        """Return the key of identifiers; raise Unavailable saying how to set it when it is missing."""
        if self.identifier_key is None:
            raise Unavailable("identifiers of people need a key: set ANTIFRAUD_IDENTIFIER_KEY (openssl rand -hex 32)")
        return bytes.fromhex(self.identifier_key.get_secret_value())

    @property
    def lot_key(self) -> bytes | None:
        """Return what draws the transfers that are let through to learn from; None draws none."""
        return None if self.let_through_key is None else self.let_through_key.get_secret_value().encode()

    @property
    def occurred_leeway(self) -> timedelta:
        """Return how far ahead of our clock a participant's may be."""
        return timedelta(seconds=self.occurred_leeway_s)


def read_settings(**given: object) -> Settings:
    """Return the settings of the environment, with those `given` (not None) in their place; say what is wrong."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_context=False)[0]
        name, *inside = map(str, first["loc"])
        variable = ".".join([f"ANTIFRAUD_{name.upper()}", *inside])
        raise InvalidValue(variable, first["msg"], None if name in _NEVER_SHOWN else first["input"]) from None


def _refusal(problem: str) -> PydanticCustomError:
    return PydanticCustomError("setting", "{problem}", {"problem": problem})
