// tandemail rollback: moves accounts back to the old side.
#include "app/command.hpp"
#include "app/switch_homes.hpp"

namespace tandem::app {

ExitCode run_rollback(const Arguments& arguments) {
  return switch_homes(arguments, {"/api/rollback", "roll_back", "roll back"});
}

}  // namespace tandem::app
