import { z } from 'zod';

/** A list, written `a,b,c` on a command line. */
const list = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',').map((part) => part.trim()).filter((part) => part !== '') : value),
  z.array(z.string().regex(/^[a-z0-9_]+$/, 'names of the API are lower case letters, digits and _')),
);

/** Numbers by name, written `a=0.05,b=0.02` on a command line. */
const shares = z.preprocess(
  (value) => (typeof value === 'string' ? Object.fromEntries(value.split(',').filter((part) => part !== '').map((part) => part.split('=', 2))) : value),
  z.record(z.string(), z.coerce.number().min(0).lt(1)),
);

const baseUrl = z.url().refine((text) => {
  const { protocol, hostname, username, search } = new URL(text);
  const safe = protocol === 'https:' || (protocol === 'http:' && (hostname === '127.0.0.1' || hostname === 'localhost' || hostname === '[::1]'));
  return safe && username === '' && search === '';
}, 'give https://host[/path] without a user or a query: the key travels in the request (http only to this machine)');

/** Options of the feed. The key is no option: it comes from the environment. */
export const oddsApiConfig = z.object({
  file: z.string().min(1).optional().describe(
    'Recording to play back instead of polling: a change stream (.jsonl, .jsonl.gz), or bodies of polls (.json, .json.gz, .tar, .tar.gz, .tgz, or a folder of .json and .json.gz)',
  ),
  sports: list.default([]).describe('Sport keys to poll, as in soccer_epl,basketball_nba'),
  regions: list.default(['us']).describe('Regions whose books are asked for: us, us2, uk, eu, au, …; each multiplies the cost'),
  bookmakers: list.default([]).describe('Books to ask for instead of regions'),
  markets: list.default(['h2h', 'spreads', 'totals']).describe('Markets to ask for: h2h, spreads, totals, h2h_lay; each multiplies the cost'),
  oddsFormat: z.enum(['auto', 'american', 'decimal']).default('auto').describe(
    'Format of prices. auto: live, american where only US regions are asked (their own format, so nothing is rounded), else decimal; a recording shows it',
  ),
  pollMs: z.coerce.number().int().min(1).default(60_000).describe('Time between two polls of one sport, ms'),
  scoresMs: z.coerce.number().int().min(0).default(0).describe('Time between two requests for scores of one sport, ms (each costs 2); 0 asks for none'),
  unreachableMs: z.coerce.number().int().min(1).default(180_000).describe(
    'Without a successful poll for this long, ms, all providers are down; a sport that alone fails for so long has its quotes withdrawn',
  ),
  requestTimeoutMs: z.coerce.number().int().min(1).default(20_000).describe('Longest wait for an answer, ms'),
  minIntervalMs: z.coerce.number().int().min(0).default(250).describe('Least time between two requests, ms (the API takes 30 a second)'),
  maxAttempts: z.coerce.number().int().min(1).max(10).default(4).describe('Attempts of one request, the first included'),
  firstBackoffMs: z.coerce.number().int().min(1).default(500).describe('Wait before the second attempt, ms; it doubles, with jitter, up to 30 s'),
  breakAfter: z.coerce.number().int().min(1).default(5).describe('Failures in a row after which no request is made for a while'),
  breakMs: z.coerce.number().int().min(1).default(30_000).describe('How long that while is, ms'),
  quotaWarning: z.coerce.number().int().min(0).default(100).describe('Warn when fewer requests than this are left'),
  baseUrl: baseUrl.default('https://api.the-odds-api.com').describe('Where the API is'),
  commission: shares.default({ betfair_ex_uk: 0.05, betfair_ex_eu: 0.05, betfair_ex_au: 0.05, matchbook: 0.02, smarkets: 0.02 }).describe(
    'Share of net winnings that exchanges keep, as in betfair_ex_uk=0.05,smarkets=0.02; the API gives prices before commission',
  ),
}).superRefine((config, context) => {
  if (config.file === undefined && config.sports.length === 0) {
    context.addIssue({ code: 'custom', path: ['sports'], message: 'name at least one sport key to poll (soccer_epl), or a recording with file' });
  }
  if (config.sports.includes('upcoming') && config.sports.length > 1) {
    context.addIssue({ code: 'custom', path: ['sports'], message: '"upcoming" holds events of all sports: poll it alone' });
  }
  if (config.unreachableMs < config.pollMs) {
    context.addIssue({ code: 'custom', path: ['unreachableMs'], message: 'must be at least pollMs, or every provider is down between two polls' });
  }
});

export type OddsApiConfig = z.infer<typeof oddsApiConfig>;
