"""Row types that neighbouring rooms share. A catalog row is a ModelSpec, from spec/models.yaml or a user's file.

None always means "not known" or "does not apply", never zero.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

_STRICT: Mapping[str, object] = {"extra": "forbid", "strict": True}
"""How Pydantic reads these classes from a catalog file."""


def negatives(groups: Iterable[tuple[str, object]]) -> Iterator[str]:
    """Problems of dataclasses, each with the prefix of its fields: figures below zero."""
    for prefix, group in groups:
        for field_name in getattr(group, "__slots__", ()):
            value = getattr(group, field_name)
            entries = value.values() if isinstance(value, Mapping) else [value]
            if any(isinstance(entry, int | float) and entry < 0 for entry in entries):
                yield f"{prefix}{field_name}: is negative"


Modality = Literal["text", "image", "audio", "video", "embedding", "scores"]

Endpoint = Literal[
    "chat",
    "completions",
    "responses",
    "realtime",
    "embeddings",
    "moderations",
    "ranking",
    "images",
    "image_edits",
    "image_variations",
    "speech",
    "transcriptions",
    "translations",
    "videos",
    "messages",
]
"""The API families that accept a model; "messages" is Anthropic's, "ranking" is NIM's and Cohere's rerank."""


@dataclass(frozen=True, slots=True)
class Prices:
    """USD per million tokens, except where the name says another unit."""

    __pydantic_config__: ClassVar = _STRICT

    input: float | None = None
    cached_input: float | None = None
    cache_write: float | None = None
    output: float | None = None
    audio_input: float | None = None
    cached_audio_input: float | None = None
    audio_output: float | None = None
    image_input: float | None = None
    cached_image_input: float | None = None
    image_output: float | None = None
    usd_per_minute: float | None = None
    usd_per_million_characters: float | None = None
    usd_per_image: Mapping[str, float] = field(default_factory=dict)
    """By "quality/size", such as "standard/1024x1024"."""
    usd_per_second: Mapping[str, float] = field(default_factory=dict)
    """By video size, such as "1280x720"."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """What a serving simulation needs of a decoder. Sizes are in elements, per layer where layers differ in nothing."""

    __pydantic_config__: ClassVar = _STRICT

    layers: int
    hidden: int
    q_heads: int
    kv_heads: int
    head_dim: int
    vocab: int
    attention_layers: int | None = None
    """Layers that keep a KV cache growing with the context; None: all of them. Hybrid models have fewer."""
    intermediate: int | None = None
    """Width of the dense feed-forward; of the dense layers only, if some are mixtures."""
    mlp_matrices: int = 3
    """3 for gated feed-forward (SwiGLU), 2 for a plain one."""
    tied_embeddings: bool = False
    n_experts: int = 0
    top_k: int = 0
    moe_layers: int = 0
    moe_intermediate: int | None = None
    shared_intermediate: int = 0
    """Total width of the experts that every token visits."""
    sliding_window: int | None = None
    """Tokens that a sliding layer looks back."""
    sliding_layers: int = 0
    mla_kv_elems: int | None = None
    """KV elements per token and layer under multi-head latent attention, in place of 2 * kv_heads * head_dim."""
    mla_q_rank: int | None = None
    """Rank of the query's compression there."""
    v_head_dim: int | None = None
    """Width of a value head where it differs from head_dim."""
    sparse_top_k: int | None = None
    """Tokens that a query attends to under sparse attention, however long the context."""
    linear_state_elems: int = 0
    """State per sequence of each layer that keeps no growing KV cache (layers - attention_layers of them)."""
    weights: Literal["bf16", "fp8", "mxfp4", "nvfp4", "int4"] = "bf16"
    """Format in which the weights are published."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    __pydantic_config__: ClassVar = _STRICT

    streaming: bool = True
    tools: bool = False
    parallel_tools: bool = False
    structured_outputs: bool = False
    json_mode: bool = False
    vision: bool = False
    audio: bool = False
    reasoning: bool = False
    reasoning_text: bool = False
    """The reasoning itself is sent to the client, as open models do; OpenAI's keep it hidden."""
    logprobs: bool = False
    predicted_outputs: bool = False
    prompt_caching: bool = False
    fine_tuning: bool = False
    web_search: bool = False
    verbosity: bool = False
    """Answers of other models have medium verbosity."""
    computer_use: bool = False
    insertion: bool = False
    """Accepts `suffix` on /completions."""
    moe: bool = False


@dataclass(frozen=True, slots=True)
class ImageTokens:
    """How an input image is counted.

    tile: `base` + `per_tile` for each 512-pixel tile after fitting in 2048² and 768 on the short side; `base` if detail
    is low.
    patch: 32-pixel patches, at most `max_patches`, times `multiplier`; detail does not matter.
    """

    __pydantic_config__: ClassVar = _STRICT

    kind: Literal["tile", "patch"]
    base: int = 0
    per_tile: int = 0
    max_patches: int = 1536
    multiplier: float = 1.0


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One served model: a dated snapshot where the vendor dates its models."""

    __pydantic_config__: ClassVar = _STRICT

    id: str
    owned_by: str = "system"
    family: str = ""
    created: int = 0
    """Unix seconds."""
    source: str = ""
    aliases: tuple[str, ...] = ()
    echoes_alias: bool = False
    """Answers name the model as the client did (open servers); otherwise they name the snapshot (OpenAI)."""

    context_window: int | None = None
    max_output_tokens: int | None = None
    input_modalities: tuple[Modality, ...] = ("text",)
    output_modalities: tuple[Modality, ...] = ("text",)
    capabilities: Capabilities = Capabilities()
    endpoints: tuple[Endpoint, ...] = ("chat", "completions", "responses")
    embedding_dimensions: int | None = None
    dimensions_adjustable: bool = False
    """Whether a request may give `dimensions`."""

    prices: Prices = field(default_factory=Prices)
    tokenizer: str = "o200k_base"
    """o200k_base or cl100k_base (exact), or the name of an approximation."""
    cached_tokens: Literal["openai", "breakpoints", "blocks", "none"] = "blocks"
    """openai: from 1,024 prompt tokens in steps of 128; breakpoints: exact, up to a marked place (gpt-5.6 and later);
    blocks: whole KV blocks that were found."""
    image_tokens: ImageTokens | None = None

    total_params_b: float | None = None
    active_params_b: float | None = None
    architecture: Architecture | None = None

    unsupported_parameters: tuple[str, ...] = ()
    """Request parameters the model refuses, or of which it takes only the default."""
    unsupported_when_reasoning: tuple[str, ...] = ()
    """The same, but only while the reasoning effort is not "none"."""
    reasoning_efforts: tuple[str, ...] = ()
    default_reasoning_effort: str | None = None
    reasoning_field: Literal["reasoning_content", "reasoning", "think"] = "reasoning_content"
    """Of an answer, where the reasoning's text stands if it is shown; think: in the text, between <think> tags."""
    shutdown_date: str | None = None
    """ISO date."""

    def problems(self) -> Iterator[str]:
        """What is wrong with a row though its types are right."""
        if not self.id:
            yield "id: is empty"
        yield from negatives((("", self), ("prices.", self.prices), ("architecture.", self.architecture)))
        if self.context_window and (self.max_output_tokens or 0) > self.context_window:
            yield "max_output_tokens: is more than context_window"
        if (self.prices.cached_input or 0) > (self.prices.input or 0):
            yield "prices.cached_input: is more than prices.input"
