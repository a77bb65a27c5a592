// Search keys as a tree (RFC 9051 6.4.4; WITHIN RFC 5032, CONDSTORE 7162, OBJECTID 8474, SAVEDATE
// 8514). Synonyms are reduced while parsing: ANSWERED is a flag, FROM a header, NEW an `all_of`.
// At most `max_keys` keys, nested at most `max_nesting` deep.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/protocol/imap/sequence_set.hpp"

namespace tandem::imap {

enum class SearchKind : std::uint8_t {
  all,          // every message
  all_of,       // every child matches
  any_of,       // one of two children matches (OR)
  none_of,      // the child does not match (NOT)
  sequence,     // message numbers in `set`
  uid,          // UIDs in `set`
  flag,         // has the flag or keyword `text`
  header,       // header field `field` contains `text`; empty: has the field
  body,         // body contains `text`
  text,         // header or body contains `text`
  larger,       // RFC822.SIZE > number
  smaller,      // RFC822.SIZE < number
  before,       // INTERNALDATE's day < day
  on,           // = day
  since,        // >= day
  sent_before,  // the Date header's day
  sent_on,
  sent_since,
  saved_before,  // SAVEDATE's day
  saved_on,
  saved_since,
  save_date_supported,
  older,      // INTERNALDATE more than `number` seconds ago
  younger,    // within `number` seconds
  modseq,     // MODSEQ >= number
  email_id,   // EMAILID is `text`
  thread_id,  // THREADID is `text`
};

struct SearchKey {
  SearchKind kind = SearchKind::all;
  std::string field;
  std::string text;
  std::uint64_t number = 0;
  std::chrono::sys_days day{};
  SequenceSet set;
  std::vector<SearchKey> children;
};

constexpr std::size_t max_keys = 2000;
constexpr std::size_t max_nesting = 50;

// One or more keys up to the end of input or `)`, joined as all_of.
bool expect_search_keys(Decoder& in, SearchKey& out);

}  // namespace tandem::imap
