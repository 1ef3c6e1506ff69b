import { textOfPlace } from '../../connectors/kafka/letter.ts';
import type { Content, Trace } from '../../connectors/kafka/lineage.ts';
import { textOfMoment } from './moments.ts';
import { hexDump, valueLines } from './record-text.ts';

type MissingContent = Extract<Content, { readonly kind: 'missing' }>;

/** Why there is no record, for a person. */
const whyMissing = ({ why, start, end }: MissingContent): string => {
  if (why === 'before_log') return `no longer in the log: retention has removed it; the log begins at offset ${start}`;
  if (why === 'behind_log') return `outside of the log, which holds the offsets from ${start} up to ${end}`;
  if (why === 'commit_marker' || why === 'abort_marker') return `no record: the marker at which a transaction was ${why === 'commit_marker' ? 'committed' : 'given up'}`;
  if (why === 'aborted') return 'no record: its transaction was given up, and no reader sees it';
  if (why === 'open') return 'not readable yet: its transaction is still open';
  return 'no longer in the log: compaction has removed it, for its key has a newer value';
};

/** A trace as a tree of text: each record's place and times, and what it says, indented below the one that depends on it. */
export const traceText = (trace: Trace, depth = 0): string => {
  const { place, roles, key, eventTimeMs, appendTimeMs, content, inputs } = trace;
  const indent = '    '.repeat(depth), inner = `${indent}  `;
  const times = [...(eventTimeMs === undefined ? [] : [`event time ${textOfMoment(eventTimeMs)}`]), ...(appendTimeMs === undefined ? [] : [`appended ${textOfMoment(appendTimeMs)}`])];
  const head = `${indent}${depth === 0 ? '' : '← '}${textOfPlace(place)}${roles.length === 0 ? '' : `  (${roles.join('; ')})`}${times.length === 0 ? '' : `  ${times.join(', ')}`}\n`;
  const keyLine = key === undefined || content.kind === 'control' ? '' : `${inner}key: ${JSON.stringify(key)}\n`;
  return `${head}${keyLine}${contentText(content, inner)}${inputs.map((input) => traceText(input, depth + 1)).join('')}`;
};

const contentText = (content: Content, indent: string): string => {
  if (content.kind === 'value') return valueLines(content.value, indent);
  if (content.kind === 'control') return `${indent}${content.control.control === 'tick' ? 'a tick: event time goes on' : `control record: ${content.control.provider} is ${content.control.control === 'confirm' ? 'confirmed' : content.control.control}`}\n`;
  if (content.kind === 'tombstone') return `${indent}a tombstone: its key is over\n`;
  if (content.kind === 'missing') return `${indent}${whyMissing(content)}\n`;
  return `${indent}${content.error}\n${hexDump(content.bytes, indent)}`;
};

/** A trace as JSON has it. */
export const jsonOfTrace = ({ place, roles, key, eventTimeMs, appendTimeMs, content, inputs }: Trace): Record<string, unknown> => ({
  ...place, ...(roles.length === 0 ? {} : { roles }), ...(key === undefined ? {} : { key }),
  ...(eventTimeMs === undefined ? {} : { eventTime: textOfMoment(eventTimeMs) }), ...(appendTimeMs === undefined ? {} : { appendTime: textOfMoment(appendTimeMs) }),
  kind: content.kind, ...contentJson(content), inputs: inputs.map(jsonOfTrace),
});

const contentJson = (content: Content): Record<string, unknown> => {
  if (content.kind === 'value') return { value: content.value };
  if (content.kind === 'control') return { control: content.control };
  if (content.kind === 'unreadable') return { error: content.error, bytes: Buffer.from(content.bytes).toString('base64') };
  return content.kind === 'missing' ? { missing: content.why, reason: whyMissing(content) } : {};
};
