"""The index's commands: `python -m index build | add | remove | fetch | status | search | export`, with `--help`."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from index import telling
from index.embedding import Embedder
from index.errors import CrossroadsError, SettingsError, StoriesError
from index.export import lines, save
from index.filters import add_flags, from_flags
from index.folder import make_folder
from index.generation import Pointer
from index.intake import Added, Duplicate, add_path, add_url
from index.intake.holdings import Holdings
from index.intake.removal import remove_story
from index.live import LiveIndex
from index.opening import open_store
from index.processes import allow_open_files, print_anything, print_no_more
from index.query import Sought
from index.rebuild import RebuildReport, plan_rebuild, rebuild
from index.settings import Settings
from index.sharing import lacking, published, refuse_to_take_away
from index.store import PassageStore
from index.stories import Fault

if TYPE_CHECKING:
    from index.on_ray import RayWorkers

NICENESS = 10
# Builds and fetches leave the processor to whoever is answering meanwhile.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0, 1 where it was done in part, 2 after an error told in one message."""
    options = _parser().parse_args(arguments)
    allow_open_files()
    print_anything()
    try:
        settings = Settings.load(
            stories=options.stories, index=options.index, embedder=options.embedder, device=options.device
        )
        return int(options.command(options, settings))
    except CrossroadsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        print_no_more()
        return 0
    except KeyboardInterrupt:
        print("stopped; what was published before still is", file=sys.stderr)
        return 130


def build(options: argparse.Namespace, settings: Settings) -> int:
    """Read the stories, embed what is new, publish; print a report. With `--dry-run`, print what would be done."""
    if options.dry_run:
        store, embedder = _opened(settings)
        wanted = plan_rebuild(settings.stories, store, embedder, options.mode)
        _print(options, asdict(wanted), telling.plan_lines(wanted))
        return 0
    report, computed = _build(options, settings)
    _print(options, _report_json(report), _report_lines(report, settings, computed))
    return 0


def add(options: argparse.Namespace, settings: Settings) -> int:
    """Copy stories into the stories folder and build; 1 where some could not be added."""
    store, _ = _opened(settings)
    refuse_to_take_away(settings.stories, store, lacking(settings.stories, store))
    is_new = make_folder(settings.stories)
    holdings = Holdings(settings.stories, store.words_digests())
    outcomes = [outcome for source in options.sources for outcome in _added(holdings, source)]
    faults = [outcome for outcome in outcomes if isinstance(outcome, Fault)]
    if len(faults) == len(outcomes):
        if is_new:
            with suppress(OSError):  # somebody else has put a story there meanwhile
                settings.stories.rmdir()
        raise StoriesError("\n".join(f"{fault.file}: {fault.what}" for fault in faults))
    told = {"stories": [telling.outcome_json(outcome) for outcome in outcomes], "build": None}
    if not options.json:  # at once: the build may take long, or be killed
        into = f"To {settings.stories}{', a new folder' if is_new else ''}:"
        print("\n".join([into, *map(telling.added_line, outcomes)]), flush=True)
    try:
        report, computed = _build(options, settings)
    except (CrossroadsError, KeyboardInterrupt):
        outstanding = {one.story_id for one in outcomes if isinstance(one, Added)} - published(store)
        waits = "What is new there is in no index yet: `python -m index build` takes it up."
        _print(options, told, [waits] if outstanding else [])
        raise
    _print(options, {**told, "build": _report_json(report)}, _report_lines(report, settings, computed))
    return int(bool(faults))


def remove(options: argparse.Namespace, settings: Settings) -> int:
    """Take a story out of the folder and the index, and prove it; 1 where something of it is still there."""
    removal = remove_story(settings.stories, options.id, *_opened(settings))
    _print(options, telling.removal_json(removal), telling.removal_lines(removal, settings.index_folder))
    return int(bool(removal.traces))


def fetch(options: argparse.Namespace, settings: Settings) -> int:
    """Bring this computer's mirror of a Chroma server's library up to date."""
    if not settings.chroma_url:
        raise SettingsError(
            "CROSSROADS_CHROMA_URL: it is not set, so there is nothing to fetch from. Set it, or build."
        )
    _step_back()
    store = open_store(settings)
    if options.mode == "thorough":
        store.suspect()
    store.refresh()
    pointer = store.published()
    _print(options, _pointer_json(store, pointer), telling.pointer_lines(pointer, store.folder))
    return 0


def status(options: argparse.Namespace, settings: Settings) -> int:
    """Say what is published."""
    store = open_store(settings)
    pointer = store.published()
    _print(options, _pointer_json(store, pointer), telling.pointer_lines(pointer, store.folder))
    return 0


def search(options: argparse.Namespace, settings: Settings) -> int:
    """Print the best passages for some words."""
    sought = Sought(options.words, filters=from_flags(options))
    hits = LiveIndex.from_settings(settings).search(sought, options.count)
    numbered = enumerate(hits, start=1)
    lines = [line for number, hit in numbered for line in telling.hit_lines(number, hit, explain=options.explain)]
    _print(options, [telling.hit_json(hit) for hit in hits], lines)
    return 0


def export(options: argparse.Namespace, settings: Settings) -> int:
    """Write every story and passage of the index as JSONL, to a file or to the terminal."""
    store = open_store(settings)
    store.published()
    if options.out is None:
        sys.stdout.writelines(lines(store.open()))
    else:
        save(store.open(), options.out)
        print(f"{options.out} is written.")
    return 0


def _added(holdings: Holdings, source: str) -> Sequence[Added | Duplicate | Fault]:
    """What came of one source; an error does not keep the others out."""
    try:
        return (add_url(holdings, source),) if "://" in source else add_path(holdings, Path(source))
    except StoriesError as error:
        told = str(error).removeprefix(f"{source}: ").removeprefix(f"{Path(source).name}: ")
        return (Fault(source, told),)


def _build(options: argparse.Namespace, settings: Settings) -> tuple[RebuildReport, str]:
    """The report, and on what passages were embedded."""
    _step_back()
    store, embedder = _opened(settings)
    out = sys.stdout  # which Ray, where it is used, does not get hold of
    with ExitStack() as used:
        workers = used.enter_context(_on_ray(options.ray, embedder, settings)) if options.ray is not None else None
        bar = used.enter_context(
            tqdm(unit=" passages", desc="Embedding", disable=options.json or options.progress or None, leave=False)
        )

        def progress(done: int, total: int) -> None:
            if options.progress:
                print(json.dumps({"embedded": done, "total": total}), file=out, flush=True)
            bar.total = total
            bar.update(done - bar.n)

        leaving = None if options.remove_missing else ()
        report = rebuild(settings.stories, store, embedder, options.mode, progress, workers=workers, leaving=leaving)
    if not report.embedded:
        return report, ""
    return report, str(workers) if workers else f"{embedder.device} ({embedder.precision})"


def _step_back() -> None:
    """Leave the processor to whoever answers questions."""
    with suppress(AttributeError, OSError):  # other systems than POSIX have no niceness, or forbid it
        os.nice(NICENESS)


def _pointer_json(store: PassageStore, pointer: Pointer) -> dict[str, Any]:
    return {"index": str(store.folder), **asdict(pointer), "passages": pointer.passages, "stories": pointer.stories}


def _on_ray(address: str, embedder: Embedder, settings: Settings) -> "RayWorkers":
    from index.on_ray import RayWorkers

    return RayWorkers(address, embedder, settings.device, lambda line: print(line, file=sys.stderr, flush=True))


def _opened(settings: Settings) -> tuple[PassageStore, Embedder]:
    return open_store(settings), Embedder(settings.embedder, settings.device)


def _report_json(report: RebuildReport) -> dict[str, Any]:
    return {**asdict(report), "seconds": round(report.seconds, 3)}


def _report_lines(report: RebuildReport, settings: Settings, computed: str) -> list[str]:
    return telling.report_lines(report, settings.index_folder, computed)


def _print(options: argparse.Namespace, told: Any, lines: Sequence[str]) -> None:
    """Print as JSON if that was asked for, else in words."""
    print(json.dumps(told, ensure_ascii=False) if options.json else "\n".join(lines))


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--stories", type=Path, help="folder of the stories (CROSSROADS_STORIES)")
    shared.add_argument("--index", type=Path, help="folder of the index (CROSSROADS_INDEX)")
    shared.add_argument("--embedder", help="sentence-transformers model, name or folder (CROSSROADS_EMBEDDER)")
    shared.add_argument("--device", help="auto, cpu, cuda, cuda:N or mps (CROSSROADS_DEVICE)")
    shared.add_argument("--json", action="store_true", help="print JSON")
    shared.set_defaults(mode="changes", progress=False, ray=None, remove_missing=False)
    parser = argparse.ArgumentParser(prog="python -m index", description="Build and look into the index of stories.")
    commands = parser.add_subparsers(required=True, metavar="build | add | remove | fetch | status | search | export")

    made = commands.add_parser("build", parents=[shared], help="bring the index up to the stories folder")
    how = made.add_mutually_exclusive_group()
    how.add_argument("--force", dest="mode", action="store_const", const="everything", help="make everything anew")
    how.add_argument("--check", dest="mode", action="store_const", const="thorough", help="find and mend all damage")
    made.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    made.add_argument("--progress", action="store_true", help="print how far it is, each time as a line of JSON")
    made.add_argument(
        "--remove-missing",
        action="store_true",
        help="take stories that have no file here out of a library that other computers share",
    )
    made.add_argument(
        "--ray",
        nargs="?",
        const="",
        metavar="ADDRESS",
        help="build on a Ray cluster: HOST:PORT or auto; alone, RAY_ADDRESS if that is set, else this machine",
    )
    made.set_defaults(command=build)

    put = commands.add_parser("add", parents=[shared], help="copy stories into the stories folder, and build")
    put.add_argument("sources", nargs="+", metavar="PATH|URL", help="a file, a folder of files, or a web page")
    put.set_defaults(command=add)

    taken = commands.add_parser("remove", parents=[shared], help="delete a story from the folder and from the index")
    taken.add_argument("id", metavar="ID", help="its file's path inside the stories folder, as `status` lists it")
    taken.set_defaults(command=remove)

    fetched = commands.add_parser("fetch", parents=[shared], help="bring the mirror of a Chroma server up to date")
    fetched.add_argument(
        "--check", dest="mode", action="store_const", const="thorough", help="read all of it, and mend what is damaged"
    )
    fetched.set_defaults(command=fetch)

    told = commands.add_parser("status", parents=[shared], help="say what is published")
    told.set_defaults(command=status)

    found = commands.add_parser("search", parents=[shared], help="print the best passages for some words")
    found.add_argument("words")
    found.add_argument("--count", type=int, default=5, help="how many passages (5)")
    found.add_argument("--explain", action="store_true", help="print what each score is made of")
    add_flags(found)
    found.set_defaults(command=search)

    written = commands.add_parser("export", parents=[shared], help="write all stories and passages as JSONL")
    written.add_argument("--out", type=Path, metavar="FILE", help="a file instead of the terminal")
    written.set_defaults(command=export)
    return parser


if __name__ == "__main__":
    sys.exit(main())
