"""Rows of a store as tables."""

from collections.abc import Iterator
from types import GenericAlias
from typing import Any, Generic, TypeVar, final

_Row = TypeVar("_Row", covariant=True)

@final
class Table(Generic[_Row]):
    """Rows of a store as a table: it implements the Arrow C stream interface, so that DuckDB, polars, pandas and pyarrow query
    it directly. Each column is named as the attribute of the row, but for times, which are timestamps in UTC.

    Iterating reads the store a page at a time and gives the rows themselves, in the order in which they were added; one
    that is added or removed meanwhile may or may not be among them. `len` counts the rows.
    """
    def __iter__(self) -> Iterator[_Row]: ...
    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def __class_getitem__(cls, key: Any) -> GenericAlias: ...

@final
class PeopleTable:
    """The people of an event, or of all, those who were merged into others too, as a table: it implements the Arrow C stream
    interface, so that DuckDB, polars, pandas and pyarrow query it directly. Each column is named as the attribute of
    `Person`, but for times, which are timestamps in UTC. The rows themselves are what `store.people(event)` gives.
    """
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

@final
class AllPeople:
    """The people of all events: `store.faces.people()`. Those of one are `store.people(event)`."""
    def table(self) -> PeopleTable:
        """The people of all events as a table for whatever reads Arrow (DuckDB, polars, pandas, pyarrow): a `PeopleTable`."""
