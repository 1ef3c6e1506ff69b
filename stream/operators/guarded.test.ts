import { Observable, Subject } from 'rxjs';
import t from 'tap';
import { guarded } from './guarded.ts';

t.test('a throw in the middle of a stream is that stream\'s error, within the call that fed it', (t) => {
  const input = new Subject<number>();
  const seen: unknown[] = [];
  new Observable<number>((subscriber) => input.subscribe(guarded<number>(subscriber, (value) => {
    if (value === 2) throw new RangeError('two');
    subscriber.next(value);
  }))).subscribe({ next: (value) => seen.push(value), error: (failure: Error) => seen.push(failure.message) });
  for (const value of [1, 2, 3]) input.next(value);
  t.same(seen, [1, 'two']);
  t.end();
});

t.test('end and error of the source go through', (t) => {
  const seen: string[] = [];
  const observe = (input: Subject<number>): void => {
    new Observable<number>((subscriber) => input.subscribe(guarded<number>(subscriber, () => undefined)))
      .subscribe({ complete: () => seen.push('end'), error: (failure: Error) => seen.push(failure.message) });
  };
  const ends = new Subject<number>(), fails = new Subject<number>();
  observe(ends);
  observe(fails);
  ends.complete();
  fails.error(new Error('broken'));
  t.same(seen, ['end', 'broken']);
  t.end();
});
