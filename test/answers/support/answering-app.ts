import { afterAll, beforeEach } from 'vitest';
import { type Person, personOf, sharedApp, type TestApp } from '../../support/app.ts';
import { type Provider, type ProviderOptions, startProvider } from '../../support/provider.ts';

export interface AnsweringApp {
  provider: Provider;
  app: () => Promise<TestApp>;
}

/** One server and one model provider for a test file; the provider forgets between tests. */
export async function answeringApp(
  env: Record<string, string> = {},
  options: ProviderOptions & { embeddings?: true } = {},
): Promise<AnsweringApp> {
  const provider = await startProvider(options);
  // Registered first, and so run last: the server may still be speaking to it while it closes.
  afterAll(() => provider.close());
  beforeEach(() => provider.reset());
  const embeddings = { EMBEDDING_BASE_URL: provider.baseUrl, EMBEDDING_MODEL: 'test-embedding' };
  const app = sharedApp({
    env: {
      LLM_BASE_URL: provider.baseUrl,
      LLM_MODEL: 'test-chat',
      ...(options.embeddings === true ? embeddings : {}),
      ...env,
    },
  });
  return { provider, app };
}

/** The same person at another device: a session of its own. */
export async function signInAgain(baseUrl: string, person: Person): Promise<Person> {
  const response = await fetch(`${baseUrl}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: person.email, password: person.password }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return personOf(baseUrl, token, person);
}
