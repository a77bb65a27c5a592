// Discovery: how mail programs set themselves up by asking over HTTP. Thunderbird and its kin read
// config-v1.1.xml, Outlook asks autodiscover (POX and its JSON), Apple's devices install a profile,
// and people read a page. All answers are made of ClientSetup: they are the same whether a mailbox
// exists or not. What is asked is validated and escaped (T-21); nobody logs in here.
#pragma once

#include <string>
#include <string_view>

#include "lib/net/http/server.hpp"
#include "lib/net/task_group.hpp"
#include "webui/client_setup.hpp"

namespace tandem::webui {

using net::Task;

inline constexpr std::string_view setup_page_path = "/mail/setup";
inline constexpr std::string_view profile_path = "/mail/profile.mobileconfig";

// Paths of discovery, autodiscover's in any case of letters. None of them is the page's or the
// API's.
[[nodiscard]] bool is_discovery_path(std::string_view path);
// The request's path is one of those.
[[nodiscard]] net::HttpResponse answer_discovery(const ClientSetup& setup,
                                                 const net::HttpRequest& request);

// One connection to a port that serves nothing else. Without TLS, from elsewhere than this machine,
// only config-v1.1.xml is answered; the rest is sent on to `url`.
class DiscoveryConnection final : public net::HttpHandler {
 public:
  // All outlive it.
  DiscoveryConnection(const ClientSetup& setup, net::Stream& stream, net::TaskGroup& group);

  Task<void> handle(net::HttpRequest request, net::HttpResponder& responder) override;

 private:
  const ClientSetup& setup_;
  net::Stream& stream_;
  net::TaskGroup& group_;
  bool busy_ = false;
  net::TaskGroup::StopHandle stop_;
};

// The documents, each in its own file. Domains and addresses given are checked ones of ours.
// draft-ietf-mailmaint-autoconfig: config-v1.1.xml.
[[nodiscard]] std::string autoconfig_document(const ClientSetup& setup, std::string_view domain);
// Autodiscover: the answer to a POX request, be it the settings or error 600.
[[nodiscard]] std::string autodiscover_document(const ClientSetup& setup, std::string_view body);
// Apple's configuration profile for one address. Error not_found: neither IMAP nor POP3 with
// submission is offered.
[[nodiscard]] Result<std::string> profile_document(const ClientSetup& setup,
                                                   std::string_view address);
// The page for people.
[[nodiscard]] std::string setup_page(const ClientSetup& setup, bool japanese);
inline constexpr std::string_view setup_page_style =
    "body{font:16px/1.6 system-ui,sans-serif;max-width:40rem;margin:0 auto;padding:1rem}"
    "h1{font-size:1.5rem}h2{font-size:1.125rem}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:start;padding:.375rem .5rem;border-bottom:1px solid #8888}"
    "input,button{font:inherit;padding:.5rem;max-width:100%;box-sizing:border-box}\n";

}  // namespace tandem::webui
