#!/usr/bin/env python3
"""Checks that what the documents and comments point at exists.

usage: check_docs.py [ROOT]

links      every relative link of a Markdown file names a file and, after #, a heading of it
paths      every `engine/...`, `tools/...`, `tests/...`, `fuzz/...`, `docs/...` in backticks exists
tests      every `Suite.Case` in backticks is a GoogleTest case
rfc        clauses have one greppable form: RFC 7515 sec 4.1.11
outside    nothing names a document or a path that is not part of this repository
"""
import os
import re
import sys

import cpp_source

CODE_SUFFIXES = (".h", ".cc", ".inc", ".cmake", ".py", ".sh", "CMakeLists.txt")
OUTSIDE = re.compile(r"\b(?:DESIGN|STYLE|SECURITY|PLATFORM|KERNELS|SPEED)\.md\b|\bDESIGN \d"
                     r"|(?<![\w.])/(?:work|home|root)/")
BAD_RFC = re.compile(r"\bRFC\d|\bRFC[ -]\d+,? *(?:section|Section|Sec|sec\.|clause)\b|\bRFC +\d+ +sec(?! [\dA-Z])")


def anchors_of(text):
    """The anchors that Markdown viewers make of a document's headings."""
    found = set()
    for heading in re.findall(r"^#+ +(.+?) *#*$", text, re.MULTILINE):
        plain = re.sub(r"[`*_\[\]]|\(.*?\)", "", heading) if "](" in heading else re.sub(r"[`*]", "", heading)
        found.add(re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-"))
    return found


class DocsCheck:
    def __init__(self, root):
        self.root = root
        self.faults = []
        self.cases = None

    def fault(self, path, line, rule, text):
        self.faults.append(f"{path}:{line}: [{rule}] {text}")

    def full(self, path):
        return os.path.join(self.root, path)

    def check_link(self, path, line, target):
        if re.match(r"[a-z]+:", target):
            return
        file_part, _, anchor = target.partition("#")
        linked = os.path.normpath(os.path.join(os.path.dirname(path), file_part)) if file_part else path
        if not os.path.exists(self.full(linked)):
            self.fault(path, line, "links", f"{target} leads nowhere: there is no {linked}")
        elif anchor and linked.endswith(".md") and anchor not in anchors_of(cpp_source.read_text(self.full(linked))):
            self.fault(path, line, "links", f"{linked} has no heading #{anchor}")

    def check_markdown(self, path, text):
        prose = re.sub(r"^```.*?^```", lambda m: "\n" * m[0].count("\n"), text, flags=re.MULTILINE | re.DOTALL)
        for match in re.finditer(r"\]\(<?([^)\s>]+)>?\)", prose):
            self.check_link(path, cpp_source.line_of(prose, match.start()), match[1])
        for match in re.finditer(r"`((?:engine|tools|tests|fuzz|docs|bench)/[\w./-]+)`", prose):
            is_pattern = re.search(r"[A-Z]{4}", match[1])  # tests/FOLDER/NAME_test.cc
            if not is_pattern and not os.path.exists(self.full(match[1])):
                self.fault(path, cpp_source.line_of(prose, match.start()), "paths", f"there is no {match[1]}")

    def test_cases(self):
        """Names of all GoogleTest cases, as Suite.Case; read once."""
        if self.cases is None:
            self.cases = set()
            for path in cpp_source.list_files(self.root, ("tests",), ("_test.cc",)):
                text = cpp_source.read_text(self.full(path))
                self.cases.update(f"{suite}.{case}" for suite, case in
                                  re.findall(r"^(?:TYPED_)?TEST(?:_P|_F)?\(\s*(\w+),\s*(\w+)\)", text, re.MULTILINE))
        return self.cases

    def check_test_names(self, path, text):
        for match in re.finditer(r"`([A-Z]\w+\.[A-Z]\w+)`", text):
            if match[1] not in self.test_cases():
                self.fault(path, cpp_source.line_of(text, match.start()), "tests", f"there is no test {match[1]}")

    def check_text(self, path, text):
        if path.endswith(("tools/check_docs.py", "check_docs_test.py")):
            return
        for match in OUTSIDE.finditer(text):
            self.fault(path, cpp_source.line_of(text, match.start()), "outside", f"`{match[0]}` is not part of this "
                       "repository: name docs/architecture.md or the RFC clause")
        for match in BAD_RFC.finditer(text):
            self.fault(path, cpp_source.line_of(text, match.start()), "rfc", f"`{match[0]}`: write RFC 7515 sec 4.1.11")

    def run(self):
        documents = [name for name in ("README.md",) if os.path.exists(self.full(name))]
        documents += cpp_source.list_files(self.root, cpp_source.SOURCE_FOLDERS + ("docs",), (".md",))
        for path in documents:
            text = cpp_source.read_text(self.full(path))
            self.check_markdown(path, text)
            self.check_test_names(path, text)
            self.check_text(path, text)
        for path in cpp_source.list_files(self.root, cpp_source.SOURCE_FOLDERS, CODE_SUFFIXES):
            self.check_text(path, cpp_source.read_text(self.full(path)))
        return sorted(self.faults)


def main(arguments):
    root = arguments[0] if arguments else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    faults = DocsCheck(root).run()
    for fault in faults:
        print(fault)
    print(f"check_docs: {len(faults)} faults" if faults else "check_docs: everything pointed at exists")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
