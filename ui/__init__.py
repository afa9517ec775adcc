"""The page: what a visitor sees of the answers and the stories.

    page.py       the page put together: its parts, and what happens when one is used
    chat.py       a conversation: ask, ask again, take back, stop
    answers.py    an answer as the chat shows it: citations, doubts, people, support
    reader.py     a whole story with the cited words marked; where a citation points
    prose.py      clean text → headings, paragraphs, lists, quotations
    escaping.py   foreign words → words, whatever they are
    security.py   who may talk to the server, and what the browser may load
    theme.py, page.css, page.js, mark.svg    how it looks and moves

Of these only `page.py` and `theme.py` know Gradio.
"""
