// Numbers with units, names of domains, addresses with ports: the values in files of settings.
// Pure; nothing means "not of this form".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/process_settings.hpp"
#include "lib/base/clock.hpp"

namespace tandem::config {

// "512", "64K", "100M", "100 MB", "2G", "1 GiB": bytes; every unit is a power of 1024.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);
// "500ms", "30s", "5 min", "2h", "4d"; the unit is required except after 0.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);
// yes/no, true/false, on/off, 1/0.
[[nodiscard]] std::optional<bool> parse_flag(std::string_view text);
// "192.0.2.1:25", "[::1]:143", ":8080" and "*:8080" (every address). Addresses only, no names.
[[nodiscard]] std::optional<ListenAddress> parse_listen(std::string_view text);
// A domain in lower-case ASCII (UTS #46: 例え.jp becomes xn--r8jz45g.jp), with at least one dot
// unless `single_label`.
[[nodiscard]] std::optional<std::string> parse_domain(std::string_view text,
                                                      bool single_label = false);
// Trimmed non-empty parts between commas.
[[nodiscard]] std::vector<std::string> parse_list(std::string_view text);

}  // namespace tandem::config
