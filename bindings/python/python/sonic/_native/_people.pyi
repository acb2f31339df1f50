"""The people of an event."""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, TypeAlias, final

from .._face_results import ArchivedEvent, ClusterReport, ForgottenFaces, MergedPeople, Person, StoredFace, Tag
from ._tables import PeopleTable
from ._types import AnyFace, AnyPerson

_List: TypeAlias = list  # `People.list` is a method.

@final
class People:
    """The people of an event: `store.people(event)`. `len` counts them, iterating gives them, without those who were merged
    into others.

    What the user decides stays: a decision about a person holds the person, and the faces it has then, through every
    clustering that follows. Two faces of one photo are never one person. Each call is one transaction. A person is named
    by its id or its row, and so is a face; `NotFoundError` is raised if the event has none of that id, and
    `InvalidArgumentError` if the person was merged into another.
    """
    @property
    def event(self) -> str:
        """The event."""
    def cluster(
        self,
        *,
        preset: Literal["default", "dbscan"] = "default",
        mode: Literal["full", "incremental"] | None = None,
        method: Literal["hdbscan", "dbscan"] | None = None,
        assign_similarity: float | None = None,
        assign_to: Literal["mean", "representative"] | None = None,
        min_cluster_size: int | None = None,
        min_samples: int | None = None,
        epsilon: float | None = None,
        min_similarity: float | None = None,
        gather_similarity: float | Literal[False] | None = None,
        min_quality: float | None = None,
        min_size: float | None = None,
        min_sharpness: float | None = None,
        single_quality: float | Literal[False] | None = None,
        threads: int = 0,
        progress: Callable[[float], object] | None = None,
    ) -> ClusterReport:
        """Finds out who is on the photos: clusters the faces, and gives each cluster the person it was before. A
        `ClusterReport`.

        Options that are None are those of the `preset`: "default", or "dbscan" (DBSCAN of the
        unassigned faces). `mode` is "full" (all faces may move but those that a decision holds) or "incremental"
        (only unassigned ones), `method` "hdbscan" or "dbscan". From a cosine of `assign_similarity` on a face
        is of a person who is there, compared with the "mean" of the person's faces or its "representative"
        (`assign_to`). `min_cluster_size`, `min_samples` and `epsilon` (a cosine distance) are those of the method. A
        face less like the others of its cluster than `min_similarity` is left out; faces left over are one person, or
        join the one they are most like, from `gather_similarity` on (False: never). Faces of a score below
        `min_quality`, smaller than `min_size` pixels or of a lower sharpness than `min_sharpness` take no part in
        clusters; from `single_quality` on a face that is like no other is a person too (False: never). `progress` is
        called with the part that is done, 0 to 1; what it raises before 1, and Ctrl-C, end the work, and nothing is
        changed then.
        """
    def list(self) -> _List[Person]:
        """Everybody but those who were merged into others, in the order in which they were found."""
    def get(self, person_id: AnyPerson) -> Person | None:
        """The person with this id, one that was merged into another too; None if there is none."""
    def faces_of(self, person: AnyPerson) -> _List[StoredFace]:
        """The faces of a person, in the order in which they were added: a list of `StoredFace`."""
    def unassigned(self) -> _List[StoredFace]:
        """The unassigned faces, in the order in which they were added: a list of `StoredFace`."""
    def tags(self) -> _List[Tag]:
        """Which photos show which linked user: a list of `Tag`, in order of photo and user."""
    def link(self, person: AnyPerson, user_id: str) -> Person:
        """Says which user a person is; anybody may be linked anew, and several people may be one user."""
    def invite(self, person: AnyPerson, email: str) -> Person:
        """Notes that somebody was invited to say that it is they."""
    def rename(self, person: AnyPerson, name: str | None) -> Person:
        """Gives a person a name for people, or with None takes it away."""
    def ignore(self, person: AnyPerson) -> Person:
        """Says that who it is does not matter. The person goes on gathering faces, so that they do not come back as
        somebody new.
        """
    def unignore(self, person: AnyPerson) -> Person:
        """Takes back that a person is ignored: it is linked, invited or pending as it was before."""
    def merge(self, person: AnyPerson, into: AnyPerson) -> MergedPeople:
        """Says that two people are one: the faces of `person` are those of `into` from now on. Where a photo has both, the
        face that is less like the rest is unassigned. A `MergedPeople`. Raises `MismatchError` if they were said not to
        be the same, or are linked to different users.
        """
    def split(self, person: AnyPerson, faces: Iterable[AnyFace]) -> Person:
        """Says that some faces of a person are somebody else, and gives that new person. The two are never one again."""
    def create(self, faces: Iterable[AnyFace]) -> Person:
        """Makes a person of faces, whoever they were of before."""
    def assign(self, face: AnyFace, person: AnyPerson) -> Person:
        """Says that a face is of a person. A face of the same photo that clustering gave to the person is taken from it.
        Raises `MismatchError` if the person has another face of the same photo by decision.
        """
    def unassign(self, face: AnyFace) -> Person | None:
        """Says that a face is not of the person it is put to; it is unassigned then. Gives that person; None if the face was
        unassigned before.
        """
    def not_person(self, face: AnyFace, person: AnyPerson) -> Person:
        """Says that a face is not of a person, whether it is put there or not."""
    def not_same(self, a: AnyPerson, b: AnyPerson) -> None:
        """Says that two people are not the same, so that they are never merged."""
    def maybe_same(self, a: AnyPerson, b: AnyPerson) -> None:
        """Takes back that two people are not the same."""
    def pin_representative(self, person: AnyPerson, face: AnyFace | None) -> Person:
        """Makes a face stand for its person, or with None again the one of the greatest score."""
    def forget_user(self, user_id: str) -> ForgottenFaces:
        """As `Faces.forget_user`, in this event only."""
    def report(self, *, max_faces: int = 60, thumbnail_size: int = 160, date: str | None = None) -> str:
        """The people as one HTML page to look at, without scripts, that loads nothing: a row a person, then the unassigned
        faces, at most `max_faces` of each. `date` is what it says about when it was made. Raises `NotFoundError` if there
        is no such event.
        """
    def forget_person(self, person: AnyPerson) -> ForgottenFaces:
        """Forgets a person, with those that were merged into it: all their faces with the embeddings, and their tags. The
        photos stay, with the others on them.
        """
    def remove(self) -> ForgottenFaces:
        """As `Faces.remove_event`."""
    def archive(self) -> ArchivedEvent:
        """As `Faces.archive`."""
    def table(self) -> PeopleTable:
        """The people as a table for whatever reads Arrow (DuckDB, polars, pandas, pyarrow): a `PeopleTable`."""
    def __iter__(self) -> Iterator[Person]: ...
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...
