// Mbox: an mbox file as a Box. The file's form is in mbox_block.hpp, and how messages are found in
// it in mbox_scanner.hpp. From lines are quoted so that they come back as they were ("mboxrd").
//
// A message is appended marked as incomplete; the mark goes when its bytes are on the medium. What
// a process that died left incomplete at the end is cut off when the file is opened to be written.
// Flags are those of the time of writing. Known limit: to know what it holds, all of the file is
// read.
#pragma once

#include "archive/box.hpp"

namespace tandem::archive {

struct MboxMessage;

class Mbox final : public Box {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Mbox>> read(std::string file);
  // Makes it, and the folders it is in.
  [[nodiscard]] static Result<std::unique_ptr<Mbox>> write(std::string file);

  [[nodiscard]] Result<std::vector<Local>> list() override;
  [[nodiscard]] Result<void> begin() override;
  [[nodiscard]] Result<void> put(std::string_view bytes) override;
  [[nodiscard]] Result<void> end(const Kept& kept) override;
  void drop() override;
  [[nodiscard]] Result<void> commit() override;
  [[nodiscard]] Result<bool> renew(const Local& local, const Kept& kept) override;
  [[nodiscard]] std::uint64_t incomplete() const override { return incomplete_; }

 private:
  struct Pending {
    std::uint64_t place = 0;  // of `stored`
    std::uint64_t stored = 0;
  };

  Mbox(std::string path, store::File file) : path_(std::move(path)), file_(std::move(file)) {}
  Result<void> open_scratch();
  Result<std::vector<MboxMessage>> scan();
  Result<void> append(std::string_view bytes);
  Result<std::uint64_t> append_message(bool crlf);
  Result<void> append_all(const Kept& kept, Pending& pending);

  std::string path_;
  store::File file_;
  std::uint64_t end_ = 0;  // of what is complete, but for its marks
  std::uint64_t at_ = 0;   // of what is being written
  std::uint64_t incomplete_ = 0;
  store::File scratch_;  // the present message, as it came
  std::uint64_t size_ = 0;
  bool bare_lf_ = false;
  char last_ = '\0';
  std::vector<Pending> pending_;
};

}  // namespace tandem::archive
