"""Ask in a terminal: `python -m rag "question" [--json]`. The answer streams; its sources follow."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence

from index.filters import add_flags, from_flags
from rag.answer import Answer
from rag.ask import open_rag
from rag.command import run, setting_flags, settings_from


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer one question. Returns the exit code: 0, or 2 after an error that is told in one message."""
    options = _parser().parse_args(arguments)
    return run(lambda: answer(options))


def answer(options: argparse.Namespace) -> int:
    """Answer the question, as JSON or streaming. Raises `CrossroadsError`."""
    filters, rag = from_flags(options), open_rag(settings_from(options))
    if options.json:
        print(json.dumps(rag.ask(options.question, filters=filters).to_json(), ensure_ascii=False))
    else:
        _print_streaming(rag.stream(options.question, filters=filters))
    return 0


def _print_streaming(answers: Iterator[Answer]) -> None:
    printed, answer = "", None
    for answer in answers:
        if answer.text.startswith(printed):
            print(answer.text[len(printed) :], end="", flush=True)
        else:  # the end took something back
            print(f"\n\n{answer.text}", end="", flush=True)
        printed = answer.text
    print()
    if answer is not None:
        _print_sources(answer)


def _print_sources(answer: Answer) -> None:
    if answer.notice:
        print(f"\nnote: {answer.notice}")
    for sentence in answer.sentences:
        if not answer.refused and sentence.support is not None and sentence.support.verdict != "supported":
            reasons = "; ".join(sentence.support.reasons)
            print(f"\n{sentence.support.verdict}: {sentence.text}\n  {reasons}")
    if answer.citations:
        print()
    for citation in answer.citations:
        place = f"{citation.story.id}, {citation.quote_start}–{citation.quote_end}"
        print(f"[{citation.number}] {citation.story.title} ({place})")
        print(f"    “{' '.join(citation.quote.split())}”")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rag",
        description="Ask the stories a question.",
        parents=[setting_flags("stories", "index", "embedder", "device", "llm")],
    )
    parser.add_argument("question")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    add_flags(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
