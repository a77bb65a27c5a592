// Sequence sets and UID sets (RFC 9051 9, sequence-set): ranges of numbers, with `*` for the
// largest in use and `$` for the saved search result (RFC 5182). Ranges stay in the order they were
// given (COPYUID relies on it); numbers added upwards are joined to ranges as they come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::imap {

class Decoder;

class SequenceSet {
 public:
  static constexpr std::uint32_t star = 0;  // stands for `*`: 0 is no valid number
  struct Range {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    bool operator==(const Range&) const = default;
  };

  SequenceSet() = default;
  SequenceSet(std::initializer_list<Range> ranges);
  [[nodiscard]] static std::optional<SequenceSet> parse(std::string_view text);

  void add(std::uint32_t number) { add(number, number); }
  void add(std::uint32_t first, std::uint32_t last);
  void set_saved_result() { saved_result_ = true; }
  void clear();

  [[nodiscard]] bool empty() const { return ranges_.empty() && !saved_result_; }
  [[nodiscard]] bool is_saved_result() const { return saved_result_; }  // `$`
  [[nodiscard]] const std::vector<Range>& ranges() const { return ranges_; }
  // How many numbers. Only for sets without `*`.
  [[nodiscard]] std::uint64_t count() const;
  // In time proportional to log(ranges) for sets made by resolve(), else to the ranges.
  [[nodiscard]] bool contains(std::uint32_t number) const;
  // Ascending, without overlaps, `*` replaced (RFC 9051: `*` is the largest in use, `5:*` with a
  // largest of 3 is 3:5).
  [[nodiscard]] SequenceSet resolve(std::uint32_t largest) const;
  // The same in pieces whose text is at most `bytes` long (servers refuse long commands).
  [[nodiscard]] std::vector<SequenceSet> split(std::size_t bytes) const;
  [[nodiscard]] std::string to_string() const;
  bool operator==(const SequenceSet&) const = default;

 private:
  std::vector<Range> ranges_;
  bool saved_result_ = false;
  bool sorted_ = false;
};

bool expect_sequence_set(Decoder& in, SequenceSet& out);

}  // namespace tandem::imap
