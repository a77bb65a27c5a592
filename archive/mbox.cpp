#include "archive/mbox.hpp"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <fmt/core.h>

#include "archive/mbox_scanner.hpp"

namespace tandem::archive {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t mbox_piece = 64 * 1024;
constexpr std::string_view step = "archive.write";

// CR LF becomes LF; in pieces: a CR at a piece's end waits for what follows.
class DropCr {
 public:
  void feed(std::string_view bytes, std::string& out) {
    for (const char c : bytes) {
      if (held_ && c != '\n') out += '\r';
      held_ = c == '\r';
      if (!held_) out += c;
    }
  }
  void finish(std::string& out) {
    if (held_) out += '\r';
    held_ = false;
  }

 private:
  bool held_ = false;
};

}  // namespace

Result<std::unique_ptr<Mbox>> Mbox::read(std::string file) {
  auto opened = store::File::open(file, O_RDONLY);
  if (!opened) return fail(opened.error());
  return std::unique_ptr<Mbox>(new Mbox(std::move(file), std::move(*opened)));
}

Result<std::unique_ptr<Mbox>> Mbox::write(std::string file) {
  std::error_code error;
  const std::string folder = fs::path(file).parent_path().string();
  fs::create_directories(folder, error);
  if (error) return fail(write_error(store::errno_error("cannot create " + folder, error.value())));
  auto opened = store::File::open(file, O_RDWR | O_CREAT);
  if (!opened) return fail(write_error(opened.error()));
  std::unique_ptr<Mbox> box(new Mbox(std::move(file), std::move(*opened)));
  const auto messages = box->scan();
  if (!messages) return fail(messages.error());
  const auto size = box->file_.size();
  if (!size) return fail(size.error());
  box->end_ = *size;
  for (auto last = messages->rbegin(); last != messages->rend() && last->incomplete; ++last)
    box->end_ = last->from;
  if (auto cut = box->file_.truncate(box->end_); !cut) return fail(write_error(cut.error()));
  if (auto made = store::flush_directory(folder); !made) return fail(made.error());
  if (auto done = box->open_scratch(); !done) return fail(done.error());
  return box;
}

// Without a name: it goes with the process.
Result<void> Mbox::open_scratch() {
  const std::string path = path_ + ".tandemail";
  auto file = store::File::open(path, O_RDWR | O_CREAT | O_TRUNC);
  if (!file) return fail(write_error(file.error()));
  std::error_code error;
  fs::remove(path, error);
  scratch_ = std::move(*file);
  return {};
}

Result<std::vector<MboxMessage>> Mbox::scan() {
  const auto size = file_.size();
  if (!size) return fail(size.error());
  MboxScanner scanner;
  std::string piece;
  for (std::uint64_t at = 0; at < *size; at += piece.size()) {
    piece.resize(std::min(mbox_piece, *size - at));
    if (auto done = file_.read(piece, at); !done) return fail(done.error());
    scanner.feed(piece);
  }
  scanner.finish();
  return std::move(scanner.messages());
}

Result<std::vector<Local>> Mbox::list() {
  const auto messages = scan();
  if (!messages) return fail(messages.error());
  std::vector<Local> all;
  incomplete_ = 0;
  for (const MboxMessage& message : *messages) {
    if (message.incomplete) {
      ++incomplete_;
      continue;
    }
    Local& local = all.emplace_back();
    local.file = path_;
    local.offset = message.begin;
    local.length = message.end - message.begin;
    local.add_cr = !message.mark || message.mark->crlf;
    local.unquote = !message.counted;
    local.date = message.date.value_or(imap::DateTime());
    local.flags = message.flags;
    if (message.mark) local.origin = message.mark->origin;
    local.label = fmt::format("{}, message {} (at byte {})", path_, all.size(), message.from);
  }
  return all;
}

Result<void> Mbox::begin() {
  drop();
  return {};
}

Result<void> Mbox::put(std::string_view bytes) {
  if (auto done = scratch_.write(bytes, size_, step); !done) return fail(write_error(done.error()));
  size_ += bytes.size();
  for (const char c : bytes) {
    if (c == '\n' && last_ != '\r') bare_lf_ = true;
    last_ = c;
  }
  return {};
}

void Mbox::drop() {
  size_ = 0;
  bare_lf_ = false;
  last_ = '\0';
}

Result<void> Mbox::append(std::string_view bytes) {
  if (auto done = file_.write(bytes, at_, step); !done) return fail(write_error(done.error()));
  at_ += bytes.size();
  return {};
}

// The bytes it took. The line is ended that another message's From line begins behind.
Result<std::uint64_t> Mbox::append_message(bool crlf) {
  const std::uint64_t begin = at_;
  mail::MboxQuoting quoting(mail::MboxQuoting::Way::quote);
  DropCr drop_cr;
  std::string piece;
  std::string lines;
  std::string out;
  for (std::uint64_t from = 0; from < size_; from += piece.size()) {
    piece.resize(std::min(mbox_piece, size_ - from));
    if (auto done = scratch_.read(piece, from); !done) return fail(done.error());
    lines.clear();
    out.clear();
    if (crlf)
      drop_cr.feed(piece, lines);
    else
      lines = piece;
    quoting.feed(lines, out);
    if (auto done = append(out); !done) return fail(done.error());
  }
  lines.clear();
  out.clear();
  drop_cr.finish(lines);
  quoting.feed(lines, out);
  quoting.finish(out);
  if (auto done = append(out); !done) return fail(done.error());
  const std::uint64_t stored = at_ - begin;
  if (auto done = append(last_ == '\n' ? "\n" : "\n\n"); !done) return fail(done.error());
  return stored;
}

Result<void> Mbox::append_all(const Kept& kept, Pending& pending) {
  MboxMark mark;
  mark.origin = kept.origin;
  mark.crlf = !bare_lf_;
  // In one piece: a From line alone would not say whose it is.
  const std::string head = from_line(kept.date) + '\n' + mbox_block(mark, kept.flags);
  pending.place = at_ + place_of_stored(head);
  if (auto done = append(head); !done) return done;
  const auto stored = append_message(mark.crlf);
  if (!stored) return fail(stored.error());
  pending.stored = *stored;
  return {};
}

Result<void> Mbox::end(const Kept& kept) {
  at_ = end_;
  Pending pending;
  if (auto done = append_all(kept, pending); !done) {
    (void)file_.truncate(end_);  // what is half there goes now, or with the next export
    return done;
  }
  end_ = at_;
  pending_.push_back(pending);
  drop();
  return {};
}

Result<void> Mbox::commit() {
  if (pending_.empty()) return {};
  if (auto done = file_.flush(); !done) return fail(write_error(done.error()));
  for (const Pending& one : pending_)
    if (auto done = file_.write(stored_text(one.stored), one.place, step); !done)
      return fail(write_error(done.error()));
  pending_.clear();
  if (auto done = file_.flush(); !done) return fail(write_error(done.error()));
  return {};
}

Result<bool> Mbox::renew(const Local&, const Kept&) {
  return false;
}

}  // namespace tandem::archive
