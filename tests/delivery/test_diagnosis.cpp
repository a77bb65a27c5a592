#include <algorithm>
#include <fstream>
#include <set>

#include <catch2/catch.hpp>

#include "lib/base/text.hpp"
#include "lib/delivery/diagnosis/catalogue.hpp"
#include "lib/delivery/diagnosis/catalogue_data.hpp"
#include "lib/delivery/diagnosis/diagnosis.hpp"

using namespace tandem;
using namespace tandem::delivery;

namespace {

// A row of the reference that the catalogue was made from: id, reply codes, status codes, text.
struct Row {
  std::string id, code, status, text;
};

std::vector<Row> rows_as_given() {
  std::ifstream file(TANDEM_SOURCE_DIR "/tests/delivery/rows_as_given.txt");
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    const auto parts = split(line, '\t');
    REQUIRE(parts.size() == 4);
    rows.push_back({std::string(parts[0]), std::string(parts[1]), std::string(parts[2]),
                    std::string(parts[3])});
  }
  return rows;
}

std::string first_word(std::string_view text) {
  return std::string(text.substr(0, text.find_first_of(" /")));
}

bool complete(const mail::BothLanguages& words) {
  const bool japanese =
      std::ranges::any_of(words.ja, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  return !words.en.empty() && japanese && is_utf8(words.ja) && words.en.ends_with('.') &&
         words.ja.ends_with("。");
}

Diagnosis of(std::string_view text, std::string host = "", std::string provider = "") {
  auto said = read_server_words(text);
  said.host = std::move(host);
  said.provider = std::move(provider);
  return diagnose(said);
}

}  // namespace

TEST_CASE("Every row of the reference, as it is given, finds its entry", "[catalogue]") {
  const auto rows = rows_as_given();
  CHECK(rows.size() == 75);
  for (const auto& row : rows) {
    INFO(row.id << ": " << row.text);
    const auto code = first_word(row.code) == "4xx" ? "450" : first_word(row.code);
    const auto status = first_word(row.status).substr(row.status.starts_with('#') ? 1 : 0);
    const auto diagnosis = diagnose({.code = std::stoi(code), .status = status, .text = row.text});
    CHECK(diagnosis.entry == row.id);
    CHECK(diagnosis.basis == Basis::entry);
  }
}

TEST_CASE("Every example of the catalogue finds its entry, and is explained in both languages",
          "[catalogue]") {
  std::set<std::string> ids;
  for (const auto& entry : catalogue().entries) {
    CHECK(ids.insert(entry.id).second);
    CHECK(complete(entry.cause));
    CHECK(complete(entry.next_step));
    for (const auto& example : entry.examples) {
      INFO(entry.id << ": " << example);
      const auto diagnosis = of(example);
      CHECK(diagnosis.entry == entry.id);
      CHECK(diagnosis.error_class == entry.error_class);
      CHECK(diagnosis.cause == entry.cause);
      CHECK(diagnosis.next_step == entry.next_step);
      CHECK(diagnosis.who == entry.who);
      CHECK(diagnosis.confidence == entry.confidence);
      CHECK(diagnosis.source == entry.source);
      CHECK(diagnosis.example == entry.examples.front());
      CHECK(diagnosis.temporary == (example[0] == '4'));
    }
  }
}

TEST_CASE("Every class says cause and next step in both languages", "[catalogue]") {
  for (const auto& row : catalogue().classes) {
    INFO(name_of(row.error_class));
    CHECK(complete(row.cause));
    CHECK(complete(row.next_step));
    CHECK(parse_error_class(name_of(row.error_class)) == row.error_class);
  }
  CHECK_FALSE(parse_error_class("bad luck"));
}

TEST_CASE("Unknown words fall back on the enhanced status code, then on the reply code",
          "[catalogue]") {
  const auto status = of("550 5.7.25 xyzzy");
  CHECK(status.error_class == ErrorClass::reverse_dns);
  CHECK(status.basis == Basis::status_code);
  CHECK(status.confidence == Confidence::medium);

  const auto overloaded = of("554 5.7.1 xyzzy");
  CHECK(overloaded.error_class == ErrorClass::not_authorized);
  CHECK(overloaded.confidence == Confidence::low);

  const auto unregistered = of("535 5.99.99 xyzzy");
  CHECK(unregistered.error_class == ErrorClass::not_authorized);
  CHECK(unregistered.basis == Basis::reply_code);

  const auto code = of("452 xyzzy");
  CHECK(code.error_class == ErrorClass::server_full);
  CHECK(code.basis == Basis::reply_code);
  CHECK(code.temporary);

  CHECK(of("550 xyzzy").error_class == ErrorClass::unclear);
  CHECK(of("xyzzy").basis == Basis::nothing);
  CHECK(of("").basis == Basis::nothing);
}

TEST_CASE("Every registered status code of RFC 3463 and RFC 5248 has a meaning", "[catalogue]") {
  CHECK(catalogue().status_codes.size() == 81);
  for (const auto& row : catalogue().status_codes) {
    const auto text = "550 5." + std::to_string(row.code.subject) + "." +
                      std::to_string(row.code.from) + " xyzzy";
    INFO(text);
    CHECK(!row.meaning.en.empty());
    CHECK(!row.meaning.ja.empty());
    CHECK(of(text).error_class == row.error_class);
    CHECK(of(text).basis == Basis::status_code);
  }
}

TEST_CASE("General words tell more than a code that means many things", "[catalogue]") {
  CHECK(of("550 5.0.0 Sorry, this mailbox is full").error_class == ErrorClass::mailbox_full);
  CHECK(of("554 5.7.1 No such user here").error_class == ErrorClass::unknown_mailbox);
  CHECK(of("550 5.7.1 Message rejected due to SPF check").error_class ==
        ErrorClass::sender_authentication);
  SECTION("vague words do not outweigh a code of one meaning") {
    CHECK(of("550 5.2.3 refused by policy").error_class == ErrorClass::too_large);
    CHECK(of("550 refused by policy").error_class == ErrorClass::policy);
  }
}

TEST_CASE("What a code means depends on whose it is", "[catalogue]") {
  CHECK(of("550 5.7.27 xyzzy", "gmail-smtp-in.l.google.com").entry == "gm-5727");
  CHECK(of("550 5.7.27 xyzzy", "", "google").entry == "gm-5727");
  CHECK(of("550 5.7.27 xyzzy", "mx.example.jp").error_class == ErrorClass::sender_refused);
  CHECK(of("550 5.7.30 xyzzy", "smtp.office365.com.").entry == "ex-5730");
  CHECK(of("550 5.7.620 xyzzy", "example-jp.mail.protection.outlook.com").entry == "ex-57606");
  SECTION("a host name that only ends alike is another's") {
    CHECK(of("550 5.7.27 xyzzy", "evilgoogle.com").entry.empty());
  }
  SECTION("common words mean it of their host only, or where no host is known") {
    CHECK(of("550 : User unknown", "lsean.ezweb.ne.jp").entry == "kddi-550");
    CHECK(of("550 : User unknown").entry == "kddi-550");
    CHECK(of("550 : User unknown", "mx.example.jp").error_class == ErrorClass::unknown_mailbox);
  }
}

TEST_CASE("Temporary is what the server calls temporary", "[catalogue]") {
  CHECK(of("452 4.2.2 Quota exceeded").temporary);
  CHECK_FALSE(of("552 5.2.2 Quota exceeded").temporary);
  CHECK(of("4.2.2 Quota exceeded").temporary);
  SECTION("a refusal that is final is never called one that settles itself") {
    CHECK(of("450 Greylisted").retry == Retry::by_itself);
    CHECK(of("550 Greylisted").retry == Retry::after_fix);
  }
}

TEST_CASE("What the source calls doubtful is not told as certain", "[catalogue]") {
  CHECK(of("450 4.7.1 Greylisted").confidence == Confidence::low);
  CHECK(of("550 5.7.1 <a@b.jp>... Command rejected", "www1.sakura.ne.jp").confidence ==
        Confidence::medium);
  CHECK(of("550 5.1.1 <a@b.jp>: Recipient address rejected: User unknown").confidence ==
        Confidence::high);
}

TEST_CASE("Codes are found where servers write them", "[catalogue]") {
  const auto read = [](std::string_view text) {
    const auto said = read_server_words(text);
    return std::to_string(said.code) + " " + said.status;
  };
  CHECK(read("550 5.1.1 no") == "550 5.1.1");
  CHECK(read("550-5.1.1 The account\n550 5.1.1 does not exist") == "550 5.1.1");
  CHECK(read("host mx[192.0.2.1] said: 451 4.7.1 later (in reply to RCPT)") == "451 4.7.1");
  CHECK(read("sorry, no mailbox here by that name (#5.1.1)") == "0 5.1.1");
  CHECK(read("552 sorry (#5.3.4)") == "552 5.3.4");
  CHECK(read("MAIL FROM:<a@b.jp> SIZE=543: 550 no") == "550 ");
  CHECK(read("192.0.2.5.1.1 and 10.5.1.1") == "0 ");
  CHECK(read("call 0550-123-456") == "0 ");
  CHECK(read("250 2.0.0 Ok") == "0 2.0.0");
}

TEST_CASE("Continued lines of a reply read as one", "[catalogue]") {
  CHECK(of("550-5.1.1 The email account that you tried to reach\r\n"
           "550-5.1.1 does not exist. Please try\r\n550 5.1.1 again")
            .entry == "gm-511");
}

TEST_CASE("Words in the text around count only where the server's own tell nothing",
          "[catalogue]") {
  ServerWords said = read_server_words("550 5.0.0 xyzzy");
  said.context = "the mailbox is full";
  CHECK(diagnose(said).error_class == ErrorClass::mailbox_full);
  said.text = "550 no such user";
  CHECK(diagnose(said).error_class == ErrorClass::unknown_mailbox);
}

TEST_CASE("A broken catalogue is refused with the place", "[catalogue]") {
  const auto texts = catalogue_texts();
  std::vector<std::string_view> broken(texts.begin(), texts.end());
  CHECK(parse_catalogue(broken));
  SECTION("not JSON") {
    broken[1] = "[";
    CHECK(parse_catalogue(broken).error().what.find("not JSON") != std::string::npos);
  }
  SECTION("a class without a row") {
    broken[0] = "[]";
    CHECK(parse_catalogue(broken).error().what.find("unknown_mailbox") != std::string::npos);
  }
  SECTION("an unknown class") {
    broken[2] = R"([{"class": "bad luck", "tier": "clear", "says": ["x"]}])";
    CHECK(parse_catalogue(broken).error().what.find("bad luck") != std::string::npos);
  }
  SECTION("words that could never be found") {
    broken[2] = R"([{"class": "spam", "tier": "clear", "says": ["Spam"]}])";
    CHECK(parse_catalogue(broken).error().what.find("lower case") != std::string::npos);
  }
  SECTION("a code that is none") {
    broken[1] = R"([{"code": "7.1.1", "class": "spam", "en": "x", "ja": "x"}])";
    CHECK(parse_catalogue(broken).error().what.find("7.1.1") != std::string::npos);
  }
}

TEST_CASE("Hostile words end, and soon", "[catalogue]") {
  CHECK(of(std::string(1'000'000, '5')).basis == Basis::nothing);
  CHECK(of(std::string(1'000'000, '@')).basis == Basis::nothing);
  std::string dots = "5";
  for (int i = 0; i < 100'000; ++i) dots += ".5";
  CHECK(of(dots).status.empty());
}

TEST_CASE("A refusal without a reason is about what the server knew by then", "[catalogue]") {
  CHECK(read_stage("SMTP error after RCPT TO:<a@b.jp>: 550 no") == Stage::recipient);
  CHECK(read_stage("550 no (in reply to MAIL FROM command)") == Stage::sender);
  CHECK(read_stage(">>> MAIL From:<a@b.jp>\n<<< 250\n>>> DATA\n<<< 550 no") == Stage::content);
  CHECK(read_stage("host mx refused to talk to me: 554 no") == Stage::connection);
  CHECK(read_stage("550 no") == Stage::unknown);

  const auto at = [](Stage stage, std::string_view text) {
    auto said = read_server_words(text);
    said.stage = stage;
    return diagnose(said);
  };
  CHECK(at(Stage::connection, "554 xyzzy").error_class == ErrorClass::blocked);
  CHECK(at(Stage::sender, "550 xyzzy").error_class == ErrorClass::sender_refused);
  CHECK(at(Stage::content, "550 mail rejected").error_class == ErrorClass::spam);
  CHECK(at(Stage::connection, "554 xyzzy").confidence == Confidence::low);
  SECTION("words tell more") {
    CHECK(at(Stage::connection, "554 mailbox full").error_class == ErrorClass::mailbox_full);
    CHECK(at(Stage::connection, "421 xyzzy").error_class == ErrorClass::server_fault);
  }
  SECTION("a domain that is not found at MAIL FROM is the sender's") {
    CHECK(at(Stage::sender, "550 no such domain").error_class == ErrorClass::sender_refused);
    CHECK(at(Stage::recipient, "550 no such domain").error_class == ErrorClass::unknown_domain);
  }
}

TEST_CASE("A status code of success is no refusal", "[catalogue]") {
  CHECK(of("2.1.5 Ok").error_class == ErrorClass::delivered);
  CHECK(of("550 2.1.5 mailbox full").error_class == ErrorClass::mailbox_full);
}
