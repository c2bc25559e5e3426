"""What a model thinks before it speaks: so many tokens by effort, and their text where it is shown."""

from math import exp

from fakeai.content.script import Part
from fakeai.content.tokenizer import Piece, Tokenizer
from fakeai.content.voice import CAPITAL, FORMS, SPACE_CAPITAL, TAIL_STOP, Segment, Speaker
from fakeai.core.seeds import Draw, unit

EFFORT_TOKENS = {"none": 0, "minimal": 32, "low": 128, "medium": 320, "high": 832, "xhigh": 1600, "max": 3200}
"""Typical for a question of a few sentences, from what users of o-series and GPT-5 models report."""
SPREAD = 0.8
"""A single answer thinks between exp(-SPREAD) and exp(SPREAD) times as much."""
STEP_TOKENS = 64
"""OpenAI's usage counts hidden reasoning in such steps."""
SMALL_TALK = ("greeting", "thanks")
HIDDEN = Piece("", (0,))


def tokens_of(effort: str, kind: str, r: Draw) -> int:
    """kind: of the theme. Small talk needs no thought."""
    mean = EFFORT_TOKENS[effort] if kind not in SMALL_TALK else 0
    return round(mean * exp(SPREAD * (2 * unit(r) - 1)))


def hidden(tokens: int) -> Part:
    return Part("reasoning", "", [HIDDEN] * (tokens - tokens % STEP_TOKENS))


def shown(speaker: Speaker, tokens: int, r: Draw) -> Part:
    """Sentences of about so many tokens, at least one."""
    numbers = speaker.sections["thought"]
    at, step = r() % len(numbers), 1 + r() % (len(numbers) - 1)
    said: list[Segment] = []
    count = 0
    while count < tokens or not said:
        form = (SPACE_CAPITAL if said else CAPITAL) + TAIL_STOP
        segment = speaker.say((numbers.start + at) * FORMS + form)
        said.append(segment)
        count += segment.tokens
        at = (at + step) % len(numbers)
    return Part("reasoning", "".join([part.text for part in said]), [piece for part in said for piece in part.pieces])


def tagged(thought: Part, tokenizer: Tokenizer) -> Part:
    """The thought as a part of the text, as models say it whose server does not take it out."""
    text = f"<think>\n{thought.text}\n</think>\n\n"
    return Part("text", text, tokenizer.pieces(text))
