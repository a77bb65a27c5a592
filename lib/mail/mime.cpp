#include "lib/mail/mime.hpp"

#include <algorithm>

#include "lib/base/text.hpp"
#include "lib/mail/header.hpp"
#include "lib/mail/message_text.hpp"
#include "lib/mail/part_header.hpp"

namespace tandem::mail {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::size_t max_boundary = 250;  // RFC 2046 allows 70

// Goes through the message once, line by line. A line that is a boundary of any container still
// open ends everything inside that container.
class Parser {
 public:
  Parser(MessageText& text, MimeLimits limits) : text_(text), limits_(limits) {}

  Part root() {
    Part part;
    entity(part, Kind::message, 0);
    return part;
  }

 private:
  // How an entity's header is read: a message's root has an envelope, a digest's part another
  // default.
  enum class Kind : std::uint8_t { part, digest_part, message };

  // --- lines ---
  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }

  [[nodiscard]] std::string_view line() { return text_.line(at_); }

  void step(std::string_view line) {
    at_ += line.size();
    if (line.ends_with('\n')) ++lines_;
    if (line.empty()) return;
    before_last_ = line.size() > 1 ? line[line.size() - 2] : last_;
    last_ = line.back();
  }
  // Not within a line that is too long to come in one piece.
  [[nodiscard]] bool at_line_begin() const { return at_ == 0 || last_ == '\n'; }

  // Whether `line` is a boundary of an open container; remembers which one, and whether it closes.
  bool is_boundary(std::string_view line) {
    if (open_.empty() || !line.starts_with("--") || !at_line_begin()) return false;
    const auto text = line.substr(2, line.find_last_not_of("\r\n") - 1);
    for (std::size_t i = open_.size(); i-- > 0;) {
      const std::string_view boundary = open_[i];
      if (!text.starts_with(boundary)) continue;
      const auto rest = text.substr(boundary.size());
      hit_closes_ = rest.starts_with("--");
      if (!hit_closes_ && !trim(rest).empty()) continue;
      hit_ = i;
      return true;
    }
    return false;
  }

  // Steps over lines until a boundary (which stays unread) or the end of the message.
  void scan_to_boundary() {
    hit_ = npos;
    while (!at_end()) {
      const auto next = line();
      if (is_boundary(next)) return;
      step(next);
    }
  }

  // Where a body that began at `begin` ends when the parser stands at a boundary or the end.
  void close_body(Part& part, std::uint64_t lines_at_begin) const {
    part.body_end = at_;
    part.body_lines = lines_ - lines_at_begin;
    if (at_end() && hit_ == npos) return;
    if (part.body_end > part.body_begin && last_ == '\n') {
      --part.body_end;
      --part.body_lines;
      if (part.body_end > part.body_begin && before_last_ == '\r') --part.body_end;
    }
    // A header cut off by the boundary keeps its line end, and so does what contains it.
    if (!part.children.empty() && part.children.back().body_end > part.body_end) {
      part.body_end = at_;
      part.body_lines = lines_ - lines_at_begin;
    }
  }

  // --- parts ---
  // One entity from its header on. Leaves the parser at the boundary that ended it (hit_), or at
  // the end of the message (hit_ is npos).
  void entity(Part& part, Kind kind, std::size_t depth) {
    ++parts_;
    part.header_begin = at_;
    header(part, kind);
    part.body_begin = at_;
    const auto lines_at_begin = lines_;
    const bool is_container = part.type == "multipart" || is_message_type(part);
    if (is_container && (depth + 1 >= limits_.depth || parts_ >= limits_.parts)) {
      part.type = "application";
      part.subtype = "octet-stream";
    }
    if (hit_ != npos) {
      part.body_end = at_;  // the header was cut off by a boundary
    } else if (part.type == "multipart") {
      multipart(part, depth);
      close_body(part, lines_at_begin);
    } else if (is_message_type(part)) {
      embedded(part, depth);
    } else {
      scan_to_boundary();
      close_body(part, lines_at_begin);
    }
    complete(part);
  }

  static bool is_message_type(const Part& part) {
    // Not message/global: an IMAP4rev1 reader expects no envelope there.
    return part.type == "message" && part.subtype == "rfc822";
  }

  void header(Part& part, Kind kind) {
    std::string block;
    hit_ = npos;
    while (!at_end()) {
      const auto next = line();
      if (is_boundary(next)) break;
      const bool last = at_line_begin() && (next == "\r\n" || next == "\n");
      // More than a HeaderView lists, so that it sees that there is more.
      if (block.size() <= HeaderLimits().bytes) block += next;
      step(next);
      if (last) break;
    }
    const HeaderView view(block);
    read_part_header(part, view, kind == Kind::digest_part);
    if (kind == Kind::message) read_envelope(part, view);
  }

  void read_envelope(Part& part, const HeaderView& view) {
    part.envelope = std::make_unique<Envelope>(make_envelope(view, addresses_left_));
    addresses_left_ -= std::min(addresses_left_, part.envelope->address_count());
  }

  void multipart(Part& part, std::size_t depth) {
    const auto* boundary = find_parameter(part.parameters, "boundary");
    if (!boundary || boundary->value.empty() || boundary->value.size() > max_boundary) {
      scan_to_boundary();
      return;
    }
    const auto own = open_.size();
    open_.push_back(boundary->value);
    const auto kind = part.subtype == "digest" ? Kind::digest_part : Kind::part;
    scan_to_boundary();  // the preamble
    while (hit_ == own && !hit_closes_ && parts_ < limits_.parts) {
      step(line());
      part.children.emplace_back();
      entity(part.children.back(), kind, depth + 1);
    }
    open_.pop_back();
    if (hit_ != own) return;
    // Behind the closing boundary (or the part limit): an epilogue up to an outer boundary.
    step(line());
    scan_to_boundary();
  }

  void embedded(Part& part, std::size_t depth) {
    const auto lines_at_begin = lines_;
    entity(part.children.emplace_back(), Kind::message, depth + 1);
    close_body(part, lines_at_begin);
  }

  // What IMAP needs and the bytes did not have.
  void complete(Part& part) {
    if (part.type == "multipart" && part.children.empty()) {
      auto& empty = part.children.emplace_back();
      empty.header_begin = empty.body_begin = empty.body_end = part.body_end;
    }
    if (is_message_type(part) && part.children.empty()) {
      auto& empty = part.children.emplace_back();
      empty.header_begin = empty.body_begin = empty.body_end = part.body_end;
      empty.envelope = std::make_unique<Envelope>();
    }
  }

  MessageText& text_;
  MimeLimits limits_;
  std::size_t at_ = 0;
  char last_ = '\0';         // of what was stepped over
  char before_last_ = '\0';  // the byte before it
  std::uint64_t lines_ = 0;
  std::size_t parts_ = 0;
  // For all envelopes of the tree together: addresses cost a hundred times the bytes they stand in.
  std::size_t addresses_left_ = max_listed_addresses;
  std::vector<std::string> open_;
  std::size_t hit_ = npos;
  bool hit_closes_ = false;
};

}  // namespace

Part parse_message(std::string_view message, MimeLimits limits) {
  MessageText text(message);
  return Parser(text, limits).root();
}

Result<Part> parse_message(const ReadAt& read, std::uint64_t size, MimeLimits limits) {
  MessageText text(read, size);
  Part root = Parser(text, limits).root();
  if (text.failed()) return fail(*text.failed());
  return root;
}

}  // namespace tandem::mail
