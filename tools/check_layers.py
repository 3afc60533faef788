#!/usr/bin/env python3
"""Checks that every #include keeps to the layers and to the third-party doors (docs/architecture.md).

usage: check_layers.py [ROOT]

Exit 0: every include is allowed. Exit 1: prints `file:line: [rule] what is wrong; what to do instead`.
"""
import fnmatch
import os
import re
import sys

import cpp_source

# Folder under engine/ -> the other folders under engine/ that it may include. `public` is engine/include/assay.
LAYERS = {
    "public": (),
    "base": ("public",),
    "kernel": ("public", "base"),
    "jose": ("public", "base", "kernel"),
    "keys": ("public", "base", "kernel", "jose"),
    "state": ("public", "base", "kernel", "jose"),
    "issuer": ("public", "base", "kernel", "jose"),
    "verify": ("public", "base", "kernel", "jose", "keys", "state", "issuer"),
    "server": ("public", "base"),
    "outbound": ("public", "base"),
    "store": ("public", "base"),
    "config": ("public", "base"),
}
PROGRAM_FOLDERS = ("tools", "tests", "bench", "fuzz")

# Pattern of an include -> (what it is called, patterns of the files that may include it).
ABOVE_KERNEL = tuple(f"engine/{folder}/*" for folder in LAYERS if folder not in ("public", "kernel"))
PROGRAMS = tuple(f"{folder}/*" for folder in PROGRAM_FOLDERS)
DOORS = (
    (r"tl/expected\.hpp", "tl::expected", ("engine/include/assay/expected.h",)),
    (r"simdjson\.h", "simdjson", ("engine/jose/json*", "bench/naive*")),
    (r"openssl/", "OpenSSL", ("engine/keys/evp_key*", "engine/keys/rsa_lanes*", "engine/keys/rsa_montgomery*",
                              "engine/verify/rsa_single*", "engine/verify/evp_verify*", "engine/verify/evp_sign*",
                              "engine/verify/evp_seal*", "engine/verify/digest*", "engine/server/tls*", "tools/*",
                              "tests/*", "bench/*", "fuzz/*")),
    (r"absl/", "Abseil", ABOVE_KERNEL + PROGRAMS),
    (r"liburing(\.h|/)", "liburing", ("engine/server/ring*",)),
    (r"llhttp", "llhttp", ("tests/*", "fuzz/*")),
    (r"nghttp2/", "nghttp2", ("engine/server/http2*", "engine/server/grpc_ext_authz*")),
    (r"google/protobuf/|.*\.pb\.h", "protobuf", ("engine/server/http2*", "engine/server/grpc_ext_authz*")),
    (r"zlib\.h", "zlib", ("engine/issuer/status_list*", "tools/issuer/status_publisher*", "tests/*", "fuzz/*")),
    (r"curl/", "libcurl", ("engine/outbound/http_fetcher*",)),
    (r"sqlite3", "SQLite", ("engine/store/sqlite_log*", "tests/store/sqlite_log_power_test.cc")),
    (r"hiredis/", "hiredis", ("engine/store/redis_connection*",)),
    (r"toml\+\+/|toml\.hpp", "toml++", ("engine/config/*",)),
    (r"CLI/", "CLI11", ("tools/*",)),
    (r"spdlog/|fmt/", "spdlog/fmt", ("engine/server/*", "engine/outbound/*", "engine/store/*", "engine/config/*",
                                     "tools/*")),
    (r"prometheus/", "prometheus-cpp", ("engine/server/admin*",)),
    (r"gtest/|gmock/", "GoogleTest", ("tests/*", "bench/*", "fuzz/*")),
    (r"benchmark/", "Google Benchmark", ("bench/*",)),
    (r"fuzzer/", "libFuzzer", ("fuzz/*",)),
    (r"intel-ipsec-mb\.h", "ipsec-mb", ("bench/*",)),
    (r"(immintrin|x86intrin|nmmintrin|tmmintrin|wmmintrin|emmintrin|arm_neon|cpuid)\.h", "CPU intrinsics",
     ("engine/kernel/*", "engine/base/cpu*", "tests/*", "bench/*")),
)

STANDARD = set("""algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono
cinttypes climits clocale cmath codecvt compare complex concepts condition_variable coroutine
csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar cwctype deque
exception execution filesystem forward_list fstream functional future initializer_list iomanip ios
iosfwd iostream istream iterator latch limits list locale map memory memory_resource mutex new
numbers numeric optional ostream queue random ranges ratio regex scoped_allocator semaphore set
shared_mutex source_location span sstream stack stdexcept stop_token streambuf string string_view
strstream syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map
unordered_set utility valarray variant vector version stddef.h stdint.h stdbool.h""".split())

OPERATING_SYSTEM = re.compile(
    r"(sys|netinet|arpa|linux|net|asm|sanitizer)/.*\.h"
    r"|(unistd|fcntl|errno|poll|signal|pthread|sched|time|netdb|dirent|getopt|dlfcn|pwd|grp|spawn|ifaddrs|termios"
    r"|stdlib|stdio|string|strings|limits|malloc)\.h")
# Folders that compute and do no input or output.
PURE_FOLDERS = ("public", "kernel", "jose", "keys", "state", "issuer")

ISA_SOURCE = re.compile(r"engine/kernel/\w+_(avx|sse|ssse|shani|sha_ni|bmi|adx|vaes|gfni|neon|sve)\w*\.cc$")
ISA_HEADERS = ("cstdint", "cstddef", "immintrin.h")


def folder_of(path):
    """The name of a path's layer: a folder of engine/ (`public` for L0), or tools, tests, bench, fuzz."""
    if path.startswith("engine/include/assay/"):
        return "public"
    parts = path.split("/")
    if parts[0] == "engine":
        return parts[1] if len(parts) > 2 else "engine"
    return parts[0]


def door_of(target):
    return next((door for door in DOORS if re.match(door[0], target)), None)


def may_pass(path, door):
    return any(fnmatch.fnmatch(path, pattern) for pattern in door[2])


class LayerCheck:
    def __init__(self, root):
        self.root = root
        self.faults = []

    def fault(self, path, line, rule, text):
        self.faults.append(f"{path}:{line}: [{rule}] {text}")

    def resolve(self, path, target):
        """The project path that the quoted include `target` of `path` means, or None."""
        program_bases = ("", "tools", "tests", os.path.dirname(path)) if folder_of(path) in PROGRAM_FOLDERS else ()
        for base in ("engine", "engine/include") + program_bases:
            candidate = os.path.normpath(os.path.join(base, target))
            if os.path.isfile(os.path.join(self.root, candidate)):
                return candidate
        return None

    def check_third_party(self, path, include):
        door = door_of(include.target)
        if door is None:
            self.fault(path, include.line, "door", f"<{include.target}> has no door: add the library to "
                       "docs/architecture.md and tools/check_layers.py, or do without it")
        elif not may_pass(path, door):
            self.fault(path, include.line, "door", f"{door[1]} may be included only in {', '.join(door[2])}: "
                       "call what that door file offers instead")

    def check_system(self, path, include):
        folder = folder_of(path)
        if include.target in STANDARD:
            return
        if not OPERATING_SYSTEM.fullmatch(include.target):
            self.check_third_party(path, include)
        elif folder in PURE_FOLDERS:
            self.fault(path, include.line, "pure", f"<{include.target}> belongs to the operating system and "
                       f"{folder} does no input or output: use the C++ header, or move the call to base or L6")

    def check_project(self, path, include, target_path):
        folder, target_folder = folder_of(path), folder_of(target_path)
        if folder in PROGRAM_FOLDERS or target_folder == folder:
            return
        if folder not in LAYERS:
            self.fault(path, include.line, "layer", f"engine/{folder} is no layer: add it to tools/check_layers.py")
        elif target_folder not in LAYERS[folder]:
            allowed = ", ".join(LAYERS[folder]) or "nothing but the standard library"
            self.fault(path, include.line, "layer", f"{folder} must not see {target_folder} (\"{include.target}\"): it "
                       f"may see {allowed}; pass what you need in as an argument or an interface of a lower layer")

    def check_include(self, path, include):
        if not include.quoted:
            self.check_system(path, include)
            return
        target_path = self.resolve(path, include.target)
        if target_path is not None:
            self.check_project(path, include, target_path)
        elif door_of(include.target):
            self.check_third_party(path, include)
        else:
            self.fault(path, include.line, "spelling", f"\"{include.target}\" is no file that this one may name: write "
                       "project headers relative to engine/ (\"jose/json.h\", \"assay/error.h\") or, in programs, "
                       "to tools/, tests/, the root or the file itself")

    def check_isa_source(self, path, text):
        """Inline code that is compiled with newer instructions may be the copy the linker keeps for everybody."""
        seen, waiting = set(), [(path, text)]
        while waiting:
            current, current_text = waiting.pop()
            for include in cpp_source.includes_of(current_text):
                if include.target in ISA_HEADERS:
                    continue
                target = self.resolve(current, include.target) if include.quoted else None
                if target is None or folder_of(target) != "kernel":
                    self.fault(current, include.line, "isa", f"{include.target} reaches {path}, which is compiled for "
                               f"one instruction set: only {', '.join(ISA_HEADERS)} and kernel headers may")
                elif target not in seen:
                    seen.add(target)
                    waiting.append((target, cpp_source.read_text(os.path.join(self.root, target))))
        for header in sorted(seen):
            self.check_isa_header(header, path)

    def check_isa_header(self, header, source):
        text = cpp_source.read_text(os.path.join(self.root, header))
        for function in cpp_source.functions_of(text):
            if header.endswith(".inl.h"):
                if not function.internal:
                    self.fault(header, function.first_line, "isa", f"`{function.head}` has external linkage and "
                               f"reaches {source}: make it static")
            else:
                self.fault(header, function.first_line, "isa", f"`{function.head}` has a body and reaches {source}: "
                           "declare it here and define it in a .cc, or move it to a .inl.h as static")

    def run(self):
        for path in cpp_source.list_files(self.root, cpp_source.SOURCE_FOLDERS, (".h", ".cc", ".inc", ".c")):
            text = cpp_source.read_text(os.path.join(self.root, path))
            for include in cpp_source.includes_of(text):
                self.check_include(path, include)
            if ISA_SOURCE.match(path):
                self.check_isa_source(path, text)
        return sorted(set(self.faults))


def main(arguments):
    root = arguments[0] if arguments else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    faults = LayerCheck(root).run()
    for fault in faults:
        print(fault)
    print(f"check_layers: {len(faults)} faults" if faults else "check_layers: every include is allowed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
