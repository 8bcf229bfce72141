#pragma once

#include "aws/environment.hpp"
#include "base/error.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace lastcall::aws {

/// The settings of one section, by lower-case name. A nested setting has the name "outer.inner".
using settings = std::map<std::string, std::string, std::less<>>;

/// The files that AWS's tools share, ~/.aws/config and ~/.aws/credentials, read as the SDKs read them
/// (AWS SDKs and Tools Reference Guide, "Shared config and credentials files").
struct shared_config {
  std::map<std::string, settings, std::less<>> profiles;      ///< of both files; the credentials file wins
  std::map<std::string, settings, std::less<>> services;      ///< the [services …] sections
  std::map<std::string, settings, std::less<>> sso_sessions;  ///< the [sso-session …] sections
};

/// Adds the sections of a config file ([default], [profile NAME], [services NAME], [sso-session NAME]; others
/// are left out).
/// `path` is shown in errors, which name the line.
result<void> add_config_file(shared_config&, std::string_view text, std::string_view path);
/// Adds the sections of a credentials file: each is a profile.
result<void> add_credentials_file(shared_config&, std::string_view text, std::string_view path);

/// Reads both files from where AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE say, or from ~/.aws.
/// Files that do not exist are empty.
result<shared_config> load_shared_config(const environment&);

/// One profile, with its section of services.
struct profile {
  std::string name;
  aws::settings settings;
  aws::settings services;

  std::optional<std::string> get(std::string_view setting) const;
  bool is_true(std::string_view setting) const;
};

/// The profile of that name, which must exist, with the section of services that it names.
result<profile> find_profile(const shared_config&, const std::string& name);
/// The profile of that name, else of AWS_PROFILE, else "default". A profile that is named must exist; the
/// default one is empty where it does not.
result<profile> choose_profile(const shared_config&, const std::optional<std::string>& name,
                               const environment&);

}  // namespace lastcall::aws
