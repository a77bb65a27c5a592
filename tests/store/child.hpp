// A second process for the crash tests: this test program again, running one hidden test case with
// what it needs in its environment. It reports 64-bit numbers through a pipe.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

namespace tandem::store::test {

class Child {
 public:
  Child(const std::string& test_case, const std::map<std::string, std::string>& environment);
  ~Child();  // kills
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Waits for one number. False: the child is gone.
  [[nodiscard]] bool receive(std::int64_t& number);
  // Takes numbers for so long (the child is not waited for), then returns.
  void receive_for(std::chrono::microseconds time, std::vector<std::int64_t>& numbers);
  void kill();
  // Everything that is still in the pipe, once it is dead or has ended. Returns the wait status.
  int finish(std::vector<std::int64_t>& numbers);

 private:
  pid_t pid_ = -1;
  int pipe_ = -1;
};

// In the child.
void report(std::int64_t number);
[[nodiscard]] std::string given(const char* name);

}  // namespace tandem::store::test
