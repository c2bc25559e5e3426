"""python -m bench.routing: runs both cases, prints a table and draws docs/figures/routing.svg. Minutes on one core."""

from pathlib import Path

from bench.routing.case import CONTROL, LLM_D, Case
from bench.routing.figure import Results, draw
from bench.routing.run import run

FIGURE = Path(__file__).parents[2] / "docs/figures/routing.svg"
HEADER = "| strategy | tokens/s | TTFT mean s | TTFT p90 s | latency p50 s | hits |\n|---|--:|--:|--:|--:|--:|"


def main() -> None:
    case, control = _all(LLM_D), _all(CONTROL)
    FIGURE.parent.mkdir(parents=True, exist_ok=True)
    draw(case, control, FIGURE)
    print(f"wrote {FIGURE}")


def _all(case: Case) -> Results:
    print(HEADER)
    results = {}
    for name, strategy in case.strategies.items():
        results[name] = run(case, strategy)
        all = results[name][-1]
        print(
            f"| {name} | {all.output_tokens_per_s:.0f} | {all.ttft_mean_s:.3f} | {all.ttft_p90_s:.3f} "
            f"| {all.latency_p50_s:.1f} | {all.hit_share:.1%} |",
            flush=True,
        )
    return results


if __name__ == "__main__":
    main()
