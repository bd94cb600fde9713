/** Work for later, delivered at least once. */
export interface Queue<M> {
  send(message: M): Promise<void>;
}
