import { Unstorable } from './errors.ts';

const special = /[\0\\\t\n\r]/;

/** A value of a column in COPY's text format. Throws Unstorable at U+0000. Source: PostgreSQL documentation, COPY, "Text Format". */
export const copyText = (text: string): string => (special.test(text) ? escaped(text) : text);

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

const escaped = (text: string): string => storable(text).replace(/[\\\t\n\r]/g, (character) => escapes[character]!);

/** The text itself, for what is written by other ways than COPY. Throws Unstorable at U+0000. */
export const storable = (text: string): string => {
  if (text.includes('\0')) throw new Unstorable('22021', `${JSON.stringify(text)} holds U+0000, which no text of PostgreSQL can`);
  return text;
};

/** COPY's NULL. */
export const NULL = '\\N';

/** A number that is NaN where there is none. */
export const orNull = (value: number): string => (Number.isNaN(value) ? NULL : String(value));

let lastSecond = NaN;
let secondText = '';

/** A time in UTC, out of epoch milliseconds; NULL for NaN. Throws Unstorable beyond the year 9999. */
export const timeText = (ms: number): string => {
  if (Number.isNaN(ms)) return NULL;
  const second = Math.floor(ms / 1000);
  if (second !== lastSecond) { //  a poll's rows have few
    const time = new Date(second * 1000), text = Number.isNaN(time.getTime()) ? '' : time.toISOString();
    if (text.length !== 24) throw new Unstorable('22008', `${ms} ms is no time that a row can have`);
    secondText = text.slice(0, 20);
    lastSecond = second;
  }
  return `${secondText}${thousandths[ms - second * 1000]!}`;
};

const thousandths: readonly string[] = Array.from({ length: 1000 }, (_, n) => `${String(n).padStart(3, '0')}Z`);

const CHUNK_CHARACTERS = 32_768;

/** Rows in COPY's text format, as UTF-8 in chunks that can be sent more than once. */
export class CopyRows {
  size = 0;
  readonly #chunks: Buffer[] = [];
  #text = '';
  /** All lines in one piece, and where each ends: for whoever asks for a part. */
  #whole: { readonly bytes: Buffer; readonly ends: Uint32Array } | undefined;

  /** Adds a row: its columns with tabs between them, ended by a line feed. */
  add(line: string): void {
    this.#text += line;
    this.size++;
    this.#whole = undefined;
    if (this.#text.length >= CHUNK_CHARACTERS) this.#close();
  }

  chunks(): readonly Buffer[] {
    this.#close();
    return this.#chunks;
  }

  /** The lines of indexes `from` to `until`, `until` not included. */
  part(from: number, until: number): Buffer {
    const { bytes, ends } = this.#whole ??= this.#indexed();
    return bytes.subarray(from === 0 ? 0 : ends[from - 1]!, until === 0 ? 0 : ends[until - 1]!);
  }

  clear(): void {
    this.size = 0;
    this.#whole = undefined;
    this.#chunks.length = 0;
    this.#text = '';
  }

  /** A line feed in a text is escaped: each that lies there ends a line. */
  #indexed(): { readonly bytes: Buffer; readonly ends: Uint32Array } {
    const bytes = Buffer.concat(this.chunks()), ends = new Uint32Array(this.size);
    for (let line = 0, at = 0; line < this.size; line++) ends[line] = at = bytes.indexOf(10, at) + 1;
    return { bytes, ends };
  }

  #close(): void {
    if (this.#text === '') return;
    this.#chunks.push(Buffer.from(this.#text));
    this.#text = '';
  }
}
