/** Giving way to whatever else waits for this thread. */

/** Fulfilled when timers, messages and requests that were waiting have had their turn; in Node.js without a delay of its own. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
