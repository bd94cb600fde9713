import { startWorker, type Worker } from "./worker.ts";

export type Pool = ReturnType<typeof makePool>;

/** The models that are in memory, at most `maxLoaded` unless all of them are busy; the least recently used makes room. */
export function makePool(options: { servePath: string; env: Record<string, string>; maxLoaded: number }) {
  // In the order of their last use.
  const loaded = new Map<string, Worker>();
  const leaving = new Set<Promise<void>>();

  const end = (path: string, worker: Worker) => {
    if (loaded.get(path) === worker) loaded.delete(path);
    worker.end();
    leaving.add(worker.gone);
    void worker.gone.then(() => leaving.delete(worker.gone));
  };
  const makeRoom = () => {
    for (const [path, worker] of loaded) {
      if (loaded.size < options.maxLoaded) return;
      if (worker.busy() === 0) end(path, worker);
    }
  };
  return {
    /** The process that holds this file, started when there is none. */
    workerOf(path: string): Worker {
      const known = loaded.get(path);
      if (known) {
        loaded.delete(path);
        loaded.set(path, known);
        return known;
      }
      makeRoom();
      const worker = startWorker(options.servePath, path, options.env);
      loaded.set(path, worker);
      void worker.gone.then(() => loaded.get(path) === worker && loaded.delete(path));
      return worker;
    },
    async close() {
      for (const [path, worker] of loaded) end(path, worker);
      await Promise.all(leaving);
    },
  };
}
