"""The analysts' registry, where it is installed and answers."""

import os
from typing import TYPE_CHECKING, Final

from antifraud.domain.errors import Unavailable

if TYPE_CHECKING:
    from models.registry import Registry

_LOCAL: Final = "sqlite:///var/mlflow.db"


def open_registry() -> "Registry":
    """Return the registry at MLFLOW_TRACKING_URI, or of this folder; raise Unavailable if there is none.

    It takes seconds to load and serving must not know it, so it is imported here and not above.
    """
    try:
        from models.registry import Registry
    except ModuleNotFoundError as missing:
        raise Unavailable(f"{missing.name} is not installed here: nothing is registered") from None
    return Registry(os.environ.get("MLFLOW_TRACKING_URI") or _LOCAL)
