"""Seconds of one engine step from FLOPs, bytes and messages: a roofline with achieved fractions and overheads."""

from math import sqrt

from fakeai.core.efficiency import ChipEfficiency, EngineOverhead, Profile
from fakeai.core.hardware import DTYPE_BYTES, Dtype, GpuSpec
from fakeai.core.hardware_catalog import Hardware
from fakeai.sim import memory
from fakeai.sim.batch import Batch, StepCost
from fakeai.sim.collectives import traffic
from fakeai.sim.deployment import Deployment
from fakeai.sim.experts import Routing
from fakeai.sim.weights import Weights, weights_of

_LATENT_ROPE_DIM = 64
_KV_PASSES = 2
"""A new token's KV is written once and read at once."""


def compute_dtype(gpu: GpuSpec, weights: Dtype) -> tuple[Dtype, bool]:
    """What the chip multiplies such weights in, and whether they must be unpacked first."""
    if weights in gpu.tflops:
        return weights, False
    return "bf16", True


class StepModel:
    """Constants of a deployment, computed once; `cost` then takes microseconds.

    Pipelines: the stages work on pp shares of the batch at a time, so in the time in which every sequence gets a token
    a stage passes over its weights pp times: as if the whole model passed over one share of the batch.
    Experts across ranks: the fullest one sets the pace.
    """

    def __init__(self, deployment: Deployment, hardware: Hardware, profile: Profile | None = None) -> None:
        """Raises NoArchitecture or UnknownHardware. profile: factors of a calibration; None is physics alone."""
        self.deployment = deployment
        self._hardware = hardware
        self._profile = profile or Profile(deployment.engine, "", "", deployment.weights, deployment.tp)
        self.kv_bytes_per_token = memory.kv_bytes_per_token(deployment) * deployment.tp * deployment.pp
        """Of the whole replica, copies of heads included."""
        parts = weights_of(deployment.architecture, deployment.weights)
        chip = hardware.chip(deployment.gpu.arch)
        engine = hardware.engines[deployment.engine]
        bandwidth = deployment.gpu.mem_gb_s * 1e9 / self._profile.memory
        self._shares = 1.0 / (deployment.pp * deployment.dp)
        self._set_products(parts, chip, bandwidth)
        self._set_experts(parts, chip, engine, bandwidth)
        self._set_attention(chip, bandwidth)
        self._set_overheads(engine, chip, bandwidth)

    def _rate(self, weights: Dtype, chip: ChipEfficiency) -> float:
        """Achieved FLOP/s of one chip in large products."""
        dtype, emulated = compute_dtype(self.deployment.gpu, weights)
        gpu = self.deployment.gpu
        fraction = gpu.extra.get("flop_fraction") or chip.flops.get(dtype, chip.flops["bf16"])
        fraction *= chip.emulation if emulated and weights != "bf16" else 1.0
        return gpu.tflops[dtype] * 1e12 * fraction / self._profile.compute

    def _set_products(self, parts: Weights, chip: ChipEfficiency, bandwidth: float) -> None:
        """Attention projections, dense and shared feed-forward, router: read once a pass, multiplied per token."""
        tp = self.deployment.tp
        fraction = self.deployment.gpu.extra.get("mem_fraction") or chip.weights
        trunk_fraction = fraction * (chip.narrow_weights if DTYPE_BYTES[parts.trunk_dtype] < 1 else 1.0)
        trunk_bytes = parts.trunk * DTYPE_BYTES[parts.trunk_dtype] + parts.router * 2
        self._trunk_bytes = trunk_bytes / tp
        self._trunk_memory_s = self._trunk_bytes / (bandwidth * trunk_fraction)
        self._trunk_flops = 2 * (parts.trunk + parts.router) / tp
        self._trunk_compute_s = self._trunk_flops / self._rate(parts.trunk_dtype, chip)
        self._head_bytes = parts.head * 2 / tp
        self._head_memory_s = self._head_bytes / (bandwidth * fraction)
        self._head_flops = 2 * parts.head / tp
        self._head_compute_s = self._head_flops / self._rate("bf16", chip)

    def _set_experts(self, parts: Weights, chip: ChipEfficiency, engine: EngineOverhead, bandwidth: float) -> None:
        arch, deployment = self.deployment.architecture, self.deployment
        chips = deployment.tp * deployment.dp
        fraction = (deployment.gpu.extra.get("mem_fraction") or chip.weights) * chip.expert_weights
        self._routing: Routing | None = None
        if arch.moe_layers:
            self._routing = Routing.of(arch.n_experts, arch.top_k, deployment.ep, engine.routing)
        self._expert_bytes = arch.moe_layers * parts.expert * DTYPE_BYTES[parts.expert_dtype] / chips
        self._expert_memory_s = self._expert_bytes / (bandwidth * fraction)
        self._expert_flops = 2 * arch.moe_layers * arch.top_k * parts.expert / chips
        rate = self._rate(parts.expert_dtype, chip) * chip.expert_flops
        self._expert_compute_s = self._expert_flops / rate

    def _set_attention(self, chip: ChipEfficiency, bandwidth: float) -> None:
        arch, deployment = self.deployment.architecture, self.deployment
        growing = memory.growing_layers(arch)
        self._full_layers = float(growing - arch.sliding_layers)
        self._sliding_layers = float(arch.sliding_layers)
        self._window = float(arch.sliding_window or 0)
        self._top_tokens = float(arch.sparse_top_k or 0)
        self._kv_bytes = memory.kv_layer_bytes(deployment)
        self._indexer_bytes = float(memory.INDEXER_ELEMS) if arch.sparse_top_k else 0.0
        self._kv_s = 1.0 / (bandwidth * (deployment.gpu.extra.get("kv_fraction") or chip.kv))
        heads = arch.q_heads / deployment.tp
        value_dim = arch.v_head_dim or arch.head_dim
        self._pair_flops = 2 * heads * (arch.head_dim + value_dim)
        rank = (arch.mla_kv_elems or 0) - _LATENT_ROPE_DIM
        self._decode_pair_flops = 2 * heads * (2 * rank + _LATENT_ROPE_DIM) if arch.mla_kv_elems else self._pair_flops
        bf16 = deployment.gpu.tflops["bf16"] * 1e12 / self._profile.compute
        self._pair_s = 1.0 / (bf16 * chip.attention)
        self._state_bytes = 2 * memory.state_bytes_per_seq(deployment) * deployment.pp
        self._state_s = self._state_bytes / (bandwidth * chip.kv)

    def _set_overheads(self, engine: EngineOverhead, chip: ChipEfficiency, bandwidth: float) -> None:
        arch, fixed = self.deployment.architecture, self._profile.fixed
        growing = memory.growing_layers(arch)
        layers = arch.layers * engine.layer_us + arch.moe_layers * engine.moe_layer_us
        trunk = weights_of(arch, self.deployment.weights).trunk_dtype
        if trunk != "bf16" and not compute_dtype(self.deployment.gpu, trunk)[1]:
            layers += arch.layers * engine.quantise_layer_us
        if compute_dtype(self.deployment.gpu, self.deployment.weights)[1]:
            layers += arch.moe_layers * engine.unpack_layer_us
        layers += (arch.layers - growing) * engine.linear_layer_us
        layers += growing * (engine.latent_layer_us if arch.mla_kv_elems else 0.0)
        layers += growing * (engine.sparse_layer_us if arch.sparse_top_k else 0.0)
        self._step_s = (engine.step_us + layers * chip.kernels) * 1e-6 * fixed
        self._request = (engine.request_us * 1e-6, engine.prompt_token_us * 1e-6, engine.request_steps)
        self._seq_s = engine.seq_us * 1e-6 * fixed
        moved = traffic(self.deployment, self._hardware)
        self._link_latency_s = moved.latency_s * fixed
        self._link_token_s = moved.token_s
        self._link_token_bytes = moved.token_bytes
        self._token_bytes = arch.layers * engine.activation_passes * arch.hidden * 2.0
        self._token_s = self._token_bytes / (bandwidth * chip.weights)

    def cost(self, batch: Batch, speed: float = 1.0) -> StepCost:
        """speed: clock as a share of the boost clock; arithmetic slows with it, memory and links do not."""
        shares = self._shares
        decode_seqs = batch.decode_seqs * shares
        decode_tokens = batch.decode_tokens * shares
        prefill_tokens = batch.prefill_tokens * shares
        tokens = decode_tokens + prefill_tokens
        sampled = decode_tokens + batch.prefill_seqs * shares

        trunk_c = tokens * self._trunk_compute_s / speed
        head_c = sampled * self._head_compute_s / speed
        products = sqrt(self._trunk_memory_s**2 + trunk_c * trunk_c) + sqrt(self._head_memory_s**2 + head_c * head_c)
        memory_s = self._trunk_memory_s + self._head_memory_s + tokens * self._token_s
        compute_s = trunk_c + head_c
        flops = tokens * self._trunk_flops + sampled * self._head_flops
        moved = self._trunk_bytes + self._head_bytes + tokens * self._token_bytes

        if self._routing:
            expert_s, expert_m, expert_c, reached = self._experts(self._routing, tokens, speed)
            products += expert_s
            memory_s += expert_m
            compute_s += expert_c
            flops += tokens * self.deployment.dp * self._expert_flops
            moved += reached * self._expert_bytes

        attention_m, attention_c, kv_bytes = self._decode(batch, decode_seqs, shares)
        attention_s = max(attention_m, attention_c / speed)
        memory_s += attention_m
        compute_s += attention_c
        moved += kv_bytes
        if prefill_tokens:
            prompt_c, prompt_m, prompt_flops = self._prompts(batch, prefill_tokens, shares)
            prompt_c /= speed
            attention_s += max(prompt_c, prompt_m)
            compute_s += prompt_c
            memory_s += prompt_m
            flops += prompt_flops

        link_s = self._link_latency_s + tokens * self._link_token_s
        fixed_s = self._step_s + (batch.decode_seqs + batch.prefill_seqs) * self._seq_s
        total_s = products + attention_s + tokens * self._token_s + link_s + fixed_s
        scale = self.deployment.chips
        return StepCost(total_s, min(compute_s, total_s), min(memory_s, total_s), link_s, flops * scale, moved * scale)

    def _experts(self, routing: Routing, tokens: float, speed: float) -> tuple[float, float, float, float]:
        """Seconds, of memory and of arithmetic, and experts reached. All ranks' tokens meet at the experts."""
        tokens *= self.deployment.dp
        reached = routing.reached(tokens)
        memory_s = reached * self._expert_memory_s
        compute_s = tokens * self._expert_compute_s / speed
        seconds = sqrt(memory_s * memory_s + compute_s * compute_s)
        if routing.groups > 1:
            seconds *= routing.unevenness(tokens)
        return seconds, memory_s, compute_s, reached

    def _decode(self, batch: Batch, seqs: float, shares: float) -> tuple[float, float, float]:
        """Seconds of memory and arithmetic, and bytes, of attention over the KV of decoding sequences."""
        context = batch.decode_context_tokens * shares
        attended = min(context, seqs * self._top_tokens) if self._top_tokens else context
        layer_tokens = self._full_layers * attended
        if self._sliding_layers:
            layer_tokens += self._sliding_layers * min(context, seqs * self._window)
        moved = layer_tokens * self._kv_bytes + self._full_layers * (context - attended) * self._indexer_bytes
        queries = batch.decode_tokens / batch.decode_seqs if batch.decode_seqs else 1.0
        compute_s = layer_tokens * queries * self._decode_pair_flops * self._pair_s
        return moved * self._kv_s + seqs * self._state_s, compute_s, moved + seqs * self._state_bytes

    def _prompts(self, batch: Batch, tokens: float, shares: float) -> tuple[float, float, float]:
        """Seconds of arithmetic and memory, and FLOPs, of attention in prompts."""
        pairs = batch.prefill_pairs * shares
        full = min(pairs, tokens * self._top_tokens) if self._top_tokens else pairs
        layer_pairs = self._full_layers * full
        if self._sliding_layers:
            layer_pairs += self._sliding_layers * min(pairs, tokens * self._window)
        flops = layer_pairs * self._pair_flops
        read = batch.prefill_context_tokens * shares + _KV_PASSES * tokens
        layers = self._full_layers + self._sliding_layers
        return flops * self._pair_s, layers * read * self._kv_bytes * self._kv_s, flops

    def prefill_s(self, tokens: int, context_tokens: int = 0) -> float:
        """A prompt alone on an idle replica, after so many tokens that are in KV; in steps of the token budget."""
        total_s = 0.0
        budget = self.deployment.max_num_batched_tokens
        while tokens > 0:
            new = min(tokens, budget)
            pairs = new * (context_tokens + new / 2)
            step = Batch(prefill_seqs=1, prefill_tokens=new, prefill_context_tokens=context_tokens, prefill_pairs=pairs)
            total_s += self.cost(step).total_s
            context_tokens += new
            tokens -= new
        return total_s

    def request_s(self, prompt_tokens: float, step_s: float) -> float:
        """What a client waits for its first token beside queue and steps; step_s: of a step at the present load."""
        base_s, token_s, steps = self._request
        return base_s + token_s * prompt_tokens + steps * step_s

    def kv_capacity_blocks(self) -> int:
        """Raises memory.DoesNotFit."""
        return memory.capacity_blocks(self.deployment, self._hardware)
