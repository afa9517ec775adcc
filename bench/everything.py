"""Crossroads beside what people would pick instead, in one run on one machine: `make bench`.

    python -m bench.everything [--only build ask start users growth] [--small] [--rounds 3] [--out DIR]
    python -m bench.everything --report [--out DIR]           write the report again, from what was measured

Measures (`measuring/`), each measurement in a process of its own and contestants in turn, and writes `bench/REPORT.md`
with its plots. A run that was stopped goes on where it was, as long as commit, machine and sizes are the same. Peers
that are not installed, and what a machine cannot tell, are named in the report. Nothing leaves this machine.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.measuring.machine import commit, machine_apart
from bench.measuring.made import FREE_BYTES, MILLION, clean_environment, has_room_for_million
from bench.measuring.plan import PARTS, SMALL, Sizes, measurements
from bench.measuring.results import Measurement, Result, Results, Setting
from bench.offline import SWITCHES
from bench.start import ROOT

OUT = ROOT / "bench" / ".results"
WITHIN = 4 * 3600
"""Seconds for one measurement."""


def main() -> int:
    """Measure what is outstanding, and write the report. Returns the exit code: 1 where a measurement failed."""
    options = _parser().parse_args()
    file = options.out / ("small.jsonl" if options.small else "results.jsonl")
    sizes = _sizes(options)
    if options.report:
        results = Results.latest(file)
    else:
        _refuse_settings(ROOT / ".env")
        results = Results(file, Setting(commit(), machine_apart()))
        _measure(results, measurements(sizes, options.only), options.out / "made")
    from bench.measuring.report import write_report

    report = write_report(results, options.into or (options.out / "small" if options.small else ROOT / "bench"))
    print(report)
    return int(any(result.error for result in results.read()))


def _measure(results: Results, wanted: Sequence[Measurement], folder: Path) -> None:
    """Measure what is outstanding, having made what it needs.

    Raises `SystemExit` where the checkout is changed meanwhile: what is measured then is not kept.
    """
    outstanding, made = results.outstanding(wanted), set[tuple[str, str | int]]()
    for number, one in enumerate(outstanding):
        _refuse_another(results.setting.commit)
        told = ", ".join(str(value) for value in one.arguments.values())
        print(f"{number + 1} of {len(outstanding)}: {one.name} {told}, round {one.round + 1}", flush=True)
        result = Result(one, {})
        for what, of in one.needs:
            if (what, of) not in made and not result.error:
                result = replace(result, error=in_process("made", folder, {"what": what, "of": of}, one).error)
                if not result.error:
                    made.add((what, of))
        if not result.error:
            result = in_process(one.name, folder, one.arguments, one)
        _refuse_another(results.setting.commit)
        if result.error:
            print(f"  failed: {result.error}", flush=True)
        results.add(result)


def _refuse_settings(file: Path) -> None:
    """Raise `SystemExit` where a file of settings lies in the checkout: everything would be measured with these."""
    if file.exists():
        raise SystemExit(
            f"error: {file.name} sets Crossroads up for you, and it is measured as it comes. Move the file away for as "
            "long as the benchmark runs."
        )


def _refuse_another(measured: str) -> None:
    """Raise `SystemExit` where another commit is checked out than is measured, or something was changed."""
    if (now := commit()) != measured:
        raise SystemExit(
            f"error: what is measured is commit {measured}, and the checkout is now at {now}. What was measured until "
            "then is kept: the same command goes on where the checkout is again as it was, and begins anew elsewhere."
        )


def in_process(name: str, folder: Path, arguments: object, one: Measurement) -> Result:
    """What a process of its own finds for a measurement; its last words where it fails."""
    command = [sys.executable, "-m", "bench.measuring", name, str(folder), json.dumps(arguments)]
    try:
        done = subprocess.run(  # noqa: S603  # our own
            command,
            cwd=ROOT,
            env=clean_environment() | SWITCHES,
            capture_output=True,
            text=True,
            timeout=WITHIN,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Result(one, {}, f"took more than {WITHIN} s")
    if done.returncode:
        return Result(one, {}, (done.stderr.strip().splitlines() or ["no message"])[-1].replace(f"{ROOT}/", ""))
    return Result(one, json.loads(done.stdout.splitlines()[-1]))


def _sizes(options: argparse.Namespace) -> Sizes:
    """What the options ask for."""
    sizes = SMALL if options.small else Sizes()
    if options.rounds:
        sizes = replace(sizes, rounds=options.rounds)
    if options.stories_made:
        sizes = replace(sizes, stories=tuple(options.stories_made))
    million = options.million and has_room_for_million(options.out / "made")
    if options.million and not million:
        print(f"--million: left out, less than {FREE_BYTES / 1e9:.0f} GB of disk are free for {MILLION:,} passages.")
    return replace(sizes, whole=options.whole, million=million)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.everything", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts that are measured (all)")
    parser.add_argument("--rounds", type=int, metavar="N", help="how often everybody has a turn (3)")
    parser.add_argument(
        "--stories-made", type=int, nargs="+", metavar="N", help="stories of the libraries built (1000 10000)"
    )
    parser.add_argument("--whole", action="store_true", help="everybody really builds the largest library, for hours")
    parser.add_argument("--million", action="store_true", help="retrieval among a million passages too: 20 GB of disk")
    parser.add_argument("--small", action="store_true", help="everything tiny, to see that it works")
    parser.add_argument("--report", action="store_true", help="measure nothing, write the report again")
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="where results and libraries are kept")
    parser.add_argument("--into", type=Path, metavar="DIR", help="where the report is written (bench)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
