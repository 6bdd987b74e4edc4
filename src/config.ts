import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { findMisspelt } from './config/misspelt.ts';
import { type Environment, environment } from './config/settings.ts';
import { type BlobsConfig, readBlobs } from './files/bucket-config.ts';
import {
  type PeopleConfig,
  readPeople,
  readRetention,
  type RetentionConfig,
} from './identity/people/people-config.ts';
import type { PriceTable } from './identity/prices.ts';
import { isWeakSecret, weakSecretAdvice } from './identity/weak-secret.ts';
import { createAddressGuard } from './documents/web/forbidden-addresses.ts';
import type { OcrSettings } from './formats/ocr/recogniser.ts';
import type { FetchLimits } from './documents/web/fetch-page.ts';
import type { Limits } from './limits/limits.ts';
import type { DatabaseConfig } from './db/database-config.ts';
import { type AuthConfig, readIssuer } from './identity/auth-config.ts';
import type { ModelConfig } from './models/model.ts';

const megabyte = 1024 * 1024;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Someone on a bad line takes something within a minute; who comes back after longer resumes. */
const readerMs = 60_000;
/** In the folder where the server is started; `ALCOVE_ENV_FILE` names another one. */
const envFile = '.env';

export interface Config {
  /** What the operator should know of the settings. */
  notices: string[];
  host: string;
  port: number;
  publicUrl: string | undefined;
  allowedHosts: string[];
  corsOrigins: string[];
  trustProxy: string | undefined;
  dataDir: string;
  blobs: BlobsConfig;
  role: 'all' | 'web' | 'worker';
  logLevel: Environment['LOG_LEVEL'];
  /** Undefined: text on a terminal, else JSON. */
  logFormat: Environment['LOG_FORMAT'];
  /** How long requests are taken as ever after the signal to stop, while proxies learn of it. */
  drainMs: number;
  /** How long running answers may go on when the server stops. */
  answerGraceMs: number;
  database: DatabaseConfig;
  auth: AuthConfig;
  people: PeopleConfig;
  retention: RetentionConfig;
  /** A model looks again at citations that words do not verify. */
  citationCheck: boolean;
  /** What a model is asked for when an answer is done: a title of the conversation, a summary of its older part. */
  afterwards: { titles: boolean; summaries: boolean };
  suggestions: boolean;
  limits: Limits;
  models: ModelConfig;
  /** Passages that the reranker scores lower are dropped; null keeps all. */
  rerankThreshold: number | null;
  ocr: OcrSettings;
  /** A folder with fonts for exports as PDF; null for none. */
  pdfFonts: string | null;
  /** How pages on the web become documents. */
  fetching: FetchLimits;
  /** For statistics. */
  prices: PriceTable;
  metricsToken: string | undefined;
  tracing: boolean;
  segmentCacheBytes: number;
  retrievalCacheBytes: number;
}

/** Thrown for settings that cannot work; `message` names each variable and what it should be. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** Adds the settings of a `.env` file, where there is one, to the environment, which goes before it. */
export function readEnvFile(): void {
  const path = process.env['ALCOVE_ENV_FILE'] || envFile;
  if (path === envFile && !existsSync(path)) return;
  try {
    process.loadEnvFile(path);
  } catch (cause) {
    throw new ConfigError(`the settings in ${resolve(path)} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Reads the settings. @throws ConfigError with one line for each bad variable. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const set = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const parsed = environment.safeParse(set);
  const misspelt = findMisspelt(Object.keys(set));
  const faults = [
    ...(parsed.error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    ...misspelt.filter(({ isVital }) => isVital).map(({ name, meant }) => unknownSetting(name, meant)),
  ];
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults.join('\n'));
  const e = parsed.data;
  for (const name of ['AUTH_SECRET', 'JWT_SECRET'] as const) {
    if (isWeakSecret(e[name])) throw new ConfigError(`${name} ${weakSecretAdvice}`);
  }
  return {
    notices: misspelt.map(({ name, meant }) => unknownSetting(name, meant)),
    host: e.HOST,
    port: e.PORT,
    publicUrl: e.PUBLIC_URL,
    allowedHosts: e.ALLOWED_HOSTS,
    corsOrigins: e.CORS_ORIGINS,
    trustProxy: e.TRUST_PROXY,
    dataDir: resolve(e.DATA_DIR),
    blobs: readBlobs(e),
    role: e.ROLE,
    logLevel: e.LOG_LEVEL,
    logFormat: e.LOG_FORMAT,
    // A proxy goes on with a connection until it is told that this response is its last.
    drainMs: (e.DRAIN_SECONDS ?? (e.TRUST_PROXY === undefined ? 0 : 1)) * 1000,
    answerGraceMs: e.ANSWER_GRACE_SECONDS * 1000,
    database: readDatabase(e),
    auth: {
      secret: e.AUTH_SECRET,
      hashKilobytes: e.PASSWORD_HASH_MB * 1024,
      registration: e.REGISTRATION,
      issuer: readIssuer(e),
      admins: { emails: e.ADMIN_EMAILS.map((email) => email.toLowerCase()), subjects: e.ADMIN_SUBJECTS },
    },
    people: readPeople(e),
    retention: readRetention(e),
    limits: {
      uploadBytes: Math.floor(e.MAX_UPLOAD_MB * megabyte),
      documentsPerConversation: e.MAX_DOCUMENTS_PER_CONVERSATION,
      documentsPerUser: e.MAX_DOCUMENTS_PER_USER,
      bytesPerUser: e.MAX_BYTES_PER_USER_MB * megabyte,
      uploadsPerUser: e.UPLOADS_PER_USER,
      messagesPerMinute: e.MESSAGES_PER_MINUTE,
      streamsPerUser: e.STREAMS_PER_USER,
      readerMs,
      ingestTimeoutMs: e.INGEST_TIMEOUT_S * 1000,
      answerTimeoutMs: e.ANSWER_TIMEOUT_S * 1000,
      waitForFilesMs: e.WAIT_FOR_FILES_S * 1000,
      leaseMs: e.LEASE_S * 1000,
      retryMs: e.RETRY_S * 1000,
      undoMs: e.UNDO_DAYS * dayMs,
      temporaryMs: e.TEMPORARY_HOURS * hourMs,
      maxTemperature: e.MAX_TEMPERATURE,
      maxOutputTokens: e.MAX_OUTPUT_TOKENS,
    },
    citationCheck: e.CITATION_CHECK === 'model',
    afterwards: { titles: e.TITLES === 'model', summaries: e.SUMMARIES === 'on' },
    suggestions: e.QUESTIONS === 'model',
    models: readModels(e),
    rerankThreshold: e.RERANK_THRESHOLD ?? null,
    ocr: { mode: e.OCR, languages: e.OCR_LANGUAGES, timeoutMs: e.INGEST_TIMEOUT_S * 1000 },
    pdfFonts: ['', 'off'].includes(e.PDF_FONTS) ? null : e.PDF_FONTS,
    fetching: {
      guard: createAddressGuard(e.FETCH_URLS === 'on' ? e.FETCH_PRIVATE_NETWORKS : null),
      timeoutMs: e.FETCH_TIMEOUT_S * 1000,
      maxBytes: Math.floor(e.MAX_UPLOAD_MB * megabyte),
    },
    prices: { currency: e.PRICE_CURRENCY, models: e.MODEL_PRICES },
    metricsToken: e.METRICS_TOKEN,
    tracing: e.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined,
    segmentCacheBytes: e.SEGMENT_CACHE_MB * megabyte,
    retrievalCacheBytes: e.RETRIEVAL_CACHE_MB * megabyte,
  };
}

function unknownSetting(name: string, meant: string): string {
  return `${name} is not a setting: did you mean ${meant}?`;
}

function readDatabase(e: Environment): DatabaseConfig {
  const pool = {
    poolSize: e.DATABASE_POOL_SIZE,
    prepare: e.DATABASE_PREPARE,
    rolePrefix: e.DATABASE_ROLE_PREFIX,
  };
  if (e.DATABASE_URL !== undefined && e.CLOUD_SQL_INSTANCE !== undefined) {
    throw new ConfigError('DATABASE_URL and CLOUD_SQL_INSTANCE are both set: keep the one that you mean');
  }
  if (e.DATABASE_URL !== undefined) {
    if (!/^postgres(ql)?:\/\//.test(e.DATABASE_URL)) {
      throw new ConfigError('DATABASE_URL: must begin with postgres:// or postgresql://');
    }
    return { kind: 'postgresql', url: e.DATABASE_URL, rootCertificate: e.PGSSLROOTCERT, ...pool };
  }
  if (e.CLOUD_SQL_INSTANCE !== undefined) {
    return {
      kind: 'cloudsql',
      instance: e.CLOUD_SQL_INSTANCE,
      ipType: e.CLOUD_SQL_IP_TYPE,
      user: e.DATABASE_USER,
      password: e.DATABASE_PASSWORD,
      database: e.DATABASE_NAME,
      ...pool,
    };
  }
  return { kind: 'pglite', dataDir: resolve(e.DATA_DIR, 'database') };
}

function readModels(e: Environment): ModelConfig {
  const config: { [K in keyof ModelConfig]: ModelConfig[K] | undefined } = {
    llmBaseUrl: e.LLM_BASE_URL,
    llmApiKey: e.LLM_API_KEY,
    llmModel: e.LLM_MODEL,
    llmContextWindow: e.LLM_CONTEXT_WINDOW,
    embeddingBaseUrl: e.EMBEDDING_BASE_URL,
    embeddingApiKey: e.EMBEDDING_API_KEY,
    embeddingModel: e.EMBEDDING_MODEL,
    embeddingDimensions: e.EMBEDDING_DIMENSIONS,
    localModelsDir: resolve(e.LOCAL_MODELS_DIR ?? resolve(e.DATA_DIR, 'models')),
    localModelsDtype: e.LOCAL_MODELS_DTYPE,
    modelHub: e.HF_ENDPOINT,
    rerankBaseUrl: e.RERANK_BASE_URL,
    rerankApiKey: e.RERANK_API_KEY,
    rerankModel: e.RERANK_MODEL,
    openaiApiKey: e.OPENAI_API_KEY,
    openaiBaseUrl: e.OPENAI_BASE_URL,
    anthropicApiKey: e.ANTHROPIC_API_KEY,
    anthropicBaseUrl: e.ANTHROPIC_BASE_URL,
    googleApiKey: e.GOOGLE_GENERATIVE_AI_API_KEY,
    googleBaseUrl: e.GOOGLE_GENERATIVE_AI_BASE_URL,
    ollama: e.OLLAMA,
    ollamaHost: e.OLLAMA_HOST,
    limits: { totalMs: e.ANSWER_TIMEOUT_S * 1000 },
  };
  return config;
}

/** The file of settings that is read at start: where a command writes one. */
export function envFilePath(): string {
  return resolve(process.env['ALCOVE_ENV_FILE'] || envFile);
}

/** The environment of another npm: what npm sets for its own children would make it work in the folder of the first. */
export function npmEnvironment(): NodeJS.ProcessEnv {
  const own = /^npm_(config_(local_)?prefix|package_|lifecycle_|command|execpath|node_execpath)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
}

/** Where the command line finds a server, and as whom it speaks to it. */
export interface ClientConfig {
  url: string;
  token: string | undefined;
}

export function readClientConfig(env: NodeJS.ProcessEnv = process.env): ClientConfig {
  return { url: env['ALCOVE_URL'] || 'http://localhost:8000', token: env['ALCOVE_TOKEN'] || undefined };
}
