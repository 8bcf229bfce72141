#pragma once

#include "aws/sigv4.hpp"
#include "broker/api_error.hpp"
#include "http/message.hpp"
#include "runtime/clock.hpp"

#include <map>
#include <optional>
#include <string>

namespace lastcall::broker {

/// Secrets by access key.
using known_keys = std::map<std::string, std::string, std::less<>>;

/// Checks the signature of requests (AWS Signature Version 4, in the Authorization header) against the keys
/// that are known, with the refusals of AWS. Session tokens are signed headers like others, no more.
class signature_check {
 public:
  explicit signature_check(known_keys keys) : keys_(std::move(keys)) {}

  /// Why the request is refused; nothing where it is signed well. Signatures are good for five minutes
  /// before and after `now`.
  std::optional<api_error> operator()(const http::request&, wall_time now);

 private:
  /// Derived from a secret; good for a day, a region and a key, and costly enough to be kept.
  const aws::signing_key& key_for(const std::string& secret, std::string_view scope);

  const known_keys keys_;
  std::string kept_for_;
  aws::signing_key kept_{};
};

}  // namespace lastcall::broker
