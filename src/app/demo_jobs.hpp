#pragma once

#include <cstddef>
#include <string>

namespace lastcall::app {

/// The email job with this number, as JSON: a mix such as a shop sends. Plain order confirmations,
/// newsletters in HTML with an inline image, invoices with attachments; names and subjects from many
/// languages. The same for a number each time; no two are alike.
std::string demo_job(std::size_t number);

/// Emails to this domain are those that the demo's mail server is slow to take.
inline constexpr const char* slow_domain = "slow.example.net";

}  // namespace lastcall::app
