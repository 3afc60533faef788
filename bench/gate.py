#!/usr/bin/env python3
"""Checks that no quantity of bench/floors.toml has sunk below its floor.

usage: gate.py [--build-dir DIR] [--cpu N]

Prints one line for each floor. What lies below is measured once more before it counts. Exit 1: something does.
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


@dataclasses.dataclass(frozen=True)
class Floor:
    quantity: quantities.Quantity
    limit: float

    def judge(self, value):
        return "lacking" if value is None else "ok" if quantities.meets(value, self.quantity.op, self.limit) else "LOW"


def read_floors(path):
    """A floor for every quantity that the file names: its share of what was reached."""
    with open(path, "rb") as stream:
        document = tomllib.load(stream)
    unknown = sorted(set(document["reached"]) - set(quantities.QUANTITIES))
    if unknown:
        raise contest.Fault(f"{path}: no quantity of bench/quantities.py is named {', '.join(unknown)}")
    floors = []
    for name, reached in document["reached"].items():
        quantity = quantities.QUANTITIES[name]
        share = document["share"]
        floors.append(Floor(quantity, reached * share if quantity.op == ">=" else reached / share))
    return floors


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
    try:
        low = check(read_floors(os.path.join(ROOT, "bench", "floors.toml")),
                    set(contest.cpu_facts().get("flags", "").split()), options)
    except contest.Fault as fault:
        print(f"gate: {fault}")
        return 1
    print(f"gate: {len(low)} below the floor" if low else "gate: every floor holds")
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
