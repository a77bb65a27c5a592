// SCRAM-SHA-256 (RFC 5802, 7677) without channel binding, both sides.
#include <map>

#include "lib/base/text.hpp"
#include "lib/protocol/sasl/mechanisms.hpp"
#include "lib/protocol/sasl/scram_keys.hpp"

namespace tandem::sasl::detail {
namespace {

using Attributes = std::map<char, std::string_view>;

// "a=…,b=…" with one letter each, no doubles. Nothing: malformed.
std::optional<Attributes> parse(std::string_view message) {
  Attributes found;
  for (const std::string_view part : split(message, ',')) {
    if (part.size() < 2 || part[1] != '=' || found.size() > 8) return {};
    if (!found.emplace(part[0], part.substr(2)).second) return {};
  }
  return found;
}

std::optional<std::string> unescape(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '=') {
      out += name[i];
      continue;
    }
    const std::string_view code = name.substr(i, 3);
    if (code != "=2C" && code != "=3D") return {};
    out += code == "=2C" ? ',' : '=';
    i += 2;
  }
  return out;
}

std::string escape(std::string_view name) {
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

bool is_nonce(std::string_view nonce) {
  if (nonce.empty() || nonce.size() > 256) return false;
  for (const char c : nonce) {
    if (c < 0x21 || c > 0x7e || c == ',') return false;
  }
  return true;
}

std::string new_nonce(const std::string& given) {
  return given.empty() ? base64_encode(random_bytes(18)) : given;
}

class ScramServer : public ServerMechanism {
 public:
  explicit ScramServer(const ServerSettings& settings)
      : nonce_(new_nonce(settings.nonce)), confirm_(settings.confirm) {}

  Step start(std::optional<std::string_view> initial) override {
    return initial ? step(*initial) : challenge("");
  }

  Step step(std::string_view input) override {
    if (input.size() > max_input) return failure();
    switch (stage_) {
      case Stage::first: return client_first(input);
      case Stage::proof: return client_final(input);
      case Stage::signature:
        return conclude(proven_ && input.empty() ? Answer::accept() : Answer::refuse());
      default: return failure();
    }
  }

  Step answer(const Answer& answer) override {
    if (stage_ == Stage::confirm) return confirmed(answer);
    if (stage_ != Stage::keys) return failure();
    if (answer.verdict == Answer::Verdict::temporary) return conclude(answer);
    known_ = answer.verdict == Answer::Verdict::secret && answer.keys.stored_key.size() == 32;
    keys_ = known_ ? answer.keys : made_up(answer.keys.salt);
    other_keys_ = answer.other_keys;
    stage_ = Stage::proof;
    server_first_ = "r=" + full_nonce_ + ",s=" + base64_encode(keys_.salt) +
                    ",i=" + std::to_string(keys_.iterations);
    return challenge(server_first_);
  }

 private:
  // first: nothing received; keys: waiting for the credential source; proof: server-first sent;
  // confirm: waiting for the credential source once more; signature: server-final sent, the
  // client's empty message is awaited.
  enum class Stage : std::uint8_t { first, keys, proof, confirm, signature };

  // Same name, same salt: an unknown user looks like a known one to who asks twice.
  [[nodiscard]] ScramKeys made_up(const std::string& salt) const {
    ScramKeys keys;
    keys.salt = salt.empty() ? sha256("tandemail unknown user " + user_).substr(0, 16) : salt;
    keys.iterations = scram_min_iterations;
    keys.stored_key = keys.server_key = random_bytes(32);
    return keys;
  }

  Step client_first(std::string_view input) {
    // gs2-header: n or y (no channel binding), then an optional authorization identity.
    if (!input.starts_with("n,") && !input.starts_with("y,")) return failure();
    const std::size_t end = input.find(',', 2);
    if (end == std::string_view::npos) return failure();
    const std::string_view identity = input.substr(2, end - 2);
    gs2_ = input.substr(0, end + 1);
    client_first_bare_ = input.substr(end + 1);
    const auto attributes = parse(client_first_bare_);
    if (!attributes || !attributes->contains('n') || !attributes->contains('r')) return failure();
    if (attributes->contains('m')) return failure();  // RFC 5802 5.1: unknown mandatory extension
    if (!is_nonce(attributes->at('r'))) return failure();
    Request request;
    request.kind = Request::Kind::need_scram;
    request.mechanism = "SCRAM-SHA-256";
    const auto user = unescape(attributes->at('n'));
    const auto acting = unescape(identity.starts_with("a=") ? identity.substr(2) : "");
    if (!user || !acting || !is_clean(*user) || (!acting->empty() && !is_clean(*acting)))
      return failure();
    if (!identity.empty() && acting->empty()) return failure();
    request.user = *user;
    request.identity = *acting;
    name_ = *user;
    identity_ = *acting;
    user_ = acting->empty() ? *user : *acting;
    full_nonce_ = std::string(attributes->at('r')) + nonce_;
    stage_ = Stage::keys;
    return ask(std::move(request));
  }

  Step client_final(std::string_view input) {
    const auto attributes = parse(input);
    const std::size_t proof_at = input.rfind(",p=");
    if (!attributes || proof_at == std::string_view::npos) return failure();
    if (!attributes->contains('c') || !attributes->contains('r') || !attributes->contains('p'))
      return failure();
    if (attributes->at('c') != base64_encode(gs2_) || attributes->at('r') != full_nonce_)
      return failure();
    const auto proof = base64_decode(attributes->at('p'));
    if (!proof || proof->size() != 32) return failure();
    const std::string message =
        client_first_bare_ + "," + server_first_ + "," + std::string(input.substr(0, proof_at));
    const ScramKeys* shown = fits(keys_, *proof, message) ? &keys_ : nullptr;
    if (shown == nullptr && other_keys_.stored_key.size() == 32 &&
        fits(other_keys_, *proof, message))
      shown = &other_keys_;
    proven_ = shown != nullptr && known_;
    if (proven_) server_final_ = "v=" + base64_encode(hmac_sha256(shown->server_key, message));
    return confirm_ ? ask_to_confirm(attributes->at('p')) : decided();
  }

  static bool fits(const ScramKeys& keys, std::string_view proof, const std::string& message) {
    const std::string client_key = xor_bytes(proof, hmac_sha256(keys.stored_key, message));
    return constant_time_equal(sha256(client_key), keys.stored_key);
  }

  Step ask_to_confirm(std::string_view proof) {
    Request request;
    request.kind = Request::Kind::confirm;
    request.mechanism = "SCRAM-SHA-256";
    request.user = name_;
    request.identity = identity_;
    request.proven = proven_;
    request.digest = proof;
    stage_ = Stage::confirm;
    return ask(std::move(request));
  }

  Step confirmed(const Answer& answer) {
    stage_ = Stage::first;
    if (proven_ && answer.verdict == Answer::Verdict::accept) return decided();
    return conclude(proven_ ? answer : Answer::refuse());
  }

  Step decided() {
    if (!proven_) return failure();
    stage_ = Stage::signature;
    return challenge(server_final_);
  }

  Stage stage_ = Stage::first;
  std::string nonce_, full_nonce_, gs2_, client_first_bare_, server_first_, server_final_;
  std::string name_, identity_;  // as the client said them
  ScramKeys keys_, other_keys_;
  const bool confirm_;
  bool known_ = false;
  bool proven_ = false;
};

class ScramClient : public ClientMechanism {
 public:
  explicit ScramClient(const Credentials& credentials)
      : credentials_(credentials), nonce_(new_nonce(credentials.nonce)) {}
  ~ScramClient() override { wipe(credentials_.password); }
  [[nodiscard]] std::string_view name() const override { return "SCRAM-SHA-256"; }
  [[nodiscard]] bool complete() const override { return stage_ == 2; }

  std::optional<std::string> initial() override {
    gs2_ = credentials_.identity.empty() ? "n,," : "n,a=" + escape(credentials_.identity) + ",";
    first_bare_ = "n=" + escape(credentials_.user) + ",r=" + nonce_;
    return gs2_ + first_bare_;
  }

  Result<std::string> step(std::string_view challenge) override {
    const auto attributes = parse(challenge);
    if (challenge.size() > max_input || !attributes) return bad();
    if (stage_ == 0) return prove(challenge, *attributes);
    if (stage_ != 1 || !attributes->contains('v')) return bad();
    if (!constant_time_equal(attributes->at('v'), expected_)) {
      return fail(ErrorKind::authentication,
                  "The server could not prove that it knows the password");
    }
    stage_ = 2;
    return std::string();
  }

 private:
  static std::unexpected<Error> bad() {
    return fail(ErrorKind::protocol, "The server sent an unusable SCRAM message");
  }

  Result<std::string> prove(std::string_view challenge, const Attributes& attributes) {
    if (!attributes.contains('r') || !attributes.contains('s') || !attributes.contains('i'))
      return bad();
    const std::string nonce(attributes.at('r'));
    const auto salt = base64_decode(attributes.at('s'));
    const auto iterations = parse_number(attributes.at('i'));
    if (!nonce.starts_with(nonce_) || nonce.size() == nonce_.size() || !is_nonce(nonce))
      return bad();
    if (!salt || salt->empty() || !iterations || *iterations < scram_min_iterations ||
        *iterations > scram_max_iterations)
      return bad();
    const std::string without_proof = "c=" + base64_encode(gs2_) + ",r=" + nonce;
    const std::string message = first_bare_ + "," + std::string(challenge) + "," + without_proof;
    std::string salted =
        salted_password(credentials_.password, *salt, static_cast<std::uint32_t>(*iterations));
    const std::string client_key = hmac_sha256(salted, "Client Key");
    const std::string signature = hmac_sha256(sha256(client_key), message);
    expected_ = base64_encode(hmac_sha256(hmac_sha256(salted, "Server Key"), message));
    wipe(salted);
    stage_ = 1;
    return without_proof + ",p=" + base64_encode(xor_bytes(client_key, signature));
  }

  Credentials credentials_;
  std::string nonce_, gs2_, first_bare_, expected_;
  int stage_ = 0;  // 0 first sent, 1 proof sent, 2 server verified
};

}  // namespace

std::unique_ptr<ServerMechanism> scram_server(const ServerSettings& settings) {
  return std::make_unique<ScramServer>(settings);
}
std::unique_ptr<ClientMechanism> scram_client(const Credentials& credentials) {
  return std::make_unique<ScramClient>(credentials);
}

}  // namespace tandem::sasl::detail
