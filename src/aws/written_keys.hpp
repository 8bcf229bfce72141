#pragma once

#include "aws/credentials.hpp"
#include "aws/environment.hpp"
#include "aws/shared_config.hpp"

#include <memory>
#include <optional>

namespace lastcall::aws {

/// Keys as they stand in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; none where they are
/// not set. Half a pair, and a key that can't stand in a header, are errors of kind `invalid`.
result<std::optional<credentials>> keys_of(const environment&);
/// The same of a profile's own keys.
result<std::optional<credentials>> keys_of(const profile&);

/// Credentials that stay what they are.
std::unique_ptr<credentials_provider> fixed(credentials);

}  // namespace lastcall::aws
