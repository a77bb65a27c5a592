// What a milter is told of one message: who brought it, its envelope, its header. The body follows
// piece by piece (client_machine.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tandem::milter {

struct Field {
  std::string name;
  // All behind the colon, the blank included; folded lines end with CRLF, the last without.
  std::string value;
  bool operator==(const Field&) const = default;
};

struct Examination {
  std::string our_name;        // {j}: by it a filter signs Authentication-Results
  std::string message_id;      // {i}: the trace id
  std::string client_address;  // an IP literal; empty: not known
  std::uint16_t client_port = 0;
  std::string client_name;  // verified reverse name; empty: not known
  std::string helo;
  std::string tls_version, tls_cipher;       // empty: none
  std::string sender;                        // without angle brackets; empty: null
  std::vector<std::string> mail_parameters;  // "BODY=8BITMIME"
  std::vector<std::string> recipients;       // whom the message is for, without angle brackets
  std::vector<Field> header;
};

}  // namespace tandem::milter
