#include "lib/protocol/smtp/dot_reader.hpp"

#include "lib/protocol/smtp/plain_run.hpp"

namespace tandem::smtp {

DotReader::DotReader(FramingPolicy policy, BodyLimits limits, Mode mode)
    : policy_(policy), limits_(limits), mode_(mode) {}

// The first reason stays, except that smuggling outweighs all.
void DotReader::suspect(Verdict verdict) {
  if (verdict_ == Verdict::ok || verdict == Verdict::smuggling) verdict_ = verdict;
}

void DotReader::put(char c, std::string& out) {
  ++size_;
  if (size_ > limits_.size) suspect(Verdict::too_big);
  if (in_header_ && size_ > limits_.header) suspect(Verdict::header_too_big);
  if (verdict_ == Verdict::ok) out += c;
}

void DotReader::text(char c, std::string& out) {
  if (c == '\0') {
    ++counts_.nul;
    if (policy_ == FramingPolicy::reject) suspect(Verdict::bare);
    c = ' ';
  }
  if (c == '.') {
    some_dots_ = true;
  } else {
    only_dots_ = false;
  }
  if (++line_ > limits_.line) suspect(Verdict::line_too_long);
  put(c, out);
  at_ = At::text;
}

// Many bytes of one line at once, as long as no limit is near.
std::size_t DotReader::run(std::string_view in, std::string& out) {
  if (verdict_ != Verdict::ok) return 0;
  const std::string_view plain = in.substr(0, plain_run(in));
  const std::uint64_t size = size_ + plain.size();
  if (size > limits_.size || (in_header_ && size > limits_.header)) return 0;
  if (plain.empty() || line_ + plain.size() > limits_.line) return 0;
  if (only_dots_) {
    only_dots_ = plain.find_first_not_of('.') == std::string_view::npos;
    some_dots_ |= only_dots_;
  }
  size_ = size;
  line_ += plain.size();
  out += plain;
  at_ = At::text;
  return plain.size();
}

void DotReader::segment_end(bool bare) {
  if (only_dots_ && some_dots_ && (bare || opened_bare_)) suspect(Verdict::smuggling);
  only_dots_ = true;
  some_dots_ = false;
  opened_bare_ = bare;
}

void DotReader::real_end(std::string& out) {
  segment_end(false);
  if (line_ == 0) in_header_ = false;
  put('\r', out);
  put('\n', out);
  line_ = 0;
  at_ = At::line_start;
}

void DotReader::bare_lf(std::string& out) {
  ++counts_.bare_lf;
  if (policy_ == FramingPolicy::reject) suspect(Verdict::bare);
  segment_end(true);
  if (line_ == 0) in_header_ = false;
  put('\r', out);
  put('\n', out);
  line_ = 0;
  at_ = At::soft_start;
}

void DotReader::bare_cr(std::string& out) {
  ++counts_.bare_cr;
  if (policy_ == FramingPolicy::reject) suspect(Verdict::bare);
  segment_end(true);
  if (++line_ > limits_.line) suspect(Verdict::line_too_long);
  put(' ', out);
  at_ = At::text;
}

std::size_t DotReader::feed(std::string_view in, std::string& out) {
  std::size_t taken = 0;
  while (taken < in.size() && !done_) {
    const char c = in[taken];
    // A held CR is decided by the byte after it; if it was bare, that byte is looked at again.
    if (at_ == At::cr || at_ == At::dot_cr) {
      if (c != '\n') {
        bare_cr(out);
        continue;
      }
      ++taken;
      if (at_ == At::dot_cr) {
        done_ = true;
      } else {
        real_end(out);
      }
      continue;
    }
    ++taken;
    if (c == '\r') {
      at_ = at_ == At::dot ? At::dot_cr : At::cr;
    } else if (c == '\n') {
      bare_lf(out);
    } else if (c == '.' && at_ == At::line_start && mode_ == Mode::dots) {
      some_dots_ = true;
      at_ = At::dot;
    } else if (const std::size_t plain = run(in.substr(taken - 1), out); plain > 0) {
      taken += plain - 1;
    } else {
      text(c, out);
    }
  }
  return taken;
}

void DotReader::finish(std::string& out) {
  if (at_ == At::cr) bare_cr(out);
  segment_end(false);
  if (line_ > 0) {
    put('\r', out);
    put('\n', out);
    line_ = 0;
  }
  done_ = true;
}

}  // namespace tandem::smtp
