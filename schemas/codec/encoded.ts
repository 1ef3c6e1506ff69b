/**
 * Values of one topic in Confluent wire format, one behind the other in a buffer, as an encoder leaves them.
 * Value `i` is `bytes[start(i), end(i))`; a tombstone has start === end. Valid until `clear`.
 */
export interface Encoded<Topic = unknown> {
  readonly size: number;
  readonly bytes: Uint8Array;
  start(index: number): number;
  end(index: number): number;
  /** UTF-8 bytes of the record's key. */
  key(index: number): Uint8Array;
  clear(): void;
  readonly '~topic'?: Topic;
}
