import type { WarmWorker } from "./warm-worker.ts";

/**
 * The workers of one function: warm ones first, a new one while there are fewer than `size`, then first come first
 * served. New ones load their code one after the other: all at once, the first would be ready as late as the last.
 */
export interface Pool {
  acquire(): Promise<WarmWorker>;
  release(worker: WarmWorker): void;
  /** Ends every worker; whoever waits is refused. */
  close(): Promise<void>;
}

/** A worker that had nothing to do for `idleMs` is ended, since an idle laptop should weigh little. */
export function makePool(options: {
  size: number;
  idleMs: number;
  onCooled(): void;
  start(onReady: () => void): WarmWorker;
}): Pool {
  const { size, idleMs, onCooled, start } = options;
  const all = new Set<WarmWorker>();
  const idle: { worker: WarmWorker; timer: NodeJS.Timeout }[] = [];
  let closed = false;
  const waiting: PromiseWithResolvers<WarmWorker>[] = [];

  /** The one that ran last is the warmest, and the others may cool down. */
  const takeIdle = () => {
    for (let last = idle.pop(); last; last = idle.pop()) {
      clearTimeout(last.timer);
      if (!last.worker.dead) return last.worker;
      all.delete(last.worker);
    }
    return null;
  };
  const add = (): WarmWorker => {
    const worker = start(() => {
      if (waiting.length > 0 && all.size < size) waiting.shift()!.resolve(add());
    });
    all.add(worker);
    return worker;
  };

  return {
    async acquire() {
      if (closed) throw new Error("The laptop is stopping");
      const warm = takeIdle();
      if (warm) return warm;
      if (all.size < size && all.values().every((each) => each.ready)) return add();
      const turn = Promise.withResolvers<WarmWorker>();
      waiting.push(turn);
      return turn.promise;
    },
    release(worker) {
      if (worker.dead) all.delete(worker);
      const next = closed ? undefined : waiting.shift();
      if (next) return next.resolve(worker.dead ? add() : worker);
      if (worker.dead) return;
      const timer = setTimeout(() => {
        idle.splice(
          idle.findIndex((each) => each.worker === worker),
          1,
        );
        all.delete(worker);
        void worker.end().then(onCooled);
      }, idleMs).unref();
      idle.push({ worker, timer });
    },
    async close() {
      closed = true;
      for (const turn of waiting.splice(0)) turn.reject(new Error("The laptop is stopping"));
      for (const { timer } of idle.splice(0)) clearTimeout(timer);
      await Promise.all([...all].map((worker) => worker.end()));
      all.clear();
    },
  };
}
