// CRAM-MD5 (RFC 2195), both sides: for old hosts and old clients only.
#include "lib/base/text.hpp"
#include "lib/protocol/sasl/mechanisms.hpp"
#include "lib/protocol/sasl/scram_keys.hpp"

namespace tandem::sasl::detail {
namespace {

class CramServer : public ServerMechanism {
 public:
  explicit CramServer(const ServerSettings& settings) {
    const std::string nonce =
        settings.nonce.empty() ? base32_encode(random_bytes(15)) : settings.nonce;
    challenge_ = "<" + nonce;
    if (!settings.timestamp.empty()) challenge_ += "." + settings.timestamp;
    challenge_ += "@" + (settings.host.empty() ? std::string("localhost") : settings.host) + ">";
  }

  // The server speaks first; an initial response is a protocol error.
  Step start(std::optional<std::string_view> initial) override {
    return initial ? failure() : challenge(challenge_);
  }

  Step step(std::string_view input) override {
    const std::size_t space = input.rfind(' ');
    if (input.size() > max_input || space == std::string_view::npos) return failure();
    user_ = input.substr(0, space);
    digest_ = lower(input.substr(space + 1));
    if (!is_clean(user_) || digest_.size() != 32) return failure();
    Request request;
    request.kind = Request::Kind::need_password;
    request.mechanism = "CRAM-MD5";
    request.user = user_;
    request.challenge = challenge_;
    request.digest = digest_;
    return ask(std::move(request));
  }

  Step answer(const Answer& answer) override {
    if (answer.verdict != Answer::Verdict::secret) return conclude(answer);
    const std::string expected = cram_md5_digest(challenge_, answer.password);
    if (!constant_time_equal(expected, digest_)) return failure();
    return conclude(Answer::accept());
  }

 private:
  std::string challenge_;
  std::string digest_;
};

class CramClient : public ClientMechanism {
 public:
  explicit CramClient(const Credentials& credentials) : credentials_(credentials) {}
  ~CramClient() override { wipe(credentials_.password); }
  [[nodiscard]] std::string_view name() const override { return "CRAM-MD5"; }
  std::optional<std::string> initial() override { return {}; }

  Result<std::string> step(std::string_view challenge) override {
    if (done_ || challenge.empty())
      return fail(ErrorKind::protocol, "The server sent an unusable CRAM-MD5 challenge");
    done_ = true;
    return credentials_.user + " " + cram_md5_digest(challenge, credentials_.password);
  }

 private:
  Credentials credentials_;
  bool done_ = false;
};

}  // namespace
}  // namespace tandem::sasl::detail

namespace tandem::sasl {

std::string cram_md5_digest(std::string_view challenge, std::string_view password) {
  return hex_encode(hmac_md5(password, challenge));
}

}  // namespace tandem::sasl

namespace tandem::sasl::detail {

std::unique_ptr<ServerMechanism> cram_md5_server(const ServerSettings& settings) {
  return std::make_unique<CramServer>(settings);
}
std::unique_ptr<ClientMechanism> cram_md5_client(const Credentials& credentials) {
  return std::make_unique<CramClient>(credentials);
}

}  // namespace tandem::sasl::detail
