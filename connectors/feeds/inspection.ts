import type { Columns, Dictionaries, Row } from '../../schemas/codec/columns.ts';
import { compileDecoder } from '../../schemas/codec/compile.ts';
import { Dictionary } from '../../schemas/codec/dictionary.ts';
import { DecodeError } from '../../schemas/codec/errors.ts';
import { Reader } from '../../schemas/codec/reader.ts';

/** What of a topic decides whether a value may be in it. */
export interface InspectedTopic<R extends Row> {
  readonly schema: { readonly avsc: string; readonly columns: (dictionaries: Dictionaries) => Columns<R> };
  readonly keyFields: readonly string[];
  readonly breach?: (row: R, dictionaries: Dictionaries) => string | undefined;
}

/** The five bytes of Confluent's header lie before the value. */
const HEADER_BYTES = 5;
/** So many strings are kept before all are forgotten. */
const KEPT_STRINGS = 100_000;
const NOTHING = new Uint8Array(0);

/**
 * Looks at an encoded value as the engine's door will, through the same decoder and the same contract, so that nothing is sent that it would turn away.
 * Returns the code of the first rule that the value breaks.
 */
export const inspectionOf = <R extends Row>(topic: InspectedTopic<R>): ((value: Uint8Array, key: Uint8Array) => string | undefined) => {
  const { schema: { avsc, columns: columnsOf }, keyFields, breach } = topic;
  const decoder = compileDecoder({ writerAvsc: avsc, readerAvsc: avsc, keyFields });
  const keys = new Dictionary();
  const strings = new Dictionary();
  const columns = columnsOf({ keys, strings });
  const reader = new Reader();
  return (value, key) => {
    if (keys.size + strings.size > KEPT_STRINGS) {
      keys.collect(NOTHING);
      strings.collect(NOTHING);
    }
    try {
      reader.over(value, HEADER_BYTES, value.length);
      decoder.decode(reader, value.length, columns, keys.id(key, 0, key.length), 0, key, 0, key.length);
      return breach?.(columns.row(0), columns.dictionaries);
    } catch (error) {
      if (error instanceof DecodeError) return error.code;
      throw error;
    } finally {
      columns.clear();
    }
  };
};
