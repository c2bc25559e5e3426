"""python -m bench.fidelity DATA [--json FILE] [--plot FILE] [--fit]"""

import argparse
import sys
from pathlib import Path

from bench.fidelity.placing import Unplaced, built_in
from bench.fidelity.predicting import predict_all
from bench.fidelity.refit import refit
from bench.fidelity.report import Record, plot, table, write_json
from bench.fidelity.rows import FIT_QUALITY, read_rows
from bench.fidelity.runs import compared, read_runs, replay
from fakeai.core.hardware_catalog import UnknownHardware
from fakeai.sim.memory import DoesNotFit

TITLES = {
    "held-pair": "Physics, each (model, GPU) pair by coefficients fitted without it",
    "held-row": "With profiles, each row by profiles fitted without it (known combinations only)",
    "physics": "Physics as shipped",
    "profile": "Profiles as shipped (known combinations only)",
}


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.fidelity", description=__doc__)
    parser.add_argument("data", type=Path, help="a CSV, a folder of runs, or a folder with fidelity/ and vllm_runs/")
    parser.add_argument("--json", type=Path, help="write one record a row")
    parser.add_argument("--plot", type=Path, help="write predicted against measured, PNG or SVG")
    parser.add_argument("--fit", action="store_true", help="fit coefficients and profiles anew, into spec/")
    options = parser.parse_args()
    table_file, runs_folder = _places(options.data)
    if options.fit:
        if table_file is None:
            parser.error("--fit wants a CSV")
        refit(read_rows(table_file), say)
        say("spec/ is written; run `make generate`, then this again without --fit")
        return
    records = _tables(table_file) if table_file else []
    records += _runs(runs_folder) if runs_folder else []
    if options.json:
        write_json(options.json, records)
    if options.plot:
        plot(options.plot, [record for record in records if record.way == "held-pair"])


def _places(data: Path) -> tuple[Path | None, Path | None]:
    if data.is_file():
        return data, None
    if (data / "fidelity" / "measured.csv").exists() or (data / "vllm_runs").is_dir():
        measured, runs = data / "fidelity" / "measured.csv", data / "vllm_runs"
        return measured if measured.exists() else None, runs if runs.is_dir() else None
    return None, data


def _tables(path: Path) -> list[Record]:
    rows = [row for row in read_rows(path) if row.quality in (*FIT_QUALITY, "")]
    records, reasons = predict_all(rows, say)
    for way, title in TITLES.items():
        chosen = [record for record in records if record.way == way]
        if chosen:
            print(table(title, chosen))
    for reason, count in reasons.items():
        print(f"not predicted, {count} rows: {reason}")
    return records


def _runs(folder: Path) -> list[Record]:
    chips = built_in()
    records: list[Record] = []
    print(f"{'recorded run, vLLM':36} {'metric':14} {'measured':>10} {'predicted':>10} {'error':>8}")
    try:
        for run in read_runs(folder, chips):
            for metric, predicted, measured in compared(run, replay(run, chips)):
                print(f"{run.name:36} {metric:14} {measured:10.2f} {predicted:10.2f} {predicted / measured - 1:+8.1%}")
                gpu, model = run.deployment.gpu.id, run.deployment.model.id
                records.append(Record(0, "vllm", gpu, model, metric, measured, predicted, "physics", run.name))
    except (Unplaced, UnknownHardware, DoesNotFit) as problem:
        print(f"not replayed: {problem}")
    return records


if __name__ == "__main__":
    main()
