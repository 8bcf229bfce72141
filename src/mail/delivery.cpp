#include "mail/delivery.hpp"

namespace lastcall::mail {

std::string_view name_of(smtp_step step) noexcept {
  switch (step) {
    case smtp_step::connect:
      return "the connection";
    case smtp_step::greeting:
      return "the greeting";
    case smtp_step::hello:
      return "EHLO";
    case smtp_step::starttls:
      return "STARTTLS";
    case smtp_step::auth:
      return "AUTH";
    case smtp_step::reset:
      return "RSET";
    case smtp_step::sender:
      return "MAIL FROM";
    case smtp_step::recipient:
      return "RCPT TO";
    case smtp_step::data:
      return "DATA";
    case smtp_step::content:
      return "the end of the message";
  }
  return "";
}

std::string_view name_of(delivery_status status) noexcept {
  switch (status) {
    case delivery_status::sent:
      return "sent";
    case delivery_status::refused:
      return "refused";
    case delivery_status::later:
      return "later";
    case delivery_status::not_sent:
      return "not_sent";
    case delivery_status::in_doubt:
      return "in_doubt";
  }
  return "";
}

delivery_status status_of(const error& e) noexcept {
  switch (e.kind) {
    case error_kind::tls:
    case error_kind::invalid:
      return delivery_status::refused;
    case error_kind::service:
      return e.code.starts_with('4') ? delivery_status::later : delivery_status::refused;
    default:
      return delivery_status::not_sent;
  }
}

}  // namespace lastcall::mail
