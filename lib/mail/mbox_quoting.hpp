// Lines of a message that would begin a new one in an mbox file, and back ("mboxrd"): each line of
// any number of '>' and then "From " gets one '>' more, and loses one. So every message comes back
// as it was. In pieces of any size; holds at most five bytes. Lines end with LF. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tandem::mail {

class MboxQuoting {
 public:
  enum class Way : bool { quote, unquote };
  explicit MboxQuoting(Way way) : way_(way) {}

  // Appends to `out` what is decided.
  void feed(std::string_view bytes, std::string& out);
  // At the message's end: the rest.
  void finish(std::string& out);

 private:
  void decide(bool is_from, std::string& out);

  Way way_;
  bool at_start_ = true;     // of a line: '>' and "From " count
  bool held_mark_ = false;   // unquote: one '>' of this line has not been passed on yet
  std::size_t matched_ = 0;  // so many bytes of "From " have come
};

}  // namespace tandem::mail
