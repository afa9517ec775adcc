"""What several commands' arguments have in common: how their values are read."""

import argparse

PROVIDERS_OWN = "provider"
"""What --judge-base-url says of a judge that is asked where its provider has it."""


def add_judge_address(parser: argparse.ArgumentParser) -> None:
    """Let a command say where its judge is: `judge_base_url`, "" for the provider's own server, None if not said."""
    parser.add_argument(
        "--judge-base-url",
        type=lambda text: "" if text == PROVIDERS_OWN else text,
        metavar="ADDRESS",
        help=f"the judge's server, or {PROVIDERS_OWN} for its provider's own (CROSSROADS_LLM_BASE_URL)",
    )


def whole_number(text: str) -> int:
    """A whole number from 1 on. Raises argparse's own error."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: a whole number from 1 on is wanted")
    return int(text)


def bound(text: str) -> tuple[str, float]:
    """`figure=value`, the value from 0 to 1. Raises argparse's own error."""
    name, _, value = text.partition("=")
    try:
        found = float(value)
    except ValueError:
        found = -1.0
    if not name or not 0 <= found <= 1:
        raise argparse.ArgumentTypeError(
            f"{text!r}: write a name and a number from 0 to 1, such as {name or 'auc'}=0.6"
        )
    return name, found
