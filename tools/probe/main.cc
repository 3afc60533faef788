// assay-probe: answers one JSON line per JSON line of standard input. For test vectors alone; see operations.h.
#include <iostream>
#include <string>

#include "probe/operations.h"

int main() {
  std::ios::sync_with_stdio(false);
  assay::probe::Operations operations;
  std::string question;
  while (std::getline(std::cin, question)) {
    std::cout << operations.answer(question) << '\n';
    // Who asks one question at a time waits for its answer.
    if (std::cin.rdbuf()->in_avail() <= 0) std::cout.flush();
  }
  std::cout.flush();
  return std::cout.good() ? 0 : 1;
}
