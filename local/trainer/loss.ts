/** The masked next-token loss of one batch, in a form whose gradient is cheap on jax-js. */
import { lax, numpy as np } from "@jax-js/jax";

/**
 * Consumes its arguments: `logit [N, V]`, `targets [N]` int32, `weights [N]` that sum to 1 (0 leaves a token out).
 * `loss` is the weighted mean of the negative log-likelihood in nats, `accuracy` the weighted share of right guesses.
 * Both carry no gradient. Differentiate `surrogate` instead: its value means nothing, but its gradient by `logit` is the
 * loss's, written out as (softmax - target) · weight. Autodiff through logsumexp would be recomputed inside the matrix product.
 */
export function maskedLoss(
  logit: np.Array,
  targets: np.Array,
  weights: np.Array,
): { surrogate: np.Array; loss: np.Array; accuracy: np.Array } {
  const [n, vocab] = logit.shape as [number, number];
  const value = lax.stopGradient(logit.ref);
  const highest = np.max(value.ref, 1, { keepdims: true });
  const exps = np.exp(value.ref.sub(highest.ref));
  const total = exps.ref.sum(1, { keepdims: true });
  const hit = np
    .arange(vocab)
    .astype(np.int32)
    .reshape([1, vocab])
    .equal(targets.reshape([n, 1]));
  const chosen = np.where(hit.ref, value, 0).sum(1);
  const slope = exps
    .div(total.ref)
    .sub(hit.astype(np.float32))
    .mul(weights.ref.reshape([n, 1]));
  const right = highest.ref.reshape([n]).lessEqual(chosen.ref).astype(np.float32);
  const nll = np.log(total).add(highest).reshape([n]).sub(chosen);
  return {
    surrogate: logit.mul(lax.stopGradient(slope)).sum(),
    loss: nll.mul(weights.ref).sum(),
    accuracy: right.mul(weights).sum(),
  };
}
