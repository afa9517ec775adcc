"""The page: what a visitor sees of the answers, the stories and the evaluations, and what programs are given.

    page.py                      the page put together: its head, its views, the reader beside them
    site.py, settings.py         what every view is built over; who may use the page, and what of it

    talk.py                      the view in which people ask
    chat.py                      a conversation: ask, ask again, take back, stop
    offering.py                  what could be asked next, below a finished answer
    answers.py                   an answer as the chat shows it: citations, doubts, people, support
    narrowing.py, choosing.py    which stories are asked
    actions.py, transcript.py, export.py, votes.py, kept.py
                                 a conversation copied, exported, voted on, kept in the browser
    reader.py                    a whole story with the cited words marked; where a citation points

    library.py, shelf.py, cards.py, journeys.py
                                 the view of the library: stories to look at, and the ways they tell
    changing.py, adding.py, previews.py, workshop.py, building.py, following.py, processes.py, working.py
                                 stories added and removed, the index that follows, and all who watch it

    evaluation.py, evaluation_*.py    the view of evaluations; only these import eval

    api.py, results.py, tools.py      the library for programs, and as MCP tools
    access.py, gate.py, security.py   who may come in, and what stands between the network and the page

    prose.py                     clean text → headings, paragraphs, lists, quotations
    escaping.py                  foreign words → words, whatever they are
    amounts.py, edge.py          numbers in words; whatever goes wrong in a sentence
    theme.py, *.css, *.js        how it looks and moves

Only modules that build parts of the page know Gradio; each says so.
"""
