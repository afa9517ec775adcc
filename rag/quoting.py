"""The answer without an LLM: the sentences that answer a question, quoted, a paragraph a person.

Owns how many sentences of how many people are quoted, and how their teller is introduced. Every word between
quotation marks is the story's, to the character; what stands outside them comes from the story's metadata.
"""

import re
from collections.abc import Iterator, Sequence

from index.stories import Story
from rag.citations import unmarked
from rag.question import Question
from rag.sentences import Candidate

FROM_ONE = (1, 6, 120)
"""Where one person is asked about: so many people, so many sentences from each and words of all of them at most."""
FROM_MANY = (4, 2, 140)
"""The same where many are asked about. `docs/experiments.md` compares them."""
FAR = 3.0
"""Where many are asked about, no sentence is quoted that scores so much less than the best: it is beside the point."""
PLACE = 0.1
"""There a person comes first by their best sentence, which is worth so much less for every hit before theirs."""


def quote(question: Question, ranked: Sequence[Candidate]) -> Iterator[str]:
    """The answer from sentences in order of merit, one quotation at a time, a mark behind each sentence."""
    for number, group in enumerate(choose(question, ranked)):
        yield ("\n\n" if number else "") + introduction(group[0].story)
        for candidates in _neighbours_together(group):
            mark = f" [{candidates[0].place + 1}]"
            yield f" “{f'{mark} '.join(candidate.text for candidate in candidates)}”{mark}"


def choose(question: Question, ranked: Sequence[Candidate]) -> list[list[Candidate]]:
    """The sentences to quote, grouped by person, each person's in the order told.

    Where one person is asked about, people come in the order of their best hits, which know more of *who* is meant
    than single sentences do; where many are, in the order of their best sentences.
    """
    groups: list[list[Candidate]] = []
    words = 0
    most_people, most_sentences, most_words = FROM_MANY if question.many else FROM_ONE
    for own in (_by_sentence(ranked) if question.many else _by_hit(ranked))[:most_people]:
        group: list[Candidate] = []
        for candidate in own[:most_sentences]:
            size = len(candidate.text.split())
            if words + size <= most_words or not (groups or group):
                group.append(candidate)
                words += size
        if group:
            groups.append(sorted(group, key=lambda candidate: candidate.span))
    return groups


def _by_hit(ranked: Sequence[Candidate]) -> list[list[Candidate]]:
    """What can be quoted of each person, the best first; people in the order of their hits."""
    people: dict[str, list[Candidate]] = {}
    for candidate in sorted(ranked, key=lambda candidate: candidate.place):
        people.setdefault(candidate.story.id, [])
    for candidate in ranked:
        if candidate.is_quotable:
            people[candidate.story.id].append(candidate)
    return [own for own in people.values() if own]


def _by_sentence(ranked: Sequence[Candidate]) -> list[list[Candidate]]:
    """The same without what is beside the point; people in the order of their best sentences."""
    best = max((candidate.score for candidate in ranked if candidate.is_quotable), default=0.0)
    near = [[candidate for candidate in own if candidate.score >= best - FAR] for own in _by_hit(ranked)]
    first = {candidate.story.id: candidate.place for candidate in sorted(ranked, key=lambda one: -one.place)}
    return sorted(
        [own for own in near if own], key=lambda own: own[0].score - PLACE * first[own[0].story.id], reverse=True
    )


def introduction(story: Story) -> str:
    """Who is quoted, ending in a colon: from → to where the story says so, else its author, else its title.

    A number in brackets there is no citation, and has round ones.
    """
    if story.path:
        who = unmarked(f"{with_article(story.origin)} who became {with_article(story.destination)}")
        return f"{who[0].upper()}{who[1:]} writes:" if is_first_person(story) else f"Of {who} the story tells:"
    teller = f"{story.author}, in" if story.author else "The author of"
    comma = "," if story.author else ""
    return unmarked(f"{teller} “{story.title}”{comma} writes:")


def with_article(noun: str) -> str:
    """The noun with a or an, by sound as far as spelling tells it: an engineer, but a UX designer."""
    return f"{'an' if re.match(r'(?!ux|uni|use|eu|one)[aeiou]', noun, re.IGNORECASE) else 'a'} {noun}"


def is_first_person(story: Story) -> bool:
    """Whether somebody tells of themselves; by what there is more of, I and my or he and she."""
    mine = re.findall(r"\b(?:I|my|me)\b", story.text)
    theirs = re.findall(r"\b(?:he|she|his|her)\b", story.text, re.IGNORECASE)
    return len(mine) > len(theirs)


def _neighbours_together(group: Sequence[Candidate]) -> list[list[Candidate]]:
    """Sentences that follow each other in the same passage and paragraph are one quotation."""
    together: list[list[Candidate]] = []
    for candidate in group:
        last = together[-1][-1] if together else None
        if last and last.place == candidate.place and not last.story.text[last.span[1] : candidate.span[0]].strip(" "):
            together[-1].append(candidate)
        else:
            together.append([candidate])
    return together
