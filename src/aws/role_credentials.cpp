#include "aws/role_credentials.hpp"

#include "base/encoding.hpp"

#include <utility>

namespace lastcall::aws {
namespace asio = boost::asio;

role_credentials::role_credentials(role r, std::unique_ptr<credentials_provider> who, sts service)
    : role_(std::move(r)), who_(std::move(who)), sts_(std::move(service)) {}

asio::awaitable<result<credentials>> role_credentials::fetch(steady_time deadline) {
  const result<credentials_ptr> who = co_await who_->get(deadline);
  if (!who) co_return who.error();
  co_return co_await sts_.assume(role_, **who, deadline);
}

web_identity_credentials::web_identity_credentials(role r, std::string token_file, environment env,
                                                   sts service)
    : role_(std::move(r)),
      token_file_(std::move(token_file)),
      environment_(std::move(env)),
      sts_(std::move(service)) {}

/// The errors are not `invalid`: the file may be written at any time.
result<std::string> web_identity_credentials::read_token() const {
  const std::string shown = "the web identity token file '" + printable(token_file_) + "'";
  result<std::optional<std::string>> content = environment_.file(environment_.expanded(token_file_));
  if (!content) return error{error_kind::io, "", shown + " can't be read: " + content.error().message};
  if (!*content)
    return error{error_kind::io, "",
                 shown +
                     " does not exist: check AWS_WEB_IDENTITY_TOKEN_FILE or the profile, and that the "
                     "token is mounted"};
  std::string token = std::move(**content);
  token.erase(token.find_last_not_of(" \t\r\n") + 1);
  if (token.empty()) return error{error_kind::io, "", shown + " is empty"};
  return token;
}

asio::awaitable<result<credentials>> web_identity_credentials::fetch(steady_time deadline) {
  const result<std::string> token = read_token();
  if (!token) co_return token.error();
  co_return co_await sts_.assume_with_token(role_, *token, deadline);
}

}  // namespace lastcall::aws
