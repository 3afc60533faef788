"""A temporary project tree into which the tests of the checkers plant one fault each."""
import os
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "tools"))


class PlantedTreeTest(unittest.TestCase):
    """Each test writes a clean tree and a fault; `check(root)` of the subclass returns the findings as text."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name

    def plant(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)

    def assert_clean(self):
        self.assertEqual(self.check(self.root), [])

    def assert_found(self, *parts):
        """Exactly one finding, and it holds every one of `parts`."""
        findings = self.check(self.root)
        self.assertEqual(len(findings), 1, findings)
        for part in parts:
            self.assertIn(part, findings[0])
