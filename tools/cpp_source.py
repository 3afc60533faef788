"""Reads C++ text far enough for the checkers: comments, includes and where functions begin and end.

A scanner for the project's own formatted code, not a parser: it knows nothing about macros or overloads.
"""
import dataclasses
import os
import re

SOURCE_FOLDERS = ("engine", "tools", "tests", "bench", "fuzz")
SKIPPED_FOLDERS = {"build", ".git", ".cache", "__pycache__", "node_modules"}


def list_files(root, folders, suffixes):
    """Paths relative to `root` of the files under `folders` that end in one of `suffixes`, sorted."""
    found = []
    for folder in folders:
        for base, subfolders, names in os.walk(os.path.join(root, folder)):
            subfolders[:] = sorted(name for name in subfolders if name not in SKIPPED_FOLDERS)
            found += [os.path.relpath(os.path.join(base, name), root) for name in names if name.endswith(suffixes)]
    return sorted(found)


def read_text(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as stream:
        return stream.read()


_TOKENS = re.compile(
    r"""(?P<line>//[^\n]*)
      | (?P<block>/\*.*?\*/)
      | (?P<raw>R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)")
      | (?P<number>\b[0-9](?:[0-9a-zA-Z_.]|'[0-9a-zA-Z])*)
      | (?P<string>"(?:\\.|[^"\\\n])*")
      | (?P<char>'(?:\\.|[^'\\\n])*')""",
    re.DOTALL | re.VERBOSE)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def blank_comments(text):
    """`text` with comments as blanks; every other character stays at its line and column."""
    return _TOKENS.sub(lambda m: _blank(m[0]) if m["line"] or m["block"] else m[0], text)


def blank_comments_and_literals(text):
    """As blank_comments, and the insides of string and character literals as blanks too."""
    def replacement(match):
        if match["number"]:
            return match[0]
        if match["line"] or match["block"]:
            return _blank(match[0])
        return match[0][0] + _blank(match[0][1:-1]) + match[0][-1]
    return _TOKENS.sub(replacement, text)


def line_of(text, position):
    """1-based line of an offset."""
    return text.count("\n", 0, position) + 1


@dataclasses.dataclass(frozen=True)
class Include:
    line: int
    target: str
    quoted: bool


def includes_of(text):
    pattern = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:<([^>\n]+)>|"([^"\n]+)")', re.MULTILINE)
    return [Include(line_of(text, m.start()), m[1] or m[2], m[2] is not None)
            for m in pattern.finditer(blank_comments(text))]


@dataclasses.dataclass(frozen=True)
class Function:
    head: str             # what stands before the opening brace, on one line
    first_line: int
    last_line: int
    internal: bool        # inside an unnamed namespace or declared static


def _without_prefixes(head):
    """Removes what may hold parentheses or the words class and struct without saying what the block is."""
    head = re.sub(r"\b(public|private|protected)\s*:(?!:)", " ", head)
    head = re.sub(r"\[\[[^\]]*\]\]", " ", head)
    head = re.sub(r"\b(alignas|__attribute__)\s*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)", " ", head)
    while re.search(r"\btemplate\s*<", head):
        start = re.search(r"\btemplate\s*<", head)
        end, depth = start.end(), 1
        while end < len(head) and depth:
            depth += {"<": 1, ">": -1}.get(head[end], 0)
            end += 1
        head = head[:start.start()] + " " + head[end:]
    return head


def _kind_of_block(head):
    if re.search(r"\bnamespace\s*$", head):
        return "unnamed"
    if re.search(r"\bnamespace\b[^()]*$", head) or re.search(r'\bextern\s*"\s*"\s*$', head):
        return "namespace"
    plain = _without_prefixes(head)
    if re.search(r"\b(class|struct|union|enum)\b[^()]*$", plain) or "(" not in plain:
        return "type"
    if re.search(r"\)[^()]*:(?!:).*[\w>]\s*$", plain, re.DOTALL) and not re.search(r"\)\s*$", plain):
        return "initializer"  # b_{...} of a constructor's initializer list
    return "type" if re.search(r"[=,(]\s*$", plain) else "function"


class _Scanner:
    """Walks the braces once. The stack holds (kind of block, parenthesis depth outside it)."""

    def __init__(self, text):
        self.code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.)*", lambda m: _blank(m[0]), blank_comments_and_literals(text),
                           flags=re.MULTILINE | re.DOTALL)
        self.functions = []
        self.stack = []
        self.head_start = 0
        self.parentheses = 0
        self.open_function = None

    def in_function(self):
        return any(kind == "function" for kind, _ in self.stack)

    def open_block(self, position):
        head = self.code[self.head_start:position]
        if self.in_function():
            kind = "inner"
        elif self.parentheses:
            kind = "initializer"
        else:
            kind = _kind_of_block(head)
        if kind == "function":
            self.open_function = self.describe(head)
        self.stack.append((kind, self.parentheses))
        self.parentheses = 0
        if kind != "initializer":
            self.head_start = position + 1

    def describe(self, head):
        shown = re.sub(r"^(\s|\b(public|private|protected)\s*:)+", "", head)
        first = line_of(self.code, self.head_start + len(head) - len(shown))
        unnamed = any(kind == "unnamed" for kind, _ in self.stack)
        internal = unnamed or re.search(r"\bstatic\b", _without_prefixes(shown)) is not None
        return " ".join(shown.split()), first, internal

    def close_block(self, position):
        if not self.stack:
            return
        kind, self.parentheses = self.stack.pop()
        if kind == "function":
            head, first, internal = self.open_function
            self.functions.append(Function(head, first, line_of(self.code, position), internal))
        if kind != "initializer":
            self.head_start = position + 1

    def run(self):
        for match in re.finditer(r"[{}();]", self.code):
            character, position = match[0], match.start()
            if character == "{":
                self.open_block(position)
            elif character == "}":
                self.close_block(position)
            elif character == ";" and not self.parentheses:
                self.head_start = position + 1
            elif character in "()" :
                self.parentheses += 1 if character == "(" else -1
        return self.functions


def functions_of(text):
    """Every function with a body, lambdas and local classes inside it not counted apart."""
    return _Scanner(text).run()
