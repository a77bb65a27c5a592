#include "migration/pop3_numbering.hpp"

namespace tandem::migration {

bool is_another(const Pop3Known& known, const Pop3Seen& seen) {
  if (!seen.header) return false;
  if (known.header.empty()) return known.listed.value_or(seen.listed) != seen.listed;
  return *seen.header != known.header;
}

void Pop3Numbering::run() {
  displace();
  find_elsewhere();
  for (const Pop3Seen& one : seen_) place(one);
}

void Pop3Numbering::displace() {
  for (const Pop3Seen& one : seen_) {
    const auto found = all_.messages.find(one.key);
    if (found == all_.messages.end() || !is_another(found->second, one)) continue;
    auto row = all_.messages.extract(found);
    displaced_.push_back(row.mapped().uid);
    row.key() = key_of_displaced(row.mapped().uid);
    all_.messages.insert(std::move(row));
  }
}

void Pop3Numbering::find_elsewhere() {
  std::set<std::string_view> here;
  bool looking = false;
  for (const Pop3Seen& one : seen_) {
    here.insert(one.key);
    looking = looking || (one.header && !all_.messages.contains(one.key));
  }
  if (!looking) return;
  for (const auto& [key, known] : all_.messages)
    if (!known.header.empty() && !here.contains(key)) elsewhere_.emplace(known.header, key);
}

void Pop3Numbering::place(const Pop3Seen& seen) {
  if (const auto found = all_.messages.find(seen.key); found != all_.messages.end())
    return note(seen, found->second, false);
  const auto before = seen.header ? elsewhere_.find(*seen.header) : elsewhere_.end();
  if (before == elsewhere_.end()) {
    Pop3Known fresh;
    fresh.uid = all_.next++;
    return note(seen, all_.messages.emplace(seen.key, std::move(fresh)).first->second, true, true);
  }
  auto row = all_.messages.extract(before->second);
  elsewhere_.erase(before);
  row.key() = seen.key;
  note(seen, all_.messages.insert(std::move(row)).position->second, true);
}

// A size that changed is kept once the header was looked at: until then it is in doubt.
void Pop3Numbering::note(const Pop3Seen& seen, Pop3Known& known, bool placed, bool fresh) {
  const bool sized = known.listed != seen.listed && (placed || !known.listed || seen.header);
  const bool read = known.header.empty() && seen.header;
  if (sized) known.listed = seen.listed;
  if (read) known.header = *seen.header;
  if (placed || sized || read)
    changed_.push_back({seen.key, known.uid, known.listed.value_or(0), known.header, fresh});
}

}  // namespace tandem::migration
