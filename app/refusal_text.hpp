// What a server said where it refused, and what that means, for a terminal.
#pragma once

#include <boost/json/fwd.hpp>

namespace tandem::app {

// Two indented lines, in the language of the environment; nothing where the API explains nothing.
// `refused` has the members server_words and, of a refusal, explanation (webui/openapi.json).
void print_refusal(const boost::json::value& refused);

}  // namespace tandem::app
