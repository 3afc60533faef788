// A second reader of JSON, for tests and fuzzers: one byte at a time, recursive, copying everything, sharing nothing
// with jose/json. It accepts what JsonReader must accept and yields the same nodes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "assay/limits.h"
#include "assay/token.h"

namespace assay::fuzz {

class JsonOracle {
 public:
  struct Node {
    std::string name;
    std::string text;
    std::size_t end = 0;
    JsonKind kind = JsonKind::kNull;
  };

  explicit JsonOracle(std::string_view text) : text_(text) {
    skip_blanks();
    well_formed_ = next_is('{') && read_value("", 1);
    skip_blanks();
    if (at_ != text_.size()) well_formed_ = false;
  }

  // Whether the text is one JSON object with at most kJsonDepthMax levels, repeated names or not.
  [[nodiscard]] bool well_formed() const { return well_formed_; }
  // Whether a repeated name was met; complete only for well-formed texts.
  [[nodiscard]] bool repeats_name() const { return repeats_name_; }
  // In document order, as JsonNode.
  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }

 private:
  [[nodiscard]] bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool take(char c) {
    if (!next_is(c)) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  void skip_blanks() {
    while (next_is(' ') || next_is('\t') || next_is('\n') || next_is('\r')) ++at_;
  }

  bool read_value(const std::string& name, std::size_t depth) {
    const std::size_t index = nodes_.size();
    const std::size_t begin = at_;
    nodes_.push_back({.name = name, .text = {}, .end = 0, .kind = JsonKind::kNull});
    JsonKind kind = JsonKind::kNull;
    std::string string;
    bool valid = false;
    if (next_is('{')) {
      kind = JsonKind::kObject;
      valid = depth <= kJsonDepthMax && read_object(depth);
    } else if (next_is('[')) {
      kind = JsonKind::kArray;
      valid = depth <= kJsonDepthMax && read_array(depth);
    } else if (next_is('"')) {
      kind = JsonKind::kString;
      valid = read_string(string);
    } else if (take("true")) {
      kind = JsonKind::kTrue;
      valid = true;
    } else if (take("false")) {
      kind = JsonKind::kFalse;
      valid = true;
    } else if (take("null")) {
      valid = true;
    } else {
      kind = JsonKind::kNumber;
      valid = read_number();
    }
    Node& node = nodes_[index];
    node.kind = kind;
    node.text = kind == JsonKind::kString ? string : std::string(text_.substr(begin, at_ - begin));
    node.end = nodes_.size();
    return valid;
  }

  bool read_object(std::size_t depth) {
    std::set<std::string> names;
    take('{');
    skip_blanks();
    if (take('}')) return true;
    do {
      skip_blanks();
      std::string name;
      if (!read_string(name)) return false;
      if (!names.insert(name).second) repeats_name_ = true;
      skip_blanks();
      if (!take(':')) return false;
      skip_blanks();
      if (!read_value(name, depth + 1)) return false;
      skip_blanks();
    } while (take(','));
    return take('}');
  }

  bool read_array(std::size_t depth) {
    take('[');
    skip_blanks();
    if (take(']')) return true;
    do {
      skip_blanks();
      if (!read_value("", depth + 1)) return false;
      skip_blanks();
    } while (take(','));
    return take(']');
  }

  std::size_t take_digits() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ - begin;
  }

  bool read_number() {
    take('-');
    if (!take('0') && take_digits() == 0) return false;
    if (take('.') && take_digits() == 0) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (take_digits() == 0) return false;
    }
    return true;
  }

  bool read_string(std::string& string) {
    if (!take('"')) return false;
    while (at_ < text_.size()) {
      const auto byte = static_cast<unsigned char>(text_[at_]);
      if (take('"')) return true;
      if (byte < 0x20) return false;
      if (!(byte == '\\' ? read_escape(string) : read_utf8(string))) return false;
    }
    return false;
  }

  // RFC 3629 sec 4, from the table of well-formed sequences.
  bool read_utf8(std::string& string) {
    const auto byte = [this](std::size_t i) {
      return at_ + i < text_.size() ? static_cast<unsigned char>(text_[at_ + i]) : 0u;
    };
    const unsigned first = byte(0);
    std::size_t length = 0;
    unsigned second_min = 0x80, second_max = 0xbf;
    if (first < 0x80) length = 1;
    if (first >= 0xc2 && first <= 0xdf) length = 2;
    if (first >= 0xe0 && first <= 0xef) length = 3;
    if (first >= 0xf0 && first <= 0xf4) length = 4;
    if (first == 0xe0) second_min = 0xa0;
    if (first == 0xed) second_max = 0x9f;
    if (first == 0xf0) second_min = 0x90;
    if (first == 0xf4) second_max = 0x8f;
    if (length == 0) return false;
    if (length > 1 && (byte(1) < second_min || byte(1) > second_max)) return false;
    for (std::size_t i = 2; i < length; ++i) {
      if (byte(i) < 0x80 || byte(i) > 0xbf) return false;
    }
    string += text_.substr(at_, length);
    at_ += length;
    return true;
  }

  bool read_escape(std::string& string) {
    static constexpr std::string_view kLetters = "\"\\/bfnrt";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    take('\\');
    if (take('u')) return read_code_point(string);
    if (at_ == text_.size()) return false;
    const std::size_t index = kLetters.find(text_[at_++]);
    if (index == std::string_view::npos) return false;
    string += kMeanings[index];
    return true;
  }

  bool read_unit(std::uint32_t& unit) {
    static constexpr std::string_view kDigits = "0123456789abcdef0123456789ABCDEF";
    unit = 0;
    for (int i = 0; i < 4; ++i) {
      const std::size_t digit = at_ < text_.size() ? kDigits.find(text_[at_++]) : std::string_view::npos;
      if (digit == std::string_view::npos) return false;
      unit = unit * 16 + static_cast<std::uint32_t>(digit % 16);
    }
    return true;
  }

  bool read_code_point(std::string& string) {
    std::uint32_t unit = 0, low = 0;
    if (!read_unit(unit)) return false;
    if (unit / 0x400 == 0xdc00 / 0x400) return false;
    if (unit / 0x400 == 0xd800 / 0x400) {
      if (!take("\\u") || !read_unit(low) || low / 0x400 != 0xdc00 / 0x400) return false;
      unit = 0x10000 + unit % 0x400 * 0x400 + low % 0x400;
    }
    append_utf8(unit, string);
    return true;
  }

  static void append_utf8(std::uint32_t code_point, std::string& string) {
    const auto append = [&string](std::uint32_t byte) { string += static_cast<char>(byte); };
    if (code_point < 0x80) {
      append(code_point);
    } else if (code_point < 0x800) {
      append(0xc0 + code_point / 64);
      append(0x80 + code_point % 64);
    } else if (code_point < 0x10000) {
      append(0xe0 + code_point / 4096);
      append(0x80 + code_point / 64 % 64);
      append(0x80 + code_point % 64);
    } else {
      append(0xf0 + code_point / 262144);
      append(0x80 + code_point / 4096 % 64);
      append(0x80 + code_point / 64 % 64);
      append(0x80 + code_point % 64);
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool well_formed_ = false;
  bool repeats_name_ = false;
  std::vector<Node> nodes_;
};

}  // namespace assay::fuzz
