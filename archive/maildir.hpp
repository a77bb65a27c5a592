// Maildir: a folder of a Maildir++ tree, cur/ new/ tmp/, as a Box.
//
// A message is written to tmp/ and comes to cur/ by a rename after its bytes are on the medium, so
// whatever ends the process leaves whole messages only. What was left in tmp/ by us goes when the
// folder is opened again. Known limit: 26 keywords in a folder, as everywhere in Maildir.
#pragma once

#include "archive/box.hpp"

namespace tandem::archive {

class Maildir final : public Box {
 public:
  // A folder that is there; nothing of it is changed.
  [[nodiscard]] static Result<std::unique_ptr<Maildir>> read(std::string directory);
  // Makes what is missing. `subfolder`: of a tree, not its INBOX.
  [[nodiscard]] static Result<std::unique_ptr<Maildir>> write(std::string directory,
                                                              bool subfolder);
  ~Maildir() override;

  [[nodiscard]] Result<std::vector<Local>> list() override;
  [[nodiscard]] Result<void> begin() override;
  [[nodiscard]] Result<void> put(std::string_view bytes) override;
  [[nodiscard]] Result<void> end(const Kept& kept) override;
  void drop() override;
  [[nodiscard]] Result<void> commit() override;
  [[nodiscard]] Result<bool> renew(const Local& local, const Kept& kept) override;

 private:
  struct Draft {
    store::File file;
    std::uint64_t size = 0;
    std::string name;  // in cur/, when it is complete
  };

  explicit Maildir(std::string directory) : directory_(std::move(directory)) {}
  [[nodiscard]] Result<void> read_keywords();
  [[nodiscard]] Result<void> write_keywords();
  [[nodiscard]] Result<void> list_part(std::string_view part, std::vector<Local>& all) const;
  [[nodiscard]] std::string letters(const sync::Flags& flags);

  std::string directory_;
  Keywords keywords_;
  std::size_t drafts_ = 0;
  std::optional<Draft> open_;
  std::vector<Draft> complete_;
};

// cur/ is in it.
[[nodiscard]] bool is_maildir(const std::string& directory);

}  // namespace tandem::archive
