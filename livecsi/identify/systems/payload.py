"""Named arrays as bytes for the catalogue, and back: what every system but the house's own stores."""

import io
from collections.abc import Mapping
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from livecsi.errors import UntrustedError

Arrays = Mapping[str, NDArray[Any]]


def pack_arrays(kind: str, arrays: Arrays) -> bytes:
    """An uncompressed archive, the same bytes for the same arrays; `kind` says who made it."""
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **{"kind": np.array(kind), **arrays})
    return file.getvalue()


def unpack_arrays(kind: str, payload: bytes) -> dict[str, NDArray[Any]]:
    """The inverse of `pack_arrays`; raises UntrustedError on damage, and on what another system packed."""
    try:
        with np.load(io.BytesIO(payload), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        if str(arrays.pop("kind")) != kind:
            raise ValueError(f"they are none of {kind}")
    except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
        raise UntrustedError(f"stored sequences cannot be read: {error}", "run `livecsi catalogue verify`") from error
    return arrays
