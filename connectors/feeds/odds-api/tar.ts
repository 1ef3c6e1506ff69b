/** A regular file in a tar archive. */
export interface TarEntry {
  readonly name: string;
  readonly content: Buffer;
}

/** An archive that is none, or that ends too soon. */
export class TarError extends Error {
  override readonly name = 'TarError';
  readonly code = 'tar_malformed';
}

const BLOCK = 512;

const text = (block: Buffer, start: number, length: number): string => {
  const end = block.indexOf(0, start);
  return block.toString('utf8', start, end === -1 || end > start + length ? start + length : end);
};

/** The sum of a header's bytes, its own checksum field read as blanks (POSIX ustar). */
const checksum = (header: Buffer): number => {
  let sum = 8 * 32;
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += header[at] ?? 0;
  return sum;
};

/** The `path` of a pax extended header: records of `<length> <key>=<value>\n`, the length counting the whole record in bytes. */
const paxPath = (content: Buffer): string | undefined => {
  for (let at = 0; at < content.length;) {
    const blank = content.indexOf(' ', at);
    const length = Number(content.toString('utf8', at, blank));
    if (blank === -1 || !(length > 0)) throw new TarError('an extended header of the archive is broken: make the archive again');
    const record = content.toString('utf8', blank + 1, at + length - 1);
    if (record.startsWith('path=')) return record.slice('path='.length);
    at += length;
  }
  return undefined;
};

/**
 * The regular files of an unpacked tar stream, in the archive's order, one at a time: ustar, with the long names of pax and of GNU tar. Folders and links are
 * passed over. Throws TarError where the stream is no tar or breaks off.
 */
export async function* tarEntries(stream: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const chunks = stream[Symbol.asyncIterator]();
  let buffered: Buffer[] = [];
  let bytes = 0;
  const take = async (size: number): Promise<Buffer | undefined> => {
    while (bytes < size) {
      const { value, done } = await chunks.next();
      if (done === true) {
        if (bytes === 0) return undefined;
        throw new TarError('the archive breaks off in the middle of a file: fetch it again');
      }
      buffered.push(value);
      bytes += value.length;
    }
    const all = buffered.length === 1 && buffered[0] !== undefined ? buffered[0] : Buffer.concat(buffered);
    buffered = [all.subarray(size)];
    bytes -= size;
    return all.subarray(0, size);
  };

  let longName: string | undefined;
  for (;;) {
    const header = await take(BLOCK);
    // Two empty blocks end an archive; some writers leave them out.
    if (header === undefined || header.every((byte) => byte === 0)) return;
    if (parseInt(text(header, 148, 8), 8) !== checksum(header)) throw new TarError('not a tar archive, or a damaged one: a header has the wrong checksum');
    const size = parseInt(text(header, 124, 12), 8);
    const type = text(header, 156, 1);
    const padded = Math.ceil(size / BLOCK) * BLOCK;
    const content = padded === 0 ? Buffer.alloc(0) : await take(padded);
    if (!(size >= 0) || content === undefined) throw new TarError('the archive breaks off in the middle of a file: fetch it again');
    const body = content.subarray(0, size);
    if (type === 'L') longName = text(body, 0, size);
    else if (type === 'x') longName = paxPath(body) ?? longName;
    else {
      // Six bytes, because old GNU headers say "ustar " and keep times where POSIX has the prefix.
      const prefix = text(header, 257, 6) === 'ustar' ? text(header, 345, 155) : '';
      const name = longName ?? (prefix === '' ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`);
      longName = undefined;
      if (type === '' || type === '0') yield { name, content: body };
    }
  }
}
