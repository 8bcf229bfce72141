// sqs-consumer as its README shows it: one message at a time and its delete (single), or ten and a batch delete
// (batch); as many consumers as the concurrency needs. SIGTERM: stop, after what is in flight.
import {openSync, writeSync} from 'node:fs';
import {SQSClient} from '@aws-sdk/client-sqs';
import {NodeHttpHandler} from '@smithy/node-http-handler';
import {Agent} from 'node:http';
import {Consumer} from 'sqs-consumer';

const jobMs = Number(process.env.BENCH_JOB_MS);
const concurrency = Number(process.env.BENCH_CONCURRENCY);
const batch = process.env.BENCH_DELETE === 'batch';
const journal = process.env.BENCH_JOURNAL ? openSync(process.env.BENCH_JOURNAL, 'a') : undefined;
const note = (mark, message) => {
  if (journal !== undefined) writeSync(journal, `${mark} ${message.MessageId} ${Math.round(Date.now() * 1000)}\n`);
};
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const consumers = Math.max(1, Math.ceil(concurrency / 10));
const sqs = new SQSClient({
  region: 'us-east-1',
  endpoint: process.env.AWS_ENDPOINT_URL,
  requestHandler: new NodeHttpHandler({httpAgent: new Agent({keepAlive: true, maxSockets: concurrency + consumers})}),
});

async function run(message) {
  note('S', message);
  if (jobMs) await sleep(jobMs);
  note('E', message);
}

const all = Array.from({length: consumers}, () => Consumer.create({
  queueUrl: process.env.BENCH_QUEUE_URL,
  sqs,
  batchSize: 10,
  waitTimeSeconds: 20,
  pollingCompleteWaitTimeMs: 30000,
  ...(batch ? {handleMessageBatch: async (messages) => { await Promise.all(messages.map(run)); return messages; }}
            : {handleMessage: async (message) => { await run(message); return message; }}),
}));
for (const consumer of all) {
  consumer.on('error', (why) => console.error(String(why)));
  consumer.on('processing_error', (why) => console.error(String(why)));
  consumer.start();
}
let left = all.length;
process.on('SIGTERM', () => {
  for (const consumer of all) {
    consumer.on('stopped', () => { if (--left === 0) process.exit(0); });
    consumer.stop();
  }
});
