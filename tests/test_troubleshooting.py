"""docs/troubleshooting.md holds every error message of the product, read out of the source as it is now."""

import re
from textwrap import dedent

import pytest

from bench.messages import ERRORS, MARK, PAGE, ROOT, message, page, parts, tree
from bench.raised import Raised, raised
from bench.source import read_source
from index.errors import CrossroadsError
from index.weights import GROUNDER

SOURCE = read_source(ROOT)
TREE = [kind.name for kind in tree(SOURCE[ERRORS])]
SMALL = {ERRORS: SOURCE[ERRORS], "app": SOURCE["app"]}
"""A source with few messages, read in no time."""


@pytest.fixture(scope="module")
def found() -> set[Raised]:
    """Every message of the product."""
    return raised(SOURCE, TREE)


def told(source: str, **others: str) -> set[str]:
    """The messages of a made-up module, which may import from others."""
    texts = {name: dedent(text) for name, text in {"made_up": source, **others}.items()}
    return {one.text for one in raised(texts, TREE)}


def test_the_page_is_what_the_source_says_now() -> None:
    is_current = PAGE.read_text("utf-8") == page(PAGE.read_text("utf-8"), SOURCE)
    assert is_current, "A message changed. Run `python -m bench.messages`."


def test_a_changed_message_changes_the_page() -> None:
    changed = {**SMALL, "app": SMALL["app"].replace("there is no such port.", "that is too large.")}
    assert "`--port <port>: that is too large.`" in page(PAGE.read_text("utf-8"), changed)


def test_what_is_written_by_hand_is_kept() -> None:
    written = page(f"# By hand\n\n{MARK}\n\nof another day", SMALL)
    assert written.startswith(f"# By hand\n\n{MARK}\n\n## SettingsError\n")
    assert "of another day" not in written


def test_a_page_without_its_mark_is_left_alone() -> None:
    with pytest.raises(SystemExit, match="Put it back"):
        page("# By hand", SMALL)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        ("SettingsError", "--port <port>: there is no such port. Name one from 1024 to 65535."),
        ("SettingsError", "--host <host>: there is no such host. Use 127.0.0.1, or an address of this machine."),
        ("IndexMissingError", "<folder>: there is no index yet. Run `python -m index build` first."),
        ("BuildLockedError", "<folder>: another build is running. Wait until it ends, then try again."),
        ("StoriesError", "<name>: this is an RTF file. Open it in a word processor and save it as .docx."),
        (
            "LLMError",
            "<name> failed while answering (<error>). Check the service, its key, CROSSROADS_LLM and CROSSROADS_LLM_BASE_URL.",  # noqa: E501  # as it stands
        ),
        ("EvalError", "field (all): this is nested too deeply to be a case"),
        ("GrounderError", "CROSSROADS_GROUNDER=<name>: there is no such folder. " + GROUNDER.remedy),
    ],
)
def test_messages_that_are_known_to_exist_are_found(found: set[Raised], error: str, text: str) -> None:
    assert Raised(error, text) in found


def test_what_only_a_cross_encoder_can_do_wrong_is_no_embedders_error(found: set[Raised]) -> None:
    assert {one.error for one in found if "so it is no cross-encoder" in one.text} == {"RerankerError", "GrounderError"}


def test_every_class_of_errors_that_has_no_children_is_raised_somewhere(found: set[Raised]) -> None:
    def youngest(kind: type[CrossroadsError]) -> set[str]:
        children = kind.__subclasses__()
        return {name for child in children for name in youngest(child)} if children else {kind.__name__}

    assert youngest(CrossroadsError) <= {one.error for one in found}


def test_an_f_string_names_what_is_not_known() -> None:
    source = """
    def read(file, votes):
        try:
            ...
        except OSError as error:
            raise StoreError(f"{file.name}: {len(votes)} votes ({error.strerror}), {votes[0]!r}.")
    """
    assert told(source) == {"<file>: <number of votes> votes (<error>), '<votes>'."}


def test_a_concatenation_is_one_message() -> None:
    assert told('def f(folder):\n    raise StoriesError("There is no " + f"{folder}" + ". Make it.")') == {
        "There is no <folder>. Make it."
    }


def test_constants_are_put_in_also_those_of_other_modules_and_numbers() -> None:
    source = """
    from other import REMEDY, LARGEST

    WHAT = "it is too large"

    def f(name):
        raise StoriesError(f"{name}: {WHAT}, {LARGEST // 1_000:,} kB at most. {REMEDY}")
    """
    other = 'REMEDY = "Split it."\nLARGEST = 5_000_000\n'
    assert told(source, other=other) == {"<name>: it is too large, 5,000 kB at most. Split it."}


def test_what_a_helper_is_given_stands_in_its_message() -> None:
    source = """
    class Model:
        def load(self):
            raise self._failed("it is empty")

        def run(self):
            raise self._failed("it is slow")

        def _failed(self, what: str) -> EmbedderError:
            return EmbedderError(f"{self.name}: {what}. Take another.")
    """
    assert told(source) == {"<name>: it is empty. Take another.", "<name>: it is slow. Take another."}


def test_a_text_that_is_worked_out_elsewhere_is_followed() -> None:
    source = """
    def f(folder, faults):
        raise StoriesError(_why(folder) if faults else REASONS["none"].format(folder=folder))

    def _why(folder):
        told = f"{folder}: it is broken."
        return told

    REASONS = {"none": "{folder}: it is empty."}
    """
    assert told(source) == {"<folder>: it is broken.", "<folder>: it is empty."}


def test_alternatives_are_messages_of_their_own_and_short_ones_are_told_together() -> None:
    source = """
    def f(count, late):
        advice = "Try again later."
        if late:
            advice = "Give it up."
        raise StoreError(f"{count} {'is' if count == 1 else 'are'} gone. {advice}")
    """
    assert told(source) == {"<count> <is or are> gone. Try again later.", "<count> <is or are> gone. Give it up."}


def test_every_turn_of_a_loop_over_a_constant_is_a_message() -> None:
    source = """
    KINDS = {b"a": ("an archive", "Unpack it."), b"b": ("a picture", "Describe it.")}

    def f(name, head):
        for mark, (what, remedy) in KINDS.items():
            if head == mark:
                raise StoriesError(f"{name}: this is {what}. {remedy}")
    """
    assert told(source) == {"<name>: this is an archive. Unpack it.", "<name>: this is a picture. Describe it."}


def test_errors_of_others_and_errors_without_words_are_no_messages() -> None:
    source = """
    def f(error):
        if error:
            raise StoreError(str(error))
        raise ValueError("of no concern")
    """
    assert told(source) == set()


def test_a_function_that_calls_itself_is_no_endless_message() -> None:
    source = """
    def f(depth):
        raise StoreError(f"It is {_deep(depth)}. Stop.")

    def _deep(depth):
        return f"very {_deep(depth - 1)}" if depth else "deep"
    """
    assert told(source) == {"It is <depth>. Stop."}


@pytest.mark.parametrize(
    ("text", "happened", "remedy"),
    [
        ("It is gone. Make it anew.", "It is gone.", "Make it anew."),
        ("It broke (v1.2). Nothing was lost. Build again.", "It broke (v1.2). Nothing was lost.", "Build again."),
        ("It is full", "It is full", ""),
        ("It is old. `python -m index status` says so.", "It is old.", "`python -m index status` says so."),
    ],
)
def test_a_message_is_parted_into_what_happened_and_what_to_do(text: str, happened: str, remedy: str) -> None:
    assert parts(text) == (happened, remedy)


def test_a_message_with_a_command_in_it_reads_as_it_is_told() -> None:
    assert message("No index. Run `make`.") == "- `No index.`\\\n  → `` Run `make`. ``"


def test_errors_stand_in_the_order_of_their_tree() -> None:
    headings = [
        line.lstrip("# ") for line in PAGE.read_text("utf-8").partition(MARK)[2].splitlines() if line[:1] == "#"
    ]
    order = [name for name in [*TREE[1:], TREE[0]] if name in headings]
    assert headings == order


def test_what_a_server_turns_away_is_told_as_the_source_says_it() -> None:
    rows = re.findall(r"^\| (4\d\d) \| `([^`]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert sorted(int(status) for status, _ in rows) == [400, 401, 403, 403, 413, 429]
    source = "".join((ROOT / "ui" / name).read_text("utf-8") for name in ("gate.py", "security.py"))
    assert [said for _, said in rows if said not in source] == []
