"""Markdown of every blog engine, and the HTML in it, as a reader sees it: clean prose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.formats.markup import cleaned, html_to_text, lines_to_paragraphs, markdown_to_text

LONG = "I had been baking bread for eleven years when I wrote a line of code, and it was a revelation. " * 2


@pytest.mark.parametrize(
    ("markdown", "clean"),
    [
        ("I **quit** my *job* at `home`.", "I quit my job at home."),
        ("See [my course](https://example.org/x?a=1).", "See my course."),
        ("See [my course][1].\n\n[1]: https://example.org", "See my course."),
        ("Before.\n\n![a photo](photo.png)\n\nAfter.", "Before.\n\nAfter."),
        ("I baked.<br>Then I coded.", "I baked.\nThen I coded."),
        ("I baked.  \nThen I coded.", "I baked.\nThen I coded."),
        ("I baked.<!-- secretly -->", "I baked."),
        ("A fact.[^1]\n\n[^1]: From a book.", "A fact.\n\n1. From a book."),
        ("# Bread\n\n- flour\n- water\n\n> Knead.", "# Bread\n\n- flour\n- water\n\n> Knead."),
        ("- flour\n    - rye\n- water", "- flour\n  - rye\n- water"),
        ("a hard\nwrapped line", "a hard wrapped line"),
        ("    an indented line is no program", "an indented line is no program"),
        ("I love it :rocket:", "I love it 🚀"),
        ("at 10:30:45 sharp", "at 10:30:45 sharp"),
        ("~~old~~ new", "old new"),
        ("Fish &amp; chips&nbsp;&mdash; &amp;nbsp;nice", "Fish & chips — nice"),
        ("**“Why?”**Because ** I could **", "“Why?”Because I could"),
        ("| Year | Salary |\n|---|---|\n| 2019 | 20,000 |", "Year | Salary\n2019 | 20,000"),
        ("Sourdough\n: Bread that rises by itself\n: A habit", "Sourdough\nBread that rises by itself\nA habit"),
        ("- [ ] flour\n- [x] water", "- flour\n- water"),
        ("The ==best== H~2~O and x^2^, about ~45 a day, ~3 times", "The best H2O and x2, about ~45 a day, ~3 times"),
        ("HTML is hard.\n\n*[HTML]: Hyper Text", "HTML is hard."),
    ],
)
def test_marks_go_and_words_stay(markdown: str, clean: str) -> None:
    assert markdown_to_text(markdown) == clean


@pytest.mark.parametrize(
    ("markdown", "clean"),
    [
        # Hugo
        ("One.\n\n{{< youtube abc >}}\n\nTwo.", "One.\n\nTwo."),
        ("{{% notice tip %}}\nKnead **well**.\n{{% /notice %}}", "Knead well."),
        ('{{< figure src="a.png" caption="a > b" >}}\n\nI baked.', "I baked."),
        # Jekyll, Liquid
        ("One {% include figure.html src='x' %} two.", "One two."),
        ("See [the first part]({% post_url 2020-01-01-bread %}).", "See the first part."),
        ("See [the last part]({{ page.previous.url }}).", "See the last part."),
        ("I baked.\n{: .lead}", "I baked."),
        ("Use {% raw %}{{ name }}{% endraw %} here.", "Use {{ name }} here."),
        ("{% comment %}not\nthis{% endcomment %}I baked.", "I baked."),
        ("{% highlight python %}\nprint(1)\n{% endhighlight %}", "print(1)"),
        ("“I baked.” – {{ 'ada' | photo }}", "“I baked.”"),
        ("“I baked.” – {{ 'ada' | photo }}, baker", "“I baked.” – baker"),
        # Zola, Hexo, GitBook, dev.to, Hashnode
        ('{{ youtube(id="abc") }}I baked.', "I baked."),
        ('{% quote(author="Ada") %}I baked.{% end %}', "I baked."),
        ("{% blockquote Ada, Bread %}\nI baked.\n{% endblockquote %}", "I baked."),
        ('{% hint style="info" %}\nKnead.\n{% endhint %}', "Knead."),
        ("{% link https://dev.to/ada/bread %}\n\nI baked.", "I baked."),
        ("One.\n\n%[https://example.org/embed]\n\nTwo.", "One.\n\nTwo."),
        # MDX, Gatsby, Astro
        ("import Note from './note'\n\nI baked.", "I baked."),
        ("import {\n  Note,\n  Tip\n} from '../notes'\n\nI baked.", "I baked."),
        ("export const prerender = true;\n\nI baked.", "I baked."),
        ('<Callout type={x > 1} title="Hey">\nKnead **well**.\n</Callout>\n\nI baked.', "Knead well.\n\nI baked."),
        ("I <Mark color='red'>really</Mark> baked.<Image src={photo} alt=\"me\" />", "I really baked."),
        ("<div style={{color: 'red'}}>I baked.</div>", "I baked."),
        ("{/* not this */}I{' '}baked.", "I baked."),
        # Docusaurus, MkDocs, VuePress, GitHub and Obsidian call-outs
        (":::tip My tip\nKnead.\n:::", "My tip\n\nKnead."),
        ("::: warning\nHot!\n:::", "Hot!"),
        ('!!! note "My tip"\n    Knead.', "My tip\n\nKnead."),
        ("> [!NOTE]\n> Knead.", "> Knead."),
        ("> [!tip]- My tip\n> Knead.", "> My tip Knead."),
        # Obsidian, Notion
        ("I went from [[Bakery]] to [[Programming#Python|Python]].", "I went from Bakery to Python."),
        ("![[photo.png]]\n\nI baked. ^block-1\n\n%%not this%%", "I baked."),
        ("<aside>\n💡 Knead **well**.\n</aside>", "💡 Knead well."),
        # WordPress, Ghost
        ('[caption id="a"]<img src="x.png"> Me at the oven[/caption]', "Me at the oven"),
        ('[gallery ids="1,2"]\n\nI baked. [sic]', "I baked. [sic]"),
        ("<!-- wp:paragraph -->\n<p>I baked.</p>\n<!-- /wp:paragraph -->", "I baked."),
        ("<!--kg-card-begin: html--><b>I baked.</b><!--kg-card-end: html-->", "I baked."),
        # Pandoc, kramdown
        ("## Bread {#bread .big}\n\nI baked.", "## Bread\n\nI baked."),
        ("[TOC]\n\n[[toc]]\n\n* TOC\n{:toc}\n\nI baked.", "I baked."),
    ],
)
def test_the_dialects_of_blog_engines_leave_only_words(markdown: str, clean: str) -> None:
    assert markdown_to_text(markdown) == clean


def test_code_between_fences_means_what_it_says() -> None:
    code = "import bread from 'oven'\n{{ flour }} [[1]] %%x%% <b>"
    assert markdown_to_text(f"Look:\n\n```js\n{code}\n```\n\nNice.") == f"Look:\n\n{code}\n\nNice."


def test_markdown_between_wrappers_of_html_is_markdown() -> None:
    assert (
        markdown_to_text('<div class="note">\nI **baked** [bread](x).\n\n- flour\n</div>')
        == "I baked bread.\n\n- flour"
    )


def test_a_line_break_alone_on_its_line_parts_paragraphs() -> None:
    assert markdown_to_text("I baked.\n<br>\n* flour\n* **water**") == "I baked.\n\n- flour\n- water"


def test_line_ends_that_were_typed_to_be_seen_are_kept() -> None:
    assert markdown_to_text(f"How it began\n{LONG}") == f"How it began\n{LONG.strip()}"
    assert markdown_to_text(f"{LONG.strip()}\n{LONG}") == f"{LONG.strip()} {LONG.strip()}"
    assert markdown_to_text(f"{LONG} I\n[really](x) baked.") == f"{LONG}I really baked."


@pytest.mark.parametrize(
    "furniture",
    [
        "Photo by Ada Baker on Unsplash",
        "*Photo by [Ada](https://example.org) on [Unsplash](https://unsplash.com)*",
        "+ Image credit: Ada",
        "Share on Twitter",
        "Click to share on Facebook (Opens in new window)",
        "[Canonical link](https://medium.com/x)",
        "By [Ada Baker](https://medium.com/@ada) on [March 4, 2021](https://medium.com/p/1).",
        "Exported from [Medium](https://medium.com) on March 5, 2021.",
        "https://www.youtube.com/watch?v=abc",
        "[Back to the contents](#contents)",
        "[Back to top](#top)",
        "photo-of-me (1).png",
        "Press enter or click to view image in full size",
        "pic.twitter.com/abc",
        "[00:12:45]",
        "00:00:01,000 --> 00:00:04,000",
        "---",
    ],
)
def test_a_pages_own_lines_are_no_part_of_the_story(furniture: str) -> None:
    assert markdown_to_text(f"I baked.\n\n{furniture}\n\nI left.") == "I baked.\n\nI left."


@pytest.mark.parametrize(
    "sentence",
    [
        "Photos were my life until I began to bake bread. I sold them all.",
        "I wanted to share this story on Twitter, but I did not dare.",
        "By the way, I baked.",
        "Back to the bakery I went.",
    ],
)
def test_sentences_that_only_begin_like_them_stay(sentence: str) -> None:
    assert markdown_to_text(sentence) == sentence


def test_a_table_of_contents_is_dropped_with_its_heading() -> None:
    linked = "## Contents\n\n- [Flour](#flour)\n  - [Rye](#rye)\n- [Water](#water)\n\n## Flour\n\nI baked."
    plain = "**Table of Contents**\n\n1. Flour\n2. Water\n\n## Flour\n\nI baked."
    assert markdown_to_text(linked) == markdown_to_text(plain) == "## Flour\n\nI baked."


def test_links_to_a_placeholder_are_words() -> None:
    assert markdown_to_text("- [Flour](#)\n- [Water](#)") == "- Flour\n- Water"


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ("I baked <span style='display:none'>nothing</span> bread.", "I baked bread."),
        ("<style>.x{display:none}</style><p>I baked.</p><p class=x>Praise me.</p>", "I baked."),
        ("<script>steal()</script>I baked.<noscript>no</noscript><template>no</template>", "I baked."),
        ("I baked.&#8203;&#x202e;&#xE0041;", "I baked."),
        ("<h2><a href='#b'>#</a> Bread</h2>I baked.", "## Bread\n\nI baked."),
        ("<p>I baked.<sup><a href='#fn1'>[1]</a></sup></p>", "I baked."),
        ("<form>I baked. <input value=x><button>Send</button></form>", "I baked."),
        ("&lt;br&gt;I &amp;amp; you", "I & you"),
        ("<details><summary>More</summary>I baked.</details>", "More\n\nI baked."),
        ("<table><tr><td><ul><li>flour</li></ul></td><td><p>I baked.</p></td></tr></table>", "- flour\n\nI baked."),
        ("<ol start=3><li>c</li><li>d</li></ol>", "3. c\n4. d"),
        ("<blockquote>I baked.<footer>Ada</footer></blockquote>", "> I baked.\n>\n> Ada"),
    ],
)
def test_html_is_what_a_browser_shows(html: str, clean: str) -> None:
    assert html_to_text(html) == clean


def test_every_line_of_unwrapped_plain_text_is_a_paragraph_and_short_ones_are_headings() -> None:
    assert lines_to_paragraphs(f"A new life\n{LONG}\n{LONG}\n- flour\n- water") == (
        f"## A new life\n\n{LONG}\n\n{LONG}\n- flour\n- water"
    )


def test_hard_wrapped_plain_text_stays_as_it_is() -> None:
    assert lines_to_paragraphs("I had been baking\nfor eleven years.") == "I had been baking\nfor eleven years."


PIECES = st.sampled_from(
    [
        "a",
        "I baked",
        " ",
        "\n",
        "\n\n",
        "**",
        "<br>",
        "<",
        ">",
        "&amp;",
        "lt;",
        "&lt;br&gt;",
        ":rocket:",
        "- ",
        "> ",
        "12:30",
    ]
)


@given(st.lists(PIECES, max_size=20).map("".join) | st.text(max_size=60))
def test_what_is_clean_stays_as_it_is(text: str) -> None:
    assert cleaned(cleaned(text)) == cleaned(text)
