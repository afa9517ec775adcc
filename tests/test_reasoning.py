"""rag.reasoning: what is thought before an answer is no part of it, wherever the stream cuts it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.live import LiveIndex
from rag.answerers import answerer_from
from rag.ask import Rag
from rag.reasoning import Reasoning
from rag.settings import RagSettings
from tests.language_model import Reply, ScriptedModel, spoken

QUESTION = "How much did the baker pay for the bootcamp?"
GOOD = "The baker paid 4,200 euros for a bootcamp. [1]"
THOUGHT = "<think>They want a sum.\n\nThe baker paid 9,999 dollars? No. </think>"


def left(pieces: list[str]) -> str:
    reasoning = Reasoning()
    return "".join(map(reasoning.without, pieces)) + reasoning.rest()


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>a</think>\n\nYes.", "Yes."),
        ("\n<think>\na < b </thin\n</think>Yes.", "Yes."),
        ("<think></think><think>b</think>Yes.", "Yes."),
        ("Yes.", "Yes."),
        ("Yes <think>a</think> no.", "Yes <think>a</think> no."),
        ("<thin", "<thin"),
        ("<thinly>", "<thinly>"),
        ("<think>a", ""),
        ("<think>a</think>", ""),
        ("", ""),
    ],
)
@given(data=st.data())
def test_it_is_left_out_wherever_it_is_cut(text: str, answer: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)))) | {0, len(text)})
    assert left([text[start:end] for start, end in pairwise(cuts)]) == answer


def rag_with(built: LiveIndex, model: ScriptedModel) -> Rag:
    settings = RagSettings.load(llm="openai:tiny", llm_base_url=model.url, llm_timeout=20.0)
    return Rag(built, answerer_from(settings))


def test_no_word_of_it_is_shown_while_it_comes_or_checked(built: LiveIndex) -> None:
    with ScriptedModel(spoken(f"{THOUGHT}\n\n{GOOD}")) as model:
        answers = list(rag_with(built, model).stream(QUESTION))
    assert answers[-1].text == GOOD
    assert len(answers[-1].sentences) == 1
    assert all(GOOD.startswith(answer.text.strip()) for answer in answers)
    assert len(model.requests) == 1


@pytest.mark.parametrize("ending", ["stop", "length"])
def test_a_model_that_only_reasons_came_to_its_limit(built: LiveIndex, ending: str) -> None:
    with ScriptedModel(Reply(("<think>They want", " a sum."), ending=ending)) as model:  # type: ignore[arg-type]
        answer = rag_with(built, model).ask(QUESTION)
    assert "CROSSROADS_LLM_MAX_TOKENS" in answer.notice
    assert "They want" not in answer.text
    assert answer.answerer == "quoting"
    assert len(model.requests) == 1
