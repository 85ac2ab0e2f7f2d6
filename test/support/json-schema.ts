/**
 * What keeps a value from being what a schema says: one line for each, none if it is. Knows the part of JSON Schema that
 * our own schemas use, and refuses any other keyword, so that nothing in a schema is passed over.
 */
export function schemaProblems(value: unknown, schema: unknown, root: unknown = schema, at = '$'): string[] {
  if (!isObject(schema)) return [`${at}: the schema is no object`];
  return Object.entries(schema).flatMap(([keyword, argument]) => {
    const check = checks[keyword];
    if (check === undefined) return [`${at}: the schema has the unknown keyword ${keyword}`];
    return check({ value, argument, schema, root, at });
  });
}

interface Checked {
  value: unknown;
  argument: unknown;
  schema: Record<string, unknown>;
  root: unknown;
  at: string;
}

const annotation = () => [];

const checks: Readonly<Record<string, ((checked: Checked) => string[]) | undefined>> = {
  $schema: annotation,
  $id: annotation,
  $defs: annotation,
  title: annotation,
  description: annotation,
  $ref: ({ value, argument, root, at }) => {
    const name = String(argument).replace('#/$defs/', '');
    const definitions = isObject(root) && isObject(root['$defs']) ? root['$defs'] : {};
    return schemaProblems(value, definitions[name], root, at);
  },
  type: ({ value, argument, at }) => {
    const types: unknown[] = Array.isArray(argument) ? argument : [argument];
    return types.includes(typeOf(value)) ? [] : [`${at}: is ${typeOf(value)}, not ${types.join(' or ')}`];
  },
  enum: ({ value, argument, at }) =>
    Array.isArray(argument) && argument.includes(value) ? [] : [`${at}: is ${JSON.stringify(value)}`],
  pattern: ({ value, argument, at }) =>
    typeof value !== 'string' || new RegExp(String(argument), 'u').test(value) ? [] : [`${at}: is ${value}`],
  minimum: ({ value, argument, at }) =>
    typeof value !== 'number' || value >= Number(argument) ? [] : [`${at}: is ${value}`],
  required: ({ value, argument, at }) =>
    isObject(value) && Array.isArray(argument)
      ? argument.filter((name) => !(String(name) in value)).map((name) => `${at}: ${String(name)} is missing`)
      : [],
  properties: ({ value, argument, root, at }) =>
    isObject(value) && isObject(argument)
      ? Object.entries(argument).flatMap(([name, schema]) =>
          name in value ? schemaProblems(value[name], schema, root, `${at}.${name}`) : [],
        )
      : [],
  additionalProperties: ({ value, schema, at }) => {
    const known = isObject(schema['properties']) ? schema['properties'] : {};
    if (!isObject(value)) return [];
    return Object.keys(value)
      .filter((name) => !(name in known))
      .map((name) => `${at}: ${name} is not in the schema`);
  },
  items: ({ value, argument, root, at }) =>
    Array.isArray(value) ? value.flatMap((item, index) => schemaProblems(item, argument, root, `${at}[${index}]`)) : [],
};

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
