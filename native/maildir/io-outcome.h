// How a request of the I/O engine ends, and the callbacks that are told.
//
// Callbacks run on a backend thread, exactly once, and must not block.
#pragma once

#include <cstdint>
#include <functional>

namespace tegu::maildir {

struct IoOutcome {
  /** 0 or a positive errno. */
  int error = 0;
  /** System call that failed, for the message; a literal. */
  const char* stage = "";
  /** Octets written, where the request writes. */
  std::int64_t value = 0;
};

using OnSettled = std::function<void(const IoOutcome&)>;

}  // namespace tegu::maildir
