/** AdamW with gradient clipping on plain arrays: a few thousand LoRA weights need no compiler, and the state is easy to save. */

export interface AdamState {
  /** Steps taken. */
  step: number;
  /** First and second moments, one array per parameter. */
  m: Float32Array<ArrayBuffer>[];
  v: Float32Array<ArrayBuffer>[];
}

export interface AdamOptions {
  learningRate: number;
  weightDecay: number;
  /** Gradients are scaled down to this global norm. */
  maxGradNorm: number;
  beta1?: number;
  beta2?: number;
  epsilon?: number;
}

export const newAdamState = (parameters: Float32Array[]): AdamState => ({
  step: 0,
  m: parameters.map((p) => new Float32Array(p.length)),
  v: parameters.map((p) => new Float32Array(p.length)),
});

/** Updates `parameters` and `state` in place; returns the gradient norm before clipping. */
export function adamStep(
  parameters: Float32Array[],
  gradients: Float32Array[],
  state: AdamState,
  options: AdamOptions,
): number {
  const { learningRate, weightDecay, maxGradNorm, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  const norm = globalNorm(gradients);
  const clip = norm > maxGradNorm ? maxGradNorm / norm : 1;
  state.step++;
  const bias1 = 1 - beta1 ** state.step;
  const bias2 = 1 - beta2 ** state.step;
  for (let k = 0; k < parameters.length; k++) {
    const [p, g, m, v] = [parameters[k]!, gradients[k]!, state.m[k]!, state.v[k]!];
    for (let i = 0; i < p.length; i++) {
      const slope = g[i]! * clip;
      m[i] = beta1 * m[i]! + (1 - beta1) * slope;
      v[i] = beta2 * v[i]! + (1 - beta2) * slope * slope;
      p[i] = p[i]! - learningRate * (m[i]! / bias1 / (Math.sqrt(v[i]! / bias2) + epsilon) + weightDecay * p[i]!);
    }
  }
  return norm;
}

export function globalNorm(gradients: Float32Array[]): number {
  let sum = 0;
  for (const g of gradients) for (let i = 0; i < g.length; i++) sum += g[i]! * g[i]!;
  return Math.sqrt(sum);
}

/** The rate at `step` (from 0): linear warm-up over `warmup` steps, then a cosine from `peak` to `floor` · `peak` at `total`. */
export function scheduledRate(
  step: number,
  { peak, warmup, total, floor = 0 }: { peak: number; warmup: number; total: number; floor?: number },
): number {
  if (step < warmup) return (peak * (step + 1)) / warmup;
  const progress = Math.min(1, (step - warmup) / Math.max(1, total - warmup));
  return peak * (floor + ((1 - floor) * (1 + Math.cos(Math.PI * progress))) / 2);
}
