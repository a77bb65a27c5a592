#include "migration/phase.hpp"

#include <array>
#include <cstddef>

namespace tandem::migration {
namespace {

constexpr std::array<std::string_view, 4> phase_names = {"old", "mirror-old", "mirror-new", "new"};
static_assert(phase_names.size() == static_cast<std::size_t>(Phase::finished) + 1);

constexpr std::array<std::string_view, 5> step_names = {"start", "cut over", "roll back", "finish",
                                                        "call off"};
static_assert(step_names.size() == static_cast<std::size_t>(Step::call_off) + 1);

struct Arrow {
  Phase from;
  Step step;
  Phase to;
};
constexpr std::array<Arrow, 5> arrows = {{
    {Phase::old, Step::start, Phase::mirror_old},
    {Phase::mirror_old, Step::cut_over, Phase::mirror_new},
    {Phase::mirror_new, Step::roll_back, Phase::mirror_old},
    {Phase::mirror_new, Step::finish, Phase::finished},
    {Phase::mirror_old, Step::call_off, Phase::old},
}};

}  // namespace

Side other(Side side) {
  return side == Side::old_side ? Side::new_side : Side::old_side;
}

Origin origin_of(Side side) {
  return side == Side::old_side ? Origin::old_side : Origin::new_side;
}

Side home_of(Phase phase) {
  return phase == Phase::old || phase == Phase::mirror_old ? Side::old_side : Side::new_side;
}

std::optional<Side> mirror_of(Phase phase) {
  if (phase == Phase::mirror_old) return Side::new_side;
  if (phase == Phase::mirror_new) return Side::old_side;
  return std::nullopt;
}

std::optional<Phase> after(Phase from, Step step) {
  for (const Arrow& arrow : arrows)
    if (arrow.from == from && arrow.step == step) return arrow.to;
  return std::nullopt;
}

std::string_view name_of(Phase phase) {
  return phase_names[static_cast<std::size_t>(phase)];
}
std::string_view name_of(Side side) {
  return side == Side::old_side ? "old" : "new";
}
std::string_view name_of(Step step) {
  return step_names[static_cast<std::size_t>(step)];
}

std::optional<Phase> phase_named(std::string_view name) {
  for (std::size_t i = 0; i < phase_names.size(); ++i)
    if (phase_names[i] == name) return static_cast<Phase>(i);
  return std::nullopt;
}

}  // namespace tandem::migration
