import { addBackLeg, addLayLeg, clearLegs, inverseSum, isArbitrage, isBackLayArbitrage, isPalpableError, isSurelyNoArbitrage, isSurelyNoPalpableError, netLegs, profitMargin, stakeShares } from '../../domain/arbitrage.ts';
import { executableStakes } from '../../domain/executable.ts';
import type { ResultRows } from '../../domain/market.ts';
import { ArbitrageKind, ArbitrageState, type ArbitrageWriter, Side } from '../../schemas/generated/arbitrage.ts';
import type { Window } from '../../stream/batch.ts';
import { sortByText, type WindowVisitor } from '../../stream/operators/index.ts';
import type { Task } from '../../stream/task.ts';
import { inverseSumOf, isInPlay, writeIdentity } from './best-prices.ts';
import type { LiveBook } from './live-book.ts';
import type { Market } from './market.ts';
import { NO_PRICE } from './quotes.ts';
import type { Leg, OpenArbitrage, OpenArbitrages, Standing } from './open-arbitrages.ts';

export interface ArbitrageConfig {
  /** A leg counts if its quote was confirmed within this time of the window's end, ms. */
  readonly maxLegAgeMs: number;
  /** Providers take stakes in whole steps: of each provider, minor units; of those not named, `stakeStepMinor`. */
  readonly stakeStepsMinor: Readonly<Record<string, number>>;
  readonly stakeStepMinor: number;
}

/** Where nothing is known of a market but that an outcome wins or does not. */
const winOrLose: ResultRows = [['won'], ['lost']];

/**
 * Announces the arbitrages of a market as they open, change and close (ARCHITECTURE.md section 7): by backing every outcome of the catalogue's
 * complete set, and by backing and laying one outcome. Every one is announced; `executable` says whether whole stakes survive it.
 */
export const arbitrageLifecycle = (book: LiveBook, open: OpenArbitrages, config: ArbitrageConfig): WindowVisitor<ArbitrageWriter> => {
  const legs = netLegs(), shares: number[] = [], due = new Set<number>();
  /** What each key's newest visit comes to for the state, where it is anything. That of a visit ahead that never went out lies until the key is visited again. */
  const effects = new Map<number, Effect>();

  return {
    asOf: (key) => book.confirmedAsOf(key),

    *due(changed) {
      open.takeDue(changed.window.endMs, due);
      book.takeConfirmed(due);
      if (due.size === 0) return;
      for (let i = 0; i < changed.size; i++) due.delete(changed.keys[i]!);
      const keys = Int32Array.from(due);
      due.clear();
      sortByText(keys, changed.task);
      yield* keys;
    },

    visit(key, window, value, task) {
      const market = book.market(key), announced = open.of(key), isNone = isSurelyNone(book, market);
      const leftOut = isNone ? 0 : book.select(market, window.endMs - config.maxLegAgeMs);
      const standing = isNone ? [] : findArbitrages(book, market, legs);
      effects.delete(key);
      if (leftOut === 0 && standing.length === 0 && announced.size === 0) return;

      const closed: string[] = [], stand: OpenArbitrage[] = [];
      for (const arbitrage of announced.values()) {
        if (standing.some(({ id }) => id === arbitrage.id)) continue;
        closed.push(arbitrage.id);
        writeArbitrage(value, key, ArbitrageState.closed, arbitrage, window, market, task, legs, shares);
      }
      for (const found of standing) {
        const known = announced.get(found.id);
        const isSame = known !== undefined && sameLegs(known.legs, found.legs);
        const stakesMinor = isSame ? known.stakesMinor : executable(found, market, config);
        const { kind, id, legs: made, inverseSum, profitMargin, inPlay } = found; //  a spread took a fortieth of all the engine's time
        const arbitrage: OpenArbitrage = { kind, id, legs: made, inverseSum, profitMargin, inPlay, openedAt: known?.openedAt ?? window.endMs, stakesMinor };
        stand.push(arbitrage);
        if (known === undefined) writeArbitrage(value, key, ArbitrageState.opened, arbitrage, window, market, task, legs, shares);
        else if (!isSame || known.inPlay !== found.inPlay) writeArbitrage(value, key, ArbitrageState.updated, arbitrage, window, market, task, legs, shares);
      }
      effects.set(key, { leftOut, closed, stand });
    },

    takeEffect(key) {
      const found = effects.get(key);
      // Whoever is left out for its age comes back in when its provider confirms it, without a change in the book: somebody must look then.
      book.watch(book.market(key), found !== undefined && found.leftOut > 0);
      if (found === undefined) return;
      effects.delete(key);
      for (const id of found.closed) open.close(key, id);
      for (const arbitrage of found.stand) {
        open.open(key, arbitrage);
        // Not needed for the result, which the next change brings anyway, but a leg that nobody confirms must close it.
        let oldest = Infinity;
        for (const { confirmedAt } of arbitrage.legs) if (confirmedAt < oldest) oldest = confirmedAt;
        open.lookAgain(key, oldest + config.maxLegAgeMs + 1);
      }
    },
  };
};

/** What a visit comes to for the state: how many quotes were left out for their age, which arbitrages are closed, and which stand. */
interface Effect { readonly leftOut: number; readonly closed: readonly string[]; readonly stand: readonly OpenArbitrage[] }

/** Whether a market has no arbitrage, whatever the age of its quotes: with the old ones counted no best price is lower. That is so of most, and nobody need look at them again when an old quote is confirmed. */
const isSurelyNone = (book: LiveBook, market: Market): boolean =>
  market.quotes.lay === undefined && (market.catalogue === undefined || isSurelyNoArbitrage(inverseSumOf(book, market), market.catalogue.winners));

/** The arbitrages among the quotes selected. */
const findArbitrages = (book: LiveBook, market: Market, legs: ReturnType<typeof netLegs>): Standing[] => {
  const found: Standing[] = [];
  book.findBest(market);
  const { catalogue } = market, { width, price, commissionPpm } = market.quotes;
  const places = market.cataloguePlaces(book.dictionaries);
  if (catalogue !== undefined && places !== undefined) {
    clearLegs(legs);
    for (const outcome of places) {
      const place = book.best[outcome]!;
      if (place < 0) break;
      addBackLeg(legs, price[place * width + outcome]!, commissionPpm[place]!);
    }
    if (legs.count === places.length && isArbitrage(legs, catalogue.winners)) {
      const made: Leg[] = [];
      for (const outcome of places) made.push(makeLeg(book, market, outcome, Side.back, book.best[outcome]!));
      found.push({ kind: ArbitrageKind.back, id: 'back', legs: made, inverseSum: inverseSum(legs), profitMargin: profitMargin(legs, catalogue.winners), inPlay: isInPlay(book, market) });
    }
  }
  if (market.quotes.lay === undefined) return found;
  for (const outcome of market.outcomesByName(book.dictionaries)) {
    const back = book.best[outcome]!, lay = book.bestLay(market, outcome);
    if (back < 0 || lay < 0) continue;
    const backPrice = price[back * width + outcome]!, layPrice = market.quotes.lay[lay * width + outcome]!;
    if (!isBackLayArbitrage(backPrice, commissionPpm[back]!, layPrice, commissionPpm[lay]!)) continue;
    clearLegs(legs);
    addBackLeg(legs, backPrice, commissionPpm[back]!);
    addLayLeg(legs, layPrice, commissionPpm[lay]!);
    const made = [makeLeg(book, market, outcome, Side.back, back), makeLeg(book, market, outcome, Side.lay, lay)];
    found.push({ kind: ArbitrageKind.back_lay, id: `back_lay:${made[0]!.outcome}`, legs: made, inverseSum: inverseSum(legs), profitMargin: profitMargin(legs, 1), inPlay: isInPlay(book, market) });
  }
  return found;
};

const makeLeg = (book: LiveBook, market: Market, outcome: number, side: Side, place: number): Leg => {
  const { strings } = book.dictionaries, { quotes } = market, at = place * quotes.width + outcome;
  const priceE4 = side === Side.back ? quotes.price[at]! : quotes.lay![at]!;
  const commissionPpm = quotes.commissionPpm[place]!, currency = quotes.currency[place]!;
  clearLegs(ofLeg);
  if (side === Side.back) addBackLeg(ofLeg, priceE4, commissionPpm); else addLayLeg(ofLeg, priceE4, commissionPpm);
  const limit = side === Side.back ? quotes.limit : quotes.layLimit;
  return {
    outcome: strings.text(market.outcome[outcome]!), side, provider: strings.text(market.provider[place]!),
    priceE4, commissionPpm, netPrice: ofLeg.numerators[0]! / ofLeg.denominators[0]!,
    limitMinor: limit === undefined ? NaN : limit[at]!,
    currency: currency < 0 ? '' : strings.text(currency),
    isPalpableError: isPalpable(book, market, outcome, place, priceE4),
    quotedAt: market.quotedAt[place]!, confirmedAt: book.confirmedAt(market, place), offset: market.offset[place]!,
  };
};
const ofLeg = netLegs();

/** Whether a price is a palpable error by the side of the other live quotes on its outcome. */
const isPalpable = (book: LiveBook, market: Market, outcome: number, place: number, priceE4: number): boolean => {
  const { end } = market, { width, price } = market.quotes;
  let lowest = Infinity, highest = 0;
  for (let other = market.first; other < end; other++) {
    const of = price[other * width + outcome]!;
    if (other === place || of === NO_PRICE || !book.isLive(market, other)) continue;
    if (of < lowest) lowest = of;
    if (of > highest) highest = of;
  }
  if (isSurelyNoPalpableError(priceE4, lowest, highest)) return false;
  const others: number[] = [];
  for (let other = market.first; other < end; other++) {
    const of = price[other * width + outcome]!;
    if (other !== place && of !== NO_PRICE && book.isLive(market, other)) others.push(of);
  }
  return isPalpableError(priceE4, others);
};

/** Whether nothing changed that is worth announcing: a quote that was only confirmed is the same. */
const sameLegs = (known: readonly Leg[], found: readonly Leg[]): boolean =>
  known.length === found.length && known.every((leg, i) => {
    const other = found[i]!;
    return leg.outcome === other.outcome && leg.side === other.side && leg.provider === other.provider && leg.priceE4 === other.priceE4
      && leg.commissionPpm === other.commissionPpm && Object.is(leg.limitMinor, other.limitMinor) && leg.currency === other.currency
      && leg.isPalpableError === other.isPalpableError;
  });

const executable = ({ kind, legs }: Standing, { catalogue }: Market, { stakeStepsMinor, stakeStepMinor }: ArbitrageConfig): readonly number[] | undefined => {
  // Amounts in two currencies are not compared.
  if (new Set(legs.map(({ currency }) => currency).filter((currency) => currency !== '')).size > 1) return undefined;
  const isKnown = catalogue !== undefined && legs.every(({ outcome }) => catalogue.outcomes.includes(outcome));
  if (!isKnown && kind === ArbitrageKind.back) return undefined;
  const stakes = executableStakes(legs.map((leg) => {
    const stepMinor = stakeStepsMinor[leg.provider] ?? stakeStepMinor;
    return {
      outcome: isKnown ? catalogue.outcomes.indexOf(leg.outcome) : 0, side: leg.side === Side.back ? 'back' : 'lay',
      priceE4: leg.priceE4, commissionPpm: leg.commissionPpm, stepMinor, minMinor: stepMinor, maxMinor: Number.isNaN(leg.limitMinor) ? Infinity : leg.limitMinor,
    };
  }), isKnown ? catalogue.resultRows : winOrLose);
  return stakes?.stakesMinor;
};

const writeArbitrage = (
  value: ArbitrageWriter, key: number, state: ArbitrageState, arbitrage: OpenArbitrage, window: Window,
  market: Market, task: Task, net: ReturnType<typeof netLegs>, shares: number[],
): void => {
  const { keys } = task.dictionaries;
  clearLegs(net);
  let oldest = Infinity;
  for (const leg of arbitrage.legs) {
    if (leg.side === Side.back) addBackLeg(net, leg.priceE4, leg.commissionPpm); else addLayLeg(net, leg.priceE4, leg.commissionPpm);
    if (leg.confirmedAt < oldest) oldest = leg.confirmedAt;
  }
  stakeShares(net, shares);
  value.begin(keys.bytes(key));
  value.timestamp(window.endMs);
  value.arbitrageId(`${keys.text(key)}#${arbitrage.id}@${arbitrage.openedAt}`);
  value.state(state);
  value.kind(arbitrage.kind);
  writeIdentity(value, market);
  value.openedAt(arbitrage.openedAt);
  value.inPlay(arbitrage.inPlay);
  value.inverseSum(arbitrage.inverseSum);
  value.profitMargin(arbitrage.profitMargin);
  value.executable(arbitrage.stakesMinor !== undefined);
  value.palpableError(arbitrage.legs.some(({ isPalpableError }) => isPalpableError));
  value.oldestLegAgeMs(Math.max(0, window.endMs - oldest));
  value.legsStart(arbitrage.legs.length);
  arbitrage.legs.forEach((leg, i) => {
    value.legsOutcome(leg.outcome);
    value.legsSide(leg.side);
    value.legsProvider(leg.provider);
    value.legsPrice(leg.priceE4 / 10_000);
    value.legsNetPrice(leg.netPrice);
    value.legsStakeShare(shares[i]!);
    value.legsStakeMinor(arbitrage.stakesMinor?.[i] ?? NaN);
    value.legsPalpableError(leg.isPalpableError);
    value.legsQuotedAt(leg.quotedAt);
    value.legsOffset(leg.offset);
  });
  value.legsEnd();
  value.sourcePartition(task.partition);
  value.sourceOffset(Math.max(market.newestOffset, ...arbitrage.legs.map(({ offset }) => offset)));
  value.end();
};
