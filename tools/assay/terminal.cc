#include "assay/terminal.h"

#include <algorithm>
#include <cstdio>

#include "base/hex.h"

namespace assay::cli {

void complain(std::string_view sentence) {
  std::fprintf(stderr, "assay: %.*s\n", static_cast<int>(sentence.size()), sentence.data());
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char character : text) {
    const auto octet = static_cast<unsigned char>(character);
    if (octet >= 0x20 && octet < 0x7F) {
      out += character;
    } else {
      out += "\\x";
      base::append_lower_hex(out, character);
    }
  }
  return out;
}

std::string TextTable::text() const {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  for (const std::vector<std::string>& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const std::vector<std::string>& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      line.append(widths[i] - row[i].size() + 2, ' ');
    }
    out.append(line, 0, line.find_last_not_of(' ') + 1).append("\n");
  }
  return out;
}

}  // namespace assay::cli
