/** Bytes for a person: offset, hex, and what of it is printable. At most `maxBytes` are shown, and it is said how many there are. */
export const hexDump = (bytes: Uint8Array, indent = '', maxBytes = 512): string => {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, maxBytes); at += 16) {
    const line = bytes.subarray(at, Math.min(at + 16, maxBytes));
    const hex = Array.from(line, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    lines.push(`${indent}${at.toString(16).padStart(6, '0')}  ${hex.padEnd(47)}  ${Array.from(line, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')}\n`);
  }
  if (bytes.length > maxBytes) lines.push(`${indent}(${bytes.length} bytes in all)\n`);
  return lines.length === 0 ? `${indent}(no bytes)\n` : lines.join('');
};

/** Bytes as text where they are printable UTF-8, else as hex. */
export const textOrHex = (bytes: Uint8Array): string => {
  const text = Buffer.from(bytes).toString();
  const isText = !/[\p{Cc}\ufffd]/u.test(text);
  return isText ? text : `0x${Buffer.from(bytes).toString('hex')}`;
};

/** A value as JSON, a field a line; what is inside of a field stays on its line. */
export const valueLines = (value: unknown, indent: string): string => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${indent}${JSON.stringify(value)}\n`;
  return Object.entries(value).map(([name, field]) => {
    if (Array.isArray(field) && field.length > 0) return `${indent}${name}:\n${field.map((row) => `${indent}  ${JSON.stringify(row)}\n`).join('')}`;
    return `${indent}${name}: ${JSON.stringify(field)}\n`;
  }).join('');
};
