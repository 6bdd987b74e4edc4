/** Where originals lie in object storage. */
export interface BucketConfig {
  kind: 'bucket';
  /** As it was set, for people; it holds no secret. */
  url: string;
  bucket: string;
  /** Ends with `/`, or is empty. */
  prefix: string;
  /** Amazon's own of the region when left out. */
  endpoint: string | undefined;
  region: string | undefined;
  /** `host/bucket/key` instead of `bucket.host/key`. */
  pathStyle: boolean;
  /** Left out: found by the library, as in a profile or a role of the machine. */
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | undefined;
}

export type BlobsConfig = { kind: 'disk' } | BucketConfig;

/** Of the environment. */
export interface BlobSettings {
  BLOBS_URL?: string | undefined;
  AWS_ACCESS_KEY_ID?: string | undefined;
  AWS_SECRET_ACCESS_KEY?: string | undefined;
  AWS_SESSION_TOKEN?: string | undefined;
}

const known = new Set(['endpoint', 'region', 'path_style']);
const googleEndpoint = 'https://storage.googleapis.com';

/** @throws Error that names the setting and says what it should be */
export function readBlobs(settings: BlobSettings): BlobsConfig {
  if (settings.BLOBS_URL === undefined) return { kind: 'disk' };
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = settings;
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
    throw new Error('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together: set both or none');
  const credentials =
    accessKeyId === undefined || secretAccessKey === undefined
      ? undefined
      : { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  return { ...parseBlobsUrl(settings.BLOBS_URL), credentials };
}

/**
 * Reads `s3://bucket/prefix?endpoint=…&region=…&path_style=true` or `gs://bucket/prefix`.
 * @throws Error whose message says what is wrong with the value
 */
function parseBlobsUrl(text: string): Omit<BucketConfig, 'credentials'> {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isBucket = url !== null && ['s3:', 'gs:'].includes(url.protocol) && url.hostname !== '';
  // A port is of a server, which is no bucket; what follows a # would be left out silently.
  if (!isBucket || url.port !== '' || url.hash !== '')
    throw wrong('must be s3://bucket/prefix?endpoint=https://… or gs://bucket/prefix');
  if (url.username !== '' || url.password !== '')
    throw wrong('must hold no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
  const isGoogle = url.protocol === 'gs:';
  for (const name of url.searchParams.keys())
    if (!known.has(name)) throw wrong(`knows endpoint, region and path_style, not "${name}"`);
  const endpoint = url.searchParams.get('endpoint') ?? (isGoogle ? googleEndpoint : undefined);
  if (endpoint !== undefined && !/^https?:\/\/[^/]/.test(endpoint))
    throw wrong('its endpoint must begin with http:// or https://');
  const pathStyle = url.searchParams.get('path_style') ?? String(endpoint !== undefined);
  if (pathStyle !== 'true' && pathStyle !== 'false') throw wrong('its path_style must be true or false');
  const path = decodedPath(url).split('/').filter(Boolean).join('/');
  return {
    kind: 'bucket',
    url: text,
    bucket: url.hostname,
    prefix: path === '' ? '' : `${path}/`,
    endpoint,
    // Servers other than Amazon's seldom care, and the library insists on one.
    region: url.searchParams.get('region') ?? (endpoint === undefined ? undefined : 'auto'),
    pathStyle: pathStyle === 'true',
  };
}

function decodedPath({ pathname }: URL): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    throw wrong('its % must begin an escape: write %25 for the sign itself');
  }
}

function wrong(what: string): Error {
  return new Error(`BLOBS_URL: ${what}`);
}
