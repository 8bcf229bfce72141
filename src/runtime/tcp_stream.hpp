#pragma once

#include "runtime/stream.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <memory>

namespace lastcall {

/// A connected socket as a stream. Sets TCP_NODELAY; never blocks.
std::unique_ptr<stream> make_tcp_stream(boost::asio::ip::tcp::socket, clock&);

/// "host:port", with brackets around an IPv6 address.
std::string endpoint_text(const boost::asio::ip::tcp::endpoint&);

}  // namespace lastcall
