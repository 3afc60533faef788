"""check_docs.py sees every kind of planted fault, and nothing in a tree that has none."""
import unittest

import planted_tree
import check_docs


class CheckDocs(planted_tree.PlantedTreeTest):
    def check(self, root):
        return check_docs.DocsCheck(root).run()

    def test_links_that_lead_somewhere(self):
        self.plant("docs/a.md", "# The first\n\n[self](#the-first) [b](b.md#two-words) [web](https://example.org/x)\n"
                   "See `docs/b.md`.\n```\n[not a link](nowhere.md)\n```\n")
        self.plant("docs/b.md", "## Two words\n")
        self.plant("README.md", "[a](docs/a.md)\n")
        self.plant("engine/jose/a.cc", "// RFC 7515 sec 4.1.11, RFC 7517 sec 5; RFC 7515 appendix A.1\n")
        self.assert_clean()

    def test_link_to_no_file(self):
        self.plant("docs/a.md", "\n[b](b.md)\n")
        self.assert_found("docs/a.md:2", "[links]", "docs/b.md")

    def test_link_to_no_heading(self):
        self.plant("docs/a.md", "# One\n[b](#two)\n")
        self.assert_found("[links]", "#two")

    def test_path_of_no_file(self):
        self.plant("README.md", "Run `tools/nothing.sh`.\n")
        self.assert_found("README.md:1", "[paths]", "tools/nothing.sh")

    def test_name_of_no_test(self):
        self.plant("tests/jose/a_test.cc", "TEST(Compact, RefusesDots) {}\n")
        self.plant("docs/a.md", "`Compact.RefusesDots`\n`Compact.RefusesNothing`\n")
        self.assert_found("docs/a.md:2", "[tests]", "Compact.RefusesNothing")

    def test_document_outside_the_repository(self):
        self.plant("engine/jose/a.cc", "// As DESIGN" ".md section 3 says.\n")
        self.assert_found("[outside]")

    def test_path_of_a_machine(self):
        self.plant("tests/jose/a_test.cc", 'const char* path = "/ho' 'me/somebody/x";\n')
        self.assert_found("[outside]")

    def test_rfc_clause_in_another_form(self):
        for form in ("RFC" "7515", "RFC 7515 " "section 4", "RFC 7515, " "Section 4", "RFC 7515 " "sec. 4"):
            with self.subTest(form=form):
                self.plant("engine/jose/a.cc", f"// {form}\n")
                self.assert_found("[rfc]")


if __name__ == "__main__":
    unittest.main()
