#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>

#include "lib/mail/imap_structure.hpp"
#include "lib/mail/mime.hpp"

using namespace tandem::mail;

namespace {

std::string body_of(std::string_view message, const Part* part) {
  return part ? std::string(message.substr(part->body_begin, part->body_size())) : "no part";
}

std::string section(std::string_view message, const Part& root, std::string_view name) {
  const auto range = find_section(root, name);
  return range ? std::string(message.substr(range->begin, range->end - range->begin)) : "none";
}

const std::string mixed =
    "Date: Tue, 24 Nov 2026 09:00:00 +0900\r\n"
    "From: Taro <taro@a.jp>\r\n"
    "Subject: =?utf-8?B?44GC?=\r\n"
    "Content-Type: multipart/mixed; boundary=\"=_x\"\r\n"
    "\r\n"
    "preamble\r\n"
    "--=_x\r\n"
    "Content-Type: multipart/alternative; boundary=y\r\n"
    "\r\n"
    "--y\r\n"
    "Content-Type: text/plain; charset=iso-2022-jp\r\n"
    "\r\n"
    "\x1B$B8+\x1B(B\r\nline two\r\n"
    "--y\r\n"
    "Content-Type: text/html; charset=utf-8\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n"
    "\r\n"
    "<p>=E3=81=82</p>\r\n"
    "--y--\r\n"
    "\r\n"
    "--=_x  \r\n"
    "Content-Type: application/pdf; name=\"=?ISO-2022-JP?B?GyRCOCtAUT1xGyhC?=.pdf\"\r\n"
    "Content-Transfer-Encoding: BASE64\r\n"
    "Content-Disposition: attachment; filename*0*=utf-8''%E8%A6%8B; filename*1*=%E7%A9%8D.pdf\r\n"
    "Content-ID: <1@a>\r\n"
    "\r\n"
    "aGVsbG8=\r\n"
    "--=_x\r\n"
    "Content-Type: message/rfc822\r\n"
    "\r\n"
    "Subject: inner\r\n"
    "From: x@y\r\n"
    "Content-Type: multipart/mixed; boundary=z\r\n"
    "\r\n"
    "--z\r\n"
    "\r\n"
    "one\r\n"
    "--z--\r\n"
    "--=_x--\r\n"
    "epilogue\r\n";

}  // namespace

TEST_CASE("mime: a tree with offsets") {
  const Part root = parse_message(mixed);
  REQUIRE(root.children.size() == 3);
  CHECK(root.body_end == mixed.size());
  CHECK(root.envelope->subject == "=?utf-8?B?44GC?=");
  CHECK(body_of(mixed, find_part(root, "1.1")) == "\x1B$B8+\x1B(B\r\nline two");
  CHECK(find_part(root, "1.1")->body_lines == 1);
  CHECK(decode_text(mixed, *find_part(root, "1.1")) == "見\r\nline two");
  CHECK(decode_text(mixed, *find_part(root, "1.2")) == "<p>あ</p>");
  CHECK(decode_body(mixed, *find_part(root, "2")) == "hello");
  CHECK(decode_body(mixed, *find_part(root, "2"), 2) == "he");
  const auto& pdf = *find_part(root, "2");
  CHECK(pdf.encoding == "base64");
  CHECK(pdf.id == "<1@a>");
  CHECK(find_parameter(pdf.parameters, "name")->text == "見積書.pdf");
  CHECK(pdf.disposition == "attachment");
  CHECK(find_parameter(pdf.disposition_parameters, "filename")->text == "見積.pdf");
  CHECK(find_parameter(pdf.disposition_parameters, "filename")->value ==
        "utf-8''%E8%A6%8B%E7%A9%8D.pdf");
  const auto& message = *find_part(root, "3");
  REQUIRE(message.is_message());
  CHECK(message.children[0].envelope->subject == "inner");
  CHECK(body_of(mixed, find_part(root, "3.1")) == "one");
}

TEST_CASE("mime: sections as IMAP names them") {
  const Part root = parse_message(mixed);
  CHECK(section(mixed, root, "") == mixed);
  CHECK(section(mixed, root, "HEADER").ends_with("boundary=\"=_x\"\r\n\r\n"));
  CHECK(section(mixed, root, "TEXT").starts_with("preamble\r\n--=_x"));
  CHECK(section(mixed, root, "2.MIME").starts_with("Content-Type: application/pdf"));
  CHECK(section(mixed, root, "2.MIME").ends_with("<1@a>\r\n\r\n"));
  CHECK(section(mixed, root, "3.HEADER").starts_with("Subject: inner\r\n"));
  CHECK(section(mixed, root, "3.text") == "--z\r\n\r\none\r\n--z--");
  CHECK(section(mixed, root, "3.1") == "one");
  for (const auto* none : {"4", "0", "1.3", "2.1", "1.HEADER", "2.TEXT", "MIME", "HEADER.1", "1..1",
                           ".", "1.", "x", "99999999999999999999"})
    CHECK(section(mixed, root, none) == "none");
  const std::string plain = "A: 1\r\n\r\nhi\r\n";
  const Part simple = parse_message(plain);
  CHECK(section(plain, simple, "1") == "hi\r\n");
  CHECK(section(plain, simple, "1.MIME") == "A: 1\r\n\r\n");
  CHECK(section(plain, simple, "1.1") == "none");
  CHECK(section(plain, simple, "2") == "none");
}

TEST_CASE("mime: IMAP text") {
  const Part root = parse_message(mixed);
  CHECK(
      imap_envelope(*root.envelope) ==
      "(\"Tue, 24 Nov 2026 09:00:00 +0900\" \"=?utf-8?B?44GC?=\" ((\"Taro\" NIL \"taro\" "
      "\"a.jp\")) "
      "((\"Taro\" NIL \"taro\" \"a.jp\")) ((\"Taro\" NIL \"taro\" \"a.jp\")) NIL NIL NIL NIL NIL)");
  CHECK(imap_bodystructure(root, false) ==
        "(((\"text\" \"plain\" (\"charset\" \"iso-2022-jp\") NIL NIL \"7bit\" 18 1)"
        "(\"text\" \"html\" (\"charset\" \"utf-8\") NIL NIL \"quoted-printable\" 16 0) "
        "\"alternative\")"
        "(\"application\" \"pdf\" (\"name\" \"=?ISO-2022-JP?B?GyRCOCtAUT1xGyhC?=.pdf\") \"<1@a>\" "
        "NIL "
        "\"base64\" 8)"
        "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 89 "
        "(NIL \"inner\" ((NIL NIL \"x\" \"y\")) ((NIL NIL \"x\" \"y\")) ((NIL NIL \"x\" \"y\")) "
        "NIL NIL "
        "NIL NIL NIL) ((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 3 0) "
        "\"mixed\") 7) "
        "\"mixed\")");
  const auto extended = imap_bodystructure(root, true);
  CHECK(extended.find("\"base64\" 8 NIL (\"attachment\" (\"filename*\" "
                      "\"utf-8''%E8%A6%8B%E7%A9%8D.pdf\")) NIL NIL)") != std::string::npos);
  CHECK(extended.ends_with(" \"mixed\" (\"boundary\" \"=_x\") NIL NIL NIL)"));
}

TEST_CASE("mime: IMAP strings") {
  using namespace std::string_literals;
  CHECK(imap_nstring(std::nullopt) == "NIL");
  CHECK(imap_nstring("") == "\"\"");
  CHECK(imap_string("a\"b\\c") == "\"a\\\"b\\\\c\"");
  CHECK(imap_string("\xE3\x81\x82") == "{3}\r\n\xE3\x81\x82");
  CHECK(imap_string("a\r\nb") == "{4}\r\na\r\nb");
  CHECK(imap_string("a\0b"s) == "{3}\r\na?b");
  Envelope envelope;
  envelope.to = parse_address_list("G: a;, <>, \"q\\\"\" <b@c>");
  envelope.subject = "";
  CHECK(imap_envelope(envelope) ==
        "(NIL \"\" NIL NIL NIL ((NIL NIL \"G\" NIL)(NIL NIL \"a\" \"MISSING_DOMAIN\")(NIL NIL NIL "
        "NIL)"
        "(NIL NIL \"MISSING_MAILBOX\" \"MISSING_DOMAIN\")(\"q\\\"\" NIL \"b\" \"c\")) NIL NIL NIL "
        "NIL)");
  const Part part = parse_message(
      "Content-Type: text/plain; charset=utf-8\r\nContent-Language: ja, en\r\n"
      "Content-MD5: Q2h\r\nContent-Location: http://x/\r\nContent-Disposition: inline\r\n"
      "Content-Description: d\r\n\r\n");
  CHECK(
      imap_bodystructure(part, true) ==
      "(\"text\" \"plain\" (\"charset\" \"utf-8\") NIL \"d\" \"7bit\" 0 0 \"Q2h\" (\"inline\" NIL) "
      "(\"ja\" \"en\") \"http://x/\")");
}

TEST_CASE("mime: malformed mail gives a tree") {
  const auto bodies = [](std::string_view message) {
    const Part root = parse_message(message);
    std::string out;
    for (const auto& child : root.children) out += "[" + body_of(message, &child) + "]";
    return out;
  };
  const std::string head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  CHECK(bodies(head + "--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n") == "[one][two\r\n]");
  CHECK(bodies(head + "--b\r\n\r\none\r\n--b--") == "[one]");
  CHECK(bodies(head + "--b\r\n\r\none\r\n--b") == "[one][]");
  CHECK(bodies(head + "never\r\n") == "[]");
  CHECK(bodies(head) == "[]");
  CHECK(bodies(head + "--b--\r\n--b\r\n\r\nx") == "[]");
  CHECK(bodies(head + "--b\r\n--b\r\n--b--") == "[][]");
  CHECK(bodies(head + "--b\r\nA: 1\r\n--b--\r\n") == "[]");
  CHECK(bodies(head + "--b\n\none\n--b--\n") == "[one]");
  CHECK(bodies(head + "--b\r\n\r\n\r\n--b--") == "[]");
  CHECK(bodies(head + "--b\r\n\r\nx\r\n--bb\r\ny\r\n --b\r\n--b--") == "[x\r\n--bb\r\ny\r\n --b]");
  CHECK(bodies("Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nx\r\n--b--") == "[]");
  CHECK(bodies("Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n\r\nx\r\n") == "[]");
  CHECK(bodies("").empty());
  CHECK(parse_message("Content-Type: nonsense\r\n\r\n").type == "text");
  CHECK(parse_message("Content-Type: ;\r\n\r\n").subtype == "plain");
  CHECK(parse_message("content-type: TEXT / HTML (c) ; Charset = \"x\"\r\n\r\n").subtype == "html");
}

TEST_CASE("mime: an outer boundary ends what is inside") {
  const std::string message =
      "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"
      "Content-Type: message/rfc822\r\n\r\nSubject: cut\r\n"
      "Content-Type: multipart/mixed; "
      "boundary=ab\r\n\r\n--ab\r\n\r\nx\r\n--a\r\n\r\ny\r\n--a--\r\n";
  const Part root = parse_message(message);
  REQUIRE(root.children.size() == 2);
  CHECK(body_of(message, find_part(root, "1.1")) == "x");
  CHECK(body_of(message, find_part(root, "2")) == "y");
  const std::string cut =
      "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"
      "Content-Type: message/rfc822\r\n\r\nSubject: cut\r\n--a--\r\n";
  const Part cut_root = parse_message(cut);
  const auto& outer = cut_root.children.at(0);
  REQUIRE(outer.is_message());
  CHECK(outer.children[0].body_end <= outer.body_end);
  CHECK(outer.children[0].envelope->subject == "cut");
}

TEST_CASE("mime: digest, parameters and default types") {
  const Part root = parse_message(
      "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: s\r\n\r\nt\r\n"
      "--b\r\nContent-Type: text/plain\r\n\r\nu\r\n--b--\r\n");
  REQUIRE(root.children.size() == 2);
  CHECK(root.children[0].is_message());
  CHECK(root.children[0].children[0].envelope->subject == "s");
  CHECK(root.children[1].type == "text");

  const auto text = [](std::string_view value, std::string_view name) {
    const auto parsed = parse_parametrized(value);
    const auto* found = find_parameter(parsed.parameters, name);
    return found ? found->text : "none";
  };
  CHECK(text("a; filename=my file (1).pdf", "filename") == "my file (1).pdf");
  CHECK(text("a; filename=my file.pdf; x=y", "filename") == "my file.pdf");
  CHECK(text("a; filename=file(1).pdf", "filename") == "file(1).pdf");
  CHECK(text("a; filename=\"a;b\\\"c\"", "filename") == "a;b\"c");
  CHECK(text("a; filename=\"\x8C\xA9\x90\xCF.pdf\"", "filename") == "見積.pdf");
  CHECK(text("a; filename*=shift_jis'ja'%8C%A9.pdf", "filename") == "見.pdf");
  CHECK(text("a; filename=x; filename*=utf-8''y", "filename") == "y");
  CHECK(text("a; filename*1=b; filename*0=a; filename*3=d", "filename") == "ab");
  CHECK(text("a; filename*0*=utf-8''%E3%81; filename*1*=%82; filename*2=\"c'd\"", "filename") ==
        "あc'd");
  CHECK(text("a; x*=%zz%4", "x") == "%zz%4");
  CHECK(text("a;;; =x; b; c=\"", "c").empty());
  CHECK(text("a; charset=us-ascii (plain text); x=1", "x") == "1");
}

namespace {

void compare(const Part& a, const Part& b) {
  CHECK(a.header_begin == b.header_begin);
  CHECK(a.body_begin == b.body_begin);
  CHECK(a.body_end == b.body_end);
  CHECK(a.body_lines == b.body_lines);
  REQUIRE(a.children.size() == b.children.size());
  for (std::size_t i = 0; i < a.children.size(); ++i) compare(a.children[i], b.children[i]);
}

// The message read in pieces of at most `most` bytes.
Part read_in_pieces(const std::string& message, std::size_t most) {
  const ReadAt read = [&](std::uint64_t offset, std::uint64_t length) {
    return tandem::Result<std::string>(
        message.substr(offset, std::min<std::uint64_t>(most, length)));
  };
  auto root = parse_message(read, message.size());
  REQUIRE(root);
  return std::move(*root);
}

}  // namespace

TEST_CASE("mime: a message read in pieces gives the tree of the whole one") {
  const std::string head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n";
  std::vector<std::string> messages = {mixed, "", "\r\n", "a", head, head + "--b--", mixed + mixed};
  // Lines longer than what is held at once, cut anywhere, with what looks like a boundary or an
  // empty line behind the cut.
  for (const std::size_t length : {65'534, 65'535, 65'536, 65'537, 131'072, 300'000}) {
    const std::string line(length, 'x');
    messages.push_back(head + line + "\r\n--b--\r\n");
    messages.push_back(head + line + "--b\r\n\r\n--b--\r\nepilogue");
    messages.push_back("Subject: " + line + "\r\n\r\n" + line + "\r\n");
    messages.push_back("X: y\r\n" + line + "\r\nZ: z\r\n\r\nbody");
  }
  for (const auto& message : messages) {
    const Part whole = parse_message(message);
    for (const std::size_t most : {std::size_t{1}, std::size_t{1000}, std::size_t{1} << 20}) {
      if (most == 1 && message.size() > 10'000) continue;
      const Part pieces = read_in_pieces(message, most);
      compare(whole, pieces);
      CHECK(imap_bodystructure(whole, true) == imap_bodystructure(pieces, true));
      CHECK(imap_envelope(*whole.envelope) == imap_envelope(*pieces.envelope));
    }
  }
}

TEST_CASE("mime: an error of the reading is the answer") {
  const ReadAt broken = [](std::uint64_t offset, std::uint64_t) -> tandem::Result<std::string> {
    if (offset == 0) return "Subject: x\r\n";
    return tandem::fail(tandem::ErrorKind::storage, "the disk is broken");
  };
  const auto root = parse_message(broken, 1'000'000);
  REQUIRE_FALSE(root);
  CHECK(root.error().what == "the disk is broken");
  const ReadAt shorter = [](std::uint64_t, std::uint64_t) {
    return tandem::Result<std::string>("");
  };
  CHECK_FALSE(parse_message(shorter, 10));
}
