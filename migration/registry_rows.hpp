// What the files of the Registry share: times as the ledger keeps them, and the audit row that
// every change writes in its own unit. Private to this room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/migration_settings.hpp"
#include "config/secret_box.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/store/sql.hpp"
#include "migration/phase.hpp"

namespace tandem::migration {

[[nodiscard]] std::int64_t to_ms(WallTime at);
[[nodiscard]] WallTime from_ms(std::int64_t ms);
[[nodiscard]] config::SecretBinding binding_of(std::string_view address, Side side);
[[nodiscard]] Result<void> insert_audit(store::Sql& sql, std::int64_t at_ms, const std::string& who,
                                        const std::string& what, const std::string& detail);

}  // namespace tandem::migration
