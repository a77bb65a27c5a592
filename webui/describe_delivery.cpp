#include "webui/describe_delivery.hpp"

#include <array>

#include <boost/json.hpp>

#include "lib/delivery/diagnosis/diagnosis.hpp"
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
constexpr std::array<Pair, 7> mirror_words = {{{"none", "none"},
                                               {"waiting", "pending"},
                                               {"pending", "pending"},
                                               {"copied", "delivered"},
                                               {"debt", "debt"},
                                               {"cancelled", "none"},
                                               {"waived", "waived"}}};

template <std::size_t N>
std::string_view wire(const std::array<Pair, N>& pairs, std::string_view word) {
  for (const auto& [journal, wire] : pairs)
    if (journal == word) return wire;
  return "none";
}

json::object both(const mail::BothLanguages& words) {
  return {{"en", words.en}, {"ja", words.ja}};
}

bool is_refusal(std::string_view answer) {
  return answer.starts_with('4') || answer.starts_with('5');
}

json::object explanation_of(std::string_view answer) {
  const auto told = delivery::diagnose(delivery::read_server_words(answer));
  return {{"class", delivery::name_of(told.error_class)},
          {"temporary", told.temporary},
          {"sure", told.confidence != delivery::Confidence::low},
          {"cause", both(told.cause)},
          {"next_step", both(told.next_step)}};
}

// The side where the reader is, with what its server said and, if that was a refusal, what it
// means.
json::object home_leg(const migration::Delivery& delivery) {
  json::object leg = {{"side", migration::name_of(delivery.home_side)},
                      {"state", wire(home_words, delivery.home)},
                      {"server_words", text_or_null(delivery.answer)}};
  if (is_refusal(delivery.answer)) leg["explanation"] = explanation_of(delivery.answer);
  return leg;
}

}  // namespace

json::object describe(const migration::Delivery& delivery) {
  return {{"fallback", delivery.fallback},
          {"trace_id", clean(delivery.trace_id, 100)},
          {"at", time_text(delivery.at)},
          {"sender", clean(delivery.sender, 400)},
          {"recipient", clean(delivery.recipient, 400)},
          {"size", delivery.size},
          {"home", home_leg(delivery)},
          {"mirror",
           {{"side", migration::name_of(migration::other(delivery.home_side))},
            {"state", wire(mirror_words, delivery.mirror)},
            {"server_words", text_or_null(clean(delivery.mirror_words))}}}};
}

json::object describe(const migration::QueueItem& item) {
  json::object told = {{"trace_id", clean(item.trace_id, 100)},
                       {"at", time_text(item.at)},
                       {"sender", clean(item.sender, 400)},
                       {"recipient", clean(item.recipient, 400)},
                       {"size", item.size},
                       {"kind", item.kind},
                       {"side", migration::name_of(item.side)},
                       {"server_words", text_or_null(clean(item.words))},
                       {"attempts", item.attempts},
                       {"due", time_or_null(item.due)},
                       {"report_on", text_or_null(clean(item.report_on, 100))},
                       {"may_be_double", item.may_be_double}};
  if (is_refusal(item.words)) told["explanation"] = explanation_of(item.words);
  return told;
}

}  // namespace tandem::webui
