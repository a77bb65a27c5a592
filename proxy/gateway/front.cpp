#include "proxy/gateway/front.hpp"

#include <utility>

namespace tandem::gateway {

using smtp::make_reply;
using smtp::Reply;

// J4: a client that sends another command has read the answer before it.
void Front::saw_answer() {
  for (auto& trace : answered_) rooms_.journal.answer_seen(std::move(trace));
  answered_.clear();
}

Task<Reply> Front::on_helo(smtp::HeloCommand command) {
  saw_answer();
  helo_ = std::move(command);
  co_return make_reply(250, "", "");
}

Task<Reply> Front::on_mail(smtp::MailCommand command) {
  saw_answer();
  transaction_.emplace(rooms_, std::move(command));
  co_return make_reply(250, "2.1.0", "Ok");
}

Task<Reply> Front::on_rcpt(smtp::RcptCommand command) {
  co_return co_await transaction_->rcpt(std::move(command));
}

Task<Result<void>> Front::on_chunk(std::string_view chunk) {
  co_return transaction_->content(chunk);
}

Task<std::vector<Reply>> Front::on_end() {
  ClientFacts client{.address = stream_.info().peer_address,
                     .helo = helo_.name,
                     .protocol = helo_.extended ? "ESMTP" : "SMTP"};
  if (stream_.info().tls) client.protocol = "ESMTPS";
  std::vector<Reply> replies;
  replies.push_back(co_await transaction_->end(std::move(client)));
  answered_ = transaction_->answered_traces();
  transaction_.reset();
  co_return replies;
}

Task<void> Front::on_abort() {
  if (transaction_) co_await transaction_->abandon();
  transaction_.reset();
}

}  // namespace tandem::gateway
