// tandemail cutover: moves accounts to the new side.
#include "app/command.hpp"
#include "app/switch_homes.hpp"

namespace tandem::app {

ExitCode run_cutover(const Arguments& arguments) {
  return switch_homes(arguments, {"/api/cutover", "cut_over", "cut over"});
}

}  // namespace tandem::app
