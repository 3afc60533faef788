"""docs/cli.md and the help name every command and option, and nothing that does not exist."""
import re

import pytest

from command_line import ROOT, assay

# The section of assay-load has a test of its own.
PAGE = re.sub(r"\n## `assay-load`.*?(?=\n## )", "", (ROOT / "docs/cli.md").read_text(), flags=re.DOTALL)
COMMANDS = ["verify", "explain", "serve", "check-config", "keys", "revoke", "mint"]
OPTION = r"(?<![\w-])--[a-z][a-z-]+"


def options_of(command):
    """The options that a command's help declares, its examples left out."""
    lines = assay(command, "--help").out.splitlines()
    return {match[1] for line in lines if (match := re.match(rf"  (?:-h,)?({OPTION})", line))}


def test_the_program_offers_exactly_these_commands():
    listed = re.findall(r"^  ([a-z][a-z-]+)  ", assay("--help").out.split("Subcommands:")[1], re.MULTILINE)
    assert listed == COMMANDS
    assert re.findall(r"^\| `assay ([a-z-]+)` \|", PAGE, re.MULTILINE) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_documented(command):
    options = options_of(command)
    assert "--help" in options
    assert options <= set(re.findall(OPTION, PAGE)), command


def test_every_documented_option_exists():
    existing = {"--version"}.union(*map(options_of, COMMANDS))
    assert set(re.findall(OPTION, PAGE)) <= existing


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command):
    done = assay(command, "--help")
    assert done.status == 0 and re.search(rf"Examples?:\n  assay {command} ", done.out)


def test_version():
    done = assay("--version")
    version = re.search(r"project\(assay VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
    assert (done.status, done.out) == (0, f"assay {version}\n")


@pytest.mark.parametrize("arguments", [[], ["revoke"], ["verify", "--no-such-option"]])
def test_what_is_no_command_is_a_usage_error(arguments):
    done = assay(*arguments)
    assert (done.status, done.out) == (2, "") and done.err
