#pragma once

#include "aws/refreshing_credentials.hpp"
#include "aws/sigv4.hpp"
#include "http/message.hpp"
#include "simulation/byte_faults.hpp"
#include "simulation/scheduler.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace lastcall::simulation {

inline constexpr const char* simulated_region = "us-east-1";

/// Where a process gets its temporary credentials from: like the metadata service of a container, which takes
/// its time, and can fail. What it hands out says by itself whose it is and until when it is good, so that
/// the service knows it.
class simulated_credentials final : public aws::credentials_source {
 public:
  simulated_credentials(lane& of_process, std::size_t process, const byte_faults&, bool is_calm,
                        std::uint64_t seed);
  boost::asio::awaitable<result<aws::credentials>> fetch(steady_time deadline) override;

 private:
  lane& lane_;
  std::size_t process_;
  const byte_faults& faults_;
  bool is_calm_;
  dice dice_;
};

/// What the service makes of a request's signature.
struct standing {
  enum class is { good, forged, mistimed, expired };
  is what{is::forged};
  std::string why;        ///< it is forged
  std::size_t process{};  ///< whose credentials were used
};

/// Verifies signatures as the service does, knowing every secret.
class signature_check {
 public:
  standing look_at(const http::request&, wall_time now);

 private:
  const aws::signing_key& key_for(const std::string& secret, std::string_view day);

  std::unordered_map<std::string, aws::signing_key> keys_;
};

}  // namespace lastcall::simulation
