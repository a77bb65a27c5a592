#include "migration/certificate_check.hpp"

#include <algorithm>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "lib/base/text.hpp"

namespace tandem::migration {
namespace {

// Who renews by ACME does so thirty days before the end: two weeks before, something is wrong.
constexpr auto soon = std::chrono::days(14);

bool holds(const OwnCertificate& one, std::string_view name) {
  return std::ranges::any_of(one.facts.names,
                             [name](const std::string& own) { return iequals(own, name); });
}

// Null: no certificate covers the name.
const OwnCertificate* covering(const std::vector<OwnCertificate>& certificates,
                               std::string_view name) {
  const auto dot = name.find('.');
  std::vector<std::string> ways = {std::string(name)};
  if (dot != std::string_view::npos) ways.push_back("*" + std::string(name.substr(dot)));
  for (const std::string& way : ways)
    for (const OwnCertificate& one : certificates)
      if (holds(one, way)) return &one;
  return nullptr;
}

void say(NameFinding& finding, Light light, mail::BothLanguages what,
         mail::BothLanguages next_step) {
  finding.light = light;
  finding.what = std::move(what);
  finding.next_step = std::move(next_step);
}

void say_missing(NameFinding& finding, NameInUse::Use use) {
  const bool asked = use == NameInUse::Use::asked;
  mail::BothLanguages what{
      "no certificate covers this name: mail programs refuse or warn",
      "この名前を含む証明書がありません。メールソフトが接続を拒否するか、警告を表示します。"};
  if (asked)
    what = {
        "no certificate covers this name: programs that ask here cannot set themselves up",
        "この名前を含む証明書がありません。ここに問い合わせるメールソフトは自動設定できません。"};
  mail::BothLanguages next{
      fmt::format(
          "Have a certificate made that holds {} too (certbot: -d {}), and name it in [tls]; "
          "several may stand there.",
          finding.name, finding.name),
      fmt::format("{} も含む証明書を取得し(certbot なら -d {})、[tls] "
                  "に指定してください(複数指定できます)。",
                  finding.name, finding.name)};
  if (asked) {
    next.en +=
        " Or do not publish this name: programs then find the server by its SRV record, or "
        "are told it by hand.";
    next.ja +=
        "または、この名前を DNS に登録しないでください(その場合は SRV "
        "レコードか手動で設定します)。";
  } else if (use == NameInUse::Use::seen) {
    next.en += " Or have these people use the host name above.";
    next.ja += "または、利用者のメールソフトの設定を上記のホスト名に変えてもらってください。";
  }
  say(finding, asked ? Light::amber : Light::red, std::move(what), std::move(next));
}

void look_at_dates(NameFinding& finding, const net::CertificateFacts& facts, WallTime now) {
  const std::string end = day_of(facts.until);
  const mail::BothLanguages renew{
      "Renew it; the running server takes the new files by itself.",
      "証明書を更新してください。新しいファイルは、動作中のサーバーが自動的に読み込みます。"};
  if (now >= facts.until)
    return say(finding, Light::red,
               {fmt::format("the certificate ended on {}", end),
                fmt::format("証明書の有効期限({})が切れています。", end)},
               renew);
  if (now < facts.from)
    return say(finding, Light::red,
               {fmt::format("the certificate is not valid before {}", day_of(facts.from)),
                fmt::format("証明書はまだ有効ではありません({} から)。", day_of(facts.from))},
               {"Set this machine's clock, or use the certificate before it.",
                "このマシンの時計を確認するか、前の証明書を使ってください。"});
  if (facts.self_signed)
    return say(finding, Light::amber,
               {"the certificate signs itself: mail programs warn, and phones refuse it",
                "自己署名の証明書です。メールソフトが警告し、スマートフォンは拒否します。"},
               {"Use one of a public authority (Let's Encrypt, or whom you buy from).",
                "公的な認証局(Let's Encrypt など)の証明書を使ってください。"});
  if (facts.until - now < soon)
    say(finding, Light::amber,
        {fmt::format("the certificate ends on {}, and has not been renewed", end),
         fmt::format("証明書の有効期限({})が近づいていますが、更新されていません。", end)},
        renew);
}

NameFinding look_at(const std::vector<OwnCertificate>& certificates, const NameInUse& wanted,
                    WallTime now) {
  NameFinding finding{.name = wanted.name};
  if (certificates.empty()) {
    say(finding, Light::red,
        {"there is no certificate: nobody can log in by TLS",
         "証明書がないため、TLS でログインできません。"},
        {fmt::format("Have one made for {}, and set certificate and key in [tls].", wanted.name),
         fmt::format("{} の証明書を取得し、[tls] に certificate と key を設定してください。",
                     wanted.name)});
    return finding;
  }
  const OwnCertificate* const shown = covering(certificates, wanted.name);
  const OwnCertificate& one = shown == nullptr ? certificates.front() : *shown;
  finding.certificate = one.file;
  finding.until = one.facts.until;
  if (shown == nullptr)
    say_missing(finding, wanted.use);
  else
    look_at_dates(finding, one.facts, now);
  return finding;
}

}  // namespace

std::vector<NameFinding> check_certificates(const std::vector<OwnCertificate>& certificates,
                                            const std::vector<NameInUse>& names, WallTime now) {
  std::vector<NameFinding> findings;
  for (const NameInUse& one : names) findings.push_back(look_at(certificates, one, now));
  return findings;
}

std::string day_of(WallTime time) {
  return fmt::format("{:%Y-%m-%d}", std::chrono::floor<std::chrono::days>(time));
}

}  // namespace tandem::migration
