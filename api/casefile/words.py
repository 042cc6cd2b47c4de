"""What a case file says, in Kazakh, Russian and English; what people wrote is never translated."""

import json
from collections.abc import Mapping
from enum import StrEnum
from importlib.resources import files
from typing import Final


class Tongue(StrEnum):
    """A language of case files."""

    KK = "kk"
    RU = "ru"
    EN = "en"


_SAID: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = json.loads(
    files(__package__).joinpath("words.json").read_bytes()
)


def texts(tongue: Tongue) -> Mapping[str, str]:
    """Return what the document says by name."""
    return {name: said[tongue.value] for name, said in _SAID["texts"].items()}


def states(tongue: Tongue) -> Mapping[str, str]:
    """Return how states and kinds of fraud are called."""
    return {name: said[tongue.value] for name, said in _SAID["states"].items()}
