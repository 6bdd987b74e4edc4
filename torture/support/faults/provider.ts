import { behave, type Provider } from '../../../test/support/provider.ts';
import type { Fault } from './fault.ts';

/** Requests of the model provider, chats and embeddings alike, whose connection is dropped. */
export function providerFault(provider: Provider): Fault {
  let before = { chats: 0, others: 0 };
  const sent = () => ({
    chats: provider.chats.length,
    others: provider.requests.length - provider.chats.length,
  });
  return {
    name: 'provider',
    watch() {
      before = sent();
    },
    failAt(n) {
      before = sent();
      provider.scriptEmbeddings(...Array.from({ length: n - 1 }, () => null), behave.reset());
      provider.script(...Array.from({ length: n - 1 }, () => behave.answer('As usual.')), behave.reset());
    },
    // The n-th of either kind is dropped.
    calls() {
      const { chats, others } = sent();
      return Array.from({ length: Math.max(chats - before.chats, others - before.others) }, () => 'request');
    },
    heal: () => provider.reset(),
  };
}
