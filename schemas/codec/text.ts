import { decodeErrors } from './errors.ts';

// The two globals that ECMAScript lacks and every host has (browsers, Node, Deno). Declared here because pure rooms see no host's types.
declare const TextDecoder: new (label: 'utf-8', options: { fatal: boolean; ignoreBOM: boolean }) => { decode(bytes: Uint8Array): string };
declare const TextEncoder: new () => { encode(text: string): Uint8Array };

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }); //  a leading U+FEFF is a character like any other
const encoder = new TextEncoder();

/** The text of UTF-8 bytes. Throws the DecodeError `utf8` where they are none. */
export const textOf = (bytes: Uint8Array): string => {
  try {
    return decoder.decode(bytes);
  } catch {
    throw decodeErrors.utf8;
  }
};

/** The UTF-8 bytes of a text. A lone surrogate becomes U+FFFD. */
export const bytesOf = (text: string): Uint8Array => encoder.encode(text);
