import { trustHtml } from './trust-html.ts';

/** A block of code longer than this is shown without colours: highlighting it would be felt. */
const longestCode = 20_000;

/** Others have their turn after so long: a frame of 60 a second. */
const turnMs = 12;

/** Colours code and sets formulas in what is drawn; the libraries come only when there is any. */
export async function finishBlocks(node: HTMLElement): Promise<void> {
  const code = [...node.querySelectorAll<HTMLElement>('pre > code[class^="language-"]:not([data-done])')];
  const math = [...node.querySelectorAll<HTMLElement>('[data-math]:not([data-done])')];
  if (code.length > 0) await colour(code);
  if (math.length > 0) await set(math);
}

async function colour(elements: HTMLElement[]): Promise<void> {
  const { highlightCode } = await import('./highlight-code.ts');
  for await (const element of inTurns(elements)) {
    const text = element.textContent ?? '';
    const html = text.length > longestCode ? null : highlightCode(text, element.className.slice(9));
    element.dataset.done = '';
    if (html !== null) element.innerHTML = trustHtml(html) as string;
  }
}

async function set(elements: HTMLElement[]): Promise<void> {
  const { mathMarkup } = await import('./math-markup.ts');
  for await (const element of inTurns(elements)) {
    const html = mathMarkup(element.textContent ?? '', element.dataset.math === 'block');
    element.dataset.done = '';
    if (html !== null) element.innerHTML = trustHtml(html) as string;
  }
}

/** Those that are still there when their turn comes. */
async function* inTurns(elements: HTMLElement[]): AsyncGenerator<HTMLElement> {
  let started = performance.now();
  for (const element of elements) {
    if (performance.now() - started > turnMs) {
      await new Promise((resolve) => setTimeout(resolve));
      started = performance.now();
    }
    if (element.isConnected && element.dataset.done === undefined) yield element;
  }
}
