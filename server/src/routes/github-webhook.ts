import { createHmac, timingSafeEqual } from 'node:crypto';
import { paths } from '../../../src/protocol/paths.js';
import type { DeliveryOutcome, GithubConnections } from '../domain/github/connections.js';
import type { App, AppContext } from '../http/app-env.js';
import { HttpError } from '../http/errors.js';

/** GitHub's own limit is 25 MB; what is taken notice of here has a few kilobytes. */
export const maxWebhookBytes = 5 * 1024 * 1024;

/** What became of a request to the webhook. */
export type WebhookResult = DeliveryOutcome | 'bad-signature' | 'malformed' | 'failed';

export interface WebhookOptions {
  github: GithubConnections;
  /** Signs every delivery: that of the GitHub App. */
  secret: string;
  onResult: (result: WebhookResult) => void;
}

const deliveryIdForm = /^[\w-]{1,100}$/;
const eventForm = /^\w{1,100}$/;

/**
 * `POST /webhooks/github`. Nothing of the body is looked at before its signature is found to be right, and nothing of it
 * is ever logged. 202: what it takes away is taken away, and the rest is written down and will be asked of GitHub.
 */
export function githubWebhook(app: App, options: WebhookOptions | null): void {
  if (options === null) return;
  const { github, secret, onResult } = options;

  async function take(c: AppContext): Promise<DeliveryOutcome> {
    const body = Buffer.from(await c.req.arrayBuffer());
    if (!isSigned(body, c.req.header('x-hub-signature-256'), secret)) {
      onResult('bad-signature');
      const detail = 'The delivery has no signature, or another than with the webhook secret of the GitHub App.';
      throw new HttpError(401, 'Unauthorized', detail);
    }
    const [event, deliveryId] = [c.req.header('x-github-event') ?? '', c.req.header('x-github-delivery') ?? ''];
    const payload = parseJson(body);
    if (payload === undefined || !eventForm.test(event) || !deliveryIdForm.test(deliveryId)) {
      onResult('malformed');
      const detail =
        payload === undefined
          ? 'The body is no JSON. The content type of the webhook has to be application/json in the GitHub App.'
          : 'X-GitHub-Event or X-GitHub-Delivery is missing, or has another form than GitHub gives them.';
      throw new HttpError(400, 'Bad request', detail);
    }
    try {
      return await github.receiveWebhook(event, deliveryId, payload);
    } catch (error) {
      onResult('failed');
      throw error;
    }
  }

  app.post(paths.githubWebhook, async (c) => {
    const outcome = await take(c);
    onResult(outcome);
    return c.json({ outcome }, outcome === 'done' || outcome === 'queued' ? 202 : 200);
  });
}

function isSigned(body: Buffer, signature: string | undefined, secret: string): boolean {
  const sent = /^sha256=([0-9a-f]{64})$/.exec(signature ?? '')?.[1];
  if (sent === undefined) return false;
  return timingSafeEqual(Buffer.from(sent, 'hex'), createHmac('sha256', secret).update(body).digest());
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
