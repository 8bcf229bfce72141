#include "mail/smtp_server.hpp"

#include "base/encoding.hpp"
#include "base/url.hpp"
#include "mail/ascii.hpp"

namespace lastcall::mail {
namespace {

error refuse(std::string_view why) {
  return {error_kind::invalid, "", "the SMTP URL is not usable: " + std::string(why)};
}

result<void> apply(smtp_server& server, std::string_view name, const std::string& value) {
  if (name == "starttls") {
    if (server.tls == tls_use::implicit)
      return refuse("starttls is for smtp://; smtps:// is TLS from the start");
    if (value == "required")
      server.tls = tls_use::required;
    else if (value == "never")
      server.tls = tls_use::never;
    else if (value != "opportunistic")
      return refuse("starttls must be required, opportunistic or never");
  } else if (name == "plaintext_auth") {
    if (value != "yes" && value != "no") return refuse("plaintext_auth must be yes or no");
    server.plaintext_auth = value == "yes";
  } else if (name == "ca_file") {
    if (value.empty()) return refuse("ca_file must name a file");
    server.ca_file = value;
  } else {
    return refuse("it has the option '" + printable(name, 40) +
                  "', but only starttls, plaintext_auth and ca_file are known");
  }
  return {};
}

}  // namespace

bool smtp_server::is_loopback() const noexcept {
  const bool is_v4 = host.find_first_not_of("0123456789.") == std::string::npos;
  return host == "localhost" || host == "::1" || (is_v4 && host.starts_with("127."));
}

result<smtp_server> parse_smtp_server(std::string_view text) {
  auto parsed = parse_url(text, "smtp|smtps");
  if (!parsed) return parsed.error();
  const bool implicit = parsed->scheme == "smtps";
  smtp_server server;
  server.host = std::move(parsed->host);
  server.port = parsed->port != 0 ? parsed->port : implicit ? 465 : 25;
  server.tls = implicit ? tls_use::implicit : tls_use::opportunistic;
  server.user = std::move(parsed->user);
  server.password = std::move(parsed->password);
  if (server.user.empty() && !server.password.empty()) return refuse("it has a password, but no user");
  if (has_control(server.user) || has_control(server.password))
    return refuse("its user or password holds a control character");
  std::string_view target = parsed->target;
  if (target != "/" && !target.starts_with("/?"))
    return refuse("it has a path; nothing but options may follow the host");
  target.remove_prefix(1);
  while (!target.empty()) {
    target.remove_prefix(1);  // '?' or '&'
    const std::string_view option = target.substr(0, target.find('&'));
    const std::size_t equals = std::min(option.find('='), option.size());
    const std::string value = percent_decode(option.substr(std::min(equals + 1, option.size())));
    if (!option.empty())
      if (auto ok = apply(server, option.substr(0, equals), value); !ok) return ok.error();
    target.remove_prefix(option.size());
  }
  return server;
}

}  // namespace lastcall::mail
