import { fnv1a } from '../fnv1a.ts';

/**
 * The id of a part of a stake that was split over providers: the first is the command's own; the others are UUIDs made of it (RFC 9562, version 8), by FNV-1a, so that
 * they are the same again and, of commands whose ids count up, not the next one's.
 */
export const partId = (commandId: string, part: number): string => {
  if (part === 0) return commandId;
  const hex = BASES.map((basis) => fnv1a(`${commandId}/${part}`, basis).toString(16).padStart(8, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
};

/** FNV's own, and three that are not like it. */
const BASES = [0x811c9dc5, 0x01000193, 0x9e3779b9, 0x85ebca6b];
