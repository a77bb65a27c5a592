#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

#include "lib/base/text.hpp"
#include "lib/mail/digest.hpp"

using namespace tandem::mail;
using namespace std::string_literals;

namespace {

const std::string header =
    "From: \"Taro Yamada\" <taro@a.jp>\r\n"
    "To: hanako@b.jp,\r\n jiro@b.jp\r\n"
    "Subject: \xE8\xA6\x8B\xE7\xA9\x8D 2026?\r\n"
    "Date: Tue, 24 Nov 2026 09:00:00 +0900\r\n"
    "Message-ID: <1@a.jp>\r\n"
    "MIME-Version: 1.0\r\n";
const std::string body = "hello\r\n\r\nworld\r\n";
const std::string message = header + "\r\n" + body;
const StableDigest original = digest_message(message);

bool same_header(const std::string& other) {
  return digest_message(other + "\r\n" + body).header == original.header;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("digest: what servers add does not count") {
  CHECK(same_header("Return-Path: <x@y>\r\nDelivered-To: t@b.jp\r\nReceived: by x; now\r\n" +
                    header));
  CHECK(same_header(header + "X-UID: 5\r\nStatus: RO\r\nContent-Length: 5\r\nLines: 2\r\n"));
  CHECK(same_header(header + "X-MS-Exchange-Organization-SCL: 1\r\nThread-Index: Ac\r\n"
                             "Importance: normal\r\nAccept-Language: ja-JP\r\n"));
  CHECK(
      same_header("X-Gmail-Labels: a\r\nX-GM-THRID: 1\r\nX-Received: by 1\r\nARC-Seal: i=1\r\n"
                  "Authentication-Results: mx; spf=pass\r\nReceived-SPF: pass\r\n" +
                  header));
  CHECK(same_header("From a@b Tue Nov 24 00:00:00 2026\r\n" + header));
  CHECK(same_header(header + "bad name: dropped by Yahoo\r\nno colon\r\n"));
}

TEST_CASE("digest: how servers write a field does not count") {
  CHECK(same_header(replaced(header, ",\r\n jiro", ", jiro")));                // refolded
  CHECK(same_header(replaced(header, ",\r\n jiro", ",\r\n\tjiro")));           // tab for blank
  CHECK(same_header(replaced(header, "2026?\r\n", "2026?   \r\n")));           // trailing blanks
  CHECK(same_header(replaced(header, "\xE8\xA6\x8B\xE7\xA9\x8D", "??????")));  // '?' for each byte
  CHECK(same_header(replaced(header, "\xE8\xA6\x8B\xE7\xA9\x8D", "?")));       // '?' for a run
  CHECK(same_header(replaced(header, "2026", "20\0"s + "26")));                // NUL
  CHECK(same_header(replaced(header, "2026",
                             "20\x80"
                             "26")));  // Dovecot's NUL
  CHECK(same_header(replaced(header, "\"Taro Yamada\"", "Taro Yamada")));
  CHECK(same_header(replaced(header, "Message-ID", "Message-Id")));
  CHECK(same_header(replaced(header, "09:00:00 +0900", "00:00:00 +0000 (GMT)")));
  CHECK(same_header(replaced(header, "From: \"Taro Yamada\" <taro@a.jp>\r\n", "") +
                    "From: \"Taro Yamada\" <taro@a.jp>\r\n"));  // reordered
  std::string unix_lines = message;
  std::erase(unix_lines, '\r');
  const auto digest = digest_message(unix_lines);
  CHECK(digest.header == original.header);
  CHECK(digest.body == original.body);
  CHECK(digest.body_size == original.body_size);
  CHECK(digest.header_size == original.header_size);
}

TEST_CASE("digest: another message is another message") {
  CHECK_FALSE(same_header(replaced(header, "<1@a.jp>", "<2@a.jp>")));
  CHECK_FALSE(same_header(replaced(header, "09:00:00", "09:00:01")));
  CHECK_FALSE(same_header(replaced(header, "2026?", "2027?")));
  CHECK_FALSE(same_header(replaced(header, "jiro", "saburo")));
  CHECK_FALSE(same_header(header + "Cc: x@y\r\n"));
  CHECK_FALSE(same_header(header + "Subject: \xE8\xA6\x8B 2026\r\n"));  // a second one
  CHECK_FALSE(same_header(replaced(header, "To:", "Cc:")));
  CHECK(digest_message(header + "\r\nhello\r\nworld\r\n").body != original.body);
  CHECK(digest_message(header + "\r\nhello\r\n\r\nworle\r\n").body != original.body);
  CHECK(original.header != digest_message("\r\n").header);
  CHECK(original.stable_fields == 5);
  CHECK(digest_message("X-A: 1\r\n\r\n").stable_fields == 0);
}

TEST_CASE("digest: text without a header is a body; what ends a header is seen") {
  const auto text = digest_message("no header at all\r\njust two lines\r\n");
  CHECK(text.stable_fields == 0);
  CHECK(text.header_size == 0);
  CHECK(text.body_size == 34);
  CHECK(text.body == digest_message("\r\nno header at all\njust two lines").body);
  CHECK(text.body != digest_message("another text\r\n").body);
  CHECK(digest_message(header).body == digest_message("").body);
  CHECK_FALSE(digest_header(header).ended);
  CHECK(digest_header(header + "\r\n").ended);
}

TEST_CASE("digest: X for an 8-bit byte is alike, not the same") {
  const auto cyrus = digest_message(replaced(message, "\xE8\xA6\x8B\xE7\xA9\x8D", "XXXXXX"));
  CHECK(cyrus.likeness == original.likeness);
  CHECK(cyrus.header != original.header);
  CHECK(digest_message(replaced(message, "jiro", "saburo")).likeness != original.likeness);
}

TEST_CASE("digest: a message with another Message-ID is alike, not the same") {
  const auto other = digest_message(replaced(message, "<1@a.jp>", "<new@exchange>"));
  CHECK(other.likeness == original.likeness);
  CHECK(other.header != original.header);
}

TEST_CASE("digest: body damage that servers do, and sizes") {
  CHECK(original.header_size == header.size() + 2);
  CHECK(original.body_size == body.size());
  CHECK(digest_message(message + "\r\n\r\n").body == original.body);
  CHECK(digest_message(header + "\r\nhello\r\n\r\nworld").body == original.body);
  CHECK(digest_message(header + "\r\na\0b"s).body == digest_message(header + "\r\na\x80"
                                                                             "b")
                                                         .body);
  CHECK(digest_message(header + "\r\n\r\nhello\r\n\r\nworld\r\n").body != original.body);
  CHECK(digest_message(header).body_size == 0);
  CHECK_FALSE(digest_header(header).body);
  CHECK(digest_header(header).header == original.header);
  CHECK(digest_header(message).header_size == header.size() + 2);
}

TEST_CASE("digest: pieces of any size give the same") {
  for (const auto& text : {message, replaced(message, "\r\n\r\n", "\n\n"), header, "\r\n"s, ""s,
                           header + "\r\n" + std::string(100'000, 'x') + std::string(50, '\n')}) {
    const auto whole = digest_message(text);
    for (std::size_t size = 1; size < 9; ++size) {
      DigestStream stream;
      for (std::size_t at = 0; at < text.size(); at += size)
        stream.update(std::string_view(text).substr(at, size));
      const auto pieces = stream.finish();
      CHECK(pieces.header == whole.header);
      CHECK(pieces.body == whole.body);
      CHECK(pieces.body_size == whole.body_size);
      CHECK(pieces.header_size == whole.header_size);
    }
  }
  for (std::size_t cut = 0; cut <= message.size(); ++cut) {
    DigestStream stream;
    stream.update(std::string_view(message).substr(0, cut));
    stream.update(std::string_view(message).substr(cut));
    const auto pieces = stream.finish();
    CHECK((pieces.header == original.header && pieces.body == original.body));
  }
}

TEST_CASE("digest: the body's normal form, byte by byte and in pieces") {
  const auto normal = [](std::string text) {
    std::erase(text, '\r');
    std::ranges::replace(text, '\x80', '\0');
    while (text.ends_with('\n')) text.pop_back();
    return tandem::sha256(text);
  };
  std::mt19937 random(4);
  for (int round = 0; round < 300; ++round) {
    std::string text;
    std::uint64_t size = 0;
    for (auto length = random() % 40; length > 0; --length) {
      const char next = "ab\r\n\x80\0"[random() % 6];
      size += next == '\n' && !text.ends_with('\r') ? 2 : 1;
      text += next;
    }
    if (round % 10 == 0) text.insert(0, 20'000, 'x'), size += 20'000;
    DigestStream stream;
    stream.update("\n");
    const std::size_t piece = 1 + random() % 5;
    for (std::size_t at = 0; at < text.size(); at += piece)
      stream.update(std::string_view(text).substr(at, piece));
    const auto digest = stream.finish();
    CHECK(digest.body == normal(text));
    CHECK(digest.body_size == size);
    CHECK(digest_message("\n" + text).body == digest.body);
  }
}

TEST_CASE("digest: the trace id and the normal form, as they are stored") {
  const DigestOptions ours{.our_names = {"mx.tandem.jp"}};
  const std::string trace =
      "Received: from x (y [192.0.2.1]) by mx.tandem.jp with ESMTPS\r\n"
      " id abcdefghijklmnopqrstuvwxyz; Tue, 24 Nov 2026 09:00:00 +0900\r\n";
  const auto digest = digest_message(trace + message, ours);
  CHECK(digest.trace_id == "abcdefghijklmnopqrstuvwxyz");
  CHECK(digest.header == original.header);
  CHECK_FALSE(digest_message(trace + message, {.our_names = {"other"}}).trace_id);
  CHECK_FALSE(original.trace_id);
  // Ledgers hold these: computed by hand from the normal form, they may not change.
  CHECK(tandem::hex_encode(original.header) ==
        "134556786896a724816c96bcaf605af9ebb29562406fb57c8494af29134bedfb");
  CHECK(tandem::hex_encode(*original.body) ==
        "dc90a9a97b4a40a1fb0a50ec3d5a7cc2fa88129e749a43578b02fc254ce9be8a");
}

TEST_CASE("digest: every byte counts for the exact one, in whatever pieces it comes") {
  DigestOptions options;
  options.exact = true;
  const StableDigest whole = digest_message(message, options);
  CHECK(whole.exact == tandem::sha256(message));
  CHECK(whole.body == original.body);
  DigestStream stream(options);
  for (const char& byte : message) stream.update({&byte, 1});
  CHECK(stream.finish().exact == whole.exact);
  CHECK(digest_message("X-UID: 5\r\n" + message, options).exact != whole.exact);
  CHECK_FALSE(original.exact);
  CHECK_FALSE(digest_header(header, options).exact);
}
