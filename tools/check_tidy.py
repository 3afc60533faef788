#!/usr/bin/env python3
"""Checks what compilers do not: sizes, characters, banned calls, headers without tests, files never built.

usage: check_tidy.py [--compile-commands FILE] [ROOT]

Exit 0: clean. Exit 1: prints `file:line: [rule] what is wrong; what to do instead`. Exceptions are counted in
tools/tidy_exceptions.txt, one `rule path count reason` a line: more findings than the count fail, and so do fewer.
"""
import argparse
import ast
import collections
import dataclasses
import json
import os
import re
import sys

import cpp_source
import tidy_rules

LINES_MAX = 400
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 120
CPP_SUFFIXES = (".h", ".cc", ".inc")
CODE_SUFFIXES = CPP_SUFFIXES + (".py", ".sh", ".cmake", "CMakeLists.txt")
TEXT_SUFFIXES = CODE_SUFFIXES + (".md", ".toml")


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    rule: str
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: [{self.rule}] {self.text}"


def check_characters(path, text):
    is_code = path.endswith(CODE_SUFFIXES)
    for number, line in enumerate(text.split("\n"), 1):
        if is_code and len(line) > COLUMNS_MAX:
            yield Finding(path, number, "columns", f"{len(line)} columns: break the line at {COLUMNS_MAX}")
        if not line.isascii():
            yield Finding(path, number, "ascii", "a character outside ASCII: write it in ASCII or as an escape")
        if "\t" in line:
            yield Finding(path, number, "tab", "a tab: indent with spaces")
        if line != line.rstrip():
            yield Finding(path, number, "trailing_blank", "blanks at the end of the line: remove them")
        if tidy_rules.MARKER.search(line):
            yield Finding(path, number, "marker", "a leftover marker: do it now or write it down outside the code")
    if text and not text.endswith("\n"):
        yield Finding(path, text.count("\n") + 1, "trailing_blank", "the last line lacks its line end")


def check_sizes(path, text):
    line_count = text.count("\n")
    if path.endswith(CODE_SUFFIXES) and line_count > LINES_MAX:
        yield Finding(path, line_count, "file_lines", f"{line_count} lines: split it into files of {LINES_MAX} at most")
    for name, first, last in function_spans(path, text):
        if last - first + 1 > FUNCTION_LINES_MAX:
            yield Finding(path, first, "function_lines", f"`{name[:60]}` has {last - first + 1} lines: split it into "
                          f"functions of {FUNCTION_LINES_MAX} at most")


def function_spans(path, text):
    if path.endswith(CPP_SUFFIXES):
        return [(f.head, f.first_line, f.last_line) for f in cpp_source.functions_of(text)]
    if path.endswith(".py"):
        return [(node.name, node.lineno, node.end_lineno) for node in ast.walk(ast.parse(text))
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return []


def check_banned(path, code):
    """`code` has comments and the insides of literals as blanks."""
    for rule in tidy_rules.BANNED:
        if not rule.applies_to(path):
            continue
        for match in rule.pattern.finditer(code):
            yield Finding(path, cpp_source.line_of(code, match.start()), rule.name,
                          f"`{match[0].strip()}`: {rule.instead}")


def check_enum_default(path, code):
    """A `default:` is allowed only where the switch is visibly not over an enum: a case is a literal or an errno."""
    if not path.startswith("engine/"):
        return
    for match in re.finditer(r"^([ \t]*)default\s*:", code, re.MULTILINE):
        before = code[:match.start()]
        labels = before[before.rfind("switch"):]
        if not re.search(r"\bcase\s+(?:'|[0-9]|E[A-Z0-9]+\s*:)", labels):
            yield Finding(path, cpp_source.line_of(code, match.start()), "enum_default",
                          "`default:` in a switch over an enum: list every enumerator, so that a new one is decided")


def check_memory_orders(path, text, code):
    """The pair tag stands on the line of the order or on one of the four above it."""
    if not path.startswith("engine/"):
        return
    lines = text.split("\n")
    for match in re.finditer(r"\bmemory_order(?:_|::)(relaxed|acquire|release|acq_rel|consume)\b", code):
        number = cpp_source.line_of(code, match.start())
        nearby = "\n".join(lines[max(0, number - 5):number])
        if not re.search(r"\[[A-Z]\d+\]", nearby):
            yield Finding(path, number, "memory_order", f"{match[1]} names no pair: add its tag, [P1], from the "
                          "Concurrency card of the file")


def check_nodiscard(path, code):
    """tl::expected may be ignored silently, so each function that returns one forbids it."""
    if not path.startswith("engine/") or not path.endswith(".h"):
        return
    pattern = r"^[ \t]*(?:(?:static|virtual|inline|constexpr|friend)[ \t]+)*(?:assay::)?Expected<[^;(){}]*>\s+\w+\("
    for match in re.finditer(pattern, code, re.MULTILINE):
        yield Finding(path, cpp_source.line_of(code, match.start()), "nodiscard",
                      "a function that returns Expected without [[nodiscard]]: add it")


def check_header(path, text, paths):
    if not path.endswith(".h"):
        return
    if not re.search(r"^#pragma once$", text, re.MULTILINE):
        yield Finding(path, 1, "pragma_once", "a header without `#pragma once`")
    if path.startswith("engine/") and not path.endswith(".inl.h"):
        test = "tests/" + path.removeprefix("engine/").replace("include/assay/", "public/")[:-2] + "_test.cc"
        if test not in paths:
            yield Finding(path, 1, "header_test", f"a header without a test: write {test}")


def check_name(path):
    stem = os.path.basename(path).split(".")[0]
    for word in stem.split("_"):
        if word in tidy_rules.EMPTY_WORDS and not path.startswith("tests/vectors/"):
            yield Finding(path, 1, "name", f"`{word}` in a file name says nothing: name what the file is about")


def check_file(path, text, paths):
    yield from check_name(path)
    yield from check_characters(path, text)
    yield from check_sizes(path, text)
    if path.endswith(CPP_SUFFIXES):
        code = cpp_source.blank_comments_and_literals(text)
        yield from check_banned(path, code)
        yield from check_enum_default(path, code)
        yield from check_memory_orders(path, text, code)
        yield from check_nodiscard(path, code)
        yield from check_header(path, text, paths)


def check_built(root, compile_commands, paths):
    """Every .cc is compiled by somebody; the snippets of tests/compile_fail are compiled by their test."""
    with open(compile_commands, encoding="utf-8") as stream:
        built = {os.path.realpath(os.path.join(entry["directory"], entry["file"])) for entry in json.load(stream)}
    for path in paths:
        if path.endswith(".cc") and not path.startswith(("tests/compile_fail/", "tests/install/")) \
                and os.path.realpath(os.path.join(root, path)) not in built:
            yield Finding(path, 1, "never_built", "no target compiles this file: add it to one or remove it")


def read_exceptions(root):
    """(rule, path) -> count allowed. A line that cannot be read, or has no reason, stops the check."""
    path = os.path.join(root, "tools", "tidy_exceptions.txt")
    allowed = {}
    if not os.path.exists(path):
        return allowed
    for number, line in enumerate(cpp_source.read_text(path).splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split(None, 3)
        if len(fields) < 4 or not fields[2].isdigit():
            sys.exit(f"tools/tidy_exceptions.txt:{number}: write `rule path count reason`")
        allowed[(fields[0], fields[1])] = int(fields[2])
    return allowed


def apply_exceptions(findings, allowed):
    """The findings that no exception covers, and one for each exception whose count is too high."""
    by_key = collections.defaultdict(list)
    for finding in findings:
        by_key[(finding.rule, finding.path)].append(finding)
    left = []
    for key, group in by_key.items():
        if len(group) > allowed.get(key, 0):
            left += group
    for (rule, path), count in allowed.items():
        found = len(by_key.get((rule, path), ()))
        if found < count:
            left.append(Finding(path, 1, rule, f"tools/tidy_exceptions.txt allows {count} of these and there are "
                                f"{found}: lower the count or remove the line"))
    return sorted(left)


def run(root, compile_commands=None):
    folders = cpp_source.SOURCE_FOLDERS + ("docs",)
    paths = cpp_source.list_files(root, folders, TEXT_SUFFIXES)
    paths += [name for name in sorted(os.listdir(root))
              if name.endswith(TEXT_SUFFIXES) and os.path.isfile(os.path.join(root, name))]
    known = set(paths)
    findings = []
    for path in paths:
        if path.startswith("tests/vectors/") and not path.endswith(CODE_SUFFIXES):
            continue
        findings += check_file(path, cpp_source.read_text(os.path.join(root, path)), known)
    if compile_commands:
        findings += check_built(root, compile_commands, paths)
    return apply_exceptions(findings, read_exceptions(root))


def main():
    parser = argparse.ArgumentParser(description="Checks sizes, characters, banned calls and untested headers.")
    parser.add_argument("--compile-commands", help="compile_commands.json of a build of everything")
    parser.add_argument("root", nargs="?", default=os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    arguments = parser.parse_args()
    findings = run(arguments.root, arguments.compile_commands)
    for finding in findings:
        print(finding)
    print(f"check_tidy: {len(findings)} findings" if findings else "check_tidy: clean")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
