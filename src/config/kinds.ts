import { isIP } from 'node:net';
import { z } from 'zod';

// The kinds of value that settings have. What is refused says what would be taken.

/** Says more of a setting for .env.example, which else shows its default. */
export function show<Schema extends z.ZodType>(schema: Schema, about?: string, example?: string): Schema {
  return schema.meta({ about, example });
}

export const text = z.string().trim().optional();

export function whole(min: number, max: number = Number.MAX_SAFE_INTEGER): z.ZodCoercedNumber {
  const error =
    max === Number.MAX_SAFE_INTEGER
      ? `must be a whole number, at least ${min}`
      : `must be a whole number from ${min} to ${max}`;
  return z.coerce.number({ error }).int({ error }).min(min, { error }).max(max, { error });
}

export function count(fallback: number): z.ZodDefault<z.ZodCoercedNumber> {
  return whole(1).default(fallback);
}

/** One of these words, in any case. */
export function word<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.preprocess((value) => {
    const given = typeof value === 'string' ? value.trim().toLowerCase() : undefined;
    return words.find((one) => one.toLowerCase() === given) ?? value;
  }, z.enum(words));
}

/** Of another server. A name alone would be taken for a scheme, as in `localhost:8080`. */
export const address = z
  .string()
  .trim()
  .refine(isHttpAddress, 'must begin with http:// or https://, as in http://localhost:8080/v1')
  .optional();

export const mailServer = z
  .string()
  .trim()
  .refine(
    (value) => /^smtps?:\/\//i.test(value) && URL.canParse(value),
    'must begin with smtp:// or smtps://, as in smtp://user:password@mail.example.org:587',
  )
  .optional();

/** Of this server: kept without a slash at its end. */
export const origin = z
  .string()
  .trim()
  .refine(isHttpAddress, 'must begin with http:// or https://, as in https://alcove.example.org')
  .refine(
    (value) => !isHttpAddress(value) || isOrigin(value),
    'must be an address without a path: Alcove needs a host name of its own, as in https://alcove.example.org',
  )
  .transform((value) => new URL(value).origin)
  .optional();

export const list = z
  .string()
  .default('')
  .transform((value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item.length > 0),
  );

export const hostNames = list.refine(
  (names) => names.every((name) => /^([\w.-]+|\[[\da-f:.]+\])$/i.test(name)),
  'must be names of hosts, without http:// and without a port, as in alcove.example.org',
);

export const origins = list
  .refine(
    (addresses) => addresses.every((one) => isHttpAddress(one) && isOrigin(one)),
    'must be addresses without a path that begin with http:// or https://, as in https://app.example.org',
  )
  .transform((addresses) => addresses.map((one) => new URL(one).origin));

/** A number of proxies, or who they are. */
export const proxies = z
  .string()
  .trim()
  .refine(
    (value) => /^\d{1,3}$/.test(value) || value.split(',').every((one) => isProxy(one.trim())),
    'must be how many proxies stand in front (1 for one), or their addresses or networks, as in 10.0.0.0/8',
  )
  .optional();

/** Of addresses, as in 10.0.0.0/8; a name of a network is none here. */
export const networks = list.refine(
  (given) => given.every((one) => isIP(one.split('/')[0] ?? '') !== 0 && isProxy(one)),
  'must be addresses or networks, as in 10.1.0.0/16',
);

const pricePattern = /^([^=]+)=(\d{1,9}(?:\.\d{1,9})?)\/(\d{1,9}(?:\.\d{1,9})?)$/;

/** `MODEL=INPUT/OUTPUT`, for a million tokens; the names of models have no comma and no = in them. */
export const prices = list
  .refine(
    (entries) => entries.every((one) => pricePattern.test(one)),
    'must be MODEL=INPUT/OUTPUT for a million tokens, as in gpt-4.1=2/8,llama3.1:8b=0/0',
  )
  .transform(
    (entries) =>
      new Map(
        entries.map((one) => {
          const [, model = '', input, output] = pricePattern.exec(one) ?? [];
          return [model, { input: Number(input), output: Number(output) }] as const;
        }),
      ),
  );

export const currency = z
  .string()
  .trim()
  .regex(/^[A-Z]{3}$/, 'must be three capital letters, as in EUR');

function isHttpAddress(value: string): boolean {
  return /^https?:\/\//i.test(value) && URL.canParse(value);
}

function isOrigin(value: string): boolean {
  const { pathname, search, hash, username, password } = new URL(value);
  return pathname === '/' && `${search}${hash}${username}${password}` === '';
}

function isProxy(value: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(value)) return true;
  const [ip = '', bits, rest] = value.split('/');
  const version = isIP(ip);
  if (version === 0 || rest !== undefined) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
