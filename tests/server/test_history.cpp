// Random histories of one account against a simple model, watched by a session that lags behind;
// and histories cut off by a crash at every durable step.
#include <map>
#include <random>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/store/fault.hpp"
#include "server/imap/selected.hpp"
#include "tests/server/post_office.hpp"

namespace tandem::server::test {
namespace {

using tandem::test::run;

constexpr imap::DateTime noon{1'795'521'600, 540};

// What a client knows: per message number the UID (0: not asked yet) and flags.
struct Client {
  struct Message {
    std::uint32_t flags = 0;
    bool told = false;
  };
  std::vector<Message> messages;

  void hear(const std::string& lines) {
    std::istringstream in(lines);
    std::string star;
    std::string word;
    std::size_t number = 0;
    for (std::string line; std::getline(in, line);) {
      std::istringstream words(line);
      words >> star >> number >> word;
      if (word.starts_with("EXISTS")) {
        REQUIRE(number >= messages.size());
        messages.resize(number);
      } else if (word.starts_with("EXPUNGE")) {
        REQUIRE(number >= 1);
        REQUIRE(number <= messages.size());
        messages.erase(messages.begin() + static_cast<std::ptrdiff_t>(number - 1));
      } else if (word == "FETCH") {
        REQUIRE(number <= messages.size());
        messages[number - 1] = {line.find("\\Flagged") != std::string::npos, true};
      }
    }
  }
};

using Model = std::map<BoxId, std::map<Uid, std::uint32_t>>;  // UID → bits

imap::SequenceSet pick(std::mt19937& random, const std::map<Uid, std::uint32_t>& messages) {
  imap::SequenceSet uids;
  for (const auto& [uid, bits] : messages)
    if (random() % 3 == 0) uids.add(uid);
  return uids;
}

void check_store(PostOffice& office, const Model& model) {
  CHECK(office.count("SELECT count(*) FROM mailbox_use u WHERE users <> (SELECT count(*) FROM "
                     "mailbox_message WHERE body = u.body) OR users = 0") == 0);
  CHECK(office.count("SELECT count(*) FROM mailbox_body") ==
        office.count("SELECT count(*) FROM mailbox_use"));
  for (const auto& [id, messages] : model) {
    const Box box = **office.boxes->find(id);
    const auto rows = *office.boxes->rows(id, 1, 0xffffffff, RowDetail::blob, 100'000);
    REQUIRE(rows.size() == messages.size());
    REQUIRE(box.messages == messages.size());
    std::uint64_t bytes = 0;
    std::uint32_t unseen = 0;
    std::uint32_t deleted = 0;
    for (const MessageRow& row : rows) {
      REQUIRE(messages.contains(row.uid));
      CHECK(messages.at(row.uid) == row.flags.bits);
      CHECK(row.uid < box.uid_next);
      CHECK(row.modseq <= box.modseq);
      bytes += row.size;
      unseen += row.flags.has(Flags::seen) ? 0 : 1;
      deleted += row.flags.has(Flags::deleted) ? 1 : 0;
    }
    CHECK(box.bytes == bytes);
    CHECK(box.unseen == unseen);
    CHECK(box.deleted == deleted);
  }
}

net::Task<void> step(PostOffice& office, std::mt19937& random, Model& model, BoxId box,
                     BoxId other) {
  Mailboxes& boxes = *office.boxes;
  auto& messages = model[box];
  const imap::SequenceSet uids = pick(random, messages);
  switch (random() % 6) {
    case 0: {
      AppendBatch batch = boxes.append_batch(box);
      const Flags flags{static_cast<std::uint32_t>(random() % 32), {}};
      for (unsigned i = 0; i <= random() % 3; ++i)
        CHECK(co_await batch.add(office.draft(letter("random")), flags, noon));
      const auto placed = co_await batch.commit();
      REQUIRE(placed);
      for (Uid uid = placed->first; uid <= placed->last; ++uid) messages[uid] = flags.bits;
      break;
    }
    case 1:
    case 2: {
      const std::uint32_t bits = random() % 32;
      const bool add = random() % 2 == 0;
      FlagChange change{add ? imap::command::StoreAction::add : imap::command::StoreAction::remove,
                        Flags{bits, {}}, std::nullopt};
      REQUIRE(co_await boxes.store_flags(box, uids, std::move(change)));
      for (auto& [uid, now] : messages)
        if (uids.contains(uid)) now = add ? now | bits : now & ~bits;
      break;
    }
    case 3:
    case 4: {
      const bool move = random() % 2 == 0;
      auto transfer = move ? boxes.move(box, uids, other) : boxes.copy(box, uids, other);
      const auto copied = co_await std::move(transfer);
      REQUIRE(copied);
      std::vector<Uid> from;
      std::vector<Uid> to;
      for (const auto range : copied->from.ranges())
        for (Uid uid = range.first; uid <= range.last; ++uid) from.push_back(uid);
      for (const auto range : copied->to.ranges())
        for (Uid uid = range.first; uid <= range.last; ++uid) to.push_back(uid);
      REQUIRE(from.size() == to.size());
      REQUIRE(from.size() == uids.count());
      for (std::size_t i = 0; i < from.size(); ++i) model[other][to[i]] = messages[from[i]];
      if (move)
        for (const Uid uid : from) messages.erase(uid);
      break;
    }
    default: {
      const auto gone = co_await boxes.expunge(box, std::nullopt);
      REQUIRE(gone);
      std::erase_if(messages, [](const auto& one) { return (one.second & Flags::deleted) != 0; });
    }
  }
}

net::Task<void> history(PostOffice& office, unsigned seed) {
  std::mt19937 random(seed);
  Model model;
  const BoxId inbox = office.box(1, "INBOX").id;
  const BoxId archive = office.box(1, "Archive").id;
  model[inbox];
  model[archive];
  auto watching = Selected::open(*office.boxes, inbox, false);
  REQUIRE(watching);
  Client client;
  for (int i = 0; i < 120; ++i) {
    INFO("seed " << seed << ", step " << i);
    const bool first = random() % 3 != 0;
    const BoxId here = first ? inbox : archive;
    const BoxId there = first ? archive : inbox;
    co_await step(office, random, model, here, there);
    if (random() % 4 != 0) continue;
    std::string out;
    const auto told = watching->tell(out, {}, random() % 2 == 0);
    REQUIRE(told);
    client.hear(out);
    REQUIRE(client.messages.size() == watching->view().size());
  }
  std::string out;
  REQUIRE(watching->tell(out, {}, true));
  client.hear(out);
  REQUIRE(client.messages.size() == model[inbox].size());
  std::uint32_t number = 0;
  for (const auto& [uid, bits] : model[inbox]) {
    CHECK(watching->view().uid_of(++number) == uid);
    const auto& known = client.messages[number - 1];
    if (known.told) CHECK(known.flags == ((bits & Flags::flagged) != 0 ? 1U : 0U));
  }
  check_store(office, model);
}

// Three messages at a time; a byte into the pipe for each batch that was answered.
net::Task<void> append_forever(PostOffice& office, int answered) {
  for (int round = 0; round < 20; ++round) {
    AppendBatch batch = office.boxes->append_batch(office.box(1, "INBOX").id);
    for (int i = 0; i < 3; ++i)
      if (!co_await batch.add(office.draft(letter("crash")), Flags(), noon)) _exit(0);
    const auto placed = co_await batch.commit();
    if (!placed) _exit(0);
    if (write(answered, "x", 1) != 1) _exit(0);
    if (round % 3 != 2) continue;
    const imap::SequenceSet some{{placed->first, placed->first}};
    if (!co_await office.boxes->copy(office.box(1, "INBOX").id, some, office.box(1, "Sent").id))
      _exit(0);
  }
}

std::size_t crash_at(const std::string& path, const std::string& plan) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    if (!store::fault::arm(plan)) _exit(1);
    PostOffice office(path);
    run(append_forever(office, ends[1]));
    _exit(0);
  }
  close(ends[1]);
  std::size_t answered = 0;
  char byte = 0;
  while (read(ends[0], &byte, 1) == 1) ++answered;
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return answered;
}

}  // namespace

TEST_CASE("random histories: store, counters and a session's numbers agree with the model") {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    PostOffice office;
    office.add_account(1);
    run(history(office, seed));
  }
}

TEST_CASE("a crash at any durable step loses no answered batch and leaves no half one") {
  for (const char* point : {"store.fdatasync", "store.commit", "sql.sync", "sql.write"}) {
    for (const int n : {1, 4, 9, 16}) {
      Folder folder;
      {
        PostOffice office(folder.path);
        office.add_account(1);
      }
      const std::string plan = std::string(point) + ":" + std::to_string(n) + "+:kill";
      INFO(plan);
      const std::size_t answered = crash_at(folder.path, plan);
      PostOffice office(folder.path);
      const std::size_t there = office.box(1, "INBOX").messages;
      CHECK(answered < 20);  // the crash did happen
      CHECK(there % 3 == 0);
      CHECK(there / 3 >= answered);
      CHECK(there / 3 <= answered + 1);
      CHECK(office.count("SELECT count(*) FROM mailbox_use u WHERE users <> (SELECT count(*) FROM "
                         "mailbox_message WHERE body = u.body) OR users = 0") == 0);
      const auto rows =
          office.boxes->rows(office.box(1, "INBOX").id, 1, 0xffffffff, RowDetail::blob, 1000);
      for (const MessageRow& row : *rows)
        CHECK(office.boxes->blobs().read(row.blob).value_or("") == letter("crash"));
    }
  }
}

}  // namespace tandem::server::test
