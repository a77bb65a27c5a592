// PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login), both sides.
#include "lib/base/text.hpp"
#include "lib/protocol/sasl/mechanisms.hpp"

namespace tandem::sasl::detail {
namespace {

Step ask_password(std::string_view mechanism, std::string_view user, std::string_view identity,
                  std::string_view password) {
  if (!is_clean(user) || !is_clean(password)) return failure();
  if (!identity.empty() && !is_clean(identity)) return failure();
  Request request;
  request.kind = Request::Kind::verify_password;
  request.mechanism = mechanism;
  request.user = user;
  request.identity = identity;
  request.secret = password;
  return ask(std::move(request));
}

class PlainServer : public ServerMechanism {
 public:
  Step start(std::optional<std::string_view> initial) override {
    return initial ? step(*initial) : challenge("");
  }

  Step step(std::string_view input) override {
    if (input.size() > max_input) return failure();
    const std::vector<std::string_view> parts = split(input, '\0');
    if (parts.size() != 3) return failure();
    user_ = parts[0].empty() ? parts[1] : parts[0];
    return ask_password("PLAIN", parts[1], parts[0], parts[2]);
  }

  Step answer(const Answer& answer) override { return conclude(answer); }
};

class LoginServer : public ServerMechanism {
 public:
  Step start(std::optional<std::string_view> initial) override {
    return initial ? step(*initial) : challenge("Username:");
  }

  Step step(std::string_view input) override {
    if (input.size() > max_input) return failure();
    if (!user_.empty()) return ask_password("LOGIN", user_, {}, input);
    if (!is_clean(input)) return failure();
    user_ = input;
    return challenge("Password:");
  }

  Step answer(const Answer& answer) override { return conclude(answer); }
};

class PlainClient : public ClientMechanism {
 public:
  explicit PlainClient(const Credentials& credentials) : credentials_(credentials) {}
  ~PlainClient() override { wipe(credentials_.password); }
  [[nodiscard]] std::string_view name() const override { return "PLAIN"; }

  std::optional<std::string> initial() override {
    std::string message = credentials_.identity;
    message += '\0';
    message += credentials_.user;
    message += '\0';
    message += credentials_.password;
    return message;
  }

  Result<std::string> step(std::string_view) override {
    return fail(ErrorKind::protocol, "The server went on after a PLAIN log-in");
  }

 private:
  Credentials credentials_;
};

class LoginClient : public ClientMechanism {
 public:
  explicit LoginClient(const Credentials& credentials) : credentials_(credentials) {}
  ~LoginClient() override { wipe(credentials_.password); }
  [[nodiscard]] std::string_view name() const override { return "LOGIN"; }
  std::optional<std::string> initial() override { return {}; }

  Result<std::string> step(std::string_view) override {
    switch (asked_++) {
      case 0: return credentials_.user;
      case 1: return credentials_.password;
      default: return fail(ErrorKind::protocol, "The server went on after a LOGIN log-in");
    }
  }

 private:
  Credentials credentials_;
  int asked_ = 0;
};

}  // namespace

std::unique_ptr<ServerMechanism> plain_server() {
  return std::make_unique<PlainServer>();
}
std::unique_ptr<ServerMechanism> login_server() {
  return std::make_unique<LoginServer>();
}
std::unique_ptr<ClientMechanism> plain_client(const Credentials& credentials) {
  return std::make_unique<PlainClient>(credentials);
}
std::unique_ptr<ClientMechanism> login_client(const Credentials& credentials) {
  return std::make_unique<LoginClient>(credentials);
}

}  // namespace tandem::sasl::detail
