// A text for people in the two languages of the product.
#pragma once

#include <string>

namespace tandem::mail {

struct BothLanguages {
  std::string en;
  std::string ja;
  bool operator==(const BothLanguages&) const = default;
};

}  // namespace tandem::mail
