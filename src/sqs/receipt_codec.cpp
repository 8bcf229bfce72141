#include "sqs/receipt_codec.hpp"

#include "sqs/batch.hpp"
#include "sqs/json_writer.hpp"

namespace lastcall::sqs {
namespace {

void write_handle(json_writer& out, const std::string& receipt_handle) {
  out.member("ReceiptHandle", receipt_handle);
}

void write_change(json_writer& out, const visibility_change& change) {
  write_handle(out, change.receipt_handle);
  out.member("VisibilityTimeout", change.visibility.count());
}

}  // namespace

std::string encode_delete(std::string_view queue_url, const std::string& receipt_handle) {
  json_writer out;
  out.object([&] {
    out.member("QueueUrl", queue_url);
    write_handle(out, receipt_handle);
  });
  return out.take();
}

std::string encode_delete_batch(std::string_view queue_url, std::span<const std::string> receipt_handles) {
  return encode_batch(queue_url, receipt_handles, write_handle);
}

std::string encode_visibility(std::string_view queue_url, const visibility_change& change) {
  json_writer out;
  out.object([&] {
    out.member("QueueUrl", queue_url);
    write_change(out, change);
  });
  return out.take();
}

std::string encode_visibility_batch(std::string_view queue_url, std::span<const visibility_change> changes) {
  return encode_batch(queue_url, changes, write_change);
}

}  // namespace lastcall::sqs
