"""check_tidy.py sees every kind of planted fault, and nothing in a tree that has none."""
import json
import os
import unittest

import planted_tree
import check_tidy
import cpp_source

CLEAN = "int f() { return 1; }\n"


class CheckTidy(planted_tree.PlantedTreeTest):
    compile_commands = None

    def check(self, root):
        return [str(finding) for finding in check_tidy.run(root, self.compile_commands)]

    def assert_line_found(self, path, line, *parts):
        self.plant(path, line + "\n")
        self.assert_found(path, *parts)

    def test_clean_tree(self):
        self.plant("engine/jose/claims.h", "#pragma once\n// memcmp, new and default: may be spoken of.\n")
        self.plant("tests/jose/claims_test.cc", CLEAN)
        self.plant("engine/jose/claims.cc", 'const char* f() { return "rand() malloc(3) TEMPO"; }\n')
        self.plant("engine/jose/scope.cc", "static_assert(true);\nFoo(const Foo&) = delete;\n#include <new>\n")
        self.plant("docs/wide.md", "|" + "x" * 200 + "|\n")
        self.assert_clean()

    def test_long_file(self):
        self.plant("engine/jose/claims.cc", "int x;\n" * 400)
        self.assert_clean()
        self.plant("engine/jose/claims.cc", "int x;\n" * 401)
        self.assert_found("[file_lines]", "401")

    def test_long_function(self):
        body = "  x();\n" * 68
        self.plant("engine/jose/claims.cc", "void f() {\n" + body + "}\n")
        self.assert_clean()
        self.plant("engine/jose/claims.cc", "void f() {\n" + body + "  x();\n}\n")
        self.assert_found("[function_lines]", "void f()", "71")

    def test_long_method_after_an_initializer_list(self):
        self.plant("engine/jose/claims.cc", "namespace a {\nclass B {\n public:\n  B() : c_{1}, d_(2) {\n" +
                   "    x();\n" * 70 + "  }\n};\n}\n")
        self.assert_found("engine/jose/claims.cc:4", "[function_lines]")

    def test_long_python_function(self):
        self.plant("tools/x.py", "def f():\n" + "    x = 1\n" * 70)
        self.assert_found("[function_lines]", "`f`")

    def test_long_line(self):
        self.assert_line_found("engine/jose/claims.cc", "// " + "x" * 118, "[columns]", "121")

    def test_characters(self):
        self.assert_line_found("engine/jose/claims.cc", "// caf\u00e9", "[ascii]")
        self.assert_line_found("engine/jose/claims.cc", "\tint x;", "[tab]")
        self.assert_line_found("engine/jose/claims.cc", "int x; ", "[trailing_blank]")
        self.plant("engine/jose/claims.cc", "int x;")
        self.assert_found("[trailing_blank]")

    def test_markers(self):
        for marker in ("TO" "DO", "FIX" "ME"):
            self.assert_line_found("tests/jose/x_test.cc", f"// {marker}: later", "[marker]")

    def test_banned_calls_of_the_engine(self):
        for line, rule in (
                ("bool b = memcmp(a, c, 3) == 0;", "memcmp"), ("auto t = std::chrono::system_clock::now();", "clock"),
                ("auto t = std::chrono::steady_clock::now();", "clock"), ("auto t = time(nullptr);", "clock"),
                ("int x = std::rand();", "rand"), ('std::printf("x");', "printf"), ('fprintf(stderr, "x");', "printf"),
                ('std::snprintf(b, 3, "x");', "snprintf"), ('sprintf(b, "x");', "c_string"),
                ("strcpy(a, b);", "c_string"), ("double d = std::stod(s);", "c_number"),
                ("std::cout << 1;", "iostream"),
                ("using namespace std;", "using_namespace"), ("auto* p = new Foo;", "heap"),
                ("auto* p = std::malloc(3);", "heap"), ("assert(x);", "assert"), ("#define ASSAY_X 1", "macro"),
                ("throw 1;", "throw")):
            with self.subTest(line=line):
                self.assert_line_found("engine/verify/pipeline.cc", line, f"[{rule}]")

    def test_banned_calls_end_where_the_rule_ends(self):
        self.plant("engine/base/clock.cc", "auto t = std::chrono::system_clock::now();\n")
        self.plant("engine/base/check.h", "#pragma once\n#define ASSAY_CHECK(x) x\n")
        self.plant("tests/base/check_test.cc", 'int f() { std::printf("x"); return *new int; }\n')
        self.plant("tests/base/a_test.cc", "using namespace std::chrono_literals;\n")
        self.assert_clean()

    def test_default_of_an_enum_switch(self):
        self.plant("engine/keys/key.cc", "switch (alg) {\n  case Alg::kRS256:\n  default:\n    break;\n}\n")
        self.assert_found("engine/keys/key.cc:3", "[enum_default]")

    def test_default_of_a_switch_over_errno(self):
        self.plant("engine/server/ring.cc", "switch (error) {\n  case EPERM:\n  default:\n    break;\n}\n")
        self.assert_clean()

    def test_default_of_a_character_switch(self):
        self.plant("engine/jose/scope.cc", "switch (c) {\n  case 'a':\n  default:\n    break;\n}\n")
        self.assert_clean()

    def test_memory_order_without_a_pair(self):
        self.plant("engine/base/a.cc", "x.store(1, std::memory_order_release);  // [P1]\n")
        self.assert_clean()
        self.assert_line_found("engine/base/a.cc", "x.store(1, std::memory_order_release);", "[memory_order]")

    def test_expected_that_may_be_ignored(self):
        self.plant("tests/jose/claims_test.cc", CLEAN)
        self.plant("engine/jose/claims.h", "#pragma once\n[[nodiscard]] Expected<int> f();\nExpected<int> member_;\n")
        self.assert_clean()
        self.plant("engine/jose/claims.h", "#pragma once\nstatic Expected<std::span<int>> f(int x);\n")
        self.assert_found("engine/jose/claims.h:2", "[nodiscard]")

    def test_header_without_pragma_once(self):
        self.assert_line_found("tools/assay/x.h", "int f();", "[pragma_once]")

    def test_header_without_a_test(self):
        self.assert_line_found("engine/jose/claims.h", "#pragma once", "[header_test]", "tests/jose/claims_test.cc")

    def test_public_header_without_a_test(self):
        self.assert_line_found("engine/include/assay/x.h", "#pragma once", "[header_test]", "tests/public/x_test.cc")

    def test_empty_word_in_a_file_name(self):
        self.assert_line_found("engine/jose/json_utils.cc", "int x;", "[name]", "utils")

    def test_file_never_built(self):
        self.plant("engine/jose/a.cc", CLEAN)
        self.plant("engine/jose/b.cc", CLEAN)
        self.compile_commands = os.path.join(self.root, "compile_commands.json")
        self.plant("compile_commands.json", json.dumps([{"directory": self.root, "file": "engine/jose/a.cc"}]))
        self.assert_found("engine/jose/b.cc", "[never_built]")

    def test_exception_covers_its_count_and_no_more(self):
        self.plant("engine/base/check.cc", "auto* a = new int;\n")
        self.plant("tools/tidy_exceptions.txt", "# rule path count reason\nheap engine/base/check.cc 1 made at start\n")
        self.assert_clean()
        self.plant("engine/base/check.cc", "auto* a = new int;\nauto* b = new int;\n")
        self.assertEqual(len(self.check(self.root)), 2)

    def test_exception_that_is_not_needed(self):
        self.plant("engine/base/check.cc", CLEAN)
        self.plant("tools/tidy_exceptions.txt", "heap engine/base/check.cc 1 made at start\n")
        self.assert_found("[heap]", "lower the count")

    def test_exception_without_a_reason(self):
        self.plant("tools/tidy_exceptions.txt", "heap engine/base/check.cc 1\n")
        with self.assertRaises(SystemExit):
            self.check(self.root)


class CppSource(unittest.TestCase):
    def test_digit_separators_raw_strings_and_braces_in_literals_do_not_confuse_the_scanner(self):
        text = ("int a() { return 60'000; }\nconst char* b() { return R\"x({{\")x\"; }\n"
                "char c() { return '{'; }  // }\nstruct S { int d() const { return 1; } };\nint e{2};\n")
        names = [function.head.split("(")[0].split()[-1] for function in cpp_source.functions_of(text)]
        self.assertEqual(names, ["a", "b", "c", "d"])

    def test_lines_span_from_the_head_to_the_closing_brace(self):
        (function,) = cpp_source.functions_of("\n\ntemplate <class T>\nint f(T x,\n      int y) {\n  return x;\n}\n")
        self.assertEqual((function.first_line, function.last_line), (3, 7))


if __name__ == "__main__":
    unittest.main()
