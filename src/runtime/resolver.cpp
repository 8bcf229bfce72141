#include "runtime/resolver.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <netdb.h>
#include <optional>
#include <system_error>
#include <thread>

namespace lastcall {

namespace asio = boost::asio;

resolver::resolver(clock& clock, lookup how) : clock_(clock), lookup_(std::move(how)) {}
resolver::~resolver() = default;

asio::awaitable<result<resolver::addresses>> resolver::resolve(std::string host, steady_time deadline) {
  boost::system::error_code is_name;
  const asio::ip::address literal = asio::ip::make_address(host, is_name);
  if (!is_name) co_return addresses{literal};

  std::shared_ptr<inquiry> asked = under_way_[host];
  if (!asked || asked->has_come()) {
    asked = under_way_[host] = std::make_shared<inquiry>();
    try {
      std::thread([asked, host, look = lookup_] { asked->come(look(host)); }).detach();
    } catch (const std::system_error& problem) {
      under_way_.erase(host);
      co_return error{error_kind::io, "",
                      std::string("can't start a thread to resolve names: ") + problem.what()};
    }
  }
  std::optional<result<addresses>> answer = co_await asked->wait_until(clock_, deadline);
  if (answer) co_return std::move(*answer);
  co_return error{
      error_kind::timeout, "resolve",
      "the name '" + printable(host, 200) + "' could not be resolved in time; check this machine's DNS"};
}

result<resolver::addresses> resolver::system_lookup(const std::string& host) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  int problem = ::getaddrinfo(host.c_str(), nullptr, &wanted, &found);
  if (problem == EAI_NONAME || problem == EAI_ADDRFAMILY) {
    wanted.ai_flags = 0;  // a machine without a network has no configured family, but has "localhost"
    problem = ::getaddrinfo(host.c_str(), nullptr, &wanted, &found);
  }
  if (problem != 0) {
    return error{error_kind::network, "resolve",
                 "the name '" + printable(host, 200) + "' can't be resolved: " + ::gai_strerror(problem) +
                     "; check the name and this machine's DNS"};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  addresses all;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    if (one->ai_family == AF_INET) {
      const auto* in = reinterpret_cast<const sockaddr_in*>(one->ai_addr);
      all.emplace_back(asio::ip::address_v4(ntohl(in->sin_addr.s_addr)));
    } else if (one->ai_family == AF_INET6) {
      const auto* in = reinterpret_cast<const sockaddr_in6*>(one->ai_addr);
      asio::ip::address_v6::bytes_type bytes;
      std::copy(std::begin(in->sin6_addr.s6_addr), std::end(in->sin6_addr.s6_addr), bytes.begin());
      all.emplace_back(asio::ip::address_v6(bytes, in->sin6_scope_id));
    }
  }
  if (all.empty())
    return error{error_kind::network, "resolve", "the name '" + printable(host, 200) + "' has no address"};
  return with_families_in_turn(all);
}

resolver::addresses resolver::with_families_in_turn(const addresses& all) {
  addresses first;
  addresses second;
  for (const asio::ip::address& one : all)
    (one.is_v6() == all.front().is_v6() ? first : second).push_back(one);
  addresses mixed;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) mixed.push_back(first[i]);
    if (i < second.size()) mixed.push_back(second[i]);
  }
  return mixed;
}

}  // namespace lastcall
