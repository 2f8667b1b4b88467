// The bytes of one message as they travel between a session and a store: a size and a stream, never a string.

/**
 * An immutable message of known size. Small ones live in memory, larger ones in a spool file that the
 * owner removes with `release()`. Reading twice gives the same octets.
 */
export interface MessageBody {
  /** Exact number of octets. */
  readonly sizeBytes: number;
  /** All octets when held in memory; undefined when spilled to `path`. */
  readonly memory: readonly Uint8Array[] | undefined;
  /** Absolute path of the spool file when spilled; undefined when in memory. */
  readonly path: string | undefined;
  /** The octets in order, in chunks of at most 256 KiB. */
  chunks(): AsyncIterable<Uint8Array>;
  /** Drops memory or removes the spool file; harmless when called again. */
  release(): Promise<void>;
}
