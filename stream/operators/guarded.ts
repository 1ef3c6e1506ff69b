import type { Observer, Subscriber } from 'rxjs';

/**
 * An observer whose throws go down the stream as its error. A plain one's would be thrown later, from nowhere, and end the process instead of
 * reaching the pipeline's supervisor.
 */
export const guarded = <A>(subscriber: Subscriber<unknown>, next: (value: A) => void): Observer<A> => ({
  next(value) {
    try {
      next(value);
    } catch (failure) {
      subscriber.error(failure);
    }
  },
  error: (failure) => subscriber.error(failure),
  complete: () => subscriber.complete(),
});
