#include "broker/queue_address.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <utility>

namespace lastcall::broker {
namespace {

/// Takes what stands before the separator off the text, and the separator; all of it where there is none.
std::string_view take(std::string_view& text, char separator) noexcept {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

/// The region that a host names, in the styles sqs.<region>.… and <region>.queue.…; empty where it names
/// none.
std::string_view region_of_host(std::string_view host) noexcept {
  std::string_view labels = host.substr(0, host.find(':'));
  const std::string_view first = take(labels, '.');
  const std::string_view second = take(labels, '.');
  if (labels.empty()) return {};
  if (first == "sqs") return second;
  return second == "queue" ? first : std::string_view();
}

/// What is not empty between the slashes of a path.
struct path_segments {
  explicit path_segments(std::string_view path) noexcept {
    while (!path.empty()) {
      const std::string_view segment = take(path, '/');
      if (segment.empty()) continue;
      if (count < 2) (count == 0 ? first : second) = segment;
      last_but_one = std::exchange(last, segment);
      ++count;
    }
  }
  std::size_t count{0};
  std::string_view first, second, last_but_one, last;
};

}  // namespace

std::string_view partition_of(std::string_view region) noexcept {
  if (region.starts_with("cn-")) return "aws-cn";
  if (region.starts_with("us-gov-")) return "aws-us-gov";
  if (region.starts_with("us-isob-")) return "aws-iso-b";
  if (region.starts_with("us-iso-")) return "aws-iso";
  if (region.starts_with("eu-isoe-")) return "aws-iso-e";
  if (region.starts_with("us-isof-")) return "aws-iso-f";
  if (region.starts_with("eusc-")) return "aws-eusc";
  return "aws";
}

bool is_account_id(std::string_view text) noexcept {
  return text.size() == 12 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string to_arn(const queue_address& a) {
  std::string arn = "arn:";
  arn += partition_of(a.region);
  arn += ":sqs:" + a.region + ":" + a.account + ":" + a.name;
  return arn;
}

std::optional<queue_address> parse_arn(std::string_view arn) {
  const std::string_view scheme = take(arn, ':');
  const std::string_view partition = take(arn, ':');
  const std::string_view service = take(arn, ':');
  const std::string_view region = take(arn, ':');
  const std::string_view account = take(arn, ':');
  if (scheme != "arn" || service != "sqs" || region.empty() || account.empty() || arn.empty())
    return std::nullopt;
  if (arn.find(':') != std::string_view::npos || partition != partition_of(region)) return std::nullopt;
  return queue_address{std::string(account), std::string(region), std::string(arn)};
}

std::string to_url(const queue_address& a, std::string_view endpoint) {
  std::string url(endpoint);
  url += "/" + a.account + "/" + a.name;
  return url;
}

std::optional<queue_address> parse_queue_url(std::string_view url, const call& caller) {
  queue_address address{caller.account, caller.region, {}};
  std::string_view path = url;
  if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos) {
    path = url.substr(scheme + 3);
    const std::size_t slash = path.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    if (const std::string_view region = region_of_host(path.substr(0, slash)); !region.empty())
      address.region = region;
    path.remove_prefix(slash);
  }
  path = path.substr(0, path.find_first_of("?#"));
  const path_segments segments(path);
  if (segments.count == 0) return std::nullopt;
  address.name = percent_decode(segments.last);
  if (segments.count == 4 && segments.first == "queue") address.region = percent_decode(segments.second);
  if (std::string account = percent_decode(segments.last_but_one); is_account_id(account))
    address.account = std::move(account);
  return address;
}

}  // namespace lastcall::broker
