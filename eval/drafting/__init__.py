"""Stories → drafts of cases for a person to review. What is promised of a draft is only that its quote is in the story.

drafts.py                       a draft; spreading over stories, leaving out what resembles another
tellers.py                      whose story a question is about
span_questions.py, clauses.py, verbs.py    a sentence that tells a fact → a question
clozes.py                       a sentence with a number left out
unanswered.py                   a person asked for what their story does not tell
rules.py                        all of these together
natural.py, proposing.py        questions written by a language model, checked
feedback.py                     disliked answers → drafts
review.py                       the table that a person fills in, and what becomes of it
"""
