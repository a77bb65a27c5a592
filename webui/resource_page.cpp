// The embedded page: files by path, compressed, with their tags.
#include <algorithm>

#include "lib/base/text.hpp"
#include "webui/assets.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace {

HttpResponse plain(int status, std::string text) {
  HttpResponse response{.status = status, .headers = {}, .body = std::move(text)};
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.headers.add("Cache-Control", "no-store");
  return response;
}

// "gzip", "*", with any weight but 0 (RFC 9110 12.5.3).
bool takes_gzip(std::string_view accepted) {
  for (const auto part : split(accepted, ',')) {
    const auto semicolon = std::min(part.find(';'), part.size());
    const std::string_view coding = trim(part.substr(0, semicolon));
    const std::string_view weight = trim(part.substr(std::min(semicolon + 1, part.size())));
    const bool refused =
        weight.starts_with("q=0") && weight.find_first_of("123456789") == weight.npos;
    if ((iequals(coding, "gzip") || coding == "*") && !refused) return true;
  }
  return false;
}

}  // namespace

HttpResponse get_page(const net::HttpRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") {
    HttpResponse response = plain(405, "Method Not Allowed\n");
    response.headers.add("Allow", "GET, HEAD");
    return response;
  }
  const std::string_view path =
      request.path == "/" ? std::string_view("/index.html") : std::string_view(request.path);
  const auto found = std::ranges::find(assets(), path, &Asset::path);
  if (found == assets().end()) return plain(404, "Not Found\n");
  if (!takes_gzip(request.headers.get("Accept-Encoding")))
    return plain(406, "This server sends its page compressed with gzip only.\n");
  HttpResponse response;
  response.headers.add("Content-Type", std::string(found->content_type));
  response.headers.add("ETag", std::string(found->etag));
  response.headers.add("Vary", "Accept-Encoding");
  response.headers.add("Cache-Control",
                       found->immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (request.headers.get("If-None-Match") == found->etag) {
    response.status = 304;
    return response;
  }
  response.headers.add("Content-Encoding", "gzip");
  response.body = std::string(found->gzip);
  return response;
}

}  // namespace tandem::webui
