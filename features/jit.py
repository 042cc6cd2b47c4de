"""How kernels are compiled: once, cached on disk, on borrowed arrays."""

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compile a function that only works on arrays it is given.

    `_nrt=False` leaves out the counting of references to arrays, which costs these loops three times
    what they do; in exchange a kernel may not make arrays, and the caller keeps its own alive.
    """
    compile_it = cast(Callable[..., Callable[[F], F]], njit)
    return compile_it(cache=True, _nrt=False, error_model="numpy")(function)
