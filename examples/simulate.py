"""How many replicas keep an SLO, by `fakeai simulate`. Needs no server."""

import json
import subprocess

WORKLOAD = "poisson:rate=12,prompt=lognormal:1000:0.5,output=200,requests=400"

for replicas in (1, 2, 4):
    command = ["fakeai", "simulate", "--gpu", "l40s", "--model", "llama-3.1-8b", "--replicas", str(replicas)]
    process = subprocess.run(
        [*command, "--workload", WORKLOAD, "--json", "-"], capture_output=True, text=True, check=True
    )
    result = json.loads(process.stdout)
    ttft, itl = result["latency"]["ttft_s"], result["latency"]["itl_s"]
    print(f"{replicas} x l40s: p99 of TTFT {ttft['p99']:.3f} s, of ITL {itl['p99'] * 1000:.1f} ms")
