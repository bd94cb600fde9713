/** The compiled programs of a run: gradients of the adapters, and the loss without them. One compilation per batch shape. */
import { jit, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import type { BaseModel } from "./base-model.ts";
import type { TokenBatch } from "./data.ts";
import { maskedLoss } from "./loss.ts";
import { logits, type Network, type Positions, positions } from "./model.ts";
import type { Tensors } from "./safetensors.ts";
import { embed, embeddingName, linearNames, toArray, toNetwork } from "./weights.ts";

export interface Score {
  /** Nats per learned token. */
  loss: number;
  accuracy: number;
}

export interface Engine {
  /** The batch's loss and the gradient of every adapter tensor, in the map's order. */
  gradients(adapters: Tensors, batch: TokenBatch): Promise<Score & { gradients: Float32Array[] }>;
  score(adapters: Tensors, batch: TokenBatch): Promise<Score>;
  /** Log-probabilities of the next token after each of `ids`, `[ids.length, V]` row-major. */
  logProbabilities(adapters: Tensors, ids: number[]): Promise<Float32Array>;
  /** Frees the arrays it holds; the engine is of no use afterwards. */
  dispose(): void;
}

/** `scale` is LoRA's alpha / rank. */
export function makeEngine({ config, tensors }: BaseModel, scale: number): Engine {
  const frozen = toNetwork(config, tensors);
  const table = tensors.get(embeddingName)!;
  const places = new Map<number, Positions>();
  const place = (length: number) => {
    if (!places.has(length)) places.set(length, positions(config, length));
    return tree.ref(places.get(length)!);
  };

  const forward = (adapters: np.Array[], net: Network, x: np.Array, at: Positions) =>
    logits(config, adapt(net, adapters), x, at, scale);
  const gradientProgram = jit(
    (adapters: np.Array[], net: Network, x: np.Array, targets: np.Array, weights: np.Array, at: Positions) =>
      valueAndGrad(
        (a: np.Array[]) => {
          const { surrogate, loss, accuracy } = maskedLoss(forward(a, net, x, at), targets, weights);
          return [surrogate, np.stack([loss, accuracy])] as [np.Array, np.Array];
        },
        { hasAux: true },
      )(adapters),
  );
  const scoreProgram = jit(
    (adapters: np.Array[], net: Network, x: np.Array, targets: np.Array, weights: np.Array, at: Positions) => {
      const { surrogate, loss, accuracy } = maskedLoss(forward(adapters, net, x, at), targets, weights);
      surrogate.dispose();
      return np.stack([loss, accuracy]);
    },
  );
  const logProgram = jit((adapters: np.Array[], net: Network, x: np.Array, at: Positions) =>
    nn.logSoftmax(forward(adapters, net, x, at), -1),
  );

  const upload = (adapters: Tensors) => Array.from(adapters.values(), toArray);
  const embedded = (ids: Int32Array, rows: number, length: number) =>
    np.array(embed(table, ids)).reshape([rows, length, config.hiddenSize]);
  const feed = (b: TokenBatch) =>
    [
      embedded(b.inputs, b.rows, b.length),
      np.array(b.targets, { dtype: np.int32 }),
      np.array(b.weights),
      place(b.length),
    ] as const;
  const readScore = async (scores: np.Array): Promise<Score> => {
    const [loss, accuracy] = (await scores.data()) as Float32Array;
    return { loss: loss!, accuracy: accuracy! };
  };

  return {
    gradients: async (adapters, batch) => {
      const result = gradientProgram(upload(adapters), tree.ref(frozen), ...feed(batch));
      const [[surrogate, scores], slopes] = result as unknown as [[np.Array, np.Array], np.Array[]];
      surrogate.dispose();
      const score = await readScore(scores);
      const gradients: Float32Array[] = [];
      for (const slope of slopes) gradients.push((await slope.data()) as Float32Array);
      return { ...score, gradients };
    },
    score: async (adapters, batch) =>
      readScore(scoreProgram(upload(adapters), tree.ref(frozen), ...feed(batch)) as np.Array),
    logProbabilities: async (adapters, ids) => {
      const out = logProgram(
        upload(adapters),
        tree.ref(frozen),
        embedded(Int32Array.from(ids), 1, ids.length),
        place(ids.length),
      );
      return (await (out as np.Array).data()) as Float32Array;
    },
    dispose: () => {
      tree.dispose(frozen);
      for (const at of places.values()) tree.dispose(at);
      for (const program of [gradientProgram, scoreProgram, logProgram]) program.dispose();
    },
  };
}

/** The network with adapters in their places: for each block and linear, A then B. None when `adapters` is empty. */
function adapt(net: Network, adapters: np.Array[]): Network {
  if (!adapters.length) return net;
  const blocks = net.blocks.map((block, layer) => {
    const adapted = linearNames.map((name, i) => {
      const at = 2 * (layer * linearNames.length + i);
      return [name, { ...block[name], a: adapters[at]!, b: adapters[at + 1]! }];
    });
    return { ...block, ...Object.fromEntries(adapted) };
  });
  return { ...net, blocks };
}
