import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { describe, expect, test } from 'vitest';
import { printEnvExample } from '../../scripts/print-env-example.ts';
import { ConfigError, readConfig } from '../../src/config.ts';
import { environment } from '../../src/config/settings.ts';

test.for(['DEBUG', 'Debug', ' debug '])('LOG_LEVEL may be written %j', (level) => {
  expect(readConfig({ LOG_LEVEL: level }).logLevel).toBe('debug');
});

test('words of other settings may be written in any case too', () => {
  const env = { ROLE: 'Web', REGISTRATION: 'CLOSED', OLLAMA: 'Off' };
  const config = readConfig(env);
  expect(config.role).toBe('web');
  expect(config.auth.registration).toBe('closed');
  expect(config.models.ollama).toBe('off');
});

test('an unknown word is refused with those that there are', () => {
  expect(() => readConfig({ LOG_LEVEL: 'loud' })).toThrow(ConfigError);
  expect(() => readConfig({ LOG_LEVEL: 'loud' })).toThrow(/LOG_LEVEL.*"debug"/);
});

test.for([
  ['LLM_BASE_URL', 'localhost:8080/v1'],
  ['EMBEDDING_BASE_URL', '127.0.0.1:8080/v1'],
  ['RERANK_BASE_URL', 'ftp://models.example.org'],
  ['OPENAI_BASE_URL', 'proxy.example.org'],
  ['JWKS_URL', 'id.example.org/keys'],
  ['PUBLIC_URL', 'alcove.example.org'],
  ['PUBLIC_URL', 'alcove.example.org:8000'],
  ['CORS_ORIGINS', 'app.example.org'],
  ['DATABASE_URL', 'localhost:5432/alcove'],
] as const)('%s=%s needs a scheme', ([name, value]) => {
  expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`^${name}: must be.*(https?|postgres)://`));
});

test('PUBLIC_URL is an address without a path', () => {
  expect(readConfig({ PUBLIC_URL: 'https://alcove.example.org/' }).publicUrl).toBe(
    'https://alcove.example.org',
  );
  for (const path of ['/alcove', '/?a=b', '/#a'])
    expect(() => readConfig({ PUBLIC_URL: `https://example.org${path}` })).toThrow(
      /^PUBLIC_URL: .*without a path/,
    );
});

test.for(['yes', 'true', '-1', '1.5', '10.0.0.0/33', 'proxy.example.org', '1, 2'])(
  'TRUST_PROXY=%s is refused with what would do',
  (value) => {
    expect(() => readConfig({ TRUST_PROXY: value })).toThrow(/^TRUST_PROXY: must be how many proxies/);
  },
);

test.for(['0', '1', 'loopback', '10.0.0.0/8, 192.168.1.4', 'fd00::/8'])(
  'TRUST_PROXY=%s is taken',
  (value) => {
    expect(readConfig({ TRUST_PROXY: value }).trustProxy).toBe(value);
  },
);

test.for(['http://alcove.example.org', 'alcove.example.org:8000', '*'])(
  'ALLOWED_HOSTS=%s would allow nobody, and is refused',
  (value) => {
    expect(() => readConfig({ ALLOWED_HOSTS: value })).toThrow(/^ALLOWED_HOSTS: must be names of hosts/);
  },
);

test.for([
  ['PORT', 'many', /PORT: must be a whole number from 0 to 65535/],
  ['MAX_UPLOAD_MB', 'large', /MAX_UPLOAD_MB: must be a number/],
  ['MAX_TEMPERATURE', '2.5', /MAX_TEMPERATURE: must be a number from 0 to 2/],
  ['MAX_TEMPERATURE', 'hot', /MAX_TEMPERATURE: must be a number from 0 to 2/],
  ['MAX_OUTPUT_TOKENS', '15', /MAX_OUTPUT_TOKENS: must be a whole number from 16 to 1000000/],
  ['STREAMS_PER_USER', '0', /STREAMS_PER_USER: must be a whole number, at least 1/],
] as const)('%s=%s is refused with what it should be', ([name, value, sentence]) => {
  expect(() => readConfig({ [name]: value })).toThrow(sentence);
});

describe('a misspelt name', () => {
  test.for([
    ['DATABASE_URI', 'DATABASE_URL'],
    ['DATABSE_URL', 'DATABASE_URL'],
    ['LLM_MODLE', 'LLM_MODEL'],
    ['LLM_BASEURL', 'LLM_BASE_URL'],
    ['OPEN_AI_API_KEY', 'OPENAI_API_KEY'],
    ['embedding_model', 'EMBEDDING_MODEL'],
    ['ALCOVE_DATABASE_URL', 'DATABASE_URL'],
  ] as const)('%s stops the start, for a database or a model', ([name, meant]) => {
    expect(() => readConfig({ [name]: 'x' })).toThrow(`${name} is not a setting: did you mean ${meant}?`);
  });

  test('of anything else is told', () => {
    expect(readConfig({ TRUST_PROXI: '1' }).notices).toEqual([
      'TRUST_PROXI is not a setting: did you mean TRUST_PROXY?',
    ]);
  });

  test('is nobody’s concern when the right one is given, or when it is far from all', () => {
    const settings = { DATABASE_URL: 'postgres://localhost/alcove', DATABASE_URI: 'x' };
    const environment = { HOME: '/root', HOSTNAME: 'a', OLLAMA_MODELS: '/m', OPENAI_ORG_ID: 'o', LANG: 'C' };
    expect(readConfig({ ...settings, ...environment, XAI_API_KEY: 'k' }).notices).toEqual([]);
  });
});

describe('.env.example', () => {
  test('is what the settings are (else: npm run env-example), each once', async () => {
    const text = await readFile('.env.example', 'utf8');
    expect(text).toBe(printEnvExample());
    const names = [...text.matchAll(/^# ([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name);
    expect(names).toHaveLength(new Set(names).size);
  });

  test('shows values that are taken', async () => {
    const shown = (await readFile('.env.example', 'utf8')).replaceAll(/^# (?=[A-Z][A-Z0-9_]+=)/gm, '');
    const values = Object.entries(parseEnv(shown)).filter(([, value]) => value !== '');
    expect(values.length).toBeGreaterThan(20);
    const parsed = environment.safeParse(Object.fromEntries(values));
    expect(parsed.error?.issues).toBeUndefined();
  });
});

test('nothing is deleted by time where nobody said after how long', () => {
  expect(readConfig({}).retention.conversationDays).toBeNull();
  expect(readConfig({ RETENTION_DAYS: '90' }).retention.conversationDays).toBe(90);
});
