/** How long a run waits for the remote cache. Values, so that tests need not wait. */
export interface Deadlines {
  /** Milliseconds for a connection, TLS included; 0 for no limit. */
  connectMs: number;
  /** Milliseconds for the question whether the cache may be used. */
  questionMs: number;
  /** Milliseconds in which something has to arrive, or be taken, on a connection that we wait for. */
  silenceMs: number;
  /**
   * Bytes that have to move in that time, on all connections together: on a slow line that many share each may get
   * little. A server that trickles a byte a second is slower than any line.
   */
  leastBytes: number;
}

export const defaultDeadlines: Deadlines = {
  connectMs: 3_000,
  questionMs: 3_000,
  silenceMs: 10_000,
  leastBytes: 64 * 1024,
};

/** `NX_CLOUD_NO_TIMEOUTS=true`. */
export const noDeadlines: Deadlines = {
  connectMs: 0,
  questionMs: Infinity,
  silenceMs: Infinity,
  leastBytes: 0,
};
