#include "runtime/tcp.hpp"

#include "base/encoding.hpp"
#include "base/url.hpp"
#include "runtime/cancellation.hpp"
#include "runtime/resolver.hpp"
#include "runtime/tcp_connect.hpp"
#include "runtime/tcp_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <charconv>
#include <optional>
#include <sys/socket.h>
#include <vector>

namespace lastcall {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

error_code last_error() { return {errno, boost::system::system_category()}; }

class tcp_dialer final : public dialer {
 public:
  explicit tcp_dialer(clock& c) : clock_(c), resolver_(c) {}

  asio::awaitable<result<std::unique_ptr<stream>>> connect(std::string host, std::uint16_t port,
                                                           steady_time deadline) override {
    const cancellation_watch watch(co_await asio::this_coro::cancellation_state);
    result<resolver::addresses> addresses = co_await resolver_.resolve(host, deadline);
    if (!addresses) co_return addresses.error();
    if (watch.has_fired()) co_return error{error_kind::cancelled, "", "cancelled"};
    std::vector<tcp::endpoint> endpoints;
    for (const asio::ip::address& address : *addresses)
      endpoints.emplace_back(address, port);
    std::string peer = authority(printable(host, 200), port);
    co_return co_await connect_first(std::move(endpoints), std::move(peer), clock_, deadline);
  }

 private:
  clock& clock_;
  resolver resolver_;
};

class tcp_listener final : public listener {
 public:
  tcp_listener(tcp::acceptor acceptor, clock& c) : acceptor_(std::move(acceptor)), clock_(c) {
    error_code ignored;
    local_ = acceptor_.local_endpoint(ignored);
  }

  asio::awaitable<result<std::unique_ptr<stream>>> accept() override {
    for (;;) {
      if (!acceptor_.is_open()) co_return closed();
      const int fd = ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) {
        tcp::socket socket(acceptor_.get_executor());
        error_code problem;
        socket.assign(local_.protocol(), fd, problem);
        if (!problem) co_return make_tcp_stream(std::move(socket), clock_);
        ::close(fd);
        co_return failed(problem);
      }
      const error_code problem = last_error();
      if (is_of_the_peer(problem)) continue;
      if (problem != asio::error::would_block) co_return failed(problem);
      const auto [ended] =
          co_await acceptor_.async_wait(tcp::acceptor::wait_read, asio::as_tuple(asio::use_awaitable));
      if (ended) co_return closed();
    }
  }
  void close() noexcept override {
    error_code ignored;
    acceptor_.close(ignored);
  }
  std::string address() const override { return endpoint_text(local_); }
  std::uint16_t port() const override { return local_.port(); }

 private:
  /// Errors of a connection that ended before it was accepted (accept(2), "Error handling").
  static bool is_of_the_peer(error_code problem) {
    return problem == asio::error::connection_aborted || problem == asio::error::interrupted ||
           problem.value() == EPROTO || problem == asio::error::network_down ||
           problem == asio::error::network_unreachable || problem == asio::error::host_unreachable;
  }
  static error closed() { return error{error_kind::cancelled, "", "the listener was closed"}; }
  error failed(error_code problem) const {
    return error{error_kind::io, "", "can't accept a connection on " + address() + ": " + problem.message()};
  }

  tcp::acceptor acceptor_;
  clock& clock_;
  tcp::endpoint local_;
};

/// Where to listen; no address stands for all.
struct place {
  std::optional<asio::ip::address> address;
  std::uint16_t port{0};
};

result<place> parse_place(const std::string& text) {
  const auto refuse = [&](const char* why) {
    return error{error_kind::invalid, "", "can't listen on '" + printable(text, 200) + "': " + why};
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return refuse("it must be ADDRESS:PORT, such as 127.0.0.1:9324");
  place out;
  const char* end = text.data() + text.size();
  const auto [parsed, problem] = std::from_chars(text.data() + colon + 1, end, out.port);
  if (problem != std::errc{} || parsed != end) return refuse("the port must be a number from 0 to 65535");
  std::string host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    return refuse("an IPv6 address needs brackets, such as [::1]:9324");
  }
  if (host.empty()) return out;
  if (host == "localhost") host = "127.0.0.1";
  error_code is_name;
  out.address = asio::ip::make_address(host, is_name);
  if (is_name)
    return refuse("the part before the port must be an address of this machine, such as 127.0.0.1");
  return out;
}

error cannot_listen(const std::string& text, error_code problem) {
  std::string message = "can't listen on " + text + ": " + problem.message();
  if (problem == asio::error::address_in_use)
    message += "; another process holds the port ('ss -ltnp' tells which), or take port 0 for a free one";
  if (problem == asio::error::access_denied)
    message += "; ports below 1024 need a privilege, take a higher one";
  if (problem.value() == EADDRNOTAVAIL) message += "; this machine has no such address";
  return error{error_kind::io, "", std::move(message)};
}

error_code listen_on(tcp::acceptor& acceptor, const tcp::endpoint& at, bool is_dual) {
  if (const error_code problem = open_socket(acceptor, at.protocol())) return problem;
  error_code problem;
  acceptor.set_option(tcp::acceptor::reuse_address(true), problem);
  if (at.address().is_v6()) acceptor.set_option(asio::ip::v6_only(!is_dual), problem);
  acceptor.bind(at, problem);
  if (!problem) acceptor.listen(asio::socket_base::max_listen_connections, problem);
  if (!problem) acceptor.non_blocking(true, problem);
  if (problem) {
    error_code ignored;
    acceptor.close(ignored);
  }
  return problem;
}

}  // namespace

std::unique_ptr<dialer> make_tcp_dialer(clock& clock) { return std::make_unique<tcp_dialer>(clock); }

result<std::unique_ptr<listener>> listen_tcp(const asio::any_io_executor& executor, clock& clock,
                                             const std::string& address) {
  const result<place> at = parse_place(address);
  if (!at) return at.error();
  tcp::acceptor acceptor(executor);
  error_code problem;
  if (at->address) {
    problem = listen_on(acceptor, {*at->address, at->port}, false);
  } else {
    problem = listen_on(acceptor, {asio::ip::address_v6::any(), at->port}, true);
    if (problem.value() == EAFNOSUPPORT || problem.value() == EADDRNOTAVAIL)
      problem = listen_on(acceptor, {asio::ip::address_v4::any(), at->port}, false);
  }
  if (problem) return cannot_listen(address, problem);
  return std::make_unique<tcp_listener>(std::move(acceptor), clock);
}

}  // namespace lastcall
