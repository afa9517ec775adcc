"""Retelling: a sentence of somebody's own story → the same claim in the third person, partly in other words.

By rules alone, and as a language model would: "After two years, I really wanted to quit my job" becomes "They wished to
quit their position after two years". Contractions are spelled out, what only stresses is dropped, a beginning that
says when goes to the end, and some words give way to others that mean the same. Owns the rules; knows nothing of what
is right or wrong.
"""

import re


def retold(sentence: str) -> str:
    """The sentence in the third person; unchanged where nobody speaks of themselves and nothing is contracted."""
    text = _CURLY.sub("'", sentence)
    text = _OPENING.sub("", text)
    for pattern, words in _RULES:
        text = pattern.sub(words, text)
    text = _SYNONYM.sub(lambda found: _SYNONYMS[found.group()], text)
    text = _FRONT.sub(
        lambda found: f"{found['rest']} {found['when'][0].lower()}{found['when'][1:]}{found['end']}", text
    )
    return text[:1].upper() + text[1:]


def is_first_person(sentence: str) -> bool:
    """Whether somebody speaks of themselves in it."""
    return bool(_FIRST_PERSON.search(_CURLY.sub("'", sentence)))


def _when_last(found: re.Match[str]) -> str:
    when = found["when"]
    return f"{found['rest']} {when[0].lower()}{when[1:]}{found['end']}"


_CURLY = re.compile("’")
_OPENING = re.compile(r"^(?:(?:And|But|So|Well|Also|Anyway|Now)(?:,| (?=I\b))\s*)+")
"""What ties a sentence to the one before it."""
_FIRST_PERSON = re.compile(r"\b(?:I|me|my|mine|myself|[Ww]e|us|[Oo]ur|ours|ourselves|M[ey]|MY)\b")

_SIMPLE = (
    (r"\b(?:I|[Ww]e)'(?:m|re)\b", "they are"),
    (r"\b(?:I|[Ww]e)'ve\b", "they have"),
    (r"\b(?:I|[Ww]e)'ll\b", "they will"),
    (r"\b(?:I|[Ww]e)'d (?=(?:been|had|done|gone|\w+ed)\b)", "they had "),
    (r"\b(?:I|[Ww]e)'d\b", "they would"),
    (r"\b(?:[Cc]an't|[Cc]annot)\b", "can not"),
    (r"\b[Ww]on't\b", "will not"),
    (r"\b[Ss]han't\b", "shall not"),
    (r"\b(\w+)n't\b", r"\1 not"),
    (r"\b([Ii]t|[Tt]here|[Tt]hat)'s (?=(?:been|got)\b)", r"\1 has "),
    (r"\b([Ii]t|[Tt]here|[Tt]hat|[Tt]his|[Hh]ere|[Ww]hat|[Hh]e|[Ss]he)'s\b", r"\1 is"),
    (r"\b([Yy]ou|[Tt]hey)'re\b", r"\1 are"),
    (r"\b([Yy]ou|[Tt]hey)'ve\b", r"\1 have"),
    (r"\b([Yy]ou|[Tt]hey|[Ii]t|[Hh]e|[Ss]he)'ll\b", r"\1 will"),
    (r"\bI am\b", "they are"),
    (r"\bI (\w+ly |also |still |just |never )?was\b", r"they \1were"),
    (r"\b([Aa])m I\b", r"\1re they"),
    (r"\b([Ww])as I\b", r"\1ere they"),
    (r"\b(?:I|[Ww]e)\b", "they"),
    (r"\b(?:[Mm]e|us)\b", "them"),
    (r"\b(?:[Mm]y|MY|[Oo]ur)\b", "their"),
    (r"\b(?:mine|ours)\b", "theirs"),
    (r"\b(?:myself|ourselves)\b", "themselves"),
    (r"(?<=[a-z]) (?:really|very|actually|just|quite|basically|simply|definitely|truly|certainly)(?= [a-z])", ""),
)
_RULES = tuple((re.compile(pattern), words) for pattern, words in _SIMPLE)

_SYNONYMS = {
    "started": "began",
    "starting": "beginning",
    "wanted to": "wished to",
    "want to": "wish to",
    "decided to": "chose to",
    "tried to": "attempted to",
    "trying to": "attempting to",
    "looking for": "seeking",
    "job": "position",
    "jobs": "positions",
    "company": "firm",
    "companies": "firms",
    "bought": "purchased",
    "big": "large",
    "difficult": "hard",
    "finished": "completed",
    "talked": "spoke",
    "talking": "speaking",
    "in order to": "to",
    "because": "since",
    "almost": "nearly",
    "often": "frequently",
    "entire": "whole",
    "smart": "clever",
    "great": "good",
    "important": "essential",
    "lots of": "many",
    "a lot of": "much",
    "kids": "children",
    "salary": "pay",
    "mostly": "mainly",
    "started out": "set out",
    "realized": "understood",
    "realised": "understood",
    "currently": "at present",
    "eventually": "in the end",
    "quickly": "fast",
    "enjoyed": "liked",
    "amazing": "wonderful",
    "awesome": "wonderful",
    "begin": "start",
    "ended up": "finished by",
    "about how": "of how",
    "maybe": "perhaps",
    "created": "made",
    "received": "got",
    "huge": "large",
    "tough": "hard",
    "journey": "way",
    "passion": "love",
    "various": "several",
    "skills": "abilities",
    "opportunity": "chance",
    "opportunities": "chances",
    "allowed": "let",
    "transition": "change",
    "career": "profession",
    "home": "house",
}
"""What means the same in most sentences."""
_SYNONYM = re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(_SYNONYMS, key=len, reverse=True))})(?![\w-])")
_FRONT = re.compile(
    r"^(?P<when>(?:In|After|At|During|On|For|When|While|Before|Since|By|Over|From) [^,;:]{3,60}), "
    r"(?P<rest>(?:they|their|the|it|there|a|an)\b[^,;:]+)(?P<end>[.!])$"
)
