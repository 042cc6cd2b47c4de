"""LightGBM's own prediction calls, without the Python layer around them.

One row through the public Python class costs a hundred microseconds, most of it in checks and copies; the
C interface has a call for just that (`LGBM_BoosterPredictForMatSingleRowFast`, LightGBM's c_api.h). The Python
package itself is found and not imported: it brings scikit-learn, pandas and scipy, which only training needs and
which would make a server's start and its memory much larger.
"""

import ctypes
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from antifraud.domain.errors import DamagedFile

Floats = NDArray[np.float64]

_RAW_SCORE: Final = 1  # C_API_PREDICT_RAW_SCORE
_CONTRIB: Final = 3  # C_API_PREDICT_CONTRIB
_FLOAT64: Final = 1  # C_API_DTYPE_FLOAT64
_ONE_THREAD: Final = b"num_threads=1"
_ONE_BY_ONE: Final = 16  # rows at most that are not worth giving up the interpreter lock


def _library() -> Path:
    """Find LightGBM's shared library inside the installed package."""
    package = find_spec("lightgbm")
    for folder in (package.submodule_search_locations or []) if package else []:
        for library in sorted(Path(folder).glob("*/lib_lightgbm.*")):
            return library
    raise ImportError("lightgbm is not installed, or has no shared library in its package")


_PATH: Final = str(_library())
_LIB: Final = ctypes.CDLL(_PATH)
_LIB.LGBM_GetLastError.restype = ctypes.c_char_p


class Trees:
    """A trained booster, ready to be asked from one thread at a time."""

    def __init__(self, text: str) -> None:
        """Load LightGBM's text; raise DamagedFile if it is none."""
        self._handle, self._fast = ctypes.c_void_p(), ctypes.c_void_p()
        iterations, width = ctypes.c_int(), ctypes.c_int()
        try:
            _check(
                _LIB.LGBM_BoosterLoadModelFromString(
                    ctypes.c_char_p(text.encode()), ctypes.byref(iterations), ctypes.byref(self._handle)
                )
            )
        except RuntimeError as error:
            raise DamagedFile(f"LightGBM cannot read the model: {error}") from error
        _check(_LIB.LGBM_BoosterGetNumFeature(self._handle, ctypes.byref(width)))
        self._width = width.value
        _check(
            _LIB.LGBM_BoosterPredictForMatSingleRowFastInit(
                self._handle,
                ctypes.c_int(_RAW_SCORE),
                ctypes.c_int(0),
                ctypes.c_int(-1),
                ctypes.c_int(_FLOAT64),
                ctypes.c_int32(self._width),
                ctypes.c_char_p(_ONE_THREAD),
                ctypes.byref(self._fast),
            )
        )
        self._length = ctypes.c_int64()
        self._one = np.empty(1)
        self._one_at = ctypes.c_void_p(self._one.ctypes.data)
        self._length_at = ctypes.byref(self._length)
        # Loaded again so that this call keeps the interpreter lock: giving it up and getting it back takes ten
        # times as long as the microseconds it works.
        self._predict_one = ctypes.PyDLL(_PATH).LGBM_BoosterPredictForMatSingleRowFast

    def __del__(self) -> None:
        """Give back what the C side holds."""
        if self._fast:
            _LIB.LGBM_FastConfigFree(self._fast)
        if self._handle:
            _LIB.LGBM_BoosterFree(self._handle)

    def raw(self, vectors: Floats) -> Floats:
        """Return the raw score, log-odds, of each row [n, features]."""
        rows = self._rows_of(vectors)
        if rows > _ONE_BY_ONE:
            return self._predict(vectors, _RAW_SCORE, rows)
        contiguous = np.ascontiguousarray(
            vectors, np.float64
        )  # a row of a table that lies by columns is none in memory
        first, out = contiguous.ctypes.data, np.empty(rows)
        for row in range(rows):
            at = ctypes.c_void_p(first + row * contiguous.strides[0])
            _check(self._predict_one(self._fast, at, self._length_at, self._one_at))
            out[row] = self._one[0]
        return out

    def contributions(self, vectors: Floats) -> Floats:
        """Return each feature's share of the raw score, and the base value last: [n, features + 1]."""
        rows, shares = self._rows_of(vectors), self._width + 1
        return self._predict(vectors, _CONTRIB, rows * shares).reshape(rows, shares)

    def _rows_of(self, vectors: Floats) -> int:
        """Count rows; refuse another width, where the C side would read past their end."""
        if vectors.shape[1] != self._width:
            raise ValueError(f"a vector has {self._width} features, was {vectors.shape[1]}")
        return len(vectors)

    def _predict(self, vectors: Floats, kind: int, size: int) -> Floats:
        out, length = np.empty(size), ctypes.c_int64()
        contiguous = np.ascontiguousarray(vectors, np.float64)
        _check(
            _LIB.LGBM_BoosterPredictForMat(
                self._handle,
                ctypes.c_void_p(contiguous.ctypes.data),
                ctypes.c_int(_FLOAT64),
                ctypes.c_int32(contiguous.shape[0]),
                ctypes.c_int32(self._width),
                ctypes.c_int(1),
                ctypes.c_int(kind),
                ctypes.c_int(0),
                ctypes.c_int(-1),
                ctypes.c_char_p(_ONE_THREAD),
                ctypes.byref(length),
                ctypes.c_void_p(out.ctypes.data),
            )
        )
        return out


def _check(code: int) -> None:
    if code != 0:
        raise RuntimeError(_LIB.LGBM_GetLastError().decode())
