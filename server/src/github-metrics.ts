import { Counter, Gauge, type Registry } from 'prom-client';
import type { GithubConnections } from './domain/github/connections.js';
import type { WebhookResult } from './routes/github-webhook.js';

export interface GithubMetrics {
  readonly delivered: (result: WebhookResult) => void;
}

/** What Prometheus is told about connections to GitHub organizations: counts alone, and never whose. */
export function createGithubMetrics(registry: Registry, github: Pick<GithubConnections, 'counts'>): GithubMetrics {
  const registers = [registry];
  const counted = () => github.counts();

  new Gauge({
    name: 'nxkey_github_connections',
    help: 'Organizations that are connected to GitHub, by the worst that there is to say of each.',
    labelNames: ['state'],
    registers,
    async collect() {
      for (const [state, count] of Object.entries((await counted()).connections)) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'nxkey_github_oldest_confirmation_seconds',
    help: 'How long ago GitHub last said who all members are, for the connection that has waited longest.',
    registers,
    async collect() {
      this.set(((await counted()).oldestConfirmationMs ?? 0) / 1000);
    },
  });
  new Gauge({
    name: 'nxkey_github_held_members',
    help: 'People whose removal waits for an owner, as a mass removal.',
    registers,
    async collect() {
      this.set((await counted()).heldMembers);
    },
  });
  new Gauge({
    name: 'nxkey_github_checks_waiting',
    help: 'People whom GitHub is yet to be asked about.',
    registers,
    async collect() {
      this.set((await counted()).waitingChecks);
    },
  });
  const deliveries = new Counter({
    name: 'nxkey_github_deliveries_total',
    help: 'Requests to the webhook, by what became of them.',
    labelNames: ['result'],
    registers,
  });
  return {
    delivered: (result) => {
      deliveries.inc({ result });
    },
  };
}
