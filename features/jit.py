"""How kernels are compiled: once, cached on disk, on borrowed arrays."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast

import numba
from numba import njit

F = TypeVar("F", bound=Callable[..., object])

_SOURCES = ("jit.py", "layout.py", "pair_table.py", "pins.py", "kernels.py", "slots.py", "sweeps.py")


def _cache() -> str:
    """Return a folder that only these very sources share.

    numba looks at the one file a function stands in; constants that a kernel takes from another file would
    stay as they were. Outside the sources it also works where they are installed read-only.
    """
    here = Path(__file__).parent
    sources = b"".join((here / name).read_bytes() for name in _SOURCES)
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return str(Path(base) / "antifraud" / "kernels" / hashlib.sha256(sources).hexdigest()[:16])


setattr(numba.config, "CACHE_DIR", os.environ.get("NUMBA_CACHE_DIR") or _cache())  # noqa: B010  the module is typed without it


def kernel(function: F) -> F:
    """Compile a function that only works on arrays it is given.

    `_nrt=False` leaves out the counting of references to arrays, which costs these loops three times
    what they do; in exchange a kernel may not make arrays, and the caller keeps its own alive.
    """
    return _compiled(function, nogil=False)


def sweep(function: F) -> F:
    """Compile a kernel over whole columns: other threads run meanwhile.

    A kernel of microseconds does not let go of the interpreter, for it would wait for it longer than it works.
    """
    return _compiled(function, nogil=True)


def _compiled(function: F, *, nogil: bool) -> F:
    compile_it = cast(Callable[..., Callable[[F], F]], njit)
    return compile_it(cache=True, nogil=nogil, _nrt=False, error_model="numpy")(function)
