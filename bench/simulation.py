"""How fast `fakeai simulate` replays, and whether its memory grows with the length of what it replays.

Run as a module, it makes one simulation and prints what it took.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.figures import Figure, at_least, at_most
from bench.plan import Plan

TRACE = "AzureLLMInferenceTrace_conv.csv"
"""As it is named at github.com/Azure/AzurePublicDataset, in data/; looked for in .cache/bench."""
LOAD = "closed:concurrency=256,prompt=1000,output=250,requests={}"
REQUESTS, QUICK_REQUESTS = 5_000, 1_500
GROWTH = 5
"""So many times the requests must not take much more memory."""
REQUESTS_PER_S, TIMES_REAL, GROWTH_MB = at_least(2_000), at_least(200), at_most(25)


class Run(NamedTuple):
    wall_s: float
    core_s: float
    requests: int
    virtual_s: float
    peak_mb: float


def simulation(plan: Plan) -> list[Figure]:
    requests = QUICK_REQUESTS if plan.quick else REQUESTS
    runs = [_run(plan, "--workload", LOAD.format(requests)) for _ in range(plan.runs)]
    longer = [_run(plan, "--workload", LOAD.format(GROWTH * requests)) for _ in range(2)]
    grown = [after.peak_mb - before.peak_mb for before, after in zip(runs, longer, strict=False)]
    what = "simulated requests, 1,000 in, 250 out, 256 at a time"
    figures = [
        Figure(what, "1/s of core time", [run.requests / run.core_s for run in runs], REQUESTS_PER_S),
        Figure(what, "1/s", [run.requests / run.wall_s for run in runs]),
        Figure("peak memory of that", "MB", [run.peak_mb for run in runs]),
        Figure(f"growth of it with {GROWTH} times the requests", "MB", grown, GROWTH_MB),
    ]
    trace = plan.folder / TRACE
    if not trace.is_file():
        plan.skipped["the Azure conversation trace"] = f"put {TRACE} into {plan.folder}"
        return figures
    replays = [_run(plan, str(trace)) for _ in range(plan.runs)]
    what = "Azure conversations on one H100 SXM, times real time"
    return [
        *figures,
        Figure(what, "× of core time", [run.virtual_s / run.core_s for run in replays], TIMES_REAL),
        Figure(what, "×", [run.virtual_s / run.wall_s for run in replays]),
        Figure("peak memory of that", "MB", [run.peak_mb for run in replays]),
    ]


def _run(plan: Plan, *arguments: str) -> Run:
    """In a process of its own, for its memory."""
    command = [sys.executable, "-m", "bench.simulation", *arguments]
    output = subprocess.check_output(
        command, text=True, preexec_fn=lambda: os.sched_setaffinity(0, {plan.cores.server})
    )
    return Run(**json.loads(output))


def measure(arguments: Sequence[str]) -> Run:
    from fakeai.cli.jobs import jobs
    from fakeai.cli.runs import run
    from fakeai.cli.simulate import Asked

    is_workload = arguments[0] == "--workload"
    asked = Asked(workload=[arguments[1]] if is_workload else [])
    traces = [] if is_workload else [Path(arguments[0])]
    deployed = {"set": ["cluster.model=llama-3.1-8b", "cluster.gpu=h100-sxm"]}
    job = jobs(traces, asked, deployed)[0]
    began_s = time.process_time()
    result = run(job)
    core_s = time.process_time() - began_s
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return Run(result.wall_s, core_s, result.document["requests"]["finished"], result.document["duration_s"], peak_mb)


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1:])._asdict()))
