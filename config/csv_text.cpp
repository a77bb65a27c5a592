#include "config/csv_text.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <unicode/ucnv.h>
#include <unicode/ucnv_err.h>

#include "lib/base/text.hpp"

namespace tandem::config {
namespace {

// ICU's name for what Windows writes as Shift_JIS.
constexpr const char* cp932 = "ibm-943_P15A-2003";

// Nothing: the bytes are not of that encoding.
std::optional<std::string> to_utf8(std::string_view bytes, const char* encoding) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, decltype(&ucnv_close)> converter(ucnv_open(encoding, &status),
                                                                     &ucnv_close);
  if (U_FAILURE(status)) return std::nullopt;
  ucnv_setToUCallBack(converter.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &status);
  std::string out(bytes.size() * 3 + 16, '\0');  // no character of these grows more
  const auto length =
      ucnv_toAlgorithmic(UCNV_UTF8, converter.get(), out.data(), int32_t(out.size()), bytes.data(),
                         int32_t(bytes.size()), &status);
  const bool good = U_SUCCESS(status) && length >= 0 && std::size_t(length) <= out.size();
  std::optional<std::string> result;
  if (good) result = out.substr(0, std::size_t(length));
  wipe(out);  // it held passwords
  return result;
}

std::optional<DecodedText> decode_as(std::string_view bytes, const char* encoding,
                                     const char* name) {
  auto text = to_utf8(bytes, encoding);
  if (!text) return std::nullopt;
  return DecodedText{std::move(*text), name};
}

}  // namespace

std::optional<DecodedText> decode_table(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xFE")) return decode_as(bytes.substr(2), "UTF-16LE", "UTF-16LE");
  if (bytes.starts_with("\xFE\xFF")) return decode_as(bytes.substr(2), "UTF-16BE", "UTF-16BE");
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  if (is_utf8(bytes)) return DecodedText{std::string(bytes), "UTF-8"};
  return decode_as(bytes, cp932, "CP932");
}

char guess_separator(std::string_view text) {
  constexpr std::array<char, 3> candidates = {',', '\t', ';'};
  std::array<std::size_t, 3> counts{};
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    const auto at = std::ranges::find(candidates, c);
    if (!quoted && at != candidates.end()) ++counts[std::size_t(at - candidates.begin())];
    if (!quoted && (c == '\n' || c == '\r') && std::ranges::max(counts) > 0) break;
  }
  return candidates[std::size_t(std::ranges::max_element(counts) - counts.begin())];
}

bool CsvReader::at_row_end() const {
  return rest_.empty() || rest_.front() == '\r' || rest_.front() == '\n';
}

void CsvReader::put(std::string& field, char c) const {
  if (field.size() <= field_limit_) field += c;
}

// Behind the opening quote, up to and with the closing one. RFC 4180 2.5 to 2.7.
void CsvReader::read_quoted(std::string& field, bool& broken) {
  for (;;) {
    if (rest_.empty()) {
      broken = true;
      return;
    }
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c != '"') {
      put(field, c);
      continue;
    }
    if (!rest_.starts_with('"')) return;
    put(field, '"');
    rest_.remove_prefix(1);
  }
}

void CsvReader::read_plain(std::string& field) {
  while (!at_row_end() && rest_.front() != separator_) {
    put(field, rest_.front());
    rest_.remove_prefix(1);
  }
}

std::string CsvReader::read_field(bool& broken) {
  std::string field;
  if (!rest_.starts_with('"')) {
    read_plain(field);
    return field;
  }
  rest_.remove_prefix(1);
  read_quoted(field, broken);
  if (!at_row_end() && rest_.front() != separator_) {
    broken = true;
    read_plain(field);
  }
  return field;
}

CsvRow CsvReader::read_row() {
  CsvRow row{.row = ++row_};
  for (;;) {
    row.fields.push_back(read_field(row.broken));
    if (at_row_end()) break;
    rest_.remove_prefix(1);  // the separator
  }
  rest_.remove_prefix(rest_.starts_with("\r\n") ? 2 : std::min<std::size_t>(1, rest_.size()));
  return row;
}

std::optional<CsvRow> CsvReader::next() {
  while (!rest_.empty()) {
    auto row = read_row();
    const auto has_text = [](const std::string& field) { return !trim(field).empty(); };
    if (row.broken || std::ranges::any_of(row.fields, has_text)) return row;
  }
  return std::nullopt;
}

}  // namespace tandem::config
