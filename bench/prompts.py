"""What is asked: chat requests whose prompts have a known number of tokens, equal or all different."""

import json
from itertools import count

from bench.wire import request

PROMPT_TOKENS = 20
OVERHEAD_TOKENS = 7
"""What the chat format adds for one user message: 3 a message, 1 for its role, 3 that prime the reply."""
MODEL = "gpt-4o"
PATH = "/v1/chat/completions"

_WORDS = """
garden river market bridge forest harbor village museum library kitchen factory school
theater station island valley mountain desert castle temple office hospital airport studio
"""
_NOUNS = _WORDS.split()
_PROMPT = "Please explain in two short sentences how a {} near the {} can help the {} and the {}."
_numbers = count()


def prompt(number: int) -> str:
    """PROMPT_TOKENS tokens; 331,776 of them differ."""
    words = []
    for _ in range(4):
        number, index = divmod(number, len(_NOUNS))
        words.append(_NOUNS[index])
    return _PROMPT.format(*words)


def chat_body(text: str, tokens: int, stream: bool = False) -> bytes:
    document = {
        "model": MODEL,
        "max_tokens": tokens,
        "ignore_eos": True,
        "messages": [{"role": "user", "content": text}],
    }
    return json.dumps(document | ({"stream": True} if stream else {})).encode()


def one_chat(tokens: int, stream: bool = False, key: str | None = None) -> list[bytes]:
    return [request("POST", PATH, chat_body(prompt(0), tokens, stream), key)]


def new_chats(wanted: int, tokens: int, stream: bool = False, key: str | None = None) -> list[bytes]:
    """Chats whose prompts were not used before in this run of the benchmark."""
    return [request("POST", PATH, chat_body(prompt(next(_numbers)), tokens, stream), key) for _ in range(wanted)]
