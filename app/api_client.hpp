// The command line's way to the running server: its API (webui/openapi.json), opened with the token
// in DATA/api.token at the address of listen.web. Requests wait; one connection each.
#pragma once

#include <string>

#include "app/command.hpp"
#include "config/process_settings.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/base/secret.hpp"

namespace tandem::app {

class ApiClient {
 public:
  // Reads configuration and token. Errors name the next step.
  [[nodiscard]] static Result<ApiClient> open(const Arguments& arguments);
  [[nodiscard]] static Result<ApiClient> open(const config::ProcessSettings& settings);

  // The body of a 2xx answer. Other answers are errors with the server's kind in `what`'s place:
  // what, server_words and next_step are the API's. Error unreachable: no server is running.
  [[nodiscard]] Result<std::string> get(std::string path) const;
  // The same where the answer may be a whole message: as much as the API gives.
  [[nodiscard]] Result<std::string> get_large(std::string path) const;
  [[nodiscard]] Result<std::string> post(std::string path, std::string json) const;
  // The same where the answer may take hours.
  [[nodiscard]] Result<std::string> post_patiently(std::string path, std::string json) const;

 private:
  ApiClient(std::string url, std::string pin, Secret token)
      : url_(std::move(url)), pin_(std::move(pin)), token_(std::move(token)) {}
  [[nodiscard]] Result<std::string> ask(std::string method, std::string path, std::string body,
                                        Duration limit, std::size_t largest) const;

  std::string url_;
  std::string pin_;  // of our own certificate; empty: no TLS
  Secret token_;
};

}  // namespace tandem::app
