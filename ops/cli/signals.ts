/** Two signals within this time are one: a terminal sends Ctrl-C to the whole group, and npm passes it on once more. */
const ONE_SIGNAL_MS = 400;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Not process.exit: that waits for threads of the native clients, and this is for when they are stuck. */
const killSelf = (): void => { process.kill(process.pid, 'SIGKILL'); };

/**
 * A signal that is raised when this process is asked to stop, or loses the process that started it as a part of its own. A second request
 * calls `onForce`, which is to end the process at once.
 */
export const stopRequested = (onFirst: () => void, onForce: () => void = killSelf): AbortSignal => {
  const controller = new AbortController();
  let firstMs = 0;
  const stop = (): void => {
    const now = performance.now();
    if (!controller.signal.aborted) {
      firstMs = now;
      onFirst();
      controller.abort();
    } else if (now - firstMs > ONE_SIGNAL_MS) onForce();
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  // Only a parent that keeps a channel open wants to be followed.
  if (process.channel !== undefined) {
    process.once('disconnect', () => { if (!controller.signal.aborted) stop(); });
    process.channel?.unref();
  }
  return controller.signal;
};
