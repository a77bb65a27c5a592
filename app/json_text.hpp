// A value of the API's answers as the command line prints it.
#pragma once

#include <string>

#include <boost/json/fwd.hpp>

namespace tandem::app {

// A string as it is, anything else as JSON.
[[nodiscard]] std::string text(const boost::json::value& value);

}  // namespace tandem::app
