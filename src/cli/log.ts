import { pino, type Logger, type LoggerOptions } from 'pino';
import { DatabaseAway } from '../db/errors.ts';

/** Lines of JSON for machines, of text for people; what is not said reads the terminal. Levels have their names. */
export function createLog(level: string, format = process.stdout.isTTY ? 'text' : 'json'): Logger {
  const options: LoggerOptions = {
    level,
    redact: ['req.headers.authorization', 'req.headers.cookie'],
    formatters: { level: (label) => ({ level: label }) },
    hooks: {
      logMethod(args, method) {
        // Everybody who needs the database would say so again and again: the outage log says it once.
        if (!isDatabaseAway(args[0])) method.apply(this, args);
      },
    },
  };
  return format === 'json'
    ? pino(options)
    : pino(options, { write: (line) => void process.stdout.write(textOf(line)) });
}

function isDatabaseAway(fields: unknown): boolean {
  return (
    typeof fields === 'object' && fields !== null && 'err' in fields && fields.err instanceof DatabaseAway
  );
}

const plainForm = /^[\w./:@+-]+$/;

/** `12:03:04 warn  what happened  field=value`; a stack on lines of its own. */
function textOf(line: string): string {
  const {
    time,
    level,
    msg,
    err,
    pid: _pid,
    hostname: _hostname,
    ...fields
  } = JSON.parse(line) as {
    time: number;
    level: string;
    msg?: string;
    err?: { stack?: string; message?: string };
  } & Record<string, unknown>;
  const more = Object.entries(fields).map(([name, value]) => ` ${name}=${fieldText(value)}`);
  const stack = err === undefined ? '' : `\n  ${(err.stack ?? err.message ?? '').replaceAll('\n', '\n  ')}`;
  return `${new Date(time).toTimeString().slice(0, 8)} ${level.padEnd(5)} ${msg ?? ''}${more.join('')}${stack}\n`;
}

/** Quoted unless it is plain: no value can look like another field or line. */
function fieldText(value: unknown): string {
  return typeof value === 'string' && plainForm.test(value) ? value : JSON.stringify(value);
}
