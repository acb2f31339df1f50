"""Recordings that were imported without their sound."""

from collections.abc import Callable
from typing import final

from .._results import ImportedFile, ImportedRecording, ValidatedFile
from ._types import AnyPath

@final
class Imported:
    """The recordings of a store of which only another system's fingerprints were imported: `store.imported`. `len` counts
    them. `identify` finds them beside the others, and `Match.imported` says so.
    """
    def add(self, place: AnyPath, *, progress: Callable[[int, int | None], object] | None = None) -> list[ImportedFile]:
        """Imports the fingerprints that CityWok left at `place`, a pickle, an LMDB environment, a folder of them, or a folder
        with `fingerprints` and `checksums` as its bucket has them, and says what became of each file.

        Each file is one transaction; what was imported before is passed over, and what is wrong with a file is in its
        `error` and does not end the others. Recordings that the store has with their sound are left out. `progress` is
        called with the number of bytes of a file that were read and, if that is known, of all its bytes. Raises
        `NotFoundError` if there is no season at `place`, `IoError` if another process is writing.
        """
    def validate(
        self, place: AnyPath, *, progress: Callable[[int, int | None], object] | None = None
    ) -> list[ValidatedFile]:
        """Compares the files at `place` with what was imported of them: 1,000 hashes of each by the frames at which every
        recording has them, and all by whether there is such a hash. `progress` is called with the number of files that were
        compared, and None.
        """
    def list(self) -> list[ImportedRecording]:
        """Every imported recording, in the order in which they came."""
    def remove(self, id: str) -> ImportedRecording:
        """Removes what was imported of the recording with this id and gives its row. Raises `NotFoundError` if there is none."""
    def clear(self) -> int:
        """Removes all that was imported, and says of how many recordings."""
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...
