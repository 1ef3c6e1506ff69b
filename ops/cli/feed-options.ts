import { type Command, Option } from 'commander';
import type { z } from 'zod';
import { FeedError } from '../../connectors/feeds/errors.ts';
import type { Feed } from '../../connectors/feeds/feed.ts';
import type { Speed } from '../../connectors/feeds/playback.ts';
import { textOfIssue } from '../config/issues.ts';
import { UsageError } from './errors.ts';

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The default of an option, however deep it is wrapped; undefined where there is none. */
const defaultOf = (type: z.ZodType): unknown => {
  const { def } = type as unknown as { def: { type: string; defaultValue?: unknown; innerType?: z.ZodType } };
  if (def.type === 'default') return def.defaultValue;
  return def.innerType === undefined ? undefined : defaultOf(def.innerType);
};

const shapeOf = (feed: Feed): Readonly<Record<string, z.ZodType>> => (feed.config as unknown as { shape: Readonly<Record<string, z.ZodType>> }).shape;

/** Adds the options of a feed to a command, from the feed's own schema. Any of them may be given several times where the feed takes a list. */
export const addFeedOptions = (command: Command, feed: Feed): void => {
  for (const [name, type] of Object.entries(shapeOf(feed))) {
    const value = defaultOf(type);
    const shown = value === undefined || JSON.stringify(value) === '[]' ? '' : ` (default: ${typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)})`;
    command.addOption(new Option(`--${kebab(name)} <value>`, `${type.description ?? ''}${shown}`).argParser((text: string, previous: string | string[] | undefined) => (previous === undefined ? text : [previous, text].flat())));
  }
};

/** The feed's config out of what was given on the command line. Throws UsageError, naming the option. */
export const feedConfigOf = (feed: Feed, given: Readonly<Record<string, unknown>>): unknown => {
  const own = Object.fromEntries(Object.keys(shapeOf(feed)).filter((name) => given[name] !== undefined).map((name) => [name, given[name]]));
  const parsed = feed.config.safeParse(own);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const name = String(issue.path[0] ?? '');
  if (own[name] === undefined) throw new UsageError(`--${kebab(name)} is missing: ${textOfIssue(issue)}. 'oddstream feed ${feed.name} --help' shows the options.`);
  throw new UsageError(`--${kebab(name)} ${String(own[name])}: ${textOfIssue(issue)}.`);
};

/** `max`, or how many times faster than recorded. Throws FeedError `speed_malformed`. */
export const speedOf = (text: string): Speed => {
  if (text === 'max') return 'max';
  const speed = Number(text);
  if (!(speed >= 1 && speed < Infinity)) throw new FeedError('speed_malformed', `--speed ${text}: give max, or a number from 1 on: 1 is as recorded, 60 is sixty times faster.`);
  return speed;
};

/** The feed's own options, as they were given, as arguments again. */
export const feedArgumentsOf = (feed: Feed, given: Readonly<Record<string, unknown>>): string[] =>
  Object.keys(shapeOf(feed)).flatMap((name) => [given[name] ?? []].flat().flatMap((value) => [`--${kebab(name)}`, String(value)]));
