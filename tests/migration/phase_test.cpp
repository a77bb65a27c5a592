#include "migration/phase.hpp"

#include <catch2/catch.hpp>

using namespace tandem::migration;

TEST_CASE("phases: home and mirror follow from the phase alone") {
  CHECK(home_of(Phase::old) == Side::old_side);
  CHECK_FALSE(mirror_of(Phase::old));
  CHECK(home_of(Phase::mirror_old) == Side::old_side);
  CHECK(mirror_of(Phase::mirror_old) == Side::new_side);
  CHECK(home_of(Phase::mirror_new) == Side::new_side);
  CHECK(mirror_of(Phase::mirror_new) == Side::old_side);
  CHECK(home_of(Phase::finished) == Side::new_side);
  CHECK_FALSE(mirror_of(Phase::finished));
}

TEST_CASE("phases: only the five arrows exist") {
  CHECK(after(Phase::old, Step::start) == Phase::mirror_old);
  CHECK(after(Phase::mirror_old, Step::cut_over) == Phase::mirror_new);
  CHECK(after(Phase::mirror_new, Step::roll_back) == Phase::mirror_old);
  CHECK(after(Phase::mirror_new, Step::finish) == Phase::finished);
  CHECK(after(Phase::mirror_old, Step::call_off) == Phase::old);
  int arrows = 0;
  for (const Phase phase : {Phase::old, Phase::mirror_old, Phase::mirror_new, Phase::finished})
    for (const Step step :
         {Step::start, Step::cut_over, Step::roll_back, Step::finish, Step::call_off})
      if (after(phase, step)) ++arrows;
  CHECK(arrows == 5);
}

TEST_CASE("phases: names are what is stored and typed") {
  for (const Phase phase : {Phase::old, Phase::mirror_old, Phase::mirror_new, Phase::finished})
    CHECK(phase_named(name_of(phase)) == phase);
  CHECK_FALSE(phase_named("mirror"));
}
