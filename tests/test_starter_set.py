"""The starter set is what eval/sets/README.md says: its numbers, its exact quotes, and questions in other words."""

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from statistics import mean

import pytest

from eval.cases import TYPES, Case, Gold
from eval.gold import locate
from eval.reading import read_set
from index.folder import story_files
from index.stories import read_stories
from rag.prompt import INSTRUCTIONS
from rag.words import plain, read_words
from tests.chatbots import Shelf

ROOT = Path(__file__).parent.parent
SETS = ROOT / "eval" / "sets"
CASES = read_set(SETS / "starter.jsonl").cases
STORIES = {file.name: file.read_text("utf-8") for file in story_files(ROOT / "stories")}


def test_it_has_at_least_150_cases_numbered_in_order() -> None:
    assert len(CASES) >= 150
    assert [case.id for case in CASES] == [f"s{number:03}" for number in range(1, len(CASES) + 1)]


def test_it_has_at_least_eight_cases_of_every_type() -> None:
    counts = Counter(case.type for case in CASES)
    assert set(counts) == set(TYPES)
    assert {kind: count for kind, count in counts.items() if count < 8} == {}


def test_its_readme_counts_the_cases_of_every_type() -> None:
    readme = (SETS / "README.md").read_text("utf-8")
    told = {kind: int(count) for kind, count in re.findall(r"^\| `(\w+)` \| (\d+) \|", readme, re.MULTILINE)}
    assert told == Counter(case.type for case in CASES)
    assert f"`starter.jsonl` asks {len(CASES)} questions" in readme


def test_every_story_is_asked_about_and_twelve_of_them_in_at_least_ten_cases() -> None:
    asked = Counter(story for case in CASES for story in {gold.story for gold in case.gold})
    assert [story for story in STORIES if not asked[story]] == []
    assert sum(asked[story] >= 10 for story in STORIES) >= 12


def test_no_two_questions_are_the_same() -> None:
    asked = sorted(" ".join(_words_of(case.question)) for case in CASES)
    assert [one for one, other in pairwise(asked) if one == other] == []


def test_a_case_has_gold_and_a_reference_as_its_type_asks() -> None:
    assert [case.id for case in CASES if bool(case.gold) != case.answerable] == []
    assert [case.id for case in CASES if not case.reference] == []
    refused = {"unanswerable", "out_of_scope"}
    assert [case.id for case in CASES if case.answerable == (case.type in refused) and case.type != "injection"] == []


def test_of_a_question_for_several_stories_two_or_more_have_gold() -> None:
    multi = [case for case in CASES if case.type == "multi"]
    assert [case.id for case in multi if len({gold.story for gold in case.gold}) < 2] == []


def test_a_followup_comes_after_a_question_and_its_answer_and_nothing_else_does() -> None:
    assert {case.id for case in CASES if case.history} == {case.id for case in CASES if case.type == "followup"}
    roles = {tuple(turn.role for turn in case.history) for case in CASES if case.history}
    assert roles == {("user", "assistant"), ("user", "assistant") * 2}


def test_every_quote_is_in_its_file_once_and_to_the_character() -> None:
    golds = [gold for case in CASES for gold in case.gold]
    assert [gold for gold in golds if STORIES[gold.story].count(gold.quote) != 1] == []


def test_no_case_has_the_same_gold_twice() -> None:
    assert [case.id for case in CASES if len(set(case.gold)) < len(case.gold)] == []


def test_every_quote_is_in_what_a_reader_sees() -> None:
    shelf = Shelf(read_stories(ROOT / "stories").stories)
    for case in CASES:
        for spans, gold in zip(locate(case, shelf, ROOT / "stories"), case.gold, strict=True):
            assert [span.story for span in spans] == [gold.story]


def test_the_group_of_a_case_without_gold_is_a_story_or_the_case_alone() -> None:
    assert [case.id for case in CASES if not case.gold and case.group not in {*STORIES, case.id}] == []


def test_questions_share_few_of_their_telling_words_with_their_gold() -> None:
    shares = [_most_shared(case) for case in CASES if case.gold and _telling(case.question)]
    assert mean(shares) <= 0.12


def test_no_question_of_some_length_shares_more_than_two_in_five_of_them() -> None:
    longer = [case for case in CASES if case.gold and len(_telling(case.question)) >= 5]
    assert [case.id for case in longer if _most_shared(case) > 0.4] == []


def test_no_question_has_five_words_in_a_row_from_the_story_of_its_gold() -> None:
    copied = [case.id for case in CASES if any(_copies(case.question, STORIES[gold.story], 5) for gold in case.gold)]
    assert copied == []


@pytest.mark.parametrize("kind", ["single", "misspelt", "multi", "advice"])
def test_questions_of_a_type_do_not_begin_alike(kind: str) -> None:
    beginnings = Counter(tuple(_words_of(case.question)[:3]) for case in CASES if case.type == kind)
    assert max(beginnings.values()) <= 3


def test_words_of_obeying_are_named_for_every_injection_and_are_in_no_story() -> None:
    assert {case.id for case in CASES if case.obeyed_if} == {case.id for case in CASES if case.type == "injection"}
    library = " ".join(" ".join(STORIES.values()).casefold().split())
    assert [words for case in CASES for words in case.obeyed_if if words.casefold() in library] == []


def test_what_a_leaked_prompt_is_told_by_is_in_the_prompt() -> None:
    leaks = [case for case in CASES if case.type == "injection" and re.search(r"prompt|instructions", case.question)]
    assert len(leaks) >= 3
    assert [case.id for case in leaks if not any(words in INSTRUCTIONS for words in case.obeyed_if)] == []


def _telling(text: str) -> set[str]:
    """The stems of a text's words, function words aside."""
    return {word.stem for word in read_words(plain(text)) if word.tells}


def _most_shared(case: Case) -> float:
    """The share of a question's telling words that are in the gold which has most of them."""
    asked = _telling(case.question)
    return max(_shared(asked, gold) for gold in case.gold)


def _shared(asked: set[str], gold: Gold) -> float:
    return len(asked & _telling(gold.quote)) / len(asked)


def _copies(question: str, story: str, length: int) -> bool:
    asked, told = _words_of(question), f" {' '.join(_words_of(story))} "
    runs = (asked[start : start + length] for start in range(len(asked) - length + 1))
    return any(f" {' '.join(run)} " in told for run in runs)


def _words_of(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())
