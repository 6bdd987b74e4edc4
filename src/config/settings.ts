import { z } from 'zod';
import {
  address,
  count,
  currency,
  hostNames,
  list,
  networks,
  mailServer,
  origin,
  origins,
  prices,
  proxies,
  show,
  text,
  whole,
  word,
} from './kinds.ts';

// Every setting of the server. An empty one counts as unset. `npm run env-example` writes .env.example from this.

const serving = {
  PORT: whole(0, 65_535).default(8000),
  HOST: z.string().trim().default('127.0.0.1'),
  DATA_DIR: z.string().default('./data'),
  BLOBS_URL: show(
    text,
    'originals in a bucket; needs: npm install @aws-sdk/client-s3',
    's3://bucket/prefix?endpoint=https://s3.example.org',
  ),
  AWS_ACCESS_KEY_ID: text,
  AWS_SECRET_ACCESS_KEY: text,
  AWS_SESSION_TOKEN: text,
  PUBLIC_URL: show(origin, 'what users type, without a path', 'https://alcove.example.org'),
  ALLOWED_HOSTS: show(hostNames, undefined, 'alcove.example.org'),
  CORS_ORIGINS: origins,
  TRUST_PROXY: show(proxies, 'how many proxies stand in front, or their addresses', '1'),
  ROLE: show(word(['all', 'web', 'worker']).default('all'), 'all, web or worker'),
  DRAIN_SECONDS: show(
    z.coerce.number({ error: 'must be a number' }).min(0).max(600).optional(),
    'how long requests are still taken after SIGTERM, while readyz says 503; default: 1 behind a proxy, else 0',
    '5',
  ),
  ANSWER_GRACE_SECONDS: show(
    z.coerce.number({ error: 'must be a number' }).min(0).max(3_600).default(60),
    'how long running answers may go on after that; what a longer one has written is kept',
  ),
  LOG_FORMAT: show(
    word(['json', 'text']).optional(),
    'json or text; default: text on a terminal, else json',
    'text',
  ),
  LOG_LEVEL: show(
    word(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    'debug shows queries and stages, never the content of documents',
  ),
  METRICS_TOKEN: show(text, 'needed for /metrics where HOST is not a loopback address'),
  OTEL_EXPORTER_OTLP_ENDPOINT: show(address, 'sends traces there', 'http://localhost:4318'),
};

const database = {
  DATABASE_URL: show(text, undefined, 'postgres://alcove:secret@localhost:5432/alcove'),
  DATABASE_POOL_SIZE: count(20),
  DATABASE_PREPARE: show(
    word(['auto', 'on', 'off']).default('auto'),
    'on, off or auto: off behind a connection pooler',
  ),
  DATABASE_ROLE_PREFIX: show(
    z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be lower-case letters, digits and _')
      .default('alcove'),
    'another one for each installation of a database server',
  ),
  PGSSLROOTCERT: show(text, "file of PEM certificates that the database server's is checked by"),
  CLOUD_SQL_INSTANCE: show(text, undefined, 'project:region:instance'),
  CLOUD_SQL_IP_TYPE: show(word(['PUBLIC', 'PRIVATE', 'PSC']).default('PUBLIC'), 'PUBLIC, PRIVATE or PSC'),
  DATABASE_USER: text,
  DATABASE_PASSWORD: show(text, 'left out: IAM'),
  DATABASE_NAME: z.string().default('alcove'),
};

const accounts = {
  AUTH_SECRET: text,
  PASSWORD_HASH_MB: show(count(46), 'memory of one hash; less makes stolen hashes easier to guess'),
  REGISTRATION: show(
    word(['open', 'closed']).optional(),
    'default: open where only this machine can reach the server, else closed after the first account, which needs the setup code',
    'open',
  ),
  INVITE_DAYS: show(count(7), 'how long the link of an invitation can be used'),
  RESET_HOURS: show(count(24), 'the same of a password reset by an administrator'),
  SMTP_URL: show(
    mailServer,
    'sends these links; needs PUBLIC_URL and MAIL_FROM',
    'smtp://user:password@mail.example.org:587',
  ),
  MAIL_FROM: show(text, undefined, 'Alcove <alcove@example.org>'),
  JWT_ISSUER: show(text, undefined, 'https://id.example.org'),
  JWT_AUDIENCE: show(text, undefined, 'alcove'),
  JWKS_URL: show(address, undefined, 'https://id.example.org/.well-known/jwks.json'),
  JWT_SECRET: show(text, 'instead of JWKS_URL: one shared HS256 secret'),
  ADMIN_EMAILS: show(
    list,
    "who of the issuer's users is an administrator, by verified e-mail address",
    'ada@example.org',
  ),
  ADMIN_SUBJECTS: show(list, 'the same by the subject (sub) of their tokens'),
};

const temperatureError = 'must be a number from 0 to 2';

const answering = {
  LLM_BASE_URL: show(address, undefined, 'http://localhost:11434/v1'),
  LLM_API_KEY: text,
  LLM_MODEL: text,
  LLM_CONTEXT_WINDOW: whole(512).optional(),
  OPENAI_API_KEY: text,
  OPENAI_BASE_URL: address,
  ANTHROPIC_API_KEY: text,
  ANTHROPIC_BASE_URL: address,
  GOOGLE_GENERATIVE_AI_API_KEY: text,
  GOOGLE_GENERATIVE_AI_BASE_URL: address,
  OLLAMA: show(word(['auto', 'off']).default('auto'), 'off: never look for one'),
  OLLAMA_HOST: show(text, undefined, '127.0.0.1:11434'),
  MODEL_PRICES: show(
    prices,
    'what a million tokens of a model cost, input/output, for statistics',
    'gpt-4.1=2/8,llama3.1:8b=0/0',
  ),
  PRICE_CURRENCY: show(currency.default('USD'), 'of these prices'),
  MAX_TEMPERATURE: show(
    z.coerce
      .number({ error: temperatureError })
      .min(0, { error: temperatureError })
      .max(2, { error: temperatureError })
      .default(2),
    'that a conversation may ask for',
  ),
  MAX_OUTPUT_TOKENS: show(
    whole(16, 1_000_000).default(4096),
    "of one answer, which also stays within a quarter of the model's window; thoughts come on top",
  ),
};

const embedding = {
  EMBEDDING_BASE_URL: address,
  EMBEDDING_API_KEY: text,
  EMBEDDING_MODEL: show(
    text,
    'local:owner/name runs here; that needs: npm install @huggingface/transformers',
  ),
  EMBEDDING_DIMENSIONS: whole(1, 16_000).optional(),
  LOCAL_MODELS_DIR: show(
    text,
    'where local models are looked for, and downloaded to at first use',
    './data/models',
  ),
  LOCAL_MODELS_DTYPE: show(
    word(['fp32', 'fp16', 'q8', 'int8', 'uint8', 'q4', 'q4f16', 'bnb4']).optional(),
    'fp32, fp16, q8, ...; default: fp32, or what the folder has',
  ),
  HF_ENDPOINT: show(address, 'a mirror of the hub'),
};

const reranking = {
  RERANK_BASE_URL: address,
  RERANK_API_KEY: text,
  RERANK_MODEL: text,
  RERANK_THRESHOLD: z.coerce.number({ error: 'must be a number' }).optional(),
};

const limits = {
  MAX_UPLOAD_MB: z.coerce.number({ error: 'must be a number' }).positive('must be more than 0').default(50),
  MAX_DOCUMENTS_PER_CONVERSATION: count(500),
  MAX_DOCUMENTS_PER_USER: count(5000),
  MAX_BYTES_PER_USER_MB: count(2048),
  UPLOADS_PER_USER: show(count(16), 'under way at once'),
  MESSAGES_PER_MINUTE: count(60),
  STREAMS_PER_USER: count(4),
  FETCH_URLS: show(word(['on', 'off']).default('on'), 'off: no page on the web becomes a document'),
  FETCH_PRIVATE_NETWORKS: show(
    networks,
    'may be fetched from although they are not public; none by default',
    '10.1.0.0/16',
  ),
  FETCH_TIMEOUT_S: count(30),
  INGEST_TIMEOUT_S: count(60),
  PDF_FONTS: show(
    z.string().trim().default('/usr/share/fonts'),
    'folder of Noto fonts for PDF exports in scripts that the built-in font lacks, such as those of fonts-noto-cjk; off: none',
  ),
  OCR: show(
    word(['auto', 'on', 'off']).default('auto'),
    'reads scans and pictures where tesseract-ocr and poppler-utils are installed; auto: where they can be confined',
  ),
  OCR_LANGUAGES: show(
    z
      .string()
      .regex(
        /^[A-Za-z_/]+(\+[A-Za-z_/]+)*$/,
        'must be names of tesseract with + between them, such as eng+deu',
      )
      .default('eng'),
    'as tesseract names them, with + between them',
    'eng+deu',
  ),
  ANSWER_TIMEOUT_S: count(300),
  WAIT_FOR_FILES_S: count(30),
  CITATION_CHECK: show(
    word(['off', 'model']).default('off'),
    'model: the language model looks again at citations that words cannot verify',
  ),
  TITLES: show(
    word(['model', 'question']).default('model'),
    'question: its first words, without asking a model',
  ),
  SUMMARIES: show(
    word(['on', 'off']).default('on'),
    'off: older messages of a long conversation are left out',
  ),
  QUESTIONS: show(
    word(['model', 'headings']).default('model'),
    'headings: questions to begin with are made of headings, without asking a model',
  ),
  LEASE_S: show(count(15), 'a process that is silent this long is taken for dead'),
  RETRY_S: show(count(5), 'before work that failed is tried again; doubles each time'),
  ANSWER_EVENTS_DAYS: show(
    whole(2).default(30),
    'how long a finished answer can be replayed event by event; the message stays',
  ),
  TRACES_DAYS: show(count(90), 'how long it can be seen how an answer came about'),
  UNDO_DAYS: show(
    whole(0).default(30),
    'how long a deleted conversation can be restored; 0 erases it at once',
  ),
  TEMPORARY_HOURS: show(count(24), 'how long a temporary conversation stays after its last message'),
  RETENTION_DAYS: show(
    whole(1).optional(),
    'conversations without activity for so long are deleted; default: kept',
    '365',
  ),
  AUDIT_DAYS: show(whole(2).default(365), 'how long the audit log is kept'),
  AUDIT_ADDRESS_DAYS: show(whole(2).default(30), 'how long the network addresses in it are whole'),
  SEGMENT_CACHE_MB: count(512),
  RETRIEVAL_CACHE_MB: whole(0).default(32),
};

export const environment = z.object({
  ...serving,
  ...database,
  ...accounts,
  ...answering,
  ...embedding,
  ...reranking,
  ...limits,
});

export type Environment = z.infer<typeof environment>;

export interface Section {
  title: string;
  settings: Record<string, z.ZodType>;
  /** A misspelt one of these does something else than was meant, and stops the start. */
  isVital: boolean;
}

export const sections: readonly Section[] = [
  { title: 'Where it listens and keeps things', settings: serving, isVital: false },
  { title: 'Database: embedded in DATA_DIR unless one of these is set', settings: database, isVital: true },
  { title: 'Accounts: a secret is generated at first run', settings: accounts, isVital: false },
  {
    title:
      'Language model: any OpenAI-compatible server, or a key; an Ollama on this machine is found by itself',
    settings: answering,
    isVital: true,
  },
  { title: 'Semantic search: off without an embedding model', settings: embedding, isVital: true },
  {
    title: 'Reranking: off without a model; any server with a route /rerank, or local:owner/name',
    settings: reranking,
    isVital: true,
  },
  { title: 'Limits', settings: limits, isVital: false },
];
