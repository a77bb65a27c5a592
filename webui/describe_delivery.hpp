// Delivery and QueueItem of openapi.json, from lines of the gateway's journal.
#pragma once

#include <boost/json/fwd.hpp>

namespace tandem::migration {
struct Delivery;
struct QueueItem;
}  // namespace tandem::migration

namespace tandem::webui {

[[nodiscard]] boost::json::object describe(const migration::Delivery& delivery);
[[nodiscard]] boost::json::object describe(const migration::QueueItem& item);

}  // namespace tandem::webui
