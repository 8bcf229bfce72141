#pragma once

#include <string>
#include <vector>

namespace lastcall::mail {

/// A message as a server was given it.
struct caught_mail {
  std::string helo;  ///< what the client called itself
  std::string sender;
  std::vector<std::string> recipients;
  std::string content;  ///< with CRLF line ends, dots no longer doubled
};

}  // namespace lastcall::mail
