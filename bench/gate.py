#!/usr/bin/env python3
"""Checks that no quantity of bench/floors.toml has sunk below its floor.

usage: gate.py [--build-dir DIR] [--cpu N]

Prints whose figures it compares with, and one line for each floor. What lies below is measured once more before it
counts. Exit 1: something does.
Standard library only.
"""
import argparse
import dataclasses
import os
import sys
import tomllib

import contest
import quantities

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROCESSES = 5
MIN_SECONDS = 0.03
# What a core's own caches hold: a floor is about the program, not about who else uses the caches behind them.
TOKENS = "256"


@dataclasses.dataclass(frozen=True)
class Floor:
    quantity: quantities.Quantity
    limit: float

    def judge(self, value):
        return "lacking" if value is None else "ok" if quantities.meets(value, self.quantity.op, self.limit) else "LOW"


def read_document(path):
    """bench/floors.toml, in which every figure is about a known quantity."""
    with open(path, "rb") as stream:
        document = tomllib.load(stream)
    for processor, reached in document["reached"].items():
        unknown = sorted(set(reached) - set(quantities.QUANTITIES))
        if unknown:
            raise contest.Fault(f"{path}: {processor}: no quantity of bench/quantities.py is named "
                                + ", ".join(unknown))
    return document


def least_of_all(document):
    """The worst figure of each quantity: what any processor must hold."""
    figures = {}
    for reached in document["reached"].values():
        for name, figure in reached.items():
            figures.setdefault(name, []).append(figure)
    return {name: min(seen) if quantities.QUANTITIES[name].op == ">=" else max(seen) for name, seen in figures.items()}


def floors_of(document, processor):
    """The floors of a processor: a share of what it reached, or where it was not measured, of the least of all."""
    share = document["share"]
    reached = least_of_all(document) | document["reached"].get(processor, {})
    return [Floor(quantity, reached[quantity.name] * share if quantity.op == ">=" else reached[quantity.name] / share)
            for quantity in quantities.QUANTITIES.values() if quantity.name in reached]


def describe(document, processor):
    """Whose figures are compared with."""
    if processor not in document["reached"]:
        return (f"this processor is '{processor}', of which bench/floors.toml knows nothing: it must hold the least of "
                "what the known ones reached")
    least = sorted(set(least_of_all(document)) - set(document["reached"][processor]))
    return f"floors of '{processor}'" + (f", of the least of all for {', '.join(least)}" if least else "")


def measure(floors, options):
    """Value by floor: a number, or None where no row gave one."""
    names = {}
    for floor in floors:
        names.setdefault(floor.quantity.program, set()).add(floor.quantity.rows)
    effort = contest.Effort(processes=PROCESSES, min_seconds=MIN_SECONDS, cpu=options.cpu)
    programs = {program: contest.pattern_of(patterns) for program, patterns in names.items()}
    rows, _ = contest.measure(options.build_dir, programs, effort)
    return {floor: floor.quantity.value(rows) for floor in floors}


def print_floor(floor, value):
    shown = "-" if value is None else f"{value:.4g}"
    print(f"floor {floor.quantity.name} {shown} {floor.quantity.op} {floor.limit:g} {floor.judge(value)}")


def check(floors, flags, options):
    """The floors that do not hold on a processor with these flags."""
    measured = [floor for floor in floors if floor.quantity.measurable(flags)]
    for floor in floors:
        if floor not in measured:
            print(f"floor {floor.quantity.name} skipped: this processor has no {floor.quantity.needs}")
    values = measure(measured, options)
    low = [floor for floor in measured if floor.judge(values[floor]) != "ok"]
    if low:
        print("measuring again: " + ", ".join(floor.quantity.name for floor in low))
        values.update(measure(low, options))
    for floor in measured:
        print_floor(floor, values[floor])
    return [floor for floor in measured if floor.judge(values[floor]) != "ok"]


def main():
    parser = argparse.ArgumentParser(description="Checks bench/floors.toml.")
    parser.add_argument("--build-dir", default=os.path.join(ROOT, "build", "release"), help="default: build/release")
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)), help="where the programs are pinned")
    options = parser.parse_args()
    os.environ["ASSAY_BENCH_TOKENS"] = TOKENS
    cpu = contest.cpu_facts()
    processor = contest.processor_name(cpu)
    try:
        document = read_document(os.path.join(ROOT, "bench", "floors.toml"))
        print(f"gate: {describe(document, processor)}")
        low = check(floors_of(document, processor), set(cpu.get("flags", "").split()), options)
    except contest.Fault as fault:
        print(f"gate: {fault}")
        return 1
    print(f"gate: {len(low)} below the floor" if low else "gate: every floor holds")
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
