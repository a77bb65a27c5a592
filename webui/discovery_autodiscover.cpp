// Outlook's autodiscover in its POX form (MS-OXDSCLI): a request names an address and the schema of
// the answer it can read; the answer holds one Protocol per service. What cannot be answered gets
// error 600, an unknown domain and a broken request alike.
//
// The request is parsed by expat, without DOCTYPE: no entity of the sender's own is ever expanded.
#include <expat.h>
#include <fmt/format.h>
#include <iterator>
#include <memory>

#include "lib/base/text.hpp"
#include "webui/discovery.hpp"
#include "webui/markup.hpp"

namespace tandem::webui {
namespace {

constexpr std::string_view schemas = "http://schemas.microsoft.com/exchange/autodiscover";
constexpr std::size_t longest_value = 1000;

struct PoxRequest {
  std::string address, schema;
  std::string* into = nullptr;  // the element under way
  XML_Parser parser = nullptr;
};

// Names come as "namespace|local".
void XMLCALL begin_element(void* data, const XML_Char* name, const XML_Char**) {
  auto& request = *static_cast<PoxRequest*>(data);
  const std::string wanted = std::string(schemas) + "/outlook/requestschema/2006|";
  request.into = nullptr;
  if (name == wanted + "EMailAddress") request.into = &request.address;
  if (name == wanted + "AcceptableResponseSchema") request.into = &request.schema;
}

void XMLCALL end_element(void* data, const XML_Char*) {
  static_cast<PoxRequest*>(data)->into = nullptr;
}

void XMLCALL take_text(void* data, const XML_Char* text, int length) {
  auto& request = *static_cast<PoxRequest*>(data);
  if (request.into == nullptr) return;
  if (request.into->size() + static_cast<std::size_t>(length) > longest_value)
    XML_StopParser(request.parser, XML_FALSE);
  else
    request.into->append(text, static_cast<std::size_t>(length));
}

void XMLCALL refuse_doctype(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
  XML_StopParser(static_cast<PoxRequest*>(data)->parser, XML_FALSE);
}

// False: it is not well-formed, or longer than any real one.
bool read_request(std::string_view body, PoxRequest& request) {
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
      XML_ParserCreateNS(nullptr, '|'), XML_ParserFree);
  if (parser == nullptr) return false;
  request.parser = parser.get();
  XML_SetUserData(parser.get(), &request);
  XML_SetElementHandler(parser.get(), begin_element, end_element);
  XML_SetCharacterDataHandler(parser.get(), take_text);
  XML_SetStartDoctypeDeclHandler(parser.get(), refuse_doctype);
  const auto size = static_cast<int>(body.size());  // the body's limit is far below
  return XML_Parse(parser.get(), body.data(), size, XML_TRUE) == XML_STATUS_OK;
}

std::string refusal() {
  return fmt::format(R"(<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="{}/responseschema/2006">
  <Response>
    <Error Time="00:00:00.0000000" Id="1">
      <ErrorCode>600</ErrorCode>
      <Message>Invalid Request</Message>
      <DebugData />
    </Error>
  </Response>
</Autodiscover>
)",
                     schemas);
}

void add_protocol(std::string& text, std::string_view type, const ClientSetup& setup,
                  const config::MailService& service, std::string_view login) {
  fmt::format_to(std::back_inserter(text),
                 R"(      <Protocol>
        <Type>{}</Type>
        <Server>{}</Server>
        <Port>{}</Port>
        <DomainRequired>off</DomainRequired>
        <LoginName>{}</LoginName>
        <SPA>off</SPA>
        <SSL>on</SSL>
        <Encryption>{}</Encryption>
        <AuthRequired>on</AuthRequired>
{}      </Protocol>
)",
                 type, xml_escaped(setup.hostname), service.port, login,
                 service.implicit_tls ? "SSL" : "TLS",
                 type == "SMTP" ? "        <UsePOPAuth>on</UsePOPAuth>\n"
                                  "        <SMTPLast>off</SMTPLast>\n"
                                : "");
}

}  // namespace

std::string autodiscover_document(const ClientSetup& setup, std::string_view body) {
  PoxRequest request;
  const std::string wanted = std::string(schemas) + "/outlook/responseschema/2006a";
  if (!read_request(body, request) || trim(request.schema) != wanted) return refusal();
  const auto address = address_of_ours(setup, trim(request.address));
  if (!address || setup.services.empty()) return refusal();
  const std::string name = xml_escaped(*address);
  std::string text = fmt::format(R"(<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="{0}/responseschema/2006">
  <Response xmlns="{1}">
    <User>
      <DisplayName>{2}</DisplayName>
    </User>
    <Account>
      <AccountType>email</AccountType>
      <Action>settings</Action>
)",
                                 schemas, wanted, name);
  constexpr std::pair<std::string_view, std::string_view> types[] = {
      {"imap", "IMAP"}, {"pop3", "POP3"}, {"submission", "SMTP"}};
  for (const auto& [protocol, type] : types)
    if (const auto* service = preferred(setup, protocol))
      add_protocol(text, type, setup, *service, name);
  return text + "    </Account>\n  </Response>\n</Autodiscover>\n";
}

}  // namespace tandem::webui
