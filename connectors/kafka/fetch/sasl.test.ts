import t from 'tap';
import { converse } from './sasl.ts';

t.test('PLAIN says who and with what', (t) => {
  const { first, answer } = converse({ mechanism: 'PLAIN', username: 'pipelines', password: 'a,b=ç' });
  t.equal(first.toString(), '\0pipelines\0a,b=ç');
  t.equal(answer(Buffer.alloc(0)), undefined);
  t.end();
});

t.test('SCRAM-SHA-256 as in the example of RFC 7677', (t) => {
  const talk = converse({ mechanism: 'SCRAM-SHA-256', username: 'user', password: 'pencil' }, 'rOprNGfwEbeRWgbNEkqO');
  t.equal(talk.first.toString(), 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
  const server = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
  t.equal(talk.answer(Buffer.from(server))?.toString(), 'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=');
  t.equal(talk.answer(Buffer.from('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')), undefined);
  t.end();
});

t.test('a broker that does not know the password, or answers with something else, is an error', (t) => {
  const login = { mechanism: 'SCRAM-SHA-512', username: 'a=b,c', password: 'x' } as const;
  t.equal(converse(login, 'N').first.toString(), 'n,,n=a=3Db=2Cc,r=N');
  const asked = 'r=NM,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
  for (const said of ['', 'r=N,s=W22Z,i=4096', 'r=XM,s=W22Z,i=4096', 'r=NM,s=,i=4096', 'r=NM,s=W22Z,i=0', 'r=NM,s=W22Z,i=99999999', 'r=NM,s=W22Z']) t.throws(() => converse(login, 'N').answer(Buffer.from(said)), /something else/);
  t.throws(() => converse(login, 'N').answer(Buffer.from('e=unknown-user')), /refused: unknown-user/);
  for (const said of ['', 'v=', 'v=AAAA', `v=${Buffer.alloc(64).toString('base64')}`]) {
    const talk = converse(login, 'N');
    t.ok(talk.answer(Buffer.from(asked)));
    t.throws(() => talk.answer(Buffer.from(said)), /does not know the password/);
  }
  t.end();
});
