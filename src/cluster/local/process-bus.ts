// Bus of one node: every worker talks to the supervisor over its process channel, the supervisor passes on to the others.
//
// What one turn of the event loop publishes travels as one message, equal notifications once: a burst of deliveries to a
// mailbox costs one line. The channel drops nothing while both ends live; a worker that starts later reads the stores.

import type { Bus, BusTopics, Topic } from '../bus.ts';

/** One notification as it travels. */
export interface BusEvent {
  readonly topic: Topic;
  readonly payload: BusTopics[Topic];
}

type Handler = (payload: never) => void;

/** `send` hands a batch to the supervisor; `receive` takes a batch that came from it. */
export class ProcessBus implements Bus {
  readonly #send: (events: readonly BusEvent[]) => void;
  readonly #handlers = new Map<Topic, Set<Handler>>();
  #outgoing = new Map<string, BusEvent>();

  constructor(send: (events: readonly BusEvent[]) => void) {
    this.#send = send;
  }

  publish<T extends Topic>(topic: T, payload: BusTopics[T]): void {
    if (this.#outgoing.size === 0) setImmediate(() => this.#deliver());
    this.#outgoing.set(`${topic} ${JSON.stringify(payload)}`, { topic, payload });
  }

  #deliver(): void {
    const events = [...this.#outgoing.values()];
    this.#outgoing = new Map();
    this.#send(events);
    this.receive(events);
  }

  /** Calls the local handlers for events of other workers (and our own). A handler that throws is our bug. */
  receive(events: readonly BusEvent[]): void {
    for (const { topic, payload } of events) {
      for (const handler of this.#handlers.get(topic) ?? []) handler(payload as never);
    }
  }

  subscribe<T extends Topic>(topic: T, handler: (payload: BusTopics[T]) => void): () => void {
    const handlers = this.#handlers.get(topic) ?? new Set<Handler>();
    this.#handlers.set(topic, handlers);
    handlers.add(handler as Handler);
    return () => {
      handlers.delete(handler as Handler);
    };
  }
}
