// What becomes of each folder of an account, as `check` prints it. In English and Japanese.
#pragma once

#include <boost/json/fwd.hpp>

namespace tandem::app {

// `preview`: FolderPreview of webui/openapi.json. A line for each folder, to standard output.
void print_folders(const boost::json::value& preview);

}  // namespace tandem::app
