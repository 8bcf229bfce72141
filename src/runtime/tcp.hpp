#pragma once

#include "runtime/stream.hpp"

#include <boost/asio/io_context.hpp>

namespace lastcall {

/// Connects over the machine's network. A name is resolved by the system's resolver, which can't be
/// cancelled: it is raced against the deadline and its late answer dropped.
std::unique_ptr<dialer> make_tcp_dialer(clock&);

/// Listens on host:port ("127.0.0.1:0" takes a free port; "[::]:80" and ":80" all addresses).
/// The errors say what is wrong with the address or who may hold the port.
result<std::unique_ptr<listener>> listen_tcp(const boost::asio::any_io_executor&, clock&,
                                             const std::string& address);

}  // namespace lastcall
