import type { Feed } from '../feed.ts';
import { oddsApiConfig, type OddsApiConfig } from './config.ts';
import { pollLive } from './live.ts';
import { playRecording, spanOfRecording, type Span } from './recorded.ts';

/** The feed with the span of its recordings, for the playback clock. */
export interface OddsApiFeed extends Feed<OddsApiConfig> {
  /** First and last event time of the recording that the config names; throws OddsApiError where it names none. */
  span(config: OddsApiConfig): Promise<Span>;
}

/** The Odds API v4 (https://the-odds-api.com): polled live, or recorded bodies and change streams of it from files. */
export const oddsApi: OddsApiFeed = {
  name: 'odds-api',
  doc: 'The Odds API v4: polls it live (key in ODDS_API_KEY), or plays recorded bodies or a change stream of it from a file.',
  config: oddsApiConfig,
  mode: ({ file }) => (file === undefined ? 'live' : 'recording'),
  read: (config, context) => (config.file === undefined ? pollLive(config, process.env['ODDS_API_KEY'], context) : playRecording(config.file, config, context)),
  span: ({ file }) => spanOfRecording(file ?? ''),
};
