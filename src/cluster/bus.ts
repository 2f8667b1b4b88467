// Port: how workers (and later nodes) tell each other that something changed.
//
// Delivery is best-effort and unordered between publishers; whoever listens must find a lost notification again by
// looking into the store. Payloads are small JSON values; nothing secret and no message text goes over the bus.

/** Topics in use; one row each. */
export interface BusTopics {
  /** Mail arrived or changed in a mailbox of an account. `mailbox` absent means: any of them (list changed). */
  'mailbox.changed': { account: string; mailbox?: string };
  /**
   * Annotations changed (RFC 5464): of a mailbox, of the account when `mailbox` is ''. Private entries are those of `user`,
   * who made the change.
   */
  'mailbox.annotated': { account: string; mailbox: string; entries: string[]; user: string };
  /** A new settings revision is current. */
  'settings.changed': { revision: number };
  /** A user source was reloaded or must be reloaded. */
  'directory.changed': { source: string };
  /** The publishing worker has read a user source anew: accounts may be gone or disabled. */
  'directory.loaded': { source: string };
  /** Certificates on disk should be read again. */
  'tls.reload': Record<string, never>;
  /** An authentication failed or an address was banned or freed; keeps guards of all workers alike. */
  'guard.failure': { address: string; secretTag: string };
  'guard.ban': { address: string; untilMs: number };
  /** Who already has a message that will be sent again because others did not get it; key and digest are hashes. */
  'delivery.partial': { key: string; digest: string; accounts: string[]; expiresMs: number };
}

export type Topic = keyof BusTopics;

export interface Bus {
  publish<T extends Topic>(topic: T, payload: BusTopics[T]): void;
  /** Handlers also see what this worker itself published. Returns the function that ends the subscription. */
  subscribe<T extends Topic>(topic: T, handler: (payload: BusTopics[T]) => void): () => void;
}
