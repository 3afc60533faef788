"""check_isa_leak.py sees what a kernel object would share, and nothing in an object that keeps to itself."""
import json
import os
import subprocess
import unittest

import planted_tree
import check_isa_leak

COMPILER = os.environ.get("ASSAY_CXX", "c++")
CLEAN = """
static inline int twice(int x) { return 2 * x; }
namespace { template <int N> int times(int x) { return N * x; } }
int kernel(int x) { return twice(x) + times<3>(x); }
"""


class IsaLeak(planted_tree.PlantedTreeTest):
    def check(self, root):
        return check_isa_leak.check(root)

    def build(self, text, flags=("-msse4.2",), name="planted_sse42"):
        """Compiles `text` unoptimised, so that inline functions stay functions."""
        source = f"engine/kernel/{name}.cc"
        self.plant(source, text)
        arguments = [COMPILER, "-std=c++20", "-O0", *flags, "-o", f"{name}.o", "-c", source]
        subprocess.run(arguments, cwd=self.root, check=True)
        self.plant("compile_commands.json", json.dumps(
            [{"directory": self.root, "file": os.path.join(self.root, source), "command": " ".join(arguments)}]))

    def test_internal_functions_are_silent(self):
        self.build(CLEAN)
        self.assert_clean()

    def test_finds_an_inline_function(self):
        self.build("inline int twice(int x) { return 2 * x; }\nint kernel(int x) { return twice(x); }\n")
        self.assert_found("[isa_leak]", "twice(int)", "planted_sse42.o")

    def test_finds_a_template(self):
        self.build("template <int N> int times(int x) { return N * x; }\nint kernel(int x) { return times<3>(x); }\n")
        self.assert_found("[isa_leak]", "times<3>(int)")

    def test_finds_an_inline_variable(self):
        self.build("inline int counter = 3;\nint* kernel() { return &counter; }\n")
        self.assert_found("[isa_leak]", "counter")

    def test_finds_a_function_that_is_weak(self):
        self.build("__attribute__((weak)) int kernel(int x) { return x; }\n")
        self.assert_found("[isa_leak]", "kernel(int)")

    def test_finds_an_object_that_is_not_built(self):
        self.build(CLEAN)
        os.remove(os.path.join(self.root, "planted_sse42.o"))
        self.assert_found("[isa_leak]", "not built")

    def test_a_build_without_such_objects_proves_nothing(self):
        self.build(CLEAN, flags=(), name="planted_portable")
        self.assert_found("[isa_leak]", "portable build")


if __name__ == "__main__":
    unittest.main()
