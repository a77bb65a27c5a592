#include <catch2/catch.hpp>

#include "lib/mail/header.hpp"

using namespace tandem::mail;

TEST_CASE("header: fields keep bytes, folding and order") {
  const std::string text = "Subject: one\r\n two\r\nTo:a@b\r\nsubject : three\r\n\r\nbody: no\r\n";
  const HeaderView view(text);
  REQUIRE(view.fields().size() == 3);
  CHECK(view.complete());
  CHECK(text.substr(view.block_size()) == "body: no\r\n");
  CHECK(view.fields()[0].raw == "Subject: one\r\n two\r\n");
  CHECK(view.fields()[0].value == " one\r\n two");
  CHECK(view.fields()[2].name == "subject");
  CHECK(view.text("SUBJECT") == "one two");
  CHECK(view.count("subject") == 2);
  CHECK(view.all("subject")[1]->value == " three");
  CHECK(view.find("cc") == nullptr);
  std::string again;
  for (const auto& field : view) again += field.raw;
  CHECK(again == text.substr(0, view.fields_size()));
}

TEST_CASE("header: foreign shapes") {
  SECTION("LF only") {
    const std::string text = "A: 1\nB: 2\n\nbody";
    const HeaderView view(text);
    CHECK(view.fields().size() == 2);
    CHECK(text.substr(view.block_size()) == "body");
  }
  SECTION("no end, no line end") {
    const HeaderView view("A: 1\r\nB: 2");
    CHECK_FALSE(view.complete());
    CHECK(view.block_size() == 10);
    CHECK(view.text("b") == "2");
  }
  SECTION("empty and only the empty line") {
    CHECK(HeaderView("").fields().empty());
    CHECK(HeaderView("\r\nx").block_size() == 2);
    CHECK(HeaderView("\r\nx").complete());
  }
  SECTION("mbox line, no colon, leading fold") {
    const HeaderView view(" fold\r\nFrom a@b Thu Jan  1 00:00:00 1970\r\njunk\r\nA: 1\r\n\r\n");
    REQUIRE(view.fields().size() == 4);
    CHECK(view.fields()[0].name.empty());
    CHECK(view.fields()[1].name.empty());
    CHECK(view.fields()[2].value == "junk");
    CHECK(view.text("a") == "1");
  }
  SECTION("NUL, 8-bit and bare CR stay") {
    using namespace std::string_literals;
    const auto text = "A: x\0\x81\ry\r\n\r\n"s;
    const HeaderView view(text);
    REQUIRE(view.fields().size() == 1);
    CHECK(view.fields()[0].value == " x\0\x81\ry"s);
  }
}

TEST_CASE("header: selected fields are whole fields") {
  const HeaderView view("A: 1\r\n x\r\njunk\r\nb: 2\r\nA: 3");
  const std::vector<std::string> names{"a", "c"};
  CHECK(select_fields(view, names, false) == "A: 1\r\n x\r\nA: 3\r\n\r\n");
  CHECK(select_fields(view, names, true) == "junk\r\nb: 2\r\n\r\n");
  CHECK(select_fields(view, {}, false) == "\r\n");
  CHECK(view.value_of("B") == "2");
  CHECK_FALSE(view.value_of("c"));
}

TEST_CASE("header: limits") {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "A: 1\r\n";
  text += "\r\nbody";
  const HeaderView view(text);
  CHECK(view.fields().size() == 10'000);
  CHECK(view.truncated());
  CHECK(text.substr(view.block_size()) == "body");

  const std::string giant = "A: " + std::string(3'000'000, 'x') + "\r\nB: 1\r\n\r\nbody";
  const HeaderView big(giant);
  CHECK(big.truncated());
  CHECK(big.fields().size() == 1);
  CHECK(big.fields()[0].raw.size() == 1024 * 1024);
  CHECK(giant.substr(big.block_size()) == "body");
}
