"""A retelling says the same in the third person and partly in other words, and never in the very same ones."""

import pytest

from eval.validating.retelling import is_first_person, retold


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("I baked bread for eleven years.", "They baked bread for eleven years."),
        ("I’m glad that I didn’t sell my shop.", "They are glad that they did not sell their shop."),
        ("We've never been sure of ourselves.", "They have never been sure of themselves."),
        ("So I can't say it was mine.", "They can not say it was theirs."),
        ("I was a welder, and I really loved it.", "They were a welder, and they loved it."),
        ("I wanted to quit my job.", "They wished to quit their position."),
        ("After two winters, I started a company.", "They began a firm after two winters."),
        ("I'd been a nurse and I'd stay one.", "They had been a nurse and they would stay one."),
    ],
)
def test_a_sentence_is_told_of_somebody_else(sentence: str, told: str) -> None:
    assert retold(sentence) == told


def test_a_beginning_that_says_when_stays_where_moving_it_would_part_a_list() -> None:
    assert retold("In Porto, in Faro, I taught maths.") == "In Porto, in Faro, they taught maths."


def test_names_keep_their_words() -> None:
    assert retold("I joined the Big House Company.") == "They joined the Big House Company."


@pytest.mark.parametrize("sentence", ["I moved.", "It helped me.", "Our shop closed.", "It was mine."])
def test_who_speaks_of_themselves_is_in_the_first_person(sentence: str) -> None:
    assert is_first_person(sentence)
    assert not is_first_person(retold(sentence))
