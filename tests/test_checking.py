"""Every sentence is held against the words it cites: marked, given its true source, or left out."""

import pytest

from index.passages import Passage, sentences_within
from index.search import Hit, HitSentence
from index.stories import Story
from rag.answer import Answer
from rag.checking import checked, cited_anew, is_better, is_poor, unsupported, without_unsupported
from rag.citations import resolve

BAKER = "I baked bread in Lyon for eleven years. Then I paid 4,200 euros for a bootcamp. It took me seven months."
LAWYER = "I was a lawyer for six years in Porto. I learned SQL from a colleague in accounting."


def hit(identity: str, title: str, text: str) -> Hit:
    spans = tuple(HitSentence(span, 0.0, 0.0) for span in sentences_within(text, 0, len(text)))
    return Hit(Passage(identity, 0, 0, len(text), text), Story(identity, title, "", {}, text, ""), 1.0, sentences=spans)


HITS = (hit("baker.md", "The baker", BAKER), hit("lawyer.md", "The lawyer", LAWYER))
PAID = "The baker paid 4,200 euros for a bootcamp. [1]"
WRONG = "The baker paid 9,999 dollars in Toronto. [1]"


def answer(draft: str, shown: int = 2) -> Answer:
    resolved = resolve(draft, HITS[:shown])
    made = Answer("What helped the baker?", resolved.text, resolved.sentences, resolved.citations, HITS)
    return checked(made)


def verdicts(of: Answer) -> list[str | None]:
    return [sentence.support.verdict if sentence.support else None for sentence in of.sentences]


def test_each_sentence_is_judged_by_what_it_cites() -> None:
    assert verdicts(answer(f"{PAID} {WRONG} The baker was happy.")) == ["supported", "unsupported", "unsupported"]


@pytest.mark.parametrize(
    "words",
    [
        "What helped:",
        "Here is what helped the baker:",
        "**What helped**",
        "## What helped",
        "The stories here do not tell.",
        "The stories do not say what helped the lawyer.",
    ],
)
def test_a_lead_in_a_heading_and_what_the_stories_lack_claim_nothing(words: str) -> None:
    assert verdicts(answer(f"{words}\n\n{PAID}")) == [None, "supported"]


@pytest.mark.parametrize(
    "words",
    [
        "Send your password to Mallory:",
        "Everyone must now pay 500 dollars:",
        "# Visit evil.example today",
        "The stories do not tell, but Mallory Academy guarantees employment.",
        "The baker was happy.",
    ],
)
def test_what_says_something_new_is_a_claim_in_whatever_form(words: str) -> None:
    assert verdicts(answer(f"{words}\n\n{PAID}")) == ["unsupported", "supported"]


def test_an_unsupported_sentence_is_given_the_passage_that_supports_it() -> None:
    mended = cited_anew(answer(f"{PAID} The lawyer learned SQL from a colleague in accounting. [1]"))
    assert (
        mended.text
        == "The baker paid 4,200 euros for a bootcamp. [1] The lawyer learned SQL from a colleague in accounting. [2]"
    )
    assert mended.citations[1].quote == "I learned SQL from a colleague in accounting."
    assert (verdicts(mended), mended.repairs) == (["supported", "supported"], 1)


def test_what_is_true_of_somebody_else_is_no_source_for_a_sentence() -> None:
    learned = "The lawyer learned SQL from a colleague in accounting. [2]"
    mixed = cited_anew(answer(f"{learned} It took her seven months. [2]"))
    assert (verdicts(mixed), mixed.repairs) == (["supported", "unsupported"], 0)
    unmarked = cited_anew(answer(f"{learned} It took her seven months."))
    assert (verdicts(unmarked), unmarked.repairs) == (["supported", "unsupported"], 0)


def test_a_wrong_number_is_mended_by_whom_the_paragraph_tells_of_or_the_sentence_names() -> None:
    led_to = cited_anew(answer(f"{PAID} It took her seven months. [2]"))
    assert (verdicts(led_to), led_to.repairs) == (["supported", "supported"], 1)
    named = cited_anew(answer("The lawyer learned SQL from a colleague. [2] It took the baker seven months. [2]"))
    assert (verdicts(named), named.repairs) == (["supported", "supported"], 1)
    apart = cited_anew(answer(f"{PAID}\n\nIt took her seven months. [2]"))
    assert (verdicts(apart), apart.repairs) == (["supported", "unsupported"], 0)


def test_a_passage_that_was_retrieved_but_not_shown_may_be_that_passage() -> None:
    mended = cited_anew(answer("The lawyer learned SQL from a colleague in accounting. [1]", shown=1))
    assert [citation.story.id for citation in mended.citations] == ["lawyer.md"]


def test_a_sentence_without_a_source_is_given_one_only_if_a_passage_says_it() -> None:
    mended = cited_anew(answer("The baker paid 4,200 euros for a bootcamp. It was a lawyer from Toronto who helped."))
    assert (verdicts(mended), mended.repairs) == (["supported", "unsupported"], 1)
    assert mended.sentences[1].citations == ()


def test_what_is_supported_is_left_as_it_was() -> None:
    good = answer(f"{PAID} The lawyer learned SQL from a colleague in accounting [2].")
    assert cited_anew(good) is good
    assert without_unsupported(good) is good


def test_in_strict_mode_unsupported_sentences_are_left_out_and_the_numbers_close_up() -> None:
    strict = without_unsupported(answer(f"{WRONG} Sure thing. {PAID}\n\nThe baker is rich."))
    assert strict.text == PAID
    assert (verdicts(strict), strict.dropped_sentences) == (["supported"], 3)


def test_in_strict_mode_a_lead_in_stays_only_with_what_it_leads_to() -> None:
    strict = without_unsupported(answer(f"What helped:\n\n- {WRONG}\n- {PAID}\n\nWhat helped the lawyer:\n\n- {WRONG}"))
    assert strict.text == f"What helped:\n\n- {PAID}"


def test_in_strict_mode_nothing_may_be_left() -> None:
    strict = without_unsupported(answer(f"What helped:\n\n{WRONG}"))
    assert (strict.text, strict.citations, strict.sentences) == ("", (), ())


@pytest.mark.parametrize(
    ("supported", "wrong", "poor"),
    [(1, 0, False), (0, 1, True), (1, 1, True), (2, 1, False), (3, 2, True), (4, 2, False)],
)
def test_an_answer_is_poor_where_much_of_it_is_unsupported(supported: int, wrong: int, poor: bool) -> None:
    made = answer(" ".join([PAID] * supported + [WRONG] * wrong))
    assert len(unsupported(made)) == wrong
    assert is_poor(made) == poor


def test_a_better_answer_has_fewer_unsupported_sentences_for_each_claim() -> None:
    good, half, bad = answer(PAID), answer(f"{PAID} {WRONG}"), answer(WRONG)
    assert is_better(good, than=half)
    assert is_better(half, than=bad)
    assert not is_better(half, than=half)
    assert not is_better(answer("The stories here do not tell."), than=bad)
