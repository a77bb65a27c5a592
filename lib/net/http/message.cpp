#include "lib/net/http/message.hpp"

#include <algorithm>

#include "lib/base/text.hpp"

namespace tandem::net {
namespace {

std::optional<std::string> find_in(const std::vector<std::pair<std::string, std::string>>& pairs,
                                   std::string_view name) {
  for (const auto& [key, value] : pairs) {
    if (key == name) return value;
  }
  return std::nullopt;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

std::string_view HttpHeaders::get(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (iequals(key, name)) return value;
  }
  return {};
}

bool HttpHeaders::has(std::string_view name) const {
  return std::ranges::any_of(fields_,
                             [name](const auto& field) { return iequals(field.first, name); });
}

std::optional<std::string> HttpRequest::parameter(std::string_view name) const {
  return find_in(query, name);
}

// RFC 6265 5.4: the first pair of that name.
std::optional<std::string> HttpRequest::cookie(std::string_view name) const {
  for (const auto pair : split(headers.get("Cookie"), ';')) {
    const auto trimmed = trim(pair);
    const auto equals = trimmed.find('=');
    if (equals == std::string_view::npos || trimmed.substr(0, equals) != name) continue;
    return std::string(trimmed.substr(equals + 1));
  }
  return std::nullopt;
}

std::optional<std::string> percent_decode(std::string_view text, bool form) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const auto byte = hex_decode(lower(text.substr(i + 1, 2)));
      if (!byte || byte->size() != 1) return std::nullopt;
      decoded += *byte;
      i += 2;
    } else {
      decoded += form && text[i] == '+' ? ' ' : text[i];
    }
  }
  if (std::ranges::any_of(decoded, is_control) && !form) return std::nullopt;
  return is_utf8(decoded) ? std::optional(decoded) : std::nullopt;
}

std::string percent_encode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
    } else {
      encoded += "%" + upper(hex_encode(std::string_view(&c, 1)));
    }
  }
  return encoded;
}

std::optional<std::vector<std::pair<std::string, std::string>>> parse_form(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  if (text.empty()) return pairs;
  for (const auto part : split(text, '&')) {
    if (part.empty()) continue;
    const auto equals = std::min(part.find('='), part.size());
    auto name = percent_decode(part.substr(0, equals), true);
    auto value = percent_decode(part.substr(std::min(equals + 1, part.size())), true);
    if (!name || !value) return std::nullopt;
    pairs.emplace_back(std::move(*name), std::move(*value));
  }
  return pairs;
}

std::string_view reason_of(int status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    default: return "Status";
  }
}

}  // namespace tandem::net
