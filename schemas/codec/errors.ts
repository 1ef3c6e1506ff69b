const meanings = {
  truncated: 'the value ends before its schema does',
  trailing_bytes: 'bytes are left after the value',
  varint_too_long: 'a variable-length integer has more bytes than its type',
  int_out_of_range: 'an int lies beyond 32 bits',
  long_out_of_range: 'a long lies beyond ±(2^53 − 1), where a double is no longer exact',
  negative_length: 'a string or bytes value has a negative length',
  boolean: 'a boolean is neither 0 nor 1',
  enum_index: 'an enum has no symbol of this index',
  union_branch: 'a union has no branch of this index',
  block_count: 'a map or an array announces more entries than its bytes can hold',
  block_size: 'a block of a map or an array does not have the size that it announces',
  duplicate_name: 'a map names an entry twice',
  utf8: 'a string is not UTF-8',
  empty_key: 'the record has no key',
  key_mismatch: 'the record\'s key is not what the fields of its value spell',
} as const;

/** Why bytes could not be decoded. */
export type DecodeCode = keyof typeof meanings;

/**
 * Bytes that are not a value of their schema. They are input, not a bug: the door turns them into a dead letter.
 * One instance per code, made once, so that a flood of poison costs no stack traces; where it happened is the record's offset.
 */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly code: DecodeCode;
  constructor(code: DecodeCode) {
    super(`${code}: ${meanings[code]}`);
    this.code = code;
  }
}

/** The decode errors, to be thrown. */
export const decodeErrors: { readonly [Code in DecodeCode]: DecodeError } = Object.freeze(
  Object.fromEntries(Object.keys(meanings).map((code) => [code, new DecodeError(code as DecodeCode)])) as Record<DecodeCode, DecodeError>,
);

/** A schema that is no Avro, or holds what columns cannot; or a pair of schemas that do not resolve. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
  readonly code: 'schema_invalid' | 'schema_unsupported' | 'schema_unresolvable';
  constructor(code: SchemaError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
