"""The index's commands: `python -m index build | status | search "words"`, each with `--help`."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

from index.embedding import Embedder
from index.errors import CrossroadsError, IndexMissingError
from index.live import LiveIndex
from index.rebuild import RebuildReport, rebuild
from index.search import Hit
from index.settings import Settings
from index.store import PassageStore
from index.stories import read_stories


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0, or 2 after an error that is told in one message."""
    options = _parser().parse_args(arguments)
    try:
        settings = Settings.load(
            stories=options.stories, index=options.index, embedder=options.embedder, device=options.device
        )
        return int(options.command(options, settings))
    except CrossroadsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; what was published before still is", file=sys.stderr)
        return 130


def build(options: argparse.Namespace, settings: Settings) -> int:
    """Read the stories, embed what is new, publish; print a report."""
    library = read_stories(settings.stories)
    store, embedder = PassageStore(settings.index_folder), Embedder(settings.embedder, settings.device)
    with tqdm(unit=" passages", desc="Embedding", disable=options.json or None, leave=False) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        report = rebuild(library, store, embedder, force=options.force, progress=progress)
    if options.json:
        print(json.dumps(_report_json(report), ensure_ascii=False))
    else:
        _print_report(report, settings, embedder)
    return 0


def status(options: argparse.Namespace, settings: Settings) -> int:
    """Say what is published."""
    store = PassageStore(settings.index_folder)
    pointer = store.pointer()
    if pointer is None:
        raise IndexMissingError(f"{store.folder}: there is no index yet. Run `python -m index build` first.")
    if options.json:
        print(json.dumps({"index": str(store.folder), **asdict(pointer)}, ensure_ascii=False))
    else:
        print(f"{store.folder}: generation {pointer.generation}, built {pointer.built}")
        print(
            f"{len(pointer.stories)} stories, {pointer.passages} passages, embedder {pointer.fingerprint['embedder']}"
        )
        for identity in pointer.stories:
            print(f"  {identity}")
    return 0


def search(options: argparse.Namespace, settings: Settings) -> int:
    """Print the best passages for some words."""
    hits = LiveIndex.from_settings(settings).search(options.words, options.count)
    if options.json:
        print(json.dumps([_hit_json(hit) for hit in hits], ensure_ascii=False))
        return 0
    for number, hit in enumerate(hits, start=1):
        print(f"{number:2}. {hit.score:6.2f}  {hit.story.title}  ({hit.passage.id})")
        if options.explain:
            print("    " + "  ".join(f"{name} {value:.3f}" for name, value in hit.components.items()))
        print("    " + " ".join(hit.passage.text.split()))
    return 0


def _print_report(report: RebuildReport, settings: Settings, embedder: Embedder) -> None:
    plan = report.plan
    for fault in report.faults:
        what = "used, but" if fault.story_kept else "left out:"
        print(f"  {fault.file}: {what} {fault.what}")
    if not report.published:
        print(f"Nothing changed: generation {report.generation} with {report.stories} stories stays published.")
        return
    if plan.whole:
        print(f"Everything was made anew, since the index was made otherwise ({plan.whole}).")
    print(
        f"{len(plan.added)} added, {len(plan.changed)} changed, {len(plan.gone)} gone, {len(plan.same)} unchanged. "
        f"{report.embedded} passages embedded on {embedder.device} ({embedder.precision}) in {report.seconds:.1f} s "
        f"({report.embedded / report.seconds:.0f} passages/s)."
    )
    print(
        f"Generation {report.generation} is published: {report.stories} stories, {report.passages} passages, "
        f"in {settings.index_folder}."
    )


def _report_json(report: RebuildReport) -> dict[str, Any]:
    return {**asdict(report), "seconds": round(report.seconds, 3)}


def _hit_json(hit: Hit) -> dict[str, Any]:
    return {
        "story": hit.story.id,
        "title": hit.story.title,
        "start": hit.passage.start,
        "end": hit.passage.end,
        "text": hit.passage.text,
        "score": round(hit.score, 6),
        "components": {name: round(value, 6) for name, value in hit.components.items()},
    }


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--stories", type=Path, help="folder of the stories (CROSSROADS_STORIES)")
    shared.add_argument("--index", type=Path, help="folder of the index (CROSSROADS_INDEX)")
    shared.add_argument("--embedder", help="sentence-transformers model, name or folder (CROSSROADS_EMBEDDER)")
    shared.add_argument("--device", help="auto, cpu, cuda, cuda:N or mps (CROSSROADS_DEVICE)")
    shared.add_argument("--json", action="store_true", help="print JSON")
    parser = argparse.ArgumentParser(prog="python -m index", description="Build and look into the index of stories.")
    commands = parser.add_subparsers(required=True, metavar="build | status | search")
    made = commands.add_parser("build", parents=[shared], help="bring the index up to the stories folder")
    made.add_argument("--force", action="store_true", help="make everything anew")
    made.set_defaults(command=build)
    told = commands.add_parser("status", parents=[shared], help="say what is published")
    told.set_defaults(command=status)
    found = commands.add_parser("search", parents=[shared], help="print the best passages for some words")
    found.add_argument("words")
    found.add_argument("--count", type=int, default=5, help="how many passages (5)")
    found.add_argument("--explain", action="store_true", help="print what each score is made of")
    found.set_defaults(command=search)
    return parser


if __name__ == "__main__":
    sys.exit(main())
