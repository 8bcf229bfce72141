#pragma once

#include "http/message.hpp"

#include <string>
#include <vector>

namespace lastcall::broker {

/// Whether a browser sends this request for a page that is not this server's. Any page that a developer has open
/// may have it send a form or fetch an image from here (cross-site request forgery), without being allowed to
/// see the answer. The browser says where the page is from: Origin (RFC 6454) on every POST, Sec-Fetch-Site
/// (W3C Fetch Metadata) in newer ones. What is no browser sends neither. A page is this server's if it comes
/// from where the request goes, by a name that no other site can have (local_host.hpp, which takes the same
/// `host_names`).
bool is_from_another_site(const http::request&, const std::vector<std::string>& host_names) noexcept;

}  // namespace lastcall::broker
