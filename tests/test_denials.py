"""A flipped sentence denies what it affirmed, or the other way round, in words that people would use."""

import pytest

from eval.validating.denials import flipped


@pytest.mark.parametrize(
    ("sentence", "made"),
    [
        ("I finished the course.", {"I did not finish the course.", "I didn't finish the course."}),
        ("I went to Lyon.", {"I did not go to Lyon.", "I never went to Lyon."}),
        ("Then I studied law.", {"Then I didn't study law."}),
        ("I planned it for months.", {"I did not plan it for months."}),
        ("I scraped a site.", {"I did not scrape a site."}),
        ("I was ready.", {"I was not ready.", "I wasn't ready."}),
        ("I can code.", {"I cannot code.", "I can't code."}),
        ("I have worked there.", {"I have not worked there.", "I haven't worked there."}),
        ("We love the work.", {"We don't love the work.", "We never love the work."}),
        ("It came with a degree.", {"It came without a degree."}),
        ("They were able to help.", {"They were unable to help."}),
    ],
)
def test_a_denial_is_put_in(sentence: str, made: set[str]) -> None:
    assert made <= set(flipped(sentence))


@pytest.mark.parametrize(
    ("sentence", "made"),
    [
        ("I didn’t finish it.", "I did finish it."),
        ("I can't code.", "I can code."),
        ("I won't go back.", "I will go back."),
        ("I have never regretted it.", "I have regretted it."),
        ("It was not easy.", "It was easy."),
        ("I had no degree.", "I had some degree."),
        ("I started without a plan.", "I started with a plan."),
        ("Nobody asked me.", "Everybody asked me."),
        ("I was no longer sure.", "I was still sure."),
        ("I was unable to sleep.", "I was able to sleep."),
    ],
)
def test_a_denial_is_taken_out(sentence: str, made: str) -> None:
    assert made in flipped(sentence)


@pytest.mark.parametrize("sentence", ["It was not only the money.", "Bread, butter and jam.", "A list of all my jobs:"])
def test_what_the_rules_are_not_sure_of_stays(sentence: str) -> None:
    assert flipped(sentence) == []


def test_a_sentence_that_denies_gets_no_second_denial() -> None:
    assert flipped("I did not say that I was ready.") == ["I did say that I was ready."]
