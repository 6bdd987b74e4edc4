import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';
import { licences } from './plugins/licences.ts';

/** Where `vite dev` finds the API. */
const server = 'http://localhost:8000';
const apiPaths = [
  '/api',
  '/auth',
  '/capabilities',
  '/conversations',
  '/documents',
  '/events',
  '/admin',
  '/healthz',
  '/messages',
  '/rag',
];

export default defineConfig({
  plugins: [
    announcerWithoutInlineStyle(),
    pdfAssets(),
    licences(),
    tailwindcss(),
    sveltekit({
      adapter: adapter({ fallback: 'index.html', precompress: true }),
      // Kit writes the hash of its one inline script into a meta tag; the server repeats the policy as a
      // header and adds `frame-ancestors`, which a meta tag cannot carry.
      csp: {
        mode: 'hash',
        directives: {
          'default-src': ['none'],
          'script-src': ['self'],
          'style-src': ['self'],
          'img-src': ['self', 'data:', 'blob:'],
          'connect-src': ['self'],
          'font-src': ['self'],
          'worker-src': ['self'],
          'manifest-src': ['self'],
          'frame-src': ['none'],
          'base-uri': ['none'],
          'form-action': ['self'],
          'require-trusted-types-for': ['script'],
          'trusted-types': ['svelte-trusted-html', 'alcove-markdown', 'alcove-worker', 'alcove-share'],
        },
      },
    }),
  ],
  build: { target: 'es2023' },
  server: { proxy: Object.fromEntries(apiPaths.map((path) => [path, server])) },
});

/** Kit hides its route announcer with a style attribute, which `style-src 'self'` refuses; app.css hides it. */
function announcerWithoutInlineStyle(): Plugin {
  return {
    name: 'announcer-without-inline-style',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('/kit/src/runtime/components/root.svelte')) return null;
      return code.replace(/(id="svelte-announcer"[^>]*?)\sstyle="[^"]*"/, '$1');
    },
  };
}

/** Fonts, character maps and decoders that pdf.js fetches when a document needs them. */
function pdfAssets(): Plugin {
  const manifest = createRequire(import.meta.url).resolve('pdfjs-dist/package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const folder = `_app/immutable/pdfjs-${version}`;
  const id = 'virtual:pdf-assets';
  return {
    name: 'pdf-assets',
    resolveId: (source) => (source === id ? id : null),
    load: (source) => (source === id ? `export const assetFolder = '/${folder}/';` : null),
    generateBundle() {
      if (this.environment.name !== 'client') return;
      for (const kind of ['cmaps', 'standard_fonts', 'wasm', 'iccs']) {
        const from = join(dirname(manifest), kind);
        for (const name of readdirSync(from)) {
          if (name.startsWith('quickjs')) continue;
          const source = readFileSync(join(from, name));
          this.emitFile({ type: 'asset', fileName: `${folder}/${kind}/${name}`, source });
        }
      }
    },
  };
}
