import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { httpClient } from './support/http.js';
import { startTestServer, type TestServer } from './support/test-server.js';

/** docs/rest-api.md against the OpenAPI document, and so against the routes. */

const schema = z.object({
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  $ref: z.string().optional(),
});
const content = z.object({ 'application/json': z.object({ schema }) });
const operation = z.object({
  responses: z.record(z.string(), z.object({ content: content.optional().catch(undefined) })),
});
const openApi = z.object({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({ schemas: z.record(z.string(), schema) }),
});

const page = readFileSync(new URL('../../docs/rest-api.md', import.meta.url), 'utf8');
/** What stands under each heading that names an operation. */
const sections = new Map(
  page.split(/^##+ /m).flatMap((section) => {
    const heading = /^`([A-Z]+ \/[^`]*)`\n/.exec(section)?.[1];
    return heading === undefined ? [] : [[heading, section] as const];
  }),
);

let server: TestServer;
let document: z.infer<typeof openApi>;
beforeAll(async () => {
  server = await startTestServer();
  document = openApi.parse((await httpClient(() => server.url).request('/api/v1/openapi.json')).body);
});
afterAll(() => server.close());

function operations() {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, found]) => ({ name: `${method.toUpperCase()} ${path}`, operation: found })),
  );
}

it('names every operation, and none that is not there', () => {
  const names = operations().map(({ name }) => name);
  expect([...sections.keys()].sort()).toEqual(names.sort());
});

it('shows answers with the fields that the routes send', () => {
  const shown = operations().flatMap(({ name, operation }) => {
    const example = /```json\n(.*?)```/s.exec(sections.get(name) ?? '')?.[1];
    const { 200: ok, 201: made } = operation.responses;
    const answer = (ok ?? made)?.content?.['application/json'].schema;
    if (example === undefined || answer === undefined) return [];
    const target = document.components.schemas[answer.$ref?.split('/').at(-1) ?? ''] ?? answer;
    return [{ name, fields: Object.keys(z.record(z.string(), z.unknown()).parse(JSON.parse(example))), target }];
  });
  expect(shown.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['GET /api/v1/me', 'POST /oauth/token', 'GET /api/v1/organizations/{slug}/audit']),
  );
  for (const { name, fields, target } of shown) {
    expect(Object.keys(target.properties ?? {}), name).toEqual(expect.arrayContaining(fields));
    expect(fields, name).toEqual(expect.arrayContaining(target.required ?? []));
  }
});
