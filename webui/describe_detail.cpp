#include "webui/describe_detail.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "webui/json.hpp"
#include "webui/problem.hpp"

namespace tandem::webui {
namespace json = boost::json;
using migration::FolderProgress;
using migration::Side;
using migration::SkippedMessage;

namespace {

json::object describe_folder(const FolderProgress& folder, Side home, std::uint64_t skipped) {
  const bool home_is_old = home == Side::old_side;
  const auto there = folder.target_messages;
  const std::string at_home = clean(folder.name);
  const std::string mirrored = folder.mirror_name.empty() ? at_home : clean(folder.mirror_name);
  return {{"old", home_is_old ? at_home : mirrored},
          {"new", home_is_old ? mirrored : at_home},
          {"old_messages", home_is_old ? folder.source_messages : there},
          {"new_messages", home_is_old ? there : folder.source_messages},
          {"skipped", skipped}};
}

}  // namespace

json::array describe_folders(const std::vector<FolderProgress>& folders, Side home,
                             const std::vector<SkippedMessage>& skipped) {
  std::map<std::string_view, std::uint64_t> per_folder;
  for (const auto& one : skipped) ++per_folder[one.folder];
  json::array list;
  for (const auto& one : folders) {
    // A message is left out under the name of the side that has it.
    std::uint64_t left_out = per_folder[one.name];
    if (!one.mirror_name.empty() && one.mirror_name != one.name)
      left_out += per_folder[one.mirror_name];
    list.push_back(describe_folder(one, home, left_out));
  }
  return list;
}

json::array describe_skipped(const std::vector<SkippedMessage>& skipped, std::size_t limit,
                             std::size_t from) {
  json::array list;
  for (std::size_t at = from; at < skipped.size() && list.size() < limit; ++at) {
    const SkippedMessage& one = skipped[at];
    list.push_back({{"id", one.id},
                    {"folder", clean(one.folder)},
                    {"side", migration::name_of(one.side)},
                    {"uid", one.uid == 0 ? json::value(nullptr) : json::value(one.uid)},
                    {"subject", clean(one.subject, 500)},
                    {"date", time_or_null(one.at)},
                    {"retrying", one.is_tried_again},
                    {"size", one.size},
                    {"reason", describe(problem_of(one))}});
  }
  return list;
}

}  // namespace tandem::webui
