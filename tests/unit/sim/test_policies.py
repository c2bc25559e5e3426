"""Which worker each policy chooses, by the publishers' formulas and numbers."""

from collections import Counter
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.seeds import draws
from fakeai.sim.decision import Policy
from fakeai.sim.policies.cache_aware import CacheAware, CacheAwareOptions
from fakeai.sim.policies.kv_aware import KvAware, KvAwareOptions, softmax
from fakeai.sim.policies.multi_objective import MultiObjective, MultiObjectiveOptions
from fakeai.sim.policies.weighted import PrefixAwareOptions, Weighted
from fakeai.sim.profile import Profile
from fakeai.sim.routing import POLICIES, BadOption, UnknownOption, UnknownPolicy, policy
from tests.support.workers import FakeWorker, fake_workers, priced, routed_request

pytestmark = [pytest.mark.unit, pytest.mark.sim]


def chosen(of: Policy, workers: list[FakeWorker], seed: int = 1, now_s: float = 0.0, **request: object) -> str:
    return of.choose(routed_request(**request), workers, now_s, draws(seed)).worker  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_every_policy_chooses_a_candidate_and_scores_candidates(name: str) -> None:
    made = policy(name, Profile())
    for number in range(50):
        workers = fake_workers(1 + number % 8)
        request = routed_request(f"r{number}", range(number), session=f"s{number}" if number % 2 else None)
        decision = made.choose(request, workers, number * 1.0, draws(number))
        ids = {worker.id for worker in workers}
        assert decision.worker in ids
        assert set(decision.scores) <= ids
        assert decision.worker in decision.scores
        assert all(set(terms) == set(decision.terms) or not terms for terms in decision.scores.values())


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_equal_seeds_give_equal_choices(name: str) -> None:
    def play() -> list[str]:
        made, r = policy(name, Profile()), draws(11)
        return [
            made.choose(routed_request(f"r{n}", range(n % 7)), fake_workers(6), n * 0.1, r).worker for n in range(100)
        ]

    assert play() == play()


def test_an_unknown_policy_or_option_names_the_nearest() -> None:
    with pytest.raises(UnknownPolicy, match="kv_aware"):
        policy("kv-aware", Profile())
    with pytest.raises(UnknownOption, match="router_temperature"):
        policy("kv_aware", Profile(), {"temperature": 1.0})
    with pytest.raises(UnknownOption, match="has no option"):
        policy("random", Profile(), {"seed": 1})
    with pytest.raises(ValueError, match="prefixes"):
        policy("prefix_aware", Profile(), {"weights": {"prefixes": 1.0}})


def test_round_robin_takes_turns_in_each_pool() -> None:
    made = policy("round_robin", Profile())
    readers, speakers = fake_workers(2), [FakeWorker("s0"), FakeWorker("s1"), FakeWorker("s2")]
    seen = Counter(chosen(made, pool) for _ in range(60) for pool in (readers, speakers))
    assert seen == {"w0": 30, "w1": 30, "s0": 20, "s1": 20, "s2": 20}


def test_random_reaches_all_alike() -> None:
    made, r, workers = policy("random", Profile()), draws(3), fake_workers(4)
    seen = Counter(made.choose(routed_request(), workers, 0.0, r).worker for _ in range(4000))
    assert all(900 < seen[worker.id] < 1100 for worker in workers)


def test_load_policies() -> None:
    workers = [FakeWorker("a", running=5, used_blocks=10), FakeWorker("b", running=1, waiting=3, used_blocks=900)]
    assert chosen(policy("least_loaded", Profile()), workers) == "b"
    assert chosen(policy("least_kv", Profile()), workers) == "a"
    # Two of two are all there are.
    assert {chosen(policy("power_of_two", Profile()), workers, seed) for seed in range(20)} == {"b"}


def test_power_of_two_never_takes_the_most_loaded_of_three() -> None:
    made, r = policy("power_of_two", Profile()), draws(5)
    workers = [FakeWorker("a", running=1), FakeWorker("b", running=2), FakeWorker("c", running=3)]
    seen = Counter(made.choose(routed_request(), workers, 0.0, r).worker for _ in range(3000))
    # Pairs are equally likely: a wins two of three, b one.
    assert seen["c"] == 0
    assert seen["a"] / 3000 == pytest.approx(2 / 3, abs=0.04)


def test_lmetric_multiplies_new_tokens_by_batch_size() -> None:
    near = FakeWorker("near", running=9, device_tokens=960)
    idle = FakeWorker("idle", running=0)
    decision = policy("lmetric", Profile()).choose(routed_request(prompt_tokens=1000), [near, idle], 0.0, draws(1))
    assert decision.worker == "near"
    assert decision.scores["near"] == {"product": 400, "prefill_tokens": 40, "batch_size": 10}
    assert decision.scores["idle"]["product"] == 1000


@given(st.integers(2, 9), st.integers(0, 8), st.integers(0, 200))
def test_sessions_stay_when_another_worker_leaves_and_come_back(count: int, gone: int, first: int) -> None:
    made, workers = policy("session", Profile()), fake_workers(count)
    left = [worker for index, worker in enumerate(workers) if index != gone % count]
    for session in (f"s{first + number}" for number in range(30)):
        before = chosen(made, workers, session=session)
        after = chosen(made, left, session=session)
        assert after == before or before == workers[gone % count].id
        assert chosen(made, workers[::-1], session=session) == before


def test_sessions_spread() -> None:
    made, workers = policy("session", Profile()), fake_workers(4)
    seen = Counter(chosen(made, workers, session=f"s{number}") for number in range(2000))
    assert all(400 < seen[worker.id] < 600 for worker in workers)


# Dynamo


def dynamo_workers() -> list[FakeWorker]:
    """Its documentation's example: cached 2, 5 and 8 of 10 blocks; decoding 10, 5 and 9."""
    return [
        FakeWorker(f"w{n}", device_tokens=cached * 16, used_blocks=decode)
        for n, (cached, decode) in enumerate([(2, 10), (5, 5), (8, 9)], 1)
    ]


def test_dynamos_worked_example() -> None:
    decision = KvAware().choose(routed_request(prompt_tokens=160), dynamo_workers(), 0.0, draws(1))
    assert decision.worker == "w2"
    costs = {id: (terms["prefill_blocks"], terms["cost"]) for id, terms in decision.scores.items()}
    assert costs == {"w1": (8, 18), "w2": (5, 10), "w3": (2, 11)}


def test_tiers_decay_and_weights() -> None:
    options = KvAwareOptions(
        overlap_score_credit=0.9,
        overlap_score_credit_decay=2.0,
        prefill_load_scale=3.0,
        decode_active_request_weight=0.5,
    )
    busy = FakeWorker(
        "busy", 3, 1, queued_prefill_tokens=160, used_blocks=7, device_tokens=64, host_tokens=32, disk_tokens=16
    )
    decision = KvAware(options).choose(routed_request(prompt_tokens=320), [busy, FakeWorker("idle")], 0.0, draws(1))
    decay = 1 / (1 + 2.0 * 160 / 16 / 20)
    credit = 0.9 * decay * 4 + 0.75 * 2 + 0.25 * 1
    terms = decision.scores["busy"]
    assert terms["credit_blocks"] == pytest.approx(credit)
    assert terms["prefill_blocks"] == pytest.approx(10 + 20 - credit)
    assert terms["cost"] == pytest.approx(3 * (30 - credit) + 7 + 0.5 * 4)


def test_without_prefill_tracking_credit_comes_off_decoding() -> None:
    workers = [FakeWorker("a", used_blocks=6, device_tokens=160), FakeWorker("b", used_blocks=20, device_tokens=160)]
    decision = KvAware(KvAwareOptions(track_prefill=False)).choose(
        routed_request(prompt_tokens=320), workers, 0.0, draws(1)
    )
    assert {id: terms["cost"] for id, terms in decision.scores.items()} == {"a": 0, "b": 10}


@pytest.mark.parametrize("temperature", [0.2, 1.0, 5.0])
def test_softmax_follows_the_temperature(temperature: float) -> None:
    costs, r = [18.0, 10.0, 11.0], draws(9)
    seen = Counter(softmax(costs, temperature, r) for _ in range(20_000))
    weights = [exp(-(cost - 10) / (8 * temperature)) for cost in costs]
    for index, weight in enumerate(weights):
        assert seen[index] / 20_000 == pytest.approx(weight / sum(weights), abs=0.012)


def test_softmax_of_equal_costs_is_uniform() -> None:
    r = draws(2)
    seen = Counter(softmax([4.0, 4.0], 0.5, r) for _ in range(4000))
    assert 1850 < seen[0] < 2150


def test_without_events_what_was_sent_is_believed_for_two_minutes() -> None:
    made = KvAware(KvAwareOptions(use_kv_events=False))
    workers = fake_workers(4)
    first = chosen(made, workers, now_s=0.0, blocks=range(10))
    assert chosen(made, workers, now_s=100.0, blocks=range(10)) == first
    row = made.choose(routed_request(blocks=range(10)), workers, 219.0, draws(1)).scores[first]
    assert row["credit_blocks"] == 10
    row = made.choose(routed_request(blocks=range(10)), workers, 219.0 + 121.0, draws(1)).scores[first]
    assert row["credit_blocks"] == 0


# SGLang


def test_a_match_must_exceed_three_tenths() -> None:
    made = CacheAware()
    workers = fake_workers(2)
    workers[1].running = -1
    assert chosen(made, workers, blocks=range(10)) == "w1"
    workers[1].running = 5
    assert chosen(made, workers, blocks=[0, 1, 2, *range(100, 107)]) == "w0", "3 of 10 is not more than 0.3"
    made, workers[1].running = CacheAware(), -1
    chosen(made, workers, blocks=range(10))
    workers[1].running = 5
    assert chosen(made, workers, blocks=[0, 1, 2, 3, *range(100, 106)]) == "w1"


@pytest.mark.parametrize(
    ("low", "high", "balanced"),
    [(10, 74, True), (10, 75, False), (200, 300, True), (200, 301, False), (1000, 1400, True), (0, 65, False)],
)
def test_imbalance_needs_both_thresholds(low: int, high: int, balanced: bool) -> None:
    made = CacheAware()
    matched, other = FakeWorker("matched"), FakeWorker("other", running=1)
    assert chosen(made, [matched, other], blocks=range(10)) == "matched"
    matched.running, other.running = high, low
    assert chosen(made, [matched, other], blocks=range(10)) == ("matched" if balanced else "other")


@pytest.mark.parametrize("name", ["cache_aware", "prefix_aware"])
def test_what_will_be_said_is_not_looked_at(name: str) -> None:
    """Two requests with one prompt of four blocks, and answers of which nobody knows yet."""
    made = policy(name, Profile())
    workers = fake_workers(2)
    first = made.choose(routed_request("a", [1, 2, 3, 4, 50, 51], prompt_tokens=64), workers, 0.0, draws(1))
    again = made.choose(routed_request("b", [1, 2, 3, 4, 60, 61, 62], prompt_tokens=64), workers, 1.0, draws(1))
    share = {"cache_aware": "match_rate", "prefix_aware": "prefix"}[name]
    assert again.scores[first.worker][share] == 1.0


def test_the_tree_learns_the_worker_chosen_in_each_case() -> None:
    made = CacheAware(CacheAwareOptions(balance_abs_threshold=0, balance_rel_threshold=1.0))
    a, b = FakeWorker("a"), FakeWorker("b", running=1)
    assert chosen(made, [a, b], blocks=range(4)) == "a"
    a.running, b.running = 3, 1
    assert chosen(made, [a, b], now_s=1.0, blocks=range(4)) == "b"
    a.running = b.running = 1
    assert chosen(made, [a, b], blocks=range(4)) == "b", "of equal matches the one sent last"


# llm-d


def test_scorers_and_weights() -> None:
    made = Weighted("prefix_aware", PrefixAwareOptions())
    a = FakeWorker("a", reported_waiting=4, reported_used_blocks=250)
    b = FakeWorker("b", reported_waiting=1, reported_used_blocks=500)
    c = FakeWorker("c", reported_waiting=0, reported_used_blocks=1000)
    made.index.add("a", [0, 1, 2], 0.0)
    scores = made.choose(routed_request(blocks=range(6)), [a, b, c], 0.0, draws(1)).scores
    assert scores["a"] == {"score": 2 * 0.5 + 0.75 + 0.0, "prefix": 0.5, "kv": 0.75, "queue": 0.0}
    assert scores["b"] == {"score": 0.5 + 0.75, "prefix": 0.0, "kv": 0.5, "queue": 0.75}
    assert scores["c"] == {"score": 0.0 + 1.0, "prefix": 0.0, "kv": 0.0, "queue": 1.0}


def test_precise_and_load_scorers() -> None:
    made = policy("precise_prefix_aware", Profile(), {"weights": {"precise_prefix": 1.0, "load": 1.0, "running": 1.0}})
    workers = [FakeWorker("a", 2, 32, 32, device_tokens=50), FakeWorker("b", 4, 200, 200)]
    scores = made.choose(routed_request(prompt_tokens=100), workers, 0.0, draws(1)).scores
    assert scores["a"] == {"score": 0.5 + 0.375 + 1.0, "precise_prefix": 0.5, "load": 0.375, "running": 1.0}
    assert scores["b"] == {"score": 0.0, "precise_prefix": 0.0, "load": 0.0, "running": 0.0}


def test_cold_requests_go_round_by_age() -> None:
    made = policy("prefix_aware", Profile(), {"weights": {"no_hit_lru": 1.0}})
    workers = fake_workers(4)
    seen = [chosen(made, workers, now_s=float(n), blocks=[n * 10, n * 10 + 1]) for n in range(8)]
    assert sorted(seen[:4]) == ["w0", "w1", "w2", "w3"]
    assert seen[4:] == seen[:4]


# Several objectives


@pytest.mark.parametrize("objective", ["latency", "throughput", "cost", "power"])
def test_one_objective_alone_decides(objective: str) -> None:
    weights = dict.fromkeys(("latency", "throughput", "cost", "power"), 0.0) | {objective: 1.0}
    fast = priced(FakeWorker("latency", running=8, step_s=0.005, power_w=2000), 10.0, 1000)
    wide = priced(FakeWorker("throughput", running=0, step_s=0.02, power_w=2000), 10.0, 1000)
    cheap = priced(FakeWorker("cost", running=8, step_s=0.02, power_w=2000), 0.1, 1000)
    cool = priced(FakeWorker("power", running=8, step_s=0.02, power_w=100), 10.0, 100)
    fast.prefill_token_s = 1e-5
    # 8 → 9 sequences at 5 ms gain 200 tokens/s, 0 → 1 at 20 ms only 50: make the wide one faster with company.
    wide.step_s = 0.004
    fast.waiting, wide.queued_prefill_tokens = 0, 1_000_000
    made = MultiObjective(MultiObjectiveOptions(**weights), Profile())
    assert chosen(made, [fast, wide, cheap, cool], prompt_tokens=100) == objective


def test_a_chip_without_a_price_counts_as_the_dearest() -> None:
    made = MultiObjective(MultiObjectiveOptions(0.0, 0.0, 1.0, 0.0), Profile())
    workers = [priced(FakeWorker("unknown"), None), priced(FakeWorker("dear"), 8.0), priced(FakeWorker("cheap"), 2.0)]
    decision = made.choose(routed_request(prompt_tokens=100), workers, 0.0, draws(1))
    assert decision.worker == "cheap"
    assert decision.scores["unknown"]["usd"] == decision.scores["dear"]["usd"]


def test_rising_arrivals_make_throughput_matter_more() -> None:
    profile = Profile()
    at_s = 0.0
    for window in range(6):
        for number in range(2**window):
            profile.arrived(routed_request(f"{window}-{number}"), at_s + 10 * number / 2**window)
        at_s += 10
    made = MultiObjective(MultiObjectiveOptions(), profile)
    rising = made.choose(routed_request(), fake_workers(2), at_s + 9.99, draws(1)).scores["w0"]["throughput_weight"]
    assert rising == 2.0
    assert (
        MultiObjective(MultiObjectiveOptions(), Profile())
        .choose(routed_request(), fake_workers(2), 0.0, draws(1))
        .scores["w0"]["throughput_weight"]
        == 1.0
    )


def test_policies_work_without_hardware() -> None:
    workers = fake_workers(3)
    for worker in workers:
        worker.deployment, worker.prefill_token_s, worker.step_s = None, 0.0, 0.0
    for name in POLICIES:
        assert chosen(policy(name, Profile()), workers, blocks=range(5)) in {"w0", "w1", "w2"}


def test_options_are_read_as_text_and_told_if_they_are_bad() -> None:
    """Files of settings give text."""
    made = policy("kv_aware", Profile(), {"overlap_score_credit": "0.5"})
    assert isinstance(made, KvAware)
    assert made.options.overlap_score_credit == 0.5
    arms = {"arms": {"random": "1", "kv_aware": "1"}, "options": {"kv_aware": {"overlap_score_credit": "much"}}}
    with pytest.raises(BadOption, match=r"^Routing policy kv_aware, option overlap_score_credit: .* got 'much'$"):
        policy("ab_test", Profile(), arms)
