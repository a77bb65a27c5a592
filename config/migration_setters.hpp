// Setters of migrations/NAME.conf that are more than a number, a flag or a text: lists, times,
// relays, folders. For the table in migration_options.cpp; those of [old] and [new] are there.
#pragma once

#include "config/option_row.hpp"

namespace tandem::config {

[[nodiscard]] Outcome set_domain(MigrationSettings& settings, const Value& value);
[[nodiscard]] Outcome set_in_doubt(MigrationSettings& settings, const Value& value);
[[nodiscard]] Outcome set_give_up_after(MigrationSettings& settings, const Value& value);
[[nodiscard]] Outcome set_tell_delay_after(MigrationSettings& settings, const Value& value);
[[nodiscard]] Outcome set_relay_from(MigrationSettings& settings, const Value& value);
[[nodiscard]] Outcome set_relay_sender(MigrationSettings& settings, const Value& value);
[[nodiscard]] Outcome set_quarantine_time(MigrationSettings& settings, const Value& value);
[[nodiscard]] Outcome set_exclude(MigrationSettings& settings, const Value& value);
[[nodiscard]] Outcome set_map(MigrationSettings& settings, const Value& value);

}  // namespace tandem::config
