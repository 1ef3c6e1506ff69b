/** A text that PostgreSQL cannot hold got past the door, which is to keep it out (`nul_in_text`). A bug, not bad input. */
export class UnstorableText extends Error {
  readonly code = 'unstorable_text';
  override readonly name = 'UnstorableText';

  constructor(text: string) {
    super(`${JSON.stringify(text)} holds U+0000, which no text of PostgreSQL can: the contract of its topic must refuse it`);
  }
}

const special = /[\0\\\t\n\r]/;

/** A value of a column in COPY's text format. Throws UnstorableText at U+0000. Source: PostgreSQL documentation, COPY, "Text Format". */
export const copyText = (text: string): string => (special.test(text) ? escaped(text) : text);

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

const escaped = (text: string): string => storable(text).replace(/[\\\t\n\r]/g, (character) => escapes[character]!);

/** The text itself, for what is written by other ways than COPY. Throws UnstorableText at U+0000. */
export const storable = (text: string): string => {
  if (text.includes('\0')) throw new UnstorableText(text);
  return text;
};

/** COPY's NULL. */
export const NULL = '\\N';

/** A number that is NaN where there is none. */
export const orNull = (value: number): string => (Number.isNaN(value) ? NULL : String(value));

let lastSecond = NaN;
let secondText = '';

/** A time in UTC, out of epoch milliseconds; NULL for NaN. Throws a RangeError beyond the year 9999, which the contract keeps out. */
export const timeText = (ms: number): string => {
  if (Number.isNaN(ms)) return NULL;
  const second = Math.floor(ms / 1000);
  if (second !== lastSecond) { //  a poll's rows have few
    const text = new Date(second * 1000).toISOString();
    if (text.length !== 24) throw new RangeError(`${text} is no time that a row can have`);
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

  /** Adds a row: its columns with tabs between them, ended by a line feed. */
  add(line: string): void {
    this.#text += line;
    this.size++;
    if (this.#text.length >= CHUNK_CHARACTERS) this.#close();
  }

  chunks(): readonly Buffer[] {
    this.#close();
    return this.#chunks;
  }

  clear(): void {
    this.size = 0;
    this.#chunks.length = 0;
    this.#text = '';
  }

  #close(): void {
    if (this.#text === '') return;
    this.#chunks.push(Buffer.from(this.#text));
    this.#text = '';
  }
}
