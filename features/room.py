"""Room for arrays as long as they will ever be: memory is taken as it is written to, and can be given back.

An array that grows by being copied stops every decision for as long as that takes: seconds, where the state is
large. Here only addresses are taken from the system, for all that could ever come.
"""

import mmap
import sys
from contextlib import suppress
from math import prod
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", bound=np.generic)

_SMALL: Final = 1 << 22  # bytes for which memory comes in small pages; what is larger is quicker in huge ones
# Linux: no memory is set aside for addresses. Python 3.11 has no name for it, and others never set any aside.
_FLAGS: Final = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | (0x4000 if sys.platform == "linux" else 0)


class Room(Generic[Number]):
    """One array of zeros, `rows` of it along the first axis."""

    def __init__(self, shape: tuple[int, ...], dtype: type[Number]) -> None:
        """Raise MemoryError if the system has not so many addresses."""
        self.row_bytes: Final = prod(shape[1:]) * np.dtype(dtype).itemsize
        length = max(1, shape[0] * self.row_bytes)
        try:
            self._pages = mmap.mmap(-1, length, flags=_FLAGS)
        except OSError as error:
            raise MemoryError(
                f"{length:,} bytes of addresses were refused ({error}): they take no memory, but vm.overcommit_memory "
                "must not be 2, and addresses must not be limited (ulimit -v)"
            ) from None
        if length > _SMALL and hasattr(mmap, "MADV_HUGEPAGE"):
            with suppress(OSError):  # a kernel without huge pages; it is only a hint
                self._pages.madvise(mmap.MADV_HUGEPAGE, _SMALL, length - _SMALL)
        self.array: Final[NDArray[Number]] = np.frombuffer(self._pages, dtype, prod(shape)).reshape(shape)

    def give_back(self, first: int, last: int) -> None:
        """Give the memory of rows [first, last) back, both multiples of the page's size; what they held is gone."""
        if self.row_bytes:
            self._pages.madvise(mmap.MADV_DONTNEED, first * self.row_bytes, (last - first) * self.row_bytes)
