#include "migration/registry_rows.hpp"

namespace tandem::migration {

std::int64_t to_ms(WallTime at) {
  return at.time_since_epoch().count();
}
WallTime from_ms(std::int64_t ms) {
  return WallTime{Duration{ms}};
}

config::SecretBinding binding_of(std::string_view address, Side side) {
  return {
      .account = std::string(address), .side = std::string(name_of(side)), .purpose = "password"};
}

Result<void> insert_audit(store::Sql& sql, std::int64_t at_ms, const std::string& who,
                          const std::string& what, const std::string& detail) {
  const auto done =
      sql.execute("INSERT INTO migration_audit (at_ms, who, what, detail) VALUES ($1, $2, $3, $4)",
                  at_ms, who, what, detail);
  if (!done) return fail(done.error());
  return {};
}

}  // namespace tandem::migration
