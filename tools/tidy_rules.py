"""The banned words and calls of check_tidy.py, each with what to write instead."""
import dataclasses
import fnmatch
import re

DATA_PLANE = ("engine/base/*", "engine/kernel/*", "engine/jose/*", "engine/keys/*", "engine/state/*", "engine/issuer/*",
              "engine/verify/*")
ENGINE = ("engine/*",)
EVERYWHERE = ("*",)


@dataclasses.dataclass(frozen=True)
class BannedPattern:
    name: str
    pattern: re.Pattern
    instead: str
    where: tuple
    but_not: tuple = ()

    def applies_to(self, path):
        def matches(patterns):
            return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)
        return matches(self.where) and not matches(self.but_not)


def _banned(name, pattern, instead, where, but_not=()):
    return BannedPattern(name, re.compile(pattern, re.MULTILINE), instead, where, but_not)


BANNED = (
    _banned("memcmp", r"\bmemcmp\b",
            "compare views with ==, secrets with CRYPTO_memcmp in its door file", EVERYWHERE),
    _banned("clock", r"\bsystem_clock\b|\b(?:clock_gettime|gettimeofday|ftime)\b|\btime\s*\(\s*(?:0|NULL|nullptr)",
            "time is passed in (Now); base/clock alone reads it", ("engine/*", "tools/*"), ("engine/base/clock*",)),
    _banned("clock", r"\b(?:steady_clock|high_resolution_clock)\b",
            "time is passed in (Now); base/clock alone reads it", DATA_PLANE, ("engine/base/clock*",)),
    _banned("rand", r"\b(?:s?rand|rand_r|srandom|[dl]rand48)\s*\(",
            "a seeded engine of <random> in tests; the system's random numbers where nobody may guess", EVERYWHERE),
    _banned("printf", r"\b(?:v?f?printf|v?d?printf|f?puts|putchar|fputs|perror)\s*\(",
            "the library prints nothing: return an Error or a complaint", ENGINE),
    _banned("snprintf", r"\bv?snprintf\s*\(", "std::to_chars and std::string::append", ENGINE),
    _banned("c_string", r"\b(?:v?sprintf|strcpy|strncpy|strcat|strncat|gets|strtok|alloca)\s*\(",
            "std::string and std::span know their sizes", EVERYWHERE),
    _banned("c_number", r"\b(?:atoi|atol|atoll|atof|strto(?:d|f|l|ll|ul|ull|ld)|sto[ifdl]|stol[ld]|stoull?)\s*\(",
            "std::from_chars: it sees errors and no locale", ("engine/*", "tools/*")),
    _banned("iostream", r"\bstd::(?:cout|cerr|clog|endl)\b|#\s*include\s*<iostream>",
            "the library prints nothing: return an Error or a complaint", ENGINE),
    _banned("using_namespace", r"\busing\s+namespace\s+(?!std::(?:\w+_)?literals\b|std::literals::)[\w:]+",
            "name what you use, or alias the namespace", EVERYWHERE),
    _banned("heap", r"(?<!operator )(?<!<)\bnew\b(?!\s*\[\s*\]\s*\()|\b(?:malloc|calloc|realloc|free)\s*\(",
            "std::make_unique and containers at start-up; the arena while deciding", DATA_PLANE),
    _banned("assert", r"\bassert\s*\(|#\s*include\s*<(?:cassert|assert\.h)>",
            "ASSAY_CHECK or ASSAY_DCHECK of base/check.h (programs and tests: a test assertion)", EVERYWHERE),
    _banned("macro", r"^[ \t]*#[ \t]*define[ \t]+"
            r"(?!ASSAY_(?:VERDICT_CLASS|ERROR_CODE)\b|TOML_|SIMDJSON_|SPDLOG_|_GNU_SOURCE)\w+",
            "a constexpr, a function or a template: macros live in base/attributes.h and base/check.h alone", ENGINE,
            ("engine/base/attributes.h", "engine/base/check.h", "engine/include/assay/assay.h")),
    _banned("throw", r"\bthrow\b|\btry\s*\{|\bcatch\s*\(|\bdynamic_cast\b|\btypeid\b",
            "L0 to L5 are built without exceptions and RTTI: return Expected", DATA_PLANE + ("engine/include/*",)),
)

# Spelled in two parts so that this file does not hold the words themselves.
MARKER = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")

EMPTY_WORDS = {"util", "utils", "helper", "helpers", "common", "manager", "process", "handle", "data", "misc"}
