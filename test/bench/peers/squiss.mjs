// squiss-ts with its own settings for throughput: as many in flight as the concurrency, deletes in batches of ten.
import {openSync, writeSync} from 'node:fs';
import {SQS} from '@aws-sdk/client-sqs';
import {Squiss} from 'squiss-ts';

const jobMs = Number(process.env.BENCH_JOB_MS);
const journal = process.env.BENCH_JOURNAL ? openSync(process.env.BENCH_JOURNAL, 'a') : undefined;
const note = (mark, message) => {
  if (journal !== undefined) writeSync(journal, `${mark} ${message.raw.MessageId} ${Math.round(Date.now() * 1000)}\n`);
};
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const squiss = new Squiss({
  S3: undefined,
  SQS: new SQS({region: 'us-east-1', endpoint: process.env.AWS_ENDPOINT_URL}),
  queueUrl: process.env.BENCH_QUEUE_URL,
  bodyFormat: 'plain',
  maxInFlight: Number(process.env.BENCH_CONCURRENCY),
  receiveBatchSize: 10,
  receiveWaitTimeSecs: 20,
  activePollIntervalMs: 0,
  deleteBatchSize: 10,
  deleteWaitMs: 5,
});
squiss.on('message', async (message) => {
  note('S', message);
  if (jobMs) await sleep(jobMs);
  note('E', message);
  message.del();
});
squiss.on('error', (why) => console.error(String(why)));
await squiss.start();
process.on('SIGTERM', async () => {
  await squiss.stop(false, 25000);
  process.exit(0);
});
