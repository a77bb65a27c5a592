#include "lib/mail/charset.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>
#include <unicode/ustring.h>

#include "lib/base/text.hpp"

namespace tandem::mail {
namespace {

constexpr std::size_t max_input = 64 * 1024 * 1024;
constexpr std::size_t max_cached = 16;

struct Alias {
  std::string_view label;
  const char* icu;
};
// Labels whose bytes in real mail are a superset of what the label says, or that ICU does not know.
constexpr std::array aliases{
    Alias{"iso-2022-jp", "ISO-2022-JP-2"},
    Alias{"cp50220", "ISO-2022-JP-2"},
    Alias{"cp50221", "ISO-2022-JP-2"},
    Alias{"iso-2022-jp-ms", "ISO-2022-JP-2"},
    Alias{"shift_jis", "windows-31j"},
    Alias{"shift-jis", "windows-31j"},
    Alias{"sjis", "windows-31j"},
    Alias{"x-sjis", "windows-31j"},
    Alias{"cp932", "windows-31j"},
    Alias{"ms932", "windows-31j"},
    Alias{"iso-8859-1", "windows-1252"},
    Alias{"latin1", "windows-1252"},
    Alias{"x-euc-jp", "EUC-JP"},
    Alias{"eucjp", "EUC-JP"},
    Alias{"cp51932", "EUC-JP"},
    Alias{"gb2312", "gb18030"},
    Alias{"gbk", "gb18030"},
    Alias{"ks_c_5601-1987", "windows-949"},
    Alias{"euc-kr", "windows-949"},
    Alias{"unicode-1-1-utf-7", "UTF-7"},
    Alias{"utf8", "UTF-8"},
    Alias{"x-unknown", ""},
};

using Converter = std::unique_ptr<UConverter, decltype(&ucnv_close)>;

bool is_plain_name(std::string_view name) {
  // ICU reads options behind a comma and files behind odd names: only what a MIME charset may hold.
  return !name.empty() && name.size() <= 40 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == ':' ||
           c == '.';
  });
}

// ICU's own substitution writes U+001A for some charsets, which nobody would recognise as damage.
void replace_damage(const void*, UConverterToUnicodeArgs* arguments, const char*, std::int32_t,
                    UConverterCallbackReason reason, UErrorCode* status) {
  if (reason > UCNV_IRREGULAR) return;
  constexpr UChar mark = 0xFFFD;
  *status = U_ZERO_ERROR;
  ucnv_cbToUWriteUChars(arguments, &mark, 1, 0, status);
}

UConverter* open_converter(const std::string& name) {
  thread_local std::map<std::string, Converter> cache;
  if (const auto known = cache.find(name); known != cache.end()) {
    ucnv_reset(known->second.get());
    return known->second.get();
  }
  UErrorCode status = U_ZERO_ERROR;
  Converter made(ucnv_open(name.c_str(), &status), &ucnv_close);
  if (U_FAILURE(status) || !made) return nullptr;
  ucnv_setToUCallBack(made.get(), replace_damage, nullptr, nullptr, nullptr, &status);
  if (cache.size() >= max_cached) cache.clear();
  return cache.emplace(name, std::move(made)).first->second.get();
}

UConverter* converter_for(std::string_view charset) {
  const std::string name = lower(trim(charset));
  if (!is_plain_name(name)) return nullptr;
  const auto alias = std::ranges::find(aliases, std::string_view(name), &Alias::label);
  return open_converter(alias == aliases.end() ? name : alias->icu);
}

std::string from_utf16(const std::vector<UChar>& text, std::int32_t length) {
  std::string out(static_cast<std::size_t>(length) * 3, '\0');
  std::int32_t written = 0;
  UErrorCode status = U_ZERO_ERROR;
  u_strToUTF8WithSub(out.data(), static_cast<std::int32_t>(out.size()), &written, text.data(),
                     length, 0xFFFD, nullptr, &status);
  out.resize(U_FAILURE(status) ? 0 : static_cast<std::size_t>(written));
  return out;
}

std::string convert(std::string_view bytes, UConverter& converter) {
  bytes = bytes.substr(0, max_input);
  // No charset makes more than two UTF-16 units of a byte, and some begin with a state of their
  // own.
  std::vector<UChar> units(bytes.size() * 2 + 16);
  UErrorCode status = U_ZERO_ERROR;
  const auto length =
      ucnv_toUChars(&converter, units.data(), static_cast<std::int32_t>(units.size()), bytes.data(),
                    static_cast<std::int32_t>(bytes.size()), &status);
  if (U_FAILURE(status)) return {};
  return from_utf16(units, length);
}

bool is_ascii(std::string_view bytes) {
  return std::ranges::all_of(bytes, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool has_jis_escape(std::string_view bytes) {
  return bytes.find("\x1B$B") != std::string_view::npos ||
         bytes.find("\x1B$@") != std::string_view::npos ||
         bytes.find("\x1B(J") != std::string_view::npos ||
         bytes.find("\x1B(I") != std::string_view::npos;
}

constexpr std::string_view replacement = "\xEF\xBF\xBD";

}  // namespace

std::string to_utf8(std::string_view bytes, std::string_view charset) {
  const std::string name = lower(trim(charset));
  const bool stateless_ascii = name == "us-ascii" || name == "utf-8" || name == "ascii";
  if (name.empty() || name == "us-ascii" || name == "ascii") return guess_to_utf8(bytes);
  if (stateless_ascii && is_utf8(bytes)) return std::string(bytes.substr(0, max_input));
  auto* converter = converter_for(name);
  return converter ? convert(bytes, *converter) : guess_to_utf8(bytes);
}

bool is_known_charset(std::string_view charset) {
  return converter_for(charset) != nullptr;
}

std::string guess_to_utf8(std::string_view bytes) {
  if (has_jis_escape(bytes)) return to_utf8(bytes, "iso-2022-jp");
  if (is_ascii(bytes) || is_utf8(bytes)) return std::string(bytes.substr(0, max_input));
  auto japanese = to_utf8(bytes, "cp932");
  if (japanese.find(replacement) == std::string::npos) return japanese;
  return to_utf8(bytes, "windows-1252");
}

}  // namespace tandem::mail
