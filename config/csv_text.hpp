// A table in text: bytes of unknown encoding made UTF-8, then cut into rows and fields.
// RFC 4180 with any separator and any line end. Internal to config/.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::config {

struct DecodedText {
  std::string utf8;
  std::string encoding;  // "UTF-8", "CP932", "UTF-16LE", "UTF-16BE"
};

// By byte order mark, else UTF-8 if well-formed, else CP932. Nothing: none of them.
[[nodiscard]] std::optional<DecodedText> decode_table(std::string_view bytes);

// The separator of the first row: the one of comma, tab and semicolon that occurs most in it,
// outside quotes; comma if none does.
[[nodiscard]] char guess_separator(std::string_view text);

struct CsvRow {
  std::vector<std::string> fields;
  unsigned row = 0;     // as a spreadsheet counts: empty rows count, line ends in quotes do not
  bool broken = false;  // a quote without its partner, or text behind a closing quote
};

// One row at a time; rows without any text are skipped.
class CsvReader {
 public:
  CsvReader(std::string_view text, char separator, std::size_t field_limit)
      : rest_(text), separator_(separator), field_limit_(field_limit) {}

  // Nothing: the end. Fields longer than the limit are cut one byte after it.
  [[nodiscard]] std::optional<CsvRow> next();

 private:
  CsvRow read_row();
  std::string read_field(bool& broken);
  void read_quoted(std::string& field, bool& broken);
  void read_plain(std::string& field);
  void put(std::string& field, char c) const;
  bool at_row_end() const;

  std::string_view rest_;
  char separator_;
  std::size_t field_limit_;
  unsigned row_ = 0;
};

}  // namespace tandem::config
