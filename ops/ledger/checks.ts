/** What must be so of the ledger and of all that is kept beside it, as queries for what is not: each row that one gives is wrong, and says how. */
export interface LedgerCheck {
  readonly name: string;
  /** What is so where nothing is found. */
  readonly doc: string;
  /** How many there are of what is looked at. */
  readonly counted: string;
  /** Gives a text for each that is wrong. */
  readonly wrong: string;
}

const OPEN = `('delayed', 'submitted', 'unknown', 'accepted')`;

/** An amount for a person who looks for what is off: minor units, since the tables hold those. */
const off = (found: string, expected: string): string => `coalesce(${found}, 0) || ', not ' || coalesce(${expected}, 0)`;

export const ledgerChecks: readonly LedgerCheck[] = [
  {
    name: 'transfers', doc: 'the entries of each transfer add up to nothing in each currency',
    counted: 'SELECT count(DISTINCT transfer) FROM ledger_entries',
    wrong: `SELECT format('transfer %s is off by %s %s', transfer, sum(amount_minor), currency) FROM ledger_entries GROUP BY transfer, currency HAVING sum(amount_minor) <> 0`,
  },
  {
    name: 'balances', doc: "each account's four balances are what its entries add up to, in its currency",
    counted: 'SELECT count(*) FROM accounts',
    // Of a debt the entries are below zero: whoever owes has less.
    wrong: `
      SELECT CASE WHEN a.account_id IS NULL THEN format('there are entries of %s in %s, and no such account', e.account_id, e.currency)
                  ELSE format('account %s: available %s, held %s, staked %s, receivable %s, not %s, %s, %s, %s', a.account_id, a.available_minor, a.held_minor, a.staked_minor, a.receivable_minor,
                              coalesce(e.available, 0), coalesce(e.held, 0), coalesce(e.staked, 0), coalesce(-e.receivable, 0)) END
        FROM accounts a
        FULL JOIN (SELECT account_id, currency, coalesce(sum(amount_minor) FILTER (WHERE bucket = 'available'), 0) AS available, coalesce(sum(amount_minor) FILTER (WHERE bucket = 'held'), 0) AS held,
                          coalesce(sum(amount_minor) FILTER (WHERE bucket = 'staked'), 0) AS staked, coalesce(sum(amount_minor) FILTER (WHERE bucket = 'receivable'), 0) AS receivable
                     FROM ledger_entries WHERE bucket <> 'own' GROUP BY account_id, currency) e ON e.account_id = a.account_id AND e.currency = a.currency
       WHERE a.account_id IS NULL
          OR (a.available_minor, a.held_minor, a.staked_minor, -a.receivable_minor) IS DISTINCT FROM (coalesce(e.available, 0), coalesce(e.held, 0), coalesce(e.staked, 0), coalesce(e.receivable, 0))`,
  },
  {
    name: 'stakes', doc: 'what each account has staked is what its open bets hold back',
    counted: `SELECT count(*) FROM bets WHERE status IN ${OPEN}`,
    wrong: `
      SELECT format('account %s has staked %s', coalesce(a.account_id, b.account_id), ${off('a.staked_minor', 'b.liability')})
        FROM accounts a FULL JOIN (SELECT account_id, currency, sum(liability_minor) AS liability FROM bets WHERE status IN ${OPEN} GROUP BY account_id, currency) b ON b.account_id = a.account_id AND b.currency = a.currency
       WHERE coalesce(a.staked_minor, 0) <> coalesce(b.liability, 0)`,
  },
  {
    name: 'bets', doc: "each bet's entries are what its row says: staked, paid, commission, and who stands on the other side",
    counted: 'SELECT count(*) FROM bets',
    wrong: `
      WITH of_bet AS (
        SELECT b.id, b.account_id, b.currency, b.is_free_bet, b.liability_minor, b.cashed_payout_minor, b.bookmaker_id,
               b.status IN ('rejected', 'cancelled') AS is_dropped,
               CASE WHEN b.status IN ${OPEN} THEN b.liability_minor ELSE 0 END AS staked,
               CASE WHEN b.status IN ('rejected', 'cancelled') THEN 0 ELSE bets_outlay(b.side, b.stake_minor + b.cashed_stake_minor, b.odds) END AS risked,
               CASE WHEN b.status = 'settled' THEN b.gross_minor ELSE 0 END AS gross, CASE WHEN b.status = 'settled' THEN b.payout_minor ELSE 0 END AS paid,
               CASE WHEN b.status = 'settled' THEN b.commission_minor ELSE 0 END AS commission, CASE WHEN b.status = 'settled' THEN b.liability_minor ELSE 0 END AS settled_liability,
               CASE WHEN b.bookmaker_id = 'house' THEN 'house' ELSE 'provider:' || b.bookmaker_id END AS other_side
          FROM bets b
      ), expected AS (
        SELECT *, cashed_payout_minor + paid - commission - CASE WHEN is_free_bet THEN 0 ELSE risked END AS account,
               CASE WHEN is_free_bet THEN gross - paid - risked + CASE WHEN is_dropped THEN 0 ELSE risked - liability_minor END ELSE 0 END AS promotions,
               CASE WHEN is_dropped OR is_free_bet THEN 0 ELSE risked - liability_minor END - cashed_payout_minor + settled_liability - gross AS provider
          FROM of_bet
      ), found AS (
        SELECT e.bet_id, sum(e.amount_minor) FILTER (WHERE e.account_id = b.account_id AND e.bucket = 'staked') AS staked,
               sum(e.amount_minor) FILTER (WHERE e.account_id = b.account_id AND e.bucket IN ('available', 'receivable')) AS account,
               sum(e.amount_minor) FILTER (WHERE e.account_id = b.other_side AND e.bucket = 'own') AS provider,
               sum(e.amount_minor) FILTER (WHERE e.account_id = 'promotions' AND e.bucket = 'own') AS promotions,
               sum(e.amount_minor) FILTER (WHERE e.account_id = 'commission:' || b.bookmaker_id AND e.bucket = 'own') AS commission,
               count(*) FILTER (WHERE b.id IS NULL OR e.currency <> b.currency OR NOT (e.account_id = b.account_id AND e.bucket IN ('staked', 'available', 'receivable')
                                      OR e.bucket = 'own' AND e.account_id IN (b.other_side, 'promotions', 'commission:' || b.bookmaker_id))) AS foreign_entries
          FROM ledger_entries e LEFT JOIN of_bet b ON b.id = e.bet_id WHERE e.bet_id IS NOT NULL GROUP BY e.bet_id
      )
      SELECT CASE WHEN x.id IS NULL THEN format('there are entries of the bet %s, and no such bet', f.bet_id)
                  ELSE format('bet %s: ', x.id) || concat_ws('; ',
                    CASE WHEN coalesce(f.staked, 0) <> x.staked THEN 'staked ' || ${off('f.staked', 'x.staked')} END,
                    CASE WHEN coalesce(f.account, 0) <> x.account THEN 'its account got ' || ${off('f.account', 'x.account')} END,
                    CASE WHEN coalesce(f.commission, 0) <> x.commission THEN 'commission ' || ${off('f.commission', 'x.commission')} END,
                    CASE WHEN coalesce(f.promotions, 0) <> x.promotions THEN 'promotions got ' || ${off('f.promotions', 'x.promotions')} END,
                    CASE WHEN coalesce(f.provider, 0) <> x.provider THEN x.other_side || ' got ' || ${off('f.provider', 'x.provider')} END,
                    CASE WHEN f.foreign_entries > 0 THEN f.foreign_entries || ' entries of others' END) END
        FROM expected x FULL JOIN found f ON f.bet_id = x.id
       WHERE x.id IS NULL OR f.foreign_entries > 0
          OR (coalesce(f.staked, 0), coalesce(f.account, 0), coalesce(f.commission, 0), coalesce(f.promotions, 0), coalesce(f.provider, 0)) IS DISTINCT FROM (x.staked, x.account, x.commission, x.promotions, x.provider)`,
  },
  {
    name: 'settlements', doc: "each bet's row is its newest settlement, and none before it is missing",
    counted: 'SELECT count(*) FROM bet_settlements',
    wrong: `
      SELECT format('bet %s is at settlement %s (%s, payout %s, commission %s), but of %s that it had the newest is %s (%s, payout %s, commission %s)', b.id, b.settlement_version, coalesce(b.result, 'open'), b.payout_minor, b.commission_minor,
                    s.versions, s.version, coalesce(s.result, 'taken back'), s.payout_minor, s.commission_minor)
        FROM bets b
        JOIN (SELECT DISTINCT ON (bet_id) bet_id, version, result, payout_minor, commission_minor, count(*) OVER (PARTITION BY bet_id) AS versions FROM bet_settlements ORDER BY bet_id, version DESC) s ON s.bet_id = b.id
       WHERE (s.version, s.versions) IS DISTINCT FROM (b.settlement_version, b.settlement_version::bigint) OR b.status <> 'cashed_out' AND (s.result, s.payout_minor, s.commission_minor) IS DISTINCT FROM (b.result, b.payout_minor, b.commission_minor)
       UNION ALL
      SELECT format('bet %s is at settlement %s, and has none', b.id, b.settlement_version) FROM bets b WHERE b.settlement_version <> 0 AND NOT EXISTS (SELECT FROM bet_settlements s WHERE s.bet_id = b.id)`,
  },
  {
    name: 'outbox', doc: "each partition's events are numbered without a gap up to its head, and what is not published yet is there",
    counted: 'SELECT count(*) FROM bet_outbox',
    wrong: `
      SELECT format('partition %s: %s of the events from %s to %s are there, its head is %s, and below %s all are published', coalesce(h.partition, o.partition), coalesce(o.events, 0), o.first, o.last, h.next_sequence, h.published_sequence)
        FROM bet_outbox_heads h FULL JOIN (SELECT partition, count(*) AS events, min(sequence) AS first, max(sequence) AS last FROM bet_outbox GROUP BY partition) o ON o.partition = h.partition
       WHERE h.partition IS NULL OR h.published_sequence > h.next_sequence
          OR CASE WHEN o.partition IS NULL THEN h.published_sequence <> h.next_sequence ELSE o.last <> h.next_sequence - 1 OR o.first > h.published_sequence OR o.events <> o.last - o.first + 1 END`,
  },
  {
    name: 'debts', doc: 'only who has nothing owes',
    counted: 'SELECT count(*) FROM accounts WHERE receivable_minor > 0',
    wrong: `SELECT format('account %s owes %s, and has %s', account_id, receivable_minor, available_minor) FROM accounts WHERE receivable_minor > 0 AND available_minor > 0`,
  },
];
