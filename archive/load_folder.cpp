#include "archive/load_folder.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <optional>

#include "archive/known.hpp"
#include "sync/copy.hpp"
#include "sync/pause.hpp"
#include "sync/scan.hpp"
#include "sync/store_commands.hpp"
#include "sync/transfer.hpp"

namespace tandem::archive {
namespace {

using sync::BatchCopy;
using sync::Copied;
using sync::Item;

constexpr std::uint64_t most_bytes = 16 * 1024 * 1024;  // appended at a time

std::string next_step_for(const Error& error) {
  if (net::code_of(error).kind == imap::CodeKind::too_big ||
      error.server_words.find("too ") != std::string::npos)
    return "Raise the size limit on that side, then run the same command again.";
  return "Ask that side's administrator about the words above, then run the same command again.";
}

// A refusal that is none of the message's: it ends the load, with what to do.
std::optional<Error> refusal_of_all(const Error& refusal) {
  Error error = refusal;
  if (sync::is_over_quota(refusal))
    error.next_step = "Make room in that mailbox, then run the same command again.";
  else if (const auto pause = sync::asked_to_wait(refusal))
    error.next_step =
        fmt::format("The server asks for a pause of {} s; then run the same command again.",
                    std::chrono::ceil<std::chrono::seconds>(*pause).count());
  else
    return std::nullopt;
  return error;
}

class Loading {
 public:
  Loading(net::ImapClient& client, std::vector<Local> locals, Report& report)
      : client_(client), locals_(std::move(locals)), report_(report) {}

  Task<Result<void>> run() {
    Files files = measure_all(locals_, options_);
    const auto left = co_await those_missing(files);
    if (!left) co_return fail(left.error());
    for (std::size_t at = 0; at < left->size();) {
      const std::size_t count = portion(*left, at, most_bytes);
      const auto begin = left->begin() + static_cast<std::ptrdiff_t>(at);
      std::vector<Item> items(begin, begin + static_cast<std::ptrdiff_t>(count));
      const auto done = co_await append(std::move(items));
      if (!done) co_return done;
      at += count;
    }
    co_return Result<void>{};
  }

 private:
  [[nodiscard]] const Local& local_of(const Item& item) const { return locals_[item.uid - 1]; }
  FolderReport& folder() { return report_.folders.back(); }

  void name_problem(const Local& local, const Error& error, std::string next_step) {
    report_.problems.push_back(
        {folder().name, local.label, reason_of(error), std::move(next_step)});
    ++folder().failed;
  }

  // Without those that the folder has, and those that cannot be.
  Task<Result<std::vector<Item>>> those_missing(Files& files) {
    auto there = co_await sync::scan_from(client_, 1);
    if (!there) co_return fail(there.error());
    const auto matches = co_await match_files(files, client_, *there, options_);
    if (!matches) co_return fail(matches.error());
    std::vector<bool> out(files.items.size());
    for (const sync::Match& match : *matches) out[match.left] = true;
    folder().before = matches->size();
    for (const auto& [at, error] : files.unreadable) {
      out[at] = true;
      name_problem(locals_[at], error,
                   error.next_step.empty() ? "Check that file, then run the same command again."
                                           : error.next_step);
    }
    const sync::Storable storable = sync::storable_in(client_);
    std::vector<Item> missing;
    for (Item& item : files.items) {
      if (out[item.uid - 1]) continue;
      item.flags = sync::permitted(item.flags, storable);
      if (item.size > 0) {
        missing.push_back(std::move(item));
        continue;
      }
      Error empty;
      empty.what = "the message is empty";
      name_problem(local_of(item), empty, "Nothing: there is nothing in it.");
    }
    co_return missing;
  }

  Task<Result<void>> feed(BatchCopy& copy, const Item& item) {
    auto content = Content::open(local_of(item));
    if (!content) co_return fail(content.error());
    imap::response::Fetch message;
    message.uid = item.uid;
    auto done = co_await copy.on_body(message, item.size);
    std::string piece;
    while (done) {
      done = content->read(piece);
      if (!done || piece.empty()) break;
      done = co_await copy.on_body_bytes(piece);
    }
    if (done) done = co_await copy.on_body_end();
    co_return done;
  }

  Task<Result<std::vector<Copied>>> copy(std::vector<Item> items, bool multi) {
    BatchCopy::Options options;
    options.multi = multi;
    const std::vector<Item> fed = items;
    std::uint64_t bytes = 0;
    for (const Item& item : fed) bytes += item.size;
    const auto compressed = co_await client_.compress_for(bytes);
    if (!compressed) co_return fail(compressed.error());
    BatchCopy copy(client_, client_.selected().name, std::move(items), options);
    for (const Item& item : fed) {
      const auto done = co_await feed(copy, item);
      if (!done) co_return fail(done.error());
    }
    const auto collected = co_await copy.collect();
    if (!collected) co_return fail(collected.error());
    co_return std::move(copy.results());
  }

  // Together first; what was refused then one by one, at last without keywords, which some servers
  // refuse a message for.
  Task<Result<void>> append(std::vector<Item> items) {
    const bool multi = client_.has("MULTIAPPEND");
    auto left = co_await append_once(std::move(items), multi, false);
    if (!left) co_return fail(left.error());
    for (Item& item : *left) {
      const bool last = item.flags.keywords.empty();
      std::vector<Item> one(1, item);
      auto refused = co_await append_once(std::move(one), false, last);
      if (!refused) co_return fail(refused.error());
      if (refused->empty()) continue;
      refused->front().flags.keywords.clear();
      const auto done = co_await append_once(std::move(*refused), false, true);
      if (!done) co_return fail(done.error());
    }
    co_return Result<void>{};
  }

  // Those that were refused; `last`: they are named as that.
  Task<Result<std::vector<Item>>> append_once(std::vector<Item> items, bool multi, bool last) {
    const std::vector<Item> given = items;
    const auto results = co_await copy(std::move(items), multi);
    if (!results) co_return fail(results.error());
    std::vector<Item> refused;
    for (std::size_t at = 0; at < given.size(); ++at) {
      const Copied& copied = (*results)[at];
      if (copied.state == Copied::State::appended) {
        ++folder().written;
      } else if (auto all = refusal_of_all(copied.error)) {
        co_return fail(std::move(*all));
      } else if (last) {
        name_problem(local_of(given[at]), copied.error, next_step_for(copied.error));
      } else {
        refused.push_back(given[at]);
      }
    }
    co_return refused;
  }

  net::ImapClient& client_;
  std::vector<Local> locals_;
  Report& report_;
  mail::DigestOptions options_;
};

}  // namespace

Task<Result<void>> load_folder(net::ImapClient& client, Box& box, std::string place,
                               Report& report) {
  auto locals = box.list();
  if (!locals) co_return fail(locals.error());
  FolderReport& folder = report.folders.emplace_back();
  folder.name = client.selected().name;
  folder.found = locals->size();
  if (box.incomplete() > 0) {
    const std::string which = std::to_string(box.incomplete()) + " at the end of " + place;
    report.problems.push_back({folder.name, which, "the export broke off in the middle of it",
                               "Run that export again, then this command."});
    folder.failed += box.incomplete();
  }
  Loading loading(client, std::move(*locals), report);
  co_return co_await loading.run();
}

}  // namespace tandem::archive
