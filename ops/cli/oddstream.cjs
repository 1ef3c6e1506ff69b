#!/usr/bin/env node
// The `oddstream` command. CommonJS on purpose: Node reads an ES module on libuv's threads, and how many there are can no longer be chosen then.
'use strict';

// Each asynchronous call of node-rdkafka holds one of these threads for as long as it waits; with the default of four, consumers starve each other.
process.env.UV_THREADPOOL_SIZE ??= '32';

const run = async () => {
  const { register } = await import('tsx/esm/api');
  register();
  const { main } = await import('./main.ts');
  await main(process.argv.slice(2));
};

run().catch((error) => {
  console.error(error.code === 'ERR_MODULE_NOT_FOUND' && !process.env.ODDSTREAM_DEBUG ? `oddstream: ${error.message.split('\n')[0]}: run 'node ops/setup.mjs'` : error);
  process.exit(1);
});
