from typing import Any

import pytest

from fakeai.config.banner import banner
from fakeai.config.loading import load


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "OPENAI_BASE_URL=http://127.0.0.1:9/v1 OPENAI_API_KEY=sk-fake"),
        ({}, "http://127.0.0.1:9/docs"),
        ({}, "open: any key, or none"),
        ({}, "93; unknown names 404"),
        ({}, "at once"),
        ({"models.unknown": "infer"}, "93; unknown names inferred"),
        ({"auth.keys": "sk-secret"}, "listed keys only"),
        ({"auth.keys": "sk-secret"}, "OPENAI_API_KEY=your-key"),
        ({"auth.mode": "bearer"}, "any bearer key"),
        ({"generation.mode": "echo"}, "echo of the last message"),
        ({"generation.upstream_url": "http://a/v1", "generation.upstream_model": "m"}, "by m at http://a/v1"),
        ({"generation.llm_path": "models/tiny"}, "by the model in models/tiny"),
        ({"server.unknown_ids": "fabricate"}, "unknown ids fabricated"),
        ({"server.unknown_parameters": "ignore"}, "unknown parameters ignored"),
        ({"latency.ttft": "20:5"}, "first token 20 ms ± 5 %, each further token 0 ms"),
        ({"cluster.gpu": "h200"}, "simulated: llama-3.1-8b on 1 x h200 by vllm\n"),
        (
            {"cluster.tp": 2, "cluster.pp": 2, "cluster.replicas": 3, "cluster.prefill_replicas": 1},
            "simulated: 3 x llama-3.1-8b on 4 x h100-sxm by vllm behind 1 for prompts\n",
        ),
        ({"core.seed": 7, "core.epoch": 1_700_000_000}, "7, clock from 1700000000"),
        ({"core.epoch": 0}, "0, clock from 0"),
    ],
)
def test_says_what_is_on(settings: dict[str, Any], said: str) -> None:
    text = banner(load(settings), "http://127.0.0.1:9", 93)
    assert said in text
    assert "sk-secret" not in text
