import type { Random } from '../../random.ts';

export type Sport = 'football' | 'tennis' | 'basketball';

const beginnings = [
  'Ash', 'Bramble', 'Carrow', 'Dun', 'Elder', 'Fen', 'Garn', 'Hollow', 'Inch', 'Kel', 'Lark', 'Marl', 'Nether', 'Orm', 'Penn', 'Quarr',
  'Raven', 'Sal', 'Thorn', 'Ulver', 'Vale', 'Wither', 'Yar', 'Zeal',
];
const endings = ['bury', 'combe', 'dale', 'ford', 'gate', 'ham', 'haven', 'mere', 'moor', 'stead', 'stow', 'thorpe', 'wick', 'worth'];
const clubs = ['Albion', 'Athletic', 'City', 'Harriers', 'Olympic', 'Rangers', 'Rovers', 'Town', 'United', 'Wanderers'];
const packs = ['Anvils', 'Comets', 'Falcons', 'Foxes', 'Herons', 'Lanterns', 'Lynxes', 'Mariners', 'Otters', 'Pilots', 'Sawyers', 'Storks'];
const surnames = [
  'Abelard', 'Brandvik', 'Castellane', 'Dorvaine', 'Estrevo', 'Falkenby', 'Girondel', 'Halvany', 'Iskander', 'Jorvenn', 'Kestrova', 'Lindqvard',
  'Marchetto', 'Novarin', 'Ostrevic', 'Palladine', 'Quintrell', 'Rosenvale', 'Sarkovy', 'Tamberlin', 'Ullstrom', 'Vantoor', 'Wexholm', 'Zandari',
];
const initials = 'ABCDEFGHJKLMNPRSTVW';

const competitions: Readonly<Record<Sport, readonly string[]>> = {
  football: ['Northern Premier Shield', 'Coastal League', 'Lowland Cup', 'Meridional Division One'],
  tennis: ['Harbour Open', 'Vineyard Masters', 'Highland Trophy'],
  basketball: ['Continental Hoops League', 'River Conference'],
};

const town = (random: Random): string => random.pick(beginnings) + random.pick(endings);

const name = (sport: Sport, random: Random): string => {
  switch (sport) {
    case 'football': return `${town(random)} ${random.pick(clubs)}`;
    case 'tennis': return `${initials[random.below(initials.length)] ?? 'A'}. ${random.pick(surnames)}`;
    case 'basketball': return `${town(random)} ${random.pick(packs)}`;
  }
};

/** Two invented opponents, never the same, and what they play for. */
export const fixture = (sport: Sport, random: Random): { readonly home: string; readonly away: string; readonly competition: string } => {
  const home = name(sport, random);
  let away = name(sport, random);
  while (away === home) away = name(sport, random);
  return { home, away, competition: random.pick(competitions[sport]) };
};
