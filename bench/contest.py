"""Runs the benchmark programs, in several processes each, and takes medians over the processes.

A process can stay 10 to 30 % slow for its whole life, so one process proves nothing. Standard library only.
"""
import dataclasses
import json
import os
import platform
import re
import statistics
import subprocess

# What a benchmark says where its processor lacks something; any other error is a fault.
LACKING = "this processor"
# Members of Google Benchmark's JSON that are no counters of ours.
NOT_COUNTERS = frozenset("""name run_name run_type family_index per_family_instance_index repetitions repetition_index
threads iterations real_time cpu_time time_unit label error_occurred error_message""".split())


class Fault(Exception):
    """A program that failed, or computed something else than before."""


@dataclasses.dataclass
class Row:
    """One benchmark over all processes."""
    name: str
    skipped: str = ""        # why, if it was
    label: str = ""          # holds the hash of the results
    values: dict = dataclasses.field(default_factory=dict)  # counter -> one value a process

    def median(self, counter):
        return statistics.median(self.values[counter])

    def as_json(self):
        row = {"name": self.name, "label": self.label}
        if self.skipped:
            row["skipped"] = self.skipped
        for counter, values in self.values.items():
            row[counter] = {"median": self.median(counter), "min": min(values), "max": max(values)}
        return row


@dataclasses.dataclass(frozen=True)
class Effort:
    """How much is measured."""
    processes: int
    min_seconds: float       # of the measured side, for each benchmark of each process
    cpu: int                 # the programs are pinned to it


def run_program(path, effort, name_pattern):
    command = ["taskset", "-c", str(effort.cpu), path, "--benchmark_format=json",
               f"--benchmark_min_time={effort.min_seconds}"]
    if name_pattern:
        command.append(f"--benchmark_filter={name_pattern}")
    # A forced kernel would be measured under the name of another one.
    environment = {key: value for key, value in os.environ.items() if key != "ASSAY_KERNEL"}
    result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            check=False)
    if result.returncode != 0:
        raise Fault(f"{path} ended with {result.returncode}: {result.stderr.strip()[-400:]}")
    return json.loads(result.stdout) if result.stdout.strip() else {"benchmarks": [], "context": {}}


def add_measurement(rows, entry):
    name = entry["name"].removesuffix("/manual_time")
    row = rows.setdefault(name, Row(name))
    if entry.get("error_occurred"):
        row.skipped = entry["error_message"]
        if not row.skipped.startswith(LACKING):
            raise Fault(f"{name}: {row.skipped}")
        return
    label = entry.get("label", "")
    if row.label and label != row.label:
        raise Fault(f"{name}: one process says '{row.label}', another '{label}'")
    row.label = label
    for counter, value in entry.items():
        if counter not in NOT_COUNTERS:
            row.values.setdefault(counter, []).append(value)


def measure(build_dir, programs, effort):
    """Rows by name, and the programs' own context. `programs`: name -> pattern of benchmark names, "" for all.

    The processes of different programs take turns.
    """
    rows, context = {}, {}
    for _ in range(effort.processes):
        for program, pattern in programs.items():
            report = run_program(os.path.join(build_dir, "bin", f"{program}_bench"), effort, pattern)
            context.update({key: value for key, value in report["context"].items() if key.startswith("assay_")})
            for entry in report["benchmarks"]:
                add_measurement(rows, entry)
    return rows, context


def pattern_of(names):
    """A pattern for --benchmark_filter that matches these benchmarks alone; * in a name stands for anything."""
    return "^(" + "|".join(re.escape(name).replace(r"\*", ".*") for name in sorted(names)) + ")(/manual_time)?$"


def first_line(command):
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[0].strip()
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "not known"


def cpu_facts():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as stream:
        lines = stream.read().split("\n\n")[0].splitlines()
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}


def processor_name(facts):
    """The kind of processor: vendor, family and model, by which its speed is known."""
    return " ".join(facts.get(key, "?") for key in ("vendor_id", "cpu family", "model"))


def machine_sheet(root, context):
    """Everything that a figure depends on besides the code."""
    cpu = cpu_facts()
    changed = subprocess.run(["git", "-C", root, "status", "--porcelain", "--untracked-files=no"],
                             stdout=subprocess.PIPE, text=True, check=False).stdout.strip()
    return {
        "cpu": cpu.get("model name", platform.processor()),
        "cpu_family_model_stepping": "/".join(cpu.get(key, "?") for key in ("cpu family", "model", "stepping")),
        "cpu_flags": cpu.get("flags", "").split(),
        "cores": os.cpu_count(),
        "load_before": os.getloadavg()[0],
        "linux": platform.release(),
        "compiler": first_line(["g++", "--version"]),
        "openssl": first_line(["openssl", "version"]),
        "commit": first_line(["git", "-C", root, "rev-parse", "HEAD"]) + ("+changes" if changed else ""),
        "kernels": {key.removeprefix("assay_kernel_"): value for key, value in sorted(context.items())},
    }
