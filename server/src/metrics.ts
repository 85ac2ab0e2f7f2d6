import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { CacheResult, Ending, Exchange } from './cache-protocol/exchange.js';
import type { AccessCheck, RefusalReason } from './domain/access-check.js';

/**
 * What Prometheus is told about the cache. Labels have few values that are known beforehand: never a name, an id or
 * anything else that a client can choose.
 */
export interface CacheMetrics {
  readonly ended: (exchange: Exchange, ending: Ending) => void;
  readonly refused: (reason: RefusalReason) => void;
}

export interface CacheMetricsOptions {
  registry: Registry;
  lookups: AccessCheck['lookups'];
  /** Of all artifacts together, as the size limit counts it. */
  occupiedBytes: () => Promise<number>;
}

type Method = 'GET' | 'PUT' | 'other';

/**
 * Counts in plain numbers and hands them over when they are asked for: `inc()` of prom-client takes 0.4 µs each time,
 * which is as long as hashing the token.
 */
export function createCacheMetrics({ registry, lookups, occupiedBytes }: CacheMetricsOptions): CacheMetrics {
  const registers = [registry];
  const requests: Record<Method, Map<CacheResult, number>> = { GET: new Map(), PUT: new Map(), other: new Map() };
  const refusals = new Map<RefusalReason, number>();
  const bytes = { received: 0, sent: 0 };

  new Counter({
    name: 'nxkey_cache_requests_total',
    help: 'Requests to the remote cache, by how they ended.',
    labelNames: ['method', 'result'],
    registers,
    collect() {
      this.reset();
      for (const [method, results] of Object.entries(requests)) {
        for (const [result, count] of results) this.inc({ method, result }, count);
      }
    },
  });
  new Counter({
    name: 'nxkey_cache_refused_total',
    help: 'Requests to the remote cache that were refused, by reason.',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset();
      for (const [reason, count] of refusals) this.inc({ reason }, count);
    },
  });
  new Counter({
    name: 'nxkey_cache_bytes_total',
    help: 'Bytes of artifacts that were received and kept, and that were sent.',
    labelNames: ['direction'],
    registers,
    collect() {
      this.reset();
      for (const [direction, count] of Object.entries(bytes)) this.inc({ direction }, count);
    },
  });
  new Counter({
    name: 'nxkey_access_lookups_total',
    help: 'Decisions about access, by where what they need was found.',
    labelNames: ['source'],
    registers,
    collect() {
      this.reset();
      this.inc({ source: 'memory' }, lookups.warm);
      this.inc({ source: 'database' }, lookups.cold);
    },
  });
  new Gauge({
    name: 'nxkey_cache_artifact_bytes',
    help: 'Bytes that all artifacts take, as the size limit counts them: at least 4096 each.',
    registers,
    async collect() {
      this.set(await occupiedBytes());
    },
  });
  const duration = new Histogram({
    name: 'nxkey_cache_request_duration_seconds',
    help: 'Time from a request’s headers to the end of its answer.',
    labelNames: ['method'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  const durations = { GET: duration.labels('GET'), PUT: duration.labels('PUT'), other: duration.labels('other') };

  return {
    ended({ request, begunAt }, { result, bytes: size }) {
      const method = request.method === 'GET' || request.method === 'PUT' ? request.method : 'other';
      increment(requests[method], result);
      if (result === 'stored') bytes.received += size;
      else bytes.sent += size;
      durations[method].observe((performance.now() - begunAt) / 1000);
    },
    refused(reason) {
      increment(refusals, reason);
    },
  };
}

function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
