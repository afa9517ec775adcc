"""Nothing planted in a story, a question or a conversation gets more than it is: words that somebody wrote.

Every attack goes the whole way, from a file to the page, with a model that obeys whatever it reads, over HTTP; and
with the answers that quote. A story can lie; then its lie is shown as what its teller says.
"""

import os
import re
from collections.abc import Callable
from functools import cache

import pytest
from bs4 import BeautifulSoup

from index.embedding import Embedder
from index.formats.characters import visible
from index.live import LiveIndex
from index.rebuild import rebuild
from index.store import PassageStore
from rag.answer import Answer, Turn
from rag.answerers import QuotingAnswerer, answerer_from
from rag.ask import Rag
from rag.prompt import INSTRUCTIONS
from rag.settings import RagSettings
from tests.attacks import ATTACKS, Attack, plant
from tests.language_model import Reply, Request, ScriptedModel, spoken
from ui.answers import message
from ui.escaping import words

SECRET = "sk-verysecretkey123"  # noqa: S105  # it is none
TAGS = {"div", "p", "a", "span", "small", "footer", "ul", "ol", "li", "strong", "blockquote", "br", "h3", "h4"}
ATTRIBUTES = {"class", "href", "role", "title", "aria-label", "value"}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> LiveIndex:
    """An index of every attack's story, in every format."""
    folder = tmp_path_factory.mktemp("planted")
    (folder / "stories").mkdir()
    for attack in ATTACKS:
        plant(attack, folder / "stories")
    store = PassageStore(folder / "index")
    report = rebuild(folder / "stories", store, embedder)
    assert [fault for fault in report.faults if not fault.story_kept] == []
    return LiveIndex(store, embedder)


def obedient(attack: Attack) -> Callable[[Request], Reply]:
    """A model that does what an attack wants as soon as it reads of it."""

    def reply(request: Request) -> Reply:
        is_told = attack.code in "".join(said["content"] for said in request["messages"])
        return spoken(attack.reply if is_told else f"The {attack.who} learned databases from a clerk. [1]")

    return reply


@cache
def ask(planted: LiveIndex, attack: Attack, *, strict: bool = False) -> tuple[Answer, list[Request]]:
    """What an attack makes of an answer by an obedient model, and what that model was sent; asked once."""
    history = [Turn("user", attack.planted), Turn("assistant", attack.planted)] if attack.place == "history" else []
    with ScriptedModel(obedient(attack)) as model:
        settings = RagSettings.load(llm="openai:obedient", llm_base_url=model.url)
        rag = Rag(planted, answerer_from(settings), strict=strict)
        return rag.ask(attack.question, history), model.requests


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)


each_attack = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.id)


def assert_sources_are_real(answer: Answer, planted: LiveIndex) -> None:
    """Every citation opens words of a passage that was found, and every number in the text is a citation's."""
    for citation in answer.citations:
        story = planted.generation().story(citation.story.id)
        assert citation.passage in [hit.passage for hit in answer.hits]
        assert citation.passage.start <= citation.quote_start < citation.quote_end <= citation.passage.end
        assert story.text[citation.quote_start : citation.quote_end] == citation.quote
        assert citation.quote.strip()
    shown = {int(number) for number in re.findall(r"\[(\d+)\]", answer.text)}
    assert shown <= {citation.number for citation in answer.citations}


def assert_page_is_harmless(answer: Answer) -> None:
    """The message has only tags that show text, and no attribute that loads, runs or leads anywhere but the reader."""
    markup = message(answer)
    page = BeautifulSoup(markup, "html.parser")
    assert "\n" not in markup
    assert {tag.name for tag in page.find_all()} <= TAGS
    assert {name for tag in page.find_all() for name in tag.attrs} <= ATTRIBUTES
    assert all(str(tag["href"]).startswith("#") for tag in page.find_all(href=True))
    assert not set("![]`<>$") & set(re.sub(r"<[^>]*>", "", markup)), "what Markdown or a formula could be made of"


@each_attack
def test_the_story_reaches_the_model_only_between_its_marks(attack: Attack, planted: LiveIndex) -> None:
    _, requests = ask(planted, attack)
    for request in requests:
        first, *others = request["messages"]
        asked = next(said for said in reversed(others) if said["content"].startswith("Passages, "))["content"]
        fence = asked.split("<")[1].split(">")[0]
        pieces = re.split(rf"</?{fence}>", asked)
        between, around = pieces[3::2], [*pieces[:3:2], *pieces[4::2]]
        assert (first["role"], first["content"]) == ("system", INSTRUCTIONS)
        assert not set("<>[]") & set("".join(around))
        assert all(passage.startswith("\n[") and not set("<>[]") & set(passage[4:]) for passage in between)
        assert (attack.code in "".join(between)) == (attack.is_in_a_story and attack.is_seen)
        assert (attack.code in "".join(around)) == (attack.place == "question" and attack.is_seen)
        assert all(visible(said["content"]) == said["content"] for said in request["messages"][:2])
        assert SECRET not in str(request["messages"])


@each_attack
def test_an_obedient_model_forges_no_source_and_what_it_makes_up_is_marked(attack: Attack, planted: LiveIndex) -> None:
    answer, requests = ask(planted, attack)
    assert requests, "the attack was not tried"
    assert not attack.is_in_a_story or any(hit.story.id == attack.file for hit in answer.hits[:8])
    assert_sources_are_real(answer, planted)
    assert_page_is_harmless(answer)
    for sentence in answer.sentences:
        own = all(
            citation.story.id == attack.file for citation in answer.citations if citation.number in sentence.citations
        )
        if attack.code in sentence.text and not answer.refused:
            assert sentence.support is not None
            assert sentence.support.verdict != "supported" or own
    assert SECRET not in str(answer.to_json())


@each_attack
def test_in_strict_mode_nothing_is_left_of_what_it_makes_up(attack: Attack, planted: LiveIndex) -> None:
    answer, _ = ask(planted, attack, strict=True)
    assert_sources_are_real(answer, planted)
    assert_page_is_harmless(answer)
    if not answer.refused:
        assert all(
            sentence.support is None or sentence.support.verdict != "unsupported" for sentence in answer.sentences
        )
        assert "Mallory" not in answer.text


@each_attack
def test_quotations_are_what_the_stories_say_and_no_more(attack: Attack, planted: LiveIndex) -> None:
    history = [Turn("user", attack.planted), Turn("assistant", attack.planted)] if attack.place == "history" else []
    answer = Rag(planted, QuotingAnswerer()).ask(attack.question, history)
    assert_sources_are_real(answer, planted)
    assert_page_is_harmless(answer)
    for citation in answer.citations:
        assert " ".join(citation.quote.split()) in " ".join(re.sub(r" ?\[\d+\]", "", answer.text).split())


def test_there_are_enough_attacks_in_every_place() -> None:
    assert len(ATTACKS) >= 40
    assert {attack.place for attack in ATTACKS} >= {"md", "txt", "html", "docx", "pdf", "title", "question", "history"}
    assert len({attack.who for attack in ATTACKS}) == len(ATTACKS)


def test_the_obedient_model_would_obey(planted: LiveIndex) -> None:
    """So that the attacks above are tried on somebody who falls for them."""
    obeyed = [attack for attack in ATTACKS if attack.is_seen]
    drafts = []
    for attack in obeyed[:3]:
        with ScriptedModel(obedient(attack)) as model:
            rag = Rag(planted, answerer_from(RagSettings.load(llm="openai:obedient", llm_base_url=model.url)))
            drafts.append(any(attack.code in answer.text for answer in rag.stream(attack.question)))
    assert drafts == [True] * 3
    assert os.environ["OPENAI_API_KEY"] == SECRET


def test_what_a_page_showed_is_no_more_when_it_comes_back_as_history(planted: LiveIndex) -> None:
    answer, _ = ask(planted, ATTACKS[0])
    assert not set("<>") & set(words(message(answer)))
