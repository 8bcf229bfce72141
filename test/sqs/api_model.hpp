#pragma once

#include <nlohmann/json.hpp>

#include <fstream>
#include <string>
#include <vector>

namespace lastcall::testing {

/// AWS's model of the SQS API: what requests may hold.
class api_model {
 public:
  api_model() {
    std::ifstream file(LASTCALL_TEST_DATA "/aws/sqs-service-2.json");
    model_ = nlohmann::json::parse(file);
  }

  /// What in the request is not as the operation's input shape wants it; empty: nothing.
  std::vector<std::string> complaints(const std::string& operation, const std::string& request) const {
    std::vector<std::string> out;
    const std::string shape = model_.at("operations").at(operation).at("input").at("shape");
    check(shape, nlohmann::json::parse(request), operation, out);
    return out;
  }

 private:
  void check(const std::string& shape_name, const nlohmann::json& value, const std::string& where,
             std::vector<std::string>& out) const {
    const nlohmann::json& shape = model_.at("shapes").at(shape_name);
    const std::string type = shape.at("type");
    if (!has_type(type, value)) {
      out.push_back(where + " is not a " + type);
    } else if (type == "structure") {
      check_structure(shape, value, where, out);
    } else if (type == "list") {
      for (const nlohmann::json& item : value)
        check(shape.at("member").at("shape"), item, where + "[]", out);
    } else if (type == "map") {
      for (const auto& item : value.items())
        check(shape.at("value").at("shape"), item.value(), where + "." + item.key(), out);
    }
  }
  void check_structure(const nlohmann::json& shape, const nlohmann::json& value, const std::string& where,
                       std::vector<std::string>& out) const {
    const nlohmann::json& members = shape.at("members");
    for (const auto& item : value.items()) {
      if (members.contains(item.key()))
        check(members.at(item.key()).at("shape"), item.value(), where + "." + item.key(), out);
      else
        out.push_back(where + " has no member " + item.key());
    }
    for (const nlohmann::json& required : shape.value("required", nlohmann::json::array()))
      if (!value.contains(required.get<std::string>()))
        out.push_back(where + " lacks " + required.get<std::string>());
  }
  static bool has_type(const std::string& type, const nlohmann::json& value) {
    if (type == "structure" || type == "map") return value.is_object();
    if (type == "list") return value.is_array();
    if (type == "integer" || type == "long") return value.is_number_integer();
    if (type == "boolean") return value.is_boolean();
    return value.is_string();
  }

  nlohmann::json model_;
};

}  // namespace lastcall::testing
