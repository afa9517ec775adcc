"""Patterns of words as questions and stories have them: whole words, any case, any white space between."""

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
