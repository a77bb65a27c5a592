// How far a copy is, as the command line shows it: a bar, when it will be done, what it waits for.
#pragma once

#include <cstdint>
#include <string>

#include <boost/json/fwd.hpp>

namespace tandem::app {

// "[##########--------------------]  33 %"; 100 only when nothing is left.
[[nodiscard]] std::string progress_bar(std::uint64_t done, std::uint64_t total);
// The bar and the messages of a `copied` of the API.
[[nodiscard]] std::string copied_text(const boost::json::value& copied);
// "; done between … and …", or nothing if that is not known.
[[nodiscard]] std::string eta_words(const boost::json::value& eta);
// What it waits for, in the user's language and the page's words; nothing if that is not known.
// `sides`: of the migration, for their names.
[[nodiscard]] std::string bottleneck_text(const boost::json::value& bottleneck,
                                          const boost::json::value& sides);

}  // namespace tandem::app
