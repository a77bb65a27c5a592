#include "config/password_hash.hpp"

#include <cstdint>
#include <fmt/format.h>
#include <optional>
#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "lib/base/text.hpp"

namespace tandem::config {
namespace {

constexpr std::size_t salt_bytes = 16;
constexpr std::size_t hash_bytes = 32;
// What a stored text may make us allocate.
constexpr std::uint64_t memory_limit = 256ULL << 20;

struct Stored {
  ScryptCost cost;
  std::string salt, hash;
};

std::string unpadded(std::string_view bytes) {
  auto text = base64_encode(bytes);
  while (!text.empty() && text.back() == '=') text.pop_back();
  return text;
}

std::optional<std::string> decode_unpadded(std::string_view text) {
  std::string padded(text);
  while (padded.size() % 4 != 0) padded += '=';
  return base64_decode(padded);
}

// RFC 7914 2: N a power of two above 1; the bounds are ours.
bool is_sane(const ScryptCost& cost) {
  return cost.log_n >= 1 && cost.log_n <= 20 && cost.r >= 1 && cost.r <= 32 && cost.p >= 1 &&
         cost.p <= 16 && (128ULL << cost.log_n) * cost.r <= memory_limit;
}

std::optional<unsigned> parameter(std::string_view text, std::string_view name) {
  if (!text.starts_with(name)) return std::nullopt;
  const auto number = parse_number(text.substr(name.size()));
  if (!number || *number > 1000) return std::nullopt;
  return unsigned(*number);
}

std::optional<ScryptCost> parse_cost(std::string_view text) {
  const auto parts = split(text, ',');
  if (parts.size() != 3) return std::nullopt;
  const auto log_n = parameter(parts[0], "ln=");
  const auto r = parameter(parts[1], "r=");
  const auto p = parameter(parts[2], "p=");
  if (!log_n || !r || !p) return std::nullopt;
  const ScryptCost cost{*log_n, *r, *p};
  return is_sane(cost) ? std::optional(cost) : std::nullopt;
}

std::optional<Stored> parse_stored(std::string_view text) {
  if (text.size() > 256) return std::nullopt;
  const auto parts = split(text, '$');
  if (parts.size() != 5 || !parts[0].empty() || parts[1] != "scrypt") return std::nullopt;
  const auto cost = parse_cost(parts[2]);
  auto salt = decode_unpadded(parts[3]);
  auto hash = decode_unpadded(parts[4]);
  if (!cost || !salt || !hash || hash->size() != hash_bytes) return std::nullopt;
  return Stored{*cost, std::move(*salt), std::move(*hash)};
}

std::string derive(std::string_view password, std::string_view salt, const ScryptCost& cost) {
  std::string out(hash_bytes, '\0');
  const auto n = std::uint64_t{1} << cost.log_n;
  const int done = EVP_PBE_scrypt(password.data(), password.size(),
                                  reinterpret_cast<const unsigned char*>(salt.data()), salt.size(),
                                  n, cost.r, cost.p, memory_limit + (1ULL << 20),
                                  reinterpret_cast<unsigned char*>(out.data()), out.size());
  if (done != 1) throw std::runtime_error("scrypt: not enough memory, or a cost out of range");
  return out;
}

}  // namespace

std::string hash_password(std::string_view password, const ScryptCost& cost) {
  if (!is_sane(cost)) throw std::runtime_error("scrypt: cost out of range");
  const auto salt = random_bytes(salt_bytes);
  return fmt::format("$scrypt$ln={},r={},p={}${}${}", cost.log_n, cost.r, cost.p, unpadded(salt),
                     unpadded(derive(password, salt, cost)));
}

bool verify_password(std::string_view password, std::string_view stored) {
  const auto parsed = parse_stored(stored);
  return parsed && constant_time_equal(derive(password, parsed->salt, parsed->cost), parsed->hash);
}

bool needs_rehash(std::string_view stored, const ScryptCost& cost) {
  const auto parsed = parse_stored(stored);
  return !parsed || parsed->cost != cost;
}

}  // namespace tandem::config
