// What mail programs are told: from the configuration, with the ports that were really bound.
#pragma once

#include <string>
#include <vector>

#include "app/listeners.hpp"
#include "config/load.hpp"
#include "webui/client_setup.hpp"

namespace tandem::app {

// `hostname` is ours; one without a dot (a machine's own name) is told to nobody.
[[nodiscard]] webui::ClientSetup client_setup(const config::Configuration& configuration,
                                              const std::vector<Bound>& bound,
                                              const std::string& hostname);

}  // namespace tandem::app
