// OAUTHBEARER (RFC 7628) and XOAUTH2 (Google, Microsoft), both sides: the token is passed through
// to whoever can judge it.
#include "lib/base/text.hpp"
#include "lib/protocol/sasl/mechanisms.hpp"

namespace tandem::sasl::detail {
namespace {

constexpr char separator = '\x01';

// saslname of RFC 5801: "=2C" and "=3D" for comma and equals sign.
std::string unescape_name(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name.substr(i, 3) == "=2C") {
      out += ',';
      i += 2;
    } else if (name.substr(i, 3) == "=3D") {
      out += '=';
      i += 2;
    } else {
      out += name[i];
    }
  }
  return out;
}

std::string escape_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == ',')
      out += "=2C";
    else if (c == '=')
      out += "=3D";
    else
      out += c;
  }
  return out;
}

class OAuthServer : public ServerMechanism {
 public:
  explicit OAuthServer(bool bearer) : bearer_(bearer) {}

  Step start(std::optional<std::string_view> initial) override {
    return initial ? step(*initial) : challenge("");
  }

  Step step(std::string_view input) override {
    if (refused_) return failure();  // the client's dummy answer to the error challenge
    if (input.size() > max_input) return failure();
    const std::vector<std::string_view> parts = split(input, separator);
    if (parts.size() < 4 || parts.size() > 8 || !take_user(parts[0])) return failure();
    Request request;
    request.kind = Request::Kind::verify_token;
    request.mechanism = bearer_ ? "OAUTHBEARER" : "XOAUTH2";
    request.user = user_;
    for (const std::string_view part : parts) {
      if (istarts_with(part, "auth=Bearer ")) request.secret = trim(part.substr(12));
    }
    if (request.secret.empty() || !is_token(request.secret)) return failure();
    return ask(std::move(request));
  }

  Step answer(const Answer& answer) override {
    if (answer.verdict != Answer::Verdict::refuse) return conclude(answer);
    refused_ = true;
    return challenge(R"({"status":"invalid_token","schemes":"bearer"})");
  }

 private:
  bool take_user(std::string_view head) {
    if (!bearer_) {
      if (!istarts_with(head, "user=")) return false;
      user_ = head.substr(5);
      return is_clean(user_);
    }
    // gs2-header: "n,a=user,"; channel binding is not offered.
    if (!head.starts_with("n,a=") || !head.ends_with(",") || head.size() < 6) return false;
    user_ = unescape_name(head.substr(4, head.size() - 5));
    return is_clean(user_);
  }

  static bool is_token(std::string_view token) {
    for (const char c : token) {
      if (c <= 0x20 || c >= 0x7f) return false;
    }
    return true;
  }

  bool bearer_;
  bool refused_ = false;
};

class OAuthClient : public ClientMechanism {
 public:
  OAuthClient(const Credentials& credentials, bool bearer)
      : credentials_(credentials), bearer_(bearer) {}
  ~OAuthClient() override { wipe(credentials_.token); }
  [[nodiscard]] std::string_view name() const override {
    return bearer_ ? "OAUTHBEARER" : "XOAUTH2";
  }

  std::optional<std::string> initial() override {
    std::string message =
        bearer_ ? "n,a=" + escape_name(credentials_.user) + "," : "user=" + credentials_.user;
    message += separator;
    if (bearer_ && !credentials_.host.empty()) {
      message += "host=" + credentials_.host + separator;
      message += "port=" + std::to_string(credentials_.port) + separator;
    }
    message += "auth=Bearer " + credentials_.token;
    message += separator;
    message += separator;
    return message;
  }

  // A challenge is the server's error report; the answer lets it fail in order.
  Result<std::string> step(std::string_view) override {
    return bearer_ ? std::string(1, separator) : std::string();
  }

 private:
  Credentials credentials_;
  bool bearer_;
};

}  // namespace

std::unique_ptr<ServerMechanism> oauth_server(bool bearer) {
  return std::make_unique<OAuthServer>(bearer);
}
std::unique_ptr<ClientMechanism> oauth_client(const Credentials& credentials, bool bearer) {
  return std::make_unique<OAuthClient>(credentials, bearer);
}

}  // namespace tandem::sasl::detail
