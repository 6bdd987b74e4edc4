import { createSubscriber } from 'svelte/reactivity';
import type { Said } from './sentence-patterns.ts';
import { language, t } from './text.ts';

type Say = (sentence: string, code?: string) => Said;

let say: Say | null = null;
let loading: Promise<void> | null = null;
let isMissing = false;

/** What a page shows before there are words for it is shown again when they have come. */
const showAgain = createSubscriber((update) => void load().then(update));

/** Says in the language of the page what the server says in English. @param code of the error, where it is one */
export const sayInLanguage: Say = (sentence, code) => {
  if (language === 'en') return { text: sentence, original: null };
  if (say !== null) return say(sentence, code);
  showAgain();
  void load();
  return { text: t.errors.codes[code ?? ''] ?? '', original: isMissing ? sentence : null };
};

/** All sentences are too many for the first load: they come when the page is there, or with the first one. */
function load(): Promise<void> {
  loading ??= import('./de/server-sentences.ts').then(
    ({ sayInGerman }) => {
      say = sayInGerman;
    },
    // The server may be out of reach, which is what there is to say.
    () => {
      isMissing = true;
      loading = null;
    },
  );
  return loading;
}

if (language !== 'en') globalThis.requestIdleCallback?.(() => void load());
