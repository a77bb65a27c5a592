// The embedded page: complete, compressed, and consistent with its own index.
#include "webui/assets.hpp"

#include <algorithm>
#include <string>

#include <catch2/catch.hpp>
#include <zlib.h>

namespace {

using tandem::webui::Asset;
using tandem::webui::assets;

std::string unpacked(std::string_view gzip) {
  std::string out(1 << 20, '\0');
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));
  stream.avail_in = static_cast<uInt>(gzip.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

const Asset& asset(std::string_view path) {
  const auto found = std::ranges::find(assets(), path, &Asset::path);
  REQUIRE(found != assets().end());
  return *found;
}

TEST_CASE("the embedded files are sorted, typed, tagged, and unpack") {
  CHECK(std::ranges::is_sorted(assets(), {}, &Asset::path));
  for (const Asset& one : assets()) {
    CAPTURE(one.path);
    CHECK(one.path.front() == '/');
    CHECK_FALSE(one.content_type.empty());
    CHECK(one.etag.size() == 22);
    CHECK(one.etag.front() == '"');
    CHECK_FALSE(unpacked(one.gzip).empty());
  }
}

TEST_CASE("index.html names files that are embedded, and holds no inline code or style") {
  CHECK_FALSE(asset("/index.html").immutable);
  const std::string page = unpacked(asset("/index.html").gzip);
  for (const std::string_view start : {"src=\"/", "href=\"/"}) {
    for (auto at = page.find(start); at != page.npos; at = page.find(start, at + 1)) {
      const auto begin = at + start.size() - 1;
      const std::string path = page.substr(begin, page.find('"', begin) - begin);
      CAPTURE(path);
      CHECK(asset(path).immutable == (path != "/favicon.svg"));
    }
  }
  CHECK(page.find("<style") == page.npos);
  CHECK(page.find(" style=") == page.npos);
  CHECK(page.find("<script>") == page.npos);
  CHECK(page.find("://") == page.npos);
}

TEST_CASE("the policy allows nothing inline and nobody else's site") {
  using tandem::webui::content_security_policy;
  CHECK(content_security_policy.find("unsafe") == std::string_view::npos);
  CHECK(content_security_policy.find("http") == std::string_view::npos);
  CHECK(content_security_policy.find("default-src 'none'") == 0);
}

}  // namespace
