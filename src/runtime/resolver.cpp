#include "runtime/resolver.hpp"

#include "base/encoding.hpp"
#include "runtime/wakeup.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <list>
#include <mutex>
#include <netdb.h>
#include <optional>
#include <system_error>
#include <thread>

namespace lastcall {

namespace asio = boost::asio;

/// One lookup, shared by its thread and those who wait for it.
class resolver::inquiry {
 public:
  /// Someone who waits. Taken off the list before its executor can go away: then nothing is posted to it.
  class waiter {
   public:
    waiter(inquiry& in, clock& clock, const asio::any_io_executor& executor)
        : inquiry_(in), executor_(executor), answered_(std::make_shared<wakeup>(clock, executor)) {
      const std::lock_guard lock(inquiry_.mutex_);
      inquiry_.waiters_.push_back(this);
      if (inquiry_.answer_) answered_->notify();
    }
    ~waiter() {
      const std::lock_guard lock(inquiry_.mutex_);
      inquiry_.waiters_.remove(this);
    }
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;

    asio::awaitable<bool> wait_until(steady_time when) { return answered_->wait_until(when); }

   private:
    friend class inquiry;
    inquiry& inquiry_;
    asio::any_io_executor executor_;
    std::shared_ptr<wakeup> answered_;
  };

  std::optional<result<addresses>> answer() {
    const std::lock_guard lock(mutex_);
    return answer_;
  }
  void answered(result<addresses> with) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(with);
    for (const waiter* waiting : waiters_)
      asio::post(waiting->executor_, [wakeup = waiting->answered_] { wakeup->notify(); });
  }

 private:
  std::mutex mutex_;
  std::optional<result<addresses>> answer_;
  std::list<waiter*> waiters_;
};

resolver::resolver(clock& clock, lookup how) : clock_(clock), lookup_(std::move(how)) {}
resolver::~resolver() = default;

asio::awaitable<result<resolver::addresses>> resolver::resolve(std::string host, steady_time deadline) {
  boost::system::error_code is_name;
  const asio::ip::address literal = asio::ip::make_address(host, is_name);
  if (!is_name) co_return addresses{literal};

  std::shared_ptr<inquiry> asked = under_way_[host];
  if (!asked || asked->answer()) {
    asked = under_way_[host] = std::make_shared<inquiry>();
    try {
      std::thread([asked, host, look = lookup_] { asked->answered(look(host)); }).detach();
    } catch (const std::system_error& problem) {
      under_way_.erase(host);
      co_return error{error_kind::io, "",
                      std::string("can't start a thread to resolve names: ") + problem.what()};
    }
  }
  const auto executor = co_await asio::this_coro::executor;
  bool was_told = false;
  {
    inquiry::waiter waiter(*asked, clock_, executor);
    was_told = co_await waiter.wait_until(deadline);
  }
  std::optional<result<addresses>> answer = asked->answer();
  if (answer) co_return std::move(*answer);
  if (clock_.now() < deadline && !was_told) co_return error{error_kind::cancelled, "", "cancelled"};
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
