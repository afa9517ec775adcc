"""Verbs that tell of career changes: each past tense with the form that a question asks with.

A list and no rule: no rule finds both "move" in "moved" and "plan" in "planned", and a wrong word spoils a question.
"""

_REGULAR = """abandon accept add adopt answer apply ask assist attend automate award bake balance borrow call cancel
chat clean climb co-found coach code collect compare complete compose concentrate consider consult contact continue
convince cook count cover create dedicate decide decline deploy design develop devote direct discover document drop
earn edit email emigrate enjoy enlist enrol enroll enter establish explore fail finish focus follow freelance gain
graduate hate help hire host implement impress improve install intern interview introduce invest join juggle land
launch learn listen live love major manage mentor migrate miss move need obtain open organise organize owe pass
perform persuade plan play post practice practise prepare present produce program publish purchase pursue raise reach
receive record recruit refactor regret reject relocate rent research resign retire retrain return review save serve
share sign ship solve specialise specialize start stay stop struggle study submit supervise support switch tackle test
tour train transfer translate travel try turn tutor use visit volunteer walk want watch work worry"""

_DOUBLED = frozenset({"chat", "drop", "enrol", "plan", "program", "ship", "stop", "transfer"})

_IRREGULAR = """became become began begin bought buy brought bring built build chose choose cost cost did do drew draw
felt feel found find gave give got get went go grew grow had have held hold kept keep led lead left leave lost lose
made make met meet paid pay put put quit quit ran run read read saw see sent send set set sold sell spent spend spoke
speak taught teach took take withdrew withdraw won win wore wear wrote write"""


def _past(verb: str) -> str:
    """The past tense of a regular verb."""
    if verb.endswith("e"):
        return f"{verb}d"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return f"{verb[:-1]}ied"
    return f"{verb}{verb[-1]}ed" if verb in _DOUBLED else f"{verb}ed"


_PAIRS = _IRREGULAR.split()
BASE_FORMS = {_past(verb): verb for verb in _REGULAR.split()} | dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True))
"""Each past tense with the form that follows "did"."""
