import t from 'tap';
import { isOurSide, kindOf, portfoliosOf } from './portfolios.ts';

const leg = (eventId: string, market: string) => ({ sport: 'football', eventId, market });

t.test('a bet is in the portfolios of who made it and of who took it', (t) => {
  t.strictSame(portfoliosOf({ userId: 'ada', syndicateId: 'alpha', provider: 'betfair', legs: [leg('e1', '1x2')] }), ['user:ada', 'syndicate:alpha', 'provider:betfair']);
  t.strictSame(portfoliosOf({ userId: 'ada', syndicateId: null, provider: 'house', legs: [leg('e1', 'totals:2.5'), leg('e2', '1x2')] }),
    ['user:ada', 'house', 'event:football:e1', 'event:football:e2', 'market:football:e1:totals:2.5', 'market:football:e2:1x2']);
  t.end();
});

t.test('the house is the other side', (t) => {
  t.strictSame(['house', 'event:football:e1', 'market:football:e1:1x2', 'user:house', 'syndicate:a', 'provider:betfair'].map((name) => [kindOf(name), isOurSide(name)]),
    [['house', true], ['event', true], ['market', true], ['user', false], ['syndicate', false], ['provider', false]]);
  t.end();
});
