#include "sync/compact.hpp"

namespace tandem::sync {

Keywords::Keywords(List sorted) {
  if (sorted.empty()) return;
  boost::intrusive_ptr<Shared> made(new Shared);
  made->list = std::move(sorted);
  list_ = std::move(made);
}

const Keywords::List& Keywords::list() const {
  static const List none;
  return list_ ? list_->list : none;
}

void KeywordPool::share(Keywords& keywords) {
  if (!keywords.empty()) keywords = *all_.insert(keywords).first;
}

}  // namespace tandem::sync
