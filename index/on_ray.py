"""On Ray: the stories of a build are read, split and embedded by the workers of a Ray cluster.

The program that builds (the *driver*) runs on a machine of the cluster. A task there reads the files, portion by
portion; worker processes, one for each GPU or group of CPU cores, make of them what a build on one machine would, with
the same `Embedder` and with this very code, which is sent to them; what they made comes back in order. A worker that
dies is replaced and its portion made again. Knows nothing of indexes, nor of where clusters are (`ray_cluster.py`).
"""

import logging
import pickle
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from index import threads
from index.embedding import Embedder
from index.errors import ClusterError, CrossroadsError, SettingsError
from index.portions import Asked, Here, Made, portions, read_file
from index.ray_cluster import Team, connected, failures_of, reachable, require_ray, team_of

TRIES = 3
"""Workers that may die over a portion before it is given up."""
RAYS_THREADS = ("StreamingExecutor-", "ray-data-")
"""How the names begin of the threads that work a dataset off."""
ENDING_SECONDS = 30
"""How long each of them may take to end what it is at."""


class RayWorkers:
    """The workers of a Ray cluster; `Workers` of a build. Use it in a `with`, which ends the connection.

    While it is entered, what is printed goes to standard error: Ray prints what becomes of its workers.
    """

    def __init__(self, address: str, embedder: Embedder, device: str, tell: Callable[[str], object]) -> None:
        """Check the address. Nothing is connected before there is work; then `tell` is told who does it.

        `address` is HOST:PORT, "auto" for the cluster that this machine belongs to, "local" for one of this machine
        alone, or "": RAY_ADDRESS if that is set, else local. `device` is as in `Settings.device`. Raises
        `ClusterError` where Ray is not installed or nobody answers, `SettingsError` for what is no address or device.
        """
        require_ray()
        if device not in {"auto", "cpu", "cuda"}:
            raise SettingsError(
                f"CROSSROADS_DEVICE={device}: with --ray each worker gets a GPU of its own, or none. "
                "Use auto, cpu or cuda."
            )
        self._address = reachable(address)
        self._embedder, self._device, self._tell = embedder, device, tell
        self._connection = ExitStack()
        self._team: Team | None = None

    def __enter__(self) -> Self:
        self._connection.enter_context(redirect_stdout(sys.stderr))
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def __str__(self) -> str:
        """What passages are embedded on, as a report says it."""
        return f"Ray: {self._team}" if self._team else "Ray"

    def made(self, folder: Path, asked: Sequence[Asked]) -> Iterator[Sequence[Made]]:
        """What becomes of the stories asked for, portion by portion, in order of their ids.

        Raises `ClusterError` where the cluster cannot finish, and what an `Embedder` raises.
        """
        if self._team is None:
            self._connection.enter_context(connected(self._address))
            self._team = team_of(self._device)
            self._tell(f"Embedding on Ray ({self._address}): {self._team}.")
        known = {one.story_id: one for one in asked}
        rows = [
            {"number": number, "asked": pickle.dumps([known[identity] for identity in portion])}
            for number, portion in enumerate(portions(folder, list(known), self._team.device))
        ]
        # Closed before the connection is, whoever fails meanwhile.
        found = self._connection.enter_context(closing(_rows(_dataset(rows, folder, self._team, self._embedder))))
        with failures_of(self._address):
            for row in found:
                outcome = pickle.loads(row["made"])  # noqa: S301  # what our own workers made
                if isinstance(outcome, CrossroadsError):
                    raise outcome
                yield outcome


@dataclass(frozen=True)
class _Model:
    """Which model a worker embeds with, and what it has to be."""

    name: str
    fingerprint: str


class _Diary:
    """An actor beside the driver: how often each portion was begun, and how far it came the last time.

    Ray makes anew what died, for ever; a story that kills whoever reads it has to be told.
    """

    def __init__(self) -> None:
        self._begun: dict[int, int] = {}
        self._at: dict[int, str] = {}

    def begin(self, number: int) -> tuple[int, str]:
        """How often a portion was begun before, and where it stood when it was left."""
        before = self._begun.get(number, 0)
        self._begun[number] = before + 1
        return before, self._at.get(number, "")

    def note(self, number: int, story_id: str) -> None:
        """Keep which story of a portion is being read."""
        self._at[number] = story_id


class _Worker:
    """An actor: makes portions of stories with an embedder of its own."""

    def __init__(self, model: _Model, team: Team, diary: Any) -> None:
        self._model, self._team, self._diary = model, team, diary
        self._embedder: Embedder | None = None

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """Make one portion: pickled `Made`s, or the error that a user has to see."""
        number, files = int(batch["number"][0]), pickle.loads(batch["files"][0])  # noqa: S301  # as the driver sent it
        try:
            outcome: Any = self._made(number, files)
        except CrossroadsError as error:
            outcome = error
        return {"made": np.array([pickle.dumps(outcome, protocol=5)], dtype=object)}

    def _made(self, number: int, files: Sequence[Any]) -> list[Made]:
        import ray

        before, left_at = ray.get(self._diary.begin.remote(number))
        if before >= TRIES:
            of_all = "one of " if len(files) > 1 else ""
            named = left_at or of_all + ", ".join(file.story_id for file in files)
            raise ClusterError(
                f"{named}: {before} workers died over it, of too little memory perhaps. Nothing was published. Give "
                "workers more memory, or take the story out of the folder; then build again: what is finished is kept."
            )

        def at(story_id: str) -> None:
            if before:  # only where a worker died: waiting for the diary to be written takes time
                ray.get(self._diary.note.remote(number, story_id))

        (made,) = Here(self._ready(), at).work_off([files])
        return made

    def _ready(self) -> Embedder:
        """The embedder, which has to be the driver's."""
        import ray

        if self._embedder is not None:
            return self._embedder
        node = ray.util.get_node_ip_address()  # type: ignore[no-untyped-call]  # Ray types it not
        threads.keep_to(max(self._team.cores, 1))
        embedder = Embedder(self._model.name, self._team.device)
        try:
            found = embedder.fingerprint
        except CrossroadsError as error:
            raise type(error)(f"On the node {node}: {error}") from error
        if found != self._model.fingerprint:
            raise ClusterError(
                f"CROSSROADS_EMBEDDER={self._model.name}: on the node {node} that is the model {found}, here it is "
                f"{self._model.fingerprint}. Put the same one there, and build again."
            )
        self._embedder = embedder
        return embedder


def _dataset(rows: Sequence[Mapping[str, Any]], folder: Path, team: Team, embedder: Embedder) -> Any:
    """The portions as a dataset of Ray's: read on this machine, worked off by the team, in order."""
    import ray
    from ray.data import ActorPoolStrategy, DataContext

    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # what goes wrong is raised, and told by us
    context = DataContext.get_current()
    context.enable_progress_bars = context.enable_operator_progress_bars = False
    context.print_on_execution_start = context.use_ray_tqdm = False
    context.execution_options.preserve_order = True
    here = {"ray.io/node-id": ray.get_runtime_context().get_node_id()}
    diary = ray.remote(_Diary).options(num_cpus=0, label_selector=here).remote()
    name = Path(embedder.name).expanduser()
    model = _Model(str(name.resolve()) if name.is_dir() else embedder.name, embedder.fingerprint)
    workers = min(team.workers, len(rows))
    return (
        ray.data.from_items(list(rows), override_num_blocks=len(rows))
        .map(_read, fn_args=(str(folder.resolve()),), num_cpus=0, label_selector=here)  # type: ignore[arg-type]
        .map_batches(
            _Worker,
            fn_constructor_args=(model, team, diary),
            batch_size=1,
            compute=ActorPoolStrategy(
                min_size=1, max_size=workers, initial_size=workers, max_tasks_in_flight_per_actor=2
            ),
            num_cpus=team.cores,
            num_gpus=1 if team.device == "cuda" else 0,
            memory=team.memory or None,
        )
    )


def _rows(dataset: Any) -> Generator[dict[str, Any], None, None]:
    """The rows of a dataset, in order. When this is closed, no thread of Ray's is at work for it any more.

    Not by `iter_rows`: its threads go on for a while, and one that asks Ray for something when the connection is closed
    makes Ray end the whole process.
    """
    import ray
    from ray.data.block import BlockAccessor

    bundles = iter(dataset.iter_internal_ref_bundles())
    try:
        for bundle in bundles:
            for entry in bundle.blocks:
                yield from BlockAccessor.for_block(ray.get(entry.ref)).iter_rows(public_row_format=True)
    finally:
        del bundles  # which tells the threads to end
        for thread in threading.enumerate():
            if thread.name.startswith(RAYS_THREADS):
                thread.join(ENDING_SECONDS)


def _read(row: dict[str, Any], folder: str) -> dict[str, Any]:
    """On the driver's machine: the files of a portion, so that no other has to see the folder."""
    files = [read_file(Path(folder), asked) for asked in pickle.loads(row["asked"])]  # noqa: S301  # as `made` wrote it
    return {"number": row["number"], "files": pickle.dumps(files, protocol=5)}
