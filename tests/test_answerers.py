"""Chat models are asked through LangChain's own clients: here the real OpenAI one, against a small server of ours."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from index.errors import LLMError
from index.live import LiveIndex
from rag.answer import Answer, Tokens, Turn
from rag.answerers import QuotingAnswerer, answerer_from
from rag.ask import Rag
from rag.settings import RagSettings
from tests.language_model import Reply, ScriptedModel, spoken

QUESTION = "How much did the baker pay for the bootcamp?"
GOOD = spoken("The baker paid 4,200 euros for a bootcamp. [1]")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that must never be told to anybody but the service."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-verysecretkey123")


def rag_with(built: LiveIndex, model: ScriptedModel, **changes: Any) -> Rag:
    settings = RagSettings.load(llm="openai:tiny", llm_base_url=model.url, **{"llm_timeout": 20.0, **changes})
    return Rag(built, answerer_from(settings))


def ask(built: LiveIndex, *script: Reply, **changes: Any) -> tuple[Answer, ScriptedModel]:
    with ScriptedModel(*script) as model:
        return rag_with(built, model, **changes).ask(QUESTION), model


def test_streamed_tokens_become_a_cited_answer_though_a_mark_is_cut_in_two(built: LiveIndex) -> None:
    with ScriptedModel(Reply(("The baker paid 4,200", " euros for a bootcamp. [", "1]"), pause=0.5)) as model:
        answers = list(rag_with(built, model).stream(QUESTION))
    assert answers[-1].text == "The baker paid 4,200 euros for a bootcamp. [1]"
    assert "4,200 euros" in answers[-1].citations[0].quote
    assert answers[-1].answerer == "openai:tiny"
    assert "The baker paid 4,200" in {answer.text for answer in answers}
    assert not any("[" in answer.text and "]" not in answer.text for answer in answers)


def test_the_model_is_asked_as_the_settings_say(built: LiveIndex) -> None:
    _, model = ask(built, GOOD, llm_temperature=0.5, llm_max_tokens=99)
    [sent] = model.requests
    assert (sent["temperature"], sent["max_completion_tokens"], sent["stream"]) == (0.5, 99, True)


def test_what_an_answer_cost_is_told_in_tokens_and_time(built: LiveIndex) -> None:
    answer, model = ask(built, Reply(GOOD.pieces, usage=(812, 34)))
    assert answer.tokens == Tokens(812, 34)
    assert answer.to_json()["tokens"] == {"input": 812, "output": 34}
    assert model.requests[0]["stream_options"] == {"include_usage": True}
    assert 0 < answer.seconds["retrieve"] < answer.seconds["first"] < answer.seconds["total"]


def test_where_the_service_does_not_tell_its_tokens_none_are_told(built: LiveIndex) -> None:
    answer, _ = ask(built, GOOD)
    assert answer.tokens is None


@pytest.mark.parametrize("pieces", [(), ("The baker",)])
def test_when_the_reader_stops_the_request_is_closed(built: LiveIndex, pieces: tuple[str, ...]) -> None:
    with ScriptedModel(Reply(pieces, ending="silence")) as model:
        answers = rag_with(built, model).stream(QUESTION)
        began = time.monotonic()
        while "".join(pieces) not in next(answers).text:
            pass
        answers.close()  # type: ignore[attr-defined]  # it is a generator, as Gradio knows
        assert model.hung_up.wait(5)
        assert time.monotonic() - began < 10


@pytest.mark.parametrize("status", [400, 401, 429, 500, 503])
def test_a_service_that_refuses_is_told_without_the_key_and_the_stories_are_quoted(
    built: LiveIndex, status: int
) -> None:
    answer, _ = ask(built, Reply(status=status))
    assert "4,200 euros" in answer.text
    assert answer.answerer == "quoting"
    assert "openai:tiny failed" in answer.notice
    assert "quoted instead" in answer.notice
    assert "verysecretkey" not in answer.notice
    assert not answer.cut_off


def test_no_service_at_the_address_is_told_and_the_stories_are_quoted(built: LiveIndex) -> None:
    with ScriptedModel(GOOD) as model:
        rag = rag_with(built, model)
    answer = rag.ask(QUESTION)
    assert "4,200 euros" in answer.text
    assert "Check the service" in answer.notice


@pytest.mark.parametrize(
    "first", [Reply(status=429), Reply(status=500), Reply(), Reply(ending="reset"), Reply(ending="malformed")]
)
def test_a_service_that_fails_before_its_first_word_is_asked_once_more(built: LiveIndex, first: Reply) -> None:
    answer, model = ask(built, first, GOOD)
    assert (answer.text, answer.notice) == ("The baker paid 4,200 euros for a bootcamp. [1]", "")
    assert len(model.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_that_will_not_pass_is_not_asked_again(built: LiveIndex, status: int) -> None:
    _, model = ask(built, Reply(status=status), GOOD)
    assert len(model.requests) == 1


def test_a_service_that_asks_for_patience_gets_it_unless_it_asks_for_too_much(built: LiveIndex) -> None:
    patient, _ = ask(built, Reply(status=429, headers={"retry-after": "1"}), GOOD)
    assert (patient.notice, patient.seconds["answer"] >= 1) == ("", True)
    hurried, model = ask(built, Reply(status=429, headers={"retry-after": "3600"}), GOOD)
    assert (hurried.answerer, len(model.requests)) == ("quoting", 1)


def test_a_service_that_stays_too_busy_is_told_as_busy(built: LiveIndex) -> None:
    busy = Reply(status=429, headers={"retry-after": "0.1"})
    answer, model = ask(built, busy, llm_retries=2)
    assert (answer.answerer, len(model.requests)) == ("quoting", 3)
    assert "429" in answer.notice


def test_who_is_told_to_wait_makes_all_wait(built: LiveIndex) -> None:
    busy = Reply(status=429, headers={"retry-after": "1"})
    with ScriptedModel(busy, GOOD) as model:
        rag = rag_with(built, model)
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(rag.ask, QUESTION)
            while not model.requests:
                time.sleep(0.01)
            time.sleep(0.2)
            began = time.monotonic()
            second = rag.ask(QUESTION)
            waited = time.monotonic() - began
        assert (first.result().notice, second.notice) == ("", "")
        assert waited > 0.5
        assert len(model.requests) == 3


def test_requests_are_spaced_where_a_rate_is_set(built: LiveIndex) -> None:
    with ScriptedModel(GOOD) as model:
        rag = rag_with(built, model, llm_requests_per_minute=120)
        began = time.monotonic()
        for _ in range(3):
            rag.ask(QUESTION)
        assert time.monotonic() - began > 0.9


def test_an_empty_answer_is_told(built: LiveIndex) -> None:
    answer, model = ask(built, Reply(("", " ")))
    assert "empty" in answer.notice
    assert "4,200 euros" in answer.text
    assert len(model.requests) == 2


@pytest.mark.parametrize("ending", ["eof", "reset", "malformed", "error", "length", "silence"])
def test_what_was_written_before_a_failure_is_kept_and_marked_and_the_stories_are_quoted_below(
    built: LiveIndex, ending: Any
) -> None:
    pieces = ("The baker found a course by the University of Helsinki. [1] She then", " went [")
    answer, model = ask(built, Reply(pieces, ending=ending), llm_timeout=1.0)
    assert answer.text.startswith("The baker found a course by the University of Helsinki. [1] She then went …\n\n")
    assert "“Then I paid 4,200 euros for a bootcamp." in answer.text
    assert answer.cut_off
    assert answer.notice.endswith("below it, the stories are quoted.")
    assert len(model.requests) == 1
    assert answer.finished


def test_a_limit_of_tokens_is_told_with_the_setting_that_raises_it(built: LiveIndex) -> None:
    answer, _ = ask(built, Reply(("The baker",), ending="length"))
    assert "CROSSROADS_LLM_MAX_TOKENS" in answer.notice


def test_a_service_that_says_nothing_is_given_up(built: LiveIndex) -> None:
    answer, _ = ask(built, Reply(ending="silence"), llm_timeout=0.5)
    assert answer.answerer == "quoting"
    assert answer.seconds["answer"] < 5


def test_a_service_that_never_ends_is_given_up(built: LiveIndex) -> None:
    answer, model = ask(built, Reply(("and",) * 500, pause=0.1), llm_deadline=1.0)
    assert answer.cut_off
    assert "longer than 1 seconds" in answer.notice
    assert model.hung_up.wait(5)


def test_many_answers_are_written_at_the_same_time(built: LiveIndex) -> None:
    with ScriptedModel(Reply(GOOD.pieces, pause=0.1)) as model:
        streams = [rag_with(built, model).stream(QUESTION) for _ in range(3)]
        texts = [[answer.text for answer in group] for group in zip(*streams, strict=False)]
    assert texts[0] != texts[-1]
    assert len(model.requests) == 3


def test_an_answer_with_too_much_that_is_unsupported_is_written_once_more(built: LiveIndex) -> None:
    bad = spoken("The baker paid 9,999 dollars in Toronto. [1] The baker paid 4,200 euros for a bootcamp. [1]")
    answer, model = ask(built, Reply(bad.pieces, usage=(10, 2)), Reply(GOOD.pieces, usage=(20, 1)))
    assert answer.text == "The baker paid 4,200 euros for a bootcamp. [1]"
    assert answer.rewritten
    assert answer.tokens == Tokens(30, 3)
    draft, wish = (message["content"] for message in model.requests[1]["messages"][-2:])
    assert draft.startswith("The baker paid 9,999 dollars")
    assert "- The baker paid 9,999 dollars in Toronto. (" in wish
    assert "4,200" not in wish


@pytest.mark.parametrize("second", [Reply(status=500), Reply(ending="reset"), spoken("She paid 8,888 pounds. [1]")])
def test_where_a_second_answer_is_no_better_the_first_is_shown_with_its_marks(built: LiveIndex, second: Reply) -> None:
    answer, model = ask(built, spoken("The baker paid 9,999 dollars in Toronto. [1]"), second, llm_retries=0)
    assert answer.text == "The baker paid 9,999 dollars in Toronto. [1]"
    assert answer.sentences[0].support is not None
    assert answer.sentences[0].support.verdict == "unsupported"
    assert (answer.rewritten, answer.notice, len(model.requests)) == (False, "", 2)


def test_the_draft_is_shown_until_it_was_checked(built: LiveIndex) -> None:
    with ScriptedModel(spoken("The baker paid 9,999 dollars in Toronto. [1]"), GOOD) as model:
        answers = list(rag_with(built, model).stream(QUESTION))
    assert [answer.finished for answer in answers] == [False] * (len(answers) - 1) + [True]
    assert any("9,999" in answer.text for answer in answers)
    assert "9,999" not in answers[-1].text


def test_history_goes_to_the_model_without_marks(built: LiveIndex) -> None:
    history = [Turn("user", "Tell me of the baker."), Turn("assistant", "She baked in Lyon. [1]")]
    with ScriptedModel(GOOD) as model:
        rag_with(built, model).ask(QUESTION, history)
    sent = model.requests[0]["messages"]
    assert [message["role"] for message in sent] == ["system", "user", "assistant", "user"]
    assert [message["content"] for message in sent[1:3]] == ["Tell me of the baker.", "She baked in Lyon."]


def test_a_small_window_shows_fewer_passages_and_a_mark_beyond_them_points_at_nothing(
    built: LiveIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag.ask import open_rag

    monkeypatch.setattr(LiveIndex, "from_settings", lambda _, **__: built)
    with ScriptedModel(spoken("The baker paid 4,200 euros for a bootcamp. [1] [4]")) as model:
        settings = RagSettings.load(
            llm="openai:tiny", llm_base_url=model.url, llm_window=1000, llm_max_tokens=300, passages=4
        )
        answer = open_rag(settings).ask(QUESTION)
    [sent] = model.requests
    assert 1 <= sent["messages"][-1]["content"].count("\n[") < 4
    assert (answer.dropped_marks, len(answer.citations)) == (1, 1)


def test_without_a_model_the_stories_are_quoted() -> None:
    assert isinstance(answerer_from(RagSettings.load()), QuotingAnswerer)


def test_the_notice_says_who_answers() -> None:
    assert "openai:tiny" in answerer_from(RagSettings.load(llm="openai:tiny")).notice
    assert "word for word" in QuotingAnswerer.notice


def test_a_draft_that_nobody_reads_asks_nobody(built: LiveIndex) -> None:
    with ScriptedModel(GOOD) as model:
        pieces: Iterator[Any] = rag_with(built, model).stream(QUESTION)
        del pieces
    assert model.requests == []


def test_a_failure_of_the_client_itself_is_an_error_of_the_model(built: LiveIndex) -> None:
    with ScriptedModel(GOOD) as model:
        rag = rag_with(built, model, llm_retries=0)
    hits = built.search(QUESTION, 1)
    from rag.question import understand

    with pytest.raises(LLMError, match="openai:tiny failed"):
        list(rag.answerer.draft(understand(QUESTION), hits, []))
