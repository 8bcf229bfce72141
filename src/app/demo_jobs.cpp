#include "app/demo_jobs.hpp"

#include "base/encoding.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <string_view>

namespace lastcall::app {
namespace {

using json = nlohmann::ordered_json;

struct customer {
  std::string_view name;
  std::string_view local_part;
  std::string_view greeting;
  std::string_view thanks;  ///< the subject of an order confirmation, without the order's number
};

constexpr std::array<customer, 10> customers{
    {{"Ada Lovelace", "ada", "Dear Ada", "Thank you for your order"},
     {"Zoë Müller-Weiß", "zoe", "Liebe Zoë", "Vielen Dank für Ihre Bestellung"},
     {"François Lefèvre", "francois", "Cher François", "Merci pour votre commande"},
     {"Łukasz Żółć", "lukasz", "Drogi Łukaszu", "Dziękujemy za zamówienie"},
     {"山田 太郎", "taro", "山田様", "ご注文ありがとうございます"},
     {"Иван Петров", "ivan", "Дорогой Иван", "Спасибо за ваш заказ"},
     {"Sofía Núñez", "sofia", "Querida Sofía", "Gracias por tu pedido"},
     {"محمد العلي", "mohammed", "عزيزي محمد", "شكرا لطلبك"},
     {"O'Brien, Conan \"Con\"", "conan", "Hi Con", "Thanks for your order"},
     {"김민수", "minsu", "김민수님", "주문해 주셔서 감사합니다"}}};

/// A blue ring, 24 by 24 pixels: PNG in base64.
constexpr std::string_view logo_png =
    ""
    "iVBORw0KGgoAAAANSUhEUgAAABgAAAAYCAYAAADgdz34AAAAXklEQVR42mNgGAxAPv/"
    "1f2yYJoZSxTJSDSfJEnINJ8oSSg3Hawmpmki2hNxwpcgCShIFVdM5Qf3UyESjFlDfAqpGMs2T6YBlNKoWFTQv7OhSXNOlwqFLlUmXSp9"
    "aAABPDJ+fpT/k8AAAAABJRU5ErkJggg==";

/// One in twenty-five is slow to be taken.
std::string_view domain_for(std::size_t number) {
  constexpr std::array<std::string_view, 3> domains{"example.com", "example.org", "mail.example.net"};
  return number % 25 == 7 ? slow_domain : domains[number % domains.size()];
}

std::string address_of(const customer& c, std::size_t number) {
  return std::string(c.local_part) + "+" + std::to_string(number) + "@" + std::string(domain_for(number));
}

std::string order_number(std::size_t number) { return "2026-" + std::to_string(100'000 + number * 37); }

void add_text(json& job, const customer& c, std::size_t number) {
  job["subject"] = std::string(c.thanks) + " " + order_number(number);
  job["text"] =
      std::string(c.greeting) + ",\n\n" + std::string(c.thanks) + " (" + order_number(number) +
      "). We have packed it and it is on its way to you.\n\n.\nThe line above is a single dot: a mail "
      "server must not take it for the end.\n\n-- \nThe Example Shop\n";
}

void add_newsletter(json& job, const customer& c, std::size_t number) {
  job["subject"] = "The week in the Example Shop, no. " + std::to_string(number);
  job["text"] = std::string(c.greeting) + ",\n\nthis week everything that is round is cheaper.\n";
  job["html"] =
      "<!doctype html><html><body><p><img src=\"cid:logo\" alt=\"ring\" width=\"24\" height=\"24\"> <b>" +
      std::string(c.greeting) + "</b>,</p><p>this week everything that is <i>round</i> is cheaper &mdash; " +
      std::to_string(10 + number % 50) + "&nbsp;%.</p></body></html>";
  job["inline_images"] = json::array({{{"content_id", "logo"},
                                       {"content_type", "image/png"},
                                       {"filename", "logo.png"},
                                       {"content", logo_png}}});
  job["headers"] = {
      {"List-Unsubscribe", "<https://shop.example.com/unsubscribe/" + std::to_string(number) + ">"},
      {"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"}};
}

/// A page with one line of text, as small as PDF allows: readers rebuild the table of offsets that is left
/// out.
std::string invoice_pdf(std::size_t number) {
  const std::string text = "BT /F1 18 Tf 72 720 Td (Invoice " + order_number(number) + ") Tj ET";
  return "%PDF-1.4\n"
         "1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n"
         "2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj\n"
         "3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
         "/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>> endobj\n"
         "4 0 obj <</Length " +
         std::to_string(text.size()) + ">> stream\n" + text +
         "\nendstream endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n";
}

std::string positions_csv(std::size_t number) {
  std::string csv = "position;article;price\n";
  for (std::size_t i = 1; i <= 20 + number % 200; ++i)
    csv += std::to_string(i) + ";Ring № " + std::to_string(number * i % 997) + ";" + std::to_string(i * 3) +
           ",99 €\n";
  return csv;
}

void add_invoice(json& job, const customer& c, std::size_t number) {
  job["subject"] = "Rechnung / Invoice " + order_number(number);
  job["text"] = std::string(c.greeting) + ",\n\nyour invoice is attached.\n";
  job["reply_to"] = "Buchhaltung <billing@shop.example.com>";
  job["attachments"] = json::array({{{"filename", "Rechnung Größe " + order_number(number) + ".pdf"},
                                     {"content_type", "application/pdf"},
                                     {"content", to_base64(invoice_pdf(number))}},
                                    {{"filename", "positions.csv"},
                                     {"content_type", "text/csv"},
                                     {"content", to_base64(positions_csv(number))}}});
}

}  // namespace

std::string demo_job(std::size_t number) {
  const customer& c = customers[number % customers.size()];
  json job{{"from", "The Example Shop <orders@shop.example.com>"},
           {"to", json::array({{{"name", c.name}, {"address", address_of(c, number)}}})}};
  switch (number / customers.size() % 4) {
    case 0:
    case 1:
      add_text(job, c, number);
      break;
    case 2:
      add_newsletter(job, c, number);
      break;
    default:
      add_invoice(job, c, number);
      break;
  }
  if (number % 11 == 5) job["cc"] = json::array({"archive@shop.example.com"});
  return job.dump();
}

}  // namespace lastcall::app
