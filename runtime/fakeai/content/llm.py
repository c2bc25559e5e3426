"""Texts that a real language model writes, by transformers, from a folder: nothing is ever downloaded."""

import os
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from threading import Lock
from typing import Any, NamedTuple

from fakeai.config.errors import ConfigError
from fakeai.content.prompt import Prompt, turns
from fakeai.content.text import Slow, TextConfig
from fakeai.core.errors import ApiError
from fakeai.core.seeds import Draw

NEEDED = ("torch", "transformers", "jinja2")
OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY")

LOCAL = {"local_files_only": True, "trust_remote_code": False}


class _Loaded(NamedTuple):
    model: Any
    tokenizer: Any


class Llm(Slow):
    """One text is written at a time: the random numbers are the process's."""

    def __init__(self, config: TextConfig) -> None:
        """Raises ConfigError for a folder without a model, and if packages are missing."""
        super().__init__(config)
        self._path = config.llm_path
        if not (self._path / "config.json").is_file():
            raise ConfigError(f"generation.llm_path: no model in {str(self._path)!r}, config.json is missing")
        missing = [name for name in NEEDED if find_spec(name) is None]
        if missing:
            raise ConfigError(f"generation.llm_path needs {' and '.join(missing)}: pip install 'fakeai[llm]'")
        self._lock = Lock()
        self._loaded: _Loaded | None = None
        self._is_closing = False

    def warm(self) -> None:
        with self._lock:
            self._load()

    def close(self) -> None:
        """PyTorch must not be at work in a thread when the process ends: the lock is kept."""
        self._is_closing = True
        self._lock.acquire()

    def say(self, prompt: Prompt, max_tokens: int, r: Draw) -> tuple[str, bool]:
        seed = r()
        with self._lock:
            model, tokenizer = self._load()
            ids = _prompt_ids(prompt, tokenizer)
            window = getattr(model.config, "max_position_embeddings", None)
            if window is not None:  # both get half of it, if they want that much
                max_tokens = min(max_tokens, max(window - len(ids), window // 2))
                ids = ids[-(window - max_tokens) :]
            said = _continued(model, ids, max_tokens, prompt, seed, lambda *now, **more: self._is_closing)
        is_cut = len(said) == max_tokens and said[-1] not in _ends(model)
        return tokenizer.decode(said, skip_special_tokens=True), is_cut

    def _load(self) -> _Loaded:
        if self._loaded is None:
            os.environ |= dict.fromkeys(OFFLINE, "1")
            from transformers import AutoModelForCausalLM, AutoTokenizer
            from transformers.utils import logging

            logging.set_verbosity_error()
            logging.disable_progress_bar()
            try:
                tokenizer = AutoTokenizer.from_pretrained(self._path, **LOCAL)
                model = AutoModelForCausalLM.from_pretrained(self._path, **LOCAL)
            except Exception as error:  # whatever is wrong with the files
                problem = str(error).strip().partition("\n")[0] or type(error).__name__
                message = f"The model in generation.llm_path cannot be loaded: {problem}"
                raise ApiError(500, message, type="server_error") from error
            self._loaded = _Loaded(model.eval(), tokenizer)
        return self._loaded


def _prompt_ids(prompt: Prompt, tokenizer: Any) -> list[int]:
    """By the chat template, if there is one. Bare prompts are continued as they are."""
    text, is_templated = prompt.user, False
    if prompt.messages:
        is_templated = bool(tokenizer.chat_template)
        said = turns(prompt)
        text = _templated(said, tokenizer) if is_templated else _transcript(said)
    ids: list[int] = tokenizer(text, add_special_tokens=not is_templated)["input_ids"]
    return ids or [tokenizer.bos_token_id or tokenizer.eos_token_id or 0]


def _templated(said: list[dict[str, str]], tokenizer: Any) -> str:
    """Where a template refuses system texts, the user says them. Raises ApiError if it refuses that too."""
    from jinja2 import TemplateError

    def text(said: list[dict[str, str]]) -> str:
        return str(tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True))

    try:
        return text(said)
    except TemplateError as error:
        if said[0]["role"] == "system":
            with suppress(TemplateError):
                return text([said[1] | {"content": f"{said[0]['content']}\n\n{said[1]['content']}"}, *said[2:]])
        raise ApiError(400, f"The model's chat template refuses the messages: {error}", param="messages") from None


def _transcript(said: list[dict[str, str]]) -> str:
    lines = [f"{message['role'].capitalize()}: {message['content']}\n" for message in said]
    return "".join([*lines, "Assistant:"])


def _continued(
    model: Any, ids: list[int], max_tokens: int, prompt: Prompt, seed: int, is_over: Callable[..., bool]
) -> list[int]:
    """What follows the ids. Temperature 0 takes the likeliest token each time."""
    import torch
    from transformers import StoppingCriteriaList

    sampling: dict[str, Any] = {"do_sample": False}
    if prompt.temperature and prompt.top_p:
        sampling = {"do_sample": True, "temperature": prompt.temperature, "top_p": prompt.top_p, "top_k": 0}
    inputs = torch.tensor([ids])
    with torch.random.fork_rng(devices=[]), torch.inference_mode():
        torch.manual_seed(seed)
        output = model.generate(
            inputs,
            attention_mask=torch.ones_like(inputs),
            max_new_tokens=max_tokens,
            pad_token_id=_ends(model)[0] if _ends(model) else 0,
            stopping_criteria=StoppingCriteriaList([is_over]),
            **sampling,
        )
    said: list[int] = output[0, len(ids) :].tolist()
    return said


def _ends(model: Any) -> list[int]:
    """The tokens that end a text."""
    ends = model.generation_config.eos_token_id
    return [] if ends is None else ends if isinstance(ends, list) else [ends]
