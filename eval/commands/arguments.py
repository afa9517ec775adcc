"""What several commands' arguments have in common: how their values are read."""

import argparse


def whole_number(text: str) -> int:
    """A whole number from 1 on. Raises argparse's own error."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: a whole number from 1 on is wanted")
    return int(text)
