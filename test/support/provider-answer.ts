import type { ReceivedPrompt } from './provider-behaviours.ts';

/** The default answer: the beginning of the first source in the prompt, quoted and cited as `[1]`. */
export function quoteFirstSource({ text }: ReceivedPrompt): string {
  const source = taggedSource(text) ?? numberedSource(text);
  if (!source) return 'I answer from general knowledge, because the prompt holds no source.';
  return `The document says "${firstSentence(source)}" [1].`;
}

function taggedSource(text: string): string | undefined {
  // The last one: an instruction before the sources may show the form with an example.
  return [
    ...text.matchAll(/<source\b[^>]*\b(?:n|id|number|index)=["']?1["']?[^>]*>([\s\S]*?)<\/source>/g),
  ].at(-1)?.[1];
}

/** `[1] name of the document` on a line of its own and the text below it. */
function numberedSource(text: string): string | undefined {
  return [...text.matchAll(/^\[1\][^\n]*\n+([^\n]+)/gm)].at(-1)?.[1];
}

function firstSentence(source: string): string {
  const text = source.trim();
  const sentence = /^[^\n]*?[.!?。](?=\s|$)/.exec(text)?.[0] ?? text.split('\n')[0] ?? '';
  return sentence.slice(0, 200);
}
