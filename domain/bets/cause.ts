import type { Cause } from './types.ts';

/** `<topic>/<partition>/<offset>` of a cause, and back. */
export const causeText = ({ topic, partition, offset }: Cause): string => `${topic}/${partition}/${offset}`;
export const causeOf = (text: string): Cause => {
  const [topic, partition, offset] = text.split('/');
  return { topic: topic!, partition: Number(partition), offset: Number(offset) };
};
