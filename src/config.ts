import { resolve } from 'node:path';
import { z } from 'zod';
import { type BlobsConfig, readBlobs } from './files/bucket-config.ts';
import {
  type PeopleConfig,
  readPeople,
  readRetention,
  type RetentionConfig,
} from './identity/people/people-config.ts';
import { isWeakSecret, weakSecretAdvice } from './identity/weak-secret.ts';
import type { Limits } from './limits/limits.ts';
import type { DatabaseConfig } from './db/database-config.ts';
import { type AuthConfig, readIssuer } from './identity/auth-config.ts';
import type { ModelConfig } from './models/model.ts';

const megabyte = 1024 * 1024;
const text = z.string().trim().min(1).optional();
const port = z.coerce.number().int().min(0).max(65_535);
const atLeast = (least: number, fallback: number) => z.coerce.number().int().min(least).default(fallback);
const count = (fallback: number) => atLeast(1, fallback);
/** One of these words, in any case. */
const word = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.preprocess((value) => {
    const given = typeof value === 'string' ? value.trim().toLowerCase() : undefined;
    return words.find((one) => one.toLowerCase() === given) ?? value;
  }, z.enum(words));
const prefixForm = /^[a-z][a-z0-9_]{0,39}$/;
const list = z
  .string()
  .default('')
  .transform((value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item.length > 0),
  );

/** Every setting of the server, read from the environment and nowhere else. Empty strings count as unset. */
const environment = z.object({
  PORT: port.default(8000),
  HOST: z.string().default('127.0.0.1'),
  PUBLIC_URL: z.url().optional(),
  ALLOWED_HOSTS: list,
  CORS_ORIGINS: list,
  /** Proxies in front of the server whose X-Forwarded-For may be believed: a number of hops, or addresses. */
  TRUST_PROXY: text,
  DATA_DIR: z.string().default('./data'),
  BLOBS_URL: text,
  AWS_ACCESS_KEY_ID: text,
  AWS_SECRET_ACCESS_KEY: text,
  AWS_SESSION_TOKEN: text,
  ROLE: word(['all', 'web', 'worker']).default('all'),
  /** Between the signal to stop and the end of listening, while `readyz` says 503 already. */
  DRAIN_SECONDS: z.coerce.number().min(0).max(600).default(0),
  LOG_FORMAT: word(['json', 'text']).optional(),
  LOG_LEVEL: word(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),

  DATABASE_URL: text,
  DATABASE_POOL_SIZE: count(20),
  DATABASE_PREPARE: word(['auto', 'on', 'off']).default('auto'),
  DATABASE_ROLE_PREFIX: z.string().regex(prefixForm, 'lower-case letters, digits and _').default('alcove'),
  /** As libpq knows it: the certificates that the database server's is checked by. */
  PGSSLROOTCERT: text,
  CLOUD_SQL_INSTANCE: text,
  CLOUD_SQL_IP_TYPE: word(['PUBLIC', 'PRIVATE', 'PSC']).default('PUBLIC'),
  DATABASE_USER: text,
  DATABASE_PASSWORD: text,
  DATABASE_NAME: z.string().default('alcove'),

  AUTH_SECRET: text,
  PASSWORD_HASH_MB: count(46),
  REGISTRATION: word(['open', 'closed']).optional(),
  JWT_ISSUER: text,
  JWT_AUDIENCE: text,
  JWKS_URL: z.url().optional(),
  JWT_SECRET: text,
  ADMIN_EMAILS: list,
  ADMIN_SUBJECTS: list,
  INVITE_DAYS: count(7),
  RESET_HOURS: count(24),
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  MAIL_FROM: text,
  ANSWER_EVENTS_DAYS: atLeast(2, 30),
  TRACES_DAYS: count(90),
  AUDIT_DAYS: atLeast(2, 365),
  AUDIT_ADDRESS_DAYS: atLeast(2, 30),

  MAX_UPLOAD_MB: z.coerce.number().positive().default(50),
  MAX_DOCUMENTS_PER_CONVERSATION: count(500),
  MAX_DOCUMENTS_PER_USER: count(5000),
  MAX_BYTES_PER_USER_MB: count(2048),
  UPLOADS_PER_USER: count(16),
  MESSAGES_PER_MINUTE: count(60),
  STREAMS_PER_USER: count(4),
  INGEST_TIMEOUT_S: count(60),
  ANSWER_TIMEOUT_S: count(300),
  WAIT_FOR_FILES_S: count(30),
  LEASE_S: count(15),
  RETRY_S: count(5),

  LLM_BASE_URL: z.url().optional(),
  LLM_API_KEY: text,
  LLM_MODEL: text,
  LLM_CONTEXT_WINDOW: z.coerce.number().int().min(512).optional(),
  EMBEDDING_BASE_URL: z.url().optional(),
  EMBEDDING_API_KEY: text,
  EMBEDDING_MODEL: text,
  EMBEDDING_DIMENSIONS: z.coerce.number().int().min(1).max(16_000).optional(),
  LOCAL_MODELS_DIR: text,
  LOCAL_MODELS_DTYPE: word(['fp32', 'fp16', 'q8', 'int8', 'uint8', 'q4', 'q4f16', 'bnb4']).optional(),
  HF_ENDPOINT: z.url().optional(),
  RERANK_BASE_URL: z.url().optional(),
  RERANK_API_KEY: text,
  RERANK_MODEL: text,
  RERANK_THRESHOLD: z.coerce.number().optional(),
  OPENAI_API_KEY: text,
  OPENAI_BASE_URL: z.url().optional(),
  ANTHROPIC_API_KEY: text,
  ANTHROPIC_BASE_URL: z.url().optional(),
  GOOGLE_GENERATIVE_AI_API_KEY: text,
  GOOGLE_GENERATIVE_AI_BASE_URL: z.url().optional(),
  OLLAMA_HOST: text,
  OLLAMA: word(['auto', 'off']).default('auto'),

  METRICS_TOKEN: text,
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),

  SEGMENT_CACHE_MB: count(512),
  RETRIEVAL_CACHE_MB: z.coerce.number().int().min(0).default(32),
});

export type Environment = z.infer<typeof environment>;

export interface Config {
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
  database: DatabaseConfig;
  auth: AuthConfig;
  people: PeopleConfig;
  retention: RetentionConfig;
  limits: Limits;
  models: ModelConfig;
  /** Passages that the reranker scores lower are dropped; null keeps all. */
  rerankThreshold: number | null;
  metricsToken: string | undefined;
  tracing: boolean;
  segmentCacheBytes: number;
  retrievalCacheBytes: number;
}

/** Thrown for settings that cannot work; `message` names each variable and what it should be. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** Reads the settings. @throws ConfigError with one line for each bad variable. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const set = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = environment.safeParse(set);
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'),
    );
  }
  const e = parsed.data;
  for (const name of ['AUTH_SECRET', 'JWT_SECRET'] as const) {
    if (isWeakSecret(e[name])) throw new ConfigError(`${name} ${weakSecretAdvice}`);
  }
  return {
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
    drainMs: e.DRAIN_SECONDS * 1000,
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
      ingestTimeoutMs: e.INGEST_TIMEOUT_S * 1000,
      answerTimeoutMs: e.ANSWER_TIMEOUT_S * 1000,
      waitForFilesMs: e.WAIT_FOR_FILES_S * 1000,
      leaseMs: e.LEASE_S * 1000,
      retryMs: e.RETRY_S * 1000,
    },
    models: readModels(e),
    rerankThreshold: e.RERANK_THRESHOLD ?? null,
    metricsToken: e.METRICS_TOKEN,
    tracing: e.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined,
    segmentCacheBytes: e.SEGMENT_CACHE_MB * megabyte,
    retrievalCacheBytes: e.RETRIEVAL_CACHE_MB * megabyte,
  };
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

/** Where the command line finds a server, and as whom it speaks to it. */
export interface ClientConfig {
  url: string;
  token: string | undefined;
}

export function readClientConfig(env: NodeJS.ProcessEnv = process.env): ClientConfig {
  return { url: env['ALCOVE_URL'] || 'http://localhost:8000', token: env['ALCOVE_TOKEN'] || undefined };
}
