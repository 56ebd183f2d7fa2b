/**
 * Early stopping, played through on a finished history; stopping.py explains and computes the same.
 */

const BETTER = {
  val_loss: (value, old) => value < old,
  val_accuracy: (value, old) => value > old,
};

/**
 * @param {Record<string, any>} history
 * @param {number} patience
 * @param {string} monitor
 * @returns {Record<string, any>} What `EarlyStop` in stopping.py has, and `secondsSaved` (null if
 *   unknown).
 */
export function earlyStopping(history, patience, monitor) {
  const values = history[monitor];
  const accuracy = history.val_accuracy;
  const better = BETTER[monitor];
  let stop = null;
  let [kept, best, waited] = [0, 0, 0];
  values.forEach((value, epoch) => {
    if (epoch === 0 || better(value, values[best])) {
      best = epoch;
      waited = 0;
    } else waited += 1;
    if (stop !== null) return;
    kept = best;
    if (waited >= patience) stop = epoch;
  });
  const last = values.length - 1;
  const trained = stop ?? last;
  const saved = last - trained;
  return {
    stopped: stop !== null,
    epochs: trained + 1,
    kept: kept + 1,
    best: best + 1,
    accuracy: accuracy[kept],
    againstBest: accuracy[kept] - accuracy[best],
    againstLast: accuracy[kept] - accuracy[last],
    epochsSaved: saved,
    secondsSaved: history.seconds === null ? null : (history.seconds * saved) / values.length,
  };
}
