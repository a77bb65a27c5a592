// A hostile name server's answer.
#include <string>

#include "lib/net/dns_message.hpp"
#include "tests/fuzz/target.hpp"

using namespace tandem;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string query = *net::make_dns_query("example.jp", net::DnsType::mx, 7, true);
  const std::string_view input = fuzz::text_of(data, size);
  (void)net::parse_dns_answer(input, query);
  // The same as an answer to this query: its head is the query's, the input is what follows.
  std::string answer = query;
  answer[2] = static_cast<char>(0x81);
  answer[7] = 3;
  answer += input;
  const auto parsed = net::parse_dns_answer(answer, query);
  if (!parsed) return 0;
  for (const net::DnsRecord& record : parsed->answers) {
    const bool is_name = record.type == net::DnsType::mx || record.type == net::DnsType::cname;
    fuzz::require(
        !is_name || record.data.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
        "a name brings no line end into a log (T-21)");
  }
  return 0;
}
