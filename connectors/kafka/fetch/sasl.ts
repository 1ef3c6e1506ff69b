import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Login } from '../brokers.ts';

/** What a login sends: its first message, then one for each answer of the broker that is not its last. It throws where the broker's answer is not what it must be. */
export interface Conversation {
  readonly first: Buffer;
  /** The next message; undefined where nothing more is to be said. */
  answer(said: Buffer): Buffer | undefined;
}

/** Begins a login. Sources: RFC 4616 (PLAIN), RFC 5802 and 7677 (SCRAM, without channel binding). */
export const converse = (login: Login, nonce = randomBytes(18).toString('base64')): Conversation => {
  if (login.mechanism === 'PLAIN') return { first: Buffer.from(`\0${login.username}\0${login.password}`), answer: () => undefined };
  return scram(login, login.mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512', nonce);
};

/** A server that asks for more would hold up this process. Kafka's default is 4,096. */
const MAX_ITERATIONS = 1_000_000;
const NO_BINDING = 'n,,';

const scram = ({ username, password }: Login, hash: 'sha256' | 'sha512', nonce: string): Conversation => {
  const firstBare = `n=${username.normalize('NFKC').replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`;
  const hmac = (key: Buffer, text: string): Buffer => createHmac(hash, key).update(text).digest();
  let signature: Buffer | undefined;
  return {
    first: Buffer.from(NO_BINDING + firstBare),
    answer(said) {
      const text = said.toString();
      const fields = new Map(text.split(',').map((field) => [field.slice(0, 1), field.slice(2)]));
      if (fields.has('e')) throw new Error(`the login is refused: ${fields.get('e')}`);
      if (signature !== undefined) {
        const theirs = Buffer.from(fields.get('v') ?? '', 'base64');
        if (theirs.length !== signature.length || !timingSafeEqual(theirs, signature)) throw new Error('the broker does not know the password itself: it is somebody else');
        return undefined;
      }
      const theirNonce = fields.get('r') ?? '', salt = Buffer.from(fields.get('s') ?? '', 'base64'), iterations = Number(fields.get('i'));
      if (!theirNonce.startsWith(nonce) || theirNonce.length === nonce.length || salt.length === 0 || !(iterations >= 1 && iterations <= MAX_ITERATIONS)) throw new Error('the broker answers the login with something else');
      const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, hash === 'sha256' ? 32 : 64, hash);
      const clientKey = hmac(salted, 'Client Key');
      const final = `c=${Buffer.from(NO_BINDING).toString('base64')},r=${theirNonce}`;
      const all = `${firstBare},${text},${final}`;
      const proof = hmac(createHash(hash).update(clientKey).digest(), all);
      for (let i = 0; i < proof.length; i++) proof[i]! ^= clientKey[i]!;
      signature = hmac(hmac(salted, 'Server Key'), all);
      return Buffer.from(`${final},p=${proof.toString('base64')}`);
    },
  };
};
