// The client against mail servers that others have written: postfix's smtp-sink and aiosmtpd.
#include "mail/smtp_client.hpp"
#include "runtime/tcp.hpp"
#include "support/run.hpp"
#include "support/test_authority.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

using namespace lastcall;
using namespace lastcall::mail;
using namespace lastcall::testing;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using status = delivery_status;

namespace {

const std::string sink = "/usr/sbin/smtp-sink";
const std::string python = "/usr/bin/python3";
const std::string message = "Subject: x\r\n\r\n.dot\r\nbody\r\n";

class no_guard final : public delivery_guard {
 public:
  asio::awaitable<result<void>> before_final_dot(std::vector<std::string>) override {
    co_return result<void>();
  }
  std::optional<steady_time> stop_by() const noexcept override { return std::nullopt; }
};

/// A port that is free, for servers that can't choose one themselves: below those that the kernel gives to
/// connections (ip_local_port_range, from 32768), so that it is still free when the server starts, and none of our
/// attempts to reach it is connected to itself.
std::uint16_t free_port() {
  static unsigned asked = static_cast<unsigned>(::getpid());
  asio::io_context context;
  while (true) {
    const auto port = static_cast<std::uint16_t>(30'000 + asked++ % 2'000);
    if (listen_tcp(context.get_executor(), real_clock(), "127.0.0.1:" + std::to_string(port))) return port;
  }
}

/// A server process, from when it listens until the end of the test.
class peer {
 public:
  peer(asio::io_context& context, std::vector<std::string> command, std::uint16_t port) {
    std::vector<char*> arguments;
    for (std::string& word : command)
      arguments.push_back(word.data());
    arguments.push_back(nullptr);
    REQUIRE(::posix_spawn(&pid_, arguments[0], nullptr, nullptr, arguments.data(), environ) == 0);
    const bool listens = run(context, wait_until_it_listens(port));
    REQUIRE(listens);
  }
  ~peer() {
    ::kill(pid_, SIGTERM);
    int how = 0;
    ::waitpid(pid_, &how, 0);
  }
  peer(const peer&) = delete;
  peer& operator=(const peer&) = delete;

 private:
  static asio::awaitable<bool> wait_until_it_listens(std::uint16_t port) {
    const auto dialer = make_tcp_dialer(real_clock());
    for (int i = 0; i < 200; ++i) {
      const auto stream = co_await dialer->connect("127.0.0.1", port, real_clock().now() + 1s);
      if (stream) co_return true;
      co_await sleep_for(real_clock(), 50ms);
    }
    co_return false;
  }
  pid_t pid_{};
};

struct world {
  explicit world(const std::string& url, smtp_client_options options = {})
      : client(context.get_executor(), real_clock(), *network, parse_smtp_server(url).value(), options) {}
  ~world() { run(context, client.stop()); }

  delivery send(std::vector<std::string> recipients = {"bob@example.org"}) {
    const auto slot = run(context, client.enter());
    return run(context, client.send(*slot, {"ada@example.com", std::move(recipients)}, message, guard));
  }

  asio::io_context context;
  std::unique_ptr<dialer> network{make_tcp_dialer(real_clock())};
  smtp_client client;
  no_guard guard;
};

std::vector<std::string> sink_command(std::uint16_t port, std::vector<std::string> options) {
  options.insert(options.begin(), sink);
  if (::geteuid() == 0) options.insert(options.end(), {"-u", "nobody"});
  options.insert(options.end(), {"127.0.0.1:" + std::to_string(port), "10"});
  return options;
}

bool is_missing(const std::string& program) {
  if (std::filesystem::exists(program)) return false;
  MESSAGE("skipped: there is no " << program);
  return true;
}

}  // namespace

TEST_CASE("smtp-sink takes mail, and its faults are seen as what they are") {
  if (is_missing(sink)) return;
  struct fault {
    std::vector<std::string> options;
    status expected;
    std::string words;
  };
  const std::vector<fault> faults{
      {{}, status::sent, "250 2.0.0"},
      {{"-p"}, status::sent, "250 2.0.0"},
      {{"-e"}, status::sent, "250 "},
      {{"-r", "RCPT"}, status::later, "450 4.3.0"},
      {{"-f", "RCPT"}, status::refused, "500 5.3.0"},
      {{"-f", "MAIL"}, status::refused, "500 5.3.0"},
      {{"-r", "DATA"}, status::later, "450"},
      {{"-r", "."}, status::later, "450"},
      {{"-f", "."}, status::refused, "500"},
      {{"-q", "DATA"}, status::not_sent, "closed"},
      {{"-q", "."}, status::in_doubt, "closed"},
      {{"-Q", "MAIL"}, status::later, "421"},
      {{"-f", "CONNECT"}, status::refused, "500"},
      {{"-r", "EHLO,HELO"}, status::later, "450"},
  };
  for (const fault& f : faults) {
    std::string shown;
    for (const std::string& option : f.options)
      shown += option + " ";
    CAPTURE(shown);
    const std::uint16_t port = free_port();
    world w("smtp://127.0.0.1:" + std::to_string(port));
    const peer server(w.context, sink_command(port, f.options), port);
    for (int i = 0; i < 2; ++i) {
      const delivery d = w.send();
      CAPTURE(d[0].words);
      CHECK(d[0].status == f.expected);
      CHECK(d[0].words.find(f.words) != std::string::npos);
    }
  }
}

TEST_CASE("aiosmtpd takes mail over STARTTLS with AUTH, and gets the message as it is") {
  if (is_missing(python)) return;
  if (std::system((python + " -c 'import aiosmtpd' 2>/dev/null").c_str()) != 0) {
    MESSAGE("skipped: there is no aiosmtpd for " << python);
    return;
  }
  test_authority authority;
  const auto identity = authority.issue("DNS:localhost,IP:127.0.0.1");
  const std::uint16_t port = free_port();
  const std::string caught = std::filesystem::path(identity.key_file).parent_path() / "caught";
  world w("smtp://ada:s3%3Acret@127.0.0.1:" + std::to_string(port) +
          "?starttls=required&ca_file=" + authority.root_file());
  const peer server(w.context,
                    {python, LASTCALL_TEST_DATA "/../mail/aiosmtpd_peer.py", std::to_string(port),
                     identity.certificate_file, identity.key_file, caught},
                    port);
  const delivery d = w.send({"bob@example.org", "nobody@example.org", "later@example.org"});
  REQUIRE(d.size() == 3);
  CAPTURE(d[0].words);
  CHECK(d[0].status == status::sent);
  CHECK(d[1].status == status::refused);
  CHECK(d[1].words == "550 5.1.1 No such user");
  CHECK(d[2].status == status::later);
  std::ifstream in(caught, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  CHECK(content == "ada@example.com bob@example.org\r\n" + message);
  CHECK(w.send()[0].status == status::sent);
}
