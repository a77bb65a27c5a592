#include "webui/rates.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::webui {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration spacing = seconds(5);
constexpr Duration window = minutes(30);
constexpr Duration shortest = minutes(1);  // less says nothing

}  // namespace

void Rates::sample(const std::string& what, std::uint64_t bytes_done, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  auto& samples = samples_[what];
  if (!samples.empty() && bytes_done < samples.back().bytes) samples.clear();  // counted anew
  if (!samples.empty() && now - samples.back().at < spacing) return;
  samples.push_back({now, bytes_done});
  while (now - samples.front().at > window) samples.pop_front();
}

std::optional<Eta> Rates::eta(const std::string& what, std::uint64_t bytes_left, SteadyTime now,
                              WallTime wall) const {
  if (bytes_left == 0) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const auto found = samples_.find(what);
  if (found == samples_.end() || found->second.empty()) return std::nullopt;
  const auto& samples = found->second;
  const Sample& last = samples.back();
  double fastest = 0;
  double slowest = 0;
  for (const Duration span : {Duration(minutes(1)), Duration(minutes(5)), Duration(window)}) {
    const auto first =
        std::ranges::find_if(samples, [&](const Sample& one) { return now - one.at <= span; });
    const Duration length = first == samples.end() ? Duration::zero() : last.at - first->at;
    if (length < shortest - 2 * spacing) return std::nullopt;
    const double rate = static_cast<double>(last.bytes - first->bytes) /
                        (static_cast<double>(length.count()) / 1000);
    if (rate <= 0) return std::nullopt;
    fastest = std::max(fastest, rate);
    slowest = slowest == 0 ? rate : std::min(slowest, rate);
  }
  const auto left = static_cast<double>(bytes_left);
  return Eta{rounded_after(wall, left / fastest, false),
             rounded_after(wall, left / slowest * 1.3, true), std::nullopt};
}

void Rates::forget_idle(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(samples_, [now](const auto& one) {
    return one.second.empty() || now - one.second.back().at > window;
  });
}

}  // namespace tandem::webui
