// Stage: where the demo plays. A directory with two providers (the built-in server, twice), ten
// people with mail at the old one, and a configuration in which Tandemail stands between them.
#pragma once

#include <memory>
#include <string>

#include "app/assembly.hpp"
#include "app/demo/letters.hpp"
#include "app/mail_server.hpp"

namespace tandem::app::demo {

// The names under which the two providers are reached inside the process.
inline constexpr std::string_view old_provider = "demo-old";
inline constexpr std::string_view new_provider = "demo-new";

struct StageOptions {
  std::string directory;
  std::uint64_t letters_per_person = 40;  // in the old mailboxes at the beginning
  std::uint16_t web_port = 0;             // of the page; 0: the kernel chooses. All else: it does
};

class Stage {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Stage>> set(Threads& threads, StageOptions options);

  // Fills the old mailboxes, imports the accounts, starts serving, and starts every account.
  net::Task<Result<void>> open();
  net::Task<bool> close();

  [[nodiscard]] Assembly& tandemail() { return *assembly_; }
  [[nodiscard]] const Clock& clock() const { return system_clock(); }
  // Letters 1 to this many were in the old mailboxes at the beginning, dealt out person by person.
  [[nodiscard]] std::uint64_t first_letters() const { return first_letters_; }
  [[nodiscard]] std::uint64_t take_letter_number() { return next_letter_++; }

 private:
  Stage(Threads& threads, StageOptions options);
  Result<void> set_up();
  net::Task<Result<void>> create_people(MailServer& at);
  net::Task<Result<void>> fill_mailbox(const Person& person);
  net::Task<Result<void>> start_accounts();

  Threads& threads_;
  StageOptions options_;
  net::Offload offload_{1};
  std::unique_ptr<config::SecretBox> secrets_;
  std::unique_ptr<MailServer> old_;
  std::unique_ptr<MailServer> new_;
  std::unique_ptr<Assembly> assembly_;
  std::uint64_t next_letter_ = 1;
  std::uint64_t first_letters_ = 0;
};

}  // namespace tandem::app::demo
