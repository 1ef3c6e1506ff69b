import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { Kafka } from 'kafkajs';

const { ODDSTREAM_BROKERS: brokers, ODDSTREAM_REGISTRY_URL: host, TOPIC: topic = 'best-odds' } = process.env;
const registry = new SchemaRegistry({ host });
const consumer = new Kafka({ brokers: [brokers], logLevel: 1 }).consumer({ groupId: 'my-service' });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await consumer.run({ eachMessage: async ({ message: { value } }) => {
  if (value !== null) console.log(JSON.stringify(await registry.decode(value))); // null: a tick, event time goes on
} });
