#!/usr/bin/env python3
"""Measures `assay serve` beside HAProxy, interleaved, and prints a table and one line for each bar.

usage: sidecar_bench.py [--build-dir DIR] [--quick] [--json FILE] [--server-cpu N] [--load-cpu N]
                        [--repetitions N] [--seconds S]

Servers run on one processor, assay-load on another. Every figure of a bar is the median of ratios that were taken in
one repetition each. 10,000 distinct tokens are sent in turn.
Exit 0: measured, whatever the bars say. Exit 1: something could not be measured. Standard library only.
"""
import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile

import quantities
import sidecar_servers

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    servers: tuple           # names, in the order of a repetition
    socket: str              # "tcp" or "unix"
    arguments: tuple         # of assay-load


RATE = 20_000
WORKLOADS = (
    Workload("tcp", ("assay", "haproxy_jwt", "haproxy_ok"), "tcp", ("--connections", "64")),
    Workload("unix", ("assay", "haproxy_jwt", "haproxy_ok"), "unix", ("--connections", "64")),
    Workload("pipelined", ("assay",), "tcp", ("--connections", "64", "--pipeline", "16")),
    Workload("constant", ("assay", "haproxy_jwt"), "tcp", ("--connections", "64", "--rate", str(RATE), "--spin")),
    Workload("one_connection", ("assay", "haproxy_jwt"), "tcp", ("--connections", "1")),
)


@dataclasses.dataclass(frozen=True)
class Bar:
    """Workload and server of the numerator, then of the denominator, and what is divided."""
    name: str
    above: tuple
    below: tuple
    figure: str
    op: str
    threshold: float


CPU, PER_SECOND = "server_cpu_us_per_request", "requests_per_second"
BARS = (
    Bar("sidecar_tcp_cpu", ("tcp", "haproxy_jwt"), ("tcp", "assay"), CPU, ">=", 3.8),
    Bar("sidecar_tcp_per_second", ("tcp", "assay"), ("tcp", "haproxy_jwt"), PER_SECOND, ">=", 3.8),
    Bar("sidecar_unix_cpu", ("unix", "haproxy_jwt"), ("unix", "assay"), CPU, ">=", 5.2),
    Bar("sidecar_unix_per_second", ("unix", "assay"), ("unix", "haproxy_jwt"), PER_SECOND, ">=", 5.2),
    Bar("sidecar_pipelined_cpu", ("tcp", "assay"), ("pipelined", "assay"), CPU, ">=", 1.8),
    Bar("sidecar_p99_at_20000", ("constant", "assay"), ("constant", "haproxy_jwt"), "p99", "<=", 0.2),
    Bar("sidecar_one_connection_p50", ("one_connection", "assay"), ("one_connection", "haproxy_jwt"), "p50", "<=", 1.0),
)


@dataclasses.dataclass
class Effort:
    repetitions: int
    seconds: float           # of each run, behind a quarter of that as warm-up


def run_load(options, effort, server, workload):
    """One run of assay-load: its result, flat."""
    command = [os.path.join(options.build_dir, "bin", "assay-load"), "--target", server.target(workload.socket),
               "--tokens", options.tokens.file, "--cpu", str(options.load_cpu), "--server-pid", str(server.pid),
               "--duration", f"{round(effort.seconds * 1000)}ms", "--warmup", f"{round(effort.seconds * 250)}ms",
               "--json", "-", *workload.arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode != 0:
        raise sidecar_servers.Fault(f"{server.name}, {workload.name}: {done.stderr.strip() or done.stdout.strip()}")
    result = json.loads(done.stdout)
    return {**result, **result["latency_us"]}


def measure(options, effort, servers):
    """(workload, server) -> the results of the repetitions, in order."""
    results = {}
    for repetition in range(effort.repetitions):
        for workload in WORKLOADS:
            names = [name for name in workload.servers if name in servers]
            # Every second repetition the other way round: who comes first has no advantage.
            for name in names if repetition % 2 == 0 else names[::-1]:
                result = run_load(options, effort, servers[name], workload)
                results.setdefault((workload.name, name), []).append(result)
    return results


def median(results, figure):
    return statistics.median(result[figure] for result in results)


def print_table(results):
    print(f"{'workload':16} {'server':12} {'per second':>11} {'CPU us':>8} {'p50 us':>9} {'p99 us':>9} "
          f"{'p99.9 us':>9}")
    for (workload, server), runs in results.items():
        print(f"{workload:16} {server:12} {median(runs, PER_SECOND):11.0f} {median(runs, CPU):8.2f} "
              f"{median(runs, 'p50'):9.1f} {median(runs, 'p99'):9.1f} {median(runs, 'p99.9'):9.1f}")


def judge(bar, results):
    """The bar as quantities.bar_line prints it; its value is None where a server is missing."""
    entry = {"name": bar.name, "value": None, "op": bar.op, "threshold": bar.threshold, "result": "skipped"}
    if bar.above not in results or bar.below not in results:
        return entry
    ratios = [above[bar.figure] / below[bar.figure] for above, below in zip(results[bar.above], results[bar.below])]
    value = statistics.median(ratios)
    good = quantities.meets(value, bar.op, bar.threshold)
    return {**entry, "value": value, "result": "ok" if good else "short", "min": min(ratios), "max": max(ratios)}


def rows_of(results):
    rows = []
    for (workload, server), runs in results.items():
        row = {"name": f"{workload}/{server}"}
        for figure in (PER_SECOND, CPU, "own_cpu_us_per_request", "p50", "p90", "p99", "p99.9", "max"):
            values = [run[figure] for run in runs]
            row[figure] = {"median": statistics.median(values), "min": min(values), "max": max(values)}
        rows.append(row)
    return rows


def parse_arguments():
    cpus = sorted(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(description="Measures the sidecar beside HAProxy.")
    parser.add_argument("--build-dir", default=os.path.join(ROOT, "build", "release"), help="default: build/release")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter repetitions: tells less")
    parser.add_argument("--repetitions", type=int, help="default: 9; quick: 3")
    parser.add_argument("--seconds", type=float, help="of each run; default: 1.5; quick: 0.5")
    parser.add_argument("--json", metavar="FILE", help="write bars and rows there")
    parser.add_argument("--server-cpu", type=int, default=cpus[0])
    parser.add_argument("--load-cpu", type=int, default=cpus[-1])
    return parser.parse_args()


def main():
    options = parse_arguments()
    repetitions, seconds = (3, 0.5) if options.quick else (9, 1.5)
    effort = Effort(options.repetitions or repetitions, options.seconds or seconds)
    try:
        if options.server_cpu == options.load_cpu:
            raise sidecar_servers.Fault("two processors are needed: one for the server, one for the load")
        options.tokens = sidecar_servers.mint_tokens(options.build_dir)
        with tempfile.TemporaryDirectory(prefix="assay-sidecar-") as folder:
            with sidecar_servers.running(options, folder) as servers:
                results = measure(options, effort, servers)
    except (sidecar_servers.Fault, OSError, subprocess.SubprocessError) as fault:
        print(f"sidecar_bench: {fault}", file=sys.stderr)
        return 1
    print(f"sidecar: {options.tokens.count} distinct RS256-2048 tokens of {options.tokens.token_bytes} bytes; "
          f"{options.tokens.memory}; {effort.repetitions} repetitions of {effort.seconds:g} s")
    print_table(results)
    bars = [judge(bar, results) for bar in BARS]
    for bar in bars:
        print(quantities.bar_line(bar))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as stream:
            json.dump({"bars": bars, "rows": rows_of(results), "repetitions": effort.repetitions,
                       "seconds": effort.seconds, "tokens": options.tokens.memory}, stream, indent=1)
            stream.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
