import hljs from 'highlight.js/lib/common';

/** Markup with classes alone; null for a language that is not known. */
export function highlightCode(text: string, language: string): string | null {
  if (hljs.getLanguage(language) === undefined) return null;
  return hljs.highlight(text, { language, ignoreIllegals: true }).value;
}
