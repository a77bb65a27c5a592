#include "app/json_text.hpp"

#include <boost/json.hpp>

namespace tandem::app {

std::string text(const boost::json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : boost::json::serialize(value);
}

}  // namespace tandem::app
