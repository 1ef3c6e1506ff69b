/** Two signals within this time are one: a terminal sends Ctrl-C to the whole group, and npm passes it on once more. */
const ONE_SIGNAL_MS = 400;
/** Set for a process that was started as a part of another one, which keeps a channel to it open as long as it lives. */
export const PART_ENV = 'ODDSTREAM_PART';
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
  // Its parent may be gone before this process has come so far as to listen.
  if (process.env[PART_ENV] !== undefined) {
    const orphaned = (): void => { if (!controller.signal.aborted) stop(); };
    if (process.connected) process.once('disconnect', orphaned);
    else setImmediate(orphaned);
    process.channel?.unref();
  }
  return controller.signal;
};
