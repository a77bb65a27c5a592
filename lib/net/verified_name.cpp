#include "lib/net/verified_name.hpp"

#include <algorithm>

#include "lib/base/text.hpp"
#include "lib/net/tls.hpp"

namespace tandem::net {
namespace {

constexpr std::size_t most_names = 3;

}  // namespace

Task<VerifiedName> verified_name(const Resolver& resolver, std::string address) {
  VerifiedName found;
  const auto names = co_await resolver.ptr(address);
  if (!names) {
    found.later = names.error().temporary;
    co_return found;
  }
  for (std::size_t i = 0; i < std::min(names->size(), most_names); ++i) {
    std::string name = lower((*names)[i]);
    if (!is_host_name(name)) continue;
    const auto back = co_await resolver.addresses(name);
    if (back && std::ranges::find(*back, address) != back->end()) {
      found.name = std::move(name);
      co_return found;
    }
    found.later = !back && back.error().temporary;
    if (found.later) break;  // whoever waits for us does not wait for that again
  }
  co_return found;
}

}  // namespace tandem::net
