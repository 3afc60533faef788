// What people read: complaints, text made harmless, aligned columns.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay::cli {

// Writes "assay: SENTENCE" to standard error. The sentence says what to do and never holds a token or a secret.
void complain(std::string_view sentence);

// Text from outside for a terminal: printable ASCII stays, every other byte becomes \xNN.
[[nodiscard]] std::string printable(std::string_view text);

// Rows with aligned columns, two blanks apart; the last column may be of any width.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> head) { rows_.push_back(std::move(head)); }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  // No blanks at the ends of lines.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;  // equally long
};

}  // namespace assay::cli
