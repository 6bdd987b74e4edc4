import { expect, test } from 'vitest';
import { ConfigError, readConfig } from '../../src/config.ts';

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
