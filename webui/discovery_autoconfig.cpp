// config-v1.1.xml (draft-ietf-mailmaint-autoconfig). The user name is the address: whatever a side
// calls a person, the session proxy takes it.
#include <fmt/format.h>
#include <iterator>

#include "webui/discovery.hpp"
#include "webui/markup.hpp"

namespace tandem::webui {
namespace {

void add_server(std::string& text, const ClientSetup& setup, const config::MailService& service) {
  const bool sends = service.protocol == "submission";
  const std::string_view element = sends ? "outgoingServer" : "incomingServer";
  const std::string_view type = sends ? "smtp" : service.protocol;
  fmt::format_to(std::back_inserter(text),
                 R"(    <{0} type="{1}">
      <hostname>{2}</hostname>
      <port>{3}</port>
      <socketType>{4}</socketType>
      <username>%EMAILADDRESS%</username>
      <authentication>password-cleartext</authentication>
    </{0}>
)",
                 element, type, xml_escaped(setup.hostname), service.port,
                 service.implicit_tls ? "SSL" : "STARTTLS");
}

}  // namespace

std::string autoconfig_document(const ClientSetup& setup, std::string_view domain) {
  const std::string name = xml_escaped(domain);
  std::string text = fmt::format(R"(<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1">
  <emailProvider id="{0}">
    <domain>{0}</domain>
    <displayName>{0}</displayName>
    <displayShortName>{0}</displayShortName>
)",
                                 name);
  for (const config::MailService& service : setup.services) add_server(text, setup, service);
  if (!setup.url.empty())
    fmt::format_to(std::back_inserter(text),
                   R"(    <documentation url="{0}{1}">
      <descr lang="en">Set up your mail program</descr>
      <descr lang="ja">メールソフトの設定</descr>
    </documentation>
)",
                   xml_escaped(setup.url), setup_page_path);
  return text + "  </emailProvider>\n</clientConfig>\n";
}

}  // namespace tandem::webui
