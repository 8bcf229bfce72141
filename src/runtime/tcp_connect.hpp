#pragma once

#include "base/error.hpp"
#include "runtime/stream.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <string>
#include <vector>

namespace lastcall {

/// Opens a socket or an acceptor that no child process inherits.
boost::system::error_code open_socket(boost::asio::ip::tcp::socket&, const boost::asio::ip::tcp&);
boost::system::error_code open_socket(boost::asio::ip::tcp::acceptor&, const boost::asio::ip::tcp&);

/// Connects to the first of these addresses that answers ("happy eyeballs", RFC 8305): one after the other,
/// the next without waiting when one fails, and beside it when one has not answered for 250 ms. `peer` is
/// what to call it in errors. Completes by `deadline`, on the caller's executor; cancelling the coroutine
/// ends it at once.
boost::asio::awaitable<result<std::unique_ptr<stream>>> connect_first(
    std::vector<boost::asio::ip::tcp::endpoint>, std::string peer, clock&, steady_time deadline);

}  // namespace lastcall
