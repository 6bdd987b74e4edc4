import type { FastifySchema, RouteOptions } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { z } from 'zod';

declare module 'fastify' {
  interface FastifySchema {
    /** Bodies by media type that the handler reads itself, as a form is read part by part. */
    accepts?: Record<string, z.ZodType>;
    /** Media types that its success can have beside JSON; for server-sent events, the data of each event. */
    sends?: Record<string, z.ZodType>;
  }
}

/** Marks an operation whose body may be left out: the plug-in calls every body required. */
export const optionalBodyMark = 'x-optional-body';
export const eventStream = 'text/event-stream';
export const octets = 'application/octet-stream';
/** The bytes of a file, in a form or as a whole response. */
export const bytes = z.string().meta({ format: 'binary' });

type RouteInput = Parameters<typeof jsonSchemaTransform>[0] & { route: RouteOptions };

/** What the OpenAPI document says of a route: its schemas, and what its handler reads and writes without them. */
export function describeRoute(input: RouteInput): ReturnType<typeof jsonSchemaTransform> {
  const { schema, route } = input;
  if (schema === undefined || schema.hide === true) return jsonSchemaTransform(input);
  const { accepts, sends, body, response, ...rest } = schema;
  const open = route.config?.public === true;
  const described = jsonSchemaTransform({
    ...input,
    schema: {
      ...rest,
      ...(body === undefined ? {} : { body }),
      response: withMedia(response, sends),
      ...(open ? { security: [] } : {}),
      ...(body instanceof z.ZodType && body.safeParse(undefined).success ? { [optionalBodyMark]: true } : {}),
    },
  });
  if (accepts === undefined)
    return { ...described, schema: { ...described.schema, body: withoutDefaults(described.schema.body) } };
  const content = Object.fromEntries(
    Object.entries(accepts).map(([type, read]) => {
      const { schema: one } = jsonSchemaTransform({ ...input, schema: { body: read } });
      return [type, { schema: withoutDefaults(one.body) }];
    }),
  );
  return { ...described, schema: { ...described.schema, body: { content } } };
}

/**
 * Generators of clients (openapi-typescript by default) demand a field that has a default, as they may in an answer: in
 * a body its default is said in words.
 */
function withoutDefaults(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutDefaults);
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts: Record<string, unknown> = Object.fromEntries(
    Object.entries(schema).map(([name, part]) => [name, withoutDefaults(part)]),
  );
  const { default: value, description, ...rest } = parts;
  // An object is the schema of a property with that name.
  if (value === undefined || typeof value === 'object') return parts;
  const said = `Default: ${JSON.stringify(value)}.`;
  return { ...rest, description: typeof description === 'string' ? `${description} ${said}` : said };
}

/** The responses with every media type of the 200. */
function withMedia(response: unknown, sends: FastifySchema['sends']): unknown {
  if (sends === undefined) return response;
  const { 200: json, ...others } = (response ?? {}) as Record<string, unknown>;
  const content = Object.fromEntries(
    [...(json === undefined ? [] : [['application/json', json] as const]), ...Object.entries(sends)].map(
      ([type, schema]) => [type, { schema }],
    ),
  );
  return { ...others, 200: { content } };
}
