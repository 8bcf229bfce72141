// @aws-sdk/client-sqs behind lines of JSON. See test/system/clients/__init__.py.
import { createInterface } from "node:readline";
import { SQS } from "@aws-sdk/client-sqs";

const decode = (value) => {
  if (Array.isArray(value)) return value.map(decode);
  if (value === null || typeof value !== "object") return value;
  if ("$bytes" in value) return Uint8Array.from(Buffer.from(value.$bytes, "base64"));
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, decode(member)]));
};

const encode = (value) => {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(encode);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, encode(member)]));
};

const client = new SQS({
  endpoint: process.argv[2],
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  maxAttempts: 1,
});

const call = async (operation, parameters) => {
  try {
    const { $metadata, ...result } = await client[operation[0].toLowerCase() + operation.slice(1)](decode(parameters));
    return { result: encode(result) };
  } catch (failed) {
    const status = failed.$metadata?.httpStatusCode;
    if (status === undefined || status === 200) return { broken: `${failed.name}: ${failed.message}` };
    const code = failed.Error?.Code ?? failed.Code ?? failed.name;
    return { error: { code, name: failed.name, message: failed.message, status } };
  }
};

for await (const line of createInterface({ input: process.stdin })) {
  const { operation, parameters } = JSON.parse(line);
  console.log(JSON.stringify(await call(operation, parameters)));
}
