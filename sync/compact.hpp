// What a pass holds of each message of a folder, of a million of them at a time: values that few
// messages have cost a pointer, and those that many share are there once.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

namespace tandem::sync {

// A value that most do not have: a null pointer, and read as `Value()`.
template <class Value>
class Seldom {
 public:
  Seldom() = default;
  Seldom(Value value) { *this = std::move(value); }
  Seldom(const Seldom& other) : value_(other.value_ ? new Value(*other.value_) : nullptr) {}
  Seldom(Seldom&&) noexcept = default;
  Seldom& operator=(Seldom&&) noexcept = default;
  Seldom& operator=(const Seldom& other) { return *this = Seldom(other); }
  Seldom& operator=(Value value) {
    static const Value none{};
    value_.reset(value == none ? nullptr : new Value(std::move(value)));
    return *this;
  }
  ~Seldom() = default;

  const Value& operator*() const {
    static const Value none{};
    return value_ ? *value_ : none;
  }
  const Value* operator->() const { return &**this; }

 private:
  std::unique_ptr<Value> value_;
};

// Keywords of a message, sorted without regard to case, each once. Never changed: copies share.
class Keywords {
 public:
  using List = std::vector<std::string>;
  Keywords() = default;
  explicit Keywords(List sorted);

  [[nodiscard]] const List& list() const;
  [[nodiscard]] bool empty() const { return list_ == nullptr; }
  [[nodiscard]] List::const_iterator begin() const { return list().begin(); }
  [[nodiscard]] List::const_iterator end() const { return list().end(); }
  void clear() { list_.reset(); }
  bool operator==(const Keywords& other) const {
    return list_ == other.list_ || list() == other.list();
  }

 private:
  struct Shared : boost::intrusive_ref_counter<Shared> {
    List list;
  };
  boost::intrusive_ptr<const Shared> list_;
};

// Makes equal keywords of many messages the same ones.
class KeywordPool {
 public:
  void share(Keywords& keywords);

 private:
  struct Less {
    bool operator()(const Keywords& a, const Keywords& b) const { return a.list() < b.list(); }
  };
  std::set<Keywords, Less> all_;
};

}  // namespace tandem::sync
