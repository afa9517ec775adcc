"""Bytes → the characters a reader can see.

Owns encodings and characters that are no text: controls, zero-width, bidi and tag characters, lone surrogates.
Knows nothing of markup.
"""

import re
import unicodedata

import charset_normalizer

from index.errors import StoriesError

ENCODING_SAMPLE = 200_000
"""Bytes by which a legacy encoding is told: charset-normalizer's time grows with what it is given."""

_UNSEEN_LETTERS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
# Letters and marks by their category, and yet blank: fillers and joiners.

_JOINERS = "\u200c\u200d"
# Zero-width, but part of the spelling of Persian and of Indian languages, and of emoji such as 👩‍💻.


def decode(name: str, data: bytes) -> str:
    """Bytes to text: UTF-8, else what a byte order mark says, else the likeliest legacy encoding.

    Raises `StoriesError` for binary data.
    """
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    sample = data[:ENCODING_SAMPLE]
    guesses = [] if charset_normalizer.is_binary(sample) else list(charset_normalizer.from_bytes(sample))
    if not guesses:
        raise StoriesError(f"{name}: this is not a text file. Save the story as UTF-8 text, or remove the file.")
    best = guesses[0]
    western = [
        guess
        for guess in guesses
        if "cp1252" in guess.could_be_from_charset and guess.chaos <= best.chaos and guess.coherence >= best.coherence
    ]
    # As likely as the best guess by its letters, and far more common.
    return data.decode("cp1252" if western else best.encoding, errors="replace")


def visible(text: str) -> str:
    """The text without characters that a reader cannot see: controls, zero-width, bidi and tag characters.

    White space is unified to spaces and line feeds; composed characters are composed (NFC).
    """
    unified = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    "))
    kept = _DOUBTFUL.sub(_seen, unified)
    return kept if kept == unified else unicodedata.normalize("NFC", kept)  # what stood between may have kept two apart


_DOUBTFUL = re.compile(r"[^\n -~]")


def _seen(found: re.Match[str]) -> str:
    """What is left of a character: itself, a space, a line feed, or nothing."""
    character = found[0]
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    if category in {"Zl", "Zp"} or character == "\x85":
        return "\n"
    if character in _JOINERS:
        text, place = found.string, found.start()
        return character if _joins(text[place - 1 : place], text[place + 1 : place + 2]) else ""
    if category[0] == "C" or character in _UNSEEN_LETTERS or "\U000e0100" <= character <= "\U000e01ef":
        return ""
    return character


def _joins(before: str, after: str) -> bool:
    """Whether a joiner between two characters does something: neither stands alone, nor is of a script without it."""
    return all(_joinable(character) for character in (before, after))


def _joinable(character: str) -> bool:
    blank = character in _UNSEEN_LETTERS or "\U000e0100" <= character <= "\U000e01ef"
    return character > "\u0590" and not blank and unicodedata.category(character)[0] in "LMS"
