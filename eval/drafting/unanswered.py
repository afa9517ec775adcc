"""Questions without an answer: somebody of the library asked for what their story does not tell.

A question is drafted where no word that would tell its answer stands anywhere in the story. A person has to check it
all the same: words can be told in too many ways for any list. Knows nothing of other drafts.
"""

import re

from eval.drafting.drafts import Draft
from eval.drafting.tellers import Teller
from index.stories import Story
from rag.facts import meets, needs
from rag.patterns import whole

NOTE = "no word of it was found in the story: read the story, and keep this only if it does not tell"


def unanswered_drafts(story: Story, teller: Teller) -> list[Draft]:
    """A draft for each question that the story says nothing of."""
    return [
        Draft(story.id, "unanswerable", asked.replace("{who}", teller.who), answerable=False, note=NOTE, asked=asked)
        for asked, evidence in _QUESTIONS.items()
        if not evidence.search(story.text) and not any(meets(need, story.text) for need in needs(asked))
    ]


_QUESTIONS: dict[str, re.Pattern[str]] = {
    "How old was {who} at the time of the change?": whole(r"born|\d\ds|twenties|thirties|forties|fifties|grade"),
    "How much did {who} earn in the first job after the change?": whole(r"salar\w*|paid|earn\w*|wages?|pay|income"),
    "What did the family of {who} think of the change?": whole(
        r"famil\w+|parents?|mother|father|mum|mom|dad|wife|husband|spouse|partner|boyfriend|girlfriend|fianc\w+|"
        r"brothers?|sisters?|kids?|child(?:ren)?|sons?|daughters?|grand\w+|uncle|aunt|cousin"
    ),
    "How many applications did {who} send before the first offer?": whole(
        r"appl(?:y|ied|ying|ications?)|resum[eé]s?|résumés?|cvs?|offers?|offered|rejections?|rejected"
    ),
    "Which podcasts did {who} listen to while learning?": whole(r"podcasts?|listen\w*|episodes?"),
    "Which books helped {who} most?": whole(r"books?|read|reading|reads|textbooks?|novels?|chapters?"),
    "How many hours a week did {who} study?": whole(
        r"hours?|evenings?|nights?|weekends?|daily|every day|a day|(?:full|part)[- ]time|mornings?|spare time"
    ),
    "How did {who} pay for living costs while learning?": whole(
        r"sav(?:e|ed|ings?)|money|loans?|debts?|scholarships?|grants?|fund\w*|afford\w*|rent|paid|unpaid|salar\w*|"
        r"benefits|financ\w+|stipends?"
    ),
    "What was {who} asked in the first job interview?": whole(r"interview\w*|whiteboard\w*|screening|phone call"),
    "Which conference or meetup did {who} go to?": whole(
        r"conferences?|meet-?ups?|hackathons?|events?|summits?|hack ?nights?|community|communities|talks?|fairs?"
    ),
    "Did {who} have a mentor or a coach, and what did they say?": whole(
        r"mentor\w*|coach\w*|tutor\w*|advis\w+|advice|guid\w+|supervis\w+"
    ),
    "How did {who} negotiate the pay of the new job?": whole(
        r"negotiat\w*|salar\w*|pay|paid|wages?|raise|compensation|income|earn\w*"
    ),
    "What health problems did {who} have on the way?": whole(
        r"health\w*|ill(?:ness)?|sick\w*|burn(?:t|ed|ing)?[- ]?out|depress\w+|anxi\w+|doctor|hospital\w*|injur\w+|"
        r"disab\w+|stress\w*|pain|therap\w+|surgery"
    ),
}
"""Each question with the words by which a story may tell its answer."""
