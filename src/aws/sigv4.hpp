#pragma once

#include "aws/credentials.hpp"
#include "http/message.hpp"
#include "runtime/clock.hpp"

#include <array>
#include <string>
#include <string_view>

/// AWS Signature Version 4 (AWS General Reference, "Create a signed AWS API request"): header signing in
/// three stages, each a pure function: canonical request → string to sign → signature. Time is a value that
/// is passed in.
namespace lastcall::aws {

using signing_key = std::array<unsigned char, 32>;

/// A point in time as signatures write it: "20150830T123600Z".
class amz_date {
 public:
  explicit amz_date(wall_time);
  std::string_view text() const noexcept { return {text_.data(), text_.size()}; }
  std::string_view day() const noexcept { return text().substr(0, 8); }

 private:
  std::array<char, 16> text_;
};

/// Whether "." and ".." and double slashes are taken out of the path before it is signed.
/// Every service but S3 wants that.
enum class path_form { normalized, as_is };

struct canonical_request {
  std::string text;
  std::string signed_headers;  ///< the names: lower case, sorted, joined by ';'
};

/// First stage. Signs all `headers`, which must include Host; `payload_hash` is the body's SHA-256 in
/// hexadecimal.
canonical_request canonicalize(std::string_view method, std::string_view target, const http::headers& headers,
                               std::string_view payload_hash, path_form = path_form::normalized);

/// "20150830/us-east-1/sqs/aws4_request"
std::string credential_scope(std::string_view day, std::string_view region, std::string_view service);

/// Second stage.
std::string string_to_sign(const amz_date&, std::string_view scope, std::string_view canonical_request_text);

/// The key of one day, region and service.
signing_key derive_signing_key(std::string_view secret_access_key, std::string_view day,
                               std::string_view region, std::string_view service);

/// Third stage: 64 hexadecimal digits.
std::string signature(const signing_key&, std::string_view string_to_sign);

/// Signs requests of one region and service. Keeps the derived key: it is computed again only when the day or
/// the credentials change. Not thread-safe.
class signer {
 public:
  signer(std::string region, std::string service);

  /// Adds X-Amz-Date, X-Amz-Security-Token (for temporary credentials) and Authorization. Every header that
  /// the request has by then is signed, Host must be among them; those that proxies may change are added
  /// afterwards.
  void sign(http::request&, const credentials&, wall_time now);

 private:
  const signing_key& key_for(const credentials&, std::string_view day);

  std::string region_;
  std::string service_;
  std::string key_secret_;
  std::string scope_;
  signing_key key_{};
};

}  // namespace lastcall::aws
