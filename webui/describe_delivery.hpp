// Delivery of openapi.json, from a line of the gateway's journal.
#pragma once

#include <boost/json/fwd.hpp>

namespace tandem::migration {
struct Delivery;
}

namespace tandem::webui {

[[nodiscard]] boost::json::object describe(const migration::Delivery& delivery);

}  // namespace tandem::webui
