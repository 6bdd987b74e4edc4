import { trustHtml } from './trust-html.ts';

/** A block of code longer than this is shown without colours: highlighting it would be felt. */
const longestCode = 20_000;

/** Colours code and sets formulas in what is drawn; the libraries come only when there is any. */
export async function finishBlocks(node: HTMLElement): Promise<void> {
  const code = [...node.querySelectorAll<HTMLElement>('pre > code[class^="language-"]:not([data-done])')];
  const math = [...node.querySelectorAll<HTMLElement>('[data-math]:not([data-done])')];
  if (code.length > 0) await colour(code);
  if (math.length > 0) await set(math);
}

async function colour(elements: HTMLElement[]): Promise<void> {
  const { highlightCode } = await import('./highlight-code.ts');
  for (const element of elements) {
    const text = element.textContent ?? '';
    const html = text.length > longestCode ? null : highlightCode(text, element.className.slice(9));
    element.dataset.done = '';
    if (html !== null) element.innerHTML = trustHtml(html) as string;
  }
}

async function set(elements: HTMLElement[]): Promise<void> {
  const { mathMarkup } = await import('./math-markup.ts');
  for (const element of elements) {
    const html = mathMarkup(element.textContent ?? '', element.dataset.math === 'block');
    element.dataset.done = '';
    if (html !== null) element.innerHTML = trustHtml(html) as string;
  }
}
