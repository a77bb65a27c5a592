// Arguments of the single commands, one function each; parse_command.cpp holds their table.
// Each reads what follows the command's word, including the space before it.
#pragma once

#include "lib/protocol/imap/command.hpp"
#include "lib/protocol/imap/decoder.hpp"
#include "lib/protocol/imap/parse_command.hpp"

namespace tandem::imap::arguments {

bool mailbox(Decoder& in, std::string& out, ParseOptions options);
bool status_items(Decoder& in, StatusItems& out);
// `name [value]` pairs up to `)`.
bool extension_items(Decoder& in, std::vector<ExtensionItem>& out);
bool flags(Decoder& in, std::vector<std::string>& out);

// Any state and before log-in.
bool id(Decoder& in, command::Id& out);
bool login(Decoder& in, command::Login& out);
bool authenticate(Decoder& in, command::Authenticate& out);
bool enable(Decoder& in, command::Enable& out);
// Mailboxes.
bool select(Decoder& in, command::Select& out, ParseOptions options);
bool create(Decoder& in, command::Create& out, ParseOptions options);
bool rename(Decoder& in, command::Rename& out, ParseOptions options);
bool list(Decoder& in, command::List& out, ParseOptions options);
bool status(Decoder& in, command::Status& out, ParseOptions options);
// Messages.
bool search(Decoder& in, command::Search& out);
bool fetch(Decoder& in, command::Fetch& out);
bool store(Decoder& in, command::Store& out);
bool copy(Decoder& in, command::Copy& out, ParseOptions options);
// One message of APPEND, from its space to the literal, which `in` ends with.
bool append_item(Decoder& in, command::AppendItem& out);

}  // namespace tandem::imap::arguments
