"""Support: what passages say, word for word or in other words, is supported; what they lack or deny is named."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.comparison import compare
from rag.grounding import PARTLY, SUPPORTED, VERBATIM, WEIGHTS, chance, support

BAKERY = (
    "I ran a bakery in Ghent for eleven years, and by the end my wrists would not let me knead. In spring 2019 I sold "
    "it for €90,000 and paid 4,500 of that for a course in web development at Hackhuis. The course took seven months. "
    "I did not finish the last project, but nobody ever asked about it. After 62 applications I was hired by Portico, "
    "where I earn about 20% less than the bakery brought in and sleep twice as long."
)
FLIGHTS = (
    "For nine years I was a flight attendant. When the airline folded I took a night job at a care home, and within a "
    "month I knew that I wanted to be a nurse. My sister Ines lent me one thousand dollars for the first fees."
)


@pytest.mark.parametrize(
    "sentence",
    [
        "The course took seven months.",
        "“The course took seven months.”",
        "the  course\ntook SEVEN months",
        "- The course took seven months [1]",
        "I ran a bakery in Ghent for eleven years, and by the end my wrists would not let me knead.",
        "Ghent",
    ],
)
def test_a_quotation_is_supported_whatever_its_length_case_spacing_and_quotes(sentence: str) -> None:
    found = support(sentence, [FLIGHTS, BAKERY])
    assert found.score >= VERBATIM
    assert found.verdict == "supported"
    assert not found.reasons


def test_quotes_and_dashes_may_have_another_form() -> None:
    assert support("I can't - won't - go back.", ["So: I can’t — won’t — go back."]).score >= VERBATIM


def test_a_quotation_that_cuts_a_word_or_a_number_is_none() -> None:
    assert support("own", ["I moved downtown."]).score < VERBATIM
    assert support("5 years", ["It took 3.5 years."]).score < VERBATIM
    assert support("It cost 4", ["It cost 4,500 in all."]).score < VERBATIM


@pytest.mark.parametrize(
    "sentence",
    [
        "She ran a bakery in Ghent for 11 years.",
        "The author sold the bakery in spring 2019 for 90,000 euros.",
        "After the course, which took seven months, a former baker was hired by Portico.",
        "She earns about twenty percent less than the bakery brought in.",
    ],
)
def test_a_retelling_is_supported(sentence: str) -> None:
    found = support(sentence, [BAKERY])
    assert found.verdict == "supported"
    assert not found.reasons


def test_what_no_passage_speaks_of_is_unsupported() -> None:
    found = support("Pilots must renew their medical certificate every autumn.", [BAKERY])
    assert found.verdict == "unsupported"
    assert found.reasons == ("few of its words are in the passage",)


def test_several_passages_support_a_sentence_together() -> None:
    sentence = "A flight attendant became a nurse, and a baker in Ghent sold the bakery."
    assert support(sentence, [FLIGHTS, BAKERY]).score > max(
        support(sentence, [text]).score for text in (FLIGHTS, BAKERY)
    )


@pytest.mark.parametrize(
    ("sentence", "number"),
    [
        ("The course took eight months.", "eight"),
        ("She was hired after 700 applications.", "700"),
        ("She paid $4,600 for the course in web development.", "4,600"),
        ("She ran a bakery in Ghent for twenty-one years.", "twenty-one"),
    ],
)
def test_a_changed_number_is_named(sentence: str, number: str) -> None:
    found = support(sentence, [BAKERY])
    assert found.verdict != "supported"
    assert f"the number {number} is not in the passage" in found.reasons


@pytest.mark.parametrize(
    ("passage", "sentence"),
    [
        ("It took 7 months.", "It took seven months."),
        ("It took forty-two weeks.", "It took 42 weeks."),
        ("It cost one thousand euros.", "It cost 1,000 euros."),
        ("It cost 1000 euros.", "It cost a thousand euros."),
        ("I earn 48k.", "She earns 48,000."),
        ("I earn $48,000.", "She earns forty-eight thousand dollars."),
        ("I sent two hundred and fifty letters.", "She sent 250 letters."),
        ("I earn 20% more.", "She earns twenty percent more."),
        ("I earn 20 per cent more.", "She earns 20% more."),
        ("It cost 1.5 million.", "It cost 1,500,000."),
    ],
)
def test_numbers_are_the_same_in_words_and_digits(passage: str, sentence: str) -> None:
    assert compare(sentence, [passage]).unseen_numbers == ()
    assert support(sentence, [passage]).verdict == "supported"


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("She paid for a course in web development at Udacity.", "Udacity"),
        ("She was hired by Norske Data after 62 applications.", "Norske Data"),
        ("Margaux was hired by Portico after 62 applications.", "Margaux"),
        ("Margaux's bakery in Ghent was sold in spring 2019.", "Margaux's"),
    ],
)
def test_a_swapped_name_is_named(sentence: str, name: str) -> None:
    found = support(sentence, [BAKERY])
    assert found.verdict != "supported"
    assert f'the name "{name}" is not in the passage' in found.reasons


def test_a_capital_at_the_beginning_makes_no_name() -> None:
    assert compare("Eventually the bakery was sold.", [BAKERY]).unseen_names == ()
    assert compare("Sleeping Twice As Long", [BAKERY]).unseen_names == ()


@pytest.mark.parametrize(
    ("sentence", "passage"),
    [
        ("The course did not take seven months.", "The course took seven months, and then I looked for work."),
        ("She never regretted the move.", "At first I regretted the move."),
        ("She finished the last project.", BAKERY),
        ("She regretted the move.", "I haven't regretted the move."),
    ],
)
def test_a_denial_is_found_either_way(sentence: str, passage: str) -> None:
    found = support(sentence, [passage])
    assert found.verdict != "supported"
    assert "the passage negates it" in found.reasons


@pytest.mark.parametrize(
    "sentence",
    [
        "Nobody asked about the last project, which she did not finish.",
        "The stories do not say why she sold the bakery.",
    ],
)
def test_a_denial_the_passage_shares_or_cannot_make_is_none(sentence: str) -> None:
    assert not compare(sentence, [BAKERY]).is_negated


def test_reasons_speak_of_passages_where_there_are_several() -> None:
    assert (
        support("The course took eight months.", [BAKERY, FLIGHTS]).reasons[0]
        == "the number eight is not in the passages"
    )


@pytest.mark.parametrize("mark", ["[1]", " [2, 3]", "[ 1 ]", "[1][2]", "[1-3]", "[1; 2]"])
def test_citation_marks_are_ignored(mark: str) -> None:
    sentence = "She ran a bakery in Ghent for 11 years"
    assert support(f"{sentence}{mark}.", [BAKERY]) == support(f"{sentence}.", [BAKERY])


@pytest.mark.parametrize("passages", [[], [""], [" \n"]])
def test_a_sentence_without_a_passage_cites_nothing(passages: list[str]) -> None:
    found = support("The course took seven months.", passages)
    assert (found.score, found.verdict, found.reasons) == (0.0, "unsupported", ("it cites nothing",))


@pytest.mark.parametrize("sentence", ["", "  ", "[1]", "…"])
def test_a_sentence_without_words_says_nothing(sentence: str) -> None:
    found = support(sentence, [BAKERY])
    assert (found.score, found.verdict, found.reasons) == (0.0, "unsupported", ("it says nothing",))


def test_an_announcement_is_no_claim() -> None:
    assert (
        support("Here is what three bakers did:", [BAKERY]).score
        > support("Here is what three bakers did.", [BAKERY]).score
    )


def test_the_weights_are_those_of_the_features() -> None:
    features = compare("She ran a bakery.", [BAKERY]).features
    assert features.keys() == WEIGHTS.keys()
    assert 0 < chance(dict.fromkeys(features, 0.0)) < 1


@settings(derandomize=True, deadline=None)
@given(st.text(), st.lists(st.text(), max_size=3))
def test_any_text_gets_a_score_its_verdict_and_the_same_again(sentence: str, passages: list[str]) -> None:
    found = support(sentence, passages)
    assert 0 <= found.score <= 1
    assert found.verdict == (
        "supported" if found.score >= SUPPORTED else "partly" if found.score >= PARTLY else "unsupported"
    )
    assert support(sentence, passages) == found


_WORDS = st.sampled_from(
    ["İ", "ﬁve", "one", "two", "hundred", "and", "1,000", "½", "٣", "k", "not", "I'd", "Ghent", "%", "-", ".", "²", "ß"]
)


@settings(derandomize=True, deadline=None)
@given(st.lists(_WORDS).map(" ".join), st.lists(_WORDS).map("".join))
def test_words_that_are_hard_to_read_get_a_score_too(sentence: str, passage: str) -> None:
    assert 0 <= support(sentence, [passage]).score <= 1


@settings(derandomize=True, deadline=None)
@given(st.text().filter(str.strip), st.text(), st.text(), st.lists(st.text(), max_size=2))
def test_a_passage_that_quotes_the_sentence_supports_it_among_any_others(
    sentence: str, before: str, after: str, others: list[str]
) -> None:
    assert support(sentence, [*others, f"{before} {sentence} {after}"]).score >= VERBATIM


def test_numbers_too_large_to_compute_with_are_told_apart() -> None:
    assert support("It cost " + "9" * 400, ["It cost " + "8" * 400]).verdict != "supported"
