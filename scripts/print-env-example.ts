import type { z } from 'zod';
import { sections } from '../src/config/settings.ts';

const head =
  'Every setting has a default: an empty file is a working configuration. Lines here show the defaults or examples.\n' +
  '# `npm start` reads a file .env in its folder; the environment goes before it, ALCOVE_ENV_FILE names another file.';
const column = 34;

/** What .env.example holds: each setting once, with its default or an example. */
export function printEnvExample(): string {
  const blocks = sections.map(({ title, settings }) =>
    [`# -- ${title}`, ...Object.entries(settings).map(([name, schema]) => line(name, schema))].join('\n'),
  );
  return `# ${head}\n\n${blocks.join('\n\n')}\n`;
}

function line(name: string, schema: z.ZodType): string {
  const { about, example } = (schema.meta() ?? {}) as { about?: string; example?: string };
  const setting = `# ${name}=${example ?? defaultOf(schema)}`;
  return about === undefined ? setting : `${setting.padEnd(column)} # ${about}`;
}

/** Empty where there is none: the setting is left out by default. */
function defaultOf(schema: z.ZodType): string {
  const value: unknown = schema.safeParse(undefined).data;
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : '';
}
