/** From the bytes of a file to the cells of its lines. */
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import iconv from 'iconv-lite';
import { FootballDataError } from './errors.ts';

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * The text of a file: unpacked where it is gzip (by its first bytes, whatever its name), UTF-8 with or without byte order mark,
 * and cp1252 where it is not valid UTF-8. The whole file decides, since one apostrophe near its end may be all that tells the two apart.
 * Throws `file_unreadable` where the gzip is broken.
 */
export const decodeText = (bytes: Uint8Array, file: string): string => {
  let plain = bytes;
  try {
    if (isGzip(bytes)) plain = gunzipSync(bytes);
  } catch (cause) {
    throw new FootballDataError('file_unreadable', `${file}: the gzip is broken or cut short; fetch the file again`, cause);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(plain);
  } catch {
    return iconv.decode(Buffer.from(plain), 'win1252');
  }
};

export interface Line {
  /** From 1, as a text editor counts. */
  readonly row: number;
  readonly text: string;
}

/** The lines of a text that ends them with CR LF, LF or CR. CR CR LF, as some re-exports write, is a line and an empty one. */
export function* lines(text: string): Generator<Line> {
  const ends = /\r\n|\n|\r/g;
  let start = 0;
  let row = 0;
  for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
    yield { row: ++row, text: text.slice(start, end.index) };
    start = ends.lastIndex;
  }
  if (start < text.length) yield { row: ++row, text: text.slice(start) };
}

/**
 * The cells of one line, trimmed; undefined where its quotes do not close. Each line is parsed for itself: no cell of this source
 * holds a line break, and so a stray quote costs its own row and not the rest of the season.
 */
export const cells = (text: string): readonly string[] | undefined => {
  try {
    return parse(text, { relax_quotes: true, trim: true })[0] ?? [];
  } catch {
    return undefined;
  }
};
