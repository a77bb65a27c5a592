#include <catch2/catch.hpp>

#include "lib/base/text.hpp"
#include "lib/mail/received.hpp"

using namespace tandem;
using namespace tandem::mail;

namespace {

const std::string id = "abcdefghijklmnopqrstuvwxyz";

TraceStamp stamp() {
  return {.helo = "mail.example.com",
          .client_address = "192.0.2.1",
          .client_name = "out.example.com",
          .by = "mx.tandem.jp",
          .protocol = "ESMTPS",
          .trace_id = id,
          .for_recipient = "taro@example.jp",
          .date = {WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24)), 540}};
}

}  // namespace

TEST_CASE("received: ours, and read back") {
  const auto line = make_received(stamp());
  CHECK(line ==
        "Received: from mail.example.com (out.example.com [192.0.2.1])\r\n"
        " by mx.tandem.jp with ESMTPS id abcdefghijklmnopqrstuvwxyz\r\n"
        " for <taro@example.jp>;\r\n"
        " Tue, 24 Nov 2026 09:00:00 +0900\r\n");
  const HeaderView view(line);
  REQUIRE(view.fields().size() == 1);
  const auto field = parse_received(view.fields()[0].value);
  CHECK(field.from == "mail.example.com");
  CHECK(field.from_comment == "out.example.com [192.0.2.1]");
  CHECK(field.by == "mx.tandem.jp");
  CHECK(field.with == "ESMTPS");
  CHECK(field.id == id);
  CHECK(field.for_recipient == "taro@example.jp");
  CHECK(field.date == stamp().date);
}

TEST_CASE("received: nothing from the client forges a line") {
  auto bad = stamp();
  bad.helo = "x\r\nBcc: y";
  bad.client_name = "";
  bad.client_address = "2001:db8::1";
  bad.for_recipient = "a\r\nX: b@c";
  const auto line = make_received(bad);
  CHECK(HeaderView(line).fields().size() == 1);
  CHECK(line.find("from x??Bcc:?y (unknown [IPv6:2001:db8::1])") != std::string::npos);
  auto none = stamp();
  none.helo.clear();
  none.for_recipient.clear();
  const auto text = make_received(none);
  CHECK(text.find("for") == std::string::npos);
  CHECK(parse_received(text.substr(9)).from == "unknown");
  CHECK(parse_received(text.substr(9)).date.has_value());
}

TEST_CASE("received: other people's") {
  const auto postfix = parse_received(
      " from a.example (unknown [203.0.113.5])\r\n\t(using TLSv1.3 with cipher X (256/256 "
      "bits))\r\n"
      "\t(No client certificate requested)\r\n\tby mx.b.example (Postfix) with ESMTPS id 4XyZ\r\n"
      "\tfor <r@b.example>; Tue, 24 Nov 2026 09:00:00 +0900 (JST)");
  CHECK(postfix.from == "a.example");
  CHECK(postfix.from_comment == "unknown [203.0.113.5]");
  CHECK(postfix.by == "mx.b.example");
  CHECK(postfix.with == "ESMTPS");
  CHECK(postfix.id == "4XyZ");
  CHECK(postfix.for_recipient == "r@b.example");
  CHECK(postfix.date);
  const auto gmail = parse_received(
      "by 2002:a05:6a10:b0d:b0:1 with SMTP id 5csp1; Mon, 23 Nov 2026 16:00:00 -0800 (PST)");
  CHECK(gmail.by == "2002:a05:6a10:b0d:b0:1");
  CHECK(gmail.with == "SMTP");
  CHECK(gmail.from.empty());
  const auto qmail = parse_received("(qmail 123 invoked by uid 89); 24 Nov 2026 00:00:00 -0000");
  CHECK(qmail.by.empty());
  CHECK(qmail.date);
  CHECK(parse_received("").by.empty());
  CHECK(parse_received("from").from.empty());
  CHECK(parse_received("from;by").by.empty());
  CHECK(parse_received("((((by x").by.empty());
}

TEST_CASE("received: the trace id by our names") {
  const std::string other = "234567abcdefghijklmnopqrst";
  const std::string header = "Received: by x.jp with LMTP id " + other +
                             "; 24 Nov 2026 00:00:00 +0000\r\n" + make_received(stamp()) +
                             "Received: by mx.tandem.jp with ESMTP id NOT-OURS\r\n\r\n";
  const HeaderView view(header);
  const std::vector<std::string> us{"MX.tandem.jp"};
  CHECK(find_trace_id(view, us) == id);
  CHECK(find_trace_id(view, {}) == other);
  CHECK(trace_ids(view, us).size() == 1);
  CHECK(trace_ids(view, {}).size() == 2);
  CHECK(count_received(view) == 3);
  CHECK_FALSE(find_trace_id(HeaderView("Subject: x\r\n\r\n"), us));
  CHECK(is_trace_id(new_trace_id()));
  CHECK_FALSE(is_trace_id("abcdefghijklmnopqrstuvwxy"));
  CHECK_FALSE(is_trace_id("ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
}
