// Story: the whole move, played unattended: copying with arrivals by both routes, cut-over of half
// the people under traffic, stragglers, roll-back, cut-over of everybody. Each act is announced;
// the end is an inspection of both sides.
#pragma once

#include "app/demo/inspection.hpp"

namespace tandem::app::demo {

// Runs on executor 0. Error: an act failed; the tally says what was found otherwise.
Task<Result<Tally>> play(Stage& stage, std::uint64_t per_person);

}  // namespace tandem::app::demo
