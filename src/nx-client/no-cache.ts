import type { RunCache } from './run-cache.js';

const no = () => Promise.resolve(false);

/** A remote cache that has nothing and takes nothing, for runs without one. */
export const noCache: RunCache = { retrieve: () => Promise.resolve(null), store: no, v1: { retrieve: no, store: no } };
