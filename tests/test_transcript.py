"""ui.transcript and ui.export: a conversation is read back from its messages, and leaves as text that stays text."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from index.filters import Filters
from index.stories import Story
from rag.answer import Answer
from tests.chatbots import Shelf, answered, quoted, refused, story
from ui.answers import message, problem, question, stopped, waiting
from ui.chat import Message
from ui.export import GONE, as_json, literal, markdown, plain
from ui.transcript import Exchange, Source, exchanges

COOK = replace(
    story("cook.md", "I was a cook. It took two years.\n\n# Then [x](y) <b>\n\nIt cost 900 euros."),
    title="The *cook* <b>",
    url="https://example.org/a story?<>",
    metadata={"from": "cook", "to": "data analyst", "author": "Ann [x](y)"},
)
SHELF = Shelf((COOK,))
YEARS, EUROS = quoted(1, COOK, "It took two years."), quoted(2, COOK, "It cost 900 euros.")
WHEN = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def said(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def talk(answer: Answer, asked: str = "How <long>?") -> list[Message]:
    return [said("user", question(asked)), said("assistant", message(answer))]


def only(messages: list[Message], shelf: Shelf = SHELF) -> Exchange:
    (found,) = exchanges(messages, shelf)
    return found


def test_an_answer_is_read_back_with_its_marks_and_sources() -> None:
    found = only(talk(answered("How long?", [YEARS, EUROS])))
    assert found.question == "How <long>?"
    assert found.answer == "They say “It took two years.” [1]. They say “It cost 900 euros.” [2]."
    assert [(source.number, source.quote) for source in found.sources] == [
        (1, "It took two years."),
        (2, "It cost 900 euros."),
    ]
    assert found.remarks == ("2 of 2 sentences checked against their sources",)
    assert not found.refused


def test_paragraphs_and_lists_keep_their_lines() -> None:
    text = "First.\n\nThey name:\n- one\n- two\n\nLast."
    assert only(talk(Answer("?", text, finished=True))).answer == text


def test_doubts_stand_behind_their_sentences_and_not_in_the_answer_itself() -> None:
    found = only(talk(answered("?", [YEARS, EUROS], verdicts=["unsupported", "supported"])))
    assert "doubt" not in found.answer
    assert "source" not in found.answer
    assert "(not in its source)" in found.doubted
    assert found.doubted.index("(not in its source)") < found.doubted.index("It cost")


def test_a_refusal_is_one_and_brings_the_nearest_stories() -> None:
    found = only(talk(replace(refused("?"), nearest=(COOK,))))
    assert found.refused
    assert found.answer == "The stories here do not tell that."
    assert found.nearest == (COOK,)


def test_what_stands_below_an_answer_is_a_remark() -> None:
    broken = talk(Answer("?", "It took", generation=1))
    broken[1]["content"] = stopped(broken[1]["content"])
    assert only(broken).remarks == ("Stopped. The answer is not finished, and not checked.",)
    failed = [said("user", question("?")), said("assistant", problem("Build again."))]
    assert (only(failed).answer, only(failed).remarks) == ("", ("Build again.",))


def test_a_question_without_an_answer_is_an_exchange_without_one() -> None:
    assert exchanges([said("user", question("Why?"))], SHELF) == [Exchange("Why?")]
    assert only([said("user", question("Why?")), said("assistant", waiting())]).answer == ""
    assert exchanges([said("assistant", "nobody asked")], SHELF) == []


def test_exchanges_come_in_order() -> None:
    messages = [*talk(answered("?", [YEARS]), "One?"), *talk(refused("?"), "Two?")]
    assert [(found.question, found.refused) for found in exchanges(messages, SHELF)] == [
        ("One?", False),
        ("Two?", True),
    ]


@pytest.mark.parametrize(
    "shelf", [Shelf(()), Shelf((replace(COOK, text=COOK.text.replace("two", "ten")),))], ids=["removed", "changed"]
)
def test_a_source_whose_words_are_gone_says_so(shelf: Shelf) -> None:
    found = only(talk(answered("?", [YEARS])), shelf)
    assert found.sources == (Source(1),)
    assert GONE in plain(found)
    assert GONE in markdown([found], WHEN)
    assert json.loads(as_json([found], WHEN))["conversation"][0]["sources"][0]["quote"] is None


def test_a_forged_citation_is_none() -> None:
    hrefs = ("javascript:x", "#story=cook.md&edition=0123456789ab&end=9")
    forged = "".join(f'<a class="cite" href="{href}">1</a>' for href in hrefs)
    found = only([said("user", question("?")), said("assistant", forged)])
    assert found.sources == ()


def test_a_quote_is_the_librarys_own_whatever_the_link_says() -> None:
    shown = message(answered("?", [YEARS]))
    forged = shown.replace(">1</a>", ">I took nine years.</a>").replace("It took two", "It took nine")
    assert only([said("user", question("?")), said("assistant", forged)]).sources[0].quote == "It took two years."


@given(st.text())
def test_any_markup_can_be_read(markup: str) -> None:
    exchanges([said("user", markup), said("assistant", markup)], SHELF)


def test_bottomless_markup_can_be_read() -> None:
    assert exchanges([said("user", "<div>" * 50_000 + "deep" + "</span>" * 50_000)], SHELF)[0].question == "deep"


def test_the_copy_names_each_source_with_its_words_and_its_link() -> None:
    copy = plain(only(talk(answered("?", [YEARS]))))
    assert copy == (
        "They say “It took two years.” [1].\n\n"
        "1 of 1 sentence checked against its source.\n\n"
        "Sources\n"
        "[1] The *cook* <b> (cook → data analyst, Ann [x](y))\n"
        "    “It took two years.”\n"
        "    https://example.org/a%20story?%3C%3E\n"
    )


def test_of_what_stands_below_an_answer_only_the_word_on_underlines_is_left_out() -> None:
    doubted = answered("?", [YEARS], verdicts=["partly"])
    found = only(talk(replace(doubted, filters=Filters(tags=("C; and R",)))))
    said_so = "0 of 1 sentence found in their sources. Only people who wrote about “C; and R” were asked."
    assert said_so in plain(found)
    assert literal(said_so) in markdown([found], WHEN)


def test_the_copy_of_a_refusal_names_the_nearest_stories() -> None:
    copy = plain(only(talk(replace(refused("?"), nearest=(COOK,)))))
    assert copy == (
        "The stories here do not tell that.\n\nNearest stories: The *cook* <b> (cook → data analyst, Ann [x](y))\n"
    )


READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def test_markdown_has_the_questions_as_headings_and_the_quotes_as_quotations() -> None:
    html = READER.render(markdown(exchanges(talk(answered("?", [YEARS])), SHELF), WHEN))
    assert "<h2>How &lt;long&gt;?</h2>" in html
    assert "<strong>The *cook* &lt;b&gt;</strong>, cook → data analyst, Ann [x](y)" in html
    assert "<blockquote>\n<p>It took two years.</p>\n</blockquote>" in html
    assert html.count("<a ") == 1
    assert '<a href="https://example.org/a%20story?%3C%3E">' in html
    assert "2026-01-02" in html


def test_a_long_quote_stays_within_its_quotation() -> None:
    whole = quoted(1, COOK, COOK.text)
    html = READER.render(markdown(exchanges(talk(answered("?", [whole])), SHELF), WHEN))
    assert html.count("<blockquote>") == 1
    assert "<p># Then [x](y) &lt;b&gt;</p>" in html


def test_a_link_that_is_not_the_webs_is_left_out() -> None:
    other = Story("cook.md", COOK.title, "javascript:alert(1)", {}, COOK.text, "0" * 64)
    found = only(talk(answered("?", [quoted(1, other, "It took two years.")])), Shelf((other,)))
    assert "javascript" not in plain(found) + markdown([found], WHEN) + as_json([found], WHEN)


SIGNS = [
    *"*_[]()<>#+-=.!|~&$@:/\\`'\" 1aé\n\t",
    "# ",
    "- ",
    "1. ",
    "2) ",
    "---",
    "===",
    "```",
    "~~~",
    "    ",
    "**",
    "~~",
]
SIGNS += [
    "<b>",
    "<!--",
    "&amp;",
    "![x](y)",
    "[a]: b",
    "<http://x.y>",
    "| a | b |\n| - | - |",
    "\n",
    "\n\n",
    "  \n",
    "\\\n",
]
PIECES = st.lists(st.sampled_from(SIGNS) | st.text(max_size=3)).map("".join)


@given(PIECES)
@example("1. a\n12) b")
@example("# a\n+ b\n- c\n= d")
@example("me@example.org, www.example.org, https://example.org")
def test_foreign_text_stays_text_in_markdown(text: str) -> None:
    tokens = READER.parse(literal(text))
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
    kinds = {child.type for token in tokens for child in token.children or []}
    assert kinds <= {"text", "text_special", "softbreak", "hardbreak"}
    shown = "".join(
        "\n" if "break" in child.type else child.content for token in tokens for child in token.children or []
    )
    assert "".join(shown.split()) == "".join(text.replace("\0", "\N{REPLACEMENT CHARACTER}").split())


def test_json_holds_every_place() -> None:
    whole = json.loads(as_json(exchanges(talk(answered("?", [EUROS])), SHELF), WHEN))
    (found,) = whole["conversation"]
    (source,) = found["sources"]
    assert COOK.text[source["start"] : source["end"]] == source["quote"] == "It cost 900 euros."
    assert (source["story"], source["from"], source["to"]) == ("cook.md", "cook", "data analyst")
    assert found["answer"].endswith("[2].")
    assert whole["exported"] == "2026-01-02T03:04:00+00:00"


def test_a_file_name_that_is_no_utf8_does_not_break_an_export() -> None:
    odd = replace(COOK, id="\udcff.md")
    found = only(talk(answered("?", [quoted(1, odd, "It took two years.")])), Shelf((odd,)))
    for text in (plain(found), markdown([found], WHEN), as_json([found], WHEN)):
        text.encode()
