#pragma once

#include "aws/credentials.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>

namespace lastcall::aws {

/// Fetches credentials anew, each time it is asked, by `deadline`. One call at a time.
class credentials_source {
 public:
  virtual ~credentials_source() = default;
  virtual boost::asio::awaitable<result<credentials>> fetch(steady_time deadline) = 0;
};

/// How urgent it is to fetch credentials again (the windows of the AWS SDKs).
enum class freshness {
  fresh,
  stale,    ///< less than 15 minutes left: one caller fetches, the others go on with what there is
  expiring  ///< less than 10 minutes left: all wait for the fetch
};
freshness freshness_of(const credentials&, wall_time now) noexcept;

/// Keeps the credentials of a source fresh. However many callers wait, one fetch is under way. When a fetch
/// fails, credentials that have not expired serve on, and it is tried again a minute later. What a source
/// hands out with less than two minutes left is fetched again when half of that is over.
class refreshing_credentials final : public credentials_provider {
 public:
  refreshing_credentials(std::unique_ptr<credentials_source>, clock&, const boost::asio::any_io_executor&);
  ~refreshing_credentials() override;

  boost::asio::awaitable<result<credentials_ptr>> get(steady_time deadline) override;

 private:
  struct attempt;
  class running;
  class waiting;

  bool must_fetch(wall_time now) const noexcept;
  boost::asio::awaitable<result<credentials_ptr>> fetch(steady_time deadline);
  result<credentials_ptr> settle(result<credentials>);

  std::unique_ptr<credentials_source> source_;
  clock& clock_;
  boost::asio::any_io_executor executor_;
  credentials_ptr current_;
  wall_time not_before_{wall_time::min()};  // of the next fetch, while the current ones serve
  std::shared_ptr<attempt> attempt_;        // the last fetch
};

}  // namespace lastcall::aws
