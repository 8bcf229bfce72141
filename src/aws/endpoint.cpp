#include "aws/endpoint.hpp"

#include "base/encoding.hpp"

#include <array>
#include <vector>

namespace lastcall::aws {
namespace {

/// A group of regions with domains of its own. Its regions are known by how their names begin.
struct partition {
  std::string_view region_prefix;
  std::string_view domain;
  std::string_view dual_stack_domain;
};

constexpr partition standard_partition{"", "amazonaws.com", "api.aws"};

constexpr std::array<partition, 7> other_partitions{{
    {"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {"eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
    {"us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
    {"us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
    {"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    {"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
    {"us-gov-", "amazonaws.com", "api.aws"},
}};

const partition& partition_of(std::string_view region) noexcept {
  for (const partition& p : other_partitions)
    if (region.starts_with(p.region_prefix)) return p;
  return standard_partition;
}

error invalid(std::string message) { return {error_kind::invalid, "", std::move(message)}; }

bool is_alphanumeric(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// A region becomes a part of a host name: nothing else may pass for one.
bool is_host_label(std::string_view text) noexcept {
  if (text.empty() || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  for (const char c : text)
    if (!is_alphanumeric(c) && c != '-') return false;
  return true;
}

/// Looks like "eu-west-1": words of letters, joined by hyphens, and a number.
bool looks_like_region(std::string_view text) noexcept {
  const std::size_t last = text.rfind('-');
  return is_host_label(text) && last != std::string_view::npos && text.find('-') != last &&
         text.find_first_not_of("0123456789", last + 1) == std::string_view::npos;
}

bool is_within(std::string_view host, std::string_view domain) noexcept {
  return host == domain || (host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
}

std::vector<std::string_view> labels_of(std::string_view host) {
  std::vector<std::string_view> labels;
  while (true) {
    const std::size_t dot = host.find('.');
    labels.push_back(host.substr(0, dot));
    if (dot == std::string_view::npos) return labels;
    host.remove_prefix(dot + 1);
  }
}

}  // namespace

result<std::string> resolve_endpoint(const endpoint_parameters& p) {
  if (p.custom) {
    if (p.use_fips)
      return invalid(
          "FIPS and a custom endpoint can't be combined: unset AWS_USE_FIPS_ENDPOINT or the endpoint URL");
    if (p.use_dual_stack)
      return invalid(
          "dual-stack and a custom endpoint can't be combined: unset AWS_USE_DUALSTACK_ENDPOINT or the "
          "endpoint URL");
    return *p.custom;
  }
  if (p.region.empty())
    return invalid(
        "no region: set --region, AWS_REGION or 'region' in the AWS profile; or --endpoint-url to use "
        "something other than AWS");
  if (!is_host_label(p.region))
    return invalid("'" + printable(p.region, 64) + "' is not the name of a region, such as eu-west-1");
  const partition& in = partition_of(p.region);
  // In us-gov the endpoint with the plain name is the FIPS one.
  const bool says_fips = p.use_fips && (in.region_prefix != "us-gov-" || p.use_dual_stack);
  return "https://" + p.service + (says_fips ? "-fips." : ".") + p.region + "." +
         std::string(p.use_dual_stack ? in.dual_stack_domain : in.domain);
}

bool is_aws_host(std::string_view host) noexcept {
  if (is_within(host, standard_partition.domain) || is_within(host, standard_partition.dual_stack_domain))
    return true;
  for (const partition& p : other_partitions)
    if (is_within(host, p.domain) || is_within(host, p.dual_stack_domain)) return true;
  return false;
}

std::optional<std::string> region_in_host(std::string_view host) {
  const std::vector<std::string_view> labels = labels_of(host);
  for (std::size_t i = 0; i + 1 < labels.size(); ++i) {
    const bool after = labels[i] == "sqs" || labels[i] == "sqs-fips";
    const bool before = labels[i + 1] == "queue";
    const std::string_view candidate = after ? labels[i + 1] : labels[i];
    if ((after || before) && looks_like_region(candidate)) return std::string(candidate);
  }
  // The oldest endpoint of all.
  if (host == "queue.amazonaws.com") return "us-east-1";
  return std::nullopt;
}

}  // namespace lastcall::aws
