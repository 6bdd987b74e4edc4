/** A JSON schema as the OpenAPI document writes it, as far as these tests read it. */
export interface Schema {
  type?: string | string[];
  enum?: unknown[];
  format?: string;
  minimum?: number;
  minLength?: number;
  minItems?: number;
  pattern?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  anyOf?: Schema[];
  default?: unknown;
}

interface Parameter {
  in: string;
  name: string;
  schema: Schema;
}

export interface Operation {
  method: string;
  path: string;
  parameters: Parameter[];
  body: Schema | null;
}

interface Document {
  paths?: Record<string, Record<string, unknown> | undefined>;
  components?: { parameters?: Record<string, unknown> };
}

/** Every operation of an OpenAPI document. */
export function operationsOf(document: Document): Operation[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods ?? {}).map(([method, value]) => {
      const operation = value as {
        parameters?: (Parameter | { $ref: string })[];
        requestBody?: { content: Record<string, { schema: Schema }> };
      };
      const body = operation.requestBody?.content['application/json']?.schema ?? null;
      const parameters = (operation.parameters ?? []).map((parameter) =>
        '$ref' in parameter
          ? (document.components?.parameters?.[parameter.$ref.split('/').at(-1) ?? ''] as Parameter)
          : parameter,
      );
      return { method: method.toUpperCase(), path, parameters, body };
    }),
  );
}

/** One value or two of each JSON type. */
export const values: unknown[] = [null, true, 0, -1, 1.5, 'x', [], [null], {}, { a: 1 }];
/** Values of the right type that are easily forgotten. */
export const edges = new Set<unknown>(['', 'x'.repeat(5_000), -1, 1e308]);

/** Whether a value is of a type that the schema names at all. */
export function hasType(schema: Schema, value: unknown): boolean {
  const types = typesOf(schema);
  if (types === null) return true;
  if (value === null) return types.has('null');
  if (Array.isArray(value)) return types.has('array');
  if (typeof value === 'number')
    return types.has('number') || (types.has('integer') && Number.isInteger(value));
  return types.has(typeof value);
}

function typesOf(schema: Schema): Set<string> | null {
  if (schema.anyOf !== undefined) {
    const each = schema.anyOf.map(typesOf);
    return each.includes(null) ? null : new Set(each.flatMap((types) => [...(types ?? [])]));
  }
  if (schema.type !== undefined) return new Set([schema.type].flat());
  return schema.enum === undefined ? null : new Set(schema.enum.map((value) => typeof value));
}

/** A value that the schema accepts. */
export function exampleOf(schema: Schema): unknown {
  if (schema.default !== undefined) return schema.default;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.anyOf !== undefined) return exampleOf(schema.anyOf[0] ?? {});
  switch ([schema.type].flat()[0]) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [name, exampleOf(schema.properties?.[name] ?? {})]),
      );
    case 'array':
      return (schema.minItems ?? 0) > 0 ? [exampleOf(schema.items ?? {})] : [];
    case 'boolean':
      return false;
    case 'integer':
    case 'number':
      return Math.max(1, schema.minimum ?? 1);
    case 'string':
      if (schema.format === 'uuid') return '019a8f5e-7c11-7c3e-9f55-3a1d2e4b5c6d';
      return schema.format === 'email' ? 'somebody@example.org' : 'example text';
    default:
      return {};
  }
}
