"""Patterns of words as questions and stories have them: whole words, any case, any white space between; and people."""

import re


def one_of(words: str) -> str:
    """A pattern for any of some words, parted by white space."""
    return f"(?:{'|'.join(words.split())})"


def whole(*alternatives: str) -> re.Pattern[str]:
    """Any of some patterns, beginning and ending with whole words."""
    return re.compile(rf"\b(?:{'|'.join(alternatives)})\b", re.IGNORECASE)


NUMBER = (
    r"(?:\d[\d,.]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    r"seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|dozens?|"
    r"half|couple|few|several|zero|single)"
)
"""A number in digits or words."""
MONEY = (
    r"(?:[$€£₹]\s?\d[\d,.]*|\d[\d,.]*\s?(?:k|dollars?|euros?|pounds?|usd|eur|gbp|bucks|quid|rupees|lakhs?|grand|"
    r"francs?|yen))"
)
"""An amount of money."""
SOMEBODY = (
    r"(?:(?!(?:career|checklist|list|twist|exist|insist|persist|assist|consist|resist|beer|peer|cheer|sheer|human|german|"
    r"roman|norman|christian|italian|indian|canadian|australian|austrian|russian|asian|brazilian|iranian|egyptian|"
    r"norwegian|ukrainian|romanian|hungarian|bulgarian|indonesian|median|obsidian)s?\b)"
    r"\w+(?:ist|ian|eer|m[ae]n)|m[ae]n|wom[ae]n|"
    + one_of(
        """accountant analyst artist author baker builder chef coder consultant cook dad daughter designer dev
        developer diplomat driver engineer enthusiast entrepreneur fan father fellow founder girl grad graduate
        guy kid lady lawyer learner lecturer manager marketer mom mother mum nurse officer painter parent person
        ph\\.?d plumber pm postdoc producer programmer researcher sailor salesperson soldier son student teacher
        tester trader trainer tutor vet veteran volunteer waiter welder worker writer"""
    )
    + ")"
)
"""Somebody, by what they do or are, in the singular mostly."""
HE_OR_SHE = "(?:he|she|him|his|hers?)"
ORDINALS, LAST = ("first", "second", "third", "fourth"), ("last", "latter", "other")
ORDINAL = re.compile(
    rf"\bthe ({'|'.join([*ORDINALS, *LAST])})"
    r"(?:[’']s| (?:one|person|story|guy|man|woman|author)\b(?! (?:who|that|to)\b))",
    re.IGNORECASE,
)
"""One of the people whom an answer told of: "the second one"."""
