#!/usr/bin/env python3
"""Measures, and prints a table and one line for each bar: `bar NAME VALUE OP THRESHOLD ok|short|skipped`.

usage: report.py [--build-dir DIR] [--quick] [--json FILE] [--cpu N] [verify|revocation|sidecar|all]

Exit 0: measured, whatever the bars say. Exit 1: something could not be measured, computed a wrong result, or no
benchmark tells about a bar (`missing`).
tools/bench.sh builds what this runs. Standard library only.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import contest
import quantities

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VERIFY_PROGRAMS = ("base64url", "digest", "claims", "key_cache", "rsa", "decide")
# Of the counters, what the table has room for, in this order.
COLUMNS = ("ns", "gb_per_s", "per_s", "rest_ns", "of_evp_verify", "x_evp", "x_oneshot", "x_naive", "x_table", "x_dom",
           "x_still", "noise_low", "noise_high", "publications", "x_one", "madd_use", "allocations")
ROUNDS_MIN = 9


def cell(row, column):
    return f"{column}={row.median(column):.4g}" if column in row.values else ""


def print_table(rows):
    for row in rows.values():
        if row.skipped:
            print(f"{row.name:44} skipped: {row.skipped}")
        else:
            print(f"{row.name:44} " + "  ".join(filter(None, (cell(row, column) for column in COLUMNS))))


def check_rounds(rows):
    for row in rows.values():
        if "rounds" in row.values and min(row.values["rounds"]) < ROUNDS_MIN:
            raise contest.Fault(f"{row.name}: {min(row.values['rounds']):g} rounds are fewer than {ROUNDS_MIN}")


def measure_verify(options):
    effort = contest.Effort(processes=2 if options.quick else 5, min_seconds=0.05 if options.quick else 0.08,
                            cpu=options.cpu)
    rows, context = contest.measure(options.build_dir, {program: "" for program in VERIFY_PROGRAMS}, effort)
    check_rounds(rows)
    print_table(rows)
    bars = [quantities.bar_of(rows, name, threshold) for name, threshold in quantities.BARS]
    for bar in bars:
        print(quantities.bar_line(bar))
    return {"processes": effort.processes, "min_seconds": effort.min_seconds, "cpu": effort.cpu, "bars": bars,
            "rows": [row.as_json() for row in rows.values()]}, context


def measure_sidecar(options):
    """The sidecar's driver prints its own table and bars."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "sidecar.json")
        command = [sys.executable, os.path.join(ROOT, "bench", "sidecar_bench.py"), "--build-dir", options.build_dir,
                   "--json", path] + (["--quick"] if options.quick else [])
        sys.stdout.flush()
        if subprocess.run(command, check=False).returncode != 0:
            raise contest.Fault("the sidecar could not be measured")
        with open(path, encoding="utf-8") as stream:
            return json.load(stream)


def measure_revocation(options):
    """The programs about revocations print their own tables and bars, and fail where one is short."""
    bars = []
    for name in ("revocation_bench", "revocation_log_bench"):
        command = [os.path.join(options.build_dir, "bin", name)] + (["--toy"] if options.quick else [])
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        print(result.stdout, end="")
        found = [line.split() for line in result.stdout.splitlines() if line.startswith("bar ")]
        if result.returncode not in (0, 1) or not found:
            raise contest.Fault(f"{name} ended with {result.returncode}")
        bars += [{"name": bar[1], "value": float(bar[2]), "op": bar[3], "threshold": float(bar[4]), "result": bar[5]}
                 for bar in found]
    return {"bars": bars}


def parse_arguments():
    parser = argparse.ArgumentParser(description="Measures Assay and judges the bars.")
    parser.add_argument("suite", nargs="?", default="all", choices=("verify", "revocation", "sidecar", "all"))
    parser.add_argument("--build-dir", default=os.path.join(ROOT, "build", "release"), help="default: build/release")
    parser.add_argument("--quick", action="store_true", help="fewer processes and less time: tells less")
    parser.add_argument("--json", metavar="FILE", help="write everything, with the machine sheet")
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)), help="where the programs are pinned")
    return parser.parse_args()


def main():
    options = parse_arguments()
    context = {}
    report = {"quick": options.quick}
    try:
        if options.suite in ("verify", "all"):
            report["verify"], context = measure_verify(options)
        if options.suite in ("revocation", "all"):
            report["revocation"] = measure_revocation(options)
        if options.suite in ("sidecar", "all"):
            report["sidecar"] = measure_sidecar(options)
    except contest.Fault as fault:
        print(f"bench: {fault}", file=sys.stderr)
        return 1
    report["machine"] = sheet = contest.machine_sheet(ROOT, context)
    kernels = " ".join(f"{name}={variant}" for name, variant in sheet["kernels"].items())
    print(f"machine: {sheet['cpu']}, {sheet['cores']} cores; {sheet['compiler']}; {sheet['openssl']}; "
          f"Linux {sheet['linux']}; kernels {kernels or 'not asked'}; commit {sheet['commit'][:20]}")
    missing = [bar["name"] for bar in report.get("verify", {}).get("bars", ()) if bar["result"] == "missing"]
    if options.json:
        with open(options.json, "w", encoding="utf-8") as stream:
            json.dump(report, stream, indent=1)
            stream.write("\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
