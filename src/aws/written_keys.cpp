#include "aws/written_keys.hpp"

#include "base/encoding.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace lastcall::aws {
namespace asio = boost::asio;
namespace {

class fixed_credentials final : public credentials_provider {
 public:
  explicit fixed_credentials(credentials c)
      : credentials_(std::make_shared<const credentials>(std::move(c))) {}
  asio::awaitable<result<credentials_ptr>> get(steady_time) override { co_return credentials_; }

 private:
  credentials_ptr credentials_;
};

/// Keys as they stand in one place; `where` names the two settings for errors.
struct written_keys {
  std::optional<std::string> access_key_id;
  std::optional<std::string> secret_access_key;
  std::optional<std::string> session_token;
  std::string where;
};

error invalid(std::string message) { return {error_kind::invalid, "", std::move(message)}; }

bool is_one_word(std::string_view text) noexcept {
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7F) return false;
  return true;
}

result<std::optional<credentials>> read_keys(const written_keys& keys) {
  if (!keys.access_key_id && !keys.secret_access_key) return std::optional<credentials>{};
  if (!keys.access_key_id)
    return invalid(keys.where + ": the secret access key is set, but not the access key id");
  if (!keys.secret_access_key)
    return invalid(keys.where + ": the access key id is set, but not the secret access key");
  credentials out{*keys.access_key_id, *keys.secret_access_key, keys.session_token.value_or(""), {}};
  if (!is_one_word(out.access_key_id) || !is_one_word(out.secret_access_key) ||
      !is_one_word(out.session_token))
    return invalid(keys.where + ": a key holds a space, a line break or a character that is not ASCII");
  return std::optional<credentials>(std::move(out));
}

}  // namespace

result<std::optional<credentials>> keys_of(const environment& env) {
  return read_keys({env.get("AWS_ACCESS_KEY_ID"), env.get("AWS_SECRET_ACCESS_KEY"),
                    env.get("AWS_SESSION_TOKEN"), "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"});
}

result<std::optional<credentials>> keys_of(const profile& p) {
  return read_keys({p.get("aws_access_key_id"), p.get("aws_secret_access_key"), p.get("aws_session_token"),
                    "the AWS profile '" + printable(p.name) + "'"});
}

std::unique_ptr<credentials_provider> fixed(credentials c) {
  return std::make_unique<fixed_credentials>(std::move(c));
}

}  // namespace lastcall::aws
