// replay FOLDER…: a target without libFuzzer. Every seed as it is, cut off at many places, with
// bytes changed, doubled and left out: some thousand inputs that are the same at every run.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/target.hpp"

namespace {

std::size_t inputs = 0;

void try_one(const std::string& input) {
  ++inputs;
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::string mutated(std::string input, std::mt19937& random) {
  constexpr std::string_view special("\0\r\n\t .{}()\"\\<>+*%=?~\xff\x80", 22);
  for (unsigned changes = 1 + random() % 4; changes > 0 && !input.empty(); --changes) {
    const std::size_t at = random() % input.size();
    switch (random() % 5) {
      case 0: input[at] = static_cast<char>(random()); break;
      case 1: input[at] = special[random() % special.size()]; break;
      case 2: input.insert(at, 1, special[random() % special.size()]); break;
      case 3: input.erase(at, 1 + random() % 8); break;
      default: input.insert(at, input.substr(random() % input.size(), random() % 64)); break;
    }
  }
  return input;
}

void replay(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::string seed(std::istreambuf_iterator<char>(stream), {});
  try_one(seed);
  for (std::size_t cut = 0; cut < seed.size(); cut += 1 + seed.size() / 50)
    try_one(seed.substr(0, cut));
  std::mt19937 random(20261124);
  for (int i = 0; i < 200; ++i) try_one(mutated(seed, random));
}

}  // namespace

int main(int count, char** folders) {
  try_one("");
  std::vector<std::filesystem::path> seeds;
  for (int i = 1; i < count; ++i)
    for (const auto& entry : std::filesystem::directory_iterator(folders[i]))
      if (entry.is_regular_file()) seeds.push_back(entry.path());
  for (const auto& seed : seeds) replay(seed);
  std::cout << seeds.size() << " seeds, " << inputs << " inputs\n";
  return seeds.empty() ? 1 : 0;
}
