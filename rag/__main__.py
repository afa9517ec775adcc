"""Ask in a terminal: `python -m rag "question" [--json]`. The answer streams; its sources follow."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from index.errors import CrossroadsError
from rag.answer import Answer
from rag.ask import open_rag
from rag.settings import RagSettings


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer one question. Returns the exit code: 0, or 2 after an error that is told in one message."""
    options = _parser().parse_args(arguments)
    try:
        settings = RagSettings.load(
            stories=options.stories,
            index=options.index,
            embedder=options.embedder,
            device=options.device,
            llm=options.llm,
        )
        rag = open_rag(settings)
        if options.json:
            print(json.dumps(rag.ask(options.question).to_json(), ensure_ascii=False))
        else:
            _print_streaming(rag.stream(options.question))
    except CrossroadsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
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
    parser = argparse.ArgumentParser(prog="python -m rag", description="Ask the stories a question.")
    parser.add_argument("question")
    parser.add_argument("--stories", type=Path, help="folder of the stories whose index is asked (CROSSROADS_STORIES)")
    parser.add_argument("--index", type=Path, help="folder of the index (CROSSROADS_INDEX)")
    parser.add_argument("--embedder", help="sentence-transformers model, name or folder (CROSSROADS_EMBEDDER)")
    parser.add_argument("--device", help="auto, cpu, cuda, cuda:N or mps (CROSSROADS_DEVICE)")
    parser.add_argument("--llm", help="provider:model (CROSSROADS_LLM); unset, the stories are quoted")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
