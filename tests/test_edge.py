"""ui.edge: nothing that goes wrong leaves it as anything but a sentence."""

import pytest

from index.errors import StoreError
from ui.edge import UNEXPECTED, guarded


def failing(error: Exception) -> str:
    raise error


def test_a_step_that_succeeds_is_shown() -> None:
    assert guarded(lambda: "shown", lambda said: f"instead: {said}") == "shown"


def test_an_error_of_ours_is_its_sentence() -> None:
    assert guarded(lambda: failing(StoreError("Make it writable.")), lambda said: said) == "Make it writable."


def test_what_nobody_thought_of_is_told_without_its_words_and_logged_with_them(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert guarded(lambda: failing(OSError("secret")), lambda said: said) == UNEXPECTED
    assert "secret" in caplog.text
