#include "webui/describe_delivery.hpp"

#include <array>

#include <boost/json.hpp>

#include "migration/views.hpp"
#include "webui/json.hpp"

namespace tandem::webui {
namespace json = boost::json;
namespace {

struct Pair {
  std::string_view journal, wire;
};
constexpr std::array<Pair, 8> home_words = {{{"delivered", "delivered"},
                                             {"refused", "refused"},
                                             {"waiting", "pending"},
                                             {"not sent", "none"},
                                             {"owed", "owed"},
                                             {"returned", "refused"},
                                             {"quarantined", "owed"},
                                             {"dropped", "waived"}}};
constexpr std::array<Pair, 6> mirror_words = {{{"none", "none"},
                                               {"waiting", "pending"},
                                               {"pending", "pending"},
                                               {"copied", "delivered"},
                                               {"debt", "debt"},
                                               {"cancelled", "none"}}};

template <std::size_t N>
std::string_view wire(const std::array<Pair, N>& pairs, std::string_view word) {
  for (const auto& [journal, wire] : pairs)
    if (journal == word) return wire;
  return "none";
}

}  // namespace

json::object describe(const migration::Delivery& delivery) {
  const auto home = delivery.home_side;
  return {{"trace_id", clean(delivery.trace_id, 100)},
          {"at", time_text(delivery.at)},
          {"sender", clean(delivery.sender, 400)},
          {"recipient", clean(delivery.recipient, 400)},
          {"size", delivery.size},
          {"home",
           {{"side", migration::name_of(home)},
            {"state", wire(home_words, delivery.home)},
            {"server_words", text_or_null(delivery.answer)}}},
          {"mirror",
           {{"side", migration::name_of(migration::other(home))},
            {"state", wire(mirror_words, delivery.mirror)},
            {"server_words", nullptr}}}};
}

}  // namespace tandem::webui
