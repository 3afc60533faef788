"""Bars and floors are judged from medians over processes; what cannot be measured never passes for good."""
import json
import os
import stat
import sys
import tempfile
import types
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "bench"))

import contest      # noqa: E402
import gate         # noqa: E402
import quantities   # noqa: E402

ONE_PROCESS = contest.Effort(processes=1, min_seconds=0.01, cpu=min(os.sched_getaffinity(0)))
# Answers as a benchmark program does, with the next line of answers.json each time it runs.
PROGRAM = """#!/usr/bin/env python3
import os
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "answers.json")
lines = open(path).read().splitlines()
open(path, "w").write("\\n".join(lines[1:] + lines[:1]))
print(lines[0])
"""


class BenchBarsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        os.mkdir(os.path.join(self.folder.name, "bin"))

    def plant(self, program, *reports):
        """A program that answers with one report a run; a report is a list of benchmarks."""
        path = os.path.join(self.folder.name, "bin", f"{program}_bench")
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(PROGRAM)
        os.chmod(path, stat.S_IRWXU)
        with open(os.path.join(self.folder.name, "bin", "answers.json"), "w", encoding="utf-8") as stream:
            stream.write("\n".join(json.dumps({"context": {}, "benchmarks": report}) for report in reports))

    def measure(self, program, processes=1):
        effort = contest.Effort(processes=processes, min_seconds=0.01, cpu=ONE_PROCESS.cpu)
        return contest.measure(self.folder.name, {program: ""}, effort)[0]

    def test_a_value_is_the_median_over_processes(self):
        name = "BM_ReadClaims/manual_time"
        self.plant("claims", *([{"name": name, "x_dom": value}] for value in (1.0, 9.0, 2.0)))
        rows = self.measure("claims", processes=3)
        self.assertEqual(quantities.QUANTITIES["claims_to_dom"].value(rows), 2.0)

    def test_of_several_rows_the_worst_counts(self):
        self.plant("decide", [{"name": f"BM_Decide/chosen/valid/1/{batch}", "allocations": batch} for batch in (0, 3)])
        bar = quantities.bar_of(self.measure("decide"), "decide_allocations", 0.0)
        self.assertEqual((bar["value"], bar["result"]), (3, "short"))
        self.assertEqual(quantities.bar_line(bar), "bar decide_allocations 3 <= 0 short")

    def test_what_the_processor_lacks_is_skipped(self):
        self.plant("rsa", [{"name": "BM_RsaKernel/avx512ifma/2048", "error_occurred": True,
                            "error_message": "this processor cannot run it"}])
        bar = quantities.bar_of(self.measure("rsa"), "rsa_kernel_2048", 9.2)
        self.assertEqual(quantities.bar_line(bar), "bar rsa_kernel_2048 - >= 9.2 skipped")

    def test_a_bar_that_no_benchmark_tells_about_is_missing(self):
        self.plant("rsa", [{"name": "BM_RsaKernel/avx512ifma/2048", "cycles": 1.0}])
        bar = quantities.bar_of(self.measure("rsa"), "rsa_kernel_2048", 9.2)
        self.assertEqual(quantities.bar_line(bar), "bar rsa_kernel_2048 - >= 9.2 missing")

    def test_a_wrong_result_is_a_fault(self):
        self.plant("rsa", [{"name": "BM_RsaKernel/avx512ifma/2048", "error_occurred": True,
                            "error_message": "a good signature is refused"}])
        self.assertRaisesRegex(contest.Fault, "a good signature is refused", self.measure, "rsa")

    def test_results_that_change_from_process_to_process_are_a_fault(self):
        self.plant("claims", *([{"name": "BM_ReadClaims", "label": f"results {i}", "x_dom": 1.0}] for i in range(2)))
        self.assertRaisesRegex(contest.Fault, "another", self.measure, "claims", processes=2)

    def test_a_program_that_fails_is_a_fault(self):
        self.plant("claims")
        self.assertRaisesRegex(contest.Fault, "ended with 1", self.measure, "claims")

    def test_a_pattern_matches_the_named_benchmarks_alone(self):
        pattern = contest.pattern_of({"BM_Decide/chosen/valid/1/1"})
        self.assertRegex("BM_Decide/chosen/valid/1/1/manual_time", pattern)
        self.assertNotRegex("BM_Decide/chosen/valid/1/16/manual_time", pattern)

    def document(self, text):
        path = os.path.join(self.folder.name, "floors.toml")
        with open(path, "w", encoding="utf-8") as stream:
            stream.write("share = 0.8\n" + text)
        return gate.read_document(path)

    def limits(self, document, processor):
        return {floor.quantity.name: floor.limit for floor in gate.floors_of(document, processor)}

    def test_a_floor_is_a_share_of_what_was_reached(self):
        document = self.document("[reached.'a 1 1']\ndecide_16 = 10.0\ndecide_without_rsa = 0.04\n")
        more, less = gate.floors_of(document, "a 1 1")
        self.assertEqual([more.judge(8.1), more.judge(7.9), more.judge(None)], ["ok", "LOW", "lacking"])
        self.assertEqual([less.judge(0.049), less.judge(0.051)], ["ok", "LOW"])

    def test_a_processor_is_held_to_what_it_reached_itself(self):
        document = self.document("[reached.'a 1 1']\ndecide_16 = 10.0\n[reached.'b 2 2']\ndecide_16 = 5.0\n")
        self.assertEqual(self.limits(document, "a 1 1"), {"decide_16": 8.0})
        self.assertEqual(self.limits(document, "b 2 2"), {"decide_16": 4.0})
        self.assertEqual(gate.describe(document, "a 1 1"), "floors of 'a 1 1'")

    def test_an_unknown_processor_is_told_so_and_must_hold_the_least_of_all(self):
        document = self.document("[reached.'a 1 1']\ndecide_16 = 10.0\ndecide_without_rsa = 0.02\n"
                                 "[reached.'b 2 2']\ndecide_16 = 5.0\ndecide_without_rsa = 0.01\n")
        self.assertEqual(self.limits(document, "c 3 3"), {"decide_16": 4.0, "decide_without_rsa": 0.02 / 0.8})
        self.assertIn("'c 3 3', of which bench/floors.toml knows nothing", gate.describe(document, "c 3 3"))

    def test_a_figure_that_a_processor_lacks_is_the_least_of_the_others(self):
        document = self.document("[reached.'a 1 1']\ndecide_16 = 10.0\n"
                                 "[reached.'b 2 2']\ndecide_16 = 5.0\nclaims_to_dom = 0.5\n")
        self.assertEqual(self.limits(document, "a 1 1"), {"decide_16": 8.0, "claims_to_dom": 0.4})
        self.assertEqual(gate.describe(document, "a 1 1"), "floors of 'a 1 1', of the least of all for claims_to_dom")

    def test_a_floor_of_an_unknown_quantity_is_a_fault(self):
        self.assertRaisesRegex(contest.Fault, "a 1 1: no quantity .* nothing_of_that_name", self.document,
                               "[reached.'a 1 1']\nnothing_of_that_name = 1.0\n")

    def test_a_processor_is_named_as_cpuinfo_has_it(self):
        self.assertEqual(contest.processor_name({"vendor_id": "GenuineIntel", "cpu family": "6", "model": "167"}),
                         "GenuineIntel 6 167")
        self.assertEqual(contest.processor_name({}), "? ? ?")

    def test_the_gate_fails_where_this_processor_falls_below_its_own_floor(self):
        document = self.document("[reached.'fast 1 1']\nclaims_to_dom = 1.0\n"
                                 "[reached.'slow 2 2']\nclaims_to_dom = 0.5\n")
        options = types.SimpleNamespace(build_dir=self.folder.name, cpu=ONE_PROCESS.cpu)
        self.plant("claims", [{"name": "BM_ReadClaims", "x_dom": 0.5}])
        self.assertEqual(gate.check(gate.floors_of(document, "slow 2 2"), set(), options), [])
        fast = gate.floors_of(document, "fast 1 1")
        self.assertEqual(gate.check(fast, set(), options), fast)

    def test_what_is_low_is_measured_once_more(self):
        low = [{"name": "BM_ReadClaims", "x_dom": 0.1}]
        good = [{"name": "BM_ReadClaims", "x_dom": 1.0}]
        floors = [gate.Floor(quantities.QUANTITIES["claims_to_dom"], 0.5)]
        options = types.SimpleNamespace(build_dir=self.folder.name, cpu=ONE_PROCESS.cpu)
        self.plant("claims", *([low] * gate.PROCESSES + [good] * gate.PROCESSES))
        self.assertEqual(gate.check(floors, set(), options), [])
        self.plant("claims", *([low] * 2 * gate.PROCESSES))
        self.assertEqual(gate.check(floors, set(), options), floors)

    def test_the_repository_has_floors(self):
        document = gate.read_document(os.path.join(ROOT, "bench", "floors.toml"))
        self.assertTrue(gate.floors_of(document, "unknown 0 0"))


if __name__ == "__main__":
    unittest.main()
