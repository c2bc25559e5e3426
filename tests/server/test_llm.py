"""A tiny language model with random weights answers, made here: what it says is noise, and the same noise each time."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from fakeai.content.tokenizer import get
from tests.support.clients import sdk
from tests.support.process import START_S, Server, running

pytestmark = [
    pytest.mark.skipif(
        not (find_spec("torch") and find_spec("transformers")), reason="needs torch and transformers: make llm"
    ),
    pytest.mark.filterwarnings("ignore"),
]

WINDOW_TOKENS = 192
LINES = ["The tide rises and falls twice a day.", "Birds find their way by the stars.", "Bread needs time, and heat."]
TEMPLATE = """{% if messages[0].role == 'system' %}{{ raise_exception('no system texts') }}{% endif -%}
{% for message in messages %}<{{ message.role }}>{{ message.content }}</s>{% endfor %}<assistant>"""
TIDES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Tell me about tides."}]


def make_model(folder: Path, template: str | None, window_tokens: int = WINDOW_TOKENS) -> Path:
    import torch
    from tokenizers import ByteLevelBPETokenizer
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator(LINES, vocab_size=320, special_tokens=["</s>"], show_progress=False)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe._tokenizer, eos_token="</s>")
    tokenizer.chat_template = template
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    size = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = LlamaConfig(
        **size, vocab_size=320, max_position_embeddings=window_tokens, bos_token_id=None, eos_token_id=0
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("llm"), TEMPLATE)


@pytest.fixture(scope="module")
def llm(folder: Path) -> Iterator[Server]:
    with running("--llm-path", str(folder)) as server:
        yield server


@pytest.fixture
def api(llm: Server) -> Iterator[openai.OpenAI]:
    with sdk(llm.base_url) as client:
        yield client


def answer(api: openai.OpenAI, **more: Any) -> Any:
    asked: Any = {"model": "gpt-4o", "messages": TIDES, "seed": 1, "max_tokens": 24} | more
    return api.chat.completions.create(**asked)


def said(api: openai.OpenAI, **more: Any) -> str:
    return str(answer(api, **more).choices[0].message.content)


def test_a_stream_says_the_same(api: openai.OpenAI) -> None:
    chunks = list(answer(api, stream=True))
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert len(pieces) > 10
    assert "".join(pieces) == said(api) != ""


def test_a_seed_decides_and_temperature_0_does_without(api: openai.OpenAI) -> None:
    assert said(api, seed=5) == said(api, seed=5) != said(api, seed=6)
    likeliest = [said(api, seed=seed, temperature=0) for seed in (None, 7)]
    assert likeliest[0] == likeliest[1]
    assert said(api, seed=5, top_p=0) == likeliest[0]


def test_the_model_reads_the_conversation(api: openai.OpenAI) -> None:
    usual = said(api, temperature=0)
    assert usual != said(api, temperature=0, messages=TIDES[1:])
    earlier = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi."}]
    assert usual != said(api, temperature=0, messages=[TIDES[0], *earlier, TIDES[1]])


@pytest.mark.parametrize("max_tokens", [1, 7, 40])
def test_max_tokens_is_obeyed(api: openai.OpenAI, max_tokens: int) -> None:
    made = answer(api, max_tokens=max_tokens)
    text = made.choices[0].message.content
    assert 0 < get("o200k_base").count(text) == made.usage.completion_tokens <= max_tokens
    assert made.choices[0].finish_reason == "length"
    exact = answer(api, max_tokens=max_tokens, extra_body={"ignore_eos": True})
    assert exact.usage.completion_tokens == max_tokens


def test_a_conversation_longer_than_the_models_window_is_answered_by_its_end(api: openai.OpenAI) -> None:
    long = {"role": "user", "content": "Tide, star and bread. " * 2 * WINDOW_TOKENS}
    assert said(api, messages=[long, TIDES[1]], max_tokens=500)


def test_requests_at_once_do_not_disturb_each_other(api: openai.OpenAI) -> None:
    alone = [said(api, seed=seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda seed: said(api, seed=seed), range(8))) == alone


def test_json_is_not_left_to_the_model(api: openai.OpenAI) -> None:
    text = said(api, response_format={"type": "json_object"}, messages=[{"role": "user", "content": "JSON, please"}])
    assert text.startswith("{")


def test_bare_prompts_are_continued(api: openai.OpenAI) -> None:
    asked: Any = {"model": "gpt-3.5-turbo-instruct", "prompt": ["The tide", "Birds"], "seed": 1, "n": 2}
    texts = [choice.text for choice in api.completions.create(**asked).choices]
    assert len(set(texts)) == 4


def test_a_model_without_a_template_reads_a_transcript(tmp_path: Path) -> None:
    with running("--llm-path", str(make_model(tmp_path, None))) as server, sdk(server.base_url) as api:
        assert said(api, temperature=0) != said(api, temperature=0, messages=TIDES[1:])


def test_broken_weights_are_told(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "broken")
    (tmp_path / "broken" / "model.safetensors").write_bytes(b"no weights")
    with running("--llm-path", str(tmp_path / "broken")) as server, sdk(server.base_url) as api:
        with pytest.raises(openai.InternalServerError, match=r"llm_path cannot be loaded: ") as caught:
            answer(api)
        assert (caught.value.status_code, caught.value.type) == (500, "server_error")
        assert httpx.get(server.url + "/health").status_code == 200
        assert httpx.get(server.url + "/health/ready").status_code == 503
    assert "Traceback" not in "".join(server.lines)


def test_sigterm_ends_a_long_text(tmp_path: Path) -> None:
    folder = str(make_model(tmp_path, None, window_tokens=1 << 20))
    longest = ["--set", "generation.max_tokens=1000000", "--set", "server.shutdown_grace_s=0"]
    with (
        running("--llm-path", folder, *longest) as server,
        sdk(server.base_url) as api,
        ThreadPoolExecutor(1) as threads,
    ):
        said(api, max_tokens=1)
        asked = threads.submit(answer, api, model="gpt-4.1", max_tokens=30_000)
        while not httpx.get(server.url + "/metrics").text.count("fakeai_requests_in_flight 1"):
            pass
        server.process.terminate()
        assert server.process.wait(START_S) == 0
        assert isinstance(asked.exception(), openai.APIError)
