import type { Feed } from '../feed.ts';
import { oddsApiConfig, type OddsApiConfig } from './config.ts';
import { pollLive } from './live.ts';
import { playRecording, spanOfRecording } from './recorded.ts';

/** The Odds API v4 (https://the-odds-api.com): polled live, or recorded bodies and change streams of it from files. */
export const oddsApi = {
  name: 'odds-api',
  doc: 'The Odds API v4: polls it live (key in ODDS_API_KEY), or plays recorded bodies or a change stream of it from a file.',
  config: oddsApiConfig,
  mode: ({ file }) => (file === undefined ? 'live' : 'recording'),
  span: ({ file }) => spanOfRecording(file ?? ''),
  read: (config, context) => (config.file === undefined ? pollLive(config, process.env['ODDS_API_KEY'], context) : playRecording(config.file, config, context)),
} satisfies Feed<OddsApiConfig>;
