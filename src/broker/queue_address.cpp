#include "broker/queue_address.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <vector>

namespace lastcall::broker {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

/// The region that a host names, in the styles sqs.<region>.… and <region>.queue.…; empty where it names
/// none.
std::string_view region_of_host(std::string_view host) {
  const std::vector<std::string_view> labels = split(host.substr(0, host.find(':')), '.');
  if (labels.size() >= 3 && labels[0] == "sqs") return labels[1];
  if (labels.size() >= 3 && labels[1] == "queue") return labels[0];
  return {};
}

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
  const std::vector<std::string_view> parts = split(arn, ':');
  if (parts.size() != 6 || parts[0] != "arn" || parts[2] != "sqs") return std::nullopt;
  if (parts[3].empty() || parts[4].empty() || parts[5].empty()) return std::nullopt;
  if (parts[1] != partition_of(parts[3])) return std::nullopt;
  return queue_address{std::string(parts[4]), std::string(parts[3]), std::string(parts[5])};
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
  std::vector<std::string> segments;
  for (const std::string_view segment : split(path, '/'))
    if (!segment.empty()) segments.push_back(percent_decode(segment));
  if (segments.empty()) return std::nullopt;
  address.name = segments.back();
  const std::size_t before = segments.size() - 1;
  if (before == 3 && segments[0] == "queue") address.region = segments[1];
  if (before != 0 && is_account_id(segments[before - 1])) address.account = segments[before - 1];
  return address;
}

}  // namespace lastcall::broker
