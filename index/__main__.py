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
from index.plan import Plan
from index.rebuild import RebuildReport, plan_rebuild, rebuild
from index.search import Hit
from index.settings import Settings
from index.store import PassageStore
from index.stories import Fault

NAMED = 20
# Files of a kind that are named one by one.


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
    """Read the stories, embed what is new, publish; print a report. With `--dry-run`, print what would be done."""
    store, embedder = PassageStore(settings.index_folder), Embedder(settings.embedder, settings.device)
    if options.dry_run:
        wanted = plan_rebuild(settings.stories, store, embedder, options.mode)
        print(json.dumps(asdict(wanted), ensure_ascii=False) if options.json else _planned(wanted))
        return 0
    _build(settings, options, store, embedder)
    return 0


def status(options: argparse.Namespace, settings: Settings) -> int:
    """Say what is published."""
    store = PassageStore(settings.index_folder)
    pointer = store.pointer()
    if pointer is None:
        raise IndexMissingError(f"{store.folder}: there is no index yet. Run `python -m index build` first.")
    if options.json:
        told = {**asdict(pointer), "passages": pointer.passages, "stories": pointer.stories}
        print(json.dumps({"index": str(store.folder), **told}, ensure_ascii=False))
        return 0
    print(f"{store.folder}: generation {pointer.generation}, built {pointer.built}")
    print(
        f"{len(pointer.stories)} stories, {pointer.passages} passages in {len(pointer.shards)} shards, "
        f"embedder {pointer.fingerprint['embedder']}"
    )
    for identity in pointer.stories:
        print(f"  {identity}")
    for fault in pointer.faults:
        print(f"  {fault.file}: {'used, but' if fault.story_kept else 'could not be read:'} {fault.what}")
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


def _build(settings: Settings, options: argparse.Namespace, store: PassageStore, embedder: Embedder) -> RebuildReport:
    with tqdm(unit=" passages", desc="Embedding", disable=options.json or None, leave=False) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        report = rebuild(settings.stories, store, embedder, options.mode, progress)
    if options.json:
        print(json.dumps({**asdict(report), "seconds": round(report.seconds, 3)}, ensure_ascii=False))
    else:
        _print_report(report, settings, embedder)
    return report


def _print_report(report: RebuildReport, settings: Settings, embedder: Embedder) -> None:
    for fault in report.faults:
        print(f"  {fault.file}: {_verdict(fault, report.plan)} {fault.what}")
    if not report.published:
        print(
            f"Nothing changed: generation {report.generation} with {report.stories} stories stays published "
            f"({report.seconds:.2f} s)."
        )
        return
    print(_planned(report.plan))
    if report.embedded:
        print(
            f"{report.embedded} passages embedded on {embedder.device} ({embedder.precision}); "
            f"{report.seconds:.1f} s in all ({report.embedded / report.seconds:.0f} passages/s)."
        )
    print(
        f"Generation {report.generation} is published: {report.stories} stories, {report.passages} passages, "
        f"in {settings.index_folder}."
    )


def _verdict(fault: Fault, plan: Plan) -> str:
    if fault.story_kept:
        return "used, but"
    return "the version before stays:" if fault.file in plan.same else "left out:"


def _planned(plan: Plan) -> str:
    """A plan in words, naming the files that differ where they are few."""
    lines = [f"Everything is made anew, since the index was made otherwise ({plan.whole})."] if plan.whole else []
    lines += [f"The index is damaged in part; {len(plan.damaged)} stories are made anew."] if plan.damaged else []
    lines += ["The index is damaged; it is put together anew."] if plan.republish and not plan.damaged else []
    kinds = {"added": plan.added, "changed": plan.changed, "gone": plan.gone}
    lines.append(", ".join(f"{len(ids)} {kind}" for kind, ids in {**kinds, "unchanged": plan.same}.items()) + ".")
    for kind, identities in kinds.items():
        if len(identities) <= NAMED:
            lines += [f"  {kind}: {identity}" for identity in identities]
    return "\n".join(lines)


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
    how = made.add_mutually_exclusive_group()
    how.add_argument("--force", dest="mode", action="store_const", const="everything", help="make everything anew")
    how.add_argument("--check", dest="mode", action="store_const", const="thorough", help="find and mend all damage")
    made.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    made.set_defaults(command=build, mode="changes")
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
