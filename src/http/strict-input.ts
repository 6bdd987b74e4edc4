import type { FastifyInstance, FastifySchemaCompiler } from 'fastify';
import { z } from 'zod';
import { unknownName } from './nearest-name.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A protocol that is not ours: what its clients send beyond what is known is left unread. */
    lenient?: boolean;
  }
}

/**
 * Unknown fields and query parameters are refused on every route that does not say otherwise: a misspelt name must not
 * silently mean the default. Comes before the routes.
 */
export function registerStrictInput(app: FastifyInstance): void {
  app.setValidatorCompiler(validatorCompiler);
  app.addHook('onRoute', (route) => {
    const { schema } = route;
    if (schema === undefined || schema.hide === true || route.config?.lenient === true) return;
    schema.querystring = closed(schema.querystring ?? z.object({}));
    if (schema.body !== undefined) schema.body = closed(schema.body);
  });
  app.addHook('preValidation', async (request) => {
    const { schema, config } = request.routeOptions;
    const readsBody = schema === undefined || schema.body !== undefined || schema.accepts !== undefined;
    if (readsBody || config.lenient === true || request.body === undefined) return;
    nothing.parse(request.body, { error: nameUnknown });
  });
}

const nothing = z.strictObject({}).nullish();

/** Parses with the messages of this server. @throws ZodError */
export function parseInput<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  return schema.parse(value, { error: nameUnknown });
}

/** Says of a name what a schema that has the known ones would say. @throws ZodError */
export function refuseUnknownName(name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  const shape = Object.fromEntries(known.map((one) => [one, z.unknown().optional()]));
  parseInput(z.strictObject(shape), { [name]: null });
}

const validatorCompiler: FastifySchemaCompiler<z.ZodType> =
  ({ schema }) =>
  (data: unknown) => {
    const { error, data: value } = schema.safeParse(data, { error: nameUnknown });
    return error === undefined ? { value } : { error };
  };

const maxNamed = 20;

/** One line for each unknown name, with the known one that it is nearest to; undefined leaves the message as it is. */
function nameUnknown(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys') return undefined;
  const known = issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : [];
  return issue.keys
    .slice(0, maxNamed)
    .map((key) => unknownName(key, known))
    .join('\n');
}

/** The schema without room for unknown fields, unless it makes room itself. */
function closed(schema: unknown): z.ZodType {
  if (schema instanceof z.ZodObject) return schema.def.catchall === undefined ? schema.strict() : schema;
  if (schema instanceof z.ZodOptional) return closed(schema.unwrap()).optional();
  if (schema instanceof z.ZodNullable) return closed(schema.unwrap()).nullable();
  throw new Error('the input of a route is an object');
}
