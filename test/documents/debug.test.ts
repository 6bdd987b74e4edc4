import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newConversation } from '../answers/support/asking.ts';
import { newPerson, sharedApp } from '../support/app.ts';
import { behave, startProvider } from '../support/provider.ts';
import { textFile } from './support/files.ts';
import { documentOf, upload } from './support/uploading.ts';
const provider = await startProvider();
const app = sharedApp({ env: { EMBEDDING_BASE_URL: provider.baseUrl, EMBEDDING_MODEL: 'test-embedding' } });
test('x', async () => {
  const server = await app();
  const person = await newPerson(server.baseUrl);
  const conversation = await newConversation(person);
  provider.reset();
  provider.scriptEmbeddings(behave.hang());
  const [document] = await upload(person, conversation, textFile('a.txt', 'hello there'));
  for (let i = 0; i < 20; i++) {
    await new Promise((r) => setTimeout(r, 500));
    const d = await documentOf(person, document!.id);
    console.log(i, d.status, d.progress, d.stage_message, provider.requests.map((r) => r.path));
  }
  console.log(server.logs.filter((l) => !l.includes('"query"') && !l.includes('"msg":"request"')).join(''));
});
