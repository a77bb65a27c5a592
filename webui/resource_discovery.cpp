// GET /api/discovery: what mail programs are told, where they ask, and the records to publish. With
// `address`, the link and the QR code lead to that person's profile, else to the page for people.
#include <boost/json.hpp>

#include "webui/discovery.hpp"
#include "webui/json.hpp"
#include "webui/qr_code.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace json = boost::json;
namespace {

json::array services_of(const ClientSetup& setup) {
  json::array services;
  for (const auto& service : setup.services)
    services.push_back({{"protocol", service.protocol},
                        {"host", setup.hostname},
                        {"port", service.port},
                        {"security", service.implicit_tls ? "tls" : "starttls"}});
  return services;
}

json::array records_of(const ClientSetup& setup) {
  json::array records;
  for (const auto& record : setup.records)
    records.push_back({{"name", record.name}, {"type", record.type}, {"value", record.value}});
  return records;
}

std::string link_of(const ClientSetup& setup, const std::string& address) {
  if (setup.url.empty()) return "";
  if (address.empty()) return setup.url + std::string(setup_page_path);
  return setup.url + std::string(profile_path) + "?address=" + net::percent_encode(address);
}

}  // namespace

Task<HttpResponse> get_discovery(Context& context, const Request& request) {
  const ClientSetup& setup = context.options.setup;
  std::string address;
  if (const auto asked = request.http.parameter("address")) {
    auto ours = address_of_ours(setup, *asked);
    if (!ours) co_return bad_request("That is not an address of a domain that is served here.");
    address = std::move(*ours);
  }
  const std::string link = link_of(setup, address);
  json::array rows;
  if (!link.empty())
    for (const auto& row : qr_code(link)) rows.push_back(json::string(row));
  json::array domains;
  for (const auto& domain : setup.domains) domains.push_back(json::string(domain));
  co_return reply_json(json::serialize(json::object{{"host", text_or_null(setup.hostname)},
                                                    {"url", text_or_null(setup.url)},
                                                    {"domains", std::move(domains)},
                                                    {"services", services_of(setup)},
                                                    {"records", records_of(setup)},
                                                    {"link", text_or_null(link)},
                                                    {"qr", std::move(rows)}}));
}

}  // namespace tandem::webui
