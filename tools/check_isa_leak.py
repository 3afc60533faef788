#!/usr/bin/env python3
"""Checks that no object compiled for a newer instruction set shares code with the rest of the program.

usage: check_isa_leak.py BUILD_FOLDER

An inline function of such an object may be the copy that the linker keeps for everybody, and then stops a processor
without those instructions. Looks at the objects of engine/kernel/ that compile_commands.json builds with -m flags,
without sanitizers or coverage, which add shared symbols of their own. Exit 0: none defines a weak, unique or comdat
symbol. Exit 1: prints `object: [isa_leak] what is wrong; what to do instead`.
"""
import json
import os
import re
import shlex
import subprocess
import sys

SOURCE = re.compile(r"(?:^|/)engine/kernel/\w+\.cc$")
# What nm calls a weak function, a weak object and a symbol that is unique in the process.
SHARED_KINDS = ("W", "V", "u")


def isa_objects(build):
    """The objects under `build` that are compiled for an instruction set of their own."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as stream:
        entries = json.load(stream)
    for entry in entries:
        words = entry.get("arguments") or shlex.split(entry["command"])
        if SOURCE.search(entry["file"]) and any(word.startswith("-m") for word in words):
            yield os.path.join(entry["directory"], words[words.index("-o") + 1])


def shared_symbols(path):
    listing = subprocess.run(["nm", "--format=posix", "--demangle", path], check=True, capture_output=True, text=True)
    for line in listing.stdout.splitlines():
        # The name may hold blanks; kind, value and size follow it, and an undefined symbol has no value.
        match = re.fullmatch(r"(.+?) ([A-Za-z]) [0-9a-f]+(?: [0-9a-f]+)?\s*", line)
        if match and match[2] in SHARED_KINDS:
            yield match[1]


def comdat_groups(path):
    listing = subprocess.run(["readelf", "--section-groups", "--wide", path], check=True, capture_output=True,
                             text=True)
    return re.findall(r"^COMDAT group section .*\[([^\]]+)\] contains", listing.stdout, re.MULTILINE)


def check(build):
    faults = []
    objects = sorted(isa_objects(build))
    for path in objects:
        shown = os.path.relpath(path, build)
        if not os.path.exists(path):
            faults.append(f"{shown}: [isa_leak] is not built: build assay_kernel first")
            continue
        advice = "give the function internal linkage, or do without what brings it in"
        leaks = list(shared_symbols(path))
        faults += [f"{shown}: [isa_leak] shares `{symbol}`: {advice}" for symbol in leaks]
        if not leaks:
            faults += [f"{shown}: [isa_leak] has a comdat group `{name}`: {advice}" for name in comdat_groups(path)]
    if not objects:
        faults.append("engine/kernel: [isa_leak] no object has an instruction set of its own: a portable build?")
    return faults


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    faults = check(arguments[0])
    for fault in faults:
        print(fault)
    print(f"check_isa_leak: {len(faults)} faults" if faults else "check_isa_leak: no kernel object shares a symbol")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
