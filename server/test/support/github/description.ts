import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv, type ValidateFunction } from 'ajv';
import { isObject } from '../../../../src/rest-client/narrow.js';

/** Of which GitHub: github.com, or a GitHub Enterprise Server. */
export type DescriptionName = 'api.github.com' | 'ghes-3.17';

/** GitHub's published description of its REST API, asked whether something keeps to it. */
export interface GithubDescription {
  /** What is wrong with a request for a documented path: parameters that it does not have, or of another type. */
  requestProblem(operation: Operation, query: Record<string, string>): string | null;
  /** What is wrong with a response. */
  responseProblem(operation: Operation, status: number, body: unknown): string | null;
  webhookProblem(event: string, action: string, payload: unknown): string | null;
}

/** By its path in the description: `/orgs/{org}/members`. */
export interface Operation {
  method: 'get' | 'post';
  path: string;
}

const loaded = new Map<DescriptionName, GithubDescription>();

/**
 * The whole description is 13 MB of JSON, and is read once in a process. Only the schemas that are asked for are made
 * ready, and only then.
 */
export function loadDescription(name: DescriptionName = 'api.github.com'): GithubDescription {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const path = createRequire(import.meta.url).resolve(`@octokit/openapi/generated/${name}.json`);
  const document: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const description = describe(document);
  loaded.set(name, description);
  return description;
}

function describe(document: unknown): GithubDescription {
  // `coerceTypes` for parameters only, which are text in an address.
  const bodies = new Ajv({ strict: false, validateFormats: true, logger: false, formats });
  const parameters = new Ajv({ strict: false, coerceTypes: true, logger: false });
  const compiled = new Map<string, ValidateFunction>();

  const problem = (key: string, schema: () => unknown, value: unknown, ajv: Ajv): string | null => {
    const validate = compiled.get(key) ?? ajv.compile(standalone(document, schema()));
    compiled.set(key, validate);
    return validate(value) ? null : `${key}: ${ajv.errorsText(validate.errors)}`;
  };

  return {
    requestProblem({ method, path }, query) {
      return problem(
        `${method} ${path}, parameters`,
        () => {
          const declared = at(document, 'paths', path, method)['parameters'];
          const inQuery = (Array.isArray(declared) ? declared : [])
            .map((parameter: unknown) => resolve(document, parameter))
            .filter((parameter) => parameter['in'] === 'query');
          const properties = Object.fromEntries(inQuery.map(({ name, schema }) => [String(name), schema]));
          return { type: 'object', properties, additionalProperties: false };
        },
        { ...query },
        parameters,
      );
    },
    responseProblem({ method, path }, status, body) {
      const responses = at(document, 'paths', path, method, 'responses');
      // Failures that can happen everywhere are not described everywhere, and some without what they say.
      const response = responses[status] === undefined ? {} : resolve(document, responses[status]);
      if (status >= 400 && response['content'] === undefined) {
        return problem('any error', () => ({ $ref: '#/components/schemas/basic-error' }), body, bodies);
      }
      if (responses[status] === undefined) return `${method} ${path} has no response ${status}`;
      return problem(
        `${method} ${path}, response ${status}`,
        () => at(response, 'content', 'application/json')['schema'],
        body,
        bodies,
      );
    },
    webhookProblem(event, action, payload) {
      const name = `${event}-${action.replaceAll('_', '-')}`;
      const content = ['requestBody', 'content', 'application/json'];
      const schema = () => at(document, 'x-webhooks', name, 'post', ...content)['schema'];
      return problem(`webhook ${name}`, schema, payload, bodies);
    },
  };
}

const formats = {
  uri: (text: string) => URL.canParse(text),
  email: /^[^@\s]+@[^@\s]+$/,
  'date-time': (text: string) => !Number.isNaN(Date.parse(text)),
};

/** OpenAPI 3.0 is JSON Schema but for `nullable`; what a schema refers to comes along. */
function standalone(document: unknown, schema: unknown): Record<string, unknown> {
  const definitions: Record<string, unknown> = {};
  const convert = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(convert);
    if (!isObject(value)) return value;
    if (typeof value['$ref'] === 'string') {
      const name = value['$ref'].slice('#/components/schemas/'.length);
      if (!(name in definitions)) {
        definitions[name] = {};
        definitions[name] = convert(at(document, 'components', 'schemas', name));
      }
      return { $ref: `#/$defs/${name}` };
    }
    const { nullable, properties, ...rest } = value;
    const converted = Object.fromEntries(
      Object.entries(rest).flatMap(([keyword, argument]) =>
        keywords.has(keyword) ? [[keyword, literal.has(keyword) ? argument : convert(argument)]] : [],
      ),
    );
    if (isObject(properties)) {
      const entries = Object.entries(properties).map(([name, property]) => [name, convert(property)]);
      converted['properties'] = Object.fromEntries(entries);
    }
    return nullable === true ? { anyOf: [{ type: 'null' }, converted] } : converted;
  };
  const root = convert(schema);
  return { ...(isObject(root) ? root : {}), $defs: definitions };
}

const literal = new Set(['enum', 'required']);
const keywords = new Set([
  ...['type', 'enum', 'required', 'items', 'additionalProperties', 'anyOf', 'oneOf', 'allOf', 'format', 'pattern'],
  ...['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems'],
]);

function resolve(document: unknown, value: unknown): Readonly<Record<string, unknown>> {
  const reference = isObject(value) ? value['$ref'] : undefined;
  if (typeof reference === 'string') return at(document, ...reference.slice('#/'.length).split('/'));
  return at(value);
}

/** @throws when it is not there: a path that GitHub does not have, most likely */
function at(value: unknown, ...path: string[]): Readonly<Record<string, unknown>> {
  let found = value;
  for (const name of path) found = isObject(found) ? found[name] : undefined;
  if (!isObject(found)) throw new Error(`GitHub's description has no ${path.join(' ')}`);
  return found;
}
