import { behave, type Provider } from '../../../test/support/provider.ts';
import type { Fault } from './fault.ts';

/** Requests of the model provider, chats and embeddings alike, whose connection is dropped. */
export function providerFault(provider: Provider): Fault {
  let before = 0;
  return {
    name: 'provider',
    failAt(n) {
      before = provider.requests.length;
      provider.scriptEmbeddings(...Array.from({ length: n - 1 }, () => null), behave.reset());
      provider.script(...Array.from({ length: n - 1 }, () => behave.answer('As usual.')), behave.reset());
    },
    uses: () => provider.requests.length - before,
    heal: () => provider.reset(),
  };
}
