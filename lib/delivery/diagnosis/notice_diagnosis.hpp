// What a bounce means, recipient by recipient. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "lib/delivery/diagnosis/diagnosis.hpp"
#include "lib/mail/notice.hpp"

namespace tandem::delivery {

struct RecipientDiagnosis {
  std::string recipient;  // empty: the notice does not name one
  std::string said;       // the server's words it was read from
  Diagnosis diagnosis;
};

[[nodiscard]] std::vector<RecipientDiagnosis> diagnose_notice(const mail::Notice& notice);

}  // namespace tandem::delivery
