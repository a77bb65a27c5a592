// Apple's configuration profile: com.apple.mail.managed inside a Configuration, as a property list.
// No password in it: the device asks. Its UUIDs follow from host and address, so that one that is
// installed again takes the place of the first. It is signed by profile_signature.
#include <fmt/format.h>
#include <iterator>

#include "lib/base/text.hpp"
#include "webui/discovery.hpp"
#include "webui/markup.hpp"

namespace tandem::webui {
namespace {

// The same for the same words, always.
std::string uuid_of(const std::string& words) {
  std::string bytes = sha256(words).substr(0, 16);
  bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0f) | 0x80);  // version 8
  bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3f) | 0x80);
  const std::string hex = upper(hex_encode(bytes));
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                     hex.substr(16, 4), hex.substr(20));
}

class Dictionary {
 public:
  Dictionary& text(std::string_view key, std::string_view value) {
    return add(key, fmt::format("<string>{}</string>", xml_escaped(value)));
  }
  Dictionary& number(std::string_view key, unsigned value) {
    return add(key, fmt::format("<integer>{}</integer>", value));
  }
  Dictionary& flag(std::string_view key, bool value) {
    return add(key, value ? "<true/>" : "<false/>");
  }
  Dictionary& add(std::string_view key, std::string_view value) {
    fmt::format_to(std::back_inserter(entries_), "<key>{}</key>{}\n", key, value);
    return *this;
  }
  [[nodiscard]] std::string done() const { return "<dict>\n" + entries_ + "</dict>"; }

 private:
  std::string entries_;
};

// RFC 9562 5.8 UUIDs. `what` tells the payloads of one profile apart.
void identify(Dictionary& payload, const ClientSetup& setup, std::string_view address,
              std::string_view what) {
  const std::string words = fmt::format("{}\n{}\n{}", setup.hostname, lower(address), what);
  const std::string uuid = uuid_of(words);
  payload.text("PayloadIdentifier", fmt::format("{}.{}", setup.hostname, uuid))
      .text("PayloadUUID", uuid)
      .number("PayloadVersion", 1);
}

std::string account_of(const ClientSetup& setup, std::string_view address,
                       const config::MailService& incoming, const config::MailService& outgoing) {
  Dictionary account;
  account.text("PayloadType", "com.apple.mail.managed").text("PayloadDisplayName", address);
  identify(account, setup, address, "account");
  account.text("EmailAccountType", incoming.protocol == "imap" ? "EmailTypeIMAP" : "EmailTypePOP")
      .text("EmailAccountDescription", address)
      .text("EmailAddress", address)
      .text("IncomingMailServerAuthentication", "EmailAuthPassword")
      .text("IncomingMailServerHostName", setup.hostname)
      .number("IncomingMailServerPortNumber", incoming.port)
      .flag("IncomingMailServerUseSSL", true)
      .text("IncomingMailServerUsername", address)
      .text("OutgoingMailServerAuthentication", "EmailAuthPassword")
      .text("OutgoingMailServerHostName", setup.hostname)
      .number("OutgoingMailServerPortNumber", outgoing.port)
      .flag("OutgoingMailServerUseSSL", true)
      .text("OutgoingMailServerUsername", address)
      .flag("OutgoingPasswordSameAsIncomingPassword", true);
  return account.done();
}

}  // namespace

Result<std::string> profile_document(const ClientSetup& setup, std::string_view address) {
  const auto* incoming = preferred(setup, "imap");
  if (incoming == nullptr) incoming = preferred(setup, "pop3");
  const auto* outgoing = preferred(setup, "submission");
  if (incoming == nullptr || outgoing == nullptr)
    return fail(ErrorKind::not_found, "There are no mailboxes and no sending here for programs.");
  Dictionary profile;
  profile.text("PayloadType", "Configuration")
      .text("PayloadDisplayName", address)
      .text("PayloadOrganization", address.substr(address.rfind('@') + 1));
  identify(profile, setup, address, "profile");
  const std::string account = account_of(setup, address, *incoming, *outgoing);
  profile.add("PayloadContent", "<array>" + account + "</array>");
  return fmt::format(
      R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
{}
</plist>
)",
      profile.done());
}

}  // namespace tandem::webui
