"""A Chroma server: what is done with its collections, with timeouts, tried again, told in words.

Not by Chroma's own `HttpClient`, which waits for ever, tries nothing again, asks three times before it can be used, and
puts a proxy's whole answer into an error. The token is sent as a header and stands in no error, log or repr. Knows
nothing of what is kept there.
"""

import itertools
import threading
import uuid
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlsplit

import tenacity

from index.errors import ServerError, StoreError
from index.server.address import Address
from index.server.faults import MISSING, PATIENCE, StatusError, is_missing, is_passing, look_at, told

TRIES, TRYING = 4, 30.0
"""How often something is tried at most, and after how many seconds no further try is begun; how long a try may take, is
said by `PATIENCE`, and by how slowly the server sends."""
WAIT = tenacity.wait_exponential_jitter(initial=0.2, max=2.0)
"""Between tries: some seconds in all, which a server that is started anew may take."""
WRITTEN, READ = 300, 300
"""Records at once: what Chroma Cloud takes."""
HNSW: Any = {"space": "ip", "ef_construction": 20, "ef_search": 50, "max_neighbors": 8}
"""Inner product, for unit vectors the cosine: by that measure Chroma gives back the vectors it was given, to the bit.
The rest as cheap as can be, since no question is asked of the server's graph."""
_Answer = TypeVar("_Answer")
_Given = ParamSpec("_Given")
Collection = Any
"""Chroma's; its own type asks for types of vectors and metadata that numpy and JSON do not meet."""


class Connection:
    """The collections of one database of a server. Safe to use from several threads; connects with the first call.

    Every method raises `ServerError` where the server does not answer as it should, after a few tries; `StoreError`
    where what it was to work on is not there.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self._where = {"tenant": address.tenant, "database": address.database}
        self._lock = threading.Lock()
        self._opened: Any = None
        self._closing: Callable[[], object] = lambda: None

    def close(self) -> None:
        """Give the connections back; the next call makes new ones."""
        with self._lock:
            self._opened = None
            self._closing()

    def collections(self) -> list[Collection]:
        """All collections, with their names and metadata."""
        found: list[Collection] = []
        while batch := self._tried(_listed, READ, len(found), **self._where):
            found += batch
        return found

    def collection(self, name: str) -> Collection | None:
        """The collection of a name, with its metadata as they are now; None where there is none."""
        return self._tried(_got, name, **self._where)

    def create(self, name: str, metadata: Mapping[str, Any] | None = None) -> Collection | None:
        """Make a collection; None where there is one of that name, which somebody else made."""
        # Of an answer that was lost nobody knows whether the collection was made: the mark tells.
        return self._tried(_created, name, {**(metadata or {}), "made": uuid.uuid4().hex}, **self._where)

    def rename(self, collection: Collection, name: str) -> bool:
        """Give this very collection another name; False where that is taken, or the collection gone."""
        return self._tried(_renamed, collection, name, **self._where)

    def note(self, collection: Collection, metadata: Mapping[str, Any]) -> None:
        """Give a collection other metadata."""
        self._tried(_noted, collection, dict(metadata))

    def drop(self, name: str) -> None:
        """Delete a collection, if it is there."""
        self._tried(_dropped, name, **self._where)

    def write(self, collection: Collection, records: Iterable[Mapping[str, Any]]) -> None:
        """Put records into a collection, in place of those with the same ids."""
        left = iter(records)
        while batch := list(itertools.islice(left, WRITTEN)):
            self._tried(_written, collection, {key: [one[key] for one in batch] for key in batch[0]})

    def document(self, collection: Collection, identity: str) -> str:
        """The document of one record; "" where there is no such record."""
        return self._tried(_document, collection, identity)

    def read(self, collection: Collection, include: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Every record of a collection, in any order, as a mapping with "ids" and what is to be included."""
        for start in range(0, self._tried(_counted, collection), READ):
            page = self._tried(_page, collection, start, include)
            for place, identity in enumerate(page["ids"]):
                yield {"ids": identity, **{key: page[key][place] for key in include}}

    def _tried(
        self, step: Callable[Concatenate[Any, _Given], _Answer], *given: _Given.args, **named: _Given.kwargs
    ) -> _Answer:
        """What a step comes to, tried again while the server, or the way to it, fails: it bears being done twice."""
        attempts = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(TRIES) | tenacity.stop_after_delay(TRYING),
            wait=WAIT,
            retry=tenacity.retry_if_exception(is_passing),
            reraise=True,
        )
        try:
            return attempts(lambda: step(self._api(), *given, **named))
        except Exception as error:  # noqa: BLE001  # whatever Chroma and what stands before it may raise
            if is_missing(error):
                raise StoreError(f"{self.address}: {MISSING}") from None
            said = told(error, self.address.token.get_secret_value())
            raise ServerError(f"{self.address}: {said}") from None

    def _api(self) -> Any:
        with self._lock:
            if self._opened is None:
                self._opened = _open(self.address)
                # Chroma's own `close` leaves the session open; so would whoever forgets to call ours.
                self._closing = weakref.finalize(self, self._opened._session.close)  # noqa: SLF001
            return self._opened


def _open(address: Address) -> Any:
    """Chroma's interface to a server, with timeouts, and with nothing left to the environment or to some .env."""
    from chromadb.api import ServerAPI
    from chromadb.config import Settings, System

    parts, token = urlsplit(address.url), address.token.get_secret_value()
    settings = Settings(
        _env_file=None,
        chroma_api_impl="chromadb.api.fastapi.FastAPI",
        chroma_server_host=address.url.rstrip("/"),
        chroma_server_http_port=parts.port or 0,
        chroma_server_ssl_enabled=parts.scheme == "https",
        chroma_server_headers={"x-chroma-token": token} if token else {},
        chroma_server_ssl_verify=True,
        chroma_server_api_default_path="/api/v2",
        chroma_client_auth_provider=None,
        chroma_client_auth_credentials=None,
        chroma_otel_collection_endpoint="",
        chroma_otel_granularity=None,
        anonymized_telemetry=False,
    )
    api: Any = System(settings).instance(ServerAPI)  # type: ignore[type-abstract]  # made by its name
    api._session.timeout = PATIENCE  # noqa: SLF001  # there is no setting for it
    api._session.follow_redirects = False  # noqa: SLF001  # a redirect would carry the token elsewhere
    api._session.event_hooks = {"response": [look_at]}  # noqa: SLF001
    return api


def _listed(api: Any, /, limit: int, offset: int, **where: str) -> Sequence[Any]:
    found: Sequence[Any] = api.list_collections(limit=limit, offset=offset, **where)
    return found


def _got(api: Any, /, name: str, **where: str) -> Collection | None:
    from chromadb.errors import NotFoundError

    try:
        return _opened(api, api.get_collection(name, **where))
    except NotFoundError:
        api.get_database(where["database"], tenant=where["tenant"])  # raises, where it is that which is missing
        return None


def _created(api: Any, /, name: str, metadata: dict[str, Any], **where: str) -> Collection | None:
    from chromadb.api.collection_configuration import CreateCollectionConfiguration

    try:
        configuration = CreateCollectionConfiguration(hnsw=HNSW)
        return _opened(api, api.create_collection(name, configuration=configuration, metadata=metadata, **where))
    except StatusError as error:
        if error.status != 409:  # noqa: PLR2004  # there is one of that name
            raise
        found = _got(api, name, **where)
        return found if found is not None and (found.metadata or {}).get("made") == metadata["made"] else None


def _renamed(api: Any, /, collection: Collection, name: str, **where: str) -> bool:
    from chromadb.errors import ChromaError

    try:
        api._modify(collection.id, new_name=name, **where)  # noqa: SLF001  # what `Collection.modify` calls
    except (ChromaError, StatusError):  # a local server calls a name that is taken an error of its own
        found = _got(api, name, **where)
        if found is None and _is_there(api, collection, **where):
            raise
        return found is not None and bool(found.id == collection.id)
    return True


def _is_there(api: Any, /, collection: Collection, **where: str) -> bool:
    from chromadb.errors import NotFoundError

    try:
        api._count(collection_id=collection.id, **where)  # noqa: SLF001
    except NotFoundError:
        return False
    return True


def _noted(_: Any, /, collection: Collection, metadata: dict[str, Any]) -> None:
    collection.modify(metadata=metadata)


def _dropped(api: Any, /, name: str, **where: str) -> None:
    from chromadb.errors import NotFoundError

    try:
        api.delete_collection(name, **where)
    except NotFoundError:
        return


def _written(_: Any, /, collection: Collection, columns: dict[str, Any]) -> None:
    collection.upsert(**columns)


def _document(_: Any, /, collection: Collection, identity: str) -> str:
    documents = collection.get(ids=[identity], include=["documents"])["documents"]
    return str(documents[0]) if documents else ""


def _counted(_: Any, /, collection: Collection) -> int:
    return int(collection.count())


def _page(_: Any, /, collection: Collection, start: int, include: Sequence[str]) -> Any:
    return collection.get(limit=READ, offset=start, include=list(include))


def _opened(api: Any, /, model: Any) -> Collection:
    from chromadb.api.models.Collection import Collection as Opened

    return Opened(api, model, None)
