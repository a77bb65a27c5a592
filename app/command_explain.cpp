// tandemail explain: what a server's words or a bounce mean, and what to do. Needs no running
// server and no configuration.
#include <fmt/core.h>
#include <fstream>
#include <iostream>
#include <iterator>

#include <boost/json.hpp>

#include "app/command.hpp"
#include "app/language.hpp"
#include "lib/base/text.hpp"
#include "lib/delivery/diagnosis/notice_diagnosis.hpp"
#include "lib/mail/mbox.hpp"

namespace tandem::app {
namespace json = boost::json;
namespace {

constexpr std::size_t max_input = 16 * 1024 * 1024;

using Language = std::string mail::BothLanguages::*;

// The labels of the lines that are printed.
struct Labels {
  std::string_view recipient, said, cause, next_step, who, try_again, temporary, permanent, sure,
      basis_entry, basis_words, basis_code, certain, likely, uncertain;
};
constexpr Labels english = {"Recipient",
                            "The server said",
                            "Why",
                            "What to do",
                            "Who acts",
                            "Trying again",
                            "can help: the refusal is temporary",
                            "does not help as things are: the refusal is permanent",
                            "How sure",
                            "words known from {}",
                            "read from its general words",
                            "only a code to go by",
                            "certain",
                            "likely",
                            "not certain"};
constexpr Labels japanese = {"宛先",
                             "サーバーの応答",
                             "原因",
                             "対処",
                             "対応する人",
                             "再送",
                             "一時エラーです。再送で届く可能性があります",
                             "恒久エラーです。このままの再送では届きません",
                             "確からしさ",
                             "{} の応答として知られています",
                             "応答の一般的な文言からの判断です",
                             "コードのみからの判断です",
                             "確実",
                             "おそらく",
                             "不確実"};

Result<std::string> read_all(const std::string& path) {
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) return fail(ErrorKind::not_found, fmt::format("cannot read {}", path));
  }
  std::istream& in = path == "-" ? std::cin : file;
  std::string text(max_input + 1, '\0');
  in.read(text.data(), std::streamsize(text.size()));
  text.resize(std::size_t(in.gcount()));
  if (text.size() > max_input)
    return fail(ErrorKind::limit, fmt::format("{} is larger than 16 MiB", path));
  if (text.empty()) return fail(ErrorKind::invalid, fmt::format("{} is empty", path));
  return text;
}

struct Explained {
  std::string kind = "words";  // or the kind of notice
  std::string reporting_mta;
  std::vector<delivery::RecipientDiagnosis> recipients;
};

// Of several messages the first says what kind they are.
Explained explain_messages(const std::vector<std::string_view>& messages) {
  Explained explained;
  for (const auto message : messages) {
    const auto notice = mail::read_notice(message);
    if (explained.recipients.empty()) {
      explained.kind = mail::name_of(notice.kind);
      explained.reporting_mta = notice.reporting_mta;
    }
    for (auto& each : delivery::diagnose_notice(notice))
      explained.recipients.push_back(std::move(each));
  }
  return explained;
}

Explained explain(std::string_view text, const Arguments& arguments) {
  const auto messages = mail::split_mbox(text);
  if (!messages.empty()) return explain_messages(messages);
  if (mail::looks_like_message(text)) return explain_messages({text});
  const auto words = trim(text);
  auto said = delivery::read_server_words(words);
  said.host = arguments.get("host");
  said.provider = arguments.get("provider");
  Explained explained;
  explained.recipients.push_back(
      {.said = std::string(words), .diagnosis = delivery::diagnose(said)});
  return explained;
}

json::object both(const mail::BothLanguages& words) {
  return {{"en", words.en}, {"ja", words.ja}};
}

json::object to_json(const delivery::RecipientDiagnosis& one) {
  const auto& told = one.diagnosis;
  return {{"recipient", one.recipient},
          {"said", printable(one.said, 2000)},
          {"code", told.code},
          {"status", told.status},
          {"class", delivery::name_of(told.error_class)},
          {"temporary", told.temporary},
          {"retry", delivery::name_of(told.retry)},
          {"who", delivery::name_of(told.who)},
          {"confidence", delivery::name_of(told.confidence)},
          {"basis", delivery::name_of(told.basis)},
          {"entry", told.entry},
          {"source", told.source},
          {"example", told.example},
          {"cause", both(told.cause)},
          {"next_step", both(told.next_step)}};
}

void print_json(const Explained& explained) {
  json::array recipients;
  for (const auto& each : explained.recipients) recipients.push_back(to_json(each));
  const json::object whole = {{"kind", explained.kind},
                              {"reporting_mta", explained.reporting_mta},
                              {"recipients", std::move(recipients)}};
  fmt::print("{}\n", json::serialize(whole));
}

std::string basis_of(const delivery::Diagnosis& told, const Labels& labels) {
  switch (told.basis) {
    case delivery::Basis::entry: return fmt::format(fmt::runtime(labels.basis_entry), told.source);
    case delivery::Basis::words: return std::string(labels.basis_words);
    default: return std::string(labels.basis_code);
  }
}

std::string how_sure(const delivery::Diagnosis& told, const Labels& labels) {
  const auto certainty = told.confidence == delivery::Confidence::high     ? labels.certain
                         : told.confidence == delivery::Confidence::medium ? labels.likely
                                                                           : labels.uncertain;
  return fmt::format("{} ({})", certainty, basis_of(told, labels));
}

bool is_refusal(const delivery::Diagnosis& told) {
  return told.error_class != delivery::ErrorClass::complaint &&
         told.error_class != delivery::ErrorClass::auto_reply &&
         told.error_class != delivery::ErrorClass::delivered;
}

void print_line(std::string_view label, std::string_view text) {
  if (!text.empty()) fmt::print("{}: {}\n", label, text);
}

void print_text(const delivery::RecipientDiagnosis& one, const Labels& labels, Language language) {
  const auto& told = one.diagnosis;
  print_line(labels.recipient, printable(one.recipient));
  if (!one.recipient.empty()) print_line(labels.said, printable(one.said, 600));
  print_line(labels.cause, told.cause.*language);
  print_line(labels.next_step, told.next_step.*language);
  print_line(labels.who, delivery::words_for(told.who).*language);
  if (!is_refusal(told)) return;
  print_line(labels.try_again, told.temporary ? labels.temporary : labels.permanent);
  print_line(labels.sure, how_sure(told, labels));
}

// What is only guessed is worth a note.
ExitCode exit_code(const Explained& explained) {
  for (const auto& each : explained.recipients)
    if (is_refusal(each.diagnosis) && each.diagnosis.confidence == delivery::Confidence::low)
      return ExitCode::done_with_notes;
  return ExitCode::done;
}

Result<std::string> input(const Arguments& arguments) {
  if (arguments.has("file")) return read_all(arguments.get("file"));
  if (arguments.words.size() == 1 && arguments.words[0] == "-") return read_all("-");
  std::string text;
  for (const auto& word : arguments.words) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace

ExitCode run_explain(const Arguments& arguments) {
  const auto wanted = arguments.get("language");
  const bool known_language = wanted.empty() || wanted == "en" || wanted == "ja";
  if (arguments.words.empty() != arguments.has("file") || !known_language) {
    fmt::print(stderr,
               "tandemail: explain takes the words of a server, or - for standard input, or --file "
               "FILE; --language is en or ja\n");
    return ExitCode::usage;
  }
  const auto text = input(arguments);
  if (!text) return report(text.error());
  const auto explained = explain(*text, arguments);
  if (arguments.has("json")) {
    print_json(explained);
    return exit_code(explained);
  }
  const bool in_japanese = wanted.empty() ? speaks_japanese() : wanted == "ja";
  for (std::size_t i = 0; i < explained.recipients.size(); ++i) {
    if (i > 0) fmt::print("\n");
    print_text(explained.recipients[i], in_japanese ? japanese : english,
               in_japanese ? &mail::BothLanguages::ja : &mail::BothLanguages::en);
  }
  return exit_code(explained);
}

}  // namespace tandem::app
