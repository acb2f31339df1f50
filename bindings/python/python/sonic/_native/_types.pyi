"""What several parts of the module take."""

from os import PathLike
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from .._face_results import Person, StoredFace

class BinaryFile(Protocol):
    def read(self, size: int, /) -> bytes: ...

class ArrayInterface(Protocol):
    @property
    def __array_interface__(self) -> dict[str, Any]: ...

AnyPath: TypeAlias = str | PathLike[str]
AnySound: TypeAlias = AnyPath | bytes | bytearray | memoryview | BinaryFile
AnyPicture: TypeAlias = AnyPath | bytes | bytearray | memoryview | BinaryFile | npt.NDArray[np.uint8] | ArrayInterface
AnyFace: TypeAlias = int | StoredFace
AnyPerson: TypeAlias = int | Person
Metric: TypeAlias = Literal["euclidean", "cosine"]
Selection: TypeAlias = Literal["eom", "leaf"]
