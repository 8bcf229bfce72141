#include "app/embedded_queue_server.hpp"
#include "app/exit_code.hpp"
#include "app/foreground.hpp"
#include "app/program.hpp"
#include "runtime/tls.hpp"

namespace lastcall::app {

namespace asio = boost::asio;

namespace {

struct serve_settings {
  std::string listen{"127.0.0.1:9324"};
  std::string data;
  std::string fidelity{"convenient"};
  unsigned duplicates{0};
  bool reorder{false};
  broker::known_keys keys;
  std::vector<std::string> host_names;
  std::string tls_certificate;
  std::string tls_key;
};

/// --verify KEY:SECRET. A secret may hold colons, a key does not.
option verify_option(broker::known_keys& into) {
  const auto add = [&into](const std::string& text) -> result<void> {
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == text.size())
      return error{error_kind::invalid, "", "give an access key and its secret as KEY:SECRET"};
    into.insert_or_assign(text.substr(0, colon), text.substr(colon + 1));
    return {};
  };
  return {.name = "verify",
          .value_name = "KEY:SECRET",
          .help =
              "Checks the signature of every request, and refuses those that are not signed with this "
              "access key and secret as AWS refuses them.",
          .repeatable = true,
          .set = add};
}

option host_name_option(std::vector<std::string>& into) {
  const auto add = [&into](const std::string& text) -> result<void> {
    into.push_back(text);
    return {};
  };
  return {
      .name = "host-name",
      .value_name = "NAME",
      .help =
          "A name by which a browser may ask, and anyone for the page and what else is below /_lastcall/, beside "
          "addresses and names that no web site can have (localhost, a container's name, *.local, *.internal, "
          "*.test). SQS itself answers other clients at every name.",
      .repeatable = true,
      .set = add};
}

asio::awaitable<void> until_cancelled() { co_await sleep_until(real_clock(), steady_time::max()); }

/// nullptr: in the clear.
std::unique_ptr<tls_context> tls_of(const serve_settings& s) {
  if (s.tls_certificate.empty() && s.tls_key.empty()) return nullptr;
  if (s.tls_certificate.empty() || s.tls_key.empty())
    throw refusal(exit_usage, "TLS needs both: give --tls-cert and --tls-key");
  auto made = tls_context::for_server(s.tls_certificate, s.tls_key, "http/1.1");
  if (!made) throw refusal(exit_config, "--tls-cert: " + made.error().message);
  return std::move(*made);
}

int serve(const serve_settings& s, console& c) {
  const std::unique_ptr<tls_context> tls = tls_of(s);
  foreground until_signal;
  background loop;
  broker::server_options options =
      s.fidelity == "aws" ? broker::server_options::like_aws() : broker::server_options{};
  options.engine.duplicates = s.duplicates / 100.0;
  options.engine.reorder = s.reorder;
  options.keys = s.keys;
  options.host_names = s.host_names;
  options.http.tls = tls.get();
  if (tls) options.scheme = "https";
  const auto server = embedded_queue_server::start(loop, s.listen, options, s.data);
  if (!server) throw refusal(exit_config, server.error().message);
  c.out.line("listening on " + (*server)->endpoint_url());
  until_signal.run(until_cancelled());
  return exit_ok;
}

}  // namespace

command serve_command() {
  const auto settings = std::make_shared<serve_settings>();
  return {
      .name = "serve",
      .summary = "Runs an SQS-compatible server on this machine.",
      .text =
          "Runs an SQS-compatible server on this machine, for development and tests: point boto3, the AWS "
          "CLI or a worker at it with endpoint_url, --endpoint-url or AWS_ENDPOINT_URL; any keys will do, "
          "unless --verify names some. A browser that opens it sees the queues. Whoever reaches it can use "
          "it, so listen on loopback only. SIGTERM or SIGINT ends it.",
      .arguments = "[OPTIONS]",
      .groups =
          {{"The server",
            {address_option("listen", settings->listen, "Where it listens; port 0 takes a free one."),
             text_option("data", "FILE", settings->data,
                         "Keeps queues and messages in this file: they survive the end of the server, also a "
                         "SIGKILL or a power loss, and every answer waits until its change is on the disk. "
                         "Without it they are kept in memory."),
             text_option("tls-cert", "FILE", settings->tls_certificate,
                         "Serves HTTPS instead of HTTP, with this certificate chain (PEM); needs --tls-key. "
                         "lastcall, boto3 and the AWS CLI trust it if AWS_CA_BUNDLE names its issuer's."),
             text_option("tls-key", "FILE", settings->tls_key, "The certificate's key (PEM)."),
             host_name_option(settings->host_names), verify_option(settings->keys),
             choice_option(
                 "fidelity", {"convenient", "aws"}, settings->fidelity,
                 "With aws it is as inconvenient as SQS: a queue's name is free again only 60 seconds after "
                 "its deletion, a queue can be purged only every 60 seconds, and a receive whose client has "
                 "gone goes on leasing messages."),
             count_option("duplicates", settings->duplicates, 0, 100,
                          "Of 100 messages of standard queues so many are delivered twice, as SQS may do."),
             flag_option("reorder", settings->reorder,
                         "Standard queues deliver out of order, as SQS may do.")}}},
      .examples =
          {{"lastcall serve", "prints 'listening on http://127.0.0.1:9324' and serves until Ctrl-C"},
           {"aws --endpoint-url http://127.0.0.1:9324 --region us-east-1 sqs list-queues",
            "asks it, in another terminal; the CLI wants keys, any will do: AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x"}},
      .run = [settings](console& c, const environment&) { return serve(*settings, c); }};
}

}  // namespace lastcall::app
