"""What speaks for a passage: evidence, its weights, and the chance that a passage is the one that answers.

People ask about a *person*, and the passage that answers seldom says who is speaking. So the chance of a passage is
that of its story times that of the passage within its story, each a softmax over weighted evidence: a conditional
logit (McFadden 1974), fitted by `bench/fit_search.py` on the tune half of `bench/questions/`. All evidence is either
a cosine or a share of the most that the words could give, so that one set of weights serves a library of any size.

Evidence for a story: the largest cosine of the words and a passage of it (`story_dense`), and a sentence of it
(`story_sentence`); the best BM25 of a passage (`story_lexical`); the share of the words it has, rarer ones heavier
(`story_words`); BM25 of the words' synonyms (`story_synonyms`); the mean over the words' tokens of the largest cosine
of each and a token anywhere in it (`story_matches`, late interaction: Khattab & Zaharia 2020, arXiv:2004.12832), so
that what is said of a person is found however far apart it stands; and the logarithm of its number of passages
(`story_length`), since in a longer story something fits by chance.

For a passage within its story: the largest cosine of the focus and a sentence of it (`focus`), or of the passages
beside it (`beside`); the cosine of the question and the passage after what both share with the story as a whole was
taken from them (`own`): who is asked about says nothing here; BM25 with words counted as rare that are rare in the
story (`local`); BM25 of the synonyms (`synonyms`); and the best sentence by the mean over the focus' tokens of the
largest cosine of each and a token of the sentence (`matches`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from index.embedding import Vectors

Array = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

STORY_WEIGHTS = {
    "story_dense": 6.8,
    "story_sentence": 5.1,
    "story_lexical": 4.9,
    "story_words": 1.7,
    "story_synonyms": 3.3,
    "story_length": -1.0,
    "story_matches": 15.2,
}
PASSAGE_WEIGHTS = {"focus": 5.1, "beside": 4.3, "own": 4.1, "local": 7.6, "synonyms": 1.8, "matches": 5.6}


@dataclass(frozen=True)
class Evidence:
    """Candidates: their `rows`, ascending, and for each the number of its story, counted from 0 (`group`).

    `stories` and `passages` hold the evidence by name, shapes (groups,) and (rows,); `sentences` the vectors of
    each row's sentences, `matches` how well each of these has the focus; `dense` the cosine of the words and each
    passage.
    """

    rows: Rows
    group: Rows
    stories: Mapping[str, Array]
    passages: Mapping[str, Array]
    sentences: Sequence[Vectors]
    matches: Sequence[Array]
    dense: Array


def rank(
    evidence: Evidence,
    stories: Mapping[str, float] = MappingProxyType(STORY_WEIGHTS),
    passages: Mapping[str, float] = MappingProxyType(PASSAGE_WEIGHTS),
) -> Array:
    """The logarithm of each candidate's chance to be the passage that answers, shape (rows,). Pure."""
    of_story = weighted(evidence.stories, stories)
    chance = _log_softmax(of_story, np.zeros(len(of_story), dtype=np.int64))
    return chance[evidence.group] + _log_softmax(weighted(evidence.passages, passages), evidence.group)


def weighted(evidence: Mapping[str, Array], weights: Mapping[str, float]) -> Array:
    """The sum of the evidence there is, each kind times its weight."""
    found = [weight * evidence[name] for name, weight in weights.items() if name in evidence]
    return np.asarray(np.sum(found, axis=0), dtype=np.float64)


def _log_softmax(values: Array, group: Rows) -> Array:
    """Values less the logarithm of the sum of the exponentials of their group, groups being runs of equal numbers."""
    bounds = np.flatnonzero(np.diff(group, prepend=-1))
    values = values - np.maximum.reduceat(values, bounds)[group]
    return values - np.log(np.add.reduceat(np.exp(values), bounds))[group]
