import type { DatabaseConfig } from './database-config.ts';
import { databaseCode } from './errors.ts';
import { DatabaseSetupError } from './setup-error.ts';

/** Where the database is, as a message may name it: host, port and name, never user or password. */
export function databaseAddress(config: DatabaseConfig): string {
  if (config.kind === 'pglite') return config.dataDir;
  if (config.kind === 'cloudsql') return config.instance;
  const url = parseUrl(config.url);
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname);
  if (host.startsWith('/')) return host;
  return `${host || 'localhost'}:${url.searchParams.get('port') ?? (url.port || '5432')}`;
}

/** Also one without a host, as a user before the path of a socket has it. */
function parseUrl(text: string): URL {
  return URL.parse(text) ?? new URL(text.replace('@/', '@localhost/'));
}

/** A failure as one sentence that says what to do; what is not known stays as it is. */
export function explainDatabase(cause: unknown, address: string): unknown {
  if (cause instanceof DatabaseSetupError) return cause;
  const sentence = causeOf(cause, address);
  return sentence === null ? cause : new DatabaseSetupError(sentence, { cause });
}

/** Why the database cannot be used, without where it is and its own words: for those who may not know them. */
export function shortCause(cause: unknown): string {
  const [what] = findCause(cause) ?? ['cannot be used'];
  return `the database ${what.replace('…', '')}`;
}

function causeOf(cause: unknown, address: string): string | null {
  const known = findCause(cause);
  if (known === null) return null;
  const [what, remedy] = known;
  return `The database at ${address} ${what.replace('…', ` (${firstLine(messageOf(cause))})`)}: ${remedy}.`;
}

function findCause(cause: unknown): Cause | null {
  const code = databaseCode(cause) ?? '';
  const message = messageOf(cause);
  return byCode[code] ?? byMessage.find(([form]) => form.test(message))?.[1] ?? byClass(code);
}

/** What is the matter, where `…` stands for the server's own words, and what to do about it. */
type Cause = readonly [what: string, remedy: string];

const refused: Cause = ['refuses connections, nothing listens there', 'start it, or correct DATABASE_URL'];
const unknownHost: Cause = ['has a host name that nobody knows', 'correct DATABASE_URL, or the name service'];
const silent: Cause = ['does not answer in time', 'check DATABASE_URL and the firewalls between'];
const lost: Cause = [
  'ended the connection',
  'see its own log; a server that starts or stops does so for a moment',
];
const credentials: Cause = ['refuses this user or password…', 'check DATABASE_URL'];
const absent: Cause = ['has no database of that name…', 'create it with createdb, or correct DATABASE_URL'];
const untrusted: Cause = [
  'shows a certificate that is not trusted…',
  'name its authority by PGSSLROOTCERT (a file of PEM certificates), and the server as the certificate does',
];
const plain: Cause = [
  'does not speak TLS',
  'take sslmode out of DATABASE_URL where the way to it is safe, or switch TLS on there',
];
const encrypted: Cause = [
  'does not let this connection in…',
  'add "?sslmode=verify-full" to DATABASE_URL if it demands TLS, or allow this host in its pg_hba.conf',
];
const crowded: Cause = [
  'has no connection left…',
  'lower DATABASE_POOL_SIZE (connections for each process), or raise its max_connections',
];
const starting: Cause = ['is starting, stopping or recovering…', 'wait for it and start again'];
const readOnly: Cause = [
  'is read-only',
  'let DATABASE_URL name the primary, or switch default_transaction_read_only off',
];
const full: Cause = ['has no room left on its disk', 'make room there and start again'];
const forbidden: Cause = [
  'does not let this user do what is needed…',
  'let it own the database, or grant what is missing',
];
const noFile: Cause = ['has no socket there', 'start it, or correct the path in DATABASE_URL'];
const longPath: Cause = [
  'has a socket path longer than the system allows (about 100 bytes)',
  'use a shorter folder, or TCP',
];

const byCode: Record<string, Cause> = {
  ECONNREFUSED: refused,
  EHOSTUNREACH: silent,
  ENETUNREACH: silent,
  ETIMEDOUT: silent,
  ENOTFOUND: unknownHost,
  EAI_AGAIN: unknownHost,
  ENOENT: noFile,
  EINVAL: longPath,
  ENAMETOOLONG: longPath,
  '28P01': credentials,
  '3D000': absent,
  '53300': crowded,
  '57P03': starting,
  '25006': readOnly,
  '53100': full,
  ENOSPC: full,
  '42501': forbidden,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_HAS_EXPIRED: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: untrusted,
};

/** Where the code says too little: PostgreSQL's, PgBouncer's and the driver's own words. */
const byMessage: readonly (readonly [RegExp, Cause])[] = [
  [/does not support SSL/, plain],
  [/no pg_hba\.conf entry|SSL required|no encryption/i, encrypted],
  [/password|SASL|role ".*" does not exist|no such user/i, credentials],
  [/no such database/i, absent],
  [/too many (?:clients|connections)|no more connections/i, crowded],
  [/timeout expired|timeout exceeded/i, silent],
];

function byClass(code: string): Cause | null {
  if (code === 'ECONNRESET' || code === 'EPIPE' || code.startsWith('08') || code.startsWith('57P'))
    return lost;
  return code === '28000' ? credentials : null;
}

function messageOf(cause: unknown): string {
  let message = '';
  for (let at: unknown = cause, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1)
    message = at.message;
  return message;
}

function firstLine(message: string): string {
  return (message.split('\n', 1)[0] ?? '').slice(0, 160);
}
