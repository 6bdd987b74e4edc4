import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

/** For `addInitScript`: what `faultsOf` asks. */
export const axe = { path: createRequire(import.meta.url).resolve('axe-core/axe.min.js') };

interface Axe {
  run(
    context: Document,
    options: object,
  ): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
}

/** Rules of WCAG 2.2 A and AA and best practices that the page breaks, with where. */
export async function faultsOf(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { axe: loaded } = globalThis as unknown as { axe: Axe };
    const { violations } = await loaded.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
  });
}
